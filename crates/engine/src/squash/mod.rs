//! A stretch of history as one revision: what it leads to as DDL, the rows that it leaves behind, and the proof that the
//! one does what the others did. `rows` finds what the stretch left in tables, `prove` compares.

mod prove;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cutover_core::catalog::{Catalog, Kind};
use cutover_core::diff::{self, Action, Options};
use cutover_core::object::Definition;
use cutover_core::object::ops::{Loss, Verb};
use cutover_core::revision::RevisionError;
use cutover_core::revision::carried::{Look, Lost};
use cutover_core::revision::graph::Index;
use cutover_core::revision::stretch::Stretch;
use cutover_core::seed::Rows;
use cutover_sql::document;

use crate::history::History;
use crate::schema::rename::{Answer, Told};
use crate::schema::{Bench, SchemaError, Wanted, Workshop};
use crate::seed::{Place, SeedError};
use crate::session::{SessionError, Settings};

pub use prove::{Difference, prove};

/// Why there is no such revision.
#[derive(Debug, thiserror::Error)]
pub enum SquashError {
    /// A replay failed.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A query of ours failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Rows that cannot be carried.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A file that cannot be read.
    #[error(transparent)]
    Revision(#[from] Box<RevisionError>),
    /// What the result does not say.
    #[error("{} of the revisions would be lost", if lost.len() == 1 { "something" } else { "some things" })]
    Lost {
        /// The revisions, with what each says that the result does not.
        lost: Vec<(Index, Lost)>,
    },
    /// Rows that were there before.
    #[error("{table} {why}")]
    Rows {
        /// The table, as SQL has it.
        table: String,
        /// What is the matter with its rows.
        why: String,
    },
    /// A rename that was not followed.
    #[error("{0} is renamed between them in a way that cannot be followed, and its rows would be lost")]
    Renamed(String),
}

/// What a stretch leads to.
#[derive(Debug)]
pub struct Squash {
    /// The section of the upgrade.
    pub up: String,
    /// The section of the downgrade.
    pub down: String,
    /// Why there is no way back: the first revision that says so, and its reason.
    pub irreversible: Option<(Index, String)>,
    /// How many rows of which tables come along.
    pub rows: Vec<(String, usize)>,
    /// Columns whose values are others each time, by table as SQL has it, and whether the file has a value all the same.
    pub volatile: BTreeMap<String, Vec<(String, bool)>>,
    /// What is left out, and of no matter for a new database: waits, guards, backfills.
    pub left_out: Vec<(Index, String)>,
    before: Moment,
    after: Moment,
    bench: Bench,
}

/// A database at one time.
#[derive(Debug)]
struct Moment {
    catalog: Catalog,
    rows: Vec<Rows>,
    sequences: BTreeMap<String, Place>,
}

/// What is compared, and written: all of it.
fn everything(plain: bool) -> Options {
    Options { grants: true, owners: true, plain }
}

/// Replays a stretch and writes what it leads to.
///
/// # Errors
/// When a revision fails, or says what the result could not.
pub async fn draft(
    history: &History,
    stretch: &Stretch,
    settings: &Settings,
    workshop: &Workshop,
) -> Result<Squash, SquashError> {
    let bench = workshop.bench(None).await?;
    bench.apply(history, &stretch.below, settings).await?;
    let before = rows::moment(&bench).await?;
    let (renames, left_out) = look(history, stretch, &before.catalog)?;
    bench.apply(history, &stretch.members, settings).await?;
    let after = rows::moment(&bench).await?;
    let volatile = rows::volatile(history, stretch, settings, workshop, &after).await?;
    let rows = rows::left_behind(stretch, &before, &after, &volatile)?;
    let own = bench.session.facts.user.clone();
    let from_nothing = stretch.below.is_empty();
    let options = Options { owners: has_other_owner(&after.catalog, &own), ..everything(from_nothing) };
    let wanted = Wanted::whole(after.catalog.clone()).hinted(renames.clone());
    let here = Arc::new(before.catalog.clone());
    let mut ask = |_: &diff::Candidate| Answer::Dropped;
    let settled = workshop.settle(Arc::clone(&here), &wanted, &Told::default(), &options, &mut ask).await?;
    let up = anybodys(settled.up(&options), &own);
    if let Some(lost) = up.iter().find(|action| loses_renamed(action, &renames)) {
        return Err(SquashError::Renamed(lost.title.trim_start_matches("drop ").to_owned()));
    }
    let down = anybodys(workshop.way_back(&settled, &here, &options).await?, &own);
    let irreversible = stretch.members.iter().find_map(|index| {
        let why = history.revision(*index).header.irreversible.as_ref()?;
        Some((*index, why.value.clone()))
    });
    // rows that were there may refer to the new ones
    let (late, up): (Vec<Action>, Vec<Action>) = match from_nothing {
        true => (Vec::new(), up),
        false => late(up),
    };
    let mut text = sections(&after.catalog, &up) + &rows::insert_text(&before, &after, &rows);
    if !late.is_empty() {
        text += &format!("\n{}", sections(&before.catalog, &late));
    }
    Ok(Squash {
        up: text,
        down: rows::delete_text(&before, &rows) + &sections(&before.catalog, &down),
        irreversible,
        rows: rows.iter().map(|it| (it.table.path(), it.rows.len())).collect(),
        volatile: rows::kept(&rows, volatile),
        left_out,
        before,
        after,
        bench,
    })
}

type Looked = (Vec<diff::Wish>, Vec<(Index, String)>);

/// What the files rename, and what of them is left out. Refuses what would be lost.
fn look(history: &History, stretch: &Stretch, before: &Catalog) -> Result<Looked, SquashError> {
    let relations = before.objects().iter().filter(|object| object.id.kind.is_relation());
    let names = relations.map(|object| object.id.name.to_string()).collect();
    let mut look = Look::new((!stretch.below.is_empty()).then_some(names));
    let (mut lost, mut left_out) = (Vec::new(), Vec::new());
    for index in &stretch.members {
        let revision = history.revision(*index);
        let (document, trees) =
            document::read_trees(&revision.text).map_err(|error| Box::new(RevisionError::from(error)))?;
        lost.extend(look.at(&revision.text, &document, &trees).into_iter().map(|it| (*index, it)));
        for block in &document.upgrade.blocks {
            if let Some(span) = block.directive.filter(|_| !matches!(block.kind, document::BlockKind::Sql)) {
                left_out.push((*index, span.text(&revision.text).trim().to_owned()));
            }
        }
        left_out.extend(
            revision.header.requires.iter().map(|gate| (*index, format!("--@ requires {}", gate.value))),
        );
    }
    if lost.is_empty() { Ok((look.renamed, left_out)) } else { Err(SquashError::Lost { lost }) }
}

fn has_other_owner(catalog: &Catalog, own: &str) -> bool {
    let owned = catalog.objects().iter().filter(|object| object.id.kind.facts().is_owned);
    owned
        .map(|object| &*object.common.owner.0)
        .any(|owner| !owner.is_empty() && owner != own && owner != "pg_database_owner")
}

/// Without what names the role of the scratch server: elsewhere it is whoever runs the revision.
fn anybodys(actions: Vec<Action>, own: &str) -> Vec<Action> {
    let own = cutover_sql::ident::quote_ident(own).into_owned();
    let (owner, default) = (format!(" OWNER TO {own}"), format!("ALTER DEFAULT PRIVILEGES FOR ROLE {own} "));
    let mut kept = Vec::new();
    for mut action in actions {
        action.statements.retain(|sql| !sql.ends_with(&owner));
        for sql in &mut action.statements {
            if let Some(rest) = sql.strip_prefix(&default) {
                *sql = format!("ALTER DEFAULT PRIVILEGES {rest}");
            }
        }
        if !action.statements.is_empty() {
            kept.push(action);
        }
    }
    kept
}

/// The foreign keys, and what is said of them, apart from the rest.
fn late(actions: Vec<Action>) -> (Vec<Action>, Vec<Action>) {
    let is_key = |action: &&Action| action.statements.iter().any(|sql| sql.contains(" FOREIGN KEY "));
    let is_alone = |action: &&Action| action.object.starts_with("constraint ");
    let keys: BTreeSet<String> =
        actions.iter().filter(is_alone).filter(is_key).map(|action| action.object.clone()).collect();
    actions.into_iter().partition(|action| keys.contains(&action.object) && action.verb != Verb::Drop)
}

/// Whether an action drops what the files rename.
fn loses_renamed(action: &Action, renames: &[diff::Wish]) -> bool {
    let is_of = |wish: &diff::Wish| {
        let name = cutover_sql::ident::qualified(&wish.from);
        action.title.ends_with(&format!(" {name}")) || action.title.ends_with(&format!(".{name}"))
    };
    action.loss == Some(Loss::Data) && renames.iter().any(is_of)
}

/// The statements. What scans a table gets a transaction of its own, so that nothing is locked meanwhile.
fn sections(catalog: &Catalog, actions: &[Action]) -> String {
    let has_code = catalog.objects().iter().any(|object| {
        matches!(object.definition, Definition::Routine(_)) && object.id.kind != Kind::Aggregate
    });
    // bodies may name what comes later
    let start = if has_code { "SET LOCAL check_function_bodies = off;\n\n" } else { "" };
    let text = format!("{start}{}", diff::script(actions));
    let scans = |line: &str| line.contains(" VALIDATE CONSTRAINT ") && line.starts_with("ALTER TABLE ");
    let mut out = String::new();
    for line in text.lines() {
        if scans(line) {
            out += "--@ sql\n";
        }
        out += line;
        out.push('\n');
    }
    out
}
