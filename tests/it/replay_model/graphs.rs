//! Graphs as Terraform walks them: phases one after the other (apply, refresh, change, destroy), in each many tasks at
//! once.

use super::client::{Goal, Step, Task};
use super::random::Random;
use super::request::{
    ABROAD, AWS_PERMISSION, CONSUMER, HOME, OWNER, Request, accept, account, add, associate, association,
    associations_of, create, create_permission, delete, disassociate, enable_organization, get_permission, invitation,
    invitations, invitations_to, named, permissions, permissions_of, permit, principal_associations, principals,
    received, received_resources, remove, rename, resource_association, resources, share, shares, subnet, tag,
    tag_permission, unit, unpermit, untag, uses_of,
};

/// Something that a graph made and that is read and destroyed again.
enum Made {
    Share(String, Place),
    /// An association of a share with a principal, or with a resource.
    Principal(String, String, String, Place),
    Resource(String, String, String, Place),
    Permission(String, String, String, Place),
}

/// Whose it is, and where.
#[derive(Clone, Copy)]
struct Place {
    actor: &'static str,
    region: &'static str,
}

const HERE: Place = Place { actor: OWNER, region: HOME };

impl Place {
    fn send(self, request: Request) -> Step {
        Step::Send(self.of(request))
    }

    fn wait(self, request: Request, goal: Goal) -> Step {
        Step::Wait(self.of(request), goal)
    }

    fn of(self, request: Request) -> Request {
        request.by(self.actor).at(self.region)
    }
}

#[derive(Default)]
pub(crate) struct Graph {
    pub(crate) tasks: Vec<Task>,
    made: Vec<Made>,
    /// The names of this phase's tasks begin with it; the last task of a phase is called after it alone.
    phase: usize,
}

/// What the client knows under `key`.
fn at(key: &str) -> String {
    format!("${key}")
}

impl Graph {
    fn task(&mut self, name: &str, after: &[&str], steps: Vec<Step>) {
        let phase = self.phase;
        let mut after: Vec<String> = after.iter().map(|name| format!("{phase}-{name}")).collect();
        if phase > 0 {
            after.push((phase - 1).to_string());
        }
        self.tasks.push(Task { after, ..Task::new(format!("{phase}-{name}"), steps) });
    }

    /// A task of one read.
    fn data(&mut self, name: &str, after: &[&str], request: Request) {
        self.task(name, after, vec![Step::Send(request)]);
    }

    /// All of a phase is done before the next one begins.
    fn end(&mut self) {
        let prefix = format!("{}-", self.phase);
        let names = self.tasks.iter().map(|task| task.name.clone()).filter(|name| name.starts_with(&prefix));
        let mut after: Vec<String> = names.collect();
        if self.phase > 0 {
            after.push((self.phase - 1).to_string());
        }
        self.tasks.push(Task { after, ..Task::new(self.phase.to_string(), Vec::new()) });
        self.phase += 1;
    }

    fn share_at(&mut self, key: &str, request: Request, place: Place) {
        let arn = at(key);
        self.task(
            key,
            &[],
            vec![
                Step::Create(key.to_owned(), place.of(request)),
                place.wait(share(&arn), Goal::Active(arn.clone())),
                place.send(share(&arn)),
                place.send(permissions_of(&arn)),
            ],
        );
        self.made.push(Made::Share(key.to_owned(), place));
    }

    fn share(&mut self, key: &str, request: Request) {
        self.share_at(key, request, HERE);
    }

    fn principal_at(&mut self, key: &str, of: &str, principal: &str, place: Place) {
        let look = || place.of(association(&at(of), principal));
        let mut steps = vec![Step::Send(look()), place.send(associate(&at(of), principal))];
        // An account has to accept first.
        if principal != account(CONSUMER) {
            steps.push(Step::Wait(look(), Goal::Associated(principal.to_owned())));
        }
        steps.push(Step::Send(look()));
        self.task(key, &[of], steps);
        self.made.push(Made::Principal(key.to_owned(), of.to_owned(), principal.to_owned(), place));
    }

