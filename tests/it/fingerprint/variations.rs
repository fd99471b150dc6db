//! Every way to change one thing in a call's parameters.

use crate::support::spelled::{Decimal, Json, Members};

/// Whether something in a value counts that does not count everywhere.
#[derive(Clone, Copy)]
struct Counts {
    /// The order of this list's items.
    order: bool,
    /// Members that are `null`.
    nulls: bool,
}

const ALL: Counts = Counts { order: true, nulls: true };
const NOT_NULLS: Counts = Counts { order: true, nulls: false };

/// `members` with one thing changed that counts: each of them asks something else. Lists of the members that `unordered`
/// names have no order.
pub(crate) fn changes(members: &Members, unordered: &[String]) -> Vec<Members> {
    of_members(members, |name| Counts { order: !unordered.contains(name), ..NOT_NULLS })
}

fn of_members(members: &Members, counts: impl Fn(&String) -> Counts) -> Vec<Members> {
    let mut found = Vec::new();
    for (name, value) in members {
        let mut without = members.clone();
        without.remove(name);
        found.push(without.clone());

        let longer = format!("{name}x");
        if !members.contains_key(&longer) {
            without.insert(longer, value.clone());
            found.push(without);
        }
        for changed in of_value(value, counts(name)) {
            let mut members = members.clone();
            members.insert(name.clone(), changed);
            found.push(members);
        }
    }
    let name = "new".to_owned();
    if !members.contains_key(&name) {
        let added = [Json::List(Vec::new()), Json::Text(String::new()), Json::Object(Members::new()), Json::Null];
        let counted = if counts(&name).nulls { added.len() } else { added.len() - 1 };
        for value in &added[..counted] {
            let mut members = members.clone();
            members.insert(name.clone(), value.clone());
            found.push(members);
        }
    }
    found
}

fn of_value(value: &Json, counts: Counts) -> Vec<Json> {
    let within = Counts { order: true, ..counts };
    match value {
        Json::Null => vec![Json::Bool(false), Json::Text("null".to_owned())],
        Json::Bool(value) => vec![Json::Bool(!value), Json::Text(value.to_string())],
        Json::Number(number) => of_number(number),
        Json::Text(text) => {
            let mut shorter = text.clone();
            let cut = shorter.pop().map(|_| Json::Text(shorter));
            let list = Json::List(vec![value.clone()]);
            cut.into_iter().chain([Json::Text(format!("{text}x")), list]).collect()
        }
        Json::List(items) => of_items(items, counts.order, within).into_iter().map(Json::List).collect(),
        Json::Object(members) => of_members(members, |_| within).into_iter().map(Json::Object).collect(),
        Json::Embedded(inner) => {
            let changed = of_value(inner, ALL).into_iter().map(|inner| Json::Embedded(Box::new(inner)));
            changed.chain([Json::Text("{oops".to_owned()), Json::List(vec![value.clone()])]).collect()
        }
    }
}

fn of_number(number: &Decimal) -> Vec<Json> {
    if number.digits.is_empty() {
        let one = Decimal { negative: false, digits: "1".to_owned(), exponent: 0 };
        return vec![Json::Number(one), Json::Text("0".to_owned())];
    }
    let with_digits = |digits| Decimal { digits, ..number.clone() };
    let changed = [
        Decimal { negative: !number.negative, ..number.clone() },
        Decimal { exponent: number.exponent + 1, ..number.clone() },
        with_digits(format!("{}1", number.digits)),
        with_digits(format!("1{}", number.digits)),
    ];
    changed.into_iter().map(Json::Number).collect()
}

fn of_items(items: &[Json], ordered: bool, within: Counts) -> Vec<Vec<Json>> {
    let mut found = vec![[items, &[Json::Text("more".to_owned())]].concat(), [items, &[Json::Null]].concat()];
    for (at, item) in items.iter().enumerate() {
        let mut without = items.to_vec();
        without.remove(at);
        found.push(without);
        for changed in of_value(item, within) {
            let mut items = items.to_vec();
            items[at] = changed;
            found.push(items);
        }
        if ordered && at > 0 && items[at - 1] != *item {
            let mut items = items.to_vec();
            items.swap(at - 1, at);
            found.push(items);
        }
    }
    found
}
