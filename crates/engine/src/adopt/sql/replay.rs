//! Files replayed one after the other in a scratch database, with what each changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutover_core::adopt::needs;
use cutover_core::adopt::script::Item;
use cutover_core::catalog::{Catalog, Kind, Pattern};
use cutover_core::diff::{self, Action, Change};
use cutover_core::object::Definition;
use cutover_sql::ident::{quote_ident, quote_literal};

use super::attempt::{self, Outcome, Then};
use super::rows::{self, Moment, Seed};
use super::section::{self, Way};
use super::{File, Live, options};
use crate::schema::{Bench, SchemaError, Workshop};
use crate::session::Settings;

/// A file that was replayed.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its place among the files.
    pub file: usize,
    /// What became of its statements.
    pub outcome: Outcome,
    /// What became of its way back, which was tried and taken back.
    pub back: Outcome,
    /// What it changed.
    pub changes: Vec<Change>,
    /// What it changed, as it was before it. A whole schema for each of many files would fill the memory.
    pub before: Catalog,
    /// What it changed, as it is after it.
    pub after: Catalog,
    /// What leads from the schema after it to the one before it, where the file has no way back of its own.
    pub undo: Vec<Action>,
    /// The rows that came with it.
    pub seeds: Vec<Seed>,
}

/// Files that were replayed one after the other.
#[derive(Debug)]
pub struct Replay {
    /// In the order in which they ran.
    pub steps: Vec<Step>,
    /// The database, with all of them in it.
    pub bench: Bench,
    schema: Arc<Catalog>,
    moment: Moment,
    ignore: Vec<Pattern>,
}

impl Replay {
    /// One in which nothing ran yet. The roles are made on the scratch server where they are not there.
    ///
    /// # Errors
    /// When there is no scratch database.
    pub async fn new(workshop: &Workshop, roles: &[String], ignore: &[Pattern]) -> Result<Self, SchemaError> {
        let bench = workshop.bench(None).await?;
        for role in roles {
            bench.run(&guarded_role(role, &format!("CREATE ROLE {}", quote_ident(role)))).await?;
        }
        let schema = Arc::new(bench.catalog().await?.without(ignore));
        let moment = rows::moment(bench.session.client(), &Moment::default()).await?;
        Ok(Self { steps: Vec::new(), bench, schema, moment, ignore: ignore.to_vec() })
    }

    /// The schema by now.
    pub fn schema(&self) -> &Arc<Catalog> {
        &self.schema
    }

    /// What would become of a file. Nothing of it stays.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn try_out(&self, file: &File, settings: &Settings) -> Result<Outcome, SchemaError> {
        attempt::run(&self.bench, file.part(), &file.items, Then::TakeBack, settings).await
    }

    /// Runs a file; what fails of it is left out.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn add(&mut self, at: usize, file: &File, settings: &Settings) -> Result<(), SchemaError> {
        let tried = self.try_out(file, settings).await?;
        self.add_tried(at, file, &tried, settings).await
    }

    /// Runs a file that was tried out on the same schema.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn add_tried(
        &mut self,
        at: usize,
        file: &File,
        tried: &Outcome,
        settings: &Settings,
    ) -> Result<(), SchemaError> {
        let bench = &self.bench;
        let outcome = attempt::run(bench, file.part(), &file.items, Then::Keep(tried), settings).await?;
        let back = match &file.change.back {
            Some(part) => attempt::run(bench, part, &file.back, Then::TakeBack, settings).await?,
            None => Outcome::default(),
        };
        let after = Arc::new(bench.catalog().await?.without(&self.ignore));
        let now = rows::moment(bench.session.client(), &self.moment).await?;
        let seeds = rows::between(&self.moment, &now);
        self.moment = now;
        let before = std::mem::replace(&mut self.schema, Arc::clone(&after));
        let changes = diff::changes(&before, &after, &options());
        let has_back = section::has_statement(&file.back, &back, Way::Down);
        let undo = if has_back { Vec::new() } else { diff::plan(&after, &before, &options()) };
        let (before, after) = (changed(&before, &changes), changed(&after, &changes));
        self.steps.push(Step { file: at, outcome, back, changes, before, after, undo, seeds });
        Ok(())
    }

    /// Reads the schema again, after statements of ours.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn look_again(&mut self) -> Result<(), SchemaError> {
        self.schema = Arc::new(self.bench.catalog().await?.without(&self.ignore));
        self.moment = rows::moment(self.bench.session.client(), &self.moment).await?;
        Ok(())
    }
}

/// What of a schema was changed, and nothing else.
fn changed(catalog: &Catalog, changes: &[Change]) -> Catalog {
    let objects = changes.iter().filter_map(|change| catalog.get(&change.id)).cloned();
    Catalog::new(catalog.server, objects.collect(), Vec::new())
}

/// A statement that makes a role, run only where there is none of that name: roles are of the whole server, and
/// another database may have brought it. Source: <https://www.postgresql.org/docs/current/user-manag.html>.
pub fn guarded_role(role: &str, create: &str) -> String {
    let name = quote_literal(role);
    format!(
        "DO $cutover$\nBEGIN\n  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {name}) THEN\n    {create};\n  \
         END IF;\nEND\n$cutover$"
    )
}

/// The roles that the files, or the privileges of the live database, need, that no file creates and that a new server
/// does not have.
///
/// # Errors
/// When there is no scratch server.
pub async fn missing_roles(
    files: &[File],
    live: Option<&Live>,
    workshop: &Workshop,
) -> Result<Vec<String>, SchemaError> {
    let nodes =
        || files.iter().flat_map(|file| &file.items).filter_map(Item::statement).map(|(_, node)| node);
    let mut needed: BTreeSet<String> = nodes().flat_map(needs::roles).collect();
    if let Some(live) = live {
        needed.extend(granted(&live.catalog));
    }
    for created in nodes().filter_map(needs::created_role) {
        needed.remove(created);
    }
    let bench = workshop.bench(None).await?;
    let there = "SELECT rolname FROM pg_catalog.pg_roles";
    for row in crate::session::rows(bench.session.client(), there, "reading the roles").await? {
        needed.remove(row.get(0).unwrap_or_default());
    }
    Ok(needed.into_iter().collect())
}

/// The roles that have privileges.
fn granted(catalog: &Catalog) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |grants: Option<&cutover_core::object::privilege::Grants>| {
        for name in grants.into_iter().flat_map(|grants| grants.0.keys()).filter(|name| !name.is_empty()) {
            found.insert(name.to_string());
        }
    };
    for object in catalog.objects() {
        add(object.common.grants.0.as_ref());
        object.definition.columns().iter().for_each(|column| add(column.grants.0.as_ref()));
        if let Definition::DefaultPrivileges(it) = &object.definition {
            add(Some(&it.grants));
        }
    }
    for object in catalog.objects().iter().filter(|it| it.id.kind == Kind::DefaultPrivileges) {
        found.insert(object.id.name.to_string());
    }
    found
}