    fn principal(&mut self, key: &str, of: &str, principal: &str) {
        self.principal_at(key, of, principal, HERE);
    }

    fn resource(&mut self, key: &str, of: &str, resource: &str) {
        let look = || resource_association(&at(of), resource);
        self.task(
            key,
            &[of],
            vec![
                Step::Send(look()),
                Step::Send(add(&at(of), resource)),
                Step::Wait(look(), Goal::Associated(resource.to_owned())),
                Step::Send(look()),
            ],
        );
        self.made.push(Made::Resource(key.to_owned(), of.to_owned(), resource.to_owned(), HERE));
    }

    fn permission(&mut self, key: &str, of: &str, permission: &str) {
        self.task(key, &[of], vec![Step::Send(permit(&at(of), permission)), Step::Send(permissions_of(&at(of)))]);
        self.made.push(Made::Permission(key.to_owned(), of.to_owned(), permission.to_owned(), HERE));
    }

    /// Renames a share and changes its tags, reading it before and after.
    fn change(&mut self, of: &str, name: &str, value: &str) {
        let arn = at(of);
        self.task(
            &format!("change-{of}"),
            &[],
            vec![
                Step::Send(share(&arn)),
                Step::Send(rename(&arn, name)),
                Step::Send(untag(&arn, "z")),
                Step::Send(tag(&arn, "k", value)),
                Step::Send(share(&arn)),
            ],
        );
    }

    fn refresh(&mut self) {
        let reads: Vec<(String, Step)> = self
            .made
            .iter()
            .map(|made| match made {
                Made::Share(key, place) => (key.clone(), place.send(share(&at(key)))),
                Made::Principal(key, of, principal, place) => {
                    (key.clone(), place.send(association(&at(of), principal)))
                }
                Made::Resource(key, of, resource, place) => {
                    (key.clone(), place.send(resource_association(&at(of), resource)))
                }
                Made::Permission(key, of, _, place) => (key.clone(), place.send(permissions_of(&at(of)))),
            })
            .collect();
        for (key, step) in reads {
            self.task(&format!("refresh-{key}"), &[], vec![step]);
        }
    }

    fn destroy(&mut self) {
        let mut parts: Vec<(String, String)> = Vec::new();
        for made in std::mem::take(&mut self.made) {
            let (key, of, steps) = match &made {
                Made::Share(key, place) => {
                    let arn = at(key);
                    (key, None, vec![place.send(delete(&arn)), place.wait(share(&arn), Goal::Gone)])
                }
                Made::Principal(key, of, principal, place) => (
                    key,
                    Some(of),
                    vec![
                        place.send(disassociate(&at(of), principal)),
                        place.wait(association(&at(of), principal), Goal::Disassociated),
                    ],
                ),
                Made::Resource(key, of, resource, place) => (
                    key,
                    Some(of),
                    vec![
                        place.send(remove(&at(of), resource)),
                        place.wait(resource_association(&at(of), resource), Goal::Disassociated),
                    ],
                ),
                Made::Permission(key, of, permission, place) => (
                    key,
                    Some(of),
                    vec![place.send(unpermit(&at(of), permission)), place.send(permissions_of(&at(of)))],
                ),
            };
            let name = format!("destroy-{key}");
            self.task(&name, &[], steps);
            if let Some(of) = of {
                parts.push((format!("{}-{name}", self.phase), of.clone()));
            }
        }
        // A share goes after what it is made of.
        let phase = self.phase;
        for (part, of) in parts {
            let is_it = |task: &&mut Task| task.name == format!("{phase}-destroy-{of}");
            self.tasks.iter_mut().filter(is_it).for_each(|task| task.after.push(part.clone()));
        }
    }

