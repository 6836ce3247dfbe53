//! What rows can stand against: NOT NULL where there are NULLs, values that are there twice, references to nothing, rows that break
//! a check, values that do not fit another type. As queries for a live database, and as stops in the revision.

use cutover_sql::ident::{quote_ident, quote_literal};
use cutover_sql::span::Span;
use cutover_sql::statement::parse_all;
use cutover_sql::tree::{self, AlterTableCmd, IndexElem, NodeEnum};

use super::Piece;
use crate::catalog::{Catalog, Id, Name, Thing};
use crate::diff::{Action, Rename};
use crate::object::Definition;
use crate::object::constraint::{Constraint, ConstraintKind};
use crate::object::index::Index;
use crate::object::ops::Loss;
use crate::object::table::Table;

/// The condition of every row.
const ANY_ROW: &str = "true";

/// A question about the rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What fails for such rows.
    pub thing: Thing,
    /// What has to hold: `no row has NULL in public.item.name`.
    pub text: String,
    /// The table.
    pub table: Id,
    /// The rows that stand against it.
    pub breaks: Breaks,
    /// The columns of its primary key, to name a row by.
    pub key: Vec<String>,
}

/// Which rows stand against it. `it` is the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// Those for which a condition holds.
    Where(String),
    /// Those whose expressions have the values of another row.
    Twice {
        /// The expressions.
        of: Vec<String>,
        /// Which rows count.
        only: Vec<String>,
    },
    /// Those that refer to no row of another table.
    Orphans {
        /// The other table.
        other: Id,
        /// A condition of those that refer.
        refer: String,
        /// A condition of what they refer to, as `other`.
        to: String,
        /// Whether the other table is there, and not made by the revision.
        is_there: bool,
    },
    /// Those whose value does not become one of another type.
    Cast {
        /// The column.
        column: Name,
        /// The type.
        to: Name,
    },
}

/// What rows can stand against on the way from what is there, with its new names, to what is wanted.
pub fn probes(from: &Catalog, to: &Catalog, actions: &[Action]) -> Vec<Probe> {
    let mut found = Vec::new();
    for object in to.objects() {
        let before = from.definition(&object.id);
        match &object.definition {
            Definition::Table(table) => {
                if let Some(Definition::Table(before)) = before {
                    found.extend(not_null(&object.id, before, table));
                }
            }
            Definition::Constraint(it) => {
                let is_checked = |it: &Constraint| !it.not_valid && !it.not_enforced;
                let was = matches!(before, Some(Definition::Constraint(was)) if was.definition == it.definition && is_checked(was));
                if is_checked(it) && !was {
                    found.extend(constraint(&object.id, it, from));
                }
            }
            Definition::Index(it) if it.unique => {
                let was = matches!(before, Some(Definition::Index(was))
                    if was.unique && was.definition == it.definition && was.predicate == it.predicate && !was.invalid);
                if !was {
                    found.extend(index(&object.id, it));
                }
            }
            _ => {}
        }
    }
    found.extend(actions.iter().filter(|it| it.loss == Some(Loss::Narrowed)).filter_map(|it| cast(it, to)));
    // what is made by the revision has no rows
    found.retain(|probe| matches!(from.definition(&probe.table), Some(Definition::Table(_))));
    found.iter_mut().for_each(|probe| probe.key = key(from, &probe.table));
    found
}

fn probe(thing: Thing, table: &Id, text: String, breaks: Breaks) -> Probe {
    Probe { thing, text, table: table.clone(), breaks, key: Vec::new() }
}

fn not_null(id: &Id, before: &Table, table: &Table) -> Vec<Probe> {
    let is_checked =
        |column: &crate::object::column::Column| column.not_null.as_ref().is_some_and(|it| !it.not_valid);
    let mut found = Vec::new();
    for column in table.columns.iter().filter(|column| is_checked(column)) {
        let (thing, name) = (Thing::column(id, &column.name), quote_ident(&column.name));
        match before.columns.iter().find(|it| it.name == column.name) {
            Some(was) if is_checked(was) => {}
            Some(_) => {
                let text = format!("no row has NULL in {}.{name}", id.path());
                found.push(probe(thing, id, text, Breaks::Where(format!("it.{name} IS NULL"))));
            }
            None if column.default.is_none() && column.identity.is_none() => {
                let text =
                    format!("{} has no row, for which the new column {name} would have no value", id.path());
                found.push(probe(thing, id, text, Breaks::Where(ANY_ROW.into())));
            }
            None => {}
        }
    }
    found
}

