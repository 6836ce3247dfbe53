//! A second copy of a table that follows every write, row by row: the new, partitioned table before the names are swapped, and
//! the old one after.
//!
//! Knows nothing of partitions; swapping is the recipe's.

use cutover_sql::ident::quote_ident;

use super::{Dual, Function, Setting, Table, Trigger, differ, equal, list};

/// Everything that is written to `from` is written to `to`. One direction: names are swapped in one transaction, in which
/// this mirror is dropped, before, and the one that goes back is made, after. So there is nothing that could loop.
///
/// A trigger does not carry the row it is given, but makes the copy of that key what the table says *now*: so keys that are
/// shifted in one statement (`SET id = id + 1`), rows that go to another partition, and rows that a trigger of
/// the user's own writes again are right, in whatever order the triggers come. The row of `from` is always locked before
/// that of `to`, and nobody goes the other way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Names and rights.
    pub setting: Setting,
    /// The table that is written, by its present name.
    pub from: Table,
    /// The copy, by its present name. Nobody else writes it, but the backfill.
    pub to: Table,
    /// Columns that are NOT NULL, have a unique index in `to`, and are unique in `from` as well (there, part of them is enough).
    pub key: Vec<String>,
    /// All other columns that are copied: none that `to` generates, by GENERATED ALWAYS AS an expression or AS IDENTITY.
    pub columns: Vec<String>,
}

impl Mirror {
    /// The triggers.
    pub fn dual(&self) -> Dual {
        let mut dual = Dual::new();
        let write = Function {
            name: self.from.function(&self.setting.rollout, &[&self.from.name, "to", &self.to.name]),
            about: format!(
                "Makes {} what {} is, for each key that is written.",
                self.to.sql(),
                self.from.sql()
            ),
            declare: Vec::new(),
            body: self.write_body(),
            setting: &self.setting,
        };
        let truncate = Function {
            name: self
                .from
                .function(&self.setting.rollout, &[&self.from.name, "to", &self.to.name, "truncate"]),
            about: format!("A TRUNCATE of {} truncates {}.", self.from.sql(), self.to.sql()),
            declare: Vec::new(),
            // ACCESS EXCLUSIVE on the copy, which nobody reads, in a transaction that holds as much on the table itself.
            body: format!("    TRUNCATE {};\n    RETURN NULL;\n", self.to.sql()),
            setting: &self.setting,
        };
        dual.function(&write);
        dual.function(&truncate);
        for (what, event, each, function) in [
            ("write", "AFTER INSERT OR UPDATE OR DELETE", "ROW", &write),
            ("truncate", "AFTER TRUNCATE", "STATEMENT", &truncate),
        ] {
            let name = self.from.first(&self.setting.rollout, &[&self.from.name, "to", &self.to.name], what);
            let function = &function.name;
            dual.trigger(&self.setting, &Trigger { name, on: &self.from, event, each, when: None, function });
        }
        dual
    }

    /// The statement that copies what was there before: to be run in batches, after the triggers are there. It locks
    /// the rows it reads (FOR KEY SHARE: only a DELETE or a change of the key waits), or a row that is deleted at
    /// that moment would come back; what is there already is newer and stays.
    pub fn backfill(&self) -> String {
        format!(
            "INSERT INTO {} ({columns})\nOVERRIDING SYSTEM VALUE\nSELECT {}\nFROM {} AS f\nFOR KEY SHARE\nON CONFLICT ({}) DO NOTHING",
            self.to.sql(),
            list("f", self.all()),
            self.from.sql(),
            list("", &self.key),
            columns = list("", self.all()),
        )
    }

    fn write_body(&self) -> String {
        format!(
            "    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND {rekeyed} THEN
        DELETE FROM {to} AS t WHERE {of_old};
        -- Another row may have got this key since.
{again}    END IF;
    IF TG_OP <> 'DELETE' THEN
{copy}    END IF;
    RETURN NULL;
",
            rekeyed = differ("OLD", "NEW", &self.key),
            to = self.to.sql(),
            of_old = equal("t", &self.key, "OLD", &self.key),
            again = self.copy("OLD"),
            copy = self.copy("NEW"),
        )
    }

    /// Writes the row of a key as it is now, unless the copy is that already.
    fn copy(&self, of: &str) -> String {
        let update = if self.columns.is_empty() {
            "NOTHING".to_owned()
        } else {
            let set: Vec<String> =
                self.columns.iter().map(|c| format!("{0} = excluded.{0}", quote_ident(c))).collect();
            format!(
                "UPDATE SET {}\n            WHERE {}",
                set.join(", "),
                differ("t", "excluded", &self.columns)
            )
        };
        format!(
            "        INSERT INTO {} AS t ({}) OVERRIDING SYSTEM VALUE
        SELECT {} FROM {} AS f WHERE {}
        ON CONFLICT ({}) DO {update};\n",
            self.to.sql(),
            list("", self.all()),
            list("f", self.all()),
            self.from.sql(),
            equal("f", &self.key, of, &self.key),
            list("", &self.key),
        )
    }

    fn all(&self) -> Vec<&str> {
        self.key.iter().chain(&self.columns).map(String::as_str).collect()
    }
}
