//! A TOML file read closely: keys that nobody knows, values of another kind, each with its line.

use std::path::Path;
use std::time::Duration;

use cutover_sql::duration;
use cutover_sql::nearest::nearest;
use toml::{Table, Value};

use super::ConfigError;

/// Reads one file, with its text at hand for line numbers.
pub(super) struct Reader<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl Reader<'_> {
    pub fn known(
        &self,
        table: &Table,
        known: &[&'static str],
        section: &str,
        place: &str,
    ) -> Result<(), ConfigError> {
        match table.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(ConfigError::UnknownKey {
                path: self.path.to_owned(),
                line: self.line_of(section, key),
                key: key.clone(),
                place: place.to_owned(),
                nearest: nearest(key, known.iter().copied()).map(str::to_owned),
                known: known.to_vec(),
            }),
        }
    }

    pub fn string(&self, table: &Table, section: &str, key: &str) -> Result<Option<String>, ConfigError> {
        match table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.value(section, key, "must be a text in quotes")),
        }
    }

    pub fn time(&self, table: &Table, section: &str, key: &str) -> Result<Option<Duration>, ConfigError> {
        let what = "must be a time such as \"500ms\", \"2s\", \"5m\" or \"0\"";
        match self.string(table, section, key)? {
            None => Ok(None),
            Some(text) => match duration::parse(&text) {
                Some(time) => Ok(Some(time)),
                None => Err(self.value(section, key, what)),
            },
        }
    }

    pub fn value(&self, section: &str, key: &str, what: &str) -> ConfigError {
        ConfigError::Value {
            path: self.path.to_owned(),
            line: self.line_of(section, key),
            key: key.to_owned(),
            what: what.to_owned(),
        }
    }

    /// The line of a key: the first that begins with it in its section.
    pub fn line_of(&self, section: &str, key: &str) -> usize {
        let mut current = String::new();
        for (number, line) in self.text.lines().enumerate() {
            let line = line.trim();
            if let Some(head) = line.strip_prefix('[') {
                current = head.trim_end_matches(']').trim().to_owned();
                if current == format!("{section}.{key}").trim_start_matches('.') {
                    return number + 1;
                }
            }
            let begins = line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', '.']));
            if current == section && begins {
                return number + 1;
            }
        }
        1
    }
}
