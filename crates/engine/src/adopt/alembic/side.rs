//! Alembic's side of the comparison: a revision up, its way back on a copy of the database, and what each of them left.
//!
//! Knows nothing of the files that are written, nor of their replay.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use cutover_core::revision::Graph;
use cutover_core::revision::graph::Index;
use cutover_sql::ident::{qualified, quote_literal};

use super::blocks::{Blocks, Sifter};
use super::eye::look;
use super::ground::{Ground, Lent};
use super::host::{ContextTable, Host, HostError, Raised, Ran, Script};
use super::journal::Taken;
use super::prepare::prepare;
use super::proxy::Door;
use super::sift::VersionTable;
use super::{AlembicError, Options};
use crate::schema::SchemaError;
use crate::schema::trial::Moment;
use crate::session::{Session, SessionError, rows};

/// The project's Alembic, and the server that it runs on.
pub(super) struct Side<'a> {
    options: &'a Options,
    pub ground: Ground,
    door: Door,
    host: Host,
    pub sifter: Sifter,
    /// In Alembic's ids.
    graph: Option<Graph>,
    applied: BTreeSet<Index>,
    /// What was done before the first revision, until one has it.
    prepared: Option<Taken>,
    /// Whether there was no revision yet.
    is_fresh: bool,
}

/// One run of a revision in one direction.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub blocks: Blocks,
    pub ran: Ran,
    pub raised: Option<Raised>,
}

/// A revision that went up.
#[derive(Debug)]
pub(super) struct Up {
    pub run: Run,
    pub is_skipped: bool,
    /// It ran, and Alembic's table does not say so.
    pub is_lost: bool,
    /// Milliseconds that Alembic took.
    pub millis: f64,
    /// What is there now.
    pub after: Arc<Moment>,
    /// Its way back; none where it was not run.
    pub down: Option<Run>,
    /// The copy on which that was run.
    pub copy: Option<Copied>,
}

/// A copy in the place of the database, until [`Side::come_back`].
#[derive(Debug)]
pub(super) struct Copied {
    /// Whether the way back changed the server's roles: what was read meanwhile may be of other roles.
    pub has_other_roles: bool,
    lent: Lent,
    session: Session,
}

/// A run that is not sifted yet.
struct Stepped {
    ran: Ran,
    raised: Option<Raised>,
    taken: Taken,
}

