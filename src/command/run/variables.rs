//! `--variable`: the recorded variables that CMD is given.

use crate::app::{RunningServer, Settled, Wanted, shown_session};
use crate::cassette::{VARIABLES_FILE, check_variable};
use crate::config::RecordMode;
use crate::model::shell_path;
use crate::ui::{CommandError, Console};

/// What stands for a value that is made at random.
const RANDOM: &str = "random";

/// Reads the flags.
///
/// # Errors
/// Where one is not written `NAME=random` or `NAME=VALUE`, cannot be recorded, or comes twice.
pub(super) fn parse(flags: &[String]) -> Result<Vec<(String, Wanted)>, CommandError> {
    let mut variables: Vec<(String, Wanted)> = Vec::with_capacity(flags.len());
    for flag in flags {
        let Some((name, value)) = flag.split_once('=') else {
            let problem = format!("--variable {flag}: expected NAME=random or NAME=VALUE");
            return Err(CommandError::Usage(problem));
        };
        check_variable(name, value).map_err(|flaw| CommandError::Usage(format!("--variable: {flaw}")))?;
        if variables.iter().any(|(other, _)| other == name) {
            return Err(CommandError::Usage(format!("--variable {name} is given twice")));
        }
        let wanted = if value == RANDOM { Wanted::Random } else { Wanted::Given(value.to_owned()) };
        variables.push((name.to_owned(), wanted));
    }
    Ok(variables)
}

/// The values that count of `wanted`, for CMD's environment; what became of each is told.
///
/// # Errors
/// Where one cannot be recorded, or is to be made at random and replayed at once.
pub(super) async fn settle(
    running: &RunningServer,
    wanted: &[(String, Wanted)],
    mode: RecordMode,
    console: Console,
) -> Result<Vec<(String, String)>, CommandError> {
    let settled = running.settle_variables(wanted.to_vec()).await?;
    let (session, root) = running.own_session();
    let scope = VariableScope { session, root: shell_path(&root), mode };
    let mut values = Vec::with_capacity(settled.len());
    for ((name, wanted), (_, settled)) in wanted.iter().zip(settled) {
        let (value, told) = scope.value(name, wanted, settled)?;
        console.note(&told);
        values.push((name.clone(), value));
    }
    Ok(values)
}

/// Whose variables they are.
struct VariableScope<'a> {
    session: &'a str,
    /// The cassette, as a shell takes it.
    root: String,
    mode: RecordMode,
}

