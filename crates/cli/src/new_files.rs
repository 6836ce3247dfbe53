//! New revision files: their ids, headers and names, written all of them or none.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use cutover_core::revision::Revision;
use cutover_core::revision::naming::Ingredients;
use cutover_core::revision::target::is_name;
use cutover_engine::config::Config;
use cutover_engine::history::History;
use cutover_sql::document::{Header, Spanned};
use cutover_sql::print;
use cutover_sql::span::Span;

use crate::failure::{Failure, shown};

/// What a new file is made of.
#[derive(Clone, Debug, Default)]
pub struct NewFile {
    /// What it does, in a few words.
    pub title: String,
    /// The id, if it was chosen.
    pub id: Option<String>,
    /// Ids of the revisions that it revises.
    pub parents: Vec<String>,
    /// What else its header says; the title is the prose where there is none.
    pub header: Header,
    /// What it says, up and down.
    pub body: Option<(String, String)>,
}

/// Files that are written together.
#[derive(Debug)]
pub struct NewFiles<'a> {
    config: &'a Config,
    history: &'a History,
    files: Vec<Made>,
}

/// A file that is ready to be written.
#[derive(Clone, Debug)]
pub struct Made {
    /// The revision's id.
    pub id: String,
    /// Where it goes.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A value that stands nowhere yet.
pub fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned { value, span: Span::new(0, 0) }
}

impl<'a> NewFiles<'a> {
    /// None yet, for a project.
    pub fn new(config: &'a Config, history: &'a History) -> Self {
        Self { config, history, files: Vec::new() }
    }

    /// Makes a file ready; gives its id. Nothing is written yet.
    ///
    /// # Errors
    /// When the id or label is taken or impossible, or the file would not be a revision.
    pub fn add(&mut self, file: NewFile) -> Result<String, Failure> {
        let id = match &file.id {
            Some(id) => id.clone(),
            None => self.next_id(),
        };
        let labels = file.header.labels.iter().map(|label| label.value.as_str());
        for name in std::iter::once(id.as_str()).chain(labels) {
            self.check_name(name)?;
        }
        let header = Header {
            revision: Some(unplaced(id.clone())),
            revises: Some(file.parents.into_iter().map(unplaced).collect()),
            prose: if file.header.prose.is_empty() {
                file.title.trim().to_owned()
            } else {
                file.header.prose.clone()
            },
            ..file.header
        };
        let (up, down) = file.body.unwrap_or_default();
        let text = format!("{}\n--@ upgrade\n{up}\n--@ downgrade\n{down}", print::header(&header));
        let path = self.config.migrations.join(self.config.naming.file_name(&id, &file.title));
        Revision::read(path.clone(), text.clone())
            .map_err(|(_, e)| Failure::usage("bad-revision-file", e.to_string()).help(e.help()))?
            .document()
            .map_err(|e| Failure::usage("bad-revision-file", e.to_string()).help(e.help()))?;
        self.files.push(Made { id: id.clone(), path, text });
        Ok(id)
    }

    /// The files that are ready.
    pub fn made(&self) -> &[Made] {
        &self.files
    }

    /// Writes them; when one cannot be written, those before it are taken away again. Never overwrites.
    ///
    /// # Errors
    /// The first that cannot be written.
    pub fn write(self) -> Result<Vec<Made>, Failure> {
        for (at, file) in self.files.iter().enumerate() {
            if let Err(failure) = create(&file.path, &file.text) {
                for written in &self.files[..at] {
                    // the failure that is told is the one that matters
                    let _ = std::fs::remove_file(&written.path);
                }
                return Err(failure);
            }
        }
        Ok(self.files)
    }

    fn check_name(&self, name: &str) -> Result<(), Failure> {
        let graph = self.history.graph();
        if !is_name(name) {
            return Err(Failure::usage(
                "bad-name",
                format!("\"{name}\" cannot be a revision id or a branch label"),
            )
            .help("use letters, digits, _ and . and none of the words head, heads, base, current"));
        }
        let is_new = self.files.iter().any(|file| file.id == name);
        if graph.find(name).is_some() || graph.labels().contains_key(name) || is_new {
            return Err(Failure::usage("duplicate-id", format!("\"{name}\" is taken already"))
                .help("choose another one"));
        }
        Ok(())
    }

    fn next_id(&self) -> String {
        let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
        let (date, time) = (now.strftime("%Y%m%d").to_string(), now.strftime("%H%M%S").to_string());
        let there = self.history.graph().nodes().iter().map(|n| n.id.as_str());
        let ids: Vec<&str> = there.chain(self.files.iter().map(|f| f.id.as_str())).collect();
        loop {
            let random: [u8; 16] = rand::random();
            let with = Ingredients { date: &date, time: &time, random: &random };
            let id = self.config.naming.next_id(ids.iter().copied(), with);
            // only a random id can be new the next time
            if !ids.contains(&id.as_str()) || self.config.naming.is_fixed() {
                return id;
            }
        }
    }
}

/// Writes one new file. Never overwrites.
///
/// # Errors
/// When it is there, or cannot be written.
pub fn create(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| Failure::new("cannot-write", format!("{} cannot be written: {e}", shown(path))))
}
