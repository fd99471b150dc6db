//! Tests as suites have them: each makes shares, changes them, reads this and that, and mostly cleans up.

use super::client::{Goal, Step, Task};
use super::random::Random;
use super::request::{
    CONSUMER, Request, accept, account, add, associate, association, associations_of, create, create_permission,
    delete, delete_permission, disassociate, get_permission, invitation, invitations, invitations_to, named,
    permission, permissions, permissions_of, permit, policies_of, principal_associations, principals, received,
    received_resources, reject, remove, rename, replace_permission, resource_association, resources, share, shares,
    subnet, tag, tag_permission, unit, unpermit, untag, uses_of,
};

/// What the tests of a suite have in common, and what is a test's own.
pub(crate) struct Pool {
    names: Vec<String>,
    units: Vec<String>,
    /// How many tests in a hundred delete what they made.
    clean: usize,
    /// Whether the consumer takes part.
    consumer: bool,
    /// Whether some creations are refused.
    refusals: bool,
}

impl Pool {
    /// Mostly names of the test's own, and principals that all use.
    pub(crate) fn of_test(seed: u64, test: usize) -> Self {
        let mut random = Random::new(seed * 31 + 7);
        let own = random.chance(80);
        let names = if own { [format!("t{test}-x"), format!("t{test}-y")] } else { ["x".into(), "y".into()] };
        let units = if random.chance(70) { vec![unit(1), unit(2)] } else { vec![unit(format_args!("t{test}"))] };
        let clean = [40, 90, 100][random.below(3)];
        Self { names: names.into(), units, clean, consumer: false, refusals: false }
    }

    pub(crate) fn with_consumer(self) -> Self {
        Self { consumer: true, ..self }
    }

    pub(crate) fn with_refusals(self) -> Self {
        Self { refusals: true, ..self }
    }
}

/// Reads that the owner makes, of a share, a name, a principal and a resource.
const READS: usize = 16;

fn read(random: &mut Random, arn: &str, name: &str, unit: &str, resource: &str) -> Request {
    match random.below(READS) {
        0 => shares(),
        1 => named(name),
        2 => share(arn),
        3 => shares().with("resourceShareStatus", "ACTIVE"),
        4 => shares().filter("k", "blue"),
        5 => principal_associations().with("principal", unit),
        6 => associations_of(arn),
        7 => association(arn, unit),
        8 => principals(),
        9 => resources().with("principal", unit),
        10 => principals().with("resourceArn", resource),
        11 => permissions_of(arn),
        12 => get_permission(&permission(name)),
        13 => permissions(),
        14 => uses_of(&permission(name)),
        _ => policies_of(resource),
    }
}

/// Reads that the consumer makes.
fn received_read(random: &mut Random, arn: &str) -> Request {
    match random.below(4) {
        0 => received(),
        1 => received().list("resourceShareArns", [arn]),
        2 => invitations(),
        _ => received_resources(),
    }
}

/// A write, and mostly a wait for what it does.
fn change(waits: bool, write: Request, look: Request, goal: Goal) -> Vec<Step> {
    let mut steps = vec![Step::Send(write)];
    if waits {
        steps.push(Step::Wait(look, goal));
    }
    steps
}

fn created(waits: bool, key: &str, request: Request) -> Vec<Step> {
    let arn = format!("${key}");
    let mut steps = vec![Step::Create(key.to_owned(), request)];
    if waits {
        steps.push(Step::Wait(share(&arn), Goal::Active(arn.clone())));
    }
    steps
}

fn associated(waits: bool, arn: &str, unit: &str) -> Vec<Step> {
    change(waits, associate(arn, unit), association(arn, unit), Goal::Associated(unit.to_owned()))
}

fn disassociated(waits: bool, arn: &str, unit: &str) -> Vec<Step> {
    change(waits, disassociate(arn, unit), association(arn, unit), Goal::Disassociated)
}

fn added(waits: bool, arn: &str, resource: &str) -> Vec<Step> {
    change(waits, add(arn, resource), resource_association(arn, resource), Goal::Associated(resource.to_owned()))
}

fn deleted(waits: bool, arn: &str) -> Vec<Step> {
    change(waits, delete(arn), share(arn), Goal::Gone)
}

