//! `ramtape.toml`: refused with its path, or a configuration that holds whatever stands in it.

use ramtape::config::{Config, ConfigError, Environment, FILE_NAME, RawConfig, RecordMode, Settings};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

const KEY: &str = "key-abcdefghijklmnopqrstuvwxyz";

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().unwrap();
}

pub(crate) fn check(data: &[u8]) {
    FOLDER.with(|folder| in_folder(folder.path(), data));
}

fn in_folder(folder: &Path, data: &[u8]) {
    let read = load(folder, data);
    let table = std::str::from_utf8(data).ok().and_then(|text| toml::from_str::<toml::Table>(text).ok());
    let Some(table) = table else {
        let Err(error) = read else { panic!("what is no TOML was read") };
        assert!(error.to_string().contains(FILE_NAME), "{error}");
        return;
    };
    match read {
        Err(error) => assert!(!error.to_string().is_empty() && !error.to_string().contains(KEY)),
        Ok(config) => {
            sound(&config);
            // The same settings, spelled by another hand.
            let again = load(folder, toml::to_string(&table).unwrap().as_bytes()).unwrap();
            assert_eq!(pieces(&again), pieces(&config));
        }
    }
}

fn load(folder: &Path, file: &[u8]) -> Result<Config, ConfigError> {
    std::fs::write(folder.join(FILE_NAME), file).unwrap();
    let settings = Settings::load(RawConfig::default(), &Environment::from_variables([("RAMTAPE_KEY", KEY)], folder))?;
    let mode = settings.record_mode().unwrap_or(RecordMode::Once);
    Config::from_settings(settings, mode)
}

/// All that `config` holds; maps show it in any order.
fn pieces(config: &Config) -> Vec<String> {
    let shown = format!("{config:?}");
    let mut pieces: Vec<String> = shown.split(['{', '}', '[', ']', ',']).map(|piece| piece.trim().to_owned()).collect();
    pieces.sort();
    pieces
}

/// What the program relies on.
fn sound(config: &Config) {
    let limits = &config.limits;
    assert!(config.listen.ip().is_loopback() || config.allow_remote);
    assert!(!config.cassette.as_os_str().is_empty());
    assert!(!config.region.is_empty() && config.region.len() <= 64);
    assert!(limits.request_body > 0 && limits.header_bytes >= 8192 && limits.header_count > 0);
    assert!(limits.connections > 0 && limits.http2_streams > 0 && config.upstream.response_body > 0);
    let upstream = &config.upstream;
    let times = [limits.header_time, limits.idle_time, limits.total_time, upstream.connect_time, upstream.answer_time];
    assert!(times.iter().all(|time| (Duration::from_secs(1)..=Duration::from_secs(86_400)).contains(time)));
    if let Some(url) = &upstream.url {
        assert!(
            url.starts_with("http://") || url.starts_with("https://") || url.to_lowercase().starts_with("http"),
            "{url}"
        );
        assert!(!url.contains('@'), "{url}");
    }
    let shown = format!("{config:?}");
    assert!(!shown.contains(KEY));
}
