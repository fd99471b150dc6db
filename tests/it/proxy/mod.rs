//! Every front door: what goes upstream through it, what the client gets, and that what was recorded through one replays
//! through all.

mod addresses;
mod chains;
mod connect;
mod requests;
mod sessions;
mod tls;
mod tunnels;