fn answered(waits: bool, arn: &str, key: &str, accepts: bool) -> Vec<Step> {
    let known = format!("${key}");
    let mut steps = vec![Step::Find(key.to_owned(), invitations_to(arn))];
    if accepts {
        steps.extend(change(waits, accept(&known), invitation(&known), Goal::Accepted));
    } else {
        steps.push(Step::Send(reject(&known)));
    }
    steps
}

/// The steps of test number `test`.
pub(crate) fn test(seed: u64, test: usize, pool: &Pool) -> Vec<Step> {
    let mut random = Random::new(seed);
    let mut steps = Vec::new();
    let mut live: Vec<String> = Vec::new();
    let mut made = 0;
    let any = |random: &mut Random, these: &[String]| these[random.below(these.len())].clone();
    for _ in 0..random.between(5, 12) {
        let kind = random.below(100);
        let (name, whom) = (any(&mut random, &pool.names), any(&mut random, &pool.units));
        let what = subnet(random.between(1, 2));
        let waits = random.chance(85);
        if live.is_empty() || (kind < 12 && made < 3) {
            let key = format!("t{test}-{made}");
            let mut request = create(&name);
            if random.chance(33) {
                request = request.list("principals", [&whom]);
            }
            if pool.refusals && random.chance(20) {
                request = request.tag("aws:k", "blue");
            }
            steps.extend(created(waits, &key, request));
            live.push(key);
            made += 1;
            continue;
        }
        let key = any(&mut random, &live);
        let arn = format!("${key}");
        steps.extend(match kind {
            0..27 => associated(waits, &arn, &whom),
            27..32 => added(true, &arn, &what),
            32..40 => vec![Step::Send(tag(&arn, random.pick(&["k", "l"]), random.pick(&["blue", "green"])))],
            40..44 => vec![Step::Send(untag(&arn, random.pick(&["k", "l"])))],
            44..48 => vec![Step::Send(rename(&arn, &name))],
            48..56 => disassociated(true, &arn, &whom),
            56..72 if pool.consumer => match random.below(9) {
                0 => vec![Step::Send(associate(&arn, account(CONSUMER)))],
                1 => vec![Step::Send(disassociate(&arn, account(CONSUMER)))],
                2..5 => {
                    let accepts = random.chance(85);
                    answered(true, &arn, &format!("{key}-i"), accepts)
                }
                _ => vec![Step::Send(received_read(&mut random, &arn))],
            },
            56..58 => {
                let own = permission(&name);
                vec![Step::Send(match random.below(6) {
                    0 => create_permission(&name),
                    1 => tag_permission(&own, "k", random.pick(&["blue", "green"])),
                    2 => delete_permission(&own),
                    3 | 4 => permit(&arn, &own),
                    _ => unpermit(&arn, &own),
                })]
            }
            58..62 => {
                live.retain(|other| *other != key);
                deleted(waits, &arn)
            }
            _ => vec![Step::Send(read(&mut random, &arn, &name, &whom, &what))],
        });
    }
    let arn = live.last().map_or_else(|| format!("$t{test}-0"), |key| format!("${key}"));
    let (name, whom) = (any(&mut random, &pool.names), any(&mut random, &pool.units));
    steps.push(Step::Send(read(&mut random, &arn, &name, &whom, &subnet(1))));
    if random.chance(pool.clean) {
        for key in live {
            steps.extend(deleted(random.chance(85), &format!("${key}")));
        }
    }
    steps
}

/// What a cycle repeats.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cycle {
    Share,
    Tag,
    Value,
    Association,
}

