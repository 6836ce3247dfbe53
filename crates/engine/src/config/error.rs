//! Why a configuration cannot be used: always with the file, and where there is one the line.

use std::path::PathBuf;

use super::FILE_NAME;
use crate::connect::ParamsError;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No file in this folder or above it.
    #[error("there is no {FILE_NAME} in {} or any folder above it", from.display())]
    Missing {
        /// Where the search began.
        from: PathBuf,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// It is not TOML.
    #[error("{}:{line}: {message}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The parser's words.
        message: String,
    },
    /// A key that does not exist.
    #[error("{}:{line}: there is no key \"{key}\" {place}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// In which table.
        place: String,
        /// The key that looks most like it.
        nearest: Option<String>,
        /// All keys that can stand there.
        known: Vec<&'static str>,
    },
    /// A value that makes no sense.
    #[error("{}:{line}: {key} {what}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// What is wrong.
        what: String,
    },
    /// An environment that the file does not have.
    #[error("there is no environment \"{name}\" in {}", path.display())]
    NoEnvironment {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// A variable in a URL that is not set.
    #[error("the url of environment \"{name}\" uses ${{{variable}}}, which is not set")]
    Variable {
        /// The environment.
        name: String,
        /// The variable.
        variable: String,
    },
    /// The URL of a replica.
    #[error("{}: the url of replica \"{name}\" cannot be read: {error}", path.display())]
    Replica {
        /// The file.
        path: PathBuf,
        /// The replica.
        name: String,
        /// What is wrong.
        error: ParamsError,
    },
    /// An environment without a URL.
    #[error("the environment \"{name}\" has no url")]
    NoUrl {
        /// The environment.
        name: String,
    },
}
