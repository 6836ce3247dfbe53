//! What was recorded of a run, as the blocks of a section: one a transaction, without what is not the revision's.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{SinkExt as _, TryStreamExt as _};
use tokio_postgres::Client;

use super::inline::Inliner;
use super::journal::{Done, Phase, Taken, Unit};
use super::sift::{Fate, Sieve, search_path};
use crate::session::SessionError;

/// One statement, ready to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The statement, without its semicolon.
    pub sql: String,
    /// The data of a `COPY ... FROM stdin`, as text.
    pub copy: Option<String>,
}

/// A question to the user's own tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The query.
    pub sql: String,
    /// The tables.
    pub tables: Vec<String>,
    /// The server's answer: `SELECT 0`.
    pub tag: String,
}

/// A run, sifted.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// The transactions, each with its statements.
    pub blocks: Vec<Vec<Line>>,
    /// What the revision asked the user's own tables.
    pub asked: Vec<Asked>,
    /// What the revision itself did to Alembic's table.
    pub of_alembic: Vec<String>,
    /// What `env.py` did that counts, and was not seen before.
    pub around: Vec<String>,
    /// Statements of the revision that were rolled back in the end.
    pub undone: Vec<String>,
    /// Statements that failed, with the server's message.
    pub failures: Vec<(String, String)>,
}

impl Blocks {
    /// Whether nothing is left to run.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// How many statements there are.
    pub fn count(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }
}

/// What is remembered from one run to the next.
#[derive(Debug, Default)]
pub(super) struct Sifter {
    /// What decides.
    pub sieve: Sieve,
    /// The search path that `env.py` sets, from the first run on: it is a setting of the whole history.
    pub pinned: Option<String>,
    inliner: Inliner,
    around: BTreeSet<String>,
}

impl Sifter {
    /// Whether a setting is the search path of the whole history, and nothing else was set in its session before.
    fn pins(&mut self, sql: &str, settings: &[String]) -> bool {
        let Some(path) = search_path(sql) else { return false };
        if settings.iter().any(|it| search_path(it).is_some()) {
            return false;
        }
        *self.pinned.get_or_insert_with(|| path.clone()) == path
    }
}

/// The settings that hold in each session, in the order in which they were set.
type Sessions = BTreeMap<u32, Vec<String>>;

impl Sifter {
    /// With the functions that have no effect.
    pub fn new(pure: BTreeSet<String>) -> Self {
        Self { sieve: Sieve { pure, ..Sieve::default() }, ..Self::default() }
    }

    /// Sifts a run. What `env.py` does besides counts once, and only on the way up.
    ///
    /// # Errors
    /// When the server does not read a parameter.
    pub async fn sift(&mut self, taken: Taken, is_up: bool, client: &Client) -> Result<Blocks, SessionError> {
        let mut found = Blocks { failures: taken.failures, ..Blocks::default() };
        for done in &taken.undone {
            if self.sieve.fate(&done.sql, done.phase) == Fate::Kept {
                found.undone.push(self.inliner.inline(done, client).await?);
            }
        }
        let mut sessions = Sessions::new();
        for unit in taken.units {
            let lines = self.unit(&unit, is_up, &mut sessions, &mut found, client).await?;
            if !lines.is_empty() {
                found.blocks.push(lines);
            }
        }
        Ok(found)
    }

    async fn unit(
        &mut self,
        unit: &Unit,
        is_up: bool,
        sessions: &mut Sessions,
        found: &mut Blocks,
        client: &Client,
    ) -> Result<Vec<Line>, SessionError> {
        let settings = sessions.entry(unit.session).or_default();
        let mut lines: Vec<Line> = Vec::new();
        for done in &unit.done {
            let is_around = done.phase == Phase::Around;
            match self.sieve.fate(&done.sql, done.phase) {
                Fate::Dropped => {}
                Fate::Reset => settings.clear(),
                Fate::OfAlembic if is_around => {}
                Fate::OfAlembic => found.of_alembic.push(done.sql.clone()),
                Fate::Read(tables) => {
                    if !is_around && !tables.is_empty() {
                        let sql = self.inliner.inline(done, client).await?;
                        found.asked.push(Asked { sql, tables, tag: done.tag.clone() });
                    }
                }
                Fate::Session if is_around && self.pins(&done.sql, settings) => {}
                Fate::Session => {
                    settings.push(done.sql.clone());
                    if !lines.is_empty() {
                        lines.push(Line { sql: done.sql.clone(), copy: None });
                    }
                }
                Fate::Kept => {
                    let sql = self.inliner.inline(done, client).await?;
                    if is_around {
                        if !is_up || !self.around.insert(sql.clone()) {
                            continue;
                        }
                        found.around.push(sql.clone());
                    }
                    if lines.is_empty() {
                        lines.extend(settings.iter().map(|sql| Line { sql: sql.clone(), copy: None }));
                    }
                    let set = settings.iter().rev().find_map(|it| search_path(it));
                    let path = set.or_else(|| self.pinned.clone());
                    lines.push(line(sql, done, path.as_deref(), client).await?);
                }
            }
        }
        Ok(lines)
    }
}

