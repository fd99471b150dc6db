//! Terraform and its provider, where this machine has them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use super::bounded;
use crate::support::clients::installed;

const PROVIDER: &str = "registry.terraform.io/hashicorp/aws/5.100.0";
const INIT_LIMIT: Duration = Duration::from_secs(300);

/// What `terraform init` made, for all runs: it takes longer than a command.
#[derive(Debug)]
pub(crate) struct Terraform {
    /// Says where the provider is; for `TF_CLI_CONFIG_FILE`.
    config: PathBuf,
    /// For `TF_DATA_DIR`; nothing writes to it once it is made.
    data: PathBuf,
    lock: PathBuf,
}

impl Terraform {
    /// Makes `folder` one in which Terraform works on the configuration of this name.
    pub(crate) fn set_up(&self, folder: &Path, configuration: &str) {
        fs::create_dir_all(folder).unwrap();
        fs::copy(&self.lock, folder.join(".terraform.lock.hcl")).unwrap();
        for file in ["versions.tf".to_owned(), format!("{configuration}/main.tf")] {
            let file = fixture(&file);
            fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
        }
    }

    /// The environment to start it in, besides `PATH` and `HOME`.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![("TF_DATA_DIR", self.data.to_str().unwrap().to_owned())];
        environment.extend(quiet(&self.config));
        environment
    }
}

/// `None`, having said why on stderr, where Terraform or its provider is missing.
pub(crate) fn terraform() -> Option<&'static Terraform> {
    static TERRAFORM: OnceLock<Result<Terraform, &'static str>> = OnceLock::new();
    TERRAFORM.get_or_init(find).as_ref().inspect_err(|reason| eprintln!("skipped: {reason}")).ok()
}

fn find() -> Result<Terraform, &'static str> {
    let version = Command::new("terraform").arg("version").env("CHECKPOINT_DISABLE", "1").output();
    let version = version.map_err(|_| "terraform is not installed")?;
    let mirror = mirror().ok_or("there is no mirror of Terraform's AWS provider; RAMTAPE_TF_PLUGINS names one")?;
    let key = [&fs::read(fixture("versions.tf")).unwrap(), mirror.as_os_str().as_encoded_bytes(), &version.stdout];
    let folder = installed("terraform", &key, |folder| init(folder, &mirror));
    Ok(Terraform {
        config: folder.join("terraform.tfrc"),
        data: folder.join("data"),
        lock: folder.join(".terraform.lock.hcl"),
    })
}

/// The folder with the provider in it, packed or not.
fn mirror() -> Option<PathBuf> {
    if let Some(named) = env::var_os("RAMTAPE_TF_PLUGINS") {
        let named = PathBuf::from(named);
        assert!(named.join(PROVIDER).is_dir(), "RAMTAPE_TF_PLUGINS names a folder without {PROVIDER}");
        return Some(named);
    }
    let folders = fs::read_dir("/").ok()?.filter_map(|entry| Some(entry.ok()?.path().join("tf-plugins")));
    folders.into_iter().find(|folder| folder.join(PROVIDER).is_dir())
}

fn init(folder: &Path, mirror: &Path) {
    let config = folder.join("terraform.tfrc");
    let written = format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n");
    fs::write(&config, written).unwrap();
    fs::copy(fixture("versions.tf"), folder.join("versions.tf")).unwrap();
    let home = TempDir::new().unwrap();
    let mut command = Command::new("terraform");
    command.args(["init", "-input=false"]).current_dir(folder).env_clear().env("HOME", home.path());
    command.envs(env::var_os("PATH").map(|path| ("PATH", path))).envs(quiet(&config));
    command.env("TF_DATA_DIR", folder.join("data"));
    let done = bounded::run(&mut command, INIT_LIMIT);
    assert_eq!(done.code, Some(0), "{done}");

    // Without the hashes Terraform does not read the whole provider, some hundred megabytes, at each of its starts.
    let lock = folder.join(".terraform.lock.hcl");
    let whole = fs::read_to_string(&lock).unwrap();
    let (before, rest) = whole.split_once("  hashes = [").unwrap();
    let (_, after) = rest.split_once("]\n").unwrap();
    fs::write(lock, format!("{before}{after}")).unwrap();
}

fn quiet(config: &Path) -> [(&'static str, String); 8] {
    [
        ("TF_CLI_CONFIG_FILE", config.to_str().unwrap().to_owned()),
        ("TF_CLI_ARGS", "-no-color".to_owned()),
        ("TF_IN_AUTOMATION", "1".to_owned()),
        ("TF_INPUT", "0".to_owned()),
        ("CHECKPOINT_DISABLE", "1".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        // The provider's own garbage is less than what it starts with: collecting that costs a third of the time.
        ("GOGC", "off".to_owned()),
        ("GOMEMLIMIT", "1GiB".to_owned()),
    ]
}

/// A file below `tests/fixtures/terraform`.
fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/terraform").join(path)
}
