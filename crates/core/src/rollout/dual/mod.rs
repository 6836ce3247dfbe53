//! Dual-write triggers as SQL: what an old client writes, new clients see, and the other way round.
//!
//! Four generators: [`SameRow`] for columns of one row, [`Link`] for a join table that becomes a column, [`Moved`] for a
//! column that goes to another table, [`Mirror`] for a second copy of a table. Names, types and expressions in,
//! statements out; knows no catalog and no recipe. What they promise and what they do not is in `docs/dual-write.md`.
//!
//! What all of them share, and why:
//! - **No loops, by convergence**: a trigger writes only what differs. `pg_trigger_depth()` is not asked, because a write
//!   by a trigger of the user's own is as deep as one of ours, and would be lost. What differs is found with `record_image_ne`,
//!   which compares bytes: it knows NULL, works for types without `=` (json), and sees what `=` does not (`citext`, `1.0` and `1.00`).
//! - **Order by name**: a BEFORE trigger of ours is called `zz_...` and runs last, when the row is what it will be; an AFTER
//!   trigger is called `CUTOVER_...` and runs first, before foreign keys (`RI_...`) look and before a trigger of the user's
//!   own writes the same row again.
//! - **`SECURITY DEFINER`** with a fixed `search_path`: a writer who has rights on one side only must not begin to fail.
//!   `EXECUTE` is revoked from everybody, or somebody could put the function on a table of their own.
//! - **`ENABLE ALWAYS` or not** is [`Fires`].

mod link;
mod mend;
mod mirror;
mod moved;
mod name;
mod same_row;

pub use link::Link;
pub use mend::{Mend, fill};
pub use mirror::Mirror;
pub use moved::{Missing, Moved, MovedColumn};
pub use name::Table;
pub use same_row::{Column, SameRow};

use cutover_sql::ident::{quote_ident, quote_literal};
use name::{comment, tagged};

/// Statements that install triggers, and those that remove them, each without its semicolon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dual {
    /// Installs them: to be run in one transaction, so that there is no moment with one direction only.
    pub create: Vec<String>,
    /// Removes them, however many of them there are.
    pub drop: Vec<String>,
}

/// What all generators are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The rollout, for the names of functions and triggers.
    pub rollout: String,
    /// Who is to own the functions and so do the writes: a role with rights on both sides, most often the owner of the
    /// tables. None: whoever runs the revision.
    pub owner: Option<String>,
    /// In which sessions the triggers fire.
    pub fires: Fires,
}

/// In which sessions triggers fire (`session_replication_role`,
/// <https://www.postgresql.org/docs/current/sql-altertable.html>, `ENABLE TRIGGER`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fires {
    /// For ordinary writes only. Right where both sides are written here, or both are replicated to here: the write of
    /// the trigger is replicated as well.
    #[default]
    Origin,
    /// For writes of logical replication, too: where a subscription fills one side and the other exists here only. Writing
    /// only what differs makes it harmless when both sides come.
    Always,
}

impl Setting {
    /// Triggers of a rollout, owned by whoever installs them, that fire for ordinary writes.
    pub fn of(rollout: impl Into<String>) -> Self {
        Self { rollout: rollout.into(), owner: None, fires: Fires::Origin }
    }
}

/// Two columns that hold the same, one on each side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Same {
    /// In the table that is named first.
    pub here: String,
    /// In the other one.
    pub there: String,
}

impl Same {
    /// A pair.
    pub fn new(here: impl Into<String>, there: impl Into<String>) -> Self {
        Self { here: here.into(), there: there.into() }
    }
}

/// A trigger function on its way.
struct Function<'a> {
    /// Its schema and name.
    name: Table,
    /// What it is for: the comment of the function, and at the top of its body.
    about: String,
    /// Variables, each a line without its semicolon.
    declare: Vec<String>,
    /// Between BEGIN and END.
    body: String,
    setting: &'a Setting,
}

/// A trigger on its way.
struct Trigger<'a> {
    name: String,
    on: &'a Table,
    /// `BEFORE INSERT`, `AFTER UPDATE OR DELETE`, `CONSTRAINT AFTER INSERT`.
    event: &'a str,
    /// `ROW` or `STATEMENT`.
    each: &'a str,
    /// The WHEN clause, if any.
    when: Option<String>,
    function: &'a Table,
}

impl Dual {
    fn new() -> Self {
        Self { create: Vec::new(), drop: Vec::new() }
    }

