//! `ramtape ca`: the certificate authority, and what clients need to trust it.

use crate::app::{self, AuthorityError};
use crate::ca::{self, AuthorityStore, Bundle, CaError, CertificateAuthority};
use crate::cli::CaArgs;
use crate::config::{Config, Environment, RecordMode, Settings};
use crate::ui::{CommandError, Console, Exit, output};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an authority holds.
const LIFETIME: Duration = DAY.saturating_mul(30);
/// How long before its end it is made anew.
pub(super) const RENEWED_WITHIN: Duration = DAY.saturating_mul(7);

/// The variables that name a file of trusted certificates, and who reads them. All but Node.js's replace what the program
/// trusts otherwise.
pub(super) const VARIABLES: [(&str, &str); 4] = [
    ("AWS_CA_BUNDLE", "boto3, AWS CLI"),
    ("SSL_CERT_FILE", "Rust SDK, Go SDK, Terraform"),
    ("NODE_EXTRA_CA_CERTS", "JavaScript SDK"),
    ("REQUESTS_CA_BUNDLE", "Python's requests"),
];

pub(super) fn run(args: &CaArgs, environment: &Environment, console: Console) -> Result<Exit, CommandError> {
    let settings = Settings::load(args.layer(), environment)?;
    let config = Config::from_settings(settings, RecordMode::None)?;
    let store = app::store(&config)?;
    if args.remove {
        return remove(&store, console);
    }
    // From the first look to the last file: two at once would leave the bundle of one beside the key of the other.
    let held = store.hold().map_err(AuthorityError::from)?;
    let (authority, earlier) = match find_authority(&store, args.renew)? {
        (Some(authority), _) => (authority, None),
        (None, earlier) => (app::authority(&config, LIFETIME)?, Some(earlier)),
    };
    let old = earlier.as_ref().and_then(Option::as_ref);
    let own = own_files(&config, environment);
    let bundle = ca::bundle(&authority, &own, old).map_err(AuthorityError::from)?;
    if earlier.is_some() {
        held.keep(&authority).map_err(AuthorityError::from)?;
    }
    held.keep_bundle(&bundle).map_err(AuthorityError::from)?;
    drop(held);
    if args.json {
        output::print(&format!("{}\n", as_json(&store, &authority, &bundle)))?;
        return Ok(Exit::Well);
    }
    print_authority(&store, &authority, earlier.as_ref().map(Option::is_some), console);
    console.note(&format!(
        "{} contains its certificate, your own and the public ones, {} in all",
        store.bundle().display(),
        bundle.certificates
    ));
    output::print(&exports(&store))?;
    Ok(Exit::Well)
}

/// The authority that stays, or the one that is to be replaced.
fn find_authority(
    store: &AuthorityStore,
    renew: bool,
) -> Result<(Option<CertificateAuthority>, Option<CertificateAuthority>), AuthorityError> {
    let found = match store.read() {
        // What is damaged is replaced where that was asked for.
        Err(CaError::Damaged { .. }) if renew => None,
        found => found?,
    };
    let lasts = |authority: &CertificateAuthority| authority.expires() > SystemTime::now() + RENEWED_WITHIN;
    Ok(match found {
        Some(authority) if lasts(&authority) && !renew => (Some(authority), None),
        found => (None, found),
    })
}

/// The files with certificates that the user's programs trust now: ramtape's bundle is to take their place.
pub(super) fn own_files(config: &Config, environment: &Environment) -> Vec<PathBuf> {
    let named = VARIABLES.iter().filter_map(|(name, _)| environment.value(name).map(PathBuf::from));
    let mut files: Vec<PathBuf> = config.upstream.ca_bundle.iter().cloned().chain(named).collect();
    files.sort();
    files.dedup();
    // A variable can still name what `--remove` removed.
    let ours = app::store(config).map(|store| [store.bundle(), store.certificate()]);
    files.retain(|file| file.exists() || !ours.as_ref().is_ok_and(|ours| ours.contains(file)));
    files
}

fn remove(store: &AuthorityStore, console: Console) -> Result<Exit, CommandError> {
    let folder = store.folder().display();
    if store.remove().map_err(AuthorityError::from)? {
        console.note(&format!("removed the certificate authority in {folder}"));
        console.note(
            "unset the variables that point to it, and remove it from every trust store that you added \
            it to",
        );
    } else {
        console.note(&format!("there is no certificate authority in {folder}"));
    }
    Ok(Exit::Well)
}

/// What was done: `replaced` tells, of a new one, whether there was an earlier one.
fn print_authority(store: &AuthorityStore, authority: &CertificateAuthority, replaced: Option<bool>, console: Console) {
    let folder = store.folder().display();
    let until = authority.last_day();
    console.note(&match replaced {
        None => format!("the certificate authority in {folder} is valid until {until}"),
        Some(false) => format!("made a certificate authority in {folder}, valid until {until}"),
        Some(true) => format!("made a new certificate authority in {folder}, valid until {until}"),
    });
    if replaced == Some(true) {
        console.note("restart running ramtape servers and clients, and add the new certificate to your trust stores");
    }
    console.note(&format!("the SHA-256 of its certificate is {}", authority.digest()));
}

/// Lines that a shell can evaluate.
fn exports(store: &AuthorityStore) -> String {
    let bundle = store.bundle();
    let file = crate::model::shell_path(&bundle);
    VARIABLES.iter().map(|(name, readers)| format!("export {name}={file} # {readers}\n")).collect()
}

fn as_json(store: &AuthorityStore, authority: &CertificateAuthority, bundle: &Bundle) -> serde_json::Value {
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    let variables: serde_json::Map<_, _> =
        VARIABLES.iter().map(|(name, _)| ((*name).to_owned(), shown(&store.bundle()).into())).collect();
    json!({
        "folder": shown(store.folder()),
        "certificate": shown(&store.certificate()),
        "bundle": shown(&store.bundle()),
        "sha256": authority.digest(),
        "expires": authority.last_day(),
        "certificates": bundle.certificates,
        "variables": variables,
    })
}
