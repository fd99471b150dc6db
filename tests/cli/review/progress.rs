//! What a terminal shows of longer work.

use super::setup::recorded;
use crate::support::binary::ramtape;
use ramtape::simulator::{Credential, Effect, Fault};
use std::process::{Command, Stdio};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_shown_after_a_second_on_terminals_only() {
    let stage = recorded().await;
    let Credential { access_key_id, secret, .. } = Credential::owner();
    let mut plain = ramtape(stage.folder());
    plain.env("AWS_ACCESS_KEY_ID", access_key_id).env("AWS_SECRET_ACCESS_KEY", secret);
    let line = format!(
        "stty cols 80 rows 24; exec '{}' verify --cassette c --ignore-values --upstream {}",
        plain.get_program().to_str().unwrap(),
        stage.url()
    );
    let slowly = || stage.endpoint().inject(Fault::next(Effect::Latency(Duration::from_millis(1200))));

    slowly();
    // `script` gives its command a terminal of its own.
    let mut terminal = Command::new("script");
    terminal.args(["-q", "-e", "-c", &line, "/dev/null"]).current_dir(stage.folder());
    terminal.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("TERM", "xterm");
    let output = terminal.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let screen = String::from_utf8(output.stdout).unwrap();
    assert!(screen.contains("ramtape: asking ") && screen.contains(" of 4"), "{screen:?}");
    // Nothing of it is left when the closing lines come.
    let last = screen.rsplit_once("asking ").unwrap().1;
    assert!(last.contains("\r\x1b[2K") && last.contains("ramtape: 4 recorded reads"), "{screen:?}");

    slowly();
    let output =
        plain.args(["verify", "--cassette", "c", "--ignore-values", "--upstream", stage.url()]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("asking") && !stderr.contains('\r'), "{stderr:?}");
}
