//! A view, and a materialized view.

use cutover_sql::ident::quote_ident;
use serde::{Deserialize, Serialize};

use super::Define;
use super::column::Column;
use super::common::{self, Options, Unjudged};
use super::ops::{Fit, Ops, Sides, Verb};
use crate::catalog::{Id, Kind, Name, Thing};

/// A view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Its columns; of their attributes a view has name, type, collation, default and comment.
    pub columns: Vec<Column>,
    /// The query, without a semicolon.
    pub query: Name,
    /// `security_barrier`, `security_invoker`, `check_option`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
}

impl View {
    fn sql(&self, id: &Id, words: &str) -> String {
        let options = if self.options.is_empty() {
            String::new()
        } else {
            format!(" WITH ({})", common::options_list(&self.options))
        };
        format!("CREATE {words} {}{options} AS\n{}", id.path(), self.query)
    }

    /// A view of the same columns that needs nothing: what breaks a circle of views and functions.
    pub fn stand_in(&self, id: &Id) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let collation = column.collation.as_ref().map_or(String::new(), |c| format!(" COLLATE {c}"));
                format!("NULL::{}{collation} AS {}", column.data_type, quote_ident(&column.name))
            })
            .collect();
        format!("CREATE VIEW {} AS\nSELECT {}", id.path(), columns.join(", "))
    }

    /// Makes the view of its stand-in.
    pub fn complete(&self, id: &Id, ops: &mut Ops) {
        ops.alter(id, "query", self.sql(id, "OR REPLACE VIEW"));
        self.settings(id, ops);
    }

    fn settings(&self, id: &Id, ops: &mut Ops) {
        for column in &self.columns {
            set_default(id, column, None, ops);
            if column.comment.is_some() {
                common::column_comment(id, &column.name, column.comment.as_ref(), ops);
            }
        }
    }

    /// Renames that make the first columns of the one those of the other; nothing when names collide. Whoever reads a
    /// column goes on reading the one that is at its place: so none is renamed that is read and whose name is wanted at another.
    fn renames(&self, to: &Self, id: &Id, sides: Sides<'_>) -> Option<Vec<(Name, Name)>> {
        let pairs = self.columns.iter().zip(&to.columns).filter(|(a, b)| a.name != b.name);
        let renames: Vec<_> = pairs.map(|(a, b)| (a.name.clone(), b.name.clone())).collect();
        let free = |(old, new): &(Name, Name)| {
            let is_read = || sides.from.dependencies().iter().any(|d| d.to == Thing::column(id, old));
            find(&self.columns, new).is_none() && (find(&to.columns, old).is_none() || !is_read())
        };
        renames.iter().all(free).then_some(renames)
    }
}

/// Whether the columns of one query are the first of the other's, names aside.
fn begins_with(long: &[Column], short: &[Column]) -> bool {
    short.len() <= long.len()
        && short.iter().zip(long).all(|(a, b)| a.data_type == b.data_type && a.collation == b.collation)
}

fn set_default(id: &Id, column: &Column, from: Option<&Name>, ops: &mut Ops) {
    if column.default.as_ref() == from {
        return;
    }
    let thing = Thing::default(id, &column.name);
    let tail =
        column.default.as_ref().map_or("DROP DEFAULT".into(), |default| format!("SET DEFAULT {default}"));
    let title = format!("{}: default", Thing::column(id, &column.name));
    let sql = format!("ALTER VIEW {} ALTER COLUMN {} {tail}", id.path(), quote_ident(&column.name));
    ops.push(Verb::Alter, thing, title, sql);
}

/// Whether a function that the view calls gives the view's rows.
fn needs_itself(id: &Id, sides: Sides<'_>) -> bool {
    let dependencies = sides.to.dependencies();
    let needs = |from: &Id, to: &Id| {
        let first = dependencies.partition_point(|d| d.from.id < *from);
        dependencies[first..].iter().take_while(|d| d.from.id == *from).any(|d| d.to.id == *to)
    };
    let first = dependencies.partition_point(|d| d.from.id < *id);
    let called = dependencies[first..].iter().take_while(|d| d.from.id == *id);
    called.filter(|d| d.to.id.kind == Kind::Function).any(|d| needs(&d.to.id, id))
}

fn find<'a>(columns: &'a [Column], name: &str) -> Option<&'a Column> {
    columns.iter().find(|column| *column.name == *name)
}