    fn refresh_and_destroy(mut self) -> Vec<Task> {
        self.end();
        self.refresh();
        self.end();
        self.destroy();
        self.end();
        self.tasks
    }
}

/// What first showed that waiters never ended: four shares, each with a principal, and data sources.
pub(crate) fn issue(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    for i in 0..4 {
        graph.share(&format!("s{i}"), create(&format!("n{i}")));
        graph.principal(&format!("a{i}"), &format!("s{i}"), &unit(i));
    }
    graph.data("data", &["s0"], named("n0"));
    graph.data("data1", &["a1"], named("n1"));
    graph.refresh_and_destroy()
}

/// One share, five principals at once.
pub(crate) fn five(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    graph.share("s", create("n"));
    let keys: Vec<String> = (0..5).map(|i| format!("a{i}")).collect();
    for (i, key) in keys.iter().enumerate() {
        graph.principal(key, "s", &unit(i));
    }
    graph.data("data", &["s"], named("n"));
    let all: Vec<&str> = keys.iter().map(String::as_str).collect();
    graph.data("list", &all, associations_of("$s"));
    graph.refresh_and_destroy()
}

/// The usual configuration: shares with principals, resources and a permission, all associated at once.
pub(crate) fn mixed(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    for i in 0..2 {
        let key = format!("s{i}");
        graph.share(&key, create(&format!("n{i}")));
        graph.principal(&format!("p{i}"), &key, &unit(i));
        graph.resource(&format!("q{i}"), &key, &subnet(i));
        if i > 0 {
            graph.resource("q2", &key, &subnet("x"));
        }
        graph.permission(&format!("m{i}"), &key, AWS_PERMISSION);
    }
    graph.refresh_and_destroy()
}

/// Two shares that have a principal and a resource in common; readings by those at the end.
pub(crate) fn shared(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    for i in 0..2 {
        let key = format!("s{i}");
        graph.share(&key, create(&format!("n{i}")));
        graph.principal(&format!("p{i}"), &key, &unit(1));
        graph.resource(&format!("q{i}"), &key, &subnet(1));
    }
    let by_principal = || resources().with("principal", unit(1));
    let associations = || principal_associations().with("principal", unit(1));
    graph.data("by-principal", &["p0", "p1", "q0", "q1"], by_principal());
    graph.data("by-resource", &["p0", "p1", "q0", "q1"], principals().with("resourceArn", subnet(1)));
    graph.data("associations", &["p0", "p1"], associations());
    graph.end();
    graph.destroy();
    graph.end();
    graph.data("by-principal", &[], by_principal());
    graph.data("associations", &[], associations());
    graph.tasks
}

/// Modules with equal names in two regions and in two accounts.
pub(crate) fn regions(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    let places = [HERE, Place { region: ABROAD, ..HERE }, Place { actor: CONSUMER, ..HERE }];
    for (i, place) in places.into_iter().enumerate() {
        let key = format!("s{i}");
        graph.share_at(&key, create("same"), place);
        graph.principal_at(&format!("p{i}"), &key, &unit(1), place);
        graph.data(&format!("d{i}"), &[&key], place.of(named("same")));
        graph.data(&format!("l{i}"), &[&key], place.of(shares()));
    }
    graph.refresh_and_destroy()
}

/// Apply, change in place, destroy; read by the new and by the old name.
pub(crate) fn update(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    for i in 0..2 {
        let key = format!("s{i}");
        graph.share(&key, create(&format!("n{i}")).tag("k", "blue"));
        graph.principal(&format!("p{i}"), &key, &unit(i));
        graph.data(&format!("d{i}"), &[&key], named(&format!("n{i}")));
    }
    graph.end();
    graph.refresh();
    graph.end();
    for i in 0..2 {
        graph.change(&format!("s{i}"), &format!("m{i}"), "green");
        let changed = format!("change-s{i}");
        graph.data(&format!("d{i}"), &[&changed], named(&format!("m{i}")));
        graph.data(&format!("o{i}"), &[&changed], named(&format!("n{i}")));
    }
    graph.refresh_and_destroy()
}

