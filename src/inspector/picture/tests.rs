//! Pictures of made-up calls, read as XML.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use super::super::lanes::count_sessions;
use super::super::query::Query;
use super::*;
use crate::engine::{CallRequest, TakeChosen};
use crate::fingerprint::Fingerprint;
use crate::session::StuckWaiter;
use roxmltree::{Document, Node};

/// A read by `session`, a number of milliseconds after the first call.
fn read(number: u64, session: &str, after: u64, asked: &str) -> Call {
    let request = CallRequest {
        folder: "get-x".into(),
        fingerprint: Fingerprint::hash(asked),
        asked: None,
        page_size: None,
        continues: false,
    };
    Call {
        number,
        at: 1_700_000_000_000_000 + after * 1000,
        took: 3_000,
        session: (!session.is_empty()).then(|| session.to_owned()),
        operation: "GetX".into(),
        is_write: false,
        request: Some(request),
        status: 200,
        outcome: CallOutcome::Replayed(TakeChosen { take: 1, ..TakeChosen::default() }),
    }
}

fn write(number: u64, session: &str, after: u64) -> Call {
    Call { is_write: true, operation: "CreateX".into(), ..read(number, session, after, "write") }
}

fn missed(call: Call) -> Call {
    Call { outcome: CallOutcome::Missed { message: "no recorded answer".into() }, ..call }
}

/// Leads where a test can see it.
struct Named;

impl Links for Named {
    fn call(&self, call: &Call) -> Option<String> {
        Some(format!("#call-{}", call.number))
    }

    fn window(&self, window: Window) -> Option<String> {
        Some(format!("?from={}&to={}", window.from, window.to))
    }

    fn session(&self, session: Option<&str>) -> Option<String> {
        Some(Query::default().with("session", session).text())
    }
}

fn arrange(calls: &[Call]) -> Lanes<'_> {
    let origin = calls.iter().map(|call| call.at).min().unwrap_or_default();
    Lanes::arrange(calls, origin, Window::whole(calls, origin))
}

fn draw_all(calls: &[Call]) -> String {
    render(&arrange(calls), &Named).into_string()
}

fn lanes<'a>(document: &'a Document<'_>) -> Vec<Node<'a, 'a>> {
    document.descendants().filter(|node| node.attribute("class") == Some("lane")).collect()
}

/// What a lane's marks are called, and where they lead.
fn marks<'a>(lane: Node<'a, '_>) -> Vec<(&'a str, &'a str)> {
    let links = lane.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "a")));
    let name =
        |link: Node<'a, '_>| link.first_element_child().filter(|first| first.tag_name().name() == "title")?.text();
    links.filter_map(|link| Some((name(link)?, link.attribute("href")?))).collect()
}

fn shapes_used<'a>(lane: Node<'a, '_>) -> Vec<&'a str> {
    lane.descendants()
        .filter(|node| node.tag_name().name() == "use")
        .filter_map(|node| node.attribute("href"))
        .collect()
}

#[test]
fn each_session_is_a_lane_and_each_call_a_mark() {
    let stuck = StuckWaiter { status: "PENDING".into(), ending: None, advances: false };
    let stuck = TakeChosen { stuck: Some(Box::new(stuck)), ..TakeChosen::default() };
    let calls = [
        write(1, "b", 0),
        read(2, "a", 100, "x"),
        missed(read(3, "b", 200, "y")),
        Call { outcome: CallOutcome::Refused { message: "no".into() }, ..write(4, "", 300) },
        Call { outcome: CallOutcome::Replayed(stuck), ..read(5, "a", 400, "z") },
    ];
    let text = draw_all(&calls);
    let document = Document::parse(&text).unwrap();
    let drawn: Vec<_> =
        lanes(&document).into_iter().map(|lane| (lane.attribute("aria-label").unwrap(), lane)).collect();
    let names: Vec<_> = drawn.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["Session (none), calls: 1", "Session b, calls: 2", "Session a, calls: 2"]);
    let [(_, unnamed), (_, b), (_, a)] = drawn.as_slice() else { unreachable!() };
    assert_eq!(marks(*unnamed), [("call 4: CreateX, refused, 3.0 ms", "#call-4")]);
    assert_eq!(
        marks(*b),
        [("call 1: CreateX, replayed take 2, 3.0 ms", "#call-1"), ("call 3: GetX, missed, 3.0 ms", "#call-3")]
    );
    assert_eq!(marks(*a)[1].0, "call 5: GetX, replayed take 1, 3.0 ms, a waiter that is stuck");
    // What something is can be told by its shape alone.
    let used = [*unnamed, *b, *a].map(shapes_used);
    assert_eq!(used[0], ["#w-refused"]);
    assert_eq!(used[1], ["#w-replayed", "#r-missed"]);
    assert_eq!(used[2], ["#r-replayed", "#r-stuck"]);
    let known = shapes().into_string();
    assert!(shapes_of(&calls).iter().all(|shape| known.contains(&format!("id=\"{}\"", &shape[1..]))));
}

