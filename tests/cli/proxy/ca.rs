//! `ramtape ca`: how the authority is made, kept and removed, and what it can and cannot sign.

use crate::support::binary::{Finished, folder, ramtape};
use crate::support::clients::{self, Call};
use ramtape::ca::{AuthorityStore, CertificateAuthority};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Where `ramtape ca` keeps things for a user whose home is `home`.
fn of_home(home: &Path) -> PathBuf {
    home.join(".local/state/ramtape/ca")
}

fn ca(home: &Path, arguments: &[&str], variables: &[(&str, &Path)]) -> Finished {
    ramtape(home).arg("ca").args(arguments).envs(variables.iter().copied()).output().unwrap().into()
}

fn well(finished: Finished) -> Finished {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished
}

fn json(home: &Path, arguments: &[&str], variables: &[(&str, &Path)]) -> serde_json::Value {
    let finished = well(ca(home, &[&["--json"], arguments].concat(), variables));
    serde_json::from_str(&finished.stdout).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn certificates(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    text.split_inclusive("-----END CERTIFICATE-----\n").map(str::to_owned).collect()
}

#[test]
fn an_authority_is_made_once_in_a_private_folder() {
    let home = folder();
    let first = json(home.path(), &[], &[]);
    let place = of_home(home.path());
    assert_eq!(first["folder"], place.to_str().unwrap());
    assert_eq!((mode(&place), mode(&place.join("ca.key"))), (0o700, 0o600));
    let again = json(home.path(), &[], &[]);
    assert_eq!(again, first, "one that holds is kept");
    let renewed = json(home.path(), &["--renew"], &[]);
    assert_ne!(renewed["sha256"], first["sha256"]);
    assert_eq!(certificates(&place.join("ca.pem")), certificates(&place.join("bundle.pem"))[..1]);
}

#[test]
fn ca_prints_what_a_shell_can_evaluate() {
    let home = folder();
    let finished = well(ca(home.path(), &[], &[]));
    let script = format!("{}\nenv", finished.stdout);
    let shell = std::process::Command::new("sh").args(["-c", &script]).env_clear().output().unwrap();
    let seen = String::from_utf8(shell.stdout).unwrap();
    let bundle = of_home(home.path()).join("bundle.pem");
    for name in ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"] {
        let line = format!("{name}={}", bundle.display());
        assert!(seen.lines().any(|seen| seen == line), "{line} in {seen}");
    }
    assert!(finished.stderr.contains("valid until 20"), "{finished:?}");
}

#[test]
fn the_bundle_holds_the_public_certificates_and_the_users_own() {
    let home = folder();
    let company = home.path().join("company.pem");
    let own = CertificateAuthority::make(&[], Duration::from_secs(3600)).unwrap().certificate_pem();
    fs::write(&company, &own).unwrap();
    let first = json(home.path(), &[], &[("AWS_CA_BUNDLE", &company)]);
    let bundle = of_home(home.path()).join("bundle.pem");
    assert_eq!(first["certificates"], certificates(&bundle).len());
    assert!(certificates(&bundle).len() > 100, "{first}");
    assert_eq!(certificates(&bundle)[1], own);

    // Its variables are set now, and it is made anew: what was the user's stays, the earlier authority goes.
    let before = certificates(&bundle);
    let variables = [("AWS_CA_BUNDLE", bundle.as_path()), ("SSL_CERT_FILE", bundle.as_path())];
    let second = json(home.path(), &["--renew"], &variables);
    assert_eq!(second["certificates"], first["certificates"]);
    let after = certificates(&bundle);
    assert_eq!((before.len(), &before[1..]), (after.len(), &after[1..]));
    assert_ne!(before[0], after[0]);
}

#[test]
fn a_key_that_others_could_read_is_refused() {
    let home = folder();
    well(ca(home.path(), &[], &[]));
    let (place, key) = (of_home(home.path()), of_home(home.path()).join("ca.key"));
    for (path, loose, tight) in [(&key, 0o640, 0o600), (&place, 0o755, 0o700)] {
        fs::set_permissions(path, fs::Permissions::from_mode(loose)).unwrap();
        for arguments in [&[][..], &["--renew"]] {
            let refused = ca(home.path(), arguments, &[]);
            assert_eq!(refused.code, Some(1), "{refused:?}");
            for part in [path.to_str().unwrap(), &format!("mode {loose:o}"), "--remove"] {
                assert!(refused.stderr.contains(part), "{part} in {refused:?}");
            }
        }
        fs::set_permissions(path, fs::Permissions::from_mode(tight)).unwrap();
        well(ca(home.path(), &[], &[]));
    }
}

#[test]
fn a_damaged_authority_is_replaced_on_request_only() {
    let (home, other) = (folder(), folder());
    well(ca(home.path(), &[], &[]));
    well(ca(other.path(), &[], &[]));
    let key = of_home(home.path()).join("ca.key");
    let foreign = fs::read_to_string(of_home(other.path()).join("ca.pem")).unwrap();
    let own = fs::read_to_string(&key).unwrap();
    let own_key = own.split_once("-----BEGIN PRIVATE KEY").unwrap().1;
    let mixed = format!("{foreign}-----BEGIN PRIVATE KEY{own_key}");
    for bad in ["", "nonsense", &foreign, &mixed] {
        fs::write(&key, bad).unwrap();
        let refused = ca(home.path(), &[], &[]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("damaged") && refused.stderr.contains("--renew"), "{refused:?}");
    }
    well(ca(home.path(), &["--renew"], &[]));
}