fn constraint(id: &Id, it: &Constraint, from: &Catalog) -> Option<Probe> {
    let table = it.table.0.clone()?;
    let parsed = definition(&it.definition)?;
    let thing = Thing::whole(id);
    let named = format!("{} of {}", quote_ident(&id.detail), table.path());
    let names = |nodes: &[tree::Node]| -> Vec<String> {
        tree::texts(nodes).iter().map(|name| quote_ident(name).into_owned()).collect()
    };
    match it.kind {
        ConstraintKind::Check => {
            let expression = tree::expression_to_sql(tree::boxed(parsed.raw_expr.as_deref())?)?;
            let text = format!("no row breaks {named}");
            Some(probe(thing, &table, text, Breaks::Where(format!("NOT ({expression})"))))
        }
        ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
            let of: Vec<String> = names(&parsed.keys).iter().map(|name| format!("it.{name}")).collect();
            let nulls_count = parsed.nulls_not_distinct;
            let only = of.iter().filter(|_| !nulls_count).map(|it| format!("{it} IS NOT NULL")).collect();
            let text = format!("no two rows have the same values for {named}");
            Some(probe(thing, &table, text, Breaks::Twice { of, only }))
        }
        ConstraintKind::ForeignKey => {
            let (own, others) = (names(&parsed.fk_attrs), names(&parsed.pk_attrs));
            let other = it.references.clone()?;
            let has = |word: &str| {
                let each: Vec<String> = own.iter().map(|name| format!("it.{name} IS NOT NULL")).collect();
                each.join(word)
            };
            let refer = if parsed.fk_matchtype == "f" { has(" OR ") } else { has(" AND ") };
            let pairs = own.iter().zip(&others).map(|(own, name)| format!("other.{name} = it.{own}"));
            let (to, is_there) = (pairs.collect::<Vec<_>>().join(" AND "), from.get(&other).is_some());
            let text = format!("no row refers to nothing by {named}");
            Some(probe(thing, &table, text, Breaks::Orphans { other, refer, to, is_there }))
        }
        // its operators say what is in conflict; nothing short asks for that
        ConstraintKind::Exclusion => None,
    }
}

/// The constraint of a definition.
fn definition(definition: &str) -> Option<tree::Constraint> {
    let sql = format!("ALTER TABLE t ADD {definition}");
    let (_, node) = parse_all(&sql, Span::new(0, sql.len())).ok()?.into_iter().next()?;
    let NodeEnum::AlterTableStmt(it) = node else { return None };
    let cmd = it.cmds.first().and_then(tree::inner)?;
    let NodeEnum::AlterTableCmd(cmd) = cmd else { return None };
    let AlterTableCmd { def, .. } = &**cmd;
    match tree::boxed(def.as_deref())? {
        NodeEnum::Constraint(it) => Some(Clone::clone(it)),
        _ => None,
    }
}

fn index(id: &Id, it: &Index) -> Option<Probe> {
    let predicate = it.predicate.as_ref().map(|it| format!(" WHERE {it}")).unwrap_or_default();
    let sql = format!("CREATE UNIQUE INDEX i ON t {}{predicate}", it.definition);
    let (_, node) = parse_all(&sql, Span::new(0, sql.len())).ok()?.into_iter().next()?;
    let NodeEnum::IndexStmt(stmt) = node else { return None };
    let element = |node: &tree::Node| match tree::inner(node)? {
        NodeEnum::IndexElem(it) => expression(it),
        _ => None,
    };
    let of: Vec<String> = stmt.index_params.iter().map(element).collect::<Option<_>>()?;
    let mut only: Vec<String> = match stmt.nulls_not_distinct {
        true => Vec::new(),
        false => of.iter().map(|it| format!("{it} IS NOT NULL")).collect(),
    };
    only.extend(it.predicate.as_ref().map(|it| format!("({it})")));
    let text = format!(
        "no two rows of {} have the same values for the index {}",
        it.table.path(),
        quote_ident(&id.name)
    );
    Some(probe(Thing::whole(id), &it.table, text, Breaks::Twice { of, only }))
}