impl<'a> Side<'a> {
    /// Before the first revision.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn new(
        options: &'a Options,
        (ground, door, host): (Ground, Door, Host),
        graph: Option<Graph>,
    ) -> Result<Self, AlembicError> {
        let sifter = Sifter::new(pure(&ground).await?);
        let prepared = match &options.around.prepare {
            Some(file) => Some(prepare(&door, &ground.database, file).await?),
            None => None,
        };
        let applied = BTreeSet::new();
        Ok(Self { options, ground, door, host, sifter, graph, applied, prepared, is_fresh: true })
    }

    /// Alembic's table.
    pub fn version(&self) -> &VersionTable {
        &self.sifter.sieve.version
    }

    /// What is in the database now.
    pub async fn look(&mut self) -> Result<Arc<Moment>, AlembicError> {
        Ok(Arc::new(self.ground.look(&self.sifter.sieve.version).await?))
    }

    /// Runs a revision, and its way back on a copy of what it left, unless it is to be skipped or fails.
    ///
    /// # Errors
    /// When nothing of it comes to the server, or there is no going on.
    pub async fn up(&mut self, script: &Script) -> Result<Up, AlembicError> {
        let is_first = std::mem::take(&mut self.is_fresh);
        let applied = self.graph.as_ref().and_then(|graph| graph.find(&script.id));
        if self.options.skip.contains(&script.id) {
            self.applied.extend(applied);
            return self.stays(Run::default(), 0.0, true).await;
        }
        let begin = Instant::now();
        let mut stepped = Stepped::of(script, true, &mut self.host, &self.door).await?;
        let millis = begin.elapsed().as_secs_f64() * 1000.0;
        self.check(script, &stepped, is_first)?;
        if let Some(prepared) = self.prepared.take() {
            stepped.taken.units.splice(0..0, prepared.units);
        }
        self.applied.extend(applied);
        if stepped.raised.is_some() {
            let run = self.sifted(stepped, true, None).await?;
            return self.stays(run, millis, false).await;
        }
        self.there_and_back(script, stepped, millis).await
    }

    /// What the way back left on the copy, if that is asked for; the database is then again what it was before.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn come_back(
        &mut self,
        copy: Copied,
        is_asked: bool,
    ) -> Result<Option<Arc<Moment>>, AlembicError> {
        let Copied { lent, session, .. } = copy;
        let left = if is_asked { Some(Arc::new(look(&session, self.version()).await?)) } else { None };
        drop(session);
        self.ground.restore(lent).await?;
        Ok(left)
    }

    /// Whether anything can be believed of a revision.
    fn check(&self, script: &Script, stepped: &Stepped, is_first: bool) -> Result<(), AlembicError> {
        match &stepped.raised {
            Some(raised) if !stepped.taken.is_touched && is_first => {
                // not even the first one came to a database: what is wrong is not the revision's
                let (message, traceback) =
                    (format!("{}: {}", raised.kind, raised.message), raised.traceback.clone());
                Err(HostError::Alembic { message, traceback }.into())
            }
            None if !stepped.taken.is_touched => {
                let (project, printed) = (self.options.project.name(), self.host.printed());
                Err(AlembicError::Elsewhere { project, id: script.id.clone(), printed })
            }
            _ => Ok(()),
        }
    }

    /// After a revision that did not run: Alembic takes it as applied.
    async fn stays(&mut self, run: Run, millis: f64, is_skipped: bool) -> Result<Up, AlembicError> {
        self.mark(&self.heads()).await?;
        let after = self.look().await?;
        Ok(Up { run, is_skipped, is_lost: false, millis, after, down: None, copy: None })
    }

    /// After a revision that ran: its way back on a copy, and meanwhile a look at the database behind it, which nobody
    /// changes.
    async fn there_and_back(
        &mut self,
        script: &Script,
        stepped: Stepped,
        millis: f64,
    ) -> Result<Up, AlembicError> {
        let run = self.sifted(stepped, true, None).await?;
        let eye = self.ground.eye().await?;
        let (said, heads) = (version_rows(eye.client(), &self.sifter.sieve.version).await?, self.heads());
        if said != heads {
            self.mark(&heads).await?;
        }
        let lent = self.ground.lend().await?;
        let (after, stepped) = tokio::join!(
            self.ground.look(&self.sifter.sieve.version),
            Stepped::of(script, false, &mut self.host, &self.door)
        );
        let (after, stepped) = (Arc::new(after?), stepped?);
        let session = self.ground.session().await?;
        let down = Some(self.sifted(stepped, false, Some(&session)).await?);
        let has_other_roles = self.ground.has_other_roles(&lent).await?;
        let copy = Some(Copied { has_other_roles, lent, session });
        let is_lost = !said.contains(&script.id);
        Ok(Up { run, is_skipped: false, is_lost, millis, after, down, copy })
    }

    /// Sifts a run, in a session on the copy or else on the database itself.
    async fn sifted(
        &mut self,
        stepped: Stepped,
        is_up: bool,
        session: Option<&Session>,
    ) -> Result<Run, AlembicError> {
        let Stepped { ran, raised, taken } = stepped;
        if let Some(ContextTable { schema, table }) = ran.contexts.first().cloned() {
            self.sifter.sieve.version = VersionTable { schema, table };
        }
        let client = match session {
            Some(session) => session.client(),
            None => self.ground.eye().await?.client(),
        };
        let blocks = self.sifter.sift(taken, is_up, client).await?;
        Ok(Run { blocks, ran, raised })
    }

    /// What Alembic's table has to say now.
    fn heads(&self) -> BTreeSet<String> {
        let Some(graph) = &self.graph else { return BTreeSet::new() };
        graph.tips(&self.applied).into_iter().map(|index| graph.id(index).to_owned()).collect()
    }

    /// Makes Alembic's table say so, in a session that begins as Alembic's do.
    async fn mark(&self, heads: &BTreeSet<String>) -> Result<(), AlembicError> {
        let session = self.ground.session().await?;
        let VersionTable { schema, table } = self.version();
        let name = match schema {
            Some(schema) => qualified(&[schema, table]),
            None => qualified(&[table]),
        };
        // where env.py's own session has it
        let path = self.sifter.pinned.as_ref().map(|path| format!("SET search_path TO {path}, public; "));
        let mut sql = path.unwrap_or_default();
        sql += &format!(
            "CREATE TABLE IF NOT EXISTS {name} (version_num varchar(255) PRIMARY KEY); DELETE FROM {name}"
        );
        heads.iter().for_each(|id| sql += &format!("; INSERT INTO {name} VALUES ({})", quote_literal(id)));
        let done = session.client().batch_execute(&sql).await;
        Ok(done.map_err(|source| SessionError::Query { what: "telling Alembic where it is", source })?)
    }
}

impl Stepped {
    /// Runs a revision with the project's Alembic.
    async fn of(script: &Script, is_up: bool, host: &mut Host, door: &Door) -> Result<Self, AlembicError> {
        let result = host.step(&script.id, is_up, door).await?;
        let taken = door.journal().take();
        Ok(match result {
            Ok(ran) => Self { ran, raised: None, taken },
            Err(raised) => {
                let ran = Ran { seen: raised.seen.clone(), ..Ran::default() };
                Self { ran, raised: Some(raised), taken }
            }
        })
    }
}

/// What Alembic's table says; nothing when it is not there.
pub(super) async fn version_rows(
    client: &tokio_postgres::Client,
    version: &VersionTable,
) -> Result<BTreeSet<String>, SessionError> {
    let what = "reading Alembic's table";
    let schema = version.schema.as_ref().map(|it| format!(" AND n.nspname = {}", quote_literal(it)));
    let sql = format!(
        "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p') AND c.relname = {}{} ORDER BY n.nspname <> 'public', 1",
        quote_literal(&version.table),
        schema.unwrap_or_default()
    );
    let mut found = BTreeSet::new();
    for row in rows(client, &sql, what).await? {
        let name = qualified(&[row.get(0).unwrap_or_default(), &version.table]);
        let versions = rows(client, &format!("SELECT version_num FROM {name}"), what).await?;
        found.extend(versions.iter().filter_map(|row| row.get(0).map(str::to_owned)));
        if version.schema.is_none() && !found.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// PostgreSQL's functions that an expression can call: those that have an effect all the same are the sieve's to know.
async fn pure(ground: &Ground) -> Result<BTreeSet<String>, SchemaError> {
    let session = ground.session().await?;
    let sql = "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)";
    let found = rows(session.client(), sql, "reading the functions").await?;
    Ok(found.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}
