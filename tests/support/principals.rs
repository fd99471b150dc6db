//! Who the tests' callers are: keys of two accounts, profiles with them, and how they are configured as actors.

use std::path::Path;

use ramtape::session::decode_account_id;
use ramtape::simulator::{Credential, SimulatorSettings};
use serde_json::json;

use crate::support::clients::Call;
use crate::support::scene::{Endpoint, Tape};

/// The actors of most tests, by their profiles alone.
pub(crate) const BY_PROFILE: &str = "[actors.owner]\nprofile = \"owner\"\n[actors.consumer]\nprofile = \"consumer\"\n";

/// Keys of a session in the account of `whose`, told apart from others of it by `number`; as AWS gives them out, the
/// account can be read from the id.
pub(crate) fn temporary(whose: Credential, number: u8) -> Credential {
    let account: u64 = whose.account.parse().unwrap();
    let mut bytes = [number; 10];
    bytes[..6].copy_from_slice(&(1 << 47 | account << 7).to_be_bytes()[2..]);
    let access_key_id = format!("ASIA{}", data_encoding::BASE32_NOPAD.encode(&bytes));
    assert_eq!(decode_account_id(&access_key_id), Some(whose.account.clone()));
    Credential {
        access_key_id,
        secret: format!("secret/of+{}/{number}", whose.principal),
        session_token: Some(format!("IQoJb3JpZ2luX2VjE+{}/{number}==", whose.principal)),
        ..whose
    }
}

/// An endpoint that knows these keys and always answers the same.
pub(crate) fn endpoint_knowing(credentials: &[&Credential]) -> Endpoint {
    let credentials = credentials.iter().map(|credential| (*credential).clone()).collect();
    Endpoint::with(SimulatorSettings { seed: Some(7), credentials, ..SimulatorSettings::default() })
}

/// Writes an AWS configuration with these profiles into `folder`; gives its path.
pub(crate) fn profiles(folder: &Path, name: &str, profiles: &[(&str, &Credential)]) -> String {
    let mut config = String::new();
    for (profile, keys) in profiles {
        let file = folder.join(format!("{name}-{profile}.json"));
        let given = json!({
            "Version": 1,
            "AccessKeyId": keys.access_key_id,
            "SecretAccessKey": keys.secret,
            "SessionToken": keys.session_token,
            "Expiration": keys.session_token.as_ref().map(|_| "2099-01-01T00:00:00Z"),
        });
        std::fs::write(&file, given.to_string()).unwrap();
        config.push_str(&format!("[profile {profile}]\ncredential_process = cat {}\n", file.display()));
    }
    let path = folder.join(name);
    std::fs::write(&path, config).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Writes `ramtape.toml` beside the cassettes.
pub(crate) fn configure(tape: &Tape, toml: &str) {
    std::fs::write(tape.folder().join("ramtape.toml"), toml).unwrap();
}

/// `call` under `ramtape run` in this mode, started beside `ramtape.toml`.
pub(crate) fn under_run(tape: &Tape, mode: &str, more: &[&str], call: Call) -> Call {
    let folder = tape.folder().to_str().unwrap();
    call.under(tape.run(mode, more)).under(["sh", "-c", "cd \"$0\" && exec \"$@\"", folder])
}

/// The cassette's files with what is in them.
pub(crate) fn texts(tape: &Tape) -> Vec<(String, String)> {
    let read = |file: String| {
        let text = std::fs::read_to_string(tape.path().join(&file)).unwrap();
        (file, text)
    };
    tape.files().into_iter().map(read).collect()
}
