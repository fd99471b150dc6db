//! Lanes drawn as SVG.
//!
//! Places along the time are percentages, so the picture is as wide as there is room and its text keeps its size. Colours stand as
//! attributes, for a file by itself; the pages' style sheet overrides them.

use super::calls::describe;
use super::lanes::{COLUMNS, Lane, Lanes, Look, Mark, Wait};
use super::time::duration;
use super::window::Window;
use crate::engine::{Call, CallOutcome};
use maud::{Markup, html};
use std::borrow::Cow;

/// The heights of a lane and of what is in it, in pixels from its top.
const LANE: usize = 58;
const NAME: usize = 17;
const WRITES: usize = 31;
const READS: usize = 47;
/// The height of the axis above and below the lanes.
const AXIS: usize = 24;
/// The height of a row of the legend, and how many of its items are in it.
const LEGEND: usize = 26;
const LEGEND_COLUMNS: usize = 6;
/// The size of a picture by itself.
const WIDTH: usize = 1200;
const MARGIN: usize = 20;

/// The longest name of a session or an operation that is shown whole, in characters.
const LONGEST_NAME: usize = 60;

/// Where the parts of a picture lead; nowhere where that is `None`.
pub(super) trait Links {
    fn call(&self, call: &Call) -> Option<String>;
    fn window(&self, window: Window) -> Option<String>;
    fn session(&self, session: Option<&str>) -> Option<String>;
}

/// A picture that leads nowhere.
pub(super) struct NoLinks;

impl Links for NoLinks {
    fn call(&self, _: &Call) -> Option<String> {
        None
    }

    fn window(&self, _: Window) -> Option<String> {
        None
    }

    fn session(&self, _: Option<&str>) -> Option<String> {
        None
    }
}

/// The picture, as a part of a page that has [`render_shapes`] too.
pub(super) fn render(lanes: &Lanes, links: &dyn Links) -> Markup {
    let height = height(lanes);
    html! {
        svg.lanes xmlns="http://www.w3.org/2000/svg" width="100%" height=(height) role="group" aria-label="Timeline of the sessions" {
            (draw(lanes, links))
        }
    }
}

/// The picture as a file by itself.
pub(super) fn render_file(lanes: &Lanes) -> Markup {
    let legend = height(lanes) + MARGIN;
    let height = legend + LEGEND * legend_items().len().div_ceil(LEGEND_COLUMNS);
    let (width, inner) = (WIDTH + 2 * MARGIN, WIDTH.to_string());
    html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height + 2 * MARGIN)
            viewBox={ (-(MARGIN as i64)) " " (-(MARGIN as i64)) " " (width) " " (height + 2 * MARGIN) } role="img" aria-label="Timeline of the sessions" {
            rect x=(-(MARGIN as i64)) y=(-(MARGIN as i64)) width="100%" height="100%" fill="#ffffff" {}
            (shapes())
            svg x="0" y="0" width=(inner) height=(legend) overflow="visible" { (draw(lanes, &NoLinks)) }
            @for (place, (shape, text)) in legend_items().into_iter().enumerate() {
                g transform={ "translate(" (place % LEGEND_COLUMNS * (WIDTH / LEGEND_COLUMNS)) "," (legend + place / LEGEND_COLUMNS * LEGEND) ")" } {
                    svg width="28" height="24" { (shape) }
                    text x="34" y="16" font-family=(FONT) font-size="13" fill=(TEXT) { (text) }
                }
            }
        }
    }
}

/// What the marks mean.
pub(super) fn render_legend() -> Markup {
    html! {
        ul.legend aria-label="What the marks mean" {
            @for (shape, text) in legend_items() {
                li { svg width="28" height="24" aria-hidden="true" { (shape) } " " (text) }
            }
        }
    }
}

/// The shapes that pictures and legends of a page are made of.
pub(super) fn render_shapes() -> Markup {
    html! { svg.shapes width="0" height="0" aria-hidden="true" { (shapes()) } }
}