/// Cycles of equal writes: each makes and deletes the same share, or tags and untags, or associates and disassociates.
/// The first element only makes the share where all cycles are about one.
pub(crate) fn cycles(seed: u64) -> (Cycle, Vec<Vec<Step>>) {
    let mut random = Random::new(seed);
    let kind = [Cycle::Share, Cycle::Tag, Cycle::Value, Cycle::Association][random.below(4)];
    let (key, name, arn, whom, what) = ("c", "x", "$c", unit(1), subnet(1));
    let reads = |random: &mut Random| -> Vec<Step> {
        (0..random.between(1, 2)).map(|_| Step::Send(read(random, arn, name, &whom, &what))).collect()
    };
    let value = |random: &mut Random| random.pick(&["blue", "green", "red"]);
    let make = created(true, key, create(name));
    let mut all = if kind == Cycle::Share { Vec::new() } else { vec![make.clone()] };
    for _ in 0..random.between(2, 4) {
        let mut steps = Vec::new();
        match kind {
            Cycle::Share => {
                steps.extend(make.clone());
                steps.extend(reads(&mut random));
                if random.chance(40) {
                    steps.push(Step::Send(tag(arn, "k", value(&mut random))));
                    steps.extend(reads(&mut random));
                }
                steps.extend(deleted(true, arn));
                steps.push(Step::Send(named(name)));
            }
            Cycle::Value => {
                steps.push(Step::Send(tag(arn, "k", value(&mut random))));
                steps.extend(reads(&mut random));
                if random.chance(40) {
                    steps.push(Step::Send(rename(arn, random.pick(&["u", "v", "w"]))));
                    steps.extend(reads(&mut random));
                }
            }
            Cycle::Tag => {
                steps.push(Step::Send(tag(arn, "k", "blue")));
                steps.extend(reads(&mut random));
                steps.push(Step::Send(untag(arn, "k")));
                steps.extend(reads(&mut random));
            }
            Cycle::Association => {
                steps.extend(associated(true, arn, &whom));
                steps.extend(reads(&mut random));
                steps.extend(disassociated(true, arn, &whom));
                steps.extend(reads(&mut random));
            }
        }
        all.push(steps);
    }
    (kind, all)
}

/// A few threads of a few steps each, over the same few things, in one session. The first task makes the shares.
pub(crate) fn crowd(seed: u64, size: usize) -> Vec<Task> {
    let mut random = Random::new(seed);
    let (count, threads) = (random.between(1, 2), random.between(1, size));
    let consumer = random.chance(30);
    let names = ["x", "y"];
    let setup = (0..count).flat_map(|i| created(true, &format!("s{i}"), create(names[i]))).collect();
    let mut tasks = vec![Task::new("setup", setup)];
    for thread in 0..threads {
        let mut keys: Vec<String> = (0..count).map(|i| format!("s{i}")).collect();
        let mut steps = Vec::new();
        for _ in 0..random.between(1, size + 1) {
            let at = random.below(count);
            let arn = format!("${}", keys[at]);
            let (whom, what) = (unit(random.between(1, 2)), subnet(1));
            let (name, waits) = (random.pick(&names), random.chance(70));
            let whom_else = account(CONSUMER);
            steps.extend(match random.below(22) {
                0..3 => associated(waits, &arn, &whom),
                3 => disassociated(waits, &arn, &whom),
                4 => added(waits, &arn, &what),
                5 => change(waits, remove(&arn, &what), resource_association(&arn, &what), Goal::Disassociated),
                6 => vec![Step::Send(permit(&arn, &permission("m")))],
                7 => vec![Step::Send(unpermit(&arn, &permission("m")))],
                8 => vec![Step::Send(tag(&arn, "k", random.pick(&["blue", "green"])))],
                9 => vec![Step::Send(untag(&arn, "k"))],
                10 => vec![Step::Send(rename(&arn, name))],
                11 => deleted(waits, &arn),
                12 => {
                    keys[at] = format!("s{at}-{thread}");
                    created(waits, &keys[at], create(name))
                }
                13 if consumer => vec![Step::Send(associate(&arn, whom_else))],
                14 if consumer => vec![Step::Send(disassociate(&arn, whom_else))],
                15 if consumer => answered(false, &arn, &format!("i{thread}"), true),
                16 => vec![Step::Send(associate(&arn, &whom).list("resourceArns", [&what]))],
                17 => vec![Step::Send(replace_permission(&permission("m"), &permission("n")))],
                18 if consumer => vec![Step::Send(received_read(&mut random, &arn))],
                _ => vec![Step::Send(read(&mut random, &arn, name, &whom, &what))],
            });
        }
        tasks.push(Task { after: vec!["setup".to_owned()], ..Task::new(format!("t{thread}"), steps) });
    }
    tasks
}
