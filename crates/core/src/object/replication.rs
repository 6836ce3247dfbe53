//! Publications and subscriptions.

use cutover_sql::ident::{quote_ident, quote_literal};
use serde::{Deserialize, Serialize};

use super::Define;
use super::ops::{Fit, Ops, Sides};
use crate::catalog::{Id, Name};

/// A publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Whether it has all tables.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_tables: bool,
    /// `publish = '…'` and so on, where they are not as usual.
    pub options: Vec<(Name, Name)>,
    /// Its tables, with columns and condition as SQL has them.
    pub tables: Vec<(Id, Name)>,
    /// Namespaces whose tables it has.
    pub namespaces: Vec<Name>,
}

impl Publication {
    fn option_list(options: &[(Name, Name)]) -> String {
        let items: Vec<String> =
            options.iter().map(|(name, value)| format!("{name} = {}", quote_literal(value))).collect();
        items.join(", ")
    }

    /// A table alone: its children are in the list where they are meant.
    fn table(&self, at: usize) -> String {
        let (id, rest) = &self.tables[at];
        format!("TABLE ONLY {}{rest}", id.path())
    }

    fn objects(&self) -> Vec<String> {
        let mut items: Vec<String> = (0..self.tables.len()).map(|at| self.table(at)).collect();
        items.extend(self.namespaces.iter().map(|name| format!("TABLES IN SCHEMA {}", quote_ident(name))));
        items
    }
}

impl Define for Publication {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let objects = self.objects();
        let list = match (self.all_tables, objects.is_empty()) {
            (true, _) => " FOR ALL TABLES".to_owned(),
            (false, true) => String::new(),
            (false, false) => format!(" FOR {}", objects.join(", ")),
        };
        let options = if self.options.is_empty() {
            String::new()
        } else {
            format!(" WITH ({})", Self::option_list(&self.options))
        };
        ops.create(id, format!("CREATE PUBLICATION {}{list}{options}", id.path()));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if self.all_tables != to.all_tables {
            return Fit::Anew;
        }
        let mut alter = |what: &str, tail: String| {
            ops.alter(id, what, format!("ALTER PUBLICATION {} {tail}", id.path()));
        };
        if self.options != to.options {
            let mut options = to.options.clone();
            for (name, _) in self.options.iter().filter(|(n, _)| !to.options.iter().any(|(m, _)| n == m)) {
                options.push((name.clone(), usual(name).into()));
            }
            alter("options", format!("SET ({})", Self::option_list(&options)));
        }
        for (table, rest) in &self.tables {
            if !to.tables.iter().any(|(other, r)| other == table && r == rest) {
                alter("tables", format!("DROP TABLE ONLY {}", table.path()));
            }
        }
        for name in self.namespaces.iter().filter(|name| !to.namespaces.contains(name)) {
            alter("schemas", format!("DROP TABLES IN SCHEMA {}", quote_ident(name)));
        }
        for (at, entry) in to.tables.iter().enumerate() {
            if !self.tables.contains(entry) {
                alter("tables", format!("ADD {}", to.table(at)));
            }
        }
        for name in to.namespaces.iter().filter(|name| !self.namespaces.contains(name)) {
            alter("schemas", format!("ADD TABLES IN SCHEMA {}", quote_ident(name)));
        }
        Fit::Altered
    }
}

/// What a publication's option is when nothing is said
/// (<https://www.postgresql.org/docs/current/sql-createpublication.html>).
fn usual(option: &str) -> &'static str {
    match option {
        "publish" => "insert, update, delete, truncate",
        "publish_generated_columns" => "none",
        _ => "false",
    }
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The connection string, without its password.
    pub connection: Name,
    /// What it subscribes to.
    pub publications: Vec<Name>,
    /// Whether it runs.
    pub enabled: bool,
    /// `slot_name = …` and so on, as SQL has them.
    pub options: Vec<(Name, Name)>,
}

impl Subscription {
    fn publication_list(&self) -> String {
        let names: Vec<_> = self.publications.iter().map(|name| quote_ident(name)).collect();
        names.join(", ")
    }
}

impl Define for Subscription {
    /// Without a connection, as `pg_dump` does: a schema is no place to begin replication in.
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let mut options = vec!["connect = false".to_owned()];
        options.extend(self.options.iter().map(|(name, value)| format!("{name} = {value}")));
        let (connection, list) = (quote_literal(&self.connection), self.publication_list());
        let start = format!("CREATE SUBSCRIPTION {} CONNECTION {connection} PUBLICATION {list}", id.path());
        let op = ops.create(id, format!("{start} WITH ({})", options.join(", ")));
        if self.enabled {
            op.and(format!("ALTER SUBSCRIPTION {} ENABLE", id.path()));
        }
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        let mut alter = |what: &str, tail: String| {
            ops.alter(id, what, format!("ALTER SUBSCRIPTION {} {tail}", id.path()));
        };
        if self.connection != to.connection {
            alter("connection", format!("CONNECTION {}", quote_literal(&to.connection)));
        }
        if self.publications != to.publications {
            alter(
                "publications",
                format!("SET PUBLICATION {} WITH (refresh = false)", to.publication_list()),
            );
        }
        let changed: Vec<String> = to
            .options
            .iter()
            .filter(|option| !self.options.contains(option))
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        if !changed.is_empty() {
            alter("options", format!("SET ({})", changed.join(", ")));
        }
        if self.enabled != to.enabled {
            alter("enabled", if to.enabled { "ENABLE" } else { "DISABLE" }.into());
        }
        Fit::Altered
    }

    /// The slot at the other end stays: nothing here may reach over there.
    fn remove(&self, id: &Id, ops: &mut Ops) {
        let alter = format!("ALTER SUBSCRIPTION {}", id.path());
        let op = ops.drop(id, format!("{alter} DISABLE"));
        op.and(format!("{alter} SET (slot_name = NONE)")).and(format!("DROP SUBSCRIPTION {}", id.path()));
    }
}
