//! ramtape in one process, between a bare client and the simulated RAM endpoint.

mod chains;
mod endless_listings;
mod exact_bytes;
mod modes;
mod not_recorded;
mod parallel_listings;
mod response_cache;
mod shared_calls;
mod take_selection;
mod upstream_faults;
