//! The certificate authority, where there is one.

use super::check::Check;
use crate::app;
use crate::ca::CaError;
use crate::command::ca::RENEWED_WITHIN;
use crate::config::Config;
use crate::model::with_causes;
use std::time::SystemTime;

/// Whether it holds, and nobody else could read its key.
pub(super) fn check(config: &Config) -> Check {
    let name = "authority";
    let Ok(store) = app::store(config) else {
        return Check::ok(name, "no home folder, and no certificate authority");
    };
    let folder = store.folder().display();
    match store.open() {
        Ok(authority) => {
            let found = format!("the certificate authority in {folder} is valid until {}", authority.last_day());
            if authority.expires() > SystemTime::now() + RENEWED_WITHIN {
                Check::ok(name, found)
            } else {
                Check::warn(name, found, "run `ramtape ca` to make a new one, and restart the programs that use it")
            }
        }
        Err(CaError::Absent { .. }) => {
            Check::ok(name, format!("there is none in {folder}; only servers that speak TLS need one (`ramtape ca`)"))
        }
        Err(error @ CaError::Expired { .. }) => {
            Check::warn(name, with_causes(&error), "run `ramtape ca`, or `ramtape ca --remove` if nothing needs it")
        }
        Err(error) => Check::fail(
            name,
            with_causes(&error),
            "replace it with `ramtape ca --remove` and \
            `ramtape ca`: whoever has its key can pose as RAM to programs that trust it",
        ),
    }
}
