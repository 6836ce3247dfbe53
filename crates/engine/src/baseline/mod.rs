//! The schema of a live database as the first revision of a project: what of it the revision is about, its sections,
//! and the proof that it gives that schema. The database is only read; who calls this writes the file.

mod beside;
mod others;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cutover_core::catalog::{Catalog, Id, Kind, Name, Pattern, roles};
use cutover_core::diff::{self, Action, Change, Options};
use cutover_core::object::Definition;
use cutover_core::object::table::Table;
use cutover_core::revision::graph::Index;
use cutover_core::seed::{self, Rows};
use cutover_sql::ident::split_qualified;

use crate::history::History;
use crate::introspect;
use crate::schema::{Bench, SchemaError, Workshop};
use crate::seed::{SeedError, places, read};
use crate::session::{Session, Settings};

pub use beside::Beside;
pub use others::Other;
pub(crate) use others::find as tables_of_tools;

/// Why there is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The schema cannot be read or loaded.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The rows cannot be carried.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// Nothing to stand for.
    #[error("there is nothing in the database that a revision could make")]
    Empty,
    /// `--rows` of something that is no table there.
    #[error("there is no table {0} whose rows could be taken along")]
    NoTable(String),
}

/// What is wanted of a baseline.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// What is somebody else's business.
    pub ignore: &'a [Pattern],
    /// Tables whose rows come along, as they were written.
    pub rows: &'a [String],
    /// Whether privileges and owners come along.
    pub options: Options,
    /// Whether the tables of other tools stay in.
    pub keeps_others: bool,
}

/// A baseline, ready to become a file.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// The schema that it stands for.
    pub catalog: Catalog,
    /// The section of the upgrade.
    pub up: String,
    /// The section of the downgrade: it drops all of it.
    pub down: String,
    /// Tables of other tools.
    pub others: Vec<Other>,
    /// Roles that have to be there before.
    pub roles: BTreeSet<Name>,
    /// Tablespaces that have to be there before, as SQL has their names.
    pub tablespaces: BTreeSet<String>,
    /// What it has besides, and no revision carries.
    pub beside: Vec<Beside>,
    /// Extensions that the server has to have.
    pub extensions: Vec<Name>,
    /// How many rows of which tables come along.
    pub rows: Vec<(String, usize)>,
}

/// Actions of one transaction at most: each object of it is a lock, and the server's table of locks has an end
/// (<https://www.postgresql.org/docs/current/runtime-config-locks.html>).
const ACTIONS: usize = 1500;

/// Reads a database and writes what makes its schema.
///
/// # Errors
/// When it cannot be read, there is nothing in it, or rows are asked for that cannot be carried.
pub async fn draft(session: &Session, wanted: &Wanted<'_>) -> Result<Baseline, BaselineError> {
    let whole = introspect::read(session.client()).await.map_err(SchemaError::from)?;
    let whole = whole.without(wanted.ignore);
    let others = others::find(&whole, session).await;
    let left_out: Vec<&Id> = others
        .iter()
        .filter(|other| !wanted.keeps_others && other.needed_by.is_none())
        .map(|other| &other.table)
        .collect();
    let catalog = whole.filtered(|object| !left_out.contains(&&object.id));
    let nothing = nothing(&catalog);
    let up = diff::plan(&nothing, &catalog, &Options { plain: true, ..wanted.options.clone() });
    if up.is_empty() {
        return Err(BaselineError::Empty);
    }
    let tables = wanted_tables(&catalog, wanted.rows)?;
    let rows = read(session, &catalog, &tables).await?;
    let sequences: Vec<String> =
        tables.iter().flat_map(|(id, table)| seed::sequences(&catalog, id, table)).collect();
    let places = places(session, &sequences).await.map_err(SeedError::from)?;
    let mut text = sections(&catalog, &up);
    text += &rows_text(&catalog, &rows);
    if !places.is_empty() {
        text += "\n-- where their sequences are\n";
    }
    for (name, (last, is_called)) in &places {
        let _ = writeln!(text, "{};", seed::setval(name, *last, *is_called));
    }
    let down = diff::plan(&catalog, &nothing, &Options { plain: true, ..Options::default() });
    let carried: Vec<String> = places.keys().cloned().collect();
    Ok(Baseline {
        tablespaces: crate::schema::tablespaces::named(&text),
        beside: beside::find(session, &carried).await.map_err(SchemaError::from)?,
        up: text,
        down: diff::script(&down),
        others,
        roles: roles(&catalog, &wanted.options),
        extensions: names(&catalog, Kind::Extension),
        rows: rows.iter().map(|it| (it.table.path(), it.rows.len())).collect(),
        catalog,
    })
}