const FONT: &str = "system-ui, sans-serif";
const TEXT: &str = "#1c2128";
const QUIET: &str = "#57606a";
const LINE: &str = "#d0d7de";
const PAGE: &str = "#ffffff";

const fn colour(look: Look) -> &'static str {
    match look {
        Look::Replayed => "#116329",
        Look::Recorded => "#0550ae",
        Look::PassedOn | Look::Refused | Look::Stuck => "#7a4d00",
        Look::Missed => "#b1131d",
    }
}

/// The name of a look, as in classes; the same as its outcome's.
pub(super) const fn class(look: Look) -> &'static str {
    match look {
        Look::Replayed => "replayed",
        Look::Recorded => "recorded",
        Look::PassedOn => "passed_on",
        Look::Stuck => "stuck",
        Look::Refused => "refused",
        Look::Missed => "missed",
    }
}

fn height(lanes: &Lanes) -> usize {
    2 * AXIS + lanes.lanes.len() * LANE
}

/// A mark's shape: `r` and `w` are reads and writes, what follows is the look.
fn shape_name(look: Look, is_write: bool) -> String {
    format!("{}-{}", if is_write { "w" } else { "r" }, class(look))
}

fn shapes() -> Markup {
    html! {
        defs {
            @for look in Look::ALL {
                g id=(shape_name(look, false)) {
                    (hit_area("M-8-8H8V8H-8Z"))
                    (head(look, false))
                }
                g id=(shape_name(look, true)) {
                    (hit_area("M-8-8H8V24H-8Z"))
                    path.stem.(class(look)) d="M0 4V24" stroke=(colour(look)) stroke-width="1.5" {}
                    (head(look, true))
                }
            }
        }
    }
}

/// What can be pointed at: more than is drawn.
fn hit_area(path: &str) -> Markup {
    html! { path d=(path) fill="none" pointer-events="all" {} }
}

/// A read is round, a write a triangle; what went wrong has a shape of its own.
fn head(look: Look, is_write: bool) -> Markup {
    let (class, colour) = (class(look), colour(look));
    let full = if is_write { "M0-6.5 6.5 5H-6.5Z" } else { "M-5 0A5 5 0 1 1 5 0 5 5 0 1 1-5 0Z" };
    match look {
        Look::Replayed => html! { path.solid.(class) d=(full) fill=(colour) {} },
        Look::Recorded => html! {
            path.solid.(class) d=(full) fill=(colour) {}
            circle.dot cy=(if is_write { 1 } else { 0 }) r="2" fill=(PAGE) {}
        },
        Look::PassedOn => html! { path.hollow.(class) d=(full) fill=(PAGE) stroke=(colour) stroke-width="2" {} },
        Look::Stuck => html! { path.solid.(class) d="M-5-6.5H5L-5 6.5H5Z" fill=(colour) {} },
        Look::Refused => {
            html! { path.hollow.(class) d="M0-6.5 6.5 0 0 6.5-6.5 0Z" fill=(PAGE) stroke=(colour) stroke-width="2" {} }
        }
        Look::Missed => {
            html! { path.cross.(class) d="M-5-5 5 5M5-5-5 5" fill="none" stroke=(colour) stroke-width="3" stroke-linecap="round" {} }
        }
    }
}

fn legend_items() -> Vec<(Markup, &'static str)> {
    let shape = |look, is_write| html! { use href={ "#" (shape_name(look, is_write)) } x="14" y=(if is_write { 9 } else { 12 }) {} };
    vec![
        (shape(Look::Replayed, false), "read, replayed"),
        (shape(Look::Replayed, true), "write, replayed"),
        (shape(Look::Recorded, false), "recorded"),
        (shape(Look::PassedOn, false), "passed on"),
        (shape(Look::Missed, false), "missed"),
        (shape(Look::Refused, false), "refused"),
        (shape(Look::Stuck, false), "waiter that is stuck"),
        (with_pile_text(&draw_pile(Look::Replayed, 12, ("9", "20"), 12, Markup::clone)), "several calls"),
        (draw_wait("2", "26", 12), "asked again: a wait"),
        (draw_bar(Look::Replayed, "2", "24", 12), "how long it took"),
    ]
}