fn shapes_of(calls: &[Call]) -> Vec<String> {
    let text = draw_all(calls);
    let document = Document::parse(&text).unwrap();
    lanes(&document).into_iter().flat_map(shapes_used).map(str::to_owned).collect()
}

#[test]
fn a_mark_is_as_wide_as_its_call_was_long() {
    let calls = [Call { took: 500_000, ..read(1, "a", 0, "x") }, Call { took: 10, ..read(2, "a", 999, "y") }];
    let text = draw_all(&calls);
    let document = Document::parse(&text).unwrap();
    let bars: Vec<_> = document.descendants().filter(|node| node.attribute("opacity").is_some()).collect();
    let [bar] = bars.as_slice() else { unreachable!("{text}") };
    assert_eq!((bar.attribute("x"), bar.attribute("width")), (Some("1.00%"), Some("48.55%")));
}

#[test]
fn a_request_that_is_asked_again_is_a_wait_until_the_next_write() {
    let page = |mut call: Call| {
        call.request.as_mut().unwrap().continues = true;
        call
    };
    let calls = [
        read(1, "a", 0, "x"),
        read(2, "a", 100, "x"),
        read(3, "a", 150, "other"),
        read(4, "b", 160, "other"),
        read(5, "a", 200, "x"),
        write(6, "a", 300),
        read(7, "a", 400, "x"),
        page(read(8, "a", 800, "x")),
    ];
    let text = draw_all(&calls);
    let document = Document::parse(&text).unwrap();
    let waits: Vec<_> = document.descendants().filter(|node| node.attribute("class") == Some("wait")).collect();
    let [wait] = waits.as_slice() else { unreachable!("{text}") };
    assert_eq!((wait.attribute("x1"), wait.attribute("x2")), (Some("1.00%"), Some("25.16%")));
    assert!(text.contains("<title>GetX, asked 3 times in 200 ms</title>"), "{text}");
}

#[test]
fn what_lies_close_together_is_one_mark_that_shows_the_worst() {
    let mut calls: Vec<_> = (1..=12).map(|number| read(number, "a", number, "x")).collect();
    calls[6] = missed(calls[6].clone());
    calls.extend([write(13, "a", 5), read(14, "a", 10_000, "x")]);
    let text = draw_all(&calls);
    let document = Document::parse(&text).unwrap();
    let marks = marks(lanes(&document)[0]);
    let pile = "12 reads, 1 missed; call 7: GetX, missed, 3.0 ms";
    assert_eq!(marks.len(), 3, "{marks:?}");
    assert!(marks.contains(&(pile, "?from=0&to=14000")), "{marks:?}");
    assert!(text.contains("#r-missed") && text.contains(">12</text>"), "{text}");
    // Where there is nothing more to see, a mark leads to the call.
    let calls: Vec<_> = (1..=12).map(|number| Call { took: 0, ..read(number, "a", 0, "x") }).collect();
    assert!(draw_all(&calls).contains("href=\"#call-1\""));
}

