//! What a scripted client is asked for in one process, and what each step answered.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::clients::{Call, Finished};
pub(crate) use crate::support::known::Known;
use crate::support::scene::{Endpoint, as_owner};

/// A line of words as for `ram.py` and `ram.mjs`.
pub(crate) type Step = Vec<String>;

pub(crate) fn step(verb: &str, operation: &str, parameters: &Value) -> Step {
    vec![verb.to_owned(), operation.to_owned(), parameters.to_string()]
}

/// The scripted client, asked for all of `steps` in this order.
pub(crate) fn batch(client: Call, steps: &[Step]) -> Call {
    let lines: Vec<String> = steps.iter().map(|step| json!(step).to_string() + "\n").collect();
    client.args(["batch"]).input(lines.concat())
}

/// What every step printed, bodies' bytes included; equal for equal answers, in whatever order the steps were taken.
pub(crate) fn by_step(finished: &Finished) -> BTreeMap<String, Vec<Value>> {
    let mut answers: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut current = None;
    for line in finished.lines() {
        match line.get("step") {
            Some(step) => {
                current = Some(step.to_string());
                assert!(answers.insert(step.to_string(), Vec::new()).is_none(), "a step twice: {step}");
            }
            None => answers.get_mut(current.as_ref().unwrap()).unwrap().push(line),
        }
    }
    answers
}

/// The parsed answers of one step's lines.
pub(crate) fn parsed<'a>(lines: &'a [Value], label: &str) -> Vec<&'a Value> {
    lines.iter().filter_map(|line| line.get(label)).collect()
}

impl Known {
    /// Asks the endpoint itself.
    pub(crate) fn of(endpoint: &Endpoint, client: Call) -> Self {
        let own = json!({ "resourceOwner": "SELF" });
        let steps = [
            step("call", "GetResourceShares", &own),
            step("call", "ListResources", &own),
            step("call", "GetResourceShareInvitations", &json!({})),
        ];
        let asked = as_owner(batch(client, &steps)).endpoint(&endpoint.url()).finish().success();
        let lines = asked.lines();
        let answers = parsed(&lines, "answer");
        let invitations = answers[2]["resourceShareInvitations"].as_array().unwrap();
        let open = invitations.iter().find(|invitation| invitation["status"] == "PENDING").unwrap();
        Self {
            share: answers[0]["resourceShares"][0]["resourceShareArn"].clone(),
            resource: answers[1]["resources"][0]["arn"].clone(),
            invitation: open["resourceShareInvitationArn"].clone(),
        }
    }
}

/// Every listing through the client's paginator in pages of two, and by plain calls with other page sizes.
pub(crate) fn every_listing(known: &Known) -> Vec<Step> {
    let mut steps = Vec::new();
    for (operation, parameters) in known.listings() {
        let mut listed = step("list", &operation, &parameters);
        listed.extend(["--page-size".to_owned(), "2".to_owned()]);
        steps.push(listed);
        let mut plain = parameters;
        plain["maxResults"] = json!(3);
        steps.push(step("pages", &operation, &plain));
    }
    steps
}
