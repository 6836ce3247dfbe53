//! The tables in which other tools keep what they ran: left out of what is compared, and asked what they say of the files.
//!
//! They are only read. What their rows mean for a file is known to `cutover_core::adopt::told`.

use cutover_core::adopt::folder::Layout;
use cutover_core::adopt::told::{Row, Said, Told, version};
use cutover_core::catalog::{Catalog, Id, Kind, Name};
use tokio_postgres::SimpleQueryRow;

use super::File;
use crate::baseline::{Other, tables_of_tools};
use crate::session::{Patience, Session, look};

/// The tables of other tools in a live database.
#[derive(Clone, Debug, Default)]
pub struct Theirs {
    /// Those that stay out of everything.
    pub left_out: Vec<Other>,
    /// Schemas that have nothing else in them.
    pub schemas: Vec<Name>,
    /// What that of the folder's tool says, where there is one and it may be read.
    pub told: Option<Told>,
}

impl Theirs {
    /// What names a table of theirs in `ignore`: where its schema is theirs, that.
    pub fn pattern(&self, table: &Id) -> String {
        match self.schemas.contains(&table.namespace) {
            true => format!("schema {}", table.namespace),
            false => format!("table {}.{}", table.namespace, table.name),
        }
    }

    /// All of them, each once.
    pub fn patterns(&self) -> Vec<String> {
        let mut all: Vec<String> = self.left_out.iter().map(|other| self.pattern(&other.table)).collect();
        all.sort();
        all.dedup();
        all
    }
}

/// Looks for them. One that a file makes, or that something else needs, is none of theirs.
pub async fn find(catalog: &Catalog, session: &Session, files: &[File], layout: Layout) -> Theirs {
    let is_made = |id: &Id| {
        files.iter().any(|file| file.names.creates.iter().any(|it| it.name == *id.name && it.is_relation()))
    };
    let mut found = tables_of_tools(catalog, session).await;
    found.retain(|other| other.needed_by.is_none() && !is_made(&other.table));
    let mut told = None;
    for other in &found {
        if let Some(asks) = asks(layout, other.tool)
            && let Ok(rows) = ask(session, &other.table, &asks).await
        {
            told = Some(read(other, &asks, &rows));
            break;
        }
    }
    let mut theirs = Theirs { left_out: found, schemas: Vec::new(), told };
    theirs.schemas = schemas(catalog, &theirs);
    theirs
}

/// The schemas that would be empty without them.
fn schemas(catalog: &Catalog, theirs: &Theirs) -> Vec<Name> {
    let is_theirs = |id: &Id| theirs.left_out.iter().any(|other| other.table == *id);
    let rest = catalog.clone().filtered(|object| !is_theirs(&object.id));
    let mut names: Vec<Name> = theirs.left_out.iter().map(|other| other.table.namespace.clone()).collect();
    names.retain(|name| **name != *"public" && !rest.objects().iter().any(|it| it.id.namespace == *name));
    names
}

/// A catalog without them, and without their schemas.
pub fn without(catalog: Catalog, theirs: &Theirs) -> Catalog {
    let is_schema = |id: &Id| id.kind == Kind::Namespace && theirs.schemas.contains(&id.name);
    let is_theirs = |id: &Id| is_schema(id) || theirs.left_out.iter().any(|other| other.table == *id);
    catalog.filtered(|object| !is_theirs(&object.id))
}

/// What is asked of a tool's table, and what the answer is.
struct Asks {
    /// Columns: what it calls the change, what a person calls it, `applied`, `failed` or `undone`, and when.
    columns: &'static str,
    order: &'static str,
    /// Whether a row stands for everything up to it, and not only for itself: where its kind says so.
    up_to: &'static str,
    is_version: bool,
}

/// What the table of the folder's own tool is asked; nothing for that of another one.
fn asks(layout: Layout, tool: &str) -> Option<Asks> {
    let none = "false";
    Some(match (layout, tool) {
        (Layout::Flyway, "Flyway") => Asks {
            columns: "coalesce(version, script), script, CASE WHEN NOT success THEN 'failed' WHEN type LIKE 'UNDO%' OR type = 'DELETE' \
                      THEN 'undone' ELSE 'applied' END, installed_on::text",
            order: "installed_rank",
            up_to: "type LIKE '%BASELINE'",
            is_version: true,
        },
        (Layout::Dbmate, "dbmate or Rails") => Asks {
            columns: "version, version, 'applied', NULL",
            order: "version",
            up_to: none,
            is_version: true,
        },
        (Layout::GolangMigrate, "golang-migrate") => Asks {
            columns: "version::text, version::text, CASE WHEN dirty THEN 'failed' ELSE 'applied' END, NULL",
            order: "version",
            up_to: "true",
            is_version: true,
        },
        (Layout::Goose, "goose") => Asks {
            columns: "version_id::text, version_id::text, CASE WHEN is_applied THEN 'applied' ELSE 'undone' END, tstamp::text",
            order: "id",
            up_to: none,
            is_version: true,
        },
        (Layout::Prisma, "Prisma") => Asks {
            columns: "migration_name, migration_name, CASE WHEN rolled_back_at IS NOT NULL THEN 'undone' \
                      WHEN finished_at IS NULL THEN 'failed' ELSE 'applied' END, finished_at::text",
            order: "started_at",
            up_to: none,
            is_version: false,
        },
        (Layout::Drizzle, "Drizzle") => Asks {
            columns: "created_at::text, created_at::text, 'applied', to_timestamp(created_at / 1000.0)::text",
            order: "created_at",
            up_to: none,
            is_version: false,
        },
        _ => return None,
    })
}

/// Reads the table, with the lock of a SELECT, which disturbs nobody.
async fn ask(
    session: &Session,
    table: &Id,
    asks: &Asks,
) -> Result<Vec<SimpleQueryRow>, crate::session::SessionError> {
    let Asks { columns, order, up_to, .. } = asks;
    let sql = format!("SELECT {columns}, {up_to} FROM {} ORDER BY {order}", table.path());
    look(session.client(), &sql, "reading another tool's table", Patience::USUAL).await
}

fn read(other: &Other, asks: &Asks, rows: &[SimpleQueryRow]) -> Told {
    let text = |row: &SimpleQueryRow, at: usize| row.get(at).unwrap_or_default().to_owned();
    let mut told = Told { table: other.table.path(), tool: other.tool.to_owned(), ..Told::default() };
    for row in rows {
        let name = text(row, 0);
        let is_version = asks.is_version && name.bytes().all(|c| c.is_ascii_digit() || b"._-".contains(&c));
        let called = if is_version { version(&name) } else { name };
        // goose begins with a row that stands for nothing
        if asks.is_version && called == "0" {
            continue;
        }
        let said = match text(row, 2).as_str() {
            "failed" => Said::Failed,
            "undone" => Said::Undone,
            _ => Said::Applied { at: row.get(3).map(str::to_owned) },
        };
        if text(row, 4) == "t" {
            told.up_to = Some(called.clone());
        }
        told.rows.push(Row { called, shown: text(row, 1), said });
    }
    told
}
