//! `ramtape scan`: finds secrets in cassettes, and recorded answers that a replay would not find.

mod checker;
mod entry_place;
mod path_names;
mod problem;
mod targets;

use crate::app::Rules;
use crate::cli::ScanArgs;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::model::counted;
use crate::ui::{CommandError, Console, Exit, Progress, output, printable};
use checker::FileChecker;
use path_names::PathNames;
use problem::Problem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use targets::{SCOPE, find_targets};

/// How many files outside cassettes are named in the note about them.
const NAMED_OUTSIDE: usize = 3;

pub(super) fn run(args: &ScanArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let named = if args.paths.is_empty() { vec![config.cassette.clone()] } else { args.paths.clone() };
    let targets = find_targets(&named);
    let checker = FileChecker::new(Rules::from_config(&config).only_sealing());
    let paths =
        named.iter().chain(&targets.files).map(PathBuf::as_path).chain(targets.unread.iter().map(Problem::file));
    let mut names = PathNames::search(paths, &checker.rules);
    targets.refused.iter().for_each(|reason| console.problem(&names.hide(reason)));
    if !targets.outside.is_empty() {
        console.note(&names.hide(&describe_outside(&targets.outside)));
    }
    let mut problems = check_all(&targets.files, &checker, console);
    problems.append(&mut names.problems);
    problems.extend(targets.unread);
    sort(&mut problems);
    let hide = |text: &str| names.hide(text);
    let line = |problem: &Problem| {
        if args.json {
            return problem.to_json(hide);
        }
        format!("{}\n", printable(&problem.to_text(hide)).replace(['\n', '\t'], " "))
    };
    output::print(&problems.iter().map(line).collect::<String>())?;
    Ok(sum_up(&problems, targets.files.len(), !targets.refused.is_empty(), console))
}

/// Checks files before they are pushed, and prints what is wrong with them; `None` where nothing is.
pub(super) fn check_files(files: &[PathBuf], config: &Config, console: Console) -> Option<Exit> {
    let checker = FileChecker::new(Rules::from_config(config).only_sealing());
    let mut names = PathNames::search(files.iter().map(PathBuf::as_path), &checker.rules);
    let mut problems = check_all(files, &checker, console);
    problems.append(&mut names.problems);
    sort(&mut problems);
    problems.iter().for_each(|problem| console.problem(&problem.to_text(|text| names.hide(text))));
    (!problems.is_empty()).then(|| exit_of(&problems))
}

/// Puts the problems in order, each once: one of a whole cassette is found with each of its files.
fn sort(problems: &mut Vec<Problem>) {
    problems.sort();
    problems.dedup_by(|next, problem| next == problem && !problem.is_secret());
}

/// The note about named files that were not scanned: a list of what git has staged can have some.
fn describe_outside(outside: &[PathBuf]) -> String {
    let mut names: Vec<String> = outside.iter().take(NAMED_OUTSIDE).map(|path| path.display().to_string()).collect();
    let more = outside.len().saturating_sub(NAMED_OUTSIDE);
    names.extend((more > 0).then(|| format!("{more} more")));
    format!("not scanned, because in no cassette: {}. {SCOPE}", names.join(", "))
}

/// Prints the sum; gives the exit code.
fn sum_up(problems: &[Problem], files: usize, is_refused: bool, console: Console) -> Exit {
    let count = |kind: fn(&Problem) -> bool| problems.iter().filter(|problem| kind(problem)).count() as u64;
    let secrets = count(Problem::is_secret);
    let unread = count(|problem| matches!(problem, Problem::Unread { .. }));
    let invalid = problems.len() as u64 - secrets - unread;
    let scanned = counted(files as u64, "file", "files");
    if problems.is_empty() {
        console.note(&format!("{scanned} scanned, nothing found"));
    } else {
        let mut what = vec![counted(secrets, "secret", "secrets"), counted(invalid, "invalid file", "invalid files")];
        what.extend((unread > 0).then(|| format!("{unread} not readable")));
        console.problem(&format!("{scanned} scanned: {}", what.join(", ")));
    }
    if problems.is_empty() && is_refused { Exit::Failed } else { exit_of(problems) }
}

/// The exit code of the worst.
fn exit_of(problems: &[Problem]) -> Exit {
    if problems.iter().any(Problem::is_secret) {
        Exit::Secret
    } else if problems.iter().any(|problem| matches!(problem, Problem::Invalid { .. })) {
        Exit::Cassette
    } else if problems.is_empty() {
        Exit::Well
    } else {
        Exit::Failed
    }
}

/// Checks all files, on as many threads as the machine has.
fn check_all(files: &[PathBuf], checker: &FileChecker, console: Console) -> Vec<Problem> {
    let mut progress = Progress::new(console, "scanning", files.len());
    let (next, (send, receive)) = (AtomicUsize::new(0), mpsc::channel());
    let threads = thread::available_parallelism().map_or(1, usize::from).min(files.len().max(1));
    let mut problems = Vec::new();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // The receiver outlives every thread.
                    let _ = send.send(checker.check(file));
                }
            });
        }
        drop(send);
        for found in receive.iter() {
            problems.extend(found);
            progress.step();
        }
    });
    problems
}