/// Sharing is enabled for the organization and permissions are made at the same time as shares that use them.
pub(crate) fn organization(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    graph.data("org", &[], enable_organization());
    for i in 0..2 {
        let (m, s) = (format!("m{i}"), format!("s{i}"));
        let arn = at(&m);
        graph.task(
            &m,
            &[],
            vec![
                Step::Create(m.clone(), create_permission(&m)),
                Step::Send(get_permission(&arn)),
                Step::Send(tag_permission(&arn, "k", "blue")),
                Step::Send(get_permission(&arn)),
            ],
        );
        graph.share(&s, create(&format!("n{i}")));
        graph.principal(&format!("p{i}"), &s, &unit(1));
        graph.task(
            &format!("u{i}"),
            &[&s, "m0"],
            vec![Step::Send(permit(&at(&s), "$m0")), Step::Send(permissions_of(&at(&s))), Step::Send(uses_of("$m0"))],
        );
    }
    graph.data("list", &["m0", "m1"], permissions());
    graph.refresh_and_destroy()
}

/// A configuration at random: shares with what they are made of, some with equal names in two regions, some refused, some
/// read by name, a change in between.
pub(crate) fn any(seed: u64) -> Vec<Task> {
    let mut random = Random::new(seed);
    let mut graph = Graph::default();
    let count = random.between(1, 4);
    let mut abroad = 0;
    for i in 0..count {
        let key = format!("s{i}");
        let place = Place { region: random.pick(&[HOME, HOME, HOME, ABROAD]), ..HERE };
        // Names differ in a region, as who reads by name wants one; those of two regions are alike.
        let name = if place.region == HOME { format!("n{i}") } else { format!("n{abroad}") };
        abroad += usize::from(place.region == ABROAD);
        let request = create(&name);
        let request = match random.below(10) {
            // Such keys are not for users: what hangs from this share is not made either.
            0 => request.tag("aws:k", "blue"),
            1..4 => request.tag("k", "blue"),
            4..6 => request.list("principals", [unit("x")]).list("resourceArns", [subnet("x")]),
            _ => request,
        };
        graph.share_at(&key, request, place);
        for p in 0..random.below(4) {
            let whom = if p == 0 && random.chance(60) { unit("common") } else { unit(format_args!("{i}{p}")) };
            graph.principal_at(&format!("p{i}{p}"), &key, &whom, place);
        }
        if place.region == HOME {
            for q in 0..random.below(3) {
                let what = if q == 0 && random.chance(60) { subnet("common") } else { subnet(format_args!("{i}{q}")) };
                graph.resource(&format!("q{i}{q}"), &key, &what);
            }
            if random.chance(40) {
                graph.permission(&format!("m{i}"), &key, AWS_PERMISSION);
            }
            if random.chance(50) {
                graph.data(&format!("d{i}"), &[&key], named(&name));
            }
        }
    }
    if random.chance(50) {
        graph.end();
        graph.refresh();
        graph.end();
        for i in (0..count).filter(|_| random.chance(60)).collect::<Vec<_>>() {
            graph.change(&format!("s{i}"), &format!("m{i}"), "green");
        }
    }
    graph.refresh_and_destroy()
}

/// Invites the consumer to the share `s`: finds the invitation, accepts it and waits until it is accepted.
fn accepting(s: &str, i: &str) -> Vec<Step> {
    let (s, arn) = (at(s), at(i));
    vec![
        Step::Find(i.to_owned(), invitations_to(&s)),
        Step::Send(accept(&arn)),
        Step::Wait(invitation(&arn), Goal::Accepted),
    ]
}