#[test]
fn an_authority_is_removed_completely() {
    let home = folder();
    well(ca(home.path(), &[], &[]));
    let bundle = of_home(home.path()).join("bundle.pem");
    let removed = well(ca(home.path(), &["--remove"], &[]));
    assert!(removed.stderr.contains("unset the variables"), "{removed:?}");
    assert!(!of_home(home.path()).exists());
    assert!(well(ca(home.path(), &["--remove"], &[])).stderr.contains("there is no certificate authority"));
    // The shell's variables still name the bundle that is gone.
    well(ca(home.path(), &[], &[("AWS_CA_BUNDLE", &bundle), ("SSL_CERT_FILE", &bundle)]));
}

#[test]
fn parallel_calls_make_one_consistent_authority() {
    let home = folder();
    let bundle = of_home(home.path()).join("bundle.pem");
    let at_once = |renew: bool| {
        let children: Vec<_> = (0..8)
            .map(|_| {
                let mut command = ramtape(home.path());
                command.args(["ca", "--json"]).args(renew.then_some("--renew"));
                // Once made, it is among the user's own.
                command.env("AWS_CA_BUNDLE", if renew { bundle.as_path() } else { Path::new("") });
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let finished = children.into_iter().map(|child| Finished::from(child.wait_with_output().unwrap()));
        let told = finished.map(|finished| serde_json::from_str(&well(finished).stdout).unwrap());
        told.collect::<Vec<serde_json::Value>>()
    };
    let made = at_once(false);
    assert!(made.iter().all(|told| *told == made[0]), "each made one of its own: {made:?}");
    let renewed = at_once(true);
    let count = made[0]["certificates"].as_u64().unwrap();
    for told in &renewed {
        assert_ne!(told["sha256"], made[0]["sha256"]);
        assert_eq!(told["certificates"], count, "one that was replaced is still trusted: {renewed:?}");
    }
    let kept = AuthorityStore::at(of_home(home.path())).open().unwrap().certificate_pem();
    assert_eq!(certificates(&of_home(home.path()).join("ca.pem")), std::slice::from_ref(&kept));
    assert_eq!(certificates(&bundle)[0], kept);
    assert_eq!(certificates(&bundle).len() as u64, count);
}

#[test]
fn an_authority_removed_meanwhile_is_made_again() {
    let home = folder();
    let store = AuthorityStore::at(of_home(home.path()));
    for _ in 0..20 {
        let children: Vec<_> = [&[][..], &["--remove"], &["--renew"], &["--remove"]]
            .map(|arguments| {
                let mut command = ramtape(home.path());
                command.arg("ca").args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .into();
        for child in children {
            well(Finished::from(child.wait_with_output().unwrap()));
        }
        let bundle = of_home(home.path()).join("bundle.pem");
        if let Some(authority) = store.read().unwrap() {
            assert_eq!(certificates(&bundle)[0], authority.certificate_pem());
        }
    }
}

#[test]
fn an_expired_authority_is_reported_and_renewed() {
    let home = folder();
    let store = AuthorityStore::at(of_home(home.path()));
    store.keep(&CertificateAuthority::make(&[], Duration::ZERO).unwrap()).unwrap();
    assert!(store.open().unwrap_err().to_string().contains("expired on 20"));
    let doctor = ramtape(home.path()).args(["doctor", "--json"]).output().unwrap();
    let doctor = String::from_utf8(doctor.stdout).unwrap();
    let check = doctor.lines().find(|line| line.contains("\"check\":\"authority\"")).unwrap();
    assert!(check.contains("\"warn\"") && check.contains("expired on"), "{check}");
    assert!(well(ca(home.path(), &[], &[])).stderr.contains("made a new certificate authority"));
    store.open().unwrap();
}

#[test]
fn openssl_refuses_what_the_key_signs_beyond_the_constraints() {
    let Some(python) = clients::python() else { return };
    let home = folder();
    well(ca(home.path(), &[], &[]));
    let verdict = |host: &str| {
        let call = Call::new(&python).args([clients::source("python/rogue.py"), of_home(home.path()), host.into()]);
        String::from_utf8(call.finish().success().stdout).unwrap()
    };
    for own in ["ram.eu-west-1.amazonaws.com", "ram-fips.us-east-1.amazonaws.com", "localhost", "127.0.0.1", "::1"] {
        assert_eq!(verdict(own), "accepted\n", "{own}");
    }
    for foreign in
        ["example.com", "ec2.amazonaws.com", "amazonaws.com", "ram.us-east-1.amazonaws.com.evil.test", "10.0.0.1"]
    {
        let verdict = verdict(foreign);
        assert!(verdict.starts_with("refused: permitted subtree violation"), "{foreign}: {verdict}");
    }
}
