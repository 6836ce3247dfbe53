//! Parts that rollouts of tables have in common: the gate of a contract, a tripwire before a drop.

use std::fmt::Display;

use cutover_sql::ident::quote_ident;

use super::{Given, Refusal};
use crate::catalog::Id;
use crate::rollout::draft::{Block, Part};
use crate::rollout::gate::Gate;
use crate::rollout::phase::Phase;

/// How long a thing must be unused when nobody says it.
pub const UNUSED_FOR: &str = "7 days";

/// `unused table NAME for 7 days`, with the time that was asked for.
///
/// # Errors
/// When the time cannot be read.
pub fn unused(given: &Given, what: &str, name: impl Display) -> Result<String, Refusal> {
    let lasting = given.get("unused-for").unwrap_or(UNUSED_FOR);
    let gate = format!("unused {what} {name} for {lasting}");
    match Gate::parse(&gate) {
        Ok(gate) => Ok(gate.to_string()),
        Err(error) => Err(Refusal::new(format!("--unused-for {lasting}: {error}")).help(error.help())),
    }
}

/// How a thing is made to fail for whoever still uses it, before it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tripwire {
    /// It gets another name.
    Rename,
    /// Nobody but its owner has rights on it.
    Revoke,
}

impl Tripwire {
    /// What `--tripwire` says, if anything.
    ///
    /// # Errors
    /// When it says something else.
    pub fn of(given: &Given) -> Result<Option<Self>, Refusal> {
        match given.get("tripwire") {
            None => Ok(None),
            Some("rename") => Ok(Some(Self::Rename)),
            Some("revoke") => Ok(Some(Self::Revoke)),
            Some(other) => Err(Refusal::new(format!("--tripwire {other} is not known"))
                .help("write --tripwire rename (whoever uses it fails, the owner, too) or --tripwire revoke (whoever is not its owner)")),
        }
    }
}

/// The wait after a tripwire: somebody looks whether anything has failed.
pub fn nobody_missed(name: impl Display, symptom: &str) -> Part {
    let text = format!("nothing has failed for want of {name}");
    let prose = format!(
        "Why: the tripwire stands. What still needs {name} fails now with \"{symptom}\", and going back one revision heals \
         it in a moment; after the next revision nothing does.\n\n\
         Safe: nothing runs here. Look through the logs of the server and of everything that connects to it, for as long as \
         the rarest job needs to come round, then acknowledge."
    );
    let mut part =
        Part::deploy(capital(&text), &text, format!("going back behind the tripwire of {name}")).prose(prose);
    part.phase = Phase::Contract;
    part
}

/// A sentence begins with a capital, unless it begins with a name.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A table's name with its schema and a new last part, as SQL has it.
pub fn beside(table: &Id, name: &str) -> String {
    cutover_sql::ident::qualified(&[&*table.namespace, name])
}

/// `ALTER TABLE … RENAME TO`.
pub fn rename_table(from: &str, to: &str) -> String {
    format!("ALTER TABLE {from} RENAME TO {}", quote_ident(to))
}

/// Statements as one block.
pub fn sql<S: Into<String>>(statements: impl IntoIterator<Item = S>) -> Block {
    Block::sql(statements)
}
