//! ramtape as an HTTP proxy through the commands: `ramtape ca` and `ramtape run --door`.

mod ca;
mod run;
