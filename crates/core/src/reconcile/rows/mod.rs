//! What rows can stand against: NOT NULL where there are NULLs, values that are there twice, references to nothing, rows that break
//! a check, values that do not fit another type. As queries for a live database, and as stops in the revision; `find` says
//! where there is something to ask.

mod find;

use cutover_sql::ident::{quote_ident, quote_literal};

use super::Piece;
use crate::catalog::{Id, Name, Thing};
use crate::diff::Rename;

pub use find::probes;

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
    fn a_query_goes_to_the_names_that_are_there_before() {
        let renames = [
            Rename::Object { from: table("people"), to: table("users") },
            Rename::Column { of: table("users"), from: "name".into(), to: "full name".into() },
        ];
        let breaks = Breaks::Where("it.\"full name\" IS NULL".into());
        let users = table("users");
        let (thing, key) = (Thing::whole(&users), vec!["id".into()]);
        let one = Probe { thing, text: String::new(), table: users, breaks, key };
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
