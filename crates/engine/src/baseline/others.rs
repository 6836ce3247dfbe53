//! The tables in which other tools write down what they have run: recognised by name and columns, and what they say.

use cutover_core::catalog::{Catalog, Id, Kind};
use cutover_core::object::table::Table;

use crate::session::{Session, rows};

/// What a tool's table looks like.
struct Look {
    /// The tool, as its users call it.
    tool: &'static str,
    /// The table's name, in whatever schema.
    table: &'static str,
    /// Columns that it has, and others of that name may not have.
    columns: &'static [&'static str],
    /// What is asked of it: the newest version, as one text.
    newest: &'static str,
}

/// The tools. Of two with one name the one with more columns stands first.
const LOOKS: &[Look] = &[
    Look {
        tool: "Alembic",
        table: "alembic_version",
        columns: &["version_num"],
        newest: "string_agg(version_num, ', ' ORDER BY version_num)",
    },
    Look {
        tool: "Flyway",
        table: "flyway_schema_history",
        columns: &["installed_rank", "version", "checksum", "success"],
        newest: "(array_agg(version ORDER BY installed_rank DESC) FILTER (WHERE version IS NOT NULL))[1]",
    },
    Look {
        tool: "goose",
        table: "goose_db_version",
        columns: &["version_id", "is_applied"],
        newest: "max(version_id)",
    },
    Look {
        tool: "golang-migrate",
        table: "schema_migrations",
        columns: &["version", "dirty"],
        newest: "string_agg(version || CASE WHEN dirty THEN ' (dirty)' ELSE '' END, ', ')",
    },
    Look {
        tool: "Ecto",
        table: "schema_migrations",
        columns: &["version", "inserted_at"],
        newest: "max(version)",
    },
    Look {
        tool: "dbmate or Rails",
        table: "schema_migrations",
        columns: &["version"],
        newest: "max(version)",
    },
    Look {
        tool: "Rails",
        table: "ar_internal_metadata",
        columns: &["key", "value"],
        newest: "string_agg(key || '=' || value, ', ')",
    },
    Look {
        tool: "Django",
        table: "django_migrations",
        columns: &["app", "name", "applied"],
        newest: "(array_agg(app || ' ' || name ORDER BY applied DESC))[1]",
    },
    Look {
        tool: "Prisma",
        table: "_prisma_migrations",
        columns: &["checksum", "migration_name", "finished_at"],
        newest: "(array_agg(migration_name ORDER BY started_at DESC))[1]",
    },
    Look {
        tool: "Drizzle",
        table: "__drizzle_migrations",
        columns: &["hash", "created_at"],
        newest: "max(created_at)",
    },
    Look {
        tool: "Flyway",
        table: "schema_version",
        columns: &["installed_rank", "version", "checksum", "success"],
        newest: "(array_agg(version ORDER BY installed_rank DESC) FILTER (WHERE version IS NOT NULL))[1]",
    },
    Look {
        tool: "Diesel",
        table: "__diesel_schema_migrations",
        columns: &["version", "run_on"],
        newest: "max(version)",
    },
    Look {
        tool: "node-pg-migrate",
        table: "pgmigrations",
        columns: &["name", "run_on"],
        newest: "(array_agg(name ORDER BY id DESC))[1]",
    },
    Look { tool: "sql-migrate", table: "gorp_migrations", columns: &["id", "applied_at"], newest: "max(id)" },
    Look {
        tool: "Liquibase",
        table: "databasechangelog",
        columns: &["author", "filename", "md5sum"],
        newest: "(array_agg(id ORDER BY orderexecuted DESC))[1]",
    },
    Look {
        tool: "Liquibase",
        table: "databasechangeloglock",
        columns: &["locked", "lockgranted"],
        newest: "count(*)",
    },
    Look {
        tool: "Knex",
        table: "knex_migrations",
        columns: &["name", "batch"],
        newest: "(array_agg(name ORDER BY id DESC))[1]",
    },
];

/// A table of another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// The table.
    pub table: Id,
    /// The tool.
    pub tool: &'static str,
    /// What it says: the newest version, where it says something.
    pub newest: Option<String>,
    /// Something that needs the table, so that it cannot be left out.
    pub needed_by: Option<Id>,
}

/// The tables of other tools in a schema, and what they say. A table that may not be read says nothing.
pub async fn find(catalog: &Catalog, session: &Session) -> Vec<Other> {
    let mut found = Vec::new();
    for object in catalog.objects().iter().filter(|object| object.id.kind == Kind::Table) {
        let Some(table) = object.definition.as_table() else { continue };
        let Some(look) = LOOKS.iter().find(|look| look.is(&object.id, table)) else { continue };
        let sql = format!("SELECT {} FROM {}", look.newest, object.id.path());
        let read = rows(session.client(), &sql, "reading another tool's table").await.ok();
        let newest = read.and_then(|rows| rows.first()?.get(0).map(str::to_owned));
        let needed_by = needed_by(catalog, &object.id);
        found.push(Other { table: object.id.clone(), tool: look.tool, newest, needed_by });
    }
    found
}

/// What else needs a table: a view on it, a key that refers to it.
fn needed_by(catalog: &Catalog, table: &Id) -> Option<Id> {
    let is_own = |id: &Id| {
        id == table || catalog.get(id).is_none_or(|object| object.belongs_to().as_ref() == Some(table))
    };
    let needs = catalog.dependencies().iter().filter(|it| it.to.id == *table);
    needs.map(|it| &it.from.id).find(|id| !is_own(id)).cloned()
}

impl Look {
    fn is(&self, id: &Id, table: &Table) -> bool {
        *id.name == *self.table && self.columns.iter().all(|name| table.column(name).is_some())
    }
}

/// Words with which a tool's table is named to a person: `Alembic at ae1027a6acf`.
impl std::fmt::Display for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.newest {
            Some(newest) => write!(f, "{}, at {newest}", self.tool),
            None => write!(f, "{}, and says nothing", self.tool),
        }
    }
}
