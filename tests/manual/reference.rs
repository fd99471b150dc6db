//! What README.md and the manual name exists: commands, flags, exit codes, modes, settings.

use crate::book::{blocks, pages, root, rows, says, spans, spans_in};
use crate::support::binary::{Finished, folder, ramtape, run};
use clap::{Parser, ValueEnum};
use ramtape::cli::Cli;
use ramtape::config::{Environment, RawConfig, RecordMode};
use std::collections::{BTreeMap, BTreeSet};

/// The pages with the tables of commands, of record modes and of settings.
const COMMANDS: &str = "docs/commands.md";
const MODES: &str = "docs/record-modes.md";
const SETTINGS: &str = "docs/settings.md";
/// Flags that the pages name, of other programs.
const OF_OTHERS: [&str; 11] = [
    "--dist",
    "--endpoint-url",
    "--max-items",
    "--no-paginate",
    "--page-size",
    "--ramtape",
    "--ramtape-unused",
    "--reruns",
    "--save-dev",
    "--starting-token",
    "--test-isolation",
];
/// What no row of the command table repeats.
const EVERYWHERE: [&str; 5] = ["--help", "--quiet", "--verbose", "--log-format", "--version"];

/// The binary's own help: of a command, or of all (`None`).
fn help(command: Option<&str>) -> String {
    let arguments: Vec<&str> = command.into_iter().chain(["--help"]).collect();
    let finished = run(folder().path(), &arguments);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished.stdout
}

/// The lines below the heading `name` of a help text.
fn section<'a>(help: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let below = help.split_once(&format!("\n{name}:\n")).unwrap_or_else(|| panic!("no {name} in {help}")).1;
    below.lines().take_while(|line| line.starts_with("  "))
}

