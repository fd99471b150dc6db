//! Every front door: what goes upstream through it, what the client gets, and that what was recorded through one replays
//! through all.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "what is only for tests of the harness is not needed here")]
#[path = "../support/clients.rs"]
mod clients;
#[path = "../support/known.rs"]
mod known;
#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../actors/principals.rs"]
mod principals;
#[expect(dead_code, reason = "tests of single commands need more of it")]
#[path = "../support/ramtape.rs"]
mod ramtape_binary;
#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/raw.rs"]
mod raw;
#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../real_clients/scene.rs"]
mod scene;
#[expect(dead_code, reason = "not every test binary uses all of it")]
#[path = "../support/stage.rs"]
mod stage;
#[path = "../real_clients/steps.rs"]
mod steps;

mod addresses;
mod ca;
mod connect;
mod corporate_proxy;
mod intercept;
mod intercept_clients;
mod intercept_run;
mod other_host;
mod proxied;
mod proxy_chains;
mod proxy_clients;
mod proxy_requests;
mod proxy_run;
mod proxy_sessions;
mod rust_sdk;
mod tls;
mod tls_clients;
mod tunnels;
