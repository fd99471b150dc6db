//! ramtape
fn main() {}
