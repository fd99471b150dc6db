//! What lets CMD trust ramtape over TLS.

use super::environment::VariableChange;
use crate::app::{self, AuthorityError};
use crate::ca::{self, CaError, CertificateAuthority, ServerCertificates};
use crate::command::ca as ca_command;
use crate::config::{Config, Environment, RunDoor};
use crate::scratch::Scratch;
use crate::ui::CommandError;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long an authority holds that is made for one run, and whose key is nowhere but in memory.
const ONE_RUN: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// An authority, and a bundle of certificates with its own for CMD.
pub(super) struct CommandTrust {
    pub(super) certificates: Arc<ServerCertificates>,
    /// Goes when CMD has gone.
    folder: Scratch,
}

impl CommandTrust {
    /// By the authority of `ramtape ca`, if there is one: CMD may trust it by other means than its environment. Else by one
    /// that is made for this run.
    pub(super) fn establish(config: &Config, parent: &Environment) -> Result<Self, CommandError> {
        let authority = authority(config)?;
        let own = ca_command::own_files(config, parent);
        let bundle = ca::bundle(&authority, &own, None).map_err(AuthorityError::from)?;
        let write = || {
            let folder = Scratch::new()?;
            std::fs::write(bundle_in(&folder), &bundle.text)?;
            Ok(folder)
        };
        let folder = write().map_err(|source| CommandError::TemporaryFiles { source })?;
        Ok(Self { certificates: Arc::new(ServerCertificates::new(authority)), folder })
    }

    /// The variables by which CMD's programs find the bundle.
    pub(super) fn changes(&self) -> impl Iterator<Item = VariableChange> {
        let bundle = bundle_in(&self.folder);
        ca_command::VARIABLES.iter().map(move |(name, _)| VariableChange::set(*name, bundle.clone()))
    }
}

fn bundle_in(folder: &Scratch) -> PathBuf {
    folder.path().join("bundle.pem")
}

fn authority(config: &Config) -> Result<CertificateAuthority, AuthorityError> {
    let kept = match app::store(config) {
        Ok(store) => store.open(),
        Err(_) => return app::authority(config, ONE_RUN),
    };
    match kept {
        Err(CaError::Absent { .. }) => app::authority(config, ONE_RUN),
        kept => covering(kept?, config),
    }
}

/// The kept authority, unless clients that speak to AWS's own hosts would refuse it for one of a recorded service.
fn covering(authority: CertificateAuthority, config: &Config) -> Result<CertificateAuthority, AuthorityError> {
    let mut hosts = config.endpoints.iter().flat_map(|service| service.all_hosts(&config.region));
    let outside = hosts.find(|host| !authority.may_speak_for(host));
    match outside.filter(|_| config.door == RunDoor::Intercept) {
        Some(host) => Err(CaError::Outside { host }.into()),
        None => Ok(authority),
    }
}
