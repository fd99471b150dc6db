//! `ramtape demo`: the whole story on the simulated RAM endpoint. Record, endpoint gone, replay, proof.

mod client;
mod stage;

use crate::aws::Keys;
use crate::cli::DemoArgs;
use crate::command::process::{Signals, runtime};
use crate::model::Secret;
use crate::simulator::{Credential, Simulator, SimulatorSettings};
use crate::ui::output::print_line;
use crate::ui::{CommandError, Console, DemoError, Exit};
use rustix::process::Signal;
use stage::Stage;

/// Plays the story, or with `--endpoint` only runs the simulated endpoint.
pub(super) fn run(args: &DemoArgs, console: Console) -> Result<Exit, CommandError> {
    let runtime = runtime()?;
    match args.endpoint {
        Some(port) => runtime.block_on(serve_endpoint(port, console)),
        None => runtime.block_on(story()),
    }
}

/// Runs the simulated endpoint until a signal comes. Its base URL is the one line on stdout.
async fn serve_endpoint(port: u16, console: Console) -> Result<Exit, CommandError> {
    let mut signals = Signals::listen(&[Signal::INT, Signal::TERM])?;
    let endpoint = Simulator::start(SimulatorSettings { port, ..SimulatorSettings::default() })
        .await
        .map_err(DemoError::Endpoint)?;
    let owner = Credential::owner();
    console.note(
        "a simulated RAM endpoint, data in memory only; it accepts these made-up keys, in us-east-1 among others:",
    );
    console.note("  export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1");
    console.note(&format!("  export AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={}", owner.access_key_id, owner.secret));
    print_line(&endpoint.base_url())?;
    signals.next().await;
    endpoint.stop().await;
    Ok(Exit::Well)
}

/// The story. The endpoint is seeded anew each time, so nothing in it can have been prepared.
async fn story() -> Result<Exit, CommandError> {
    let stage = Stage::set()?;
    print_line(
        "1  A RAM endpoint (simulated, random data, expiring page tokens) is up, and ramtape records in front of it.",
    )?;
    let endpoint = Simulator::start(SimulatorSettings::default()).await.map_err(DemoError::Endpoint)?;
    let owner = Credential::owner();
    let keys = Keys {
        access_key_id: owner.access_key_id,
        secret: Secret::new(owner.secret),
        session_token: None,
        expiry: None,
    };
    let recording = stage.record(&endpoint.base_url(), keys.clone()).await?;
    let recorded = client::list(&recording.base_url(), &keys).await.map_err(DemoError::Client)?;
    stage::tell_pages("   GetResourceShares, 5 shares a page, through ramtape:", &recorded)?;
    let summary = recording.stop().await?;
    print_line(&format!(
        "   {} answers recorded; {} requests reached the endpoint.",
        summary.recorded,
        endpoint.requests()
    ))?;

    print_line("\n2  The endpoint is stopped. ramtape replays the cassette, in mode none.")?;
    endpoint.stop().await;
    let replaying = stage.replay().await?;

    print_line("\n3  Another client, with other (dummy) credentials, lists again:")?;
    let dummy =
        Keys { access_key_id: "AKIDDUMMY".into(), secret: Secret::new("dummy"), session_token: None, expiry: None };
    let replayed = client::list(&replaying.base_url(), &dummy).await.map_err(DemoError::Client)?;
    stage::tell_pages("   GetResourceShares, the same listing, from the cassette:", &replayed)?;
    if recorded.bodies() != replayed.bodies() || recorded.signatures() == replayed.signatures() {
        return Err(DemoError::Differs.into());
    }
    print_line("   Every page is the recorded one, byte for byte, nextToken included; every signature was different.")?;

    print_line("\n4  What goes into git:")?;
    stage.show_text()?;

    print_line("\n5  A request that was never recorded:")?;
    let miss = client::miss(&replaying.base_url(), &dummy).await.map_err(DemoError::Client)?;
    stage::tell_miss(&miss)?;
    let summary = replaying.stop().await?;
    print_line(&format!(
        "\n{} answers replayed, {} missed, {} upstream connections.",
        summary.replayed, summary.missed, summary.upstream_connections
    ))?;
    print_line("Next: ramtape run -- <your tests>")?;
    Ok(Exit::Well)
}
