//! How many files may be open at once. A connection is one.

use crate::config::Config;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::sync::OnceLock;

/// Enough for some thousand cassettes, each of which takes a handful, or as many connections.
const WANTED: u64 = 65_536;

/// What is open besides connections: the store, text, the way upstream.
const ELSE: u64 = 128;

/// What this process was started with.
static BEFORE: OnceLock<Rlimit> = OnceLock::new();

/// Raises this process's limit as far as it may. Where that is too little for the connections that `config` allows, allows
/// fewer: a client over that number is told so, while nobody is told of a file that cannot be opened.
pub(in crate::command) fn raise(config: &mut Config) {
    let limit = *BEFORE.get_or_init(|| getrlimit(Resource::Nofile));
    let wanted = limit.maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    if limit.current.is_some_and(|current| current < wanted) {
        // Where it stays low, it is counted with below.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum });
    }
    let open = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    // A connection of a client can have one to upstream.
    let most = usize::try_from(open.saturating_sub(ELSE) / 2).unwrap_or(usize::MAX).max(1);
    let asked = config.limits.connections;
    if most < asked {
        tracing::warn!(
            "{asked} connections are allowed (limits.connections), but the system lets this process open {open} files: \
             {most} connections are served at once; `ulimit -n` raises that"
        );
        config.limits.connections = most;
    }
}

/// Does `start` under the limit that this process was started with: what it starts shall find what it would find without
/// ramtape. Programs that use `select` fail with files beyond its 1,024.
pub(in crate::command) fn with_original<T>(start: impl FnOnce() -> T) -> T {
    let raised = getrlimit(Resource::Nofile);
    let Some(before) = BEFORE.get().filter(|before| before.current != raised.current) else { return start() };
    // To lower it and to raise it again is always allowed.
    let _ = setrlimit(Resource::Nofile, *before);
    let started = start();
    let _ = setrlimit(Resource::Nofile, raised);
    started
}
