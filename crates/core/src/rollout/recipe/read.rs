//! What recipes read out of definitions: keys, foreign keys, dependents, names that are free. Pure; it knows the catalog
//! and the grammar, and no recipe.

use std::collections::BTreeSet;

use cutover_sql::ident::quote_ident;
use cutover_sql::nearest::nearest;
use cutover_sql::parse;
use cutover_sql::span::Span;
use cutover_sql::tree::{self, NodeEnum};

use super::{Refusal, Target};
use crate::catalog::{Id, Kind};
use crate::object::constraint::{Constraint, ConstraintKind, Timing};
use crate::object::ops::{Ops, Sides};
use crate::object::privilege::{self, Rights};
use crate::object::table::Table;
use crate::object::types::made_name;
use crate::object::view::MaterializedView;
use crate::object::{Definition, Object};
use crate::usage::has_word;

/// What becomes of rows whose foreign key loses its row, or whose key changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// The delete fails at the end of the statement.
    NoAction,
    /// The delete fails at once.
    Restrict,
    /// They are deleted, too.
    Cascade,
    /// The key becomes NULL.
    SetNull,
    /// The key becomes its default.
    SetDefault,
}

impl OnDelete {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NoAction, Self::Restrict, Self::Cascade, Self::SetNull, Self::SetDefault];

    /// As SQL has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }

    /// Reads what the parser has for it.
    fn of_letter(letter: &str) -> Self {
        match letter {
            "r" => Self::Restrict,
            "c" => Self::Cascade,
            "n" => Self::SetNull,
            "d" => Self::SetDefault,
            _ => Self::NoAction,
        }
    }

    /// Reads `cascade`, `set null`, `SET-NULL`.
    pub fn parse(text: &str) -> Option<Self> {
        let letters =
            |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
        Self::ALL.into_iter().find(|action| letters(action.as_str()) == letters(text))
    }
}

/// A foreign key, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint.
    pub id: Id,
    /// The table that has it.
    pub table: Id,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that it refers to.
    pub to: Id,
    /// The columns there, in the same order.
    pub referenced: Vec<String>,
    /// What a delete there does.
    pub on_delete: OnDelete,
    /// What a change of the key there does.
    pub on_update: OnDelete,
    /// When it is checked.
    pub timing: Timing,
    /// The definition, as the catalog has it, without NOT VALID.
    pub definition: String,
}

/// The constraint that a definition is of; `pg_get_constraintdef` writes what the grammar reads.
fn parsed(definition: &str) -> Option<tree::Constraint> {
    let sql = format!("ALTER TABLE t ADD CONSTRAINT c {definition}");
    let statement = parse::parse(&sql, Span::new(0, sql.len())).ok()?.pop()?.stmt?.node?;
    let NodeEnum::AlterTableStmt(alter) = statement else { return None };
    let NodeEnum::AlterTableCmd(command) = alter.cmds.into_iter().next()?.node? else { return None };
    match command.def?.node? {
        NodeEnum::Constraint(it) => Some(*it),
        _ => None,
    }
}

fn owned(nodes: &[tree::Node]) -> Vec<String> {
    tree::texts(nodes).into_iter().map(str::to_owned).collect()
}

/// A foreign key constraint, taken apart; nothing for other constraints.
pub fn foreign_key(id: &Id, constraint: &Constraint) -> Option<ForeignKey> {
    if constraint.kind != ConstraintKind::ForeignKey {
        return None;
    }
    let it = parsed(&constraint.definition)?;
    Some(ForeignKey {
        id: id.clone(),
        table: constraint.table.0.clone()?,
        columns: owned(&it.fk_attrs),
        to: constraint.references.clone()?,
        referenced: owned(&it.pk_attrs),
        on_delete: OnDelete::of_letter(&it.fk_del_action),
        on_update: OnDelete::of_letter(&it.fk_upd_action),
        timing: constraint.timing,
        definition: constraint.definition.to_string(),
    })
}

