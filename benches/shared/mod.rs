//! What several benchmarks use: servers in processes of their own, requests as clients spell them, figures.

pub(crate) mod bare;
pub(crate) mod child;
pub(crate) mod figures;
pub(crate) mod sample;
pub(crate) mod signed;
pub(crate) mod wire;
