//! Looking through cassettes and putting them in order, with the real binary over what was recorded from an endpoint.

mod coverage;
mod diff;
mod explain;
mod progress;
mod rm;
mod selection;
mod setup;
mod verify_offline;
mod verify_online;
mod verify_own_writes;
mod verify_update;
