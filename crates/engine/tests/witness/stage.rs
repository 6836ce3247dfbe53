//! Where cases are played: a database with the tables of their area, and a copy of it for each.

use std::time::Duration;

use cutover_engine::connect::{self, ConnParams, Connected, Env};
use cutover_engine::server::{Scratch, ScratchDatabase};
use cutover_engine::trace::{self, Name, Observed};
use cutover_sql::span::Span;
use cutover_sql::statement::split;

use tokio::sync::Mutex;

use super::case::{Area, Case};

/// Longer than any case takes, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is there once for all databases of a server. A tablespace needs no folder when it is within the server's own.
const SERVER: &str = "SET allow_in_place_tablespaces = on; \
    DO $$ BEGIN CREATE ROLE witness_reader; CREATE ROLE witness_owner; CREATE ROLE witness_member; \
    EXCEPTION WHEN duplicate_object THEN NULL; END $$";
const TABLESPACE: &str = "CREATE TABLESPACE witness_space LOCATION ''";

/// The database of an area.
pub struct Stage<'a> {
    server: &'a Scratch,
    /// The area.
    pub area: &'a Area,
    template: ScratchDatabase,
    extensions: Vec<String>,
}

/// For one thread.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

impl<'a> Stage<'a> {
    /// Makes the tables.
    pub fn build(server: &'a Scratch, area: &'a Area) -> Self {
        runtime().block_on(async {
            let template = server.create(None).await.unwrap();
            let session = open(&template).await;
            run(&session, SERVER).await.unwrap();
            // there already when it is not the first stage
            let _ = run(&session, TABLESPACE).await;
            if let Err(problem) = run(&session, &area.setup(server.major())).await {
                panic!("{}: the setup: {problem}", area.name);
            }
            let extensions = session.client.query("SELECT name FROM pg_available_extensions", &[]).await;
            let extensions = extensions.unwrap().iter().map(|row| row.get(0)).collect();
            drop(session);
            Self { server, area, template, extensions }
        })
    }

    /// The cases that the server can run.
    pub fn cases(&self) -> impl Iterator<Item = (&Self, &Case)> {
        let can = |case: &&Case| {
            (case.versions.0..=case.versions.1).contains(&self.server.major())
                && case.needs.iter().all(|need| self.extensions.contains(need))
        };
        self.area.cases.iter().filter(can).map(move |case| (self, case))
    }

    /// Plays a case on a copy of its own and tells what was seen.
    pub async fn play(&self, case: &Case) -> Result<Observed, String> {
        let database = self.server.create(Some(self.template.name())).await.map_err(|e| e.to_string())?;
        let observed = tokio::time::timeout(PATIENCE, observe(&database, case)).await;
        observed.map_err(|_| "it did not come to an end".to_owned())?
    }
}

async fn observe(database: &ScratchDatabase, case: &Case) -> Result<Observed, String> {
    let session = open(database).await;
    run(&session, &case.prepare).await.map_err(|problem| format!("preparing it: {problem}"))?;
    let observed = if case.is_alone {
        drop(session);
        // what is watched that closely has many sessions, and the server not that many
        let _one_at_a_time = ALONE.lock().await;
        trace::alone(&params(database), &case.statement, &words(&case.statement)).await
    } else {
        run(&session, "BEGIN").await?;
        trace::within(&session.client, &case.statement).await
    };
    observed.map_err(|error| error.to_string())
}

static ALONE: Mutex<()> = Mutex::const_new(());

/// The words of a statement, as tables that it may name.
fn words(statement: &str) -> Vec<Name> {
    let words = statement.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.map(|word| ("public".to_owned(), word.to_owned())).collect()
}

fn params(database: &ScratchDatabase) -> ConnParams {
    let env: Env<'_> = &|_| None;
    ConnParams::parse(&database.url(), env).unwrap()
}

pub async fn open(database: &ScratchDatabase) -> Connected {
    connect::connect(&params(database)).await.unwrap()
}

/// Runs statements one after the other, each in its own transaction.
async fn run(session: &Connected, sql: &str) -> Result<(), String> {
    for statement in split(sql, Span { start: 0, end: sql.len() }).map_err(|error| error.to_string())? {
        let text = &sql[statement.span.start..statement.span.end];
        session.client.batch_execute(text).await.map_err(|error| {
            let message = error.as_db_error().map_or(error.to_string(), |e| e.message().to_owned());
            format!("{message}\n    in: {text}")
        })?;
    }
    Ok(())
}