/// A new database: with its namespace public, which the live one may have lost.
fn nothing(catalog: &Catalog) -> Catalog {
    let public = Id::global(Kind::Namespace, "public".into());
    if catalog.get(&public).is_some() {
        return Catalog::empty(catalog);
    }
    let definition = Definition::from(cutover_core::object::database::Namespace {});
    let object = cutover_core::object::Object { id: public, common: Default::default(), definition };
    Catalog::empty(&Catalog::new(catalog.server, vec![object], Vec::new()))
}

/// The statements, in transactions that a server can hold.
fn sections(catalog: &Catalog, actions: &[Action]) -> String {
    let has_code = catalog.objects().iter().any(|object| matches!(object.definition, Definition::Routine(_)));
    // bodies may name what comes later
    let start = if has_code { "SET LOCAL check_function_bodies = off;\n\n" } else { "" };
    let parts: Vec<String> =
        actions.chunks(ACTIONS).map(|some| format!("{start}{}", diff::script(some))).collect();
    parts.join("\n--@ sql\n")
}

fn rows_text(catalog: &Catalog, rows: &[Rows]) -> String {
    let text = seed::inserts(catalog, rows);
    if text.is_empty() { text } else { format!("\n{}\n", text.trim_end()) }
}

fn names(catalog: &Catalog, kind: Kind) -> Vec<Name> {
    let of_kind = catalog.objects().iter().filter(|object| object.id.kind == kind);
    of_kind.map(|object| object.id.name.clone()).collect()
}

/// The tables that are named; a name without a schema may be in any.
fn wanted_tables<'c>(
    catalog: &'c Catalog,
    names: &[String],
) -> Result<Vec<(&'c Id, &'c Table)>, BaselineError> {
    let all = seed::tables(catalog);
    let mut found: Vec<(&Id, &Table)> = Vec::new();
    for name in names {
        let missing = || BaselineError::NoTable(name.clone());
        let parts = split_qualified(name).ok_or_else(missing)?;
        let is_it = |id: &Id| match parts.as_slice() {
            [own] => *id.name == **own,
            [namespace, own] => *id.namespace == **namespace && *id.name == **own,
            _ => false,
        };
        let mut those = all.iter().filter(|(id, _)| is_it(id)).copied().peekable();
        those.peek().ok_or_else(missing)?;
        found.extend(those);
    }
    found.dedup_by_key(|(id, _)| *id);
    Ok(found)
}

/// Loads the revision, by the executor that runs it everywhere else, and compares: from the live schema to what the
/// revision gives. The roles that it names are made on the scratch server.
///
/// # Errors
/// When it does not load: an extension is missing, most often.
pub async fn prove(
    baseline: &Baseline,
    history: &History,
    index: Index,
    settings: &Settings,
    options: &Options,
    workshop: &Workshop,
) -> Result<Vec<Change>, SchemaError> {
    let bench: Bench = workshop.bench(None).await?;
    bench.make_roles(&baseline.roles).await?;
    bench.apply(history, &[index], settings).await?;
    let loaded = bench.catalog().await?;
    Ok(diff::changes(&baseline.catalog, &comparable(loaded, &baseline.catalog), options))
}

/// A version of an extension is the server's, and what the scratch server has is no difference of the schema.
pub(crate) fn comparable(loaded: Catalog, live: &Catalog) -> Catalog {
    let server = loaded.server;
    let dependencies = loaded.dependencies().to_vec();
    let mut objects = loaded.objects().to_vec();
    for object in &mut objects {
        if let (Definition::Extension(here), Some(Definition::Extension(there))) =
            (&mut object.definition, live.definition(&object.id))
        {
            here.version = there.version.clone();
        }
    }
    let mut comparable = Catalog::new(server, objects, dependencies);
    comparable.not_compared = loaded.not_compared;
    comparable
}