/// Owner and consumer in one run: two shares with the consumer's account, accepted.
pub(crate) fn invite(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    for i in 0..2 {
        let (s, p, accepted) = (format!("s{i}"), format!("p{i}"), format!("accept{i}"));
        graph.share(&s, create(&format!("n{i}")).list("resourceArns", [subnet(i)]));
        graph.principal(&p, &s, account(CONSUMER));
        let mut steps = accepting(&s, &format!("i{i}"));
        steps.push(Step::Send(received().list("resourceShareArns", [at(&s)])));
        steps.push(Step::Send(received_resources().list("resourceShareArns", [at(&s)])));
        graph.task(&accepted, &[&p], steps);
        let goal = Goal::Associated(account(CONSUMER).to_owned());
        graph.task(&format!("w{i}"), &[&accepted], vec![Step::Wait(association(&at(&s), account(CONSUMER)), goal)]);
    }
    graph.end();
    graph.refresh();
    graph.end();
    graph.data("invitations", &[], invitations());
    graph.data("received", &[], received());
    graph.end();
    graph.destroy();
    graph.end();
    graph.data("received", &[], received());
    graph.data("received0", &[], received().list("resourceShareArns", ["$s0"]));
    graph.tasks
}

/// An invitation is accepted and waited for, while the owner goes on with the same share.
pub(crate) fn invite_beside(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    graph.share("s", create("n"));
    graph.principal("p", "s", account(CONSUMER));
    for i in 0..3 {
        graph.principal(&format!("o{i}"), "s", &unit(i));
    }
    for i in 0..2 {
        graph.resource(&format!("q{i}"), "s", &subnet(i));
    }
    let mut steps = accepting("s", "i");
    steps.push(Step::Wait(received().list("resourceShareArns", ["$s"]), Goal::Shown));
    steps.push(Step::Send(received_resources().list("resourceShareArns", ["$s"])));
    graph.task("accept", &["p"], steps);
    let goal = Goal::Associated(account(CONSUMER).to_owned());
    graph.task("w", &["accept"], vec![Step::Wait(association("$s", account(CONSUMER)), goal)]);
    graph.end();
    graph.refresh();
    graph.data("invitations", &[], invitations());
    graph.end();
    graph.destroy();
    graph.end();
    graph.data("received", &[], received());
    graph.tasks
}

/// Shares made at once; each task then lists all, whatever there is.
pub(crate) fn lists(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    for i in 0..3 {
        let key = format!("s{i}");
        graph.share(&key, create(&format!("n{i}")));
        graph.data(&format!("l{i}"), &[&key], shares());
    }
    graph.end();
    graph.data("all", &[], shares());
    graph.data("active", &[], shares().with("resourceShareStatus", "ACTIVE"));
    graph.end();
    graph.destroy();
    graph.end();
    graph.data("all", &[], shares());
    graph.tasks
}

/// Scripts with threads. Each makes a share and waits for it by name, by ARN or by the list of all; others tag and
/// associate it meanwhile, some waiting by all principals of the share.
pub(crate) fn threads(_: u64) -> Vec<Task> {
    let mut graph = Graph::default();
    for i in 0..3 {
        let (key, name) = (format!("s{i}"), format!("n{i}"));
        let arn = at(&key);
        let by = [named(&name), share(&arn), shares()][i].clone();
        graph.task(
            &key,
            &[],
            vec![Step::Create(key.clone(), create(&name)), Step::Wait(by, Goal::Active(arn.clone()))],
        );
        graph.task(
            &format!("t{i}"),
            &[&key],
            vec![Step::Send(tag(&arn, "k", &i.to_string())), Step::Send(share(&arn))],
        );
        for whom in ["a", "b"] {
            let by = if i == 0 { association(&arn, &unit(whom)) } else { associations_of(&arn) };
            graph.task(
                &format!("a{i}{whom}"),
                &[&key],
                vec![Step::Send(associate(&arn, &unit(whom))), Step::Wait(by, Goal::Associated(unit(whom)))],
            );
        }
    }
    graph.end();
    graph.data("all", &[], shares());
    graph.tasks
}
