//! Real Terraform with the real AWS provider, through the real binary: recorded once, replayed at any parallelism.
//!
//! Terraform is taken from `PATH`. Its provider comes from a mirror on the disk, never from the network: the folder that
//! `RAMTAPE_TF_PLUGINS` names, else a folder `tf-plugins` two levels below the root. Where either lacks, these tests say
//! `skipped: …` and pass.
//!
//! A round replays each recording once, and each round in another of six ways: parallelism 10, 4 and 1, with the polls as
//! recorded and with the final ones. There are `RAMTAPE_TERRAFORM_ROUNDS` of them; by default one, in CI three, by which
//! every way is taken three times at least. The long run takes every recording through every way:
//!
//! ```sh
//! RAMTAPE_TERRAFORM_ROUNDS=10 cargo test --test clients terraform
//! ```

mod bounded;
mod companions;
mod installed;
mod parallelism;
mod setup;
mod several_commands;
mod suffix;
