//! The inspector's pages in a real browser.

mod browser_sees_faults;
mod keyboard;
mod live;
#[expect(dead_code, reason = "tests of more views follow")]
mod scene;
mod several_cassettes;