fn expression(it: &IndexElem) -> Option<String> {
    match tree::boxed(it.expr.as_deref()) {
        Some(node) => tree::expression_to_sql(node).map(|sql| format!("({sql})")),
        None => Some(format!("it.{}", quote_ident(&it.name))),
    }
}

fn cast(action: &Action, to: &Catalog) -> Option<Probe> {
    let name = action.thing.part.column()?;
    let id = &action.thing.id;
    let column = to.definition(id)?.columns().iter().find(|it| it.name == *name)?;
    let text = format!("all values of {}.{} become {}", id.path(), quote_ident(name), column.data_type);
    let breaks = Breaks::Cast { column: name.clone(), to: column.data_type.clone() };
    Some(probe(action.thing.clone(), id, text, breaks))
}

/// The columns of a table's primary key.
fn key(catalog: &Catalog, table: &Id) -> Vec<String> {
    let keys = catalog.objects().iter().filter_map(|object| match &object.definition {
        Definition::Constraint(it) if it.kind == ConstraintKind::PrimaryKey => Some(it),
        _ => None,
    });
    let mut of = keys.filter(|it| it.table.0.as_ref() == Some(table));
    let parsed = of.next().and_then(|it| definition(&it.definition));
    let names = parsed.map(|it| tree::texts(&it.keys).iter().map(|name| (*name).to_owned()).collect());
    names.unwrap_or_default()
}

impl Probe {
    /// A query of the rows that stand against it, as one text each, on a database in which things have the names that they have
    /// before the renames. `major` is the server's version. It takes ACCESS SHARE.
    pub fn query(&self, renames: &[Rename], major: u32) -> String {
        let key = self.key.iter().map(|name| format!("it.{}", quote_ident(name)));
        let row = match (&self.breaks, self.key.is_empty(), renames.is_empty()) {
            (Breaks::Twice { of, .. }, ..) => shown(of.clone()),
            (_, false, _) => shown(key.collect()),
            (_, true, true) => "it.ctid::text".to_owned(),
            // the rows of a subquery have no place
            (_, true, false) => "'a row'".to_owned(),
        };
        format!("SELECT {row} {}", self.rows(renames, major))
    }

    /// What stands behind the select list.
    fn rows(&self, renames: &[Rename], major: u32) -> String {
        let table = relation(&self.table, renames);
        match &self.breaks {
            Breaks::Where(condition) => format!("FROM {table} AS it WHERE {condition}"),
            Breaks::Twice { of, only } => {
                let only =
                    if only.is_empty() { String::new() } else { format!(" WHERE {}", only.join(" AND ")) };
                format!("FROM {table} AS it{only} GROUP BY {} HAVING count(*) > 1", of.join(", "))
            }
            Breaks::Orphans { other, refer, to, is_there } => {
                let exists = match is_there {
                    false => String::new(),
                    true => format!(
                        " AND NOT EXISTS (SELECT FROM {} AS other WHERE {to})",
                        relation(other, renames)
                    ),
                };
                format!("FROM {table} AS it WHERE ({refer}){exists}")
            }
            Breaks::Cast { column, to } => {
                format!("FROM {table} AS it WHERE {}", misfit(&quote_ident(column), to, major))
            }
        }
    }

    /// Whether a statement is the first that such rows make fail.
    pub fn stands_before(&self, piece: &Piece) -> bool {
        piece.thing == self.thing
    }
}

/// Which values do not become one of a type. Before 16 there is no asking: a cast of each is made, and the first that fails ends the
/// query (<https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-VALIDITY>).
fn misfit(name: &str, to: &str, major: u32) -> String {
    let length =
        ["character varying(", "character("].iter().find_map(|word| to.strip_prefix(word)?.strip_suffix(')'));
    match length {
        // a cast that is written out would cut
        Some(length) => format!("length(rtrim(it.{name}::text, ' ')) > {length}"),
        None if major >= 16 => {
            format!(
                "it.{name} IS NOT NULL AND NOT pg_catalog.pg_input_is_valid(it.{name}::text, {})",
                quote_literal(to)
            )
        }
        None => format!("it.{name} IS NOT NULL AND (it.{name}::text::{to}) IS NULL"),
    }
}