/// Axis, lanes and marks.
fn draw(lanes: &Lanes, links: &dyn Links) -> Markup {
    let bottom = height(lanes);
    let tick = |(at, text)| {
        let share = lanes.window.share(at);
        // At the ends the text stays inside.
        let anchor = if share < 0.03 {
            "start"
        } else if share > 0.97 {
            "end"
        } else {
            "middle"
        };
        (place(share), anchor, text)
    };
    let ticks: Vec<(String, &str, String)> = lanes.window.ticks().into_iter().map(tick).collect();
    html! {
        g.grid stroke=(LINE) {
            @for (x, ..) in &ticks { line x1=(x) x2=(x) y1=(AXIS - 6) y2=(bottom - AXIS + 6) {} }
            @for lane in 0..=lanes.lanes.len() { line x1="0" x2="100%" y1=(AXIS + lane * LANE) y2=(AXIS + lane * LANE) {} }
        }
        g.axis font-family=(FONT) font-size="12" fill=(QUIET) aria-hidden="true" {
            @for (x, anchor, text) in &ticks {
                text x=(x) y=(AXIS - 10) text-anchor=(*anchor) { (text) }
                text x=(x) y=(bottom - 4) text-anchor=(*anchor) { (text) }
            }
        }
        (with_pile_text(&html! {
            @for (number, lane) in lanes.lanes.iter().enumerate() {
                (draw_lane(lane, lanes.window, AXIS + number * LANE, links))
            }
        }))
    }
}

fn draw_lane(lane: &Lane, window: Window, top: usize, links: &dyn Links) -> Markup {
    let session = session_name(lane.session);
    let label = html! { text x="0" y=(top + NAME) font-size="13" text-anchor="start" fill=(TEXT) { (session) } };
    html! {
        g.lane role="group" aria-label={ "Session " (session) ", calls: " (lane.calls) } {
            @match links.session(lane.session) {
                Some(target) => a href=(target) { (label) },
                None => (label),
            }
            @for wait in &lane.waits {
                @let drawn = draw_wait(&place(window.share(wait.from)), &place(window.share(wait.to)), top + READS);
                (name(None, &describe_wait(wait), &drawn))
            }
            @for mark in &lane.marks { (draw_mark(mark, window, top, links)) }
        }
    }
}

fn draw_mark(mark: &Mark, window: Window, top: usize, links: &dyn Links) -> Markup {
    let is_write = mark.call.is_write;
    let y = top + if is_write { WRITES } else { READS };
    let (from, to) = (window.share(mark.from), window.share(mark.to));
    if mark.count > 1 {
        let extent = extent((to - from).max(PILE));
        let around = Window::between(mark.from, mark.to);
        // What does not come apart any further leads to its call.
        let target = if around.length() < window.length() { links.window(around) } else { None };
        let target = target.or_else(|| links.call(mark.call));
        let named = |drawn: &Markup| name(target, &describe_pile(mark), drawn);
        return draw_pile(mark.look, mark.count, (&place(from), &extent), y, named);
    }
    let bar = (to - from > SHORTEST_BAR).then(|| draw_bar(mark.look, &place(from), &extent(to - from), y));
    let drawn = html! {
        @if let Some(bar) = bar { (bar) }
        use href={ "#" (shape_name(mark.look, is_write)) } x=(place(from)) y=(y) {}
    };
    name(links.call(mark.call), &describe_call(mark.call), &drawn)
}

/// The least share of the width that several calls together have, and that a time has which is drawn as a bar.
const PILE: f64 = 1.0 / COLUMNS as f64;
const SHORTEST_BAR: f64 = 0.006;

