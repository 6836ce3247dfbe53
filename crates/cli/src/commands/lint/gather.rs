//! What `cutover lint` looks at: the revisions of the project, files, standard input.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use cutover_core::revision::target::{Applied, Range, Target};
use cutover_engine::config::Config;
use cutover_engine::history::History;
use cutover_engine::since::{self, SinceError};
use cutover_lint::{Finding, Linter, Options, Source, abreast};
use cutover_sql::utf8;

use super::Args;
use crate::context::{Context, absolute};
use crate::exit;
use crate::failure::Failure;

/// A text that is still to be read.
enum Text {
    /// A file with SQL that is no revision of the project.
    File(PathBuf),
    /// A revision.
    Revision(String, String),
    /// A revision of which only what it says of itself matters.
    Header(String, String),
    /// Standard input.
    Stdin(String),
}

/// Texts, and which of them are looked at.
#[derive(Default)]
pub struct Gathered {
    texts: Vec<Text>,
    /// For each text whether it is looked at; the others are history.
    pub looked_at: Vec<bool>,
    /// Where each came from, to be written again.
    pub paths: Vec<Option<PathBuf>>,
    /// Files whose names are not what the configured naming gives.
    pub misnamed: Vec<String>,
    /// Files that were changed after they had landed.
    pub edited: Vec<String>,
    /// Whether all of it runs in one go.
    pub one_run: bool,
    /// Whether files that are no revisions run in one transaction each.
    in_transaction: bool,
}

impl Text {
    /// Takes it apart, after reading it if it is a file.
    fn source(&self, in_transaction: bool) -> Result<Source, Failure> {
        Ok(match self {
            Self::File(path) => Source::read(path.display().to_string(), read(path)?, in_transaction),
            Self::Revision(name, text) => Source::read(name, text.clone(), false),
            Self::Header(name, text) => Source::read_header(name, text.clone()),
            Self::Stdin(text) => Source::read("<stdin>", text.clone(), in_transaction),
        })
    }
}

impl Gathered {
    /// What the arguments name, or everything.
    pub fn new(context: &Context, args: &Args, config: Option<&Config>) -> Result<Self, Failure> {
        let mut files: Vec<PathBuf> = Vec::new();
        let mut ids: Vec<&str> = Vec::new();
        let mut stdin = false;
        for what in &args.what {
            let path = Path::new(what);
            match (what.as_str(), path.metadata()) {
                ("-", _) => stdin = true,
                (_, Ok(it)) if it.is_dir() => files.extend(sql_files(path)?),
                (file, it) if it.is_ok() || file.ends_with(".sql") => files.push(absolute(path)),
                (id, _) => ids.push(id),
            }
        }
        let all = args.what.is_empty() && args.since.is_none();
        files.iter_mut().for_each(|path| {
            if let Some(record) = config.and_then(|config| record_of(config, path)) {
                *path = record;
            }
        });
        let in_project = |path: &PathBuf| {
            config.is_some_and(|config| path.parent().is_some_and(|folder| same(folder, &config.migrations)))
        };
        let needs_history = all || args.since.is_some() || !ids.is_empty() || files.iter().any(in_project);
        let mut gathered = Self { in_transaction: args.in_transaction, ..Self::default() };
        if needs_history {
            let config = match config {
                Some(config) => config,
                None => &context.config()?,
            };
            let mut wanted: Vec<PathBuf> = files.iter().filter(|path| in_project(path)).cloned().collect();
            files.retain(|path| !in_project(path));
            if let Some(since) = &args.since {
                wanted.extend(since_then(config, since, since::changed)?);
                let edited = since_then(config, since, since::edited)?;
                gathered.edited = edited.iter().map(|path| path.display().to_string()).collect();
                gathered.one_run = true;
            }
            gathered.history(context, config, &wanted, &ids, all)?;
        }
        for path in files {
            gathered.add(Text::File(path.clone()), true, Some(path));
        }
        if stdin {
            let mut bytes = Vec::new();
            io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|e| Failure::new("cannot-read", format!("standard input cannot be read: {e}")))?;
            gathered.add(Text::Stdin(text(bytes, "standard input")?), true, None);
        }
        Ok(gathered)
    }

    /// A revision that has just been written, with those before it.
    pub fn revision(context: &Context, config: &Config, path: &Path) -> Result<Self, Failure> {
        let mut gathered = Self::default();
        gathered.history(context, config, std::slice::from_ref(&path.to_owned()), &[], false)?;
        Ok(gathered)
    }

    /// Reads the texts and looks at them, both at the same time.
    ///
    /// # Errors
    /// The first text that cannot be read.
    pub fn look(&self, options: &Options) -> Result<(Vec<Source>, Vec<Finding>), Failure> {
        let mut linter = Linter::new(options);
        let mut sources = Vec::with_capacity(self.texts.len());
        let mut failed = None;
        let make = |at: usize| self.texts[at].source(self.in_transaction);
        abreast::in_order(self.texts.len(), make, |at, source| match source {
            Ok(source) if failed.is_none() => {
                linter.look(&source, self.looked_at[at]);
                sources.push(source);
            }
            Ok(_) => {}
            Err(failure) => {
                failed.get_or_insert(failure);
            }
        });
        if let Some(failure) = failed {
            return Err(failure);
        }
        let found = linter.finish(&sources);
        // the process ends soon, and takes everything along at once
        std::mem::forget(linter);
        Ok((sources, found))
    }

    /// The number of the text from standard input.
    pub fn stdin(&self) -> Option<usize> {
        self.paths.iter().position(Option::is_none)
    }

    fn add(&mut self, text: Text, looked_at: bool, path: Option<PathBuf>) {
        self.texts.push(text);
        self.looked_at.push(looked_at);
        self.paths.push(path);
    }

    /// The revisions in their order; those that are not wanted tell what was there before.
    fn history(
        &mut self,
        context: &Context,
        config: &Config,
        wanted: &[PathBuf],
        ids: &[&str],
        all: bool,
    ) -> Result<(), Failure> {
        // a file whose header is wrong is looked at by itself; the others still are with their history
        let history = context.history(config)?;
        let graph = history.graph();
        let mut indices = Vec::new();
        for id in ids {
            match Range::parse(id)? {
                Some(range) => indices.extend(range.inclusive(graph, &Applied::new())?),
                None => indices.extend(Target::parse(id)?.resolve(graph, &Applied::new())?),
            }
        }
        let is_wanted = |index: usize, path: &Path| {
            all || indices.contains(&index) || wanted.iter().any(|one| one == path || same(one, path))
        };
        let looked_at: Vec<bool> =
            history.revisions().iter().enumerate().map(|(at, it)| is_wanted(at, &it.path)).collect();
        let last = looked_at.iter().rposition(|it| *it).map_or(0, |at| at + 1);
        self.misnamed = misnamed(config, &history);
        for (at, it) in history.revisions().iter().enumerate() {
            let (name, text) = (it.path.display().to_string(), it.text.clone());
            // those that come later change no schema before them; that they are there matters all the same
            let text = if at < last { Text::Revision(name, text) } else { Text::Header(name, text) };
            self.add(text, looked_at[at], Some(it.path.clone()));
        }
        Ok(())
    }
}

