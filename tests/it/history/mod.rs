//! The promise of the replay rule: between sessions, each sequential and named as recorded, any interleaving, any extra
//! polls and retries give each session the answers it was recorded with. Checked against a plain model of what each session
//! was answered, which knows nothing of takes, links or ranks.

mod model;
mod promise;
mod tape;
