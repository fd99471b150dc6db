//! What people do with RAM, whole, with real clients: recorded against the simulated endpoint, replayed without it.

mod provider;
mod pytest_workers;
mod terraform_waiters;