/// The record of a file of another tool's.
fn record_of(config: &Config, path: &Path) -> Option<PathBuf> {
    let recorded = &config.alembic.as_ref()?.recorded;
    // the name first: nothing is asked of the file system for the others
    let is_it = |file: &Path| file.file_name() == path.file_name() && same(file, path);
    recorded.iter().find(|(_, file)| is_it(file)).map(|(record, _)| record.clone())
}

/// The revisions that git names; of another tool's files, their records.
fn since_then(
    config: &Config,
    since: &str,
    ask: fn(&Path, &str) -> Result<Vec<PathBuf>, SinceError>,
) -> Result<Vec<PathBuf>, Failure> {
    let Some(charge) = &config.alembic else { return Ok(ask(&config.migrations, since)?) };
    let folders: BTreeSet<&Path> = charge.recorded.values().filter_map(|file| file.parent()).collect();
    let mut found = Vec::new();
    for folder in folders {
        found.extend(ask(folder, since)?.iter().filter_map(|path| record_of(config, path)));
    }
    Ok(found)
}

/// The files whose names are not what the configured naming makes of their message.
fn misnamed(config: &Config, history: &History) -> Vec<String> {
    // a scheme that nobody has chosen binds nobody
    if !config.says_naming {
        return Vec::new();
    }
    let differs = |path: &Path, id: &str, message: &str| {
        let expected = config.naming.file_name(id, message);
        path.file_name().is_some_and(|name| name.to_string_lossy() != expected)
    };
    history
        .revisions()
        .iter()
        .filter(|it| !it.header.message.is_empty() && differs(&it.path, it.id(), &it.header.message))
        .map(|it| it.path.display().to_string())
        .collect()
}

/// Whether two paths are one folder.
fn same(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn sql_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e| Failure::new("cannot-read", format!("{} cannot be read: {e}", folder.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "sql") {
            found.push(absolute(&path));
        }
    }
    found.sort();
    Ok(found)
}

/// The text of a file.
pub fn read(path: &Path) -> Result<String, Failure> {
    let bytes = bytes(path)
        .map_err(|e| Failure::new("cannot-read", format!("{} cannot be read: {e}", path.display())))?;
    text(bytes, &path.display().to_string())
}

fn text(bytes: Vec<u8>, name: &str) -> Result<String, Failure> {
    utf8::text(bytes)
        .map_err(|error| Failure { exit: exit::FAILED, ..Failure::not_utf8(Path::new(name), &error) })
}

/// The bytes of a file, without asking first how many there are: most are few.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut bytes = vec![0; 4096];
    let mut filled = 0;
    loop {
        match file.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if filled == bytes.len() {
            file.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