/// The columns of a primary key or unique constraint.
pub fn key_columns(constraint: &Constraint) -> Option<Vec<String>> {
    matches!(constraint.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
        .then(|| parsed(&constraint.definition).map(|it| owned(&it.keys)))?
}

/// The columns of an index by columns alone, without those it only includes.
pub fn index_columns(definition: &str) -> Option<Vec<String>> {
    let sql = format!("CREATE INDEX ON t {definition}");
    let statement = parse::parse(&sql, Span::new(0, sql.len())).ok()?.pop()?.stmt?.node?;
    let NodeEnum::IndexStmt(index) = statement else { return None };
    let column = |node: &tree::Node| match tree::inner(node) {
        Some(NodeEnum::IndexElem(it)) if !it.name.is_empty() => Some(it.name.clone()),
        _ => None,
    };
    index.index_params.iter().map(column).collect()
}

impl Target<'_> {
    /// The foreign keys of a table, by name.
    pub fn foreign_keys(&self, table: &Id) -> Vec<ForeignKey> {
        self.constraints(table).filter_map(|(id, it)| foreign_key(id, it)).collect()
    }

    /// Sets of columns that tell rows apart: the primary key first, then unique constraints and plain unique indexes,
    /// whose columns are all NOT NULL.
    pub fn keys(&self, id: &Id, table: &Table) -> Vec<Vec<String>> {
        let not_null = |columns: &Vec<String>| {
            let is = |name: &String| {
                let column = table.column(name);
                column.and_then(|c| c.not_null.as_ref()).is_some_and(|n| !n.not_valid)
            };
            columns.iter().all(is)
        };
        let constraints: Vec<_> = self.constraints(id).collect();
        let of = |kind: ConstraintKind| {
            let fits = constraints.iter().filter(move |(_, it)| it.kind == kind);
            fits.filter_map(|(_, it)| key_columns(it)).collect::<Vec<_>>()
        };
        let mut keys = of(ConstraintKind::PrimaryKey);
        keys.extend(of(ConstraintKind::Unique));
        let plain = |it: &&crate::object::index::Index| it.unique && it.predicate.is_none() && !it.invalid;
        let indexes = self.indexes(id).map(|(_, it)| it).filter(plain);
        keys.extend(indexes.filter_map(|it| index_columns(&it.definition)));
        keys.retain(not_null);
        keys
    }

    /// The key that a backfill of a table goes by, as SQL has it; empty for `ctid`.
    pub fn walk(&self, id: &Id, table: &Table) -> Vec<String> {
        let key = self.keys(id, table).into_iter().next().unwrap_or_default();
        key.iter().map(|name| quote_ident(name).into_owned()).collect()
    }

    /// What other objects need a relation, or columns of it: views, functions, rules, policies of other tables, foreign
    /// keys excepted. What stands on the relation itself goes along with it and is not among them.
    pub fn dependents(&self, of: &Id) -> Vec<&Id> {
        let found: BTreeSet<&Id> = self
            .catalog
            .dependencies()
            .iter()
            .filter(|d| d.to.id == *of && d.from.id != *of)
            .map(|d| &d.from.id)
            .filter(|from| {
                !matches!(from.kind, Kind::Constraint | Kind::Index | Kind::Statistics | Kind::Publication)
            })
            .filter(|from| {
                let object = self.catalog.get(from);
                !object.is_some_and(|object| object.owners().contains(of))
            })
            .collect();
        found.into_iter().collect()
    }

    /// The triggers that were made on a table, by name; those that a partition has from its parent are not among them.
    pub fn triggers(&self, table: &Id) -> impl Iterator<Item = &Object> {
        self.standing(table, Kind::Trigger)
    }

    /// What stands on a relation and is of a kind, by name.
    pub fn standing(&self, on: &Id, kind: Kind) -> impl Iterator<Item = &Object> {
        let on = on.clone();
        let objects = self.catalog.objects().iter();
        objects.filter(move |object| object.id.kind == kind && object.belongs_to().as_ref() == Some(&on))
    }

    /// Publications that name a table.
    pub fn publications(&self, table: &Id) -> Vec<&Id> {
        let names = |object: &&Object| matches!(&object.definition, Definition::Publication(it) if it.tables.iter().any(|(id, _)| id == table));
        self.catalog.objects().iter().filter(names).map(|object| &object.id).collect()
    }

    /// Whether something of that name is among the tables, views, indexes and sequences of a namespace, or among the
    /// constraints of its tables.
    pub fn is_taken(&self, namespace: &str, name: &str) -> bool {
        self.catalog.objects().iter().any(|object| {
            let slots = object.slots();
            let as_relation =
                slots.iter().any(|(space, ns, n)| *space == 'r' && **ns == *namespace && **n == *name);
            let as_constraint = object.id.kind == Kind::Constraint
                && *object.id.namespace == *namespace
                && *object.id.detail == *name;
            as_relation || as_constraint
        })
    }

    /// A name as the server would choose it (`table_column_idx`), with a number when it is taken.
    pub fn new_name(&self, table: &Id, column: &str, label: &str) -> String {
        let mut name = made_name(&table.name, column, label);
        for n in 1.. {
            if !self.is_taken(&table.namespace, &name) {
                break;
            }
            name = made_name(&table.name, column, &format!("{label}{n}"));
        }
        name
    }
}