pub(crate) fn commands() -> Vec<String> {
    let all = help(None);
    let named = section(&all, "Commands").filter(|line| !line.starts_with("   "));
    named.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// The flags of a command.
pub(crate) fn flags(command: &str) -> BTreeSet<String> {
    if command == "help" {
        return BTreeSet::new();
    }
    let help = help(Some(command));
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    lines.flat_map(long_flags).collect()
}

/// The words of `text` that are long flags.
fn long_flags(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.filter(|word| word.starts_with("--") && word.len() > 2).map(str::to_owned).collect()
}

#[test]
fn every_command_and_its_flags_are_in_the_table() {
    let all_of =
        |heading| -> BTreeSet<String> { rows(COMMANDS, heading).iter().flat_map(|row| long_flags(row[0])).collect() };
    let (proxy, selection) = (all_of("## Proxy flags"), all_of("## Selecting takes"));
    let mut told = BTreeMap::new();
    for row in rows(COMMANDS, "## Commands") {
        let command = row[0].trim_matches('`').split(' ').nth(1).unwrap();
        let mut flags: BTreeSet<String> = spans_in(row[2]).into_iter().flat_map(long_flags).collect();
        if row[2].contains("the proxy flags") {
            flags.extend(proxy.iter().cloned());
        }
        if row[2].contains("the selection flags") {
            flags.extend(selection.iter().cloned());
        }
        assert!(told.insert(command.to_owned(), flags).is_none(), "{command} has two rows");
    }
    let there = commands().into_iter().map(|command| {
        let own = flags(&command).into_iter().filter(|flag| !EVERYWHERE.contains(&flag.as_str())).collect();
        (command, own)
    });
    assert_eq!(told, there.collect());
    for flag in EVERYWHERE {
        assert!(help(None).contains(flag) && says(flag), "{flag}");
    }
}

#[test]
fn every_command_and_flag_in_the_text_exists() {
    let commands = commands();
    let known: BTreeSet<String> =
        commands.iter().flat_map(|command| flags(command)).chain(["--version".to_owned()]).collect();
    let mut of_others = BTreeSet::new();
    for span in spans() {
        let mut words = span.split(' ');
        let named = (words.next() == Some("ramtape")).then(|| words.next()).flatten();
        let mut there = known.clone();
        if let Some(command) = named.filter(|command| !command.starts_with('-')) {
            assert!(commands.iter().any(|known| known == command), "{span}");
            there = flags(command);
        }
        // What follows `--` is CMD's.
        for flag in long_flags(span.split(" -- ").next().unwrap()) {
            match OF_OTHERS.iter().find(|other| **other == flag) {
                Some(other) => drop(of_others.insert(*other)),
                None if span.starts_with("cargo ") || span.starts_with("docker ") => {}
                None => assert!(there.contains(&flag), "{flag} in {span}"),
            }
        }
    }
    assert_eq!(of_others, BTreeSet::from(OF_OTHERS), "OF_OTHERS holds what the pages name");
}

#[test]
fn every_command_line_in_a_block_is_accepted() {
    let mut lines = Vec::new();
    for block in blocks() {
        let joined = block.text.replace("\\\n", " ");
        for line in joined.lines().map(str::trim) {
            let line = line.strip_prefix("- run: ").or(line.strip_prefix("- ")).unwrap_or(line);
            if line.starts_with("ramtape ") && ["sh", "yaml"].contains(&block.language) {
                lines.push(line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
            } else if let Some(list) = line.strip_prefix("command: ") {
                let arguments: Vec<String> = serde_json::from_str(list).unwrap();
                lines.push(["ramtape".to_owned()].into_iter().chain(arguments).collect());
            }
        }
    }
    assert!(lines.len() >= 10, "{lines:?}");
    for line in lines {
        Cli::try_parse_from(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
    }
}

#[test]
fn exit_codes_are_those_of_the_help() {
    let all = help(None);
    let codes: Vec<(&str, &str)> = section(&all, "Exit codes")
        .map(str::trim)
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        .filter_map(|line| line.split_once("  "))
        .collect();
    let told: Vec<(&str, &str)> = rows(COMMANDS, "## Exit codes").into_iter().map(|row| (row[0], row[1])).collect();
    assert_eq!(told, codes);
    let words = all.split_whitespace().collect::<Vec<_>>().join(" ");
    let of_run = words.split_once("`run` gives ").unwrap().1.split_once("found.").unwrap().0.to_owned() + "found.";
    assert!(says(&format!("`ramtape run` gives {of_run}")), "{of_run}");
}

#[test]
fn record_modes_are_all_told() {
    let modes: Vec<String> = RecordMode::value_variants()
        .iter()
        .map(|mode| mode.to_possible_value().unwrap().get_name().to_owned())
        .collect();
    let told: Vec<&str> = rows(MODES, "## The modes").into_iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(told, modes);
}

/// The keys of a table of config/ramtape.toml with their defaults; none for those that are commented out.
fn keys(table: Option<&str>) -> Vec<(String, String)> {
    let mut inside = None;
    let mut keys = Vec::new();
    for line in include_str!("../../config/ramtape.toml").lines() {
        if line.starts_with("# [") {
            break;
        } else if let Some(name) = line.strip_prefix('[') {
            inside = name.strip_suffix(']');
        } else if let Some((key, default)) = line.trim_start_matches("# ").split_once(" = ")
            && inside == table
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        {
            keys.push((key.to_owned(), if line.starts_with('#') { String::new() } else { default.to_owned() }));
        }
    }
    keys
}

#[test]
fn keys_and_their_defaults_are_those_of_the_built_in_file() {
    for (heading, table) in [("## Keys", None), ("## Redaction", Some("redact")), ("## Limits", Some("limits"))] {
        let plain = |cell: &str| cell.trim_matches('`').to_owned();
        let told: Vec<_> = rows(SETTINGS, heading).into_iter().map(|row| (plain(row[0]), plain(row[1]))).collect();
        assert_eq!(told, keys(table), "{heading}");
    }
}

#[test]
fn every_variable_of_ramtape_in_the_text_exists() {
    let texts = pages().iter().flat_map(|page| page.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    let named: BTreeSet<&str> = texts.filter(|word| word.starts_with("RAMTAPE_") && !word.ends_with('_')).collect();
    assert!(named.len() > 2, "{named:?}");
    let environment = Environment::from_variables(named.into_iter().map(|name| (name, "x")), "/");
    assert_eq!(environment.unknown_variables(), Vec::<String>::new());
}

#[test]
fn every_variable_that_is_read_is_in_the_table() {
    let told: BTreeSet<&str> =
        rows(SETTINGS, "## Environment variables").into_iter().flat_map(|row| spans_in(row[0])).collect();
    let sources = [include_str!("../../src/config/env.rs"), include_str!("../../src/config/aws.rs")];
    let literals = sources.map(|source| source.split("#[cfg(test)]").next().unwrap().split('"').skip(1).step_by(2));
    let is_variable = |text: &&str| text.len() > 1 && text.bytes().all(|c| c.is_ascii_uppercase() || c == b'_');
    // `RAMTAPE_PORT` and the like are there to be ignored.
    let of_a_link = |text: &str| ["RAMTAPE_PORT", "RAMTAPE_NAME"].contains(&text) || text.ends_with('_');
    let read: BTreeSet<&str> =
        literals.into_iter().flatten().filter(is_variable).filter(|text| !of_a_link(text)).collect();
    assert!(read.len() > 10, "{read:?}");
    assert_eq!(read.difference(&told).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn variables_of_the_command_are_those_that_it_gets() {
    let rows = rows(SETTINGS, "## What `ramtape run` sets for its command");
    let (removed, set): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row[2].starts_with("removed"));
    let names = |rows: Vec<&Vec<&'static str>>| -> BTreeSet<&str> {
        rows.into_iter().flat_map(|row| spans_in(row[1])).collect()
    };
    let (removed, set) = (names(removed), names(set));

    let folder = folder();
    let mut command = ramtape(folder.path());
    command.args(["run", "--record-mode", "none", "--", "env"]).envs(removed.iter().map(|name| (name, "true")));
    command.env_remove("AWS_EC2_METADATA_DISABLED");
    let printed = Finished::from(command.output().unwrap()).stdout;
    let gets: BTreeSet<&str> = printed.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let given = command.get_envs().filter(|(_, value)| value.is_some()).filter_map(|(name, _)| name.to_str());
    let given: BTreeSet<&str> = given.collect();
    assert_eq!(gets.difference(&given).copied().collect::<BTreeSet<_>>(), set, "{printed}");
    assert_eq!(given.difference(&gets).copied().collect::<BTreeSet<_>>(), removed, "{printed}");
}

#[test]
fn blocks_are_what_they_say() {
    for block in blocks() {
        match block.language {
            "json" => drop(serde_json::from_str::<serde_json::Value>(&block.text).unwrap()),
            "toml" => drop(toml::from_str::<RawConfig>(&block.text).unwrap()),
            _ => {}
        }
        if let Some(path) = block.mark.and_then(|mark| mark.strip_prefix("text ")) {
            assert_eq!(block.text, std::fs::read_to_string(root().join(path)).unwrap(), "{path}");
        }
    }
}
