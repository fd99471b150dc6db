//! What recording adds to a call.

use crate::shared::child::Server;
use crate::shared::figures::median;
use crate::shared::signed::signed;
use crate::shared::wire::{ask, extent};
use std::path::Path;
use std::time::Instant;

const CALLS: usize = 300;

/// Calls that are not counted: connections are opened, credentials found.
const FIRST: usize = 20;

/// Measures and prints.
pub(crate) fn measure(folder: &Path) {
    let endpoint = Server::role(&["simulate"]);
    let forwarder = Server::role(&["forward", &endpoint.url]);
    let recorder = Server::ramtape("record", &folder.join("recorded"), &["--upstream", &endpoint.url], folder);
    // What the endpoint was signed for is asked of the forwarder too: it changes nothing of a request.
    let mut ways = [(&endpoint, &endpoint.url), (&forwarder, &endpoint.url), (&recorder, &recorder.url)]
        .map(|(server, url)| (server.connect(), url, Vec::new()));
    let mut size = 0;
    for number in 0..FIRST + CALLS {
        for (stream, url, times) in &mut ways {
            // The member is none of RAM's: it only makes every call another one, answered alike.
            let request =
                signed(url, "/getresourceshares", &format!(r#"{{"resourceOwner": "SELF", "call": {number}}}"#));
            let begun = Instant::now();
            let answer = ask(stream, &request);
            if number >= FIRST {
                times.push(begun.elapsed().as_secs_f64() * 1e3);
            }
            size = extent(&answer).map_or(0, |(end, body)| end - body);
        }
    }
    let [direct, forwarded, recorded] = ways.map(|(_, _, times)| median(times));
    println!(
        "\nRecording, one call after the other ({CALLS} calls, answers of {size} bytes, simulated endpoint), median"
    );
    println!(
        "        {direct:.2} ms a direct call, {recorded:.2} ms through ramtape: {:.2} ms added",
        recorded - direct
    );
    println!("        {:.2} ms of it are added by a bare hyper proxy too", forwarded - direct);
    println!("        (signed anew, asked upstream, stored so that it survives kill -9)");
    recorder.stop();
}