impl Target<'_> {
    /// What makes the rights on one relation those of another, beginning with a new one that its owner alone has rights on:
    /// of these letters (<https://www.postgresql.org/docs/current/ddl-priv.html>), and of each column.
    pub fn grants_like(&self, like: &Id, on: &str, letters: &str) -> Vec<String> {
        let Some(object) = self.catalog.get(like) else { return Vec::new() };
        let none = Rights::new();
        let wanted = |rights: &Rights| -> Rights {
            let others = rights.iter().filter(|(who, _)| **who != object.common.owner.0);
            others
                .map(|(who, rights)| {
                    (who.clone(), rights.iter().copied().filter(|r| letters.contains(r.0)).collect())
                })
                .collect()
        };
        let on = |column: Option<String>| privilege::Target { on: format!("TABLE {on}"), column };
        let of_all = object.common.grants.0.as_ref().map(|grants| wanted(&grants.0)).unwrap_or_default();
        let mut sql = privilege::statements(&on(None), &none, &of_all);
        for column in object.definition.columns() {
            let of_one = column.grants.0.as_ref().map(|grants| wanted(&grants.0)).unwrap_or_default();
            sql.extend(privilege::statements(
                &on(Some(quote_ident(&column.name).into_owned())),
                &none,
                &of_one,
            ));
        }
        sql
    }

    /// What takes everybody's rights on a relation away but its owner's, and what gives them back.
    pub fn revoked(&self, id: &Id) -> (Vec<String>, Vec<String>) {
        let Some((object, on)) = self.catalog.get(id).zip(privilege::target(id)) else {
            return (Vec::new(), Vec::new());
        };
        let owner = &object.common.owner.0;
        let all = privilege::effective(id.kind, self.major, owner, object.common.grants.0.as_ref());
        let own: Rights =
            all.iter().filter(|(who, _)| *who == owner).map(|(w, r)| (w.clone(), r.clone())).collect();
        (privilege::statements(&on, &all, &own), privilege::statements(&on, &own, &all))
    }

    /// Routines in whose text a name stands as a word of its own: nobody keeps account of what a body names.
    pub fn naming(&self, name: &str) -> Vec<&Id> {
        let names = |object: &&Object| matches!(&object.definition, Definition::Routine(it) if has_word(it.text(), name));
        self.catalog.objects().iter().filter(names).map(|object| &object.id).collect()
    }

    /// A materialized view by its name as SQL has it.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn materialized_view(&self, name: &str) -> Result<(&Object, &MaterializedView), Refusal> {
        let parts = cutover_sql::ident::split_qualified(name).unwrap_or_default();
        let fits = |id: &Id| match &parts[..] {
            [view] => *id.name == **view,
            [namespace, view] => *id.namespace == **namespace && *id.name == **view,
            _ => false,
        };
        let all = || {
            self.catalog.objects().iter().filter_map(|object| match &object.definition {
                Definition::MaterializedView(it) => Some((object, &**it)),
                _ => None,
            })
        };
        let mut found: Vec<_> = all().filter(|(object, _)| fits(&object.id)).collect();
        if found.len() > 1 {
            found.retain(|(object, _)| *object.id.namespace == *"public");
        }
        match found[..] {
            [one] => Ok(one),
            [] => {
                let refusal = Refusal::new(format!("there is no materialized view {name}"));
                let last = parts.last().map(String::as_str).unwrap_or_default();
                Err(match nearest(last, all().map(|(object, _)| &*object.id.name)) {
                    Some(near) => refusal.help(format!("did you mean {near}?")),
                    None => refusal.help("name it as SQL does, with its schema: shop.totals"),
                })
            }
            _ => Err(Refusal::new(format!("there are several materialized views {name}"))
                .help("name it with its schema: shop.totals")),
        }
    }
}

