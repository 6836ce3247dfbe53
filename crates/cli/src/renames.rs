//! Renames: what the command line says of them, and the questions at the terminal.

use cutover_core::diff::{Candidate, Rename, Wish};
use cutover_engine::schema::rename::{Answer, Told};
use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::Failure;

/// What is said of renames.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Renames {
    /// Something that has another name now: users.name=full_name, users=accounts, state.'new'=fresh
    #[arg(long, value_name = "OLD=NEW")]
    rename: Vec<String>,
    /// Something that goes, although what comes looks like it
    #[arg(long, value_name = "OLD")]
    no_rename: Vec<String>,
}

impl Renames {
    /// Whether anything is said.
    pub fn is_some(&self) -> bool {
        !self.rename.is_empty() || !self.no_rename.is_empty()
    }

    /// As the comparison takes it.
    ///
    /// # Errors
    /// When something is not of the form OLD=NEW.
    pub fn told(&self) -> Result<Told, Failure> {
        let renamed = self.rename.iter().map(|text| Wish::parse(text)).collect::<Result<_, _>>()?;
        Ok(Told { renamed, dropped: self.no_rename.iter().map(|text| Wish::parts(text)).collect() })
    }
}

/// Asks at the terminal; nobody knows where there is none.
pub fn ask(context: &Context, candidate: &Candidate) -> Answer {
    let rename = &candidate.rename;
    let question = format!(
        "{} goes and {} comes ({}).\nIs it renamed",
        rename.old(),
        rename.back().old(),
        candidate.why
    );
    match context.ask(&question) {
        Some(true) => Answer::Renamed,
        Some(false) => Answer::Dropped,
        None => Answer::Unknown,
    }
}

/// What is not known of renames, where it has to be.
pub fn unanswered(open: &[Candidate]) -> Result<(), Failure> {
    if open.is_empty() {
        return Ok(());
    }
    let failure = Failure::usage("renamed-or-dropped", "something goes and something like it comes");
    let failure = open.iter().fold(failure, |failure, candidate| {
        let rename = &candidate.rename;
        failure.note(format!("{} -> {}: {}", rename.old(), rename.new_name(), candidate.why))
    });
    let failure = open.iter().fold(failure, |failure, candidate| {
        let wish = candidate.rename.wish();
        let old = wish.split('=').next().unwrap_or_default();
        failure.help(format!("say --rename {wish}, or --no-rename {old} when it is dropped"))
    });
    Err(failure)
}

/// What was renamed, a line each.
pub fn lines(renames: &[Rename]) -> String {
    renames.iter().map(|it| format!("~ {} is now {}\n", it.old(), it.new_name())).collect()
}

/// The same for programs.
pub fn json(renames: &[Rename]) -> Value {
    renames.iter().map(|it| json!({ "from": it.old(), "to": it.new_name() })).collect()
}

/// What may have been renamed, as notes.
pub fn notes(open: &[Candidate]) -> String {
    open.iter()
        .map(|it| {
            let wish = it.rename.wish();
            format!(
                "{} may be renamed to {} ({}): --rename {wish}\n",
                it.rename.old(),
                it.rename.new_name(),
                it.why
            )
        })
        .collect()
}