    /// Takes no lock that anybody waits for.
    fn function(&mut self, function: &Function<'_>) {
        let name = function.name.sql();
        let declare: String = function.declare.iter().map(|line| format!("    {line};\n")).collect();
        let declare = if declare.is_empty() { declare } else { format!("DECLARE\n{declare}") };
        let body = format!(
            "\n#variable_conflict use_column\n{}{declare}BEGIN\n{}END\n",
            comment(&function.about, ""),
            function.body
        );
        self.create.push(format!(
            "CREATE FUNCTION {name}() RETURNS trigger\nLANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp\nAS {}",
            tagged(&body)
        ));
        self.create.push(format!("REVOKE ALL ON FUNCTION {name}() FROM PUBLIC"));
        if let Some(owner) = &function.setting.owner {
            self.create.push(format!("ALTER FUNCTION {name}() OWNER TO {}", quote_ident(owner)));
        }
        let about = format!("Dual write of the rollout {}. {}", function.setting.rollout, function.about);
        self.create.push(format!("COMMENT ON FUNCTION {name}() IS {}", quote_literal(&about)));
        self.drop.push(format!("DROP FUNCTION IF EXISTS {name}()"));
    }

    /// `CREATE TRIGGER` takes SHARE ROW EXCLUSIVE: readers go on, writers wait for this one transaction; and it waits for
    /// every open transaction that has written the table, so that no write is half before and half after. Dropping takes
    /// ACCESS EXCLUSIVE for as short a time.
    fn trigger(&mut self, setting: &Setting, trigger: &Trigger<'_>) {
        let (name, table) = (quote_ident(&trigger.name), trigger.on.sql());
        let when = trigger.when.as_ref().map(|when| format!("\nWHEN ({when})")).unwrap_or_default();
        // A constraint trigger is there to run at the end of the transaction.
        let (kind, event, deferred) = match trigger.event.strip_prefix("CONSTRAINT ") {
            Some(event) => ("CONSTRAINT TRIGGER", event, "DEFERRABLE INITIALLY DEFERRED\n"),
            None => ("TRIGGER", trigger.event, ""),
        };
        self.create.push(format!(
            "CREATE {kind} {name} {event} ON {table}\n{deferred}FOR EACH {}{when}\nEXECUTE FUNCTION {}()",
            trigger.each,
            trigger.function.sql()
        ));
        match setting.fires {
            Fires::Origin => {}
            Fires::Always => {
                self.create.push(format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"));
            }
        }
        // Before the functions, and the last one first.
        self.drop.insert(0, format!("DROP TRIGGER IF EXISTS {name} ON {table}"));
    }
}

/// `x.a, x.b`; without a prefix, `a, b`.
fn list<S: AsRef<str>>(of: &str, columns: impl IntoIterator<Item = S>) -> String {
    let dot = if of.is_empty() { "" } else { "." };
    let names: Vec<String> =
        columns.into_iter().map(|c| format!("{of}{dot}{}", quote_ident(c.as_ref()))).collect();
    names.join(", ")
}

/// `x.a = y.b AND x.c = y.d`.
fn equal<S: AsRef<str>>(left: &str, lefts: &[S], right: &str, rights: &[S]) -> String {
    let terms: Vec<String> = lefts
        .iter()
        .zip(rights)
        .map(|(l, r)| format!("{left}.{} = {right}.{}", quote_ident(l.as_ref()), quote_ident(r.as_ref())))
        .collect();
    terms.join(" AND ")
}

/// Whether columns differ in a byte. `ROW(a) *<> ROW(b)` would be read column by column, so the function of that
/// operator is called. Both sides have the same columns, of the same types.
fn differ<S: AsRef<str>>(left: &str, right: &str, columns: &[S]) -> String {
    format!("pg_catalog.record_image_ne(ROW({}), ROW({}))", list(left, columns), list(right, columns))
}

/// Whether columns are the same in every byte.
fn same<S: AsRef<str>>(left: &str, right: &str, columns: &[S]) -> String {
    format!("pg_catalog.record_image_eq(ROW({}), ROW({}))", list(left, columns), list(right, columns))
}

/// `x.a := value;`, a line for each.
fn assign<S: AsRef<str>>(indent: &str, into: &str, columns: &[S], values: &[String]) -> String {
    let lines = columns.iter().zip(values);
    lines.map(|(c, value)| format!("{indent}{into}.{} := {value};\n", quote_ident(c.as_ref()))).collect()
}