/// Views and functions that read a relation, each as the statement that writes it again: their text says the relation's
/// name, and finds what has that name when it is run. CREATE OR REPLACE takes ACCESS EXCLUSIVE on a view, and keeps its
/// rights and what depends on it.
///
/// # Errors
/// When something else reads it, or a column has its type.
pub fn written_again<'a>(target: &'a Target<'_>, of: &Id) -> Result<Vec<(&'a Id, String)>, Refusal> {
    let mut all = Vec::new();
    for id in target.dependents(of) {
        let found = target.catalog.get(id).and_then(|object| match &object.definition {
            Definition::Routine(it) => Some(it.definition.to_string()),
            definition if id.kind == Kind::View => {
                let first = created(definition, id, target).into_iter().next()?;
                Some(first.replacen("CREATE VIEW", "CREATE OR REPLACE VIEW", 1))
            }
            _ => None,
        });
        let refusal = || {
            Refusal::new(format!("{id} needs {}, and cannot be written anew in place", said(of)))
                .help("drop it and make it again around the rollout, or let it read what this one reads")
        };
        all.push((id, found.ok_or_else(refusal)?));
    }
    Ok(all)
}

/// What a definition writes to be created under another name, without what its creation cannot say.
pub fn created(definition: &Definition, id: &Id, target: &Target<'_>) -> Vec<String> {
    let mut ops = Ops::default();
    definition.create(id, Sides { from: target.catalog, to: target.catalog }, &mut ops);
    ops.list.into_iter().flat_map(|op| op.sql).collect()
}

/// Column names as SQL has them, with commas between them.
pub fn list<S: AsRef<str>>(columns: impl IntoIterator<Item = S>) -> String {
    let quoted: Vec<String> = columns.into_iter().map(|c| quote_ident(c.as_ref()).into_owned()).collect();
    quoted.join(", ")
}

/// A table for a sentence: without its schema where that is public.
pub fn said(id: &Id) -> String {
    if *id.namespace == *"public" { quote_ident(&id.name).into_owned() } else { id.path() }
}

/// Names for a sentence: `a`, `a and b`, `a, b and c`.
pub fn and<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// A name for a rollout: words with hyphens between them, in letters that need no quotes anywhere.
pub fn slug(words: &str) -> String {
    let plain: String =
        words.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may end at once")]
mod tests {
    use super::*;

    #[test]
    fn definitions_come_apart() {
        let it =
            parsed("FOREIGN KEY (\"A b\", c) REFERENCES shop.\"T\"(x, \"Y\") ON DELETE SET NULL").unwrap();
        assert_eq!(owned(&it.fk_attrs), ["A b", "c"]);
        assert_eq!(owned(&it.pk_attrs), ["x", "Y"]);
        assert_eq!(it.fk_del_action, "n");
        assert_eq!(index_columns("USING btree (a, \"B c\" DESC) INCLUDE (d)").unwrap(), ["a", "B c"]);
        assert_eq!(index_columns("USING btree (lower(a))"), None);
    }

    #[test]
    fn words_are_put_together() {
        assert_eq!(and(&["a", "b", "c"]), "a, b and c");
        assert_eq!(slug("retire shop.\"Plan Recs\""), "retire-shop-plan-recs");
        assert_eq!(OnDelete::parse("set-null"), Some(OnDelete::SetNull));
        assert_eq!(OnDelete::parse("nothing"), None);
    }
}
