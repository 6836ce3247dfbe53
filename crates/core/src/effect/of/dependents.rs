//! What goes along when something that is no relation is dropped with `CASCADE`.
//!
//! Source: `findDependentObjects` in `dependency.c`: each relation that an object hangs on is locked as if it were
//! dropped itself.

use super::{Break, Loss, Mode, Rel, Work};
use crate::effect::known::{DataType, Kind, Object, User};

/// The types of well-known extensions, which are in no schema that is known.
const EXTENSIONS: [(&str, &[&str]); 12] = [
    ("citext", &["citext"]),
    ("cube", &["cube"]),
    ("hstore", &["hstore", "ghstore"]),
    ("intarray", &["query_int"]),
    ("isn", &["ean13", "isbn", "isbn13", "ismn", "ismn13", "issn", "issn13", "upc"]),
    ("ltree", &["ltree", "lquery", "ltxtquery"]),
    ("pg_trgm", &["gtrgm"]),
    ("postgis", &["geometry", "geography", "box2d", "box3d"]),
    ("seg", &["seg"]),
    ("timescaledb", &[]),
    ("uuid-ossp", &[]),
    ("vector", &["vector", "halfvec", "sparsevec"]),
];

impl Work<'_> {
    /// All that names an object goes, or loses what names it.
    pub(super) fn users_go(&mut self, object: &Object) {
        for user in self.known.users_of(object) {
            match user {
                User::Default(table, column) => {
                    self.lock(&table, Mode::AccessExclusive);
                    self.breaks(Break::Default { table, column, dropped: true });
                }
                User::Column(table, column) => self.column_is_lost(&table, &column),
                User::Constraint(table, name) => {
                    self.lock(&table, Mode::AccessExclusive);
                    self.constraint_goes(&table, &name, true);
                }
                User::Index(index) => self.drop_index(&index, false, true),
                User::View(view) => {
                    let is_view = self.kind(&view) == Kind::View;
                    let what = if is_view { "view" } else { "materialized view" };
                    self.relation_goes(&view, true);
                    self.breaks(Break::Gone { what, name: view.to_string() });
                }
                User::Policy(table, _) | User::Rule(table, _) => self.lock(&table, Mode::AccessExclusive),
                User::Trigger(table, _) => {
                    for one in self.known.tree(&table) {
                        self.lock(&one, Mode::AccessExclusive);
                    }
                }
            }
        }
    }

    /// A column goes because what it is made of goes.
    pub(super) fn column_is_lost(&mut self, table: &Rel, column: &str) {
        if !matches!(self.kind(table), Kind::Table | Kind::Partitioned | Kind::Foreign | Kind::Composite) {
            return;
        }
        self.lock(table, Mode::AccessExclusive);
        self.column_goes(table, column, true);
        self.loses(Loss::Column { table: table.clone(), column: column.to_owned() });
    }

    /// The columns that have a type which goes.
    pub(super) fn columns_of_type_go(&mut self, wanted: impl Fn(&DataType) -> bool) {
        let mut found: Vec<(Rel, String)> = Vec::new();
        for (table, relation) in self.known.relations() {
            let columns = relation.columns.iter().flatten().filter(|column| wanted(&column.data_type));
            found.extend(columns.map(|column| (table.clone(), column.name.clone())));
        }
        found.sort();
        for (table, column) in found {
            self.column_is_lost(&table, &column);
        }
    }

    pub(super) fn extension_goes(&mut self, extension: &str) {
        match EXTENSIONS.iter().find(|(name, _)| *name == extension) {
            Some((_, types)) => {
                self.columns_of_type_go(|it| types.contains(&it.name.as_str()));
                self.unknown(format!("what calls the functions of the extension {extension} goes with it"));
            }
            None => self.unknown(format!("what uses the extension {extension} goes with it")),
        }
    }

    /// The tables that are kept, and the indexes that are built, by an access method.
    pub(super) fn access_method_goes(&mut self, name: &str) {
        let tables = self.relations_where(|it| it.access_method.as_deref() == Some(name));
        for table in tables {
            self.drop_table(&table, true);
        }
        for index in self.relations_where(|it| it.index.as_ref().is_some_and(|index| index.method == name)) {
            self.drop_index(&index, false, true);
        }
    }

    /// The foreign tables of a server, or of all servers of a wrapper.
    pub(super) fn server_goes(&mut self, goes: impl Fn(&str) -> bool) {
        for table in self.relations_where(|it| it.server.as_deref().is_some_and(&goes)) {
            self.drop_table(&table, true);
        }
    }

    /// `DROP OWNED`: what a role is known to own.
    pub(super) fn owned_goes(&mut self, role: &str) {
        for name in self.relations_where(|it| it.owner.as_deref() == Some(role)) {
            match self.kind(&name) {
                Kind::Table | Kind::Partitioned | Kind::Foreign => self.drop_table(&name, true),
                _ => self.relation_goes(&name, true),
            }
        }
    }

    /// `REASSIGN OWNED`: the same relations get another owner.
    pub(super) fn owned_moves(&mut self, role: &str) {
        for name in self.relations_where(|it| it.owner.as_deref() == Some(role)) {
            self.lock(&name, Mode::AccessExclusive);
        }
    }

    /// The relations that are so, by name.
    pub(super) fn relations_where(
        &self,
        wanted: impl Fn(&crate::effect::known::Relation) -> bool,
    ) -> Vec<Rel> {
        let mut found: Vec<Rel> =
            self.known.relations().filter(|(_, it)| wanted(it)).map(|(name, _)| name.clone()).collect();
        found.sort();
        found
    }
}
