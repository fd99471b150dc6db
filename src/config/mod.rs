//! Built-in defaults, the user's file, the environment and the flags, made into one checked [`Config`].
//!
//! Nobody else reads the environment.

mod actors;
mod aws;
mod checked;
mod defaults;
mod door;
mod env;
mod error;
mod file;
mod pages;
mod poll;
mod raw;
mod record_mode;
mod redact;
mod remote;
mod settings;
mod upstream;
mod values;

pub use actors::{DUMMY_SECRET, NOBODYS_KEY_ID};
pub use aws::AwsVariables;
pub(crate) use aws::ENDPOINT_VARIABLE;
pub(crate) use checked::is_region;
pub use checked::{CaConfig, Config};
pub use defaults::DEFAULTS;
pub use door::RunDoor;
pub use env::Environment;
pub use error::ConfigError;
pub use file::FILE_NAME;
pub use pages::PagesSetting;
pub use poll::PollSetting;
pub use raw::{
    Pseudonymize, RawActor, RawAllowed, RawConfig, RawLimits, RawRedact, RawRemote, RawRule, RawScan, RawServiceTable,
    RawServices, RawWay,
};
pub use record_mode::RecordMode;
pub use redact::RedactConfig;
pub use settings::Settings;
pub use upstream::UpstreamConfig;
