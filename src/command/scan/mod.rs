//! `ramtape scan`

mod entry_place;
mod files;
mod judge;
mod names;

use crate::app::Rules;
use crate::cli::ScanArgs;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::model::counted;
use crate::ui::{CommandError, Console, Exit, Progress, output, printable};
use files::{Found, find};
use judge::{Judge, Verdict};
use names::Names;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

pub(super) fn run(args: &ScanArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.cassette.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let roots = if args.paths.is_empty() { vec![config.cassette.clone()] } else { args.paths.clone() };
    let Found { files, strange, unread } = find(&roots);
    let judge = Judge::new(Rules::of(&config).only_sealing());
    let paths = roots.iter().chain(&files).map(PathBuf::as_path).chain(unread.iter().map(Verdict::file));
    let mut names = Names::of(paths, &judge.rules);
    strange.iter().for_each(|named| console.problem(&names.hidden(named)));
    let mut verdicts = judged(&files, &judge, console);
    verdicts.append(&mut names.verdicts);
    verdicts.extend(unread);
    verdicts.sort();
    // What is wrong with a cassette is so for each of its files.
    verdicts.dedup_by(|next, verdict| next == verdict && !verdict.is_secret());
    output::print(
        &verdicts
            .iter()
            .map(|verdict| if args.json { verdict.json(&names) } else { text(verdict, &names) })
            .collect::<String>(),
    )?;
    Ok(told(&verdicts, files.len(), !strange.is_empty(), console))
}

/// Sums up, and says how it ends: with the worst.
fn told(verdicts: &[Verdict], files: usize, is_strange: bool, console: Console) -> Exit {
    let count = |kind: fn(&Verdict) -> bool| verdicts.iter().filter(|verdict| kind(verdict)).count() as u64;
    let secrets = count(Verdict::is_secret);
    let unread = count(|verdict| matches!(verdict, Verdict::Unread { .. }));
    let invalid = verdicts.len() as u64 - secrets - unread;
    let looked = counted(files as u64, "file", "files");
    if verdicts.is_empty() {
        console.note(&format!("{looked} scanned, nothing found"));
    } else {
        let mut what = vec![counted(secrets, "secret", "secrets"), counted(invalid, "invalid file", "invalid files")];
        what.extend((unread > 0).then(|| format!("{unread} not readable")));
        console.problem(&format!("{looked} scanned: {}", what.join(", ")));
    }
    match (secrets, invalid, unread) {
        (0, 0, 0) if !is_strange => Exit::Well,
        (0, 0, _) => Exit::Failed,
        (0, ..) => Exit::Cassette,
        _ => Exit::Secret,
    }
}

fn text(verdict: &Verdict, names: &Names) -> String {
    format!("{}\n", printable(&verdict.text(names)).replace(['\n', '\t'], " "))
}

/// Judges all files, on as many threads as the machine has.
fn judged(files: &[PathBuf], judge: &Judge, console: Console) -> Vec<Verdict> {
    let mut progress = Progress::new(console, "scanning", files.len());
    let (next, (send, receive)) = (AtomicUsize::new(0), mpsc::channel());
    let threads = thread::available_parallelism().map_or(1, usize::from).min(files.len().max(1));
    let mut verdicts = Vec::new();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // The receiver outlives every thread.
                    let _ = send.send(judge.judge(file));
                }
            });
        }
        drop(send);
        for found in receive.iter() {
            verdicts.extend(found);
            progress.step();
        }
    });
    verdicts
}
