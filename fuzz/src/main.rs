//! One of the targets, by name, under libFuzzer.
#![no_main]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a target fails by panicking")]

#[path = "../../tests/safety/fuzz/targets/mod.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| match std::env::var("RAMTAPE_FUZZ_TARGET").as_deref() {
    Ok("head") => targets::head::check,
    Ok("requests") => targets::requests::check,
    Ok("connect") => targets::connect::check,
    Ok("canonical") => targets::canonical::check,
    Ok("token") => targets::token::check,
    Ok("text") => targets::text::check,
    Ok("config") => targets::config::check,
    Ok("host") => targets::host::check,
    Ok("services") => targets::services::check,
    Ok("vcr") => targets::vcr::check,
    other => panic!("RAMTAPE_FUZZ_TARGET names no target: {other:?}"),
});

fuzz_target!(|data: &[u8]| TARGET(data));
