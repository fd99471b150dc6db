//! Several principals in one cassette, with real clients through the real binary.

mod refused;
mod replay;
mod same_account;
mod two_accounts;