#[test]
fn names_can_hold_anything() {
    let names = ["<script>alert(1)</script>", "\"' onload=x", "a\u{0}\u{1b}[2J\u{ffff}", "]]>&amp;", &"n".repeat(500)];
    let mut calls: Vec<_> = (1..).zip(names).map(|(number, name)| write(number, name, number)).collect();
    calls[0].operation = "GET /<img src=x>\u{7}".into();
    for text in [draw_all(&calls), render_file(&arrange(&calls)).into_string()] {
        let document = Document::parse(&text).unwrap_or_else(|error| unreachable!("{error}: {text}"));
        let lanes: Vec<_> = lanes(&document);
        let labels: Vec<_> = lanes.iter().filter_map(|lane| lane.attribute("aria-label")).collect();
        assert_eq!(labels[0], "Session <script>alert(1)</script>, calls: 1");
        assert_eq!(labels[2], "Session a\u{fffd}\u{fffd}[2J\u{fffd}, calls: 1");
        assert_eq!(labels[4], format!("Session {}…, calls: 1", "n".repeat(60)));
        let known = ["svg", "g", "a", "title", "use", "line", "rect", "text", "path", "circle", "defs"];
        let elements = document.descendants().filter(Node::is_element);
        assert!(elements.map(|node| node.tag_name().name()).all(|name| known.contains(&name)));
        assert!(!text.contains("style=") && !text.contains("<style") && !text.contains(" onload=x\""));
    }
}

#[test]
fn a_picture_of_any_run_has_a_bounded_size() {
    let name = |number: u64| format!("session-{}", number % 97);
    let call = |number: u64| match number % 7 {
        0 => write(number, &name(number), number),
        1 => missed(read(number, &name(number), number, "y")),
        _ => read(number, &name(number), number, &(number % 5).to_string()),
    };
    let calls: Vec<_> = (1..=100_000).map(call).collect();
    let lanes = arrange(&calls);
    assert_eq!((lanes.lanes.len(), lanes.left_out), (40, 57));
    let text = render(&lanes, &Named).into_string();
    assert!(text.len() < 300_000, "{}", text.len());
    Document::parse(&text).unwrap();
    // A single session may have all columns.
    let calls: Vec<_> = (1..=100_000).map(|number| read(number, "a", number, "x")).collect();
    let lanes = arrange(&calls);
    assert!((40..=81).contains(&lanes.lanes[0].marks.len()), "{}", lanes.lanes[0].marks.len());
    assert_eq!(lanes.lanes[0].marks.iter().map(|mark| mark.count).sum::<usize>(), 100_000);
}

#[test]
fn a_part_of_a_run_has_the_calls_of_that_time() {
    let calls = [read(1, "a", 0, "x"), read(2, "b", 500, "y"), read(3, "a", 1000, "z")];
    let lanes = Lanes::arrange(&calls, calls[0].at, Window::between(400_000, 600_000));
    assert_eq!(lanes.lanes.len(), 1);
    assert_eq!((lanes.lanes[0].session, lanes.lanes[0].calls), (Some("b"), 1));
    // One that is still going on when the part begins is in it.
    let lanes = Lanes::arrange(&calls, calls[0].at, Window::between(502_000, 600_000));
    assert!(render(&lanes, &NoLinks).into_string().contains("x=\"1.00%\""));
}

#[test]
fn sessions_are_counted_the_most_active_first() {
    let calls = [missed(write(1, "", 0)), read(2, "a", 1, "x"), write(3, "a", 2)];
    let counts = count_sessions(&calls);
    let names: Vec<_> =
        counts.iter().map(|(name, counts)| (*name, counts.calls, counts.writes, counts.misses)).collect();
    assert_eq!(names, [(Some("a"), 2, 1, 0), (None, 1, 1, 1)]);
}

#[test]
fn a_file_by_itself_has_its_shapes_and_leads_nowhere() {
    let calls = [write(1, "b", 0), read(2, "a", 100, "x")];
    let text = render_file(&arrange(&calls)).into_string();
    let document = Document::parse(&text).unwrap();
    let ids: Vec<_> = document.descendants().filter_map(|node| node.attribute("id")).collect();
    let used = document.descendants().filter(|node| node.tag_name().name() == "use");
    assert!(used.filter_map(|node| node.attribute("href")).all(|shape| ids.contains(&&shape[1..])));
    assert!(document.descendants().all(|node| node.tag_name().name() != "a"));
    assert!(render_file(&arrange(&[])).into_string().contains("</svg>"));
}