/// `path` is the search path of its session, if it was set.
async fn line(sql: String, done: &Done, path: Option<&str>, client: &Client) -> Result<Line, SessionError> {
    let Some(data) = &done.copy else { return Ok(Line { sql, copy: None }) };
    let as_it_is = || Some(String::from_utf8_lossy(data).into_owned());
    let Some(binary) = BinaryCopy::of(&sql) else { return Ok(Line { sql, copy: as_it_is() }) };
    let path = path.map(|path| format!("SET LOCAL search_path TO {path};")).unwrap_or_default();
    let failed = |source| SessionError::Query { what: "reading the data of a COPY", source };
    client.batch_execute(&format!("BEGIN; {path}")).await.map_err(failed)?;
    let text = binary.text(data, client).await;
    client.batch_execute("ROLLBACK").await.map_err(failed)?;
    Ok(match text {
        Ok(text) => {
            let names = if binary.columns == "*" { String::new() } else { format!(" ({})", binary.columns) };
            Line { sql: format!("COPY {}{names} FROM stdin", binary.table), copy: Some(text) }
        }
        // a table that is no longer what it was: the replay tells that this is not right
        Err(_) => Line { sql, copy: as_it_is() },
    })
}

/// A `COPY ... FROM stdin` whose data is binary.
struct BinaryCopy {
    table: String,
    columns: String,
}

impl BinaryCopy {
    /// Its data as text, by way of a table like its own that only this transaction has: nothing else is locked.
    async fn text(&self, data: &[u8], client: &Client) -> Result<String, tokio_postgres::Error> {
        let (table, columns) = (&self.table, &self.columns);
        let make = format!("CREATE TEMP TABLE cutover_copy AS SELECT {columns} FROM {table} WITH NO DATA");
        client.batch_execute(&make).await?;
        let mut sink = Box::pin(client.copy_in("COPY cutover_copy FROM stdin (FORMAT binary)").await?);
        sink.send(bytes::Bytes::copy_from_slice(data)).await?;
        sink.close().await?;
        let out = client.copy_out("COPY cutover_copy TO stdout").await?;
        let parts: Vec<bytes::Bytes> = out.try_collect().await?;
        Ok(String::from_utf8_lossy(&parts.concat()).into_owned())
    }

    fn of(sql: &str) -> Option<Self> {
        use cutover_sql::ident::{qualified, quote_ident};
        use cutover_sql::tree::{self, NodeEnum};
        let trees = cutover_sql::parse::parse(sql, cutover_sql::span::Span::new(0, sql.len())).ok()?;
        let Some(NodeEnum::CopyStmt(it)) = trees.into_iter().next()?.stmt?.node else { return None };
        let is_binary = it.options.iter().any(|option| match tree::inner(option) {
            Some(NodeEnum::DefElem(it)) => {
                it.defname == "format" && it.arg.as_deref().and_then(tree::text) == Some("binary")
            }
            _ => false,
        });
        let relation = it.relation.filter(|_| is_binary)?;
        let mut name = vec![relation.relname.as_str()];
        name.splice(0..0, tree::schema(&relation));
        let columns: Vec<String> =
            tree::texts(&it.attlist).iter().map(|it| quote_ident(it).into_owned()).collect();
        let columns = if columns.is_empty() { "*".into() } else { columns.join(", ") };
        Some(Self { table: qualified(&name), columns })
    }
}
