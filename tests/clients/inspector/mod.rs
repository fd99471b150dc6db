//! The inspector's pages in a real browser.

mod browser_sees_faults;