/// Values as one text.
fn shown(values: Vec<String>) -> String {
    match values.as_slice() {
        [one] => format!("({one})::text"),
        several => format!("concat_ws(', ', {})", several.join(", ")),
    }
}

/// A table with its new names, where it still has its old ones.
fn relation(id: &Id, renames: &[Rename]) -> String {
    let (mut id, mut columns) = (id.clone(), Vec::new());
    for rename in renames.iter().rev() {
        match rename {
            Rename::Object { from, to } if *to == id => id = from.clone(),
            Rename::Column { of, from, to } if *of == id => {
                columns.push(format!(", was.{} AS {}", quote_ident(from), quote_ident(to)));
            }
            _ => {}
        }
    }
    match columns.is_empty() {
        true => id.path(),
        false => format!("(SELECT was.*{} FROM {} AS was)", columns.concat(), id.path()),
    }
}

/// A stop in front of a statement that such rows make fail, for databases that have the table by then; for one that does not,
/// there is nothing to ask. It reads the table under ACCESS SHARE. What fails as a whole needs none.
pub fn stop(probe: &Probe) -> String {
    let breaks = match probe.breaks.clone() {
        Breaks::Cast { .. } => return String::new(),
        Breaks::Where(condition) if condition == ANY_ROW => return String::new(),
        // it is there by then
        Breaks::Orphans { other, refer, to, .. } => Breaks::Orphans { other, refer, to, is_there: true },
        other @ (Breaks::Where(_) | Breaks::Twice { .. }) => other,
    };
    let probe = Probe { breaks, ..probe.clone() };
    let query = format!("SELECT {}", probe.rows(&[], 0));
    let message = format!("rows stand against it; it has to be so that {}", probe.text);
    let hint = format!("see them with: {}", probe.query(&[], 0));
    let mut tag = "$reconcile$".to_owned();
    while query.contains(&tag) {
        tag.insert(1, '_');
    }
    format!(
        "--@ sql\n-- {}\nDO {tag} BEGIN\n  IF EXISTS ({query}) THEN\n    RAISE EXCEPTION USING MESSAGE = {}, HINT = {};\n  END IF;\n\
         EXCEPTION WHEN undefined_table OR undefined_column THEN NULL;\nEND {tag};\n\n",
        probe.text.replace(['\n', '\r'], " "),
        quote_literal(&message),
        quote_literal(&hint)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Kind;

    fn table(name: &str) -> Id {
        Id::of(Kind::Table, "public".into(), name.into())
    }

    #[test]
    fn checks_keys_and_expressions_become_conditions() {
        let parsed = definition("CHECK (((n >= 0) AND (n < 5))) NO INHERIT")
            .and_then(|it| tree::expression_to_sql(tree::boxed(it.raw_expr.as_deref())?));
        assert_eq!(parsed.as_deref(), Some("n >= 0 AND n < 5"));
        let keys =
            definition("PRIMARY KEY (\"A b\", c) INCLUDE (d)").map(|it| tree::texts(&it.keys).join("|"));
        assert_eq!(keys.as_deref(), Some("A b|c"));
    }

    #[test]
    fn a_query_goes_to_the_names_that_are_there_before() {
        let renames = [
            Rename::Object { from: table("people"), to: table("users") },
            Rename::Column { of: table("users"), from: "name".into(), to: "full name".into() },
        ];
        let breaks = Breaks::Where("it.\"full name\" IS NULL".into());
        let mut one = probe(Thing::whole(&table("users")), &table("users"), String::new(), breaks);
        one.key = vec!["id".into()];
        assert_eq!(
            one.query(&renames, 15),
            "SELECT (it.id)::text FROM (SELECT was.*, was.name AS \"full name\" FROM public.people AS was) AS it \
             WHERE it.\"full name\" IS NULL"
        );
        assert_eq!(
            one.query(&[], 15),
            "SELECT (it.id)::text FROM public.users AS it WHERE it.\"full name\" IS NULL"
        );
    }
}
