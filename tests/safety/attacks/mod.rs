//! What ramtape keeps out: each attack over a real socket against the real binary while it records, with a simulated
//! endpoint as upstream that counts what reaches it.

mod addresses;
mod browser;
mod callers;
mod crowds;
mod gate;
mod http2;
mod key;
mod limits;
mod offline;
mod rebinding;
mod recorder;
mod trace;
mod upstream;
