//! The inspector's pages in a real browser.

mod browser_sees_faults;
mod cassette_alone;
mod crawl;
mod hostile;
mod keyboard;
mod live;
mod safety;
mod scene;
mod screenshots;
mod several_cassettes;
mod size;
mod views;