impl VariableScope<'_> {
    /// The value for CMD's environment, and what there is to tell of it.
    fn value(&self, name: &str, wanted: &Wanted, settled: Settled) -> Result<(String, String), CommandError> {
        let (root, file) = (&self.root, VARIABLES_FILE);
        match (settled, wanted) {
            (Settled::Made(value), _) => {
                let told = format!("variable {name}={value}, random, stored in {root}/{file}");
                Ok((value, told))
            }
            (Settled::Kept(value), _) => Ok((value, format!("variable {name} as given, stored in {root}/{file}"))),
            (Settled::Recorded(value), Wanted::Given(given)) if *given != value => {
                let told = format!(
                    "variable {name}={value}, as recorded: the given value differs and is not used. \
                        --record-mode all records again with it"
                );
                Ok((value, told))
            }
            (Settled::Recorded(value), _) => {
                let told = format!("variable {name}={value}, as recorded");
                Ok((value, told))
            }
            (Settled::Unrecorded(elsewhere), Wanted::Given(value)) => {
                let told = format!(
                    "variable {name} as given: {}. Requests that contain it will miss, unless it was recorded \
                        with the same value",
                    self.describe_missing(name, &elsewhere)
                );
                Ok((value.clone(), told))
            }
            (Settled::Unrecorded(elsewhere), Wanted::Random) => Err(CommandError::Usage(format!(
                "--variable {name}={RANDOM}: {}. A new random value would differ from the recorded one, so CMD \
                    was not started; record with the variable (--record-mode all records everything again, \
                    new_episodes adds what is missing), or give the value that was recorded",
                self.describe_missing(name, &elsewhere)
            ))),
        }
    }

    /// That there is no recorded value, and what may be the reason.
    fn describe_missing(&self, name: &str, elsewhere: &[String]) -> String {
        let mode = match self.mode {
            RecordMode::Once => "once",
            RecordMode::None | RecordMode::NewEpisodes | RecordMode::All => "none",
        };
        let mut text = format!(
            "this run records nothing (mode {mode}), and the cassette {} was recorded without this variable for {}",
            self.root,
            shown_session(self.session)
        );
        if !elsewhere.is_empty() {
            let have = elsewhere.iter().map(|session| shown_session(session)).collect::<Vec<_>>().join(", ");
            text.push_str(&format!(" ({have} has {name}: is --session missing?)"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::aws::{EndpointKind, ServiceEndpoint, ServiceEndpoints};
    use crate::command::ca;
    use crate::command::run::door::ClientRoute;
    use crate::command::run::environment::{Isolation, VariableChange, isolated};
    use crate::config::{Environment, RunDoor};
    use crate::service::Service;
    use std::path::Path;

    fn flags(flags: &[&str]) -> Result<Vec<(String, Wanted)>, String> {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        parse(&flags).map_err(|error| error.to_string())
    }

    #[test]
    fn a_variable_is_random_or_has_a_value() {
        let given = |value: &str| Wanted::Given(value.to_owned());
        assert_eq!(
            flags(&["A=random", "B=x=y", "C="]).unwrap(),
            [("A".to_owned(), Wanted::Random), ("B".to_owned(), given("x=y")), ("C".to_owned(), given(""))]
        );
        for (wrong, part) in [
            (&["A"][..], "NAME=random or NAME=VALUE"),
            (&["A=1", "A=2"], "A is given twice"),
            (&["1A=1"], "not a variable name"),
            (&["AWS_REGION=x"], "AWS_REGION cannot be"),
        ] {
            assert!(flags(wrong).unwrap_err().contains(part), "{wrong:?}");
        }
    }

    #[test]
    fn what_run_changes_itself_is_no_recorded_variable() {
        let parent = Environment::from_variables::<&str, &str>([], "/");
        let services = Service::with_additions(&toml::Table::new()).unwrap();
        let endpoints = ServiceEndpoints::new(vec![ServiceEndpoint::regional("ram")]);
        let way = |door| {
            let addr = "127.0.0.1:1".parse().unwrap();
            let way = ClientRoute {
                door,
                base_url: "http://127.0.0.1:1",
                addr,
                services: &services.companions,
                endpoints: &endpoints,
                region: "us-east-1",
                kind: EndpointKind::default(),
            };
            way.changes(&parent).unwrap()
        };
        let isolation = Isolation {
            recorded_region: None,
            default_region: "us-east-1",
            folder: Path::new("/t"),
            actors: &[],
            profile: None,
            roles: &crate::app::AskingRoles::default(),
            base_url: "http://h",
        };
        let changes = [RunDoor::Endpoint, RunDoor::Proxy, RunDoor::Intercept].into_iter().flat_map(way);
        let changes = changes.chain(isolated(&isolation, &parent));
        let changed = changes.map(|change| match change {
            VariableChange::Set(name, _) | VariableChange::Unset(name) => name.into_owned(),
        });
        for name in changed.chain(ca::VARIABLES.map(|(name, _)| name.to_owned())) {
            assert!(check_variable(&name, "x").is_err(), "{name}");
        }
    }

    #[test]
    fn each_outcome_is_told() {
        let scope = VariableScope { session: "", root: "c/d".into(), mode: RecordMode::None };
        let (random, given) = (Wanted::Random, Wanted::Given("b".to_owned()));
        let told = |wanted: &Wanted, settled: Settled| scope.value("X", wanted, settled).unwrap();
        let (value, text) = told(&random, Settled::Made("a".into()));
        assert_eq!((value.as_str(), text.as_str()), ("a", "variable X=a, random, stored in c/d/variables.json"));
        assert_eq!(told(&given, Settled::Recorded("b".into())).1, "variable X=b, as recorded");
        let (value, text) = told(&given, Settled::Recorded("a".into()));
        assert!(value == "a" && text.contains("is not used"), "{text}");
        let (value, text) = told(&given, Settled::Unrecorded(vec!["apply".into()]));
        assert!(value == "b" && text.contains("session apply has X: is --session missing?"), "{text}");
        let error = scope.value("X", &random, Settled::Unrecorded(Vec::new())).unwrap_err();
        assert_eq!(error.exit().code(), 2);
        assert!(error.to_string().contains("c/d was recorded without this variable"), "{error}");
    }
}
