//! One revision that brings databases whose schemas differ to the same one. Each is only read; what it is becomes a
//! scratch database, on which its own statements are tried one by one (`trial`) and the finished file as a whole (`prove`).
//!
//! `draft` writes the way there, `back` the way back; `rows` asks a live database whether its rows stand against it.

mod back;
mod draft;
mod prove;
mod rows;
mod trial;

use std::collections::BTreeSet;
use std::sync::Arc;

use cutover_core::catalog::{Catalog, Name, Pattern, roles};
use cutover_core::diff::{self, Action, Candidate, Change, Rename, RenameError};
use cutover_core::reconcile::{Compared, Unguardable, goal, owned, usual_owner};
use cutover_core::revision::graph::Index;
use cutover_sql::ident::quote_literal;

use crate::baseline::comparable;
use crate::history::History;
use crate::schema::rename::{Answer, Settled, Told};
use crate::schema::{Bench, SchemaError, Wanted, Workshop};
use crate::server::SUPERUSER;
use crate::session::{Session, SessionError, Settings};

pub use draft::draft;
pub use prove::{Left, prove};
pub use rows::{Answered, Rows, ask as ask_rows};

/// Why there is no such revision.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// A schema cannot be read or loaded.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A query of ours failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// What a database is cannot be told.
    #[error(transparent)]
    Unguardable(#[from] Unguardable),
    /// A statement that fails on a copy of a database.
    #[error("\"{sql}\" fails on a copy of {name}: {error}")]
    Fails {
        /// The database, as the user calls it.
        name: String,
        /// The statement.
        sql: String,
        /// What the server says.
        error: String,
    },
}

/// A database, or the history, as it is before the revision.
#[derive(Clone, Debug)]
pub struct Source {
    /// What the user calls it.
    pub name: String,
    /// What is there; nothing for the history.
    pub live: Option<Catalog>,
    /// Revisions that run there before.
    pub pending: Vec<Index>,
    /// What is there when these have run.
    pub catalog: Arc<Catalog>,
    /// What it comes to: what is wanted, with the rights that it keeps.
    pub goal: Arc<Catalog>,
    /// What is there when what was renamed has its new name.
    pub renamed: Arc<Catalog>,
    /// What is renamed.
    pub renames: Vec<Rename>,
    /// All that leads to the goal.
    pub actions: Vec<Action>,
}

/// The revision, and what it does where.
#[derive(Debug)]
pub struct Reconciled {
    /// The section of the upgrade.
    pub up: String,
    /// The section of the downgrade.
    pub down: String,
    /// Why there is no way back: something that databases had before would go with it.
    pub irreversible: Option<String>,
    /// What is done, each in words, and for each source whether it is done there.
    pub steps: Vec<(String, Vec<bool>)>,
}

/// A database that has a schema, as it will be when its pending revisions have run. Its renames are not known yet.
///
/// # Errors
/// When it does not load, or a pending revision fails on it.
pub async fn source(
    name: String,
    live: Option<Catalog>,
    pending: Vec<Index>,
    wanted: &Wish<'_>,
    around: &Around<'_>,
) -> Result<Source, ReconcileError> {
    // the version of an extension is the server's
    let live = live.map(|live| wanted.alike(&comparable(live.without(wanted.ignore), wanted.catalog)));
    let (none, renames, actions) = (Arc::new(Catalog::default()), Vec::new(), Vec::new());
    let (goal, renamed) = (none.clone(), none.clone());
    let mut source = Source { name, live, pending, catalog: none, goal, renamed, renames, actions };
    let bench = copy(&source, wanted, around).await?;
    source.catalog = match (&source.live, source.pending.is_empty()) {
        // it is what it is, and not what a scratch server makes of it
        (Some(live), true) => Arc::new(live.clone()),
        _ => Arc::new(wanted.alike(&bench.catalog().await?.without(wanted.ignore))),
    };
    source.goal = Arc::new(goal_of(wanted, &source.catalog));
    Ok(source)
}

fn goal_of(wanted: &Wish<'_>, there: &Catalog) -> Catalog {
    goal(wanted.catalog, there, wanted.compared.privileges)
}

/// What became of what is told of renames.
#[derive(Debug)]
pub struct Asked {
    /// What looks like a rename, and was not answered.
    pub open: Vec<Candidate>,
    /// What was told of a name that is not there: it is for another database.
    pub elsewhere: Vec<diff::Wish>,
}

