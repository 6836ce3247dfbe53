//! A tripwire before a column goes: for a while it is there and nobody can reach it, and undoing that takes a moment.
//!
//! That of a table is in the recipe that drops the table. A tripwire takes nothing away: the values stay where they are.

use cutover_sql::ident::quote_ident;

use super::names::Names;
use super::parts::{Tripwire, nobody_missed, sql};
use super::{Argument, Given, Refusal, Target, shape};
use crate::catalog::{Id, Kind};
use crate::object::privilege::{self, Rights};
use crate::object::table::Table;
use crate::rollout::draft::Part;
use crate::rollout::phase::Phase;

/// `--tripwire HOW`.
pub const TRIPWIRE: Argument = Argument::option(
    "tripwire",
    "HOW",
    "let it fail for whoever still uses it before it goes: rename (everybody) or revoke (everybody but the owner)",
);

/// The letters of what can be granted on a column: SELECT, INSERT, UPDATE, REFERENCES.
/// Source: <https://www.postgresql.org/docs/current/ddl-priv.html>.
const ON_COLUMNS: [char; 4] = ['r', 'a', 'w', 'x'];

/// A column's tripwire.
#[derive(Debug)]
pub struct Wire {
    /// Its revisions; none without `--tripwire`.
    pub parts: Vec<Part>,
    /// The name that the column has behind it.
    pub name: String,
    /// What follows the drop in its transaction: the other columns get back what was taken from the table.
    pub after: Vec<String>,
}

/// The tripwire that was asked for.
///
/// # Errors
/// When there is nothing to revoke, or nothing that could be given back as it was.
pub fn column(
    given: &Given,
    target: &Target<'_>,
    id: &Id,
    table: &Table,
    name: &str,
) -> Result<Wire, Refusal> {
    let path = shape::named(id, name);
    Ok(match Tripwire::of(given)? {
        None => Wire { parts: Vec::new(), name: name.to_owned(), after: Vec::new() },
        Some(Tripwire::Rename) => {
            let (part, retired) = renamed(id, table, name);
            let parts = vec![part, nobody_missed(path, "column does not exist")];
            Wire { parts, name: retired, after: Vec::new() }
        }
        Some(Tripwire::Revoke) => {
            let (part, after) = revoked(target, id, table, name)?;
            let parts = vec![part, nobody_missed(path, "permission denied for table")];
            Wire { parts, name: name.to_owned(), after }
        }
    })
}

/// RENAME COLUMN takes ACCESS EXCLUSIVE for a change of the catalog only.
fn renamed(id: &Id, table: &Table, name: &str) -> (Part, String) {
    let (path, on) = (shape::named(id, name), id.path());
    let retired = Names::column(table, name, "_retired");
    let rename = |from: &str, to: &str| {
        sql([format!("ALTER TABLE {on} RENAME COLUMN {} TO {}", quote_ident(from), quote_ident(to))])
    };
    let part = Part::new(Phase::Contract, format!("Rename {path} out of the way"))
        .prose(format!(
            "Why: a tripwire. Whoever still names {path} fails at once, the owner of the table, too, and going back is as quick. \
             SELECT * and an INSERT without a list of columns go on, as they do when it is gone (the INSERT if it is the last one).\n\n\
             Safe: a change of the catalog; ACCESS EXCLUSIVE for a moment, under the lock timeout. The values stay. Prepared \
             statements that say SELECT * fail once with \"cached plan must not change result type\"."
        ))
        .up([rename(name, &retired)])
        .down([rename(&retired, name)])
        .allow("rename-column", "a tripwire: nobody uses the column any more, or is to be found now");
    (part, retired)
}

/// A right on the table is one on all of its columns, so it is taken away and given back for the other columns. GRANT and
/// REVOKE take no lock that readers or writers wait for.
fn revoked(target: &Target<'_>, id: &Id, table: &Table, name: &str) -> Result<(Part, Vec<String>), Refusal> {
    let (path, on) = (shape::named(id, name), id.path());
    let rename = "write --tripwire rename";
    let found = target.catalog.get(id).zip(privilege::target(id));
    let Some((object, on_table)) = found else {
        return Err(Refusal::new(format!("nothing is known of the rights on {on}")).help(rename));
    };
    if table.columns.iter().any(|column| column.grants.0.is_some()) {
        return Err(Refusal::new(format!(
            "single columns of {on} have rights of their own, which a tripwire would mix up"
        ))
        .help(rename));
    }
    let owner = &object.common.owner.0;
    let all = privilege::effective(Kind::Table, target.major, owner, object.common.grants.0.as_ref());
    let touched = |letter: char| ON_COLUMNS.contains(&letter);
    let mut without = Rights::new();
    let mut per_column = Rights::new();
    for (who, rights) in &all {
        let is_owner = who == owner;
        if !is_owner && rights.iter().any(|(letter, handed_on)| *handed_on && touched(*letter)) {
            return Err(Refusal::new(format!(
                "{who} may hand on its rights on {on}, and a tripwire would break what it handed on"
            ))
            .help(rename));
        }
        let (columns, rest): (Vec<_>, Vec<_>) =
            rights.iter().partition(|(letter, _)| !is_owner && touched(*letter));
        without.insert(who.clone(), rest);
        if !columns.is_empty() {
            per_column.insert(who.clone(), columns);
        }
    }
    if per_column.is_empty() {
        return Err(Refusal::new(format!(
            "nobody but its owner reads or writes {on}, and an owner's rights are not to be revoked"
        ))
        .help(rename));
    }
    let others: Vec<_> =
        table.columns.iter().filter(|it| &*it.name != name).map(|it| quote_ident(&it.name)).collect();
    let on_others = privilege::Target { on: on_table.on.clone(), column: Some(others.join(", ")) };
    let none = Rights::new();
    let mut up = privilege::statements(&on_table, &all, &without);
    up.extend(privilege::statements(&on_others, &none, &per_column));
    let mut down = privilege::statements(&on_others, &per_column, &none);
    down.extend(privilege::statements(&on_table, &without, &all));
    let part = Part::new(Phase::Contract, format!("Take away the rights on {path}"))
        .prose(format!(
            "Why: a tripwire. Whoever still names {path} fails at once, and so does SELECT * of the table, unless it is the owner \
             or a superuser; going back is as quick.\n\n\
             Safe: a change of the catalog, without a lock that anybody waits for. The values stay. Columns that are added \
             meanwhile need grants of their own."
        ))
        .up([sql(up)])
        .down([sql(down.clone())])
        .allow("revoke", "a tripwire: nobody uses the column any more, or is to be found now");
    Ok((part, down))
}
