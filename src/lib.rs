//! ramtape
