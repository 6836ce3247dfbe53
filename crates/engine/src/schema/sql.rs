//! Loads SQL files in any order: a statement that needs another one waits until that has run.

use std::path::{Path, PathBuf};

use cutover_core::diff::Wish;
use cutover_sql::span::Span;
use cutover_sql::statement;
use cutover_sql::{foreign, renamed};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::session::is_absent;

/// Why SQL could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// A file or folder that cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file that cannot be split into statements.
    #[error("{message}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// Where.
        span: Span,
        /// What is wrong.
        message: String,
    },
    /// A statement that the server refuses, in whatever order.
    #[error("{message}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// The statement, or the place in it.
        span: Span,
        /// PostgreSQL's message.
        message: String,
        /// PostgreSQL's hint.
        hint: Option<String>,
    },
}

/// A text with the name of its file, or of what printed it.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name.
    pub path: PathBuf,
    /// The text.
    pub text: String,
}

/// A statement that is still to be run.
struct Waiting<'a> {
    file: &'a File,
    span: Span,
    /// What is run in its place: a part of it.
    part: Option<String>,
}

impl Waiting<'_> {
    fn sql(&self) -> &str {
        self.part.as_deref().unwrap_or_else(|| self.span.text(&self.file.text))
    }
}

/// Tables that refer to each other in a circle: their foreign keys come after them. Nothing when there are none.
fn apart<'a>(waiting: &[Waiting<'a>]) -> Option<Vec<Waiting<'a>>> {
    let mut all = Vec::new();
    let mut is_split = false;
    for it in waiting {
        let part = |sql: String| Waiting { file: it.file, span: it.span, part: Some(sql) };
        match foreign::apart(it.sql()) {
            Some((table, keys)) => {
                all.push(part(table));
                all.extend(keys.into_iter().map(part));
                is_split = true;
            }
            None => all.push(Waiting { file: it.file, span: it.span, part: it.part.clone() }),
        }
    }
    is_split.then_some(all)
}

/// A file, or all `.sql` files of a folder and the folders in it.
///
/// # Errors
/// When one cannot be read.
pub fn files(path: &Path) -> Result<Vec<File>, SqlError> {
    let mut files = Vec::new();
    collect(path, &mut files)?;
    Ok(files)
}

/// What the files say of former names. A text that is no SQL says nothing.
pub fn hints(files: &[File]) -> Vec<Wish> {
    let mut hints = Vec::new();
    for file in files.iter().filter(|file| file.text.contains("renamed from")) {
        let Ok(list) = statement::split(&file.text, Span::new(0, file.text.len())) else { continue };
        let spans: Vec<Span> = list.iter().map(|statement| statement.span).collect();
        hints.extend(renamed::all(&file.text, &spans).into_iter().map(|it| {
            let old = it.old.trim_matches('\'');
            match it.part {
                Some(part) => {
                    let from = it.object.into_iter().chain([old.trim_matches('"').to_owned()]).collect();
                    Wish { from, to: vec![part] }
                }
                None => {
                    let mut from = Wish::parts(old);
                    if let ([_], [namespace, _]) = (from.as_slice(), it.object.as_slice()) {
                        from.insert(0, namespace.clone());
                    }
                    Wish { from, to: it.object }
                }
            }
        }));
    }
    hints
}

/// Runs the statements of texts.
///
/// # Errors
/// The first statement that cannot be run.
pub async fn run(files: &[File], client: &Client) -> Result<(), SqlError> {
    let mut waiting = Vec::new();
    for file in files {
        waiting.extend(statements(file)?);
    }
    // a body may name what comes later
    let unreadable = |source: tokio_postgres::Error| SqlError::Unreadable {
        path: PathBuf::from("the scratch database"),
        source: std::io::Error::other(source.to_string()),
    };
    client.batch_execute("SET check_function_bodies = off").await.map_err(unreadable)?;
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut left = Vec::new();
        let mut first_error = None;
        for statement in waiting {
            match client.batch_execute(statement.sql()).await {
                Ok(()) => {}
                Err(error) if is_missing(&error) => {
                    first_error.get_or_insert_with(|| refused(&statement, &error));
                    left.push(statement);
                }
                Err(error) => return Err(refused(&statement, &error)),
            }
        }
        if left.len() == before
            && let Some(error) = first_error
        {
            left = apart(&left).ok_or(error)?;
        }
        waiting = left;
    }
    client.batch_execute("RESET ALL").await.map_err(unreadable)
}

fn collect(path: &Path, files: &mut Vec<File>) -> Result<(), SqlError> {
    let unreadable = |source| SqlError::Unreadable { path: path.to_owned(), source };
    if !path.is_dir() {
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        files.push(File { path: path.to_owned(), text });
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path).map_err(unreadable)?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
        if !hidden && (entry.is_dir() || entry.extension().is_some_and(|e| e == "sql")) {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

fn statements(file: &File) -> Result<Vec<Waiting<'_>>, SqlError> {
    let text = file.text.trim_start_matches('\u{feff}');
    let skipped = file.text.len() - text.len();
    let list = statement::split(&file.text, Span::new(skipped, file.text.len())).map_err(|error| {
        SqlError::Syntax {
            path: file.path.clone(),
            text: file.text.clone(),
            span: Span::new(error.offset(), error.offset()),
            message: error.to_string(),
        }
    })?;
    // data is no part of a schema
    let plain = list.into_iter().filter(|statement| statement.copy_data.is_none());
    Ok(plain.map(|statement| Waiting { file, span: statement.span, part: None }).collect())
}

/// Whether a statement failed because something is not there, or not yet.
fn is_missing(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| is_absent(code) || *code == SqlState::WRONG_OBJECT_TYPE)
}

fn refused(statement: &Waiting<'_>, error: &tokio_postgres::Error) -> SqlError {
    use tokio_postgres::error::ErrorPosition;
    let db = error.as_db_error();
    let sql = statement.span.text(&statement.file.text);
    let offset = match db.and_then(|db| db.position()).filter(|_| statement.part.is_none()) {
        // characters, from 1
        Some(ErrorPosition::Original(at)) => sql.char_indices().nth(*at as usize - 1).map(|(byte, _)| byte),
        _ => None,
    };
    let span = offset.map_or(statement.span, |byte| {
        let start = statement.span.start + byte;
        let end = sql[byte..].find(|c: char| !c.is_alphanumeric() && !"_.\"".contains(c)).unwrap_or(1).max(1);
        Span::new(start, (start + end).min(statement.span.end))
    });
    SqlError::Refused {
        path: statement.file.path.clone(),
        text: statement.file.text.clone(),
        span,
        message: db.map_or_else(|| error.to_string(), |db| db.message().to_owned()),
        hint: db.and_then(|db| db.hint()).map(str::to_owned),
    }
}