/// Several calls as one mark, which `named` names. Their number is beside what has that name: it would be read after it.
fn draw_pile(
    look: Look,
    count: usize,
    (x, width): (&str, &str),
    y: usize,
    named: impl FnOnce(&Markup) -> Markup,
) -> Markup {
    let shown = match count {
        0..1000 => count.to_string(),
        _ => format!("{}k", count / 1000),
    };
    html! {
        g transform="translate(-5)" {
            svg x=(x) y=(y - 7) width=(width) height="14" overflow="visible" {
                (named(&html! {
                    rect.solid.(class(look)) width="100%" height="14" rx="3" fill=(colour(look)) {}
                    @if look >= Look::Stuck {
                        use href={ "#" (shape_name(look, false)) } transform="translate(7 -6) scale(.7)" {}
                    }
                }))
                text.pile-count x="50%" y="10.5" aria-hidden="true" pointer-events="none" { (shown) }
            }
        }
    }
}

/// Says once for all how the numbers in piles are written.
fn with_pile_text(drawn: &Markup) -> Markup {
    html! { g font-family=(FONT) font-size="9" text-anchor="middle" fill=(PAGE) { (drawn) } }
}

fn draw_bar(look: Look, x: &str, width: &str, y: usize) -> Markup {
    html! { rect.solid.(class(look)) x=(x) y=(y - 2) width=(width) height="4" rx="2" fill=(colour(look)) opacity="0.45" {} }
}

fn draw_wait(from: &str, to: &str, y: usize) -> Markup {
    html! { line.wait x1=(from) x2=(to) y1=(y) y2=(y) stroke=(QUIET) stroke-width="1.5" stroke-dasharray="2 3" {} }
}

/// Something drawn, with what is told of it and where it leads.
fn name(target: Option<String>, text: &str, drawn: &Markup) -> Markup {
    let text = plain(text);
    match target {
        Some(target) => html! { a href=(target) { title { (text) } (drawn) } },
        None => html! { g { title { (text) } (drawn) } },
    }
}

/// A share of the width as a place: with room for the half of a mark at both ends.
fn place(share: f64) -> String {
    format!("{:.2}%", 1.0 + share * 97.0)
}

/// A share of the width as a width.
fn extent(share: f64) -> String {
    format!("{:.2}%", share * 97.0)
}

/// "GetResourceShares, replayed take 2, 3 ms".
fn describe_call(call: &Call) -> String {
    let kind = describe(call.outcome.kind());
    let take = match &call.outcome {
        CallOutcome::Replayed(chosen) => format!(" take {}", chosen.take + 1),
        _ => String::new(),
    };
    let stuck = match &call.outcome {
        CallOutcome::Replayed(chosen) if chosen.stuck.is_some() => ", a waiter that is stuck",
        _ => "",
    };
    format!("call {}: {}, {kind}{take}, {}{stuck}", call.number, shorten(&call.operation), duration(call.took))
}

fn describe_pile(mark: &Mark) -> String {
    let what = if mark.call.is_write { "writes" } else { "reads" };
    let misses = if mark.misses > 0 { format!(", {} missed", mark.misses) } else { String::new() };
    format!("{} {what}{misses}; {}", mark.count, describe_call(mark.call))
}

fn describe_wait(wait: &Wait) -> String {
    format!("{}, asked {} times in {}", shorten(wait.operation), wait.polls, duration(wait.to - wait.from))
}

/// A session's name as a lane and a table show it.
pub(super) fn session_name(session: Option<&str>) -> Cow<'_, str> {
    session.map_or(Cow::Borrowed("(none)"), shorten)
}

/// `name` as it is shown: a long one is cut.
fn shorten(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => Cow::Owned(format!("{}…", plain(name.get(..end).unwrap_or_default()))),
        None => plain(name),
    }
}

/// `text` as XML can hold it: a file with other characters would not open.
fn plain(text: &str) -> Cow<'_, str> {
    let foreign = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(foreign) { Cow::Owned(text.replace(foreign, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests;