impl Define for View {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, self.sql(id, "VIEW"));
        self.settings(id, ops);
    }

    fn alter(&self, to: &Self, id: &Id, sides: Sides<'_>, ops: &mut Ops) -> Fit {
        if !begins_with(&to.columns, &self.columns) {
            return Fit::Anew;
        }
        let Some(renames) = self.renames(to, id, sides) else { return Fit::Anew };
        for (old, new) in &renames {
            let (old, name) = (quote_ident(old), quote_ident(new));
            // a view has no RENAME COLUMN of its own before 13
            let noun = if sides.major() < 13 { "TABLE" } else { "VIEW" };
            let sql = format!("ALTER {noun} {} RENAME COLUMN {old} TO {name}", id.path());
            ops.alter(id, format!("column {old} is called {name}"), sql);
        }
        if self.columns.len() < to.columns.len() && needs_itself(id, sides) {
            let sql = to.stand_in(id).replacen("CREATE VIEW", "CREATE OR REPLACE VIEW", 1);
            ops.push(Verb::Create, Thing::whole(id), format!("{id}: its columns"), sql);
        }
        if self.query != to.query {
            ops.alter(id, "query", to.sql(id, "OR REPLACE VIEW"));
        } else {
            for tail in common::options_change(&self.options, &to.options) {
                ops.alter(id, "options", format!("ALTER VIEW {} {tail}", id.path()));
            }
        }
        for (at, column) in to.columns.iter().enumerate() {
            let before = self.columns.get(at);
            set_default(id, column, before.and_then(|b| b.default.as_ref()), ops);
            if column.comment != before.and_then(|b| b.comment.clone()) {
                common::column_comment(id, &column.name, column.comment.as_ref(), ops);
            }
        }
        Fit::Altered
    }
}

/// A materialized view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterializedView {
    /// Its columns; of their attributes it has those of storage, statistics and comment.
    pub columns: Vec<Column>,
    /// The query, without a semicolon.
    pub query: Name,
    /// Storage parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
    /// The access method, when it is not `heap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<Name>,
    /// The tablespace, when it is not the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<Name>,
    /// The index that `CLUSTER` goes by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clustered_on: Option<Name>,
    /// Whether it has rows.
    pub is_populated: Unjudged<bool>,
}

impl Define for MaterializedView {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let mut sql = format!("CREATE MATERIALIZED VIEW {}", id.path());
        if let Some(method) = &self.access_method {
            sql += &format!(" USING {}", quote_ident(method));
        }
        if !self.options.is_empty() {
            sql += &format!(" WITH ({})", common::options_list(&self.options));
        }
        if let Some(tablespace) = &self.tablespace {
            sql += &format!(" TABLESPACE {}", quote_ident(tablespace));
        }
        let data = if self.is_populated.0 { "" } else { "\nWITH NO DATA" };
        ops.create(id, format!("{sql} AS\n{}{data}", self.query));
        self.columns.iter().for_each(|column| column.settings(id, ops));
    }

    fn alter(&self, to: &Self, id: &Id, sides: Sides<'_>, ops: &mut Ops) -> Fit {
        if self.query != to.query || self.columns.len() != to.columns.len() {
            return Fit::Anew;
        }
        for column in &to.columns {
            match find(&self.columns, &column.name) {
                Some(before) if before.data_type == column.data_type => {
                    column.alter_from(before, id, sides, ops)
                }
                _ => return Fit::Anew,
            }
        }
        let mut alter = |what: &str, tail: String| {
            ops.alter(id, what, format!("ALTER MATERIALIZED VIEW {} {tail}", id.path()));
        };
        if self.access_method != to.access_method {
            let method = to.access_method.as_deref().unwrap_or("heap");
            alter("access method", format!("SET ACCESS METHOD {}", quote_ident(method)));
        }
        if self.tablespace != to.tablespace {
            let tablespace = to.tablespace.as_deref().unwrap_or("pg_default");
            alter("tablespace", format!("SET TABLESPACE {}", quote_ident(tablespace)));
        }
        match &to.clustered_on {
            after if *after == self.clustered_on => {}
            Some(index) => alter("cluster", format!("CLUSTER ON {}", quote_ident(index))),
            None => alter("cluster", "SET WITHOUT CLUSTER".into()),
        }
        for tail in common::options_change(&self.options, &to.options) {
            alter("storage parameters", tail);
        }
        Fit::Altered
    }
}
