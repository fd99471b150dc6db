//! Listings read side by side: each is recorded whole, and how often depends on how often they were read, not on which requests
//! happened to meet.

use crate::support::stage::{Answer, Asking, Ramtape, Stage, bodies};
use ramtape::config::RecordMode;
use ramtape::engine::Summary;
use ramtape::simulator::{Effect, Fault, PageSizes};
use serde_json::{Value, json};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

const LISTING: &str = "GetResourceShares";
const ROUNDS: u64 = 24;

/// One reading of a listing: its page size, and how long it waits before each page.
#[derive(Clone, Copy)]
struct Reader {
    size: u32,
    pause: Duration,
}

impl Reader {
    /// Reads `most` pages, or to the end.
    async fn read(self, ramtape: &Ramtape, most: usize) -> Vec<Answer> {
        let (mut pages, mut token) = (Vec::new(), None::<String>);
        while pages.len() < most {
            tokio::time::sleep(self.pause).await;
            let mut body = json!({ "resourceOwner": "SELF", "maxResults": self.size });
            if let Some(token) = token.take() {
                body["nextToken"] = json!(token);
            }
            let page = ramtape.ask(LISTING, body.to_string(), Asking::session("s")).await;
            assert_eq!(page.status, 200, "{page:?}");
            token = page.next_token();
            pages.push(page);
            if token.is_none() {
                break;
            }
        }
        pages
    }
}

/// Upstream answers page n of every listing with so many items, whatever is asked, and takes its time for some of them.
async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.endpoint().set_page_sizes(PageSizes::new(LISTING, &[3, 2, 3]));
    stage
}

/// Reads of these sizes side by side in round `round`, recorded; gives the text and what the summary says.
async fn recorded(stage: &Stage, round: u64, sizes: &[u32]) -> (Vec<(String, String)>, Summary) {
    let name = format!("c{round}");
    stage.endpoint().inject(Fault::next(Effect::Latency(Duration::from_millis(3 * (round % 5)))).times(3));
    let recording = stage.ramtape(&name, RecordMode::Once).await;
    let pause = |at: usize| Duration::from_millis((round * 7 + 5) * (at as u64) % 13);
    let readers = sizes.iter().enumerate().map(|(at, size)| Reader { size: *size, pause: pause(at) });
    let all: Vec<_> = readers.collect();
    let mut reading = Vec::new();
    for reader in &all {
        reading.push(Box::pin(reader.read(&recording, 100)));
    }
    let readings = side_by_side(reading).await;
    assert!(readings.iter().all(|pages| pages.len() > 2), "several pages each");
    let summary = recording.stop().await;
    assert_eq!(summary.not_recorded, Vec::<String>::new());
    let replaying = stage.ramtape(&name, RecordMode::None).await;
    for (reader, pages) in all.iter().zip(&readings) {
        // Not assert_eq: listings are no message.
        assert!(
            bodies(&reader.read(&replaying, 100).await) == bodies(pages),
            "{round}: {:?}",
            shape(&stage.texts(&name))
        );
    }
    assert_eq!(replaying.stop().await.missed, 0);
    (stage.texts(&name), summary)
}

/// Awaits all of them together.
async fn side_by_side<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let Poll::Ready(done) = Pin::new(future).poll(context)
            {
                *output = Some(done);
            }
        }
        if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

fn takes(text: &[(String, String)]) -> Vec<Value> {
    serde_json::from_str::<Value>(&text[0].1).unwrap()["takes"].as_array().unwrap().clone()
}

/// Each take's page size, whether it is whole, and how often it was recorded.
fn shape(text: &[(String, String)]) -> Vec<(u64, bool, u64)> {
    let of = |take: &Value| {
        (take["maxResults"].as_u64().unwrap(), take["complete"] != json!(false), take["times"].as_u64().unwrap_or(1))
    };
    takes(text).iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_of_different_page_sizes_are_both_whole() {
    let stage = stage().await;
    let (first, _) = recorded(&stage, 0, &[5, 9]).await;
    assert_eq!(shape(&first), [(5, true, 1), (9, true, 1)]);
    for round in 1..ROUNDS {
        let (text, summary) = recorded(&stage, round, &[5, 9]).await;
        assert!(text == first, "{round}: {:?}", shape(&text));
        assert_eq!(summary.partial, Vec::<String>::new(), "{round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_readings_count_as_often_as_they_were_read() {
    let stage = stage().await;
    for sizes in [&[5, 5][..], &[5, 5, 5], &[9, 5, 5]] {
        let (first, _) = recorded(&stage, 100 * sizes.len() as u64 + u64::from(sizes[0]), sizes).await;
        for round in 0..ROUNDS {
            let (text, summary) =
                recorded(&stage, 1000 * u64::from(sizes[0]) + 100 * sizes.len() as u64 + round, sizes).await;
            assert!(text == first, "{sizes:?} {round}: {:?}", shape(&text));
            assert_eq!(summary.partial, Vec::<String>::new(), "{round}");
        }
        let fives = sizes.iter().filter(|size| **size == 5).count() as u64;
        assert_eq!(shape(&first)[0], (5, true, fives));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_shared_an_answer_are_answered_as_often_on_replay() {
    let mut stage = Stage::new().await;
    stage.endpoint().inject(Fault::next(Effect::Latency(Duration::from_secs(2))));
    let recording = stage.ramtape("c", RecordMode::Once).await;
    let read = async |ramtape: &Ramtape| ramtape.post(LISTING, json!({ "resourceOwner": "SELF" })).await.body;
    let (a, b) = tokio::join!(read(&recording), read(&recording));
    assert_eq!((&a, stage.endpoint().requests()), (&b, 1));
    stage.endpoint().change("us-east-1", |world| world.add_share("111122223333", "theirs"));
    let later = read(&recording).await;
    assert_eq!(recording.stop().await.recorded, 2);
    stage.stop_endpoint().await;
    assert_eq!(takes(&stage.texts("c"))[0]["times"], json!(2));
    let replaying = stage.ramtape("c", RecordMode::None).await;
    for expected in [&a, &b, &later, &later] {
        assert_eq!(&read(&replaying).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_reading_beside_a_complete_one_is_not_reported() {
    let stage = stage().await;
    for round in 0..ROUNDS {
        let name = format!("c{round}");
        let recording = stage.ramtape(&name, RecordMode::Once).await;
        let reader = |pause: u64| Reader { size: 5, pause: Duration::from_millis(pause) };
        let (_, stopped) = tokio::join!(reader(round % 4).read(&recording, 100), reader(round % 3).read(&recording, 1));
        assert_eq!(stopped.len(), 1);
        assert_eq!(recording.stop().await.partial, Vec::<String>::new());
        assert_eq!(shape(&stage.texts(&name)), [(5, true, 1)]);
    }
}
