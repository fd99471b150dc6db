//! Where the demo plays: a cassette in a temporary folder, and a configuration that nothing on the machine changes.

use super::client::{DemoAnswer, DemoListing};
use crate::app::{self, RunningServer};
use crate::aws::{CredentialSource, Keys};
use crate::config::{Config, Environment, RawConfig, RecordMode, Settings};
use crate::scratch::Scratch;
use crate::ui::output::print_line;
use crate::ui::{CommandError, DemoError};
use std::fs;
use std::path::{Path, PathBuf};

/// How many lines of the cassette's text are shown.
const SHOWN: usize = 26;
/// The demo's environment.
const NOTHING: [(&str, &str); 0] = [];

pub(super) struct Stage {
    folder: Scratch,
}

impl Stage {
    pub(super) fn set() -> Result<Self, DemoError> {
        Ok(Self { folder: Scratch::new().map_err(DemoError::Folder)? })
    }

    pub(super) async fn record(&self, upstream: &str, keys: Keys) -> Result<RunningServer, CommandError> {
        let config = self.config(Some(upstream.to_owned()), RecordMode::Once)?;
        Ok(app::start_as(config, CredentialSource::Fixed(keys)).await?)
    }

    pub(super) async fn replay(&self) -> Result<RunningServer, CommandError> {
        Ok(app::start(self.config(None, RecordMode::None)?).await?)
    }

    fn cassette(&self) -> PathBuf {
        self.folder.path().join("cassettes").join("demo")
    }

    fn config(&self, upstream: Option<String>, mode: RecordMode) -> Result<Config, CommandError> {
        let written = RawConfig { cassette: Some(self.cassette()), upstream, ..RawConfig::default() };
        let settings = Settings::load(written, &Environment::from_variables(NOTHING, self.folder.path()))?;
        Ok(Config::from_settings(settings, mode)?)
    }

    /// Shows the beginning of the one file that was recorded.
    pub(super) fn show_text(&self) -> Result<(), CommandError> {
        let root = self.cassette();
        let file = first_entry(&root).map_err(DemoError::Text)?;
        let text = fs::read_to_string(&file).map_err(DemoError::Text)?;
        print_line(&format!("   cassettes/demo/{}", file.strip_prefix(&root).unwrap_or(&file).display()))?;
        for line in text.lines().take(SHOWN) {
            print_line(&format!("   | {line}"))?;
        }
        print_line(&format!("   | … {} lines in all", text.lines().count()))
    }
}

/// The first file in the first operation's folder.
fn first_entry(root: &Path) -> std::io::Result<PathBuf> {
    let folders = fs::read_dir(root)?.filter_map(Result::ok).map(|entry| entry.path());
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    for folder in folders.filter(|path| path.is_dir() && !hidden(path)) {
        if let Some(file) = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path()).min() {
            return Ok(file);
        }
    }
    Err(std::io::Error::new(std::io::ErrorKind::NotFound, "the cassette holds no file"))
}

pub(super) fn tell_pages(title: &str, listing: &DemoListing) -> Result<(), CommandError> {
    print_line(title)?;
    for (number, page) in listing.pages.iter().enumerate() {
        let token = page.next_token.as_deref().unwrap_or("(none: the end)");
        print_line(&format!(
            "     page {}: {:>2} shares, {:>5} bytes, nextToken {token}",
            number + 1,
            page.items,
            page.body.len()
        ))?;
    }
    Ok(())
}

pub(super) fn tell_miss(answer: &DemoAnswer) -> Result<(), CommandError> {
    print_line(&format!("   HTTP {} {}", answer.status, answer.error_type))?;
    // The last line leads to a ramtape that ends with the demo.
    for line in answer.message.lines().take_while(|line| !line.starts_with("To see why: ")) {
        print_line(&format!("   {line}"))?;
    }
    Ok(())
}