impl Source {
    /// Finds out what is renamed there, by what is told and by asking, and what leads to the goal.
    ///
    /// # Errors
    /// When what is told means nothing, or no copy can be made.
    pub async fn settle(
        &mut self,
        told: &Told,
        wanted: &Wish<'_>,
        around: &Around<'_>,
        ask: &mut dyn FnMut(&Candidate) -> Answer,
    ) -> Result<Asked, SchemaError> {
        let goal = Wanted::whole(Catalog::clone(&self.goal));
        let options = wanted.compared.online();
        let (mut told, mut elsewhere) = (told.clone(), Vec::new());
        let settled = loop {
            let settled = around.workshop.settle(self.catalog.clone(), &goal, &told, &options, ask).await;
            let Err(SchemaError::Rename(RenameError::NoOld(name))) = &settled else { break settled? };
            let Some(at) = told.renamed.iter().position(|it| it.from.join(".") == *name) else {
                break settled?;
            };
            elsewhere.push(told.renamed.remove(at));
        };
        // with the rights of what has its new name by now
        let goal = Arc::new(goal_of(wanted, &settled.from));
        let settled = Settled { to: Arc::clone(&goal), ..settled };
        self.goal = goal;
        self.actions = settled.up(&options);
        self.renamed = settled.from;
        self.renames = settled.renames;
        Ok(Asked { open: settled.open, elsewhere })
    }
}

/// The schema that all come to.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// What is wanted.
    pub catalog: &'a Catalog,
    /// What is somebody else's business.
    pub ignore: &'a [Pattern],
    /// What is compared besides definitions.
    pub compared: Compared,
}

impl Wish<'_> {
    /// A catalog with the owners that the wanted one has, where these are not compared. One that a scratch server gave to its
    /// own role is nobody's wish.
    fn alike(&self, catalog: &Catalog) -> Catalog {
        owned(catalog, |object| {
            let said = self.catalog.get(&object.id).map(|it| &it.common.owner.0);
            let is_said = self.compared.owners && said.is_some_and(|owner| **owner != *SUPERUSER);
            (!is_said).then(|| usual_owner(object, SUPERUSER, catalog.server))
        })
    }
}

/// What is wanted, made comparable with databases of other owners.
pub fn wanted(catalog: &Catalog, compared: Compared) -> Catalog {
    match compared.owners {
        true => catalog.clone(),
        false => owned(catalog, |object| Some(usual_owner(object, SUPERUSER, catalog.server))),
    }
}

/// What everything here needs.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The revisions.
    pub history: &'a History,
    /// Settings of sessions.
    pub settings: &'a Settings,
    /// Where scratch databases are made.
    pub workshop: &'a Workshop,
}

/// A copy of a database, with the revisions that are pending there.
async fn copy(source: &Source, wanted: &Wish<'_>, around: &Around<'_>) -> Result<Bench, SchemaError> {
    let bench = match &source.live {
        Some(live) => around.workshop.build_as(live, &wanted.compared.options()).await?,
        None => around.workshop.bench(None).await?,
    };
    bench.run("RESET ALL").await?;
    bench.apply(around.history, &source.pending, around.settings).await?;
    Ok(bench)
}

/// Roles that the schema names and a server has not: what is granted to them fails there.
///
/// # Errors
/// When it cannot be asked.
pub async fn roles_missing(
    source: &Source,
    wanted: &Wish<'_>,
    session: &Session,
) -> Result<Vec<Name>, SessionError> {
    let sql = "SELECT rolname FROM pg_catalog.pg_roles";
    let there = crate::session::rows(session.client(), sql, "reading the roles").await?;
    let there: BTreeSet<&str> = there.iter().filter_map(|row| row.get(0)).collect();
    let mut named = roles(&source.goal, &wanted.compared.options());
    // that of a scratch server stands for whoever owns it
    named.retain(|name| !there.contains(&**name) && **name != *SUPERUSER);
    Ok(named.into_iter().collect())
}

/// What a database would lose, with about how many rows there are, by its own statistics.
///
/// # Errors
/// When it cannot be asked.
pub async fn losses(source: &Source, session: &Session) -> Result<Vec<(String, i64)>, SessionError> {
    let mut found = Vec::new();
    for action in &source.actions {
        if action.loss.is_none() {
            continue;
        }
        let sql = format!(
            "SELECT greatest(c.reltuples, s.n_live_tup, 0)::int8 FROM pg_catalog.pg_class c \
             LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid WHERE c.oid = pg_catalog.to_regclass({})",
            quote_literal(&action.thing.id.path())
        );
        let read = crate::session::rows(session.client(), &sql, "counting the rows at stake").await?;
        let many = read.first().and_then(|row| row.get(0)?.parse().ok()).unwrap_or(0);
        found.push((action.title.clone(), many));
    }
    Ok(found)
}

/// What differs at a source from what it comes to, when what is renamed has its new name.
pub fn differences(source: &Source, compared: Compared) -> Vec<Change> {
    diff::changes(&source.renamed, &source.goal, &compared.options())
}
