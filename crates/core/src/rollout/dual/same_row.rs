//! Old and new columns of one row, kept in agreement both ways: renamed, retyped, split and merged columns.
//!
//! Knows neither types nor tables beyond the names it is given; the expressions are the recipe's.

use cutover_sql::ident::quote_ident;

use super::name::tagged;
use super::{Dual, Function, Setting, Table, Trigger, assign, differ, list, same};

/// Columns of one row, in an old form and a new one.
///
/// The two *agree* when every new column equals its expression of the old ones. What a write does:
/// - `INSERT`: when all new columns are at their defaults, the old ones were written and the new ones follow. Otherwise the
///   new ones were written, and the old ones follow, unless they agree already.
/// - `UPDATE`: when a new column changed and the two do not agree, the old ones follow; when only old ones changed, the new
///   ones follow. So a backfill (`SET new = f(old)`) never touches an old column, and if a client changes both so that they
///   contradict, the new side wins.
///
/// Expressions are plain SQL over the names of the columns of the other side, `split_part(name, ' ', 1)`, as they would
/// stand in an UPDATE; they must not be volatile, must name functions and types outside `pg_catalog` with their schema, and
/// raise what they raise: an expression of the old columns that can fail makes old writers fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SameRow {
    /// Names and rights.
    pub setting: Setting,
    /// The table. Where it is partitioned, PostgreSQL 12 needs one `SameRow` for each partition.
    pub table: Table,
    /// The old columns, each with its expression of the new ones. At least one; none is generated.
    pub old: Vec<Column>,
    /// The new columns, each with its expression of the old ones. At least one; none is generated, none in the partition key.
    pub new: Vec<Column>,
}

/// A column of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it is, from the columns of the other side.
    pub value: String,
    /// Of a new column: its default during the rollout, as SQL, if it has one. It must not be volatile. Where the old columns
    /// have constant defaults, give the new one the same (as the column's `DEFAULT`, too): then an explicit NULL of a
    /// new client is told from a column that was left out. Of an old column: not used.
    pub default: Option<String>,
}

impl Column {
    /// A column that has no default.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), default: None }
    }

    /// With a default.
    #[must_use]
    pub fn default(mut self, default: impl Into<String>) -> Self {
        self.default = Some(default.into());
        self
    }
}

impl SameRow {
    /// The triggers.
    pub fn dual(&self) -> Dual {
        let mut dual = Dual::new();
        let function = self.table.function(&self.setting.rollout, &self.parts());
        dual.create.push(self.probe());
        dual.function(&Function {
            name: function.clone(),
            about: format!(
                "Keeps {} (old) and {} (new) of {} in agreement, whichever of them is written.",
                list("", names(&self.old)),
                list("", names(&self.new)),
                self.table.sql()
            ),
            declare: vec![format!("want {}%ROWTYPE", self.table.sql())],
            body: self.body(),
            setting: &self.setting,
        });
        let [insert, update] = self.triggers();
        let all: Vec<&str> = names(&self.old).into_iter().chain(names(&self.new)).collect();
        for (name, event, when) in
            [(insert, "BEFORE INSERT", None), (update, "BEFORE UPDATE", Some(differ("OLD", "NEW", &all)))]
        {
            dual.trigger(
                &self.setting,
                &Trigger { name, on: &self.table, event, each: "ROW", when, function: &function },
            );
        }
        dual
    }

    /// The names of its triggers, for INSERT and UPDATE. They must run after every other BEFORE trigger of the table that
    /// changes one of the columns; triggers run in the order of their names (byte by byte), and these begin with `zz_`.
    pub fn triggers(&self) -> [String; 2] {
        ["insert", "update"].map(|event| self.table.last(&self.setting.rollout, &self.parts(), event))
    }

    fn parts(&self) -> [&str; 2] {
        [&self.table.name, self.new.first().map_or("", |c| &c.name)]
    }

    fn body(&self) -> String {
        let (old, new) = (names(&self.old), names(&self.new));
        let defaults: Vec<String> =
            self.new.iter().map(|c| format!("({})", c.default.as_deref().unwrap_or("NULL"))).collect();
        let forward = self.computed("            ", "NEW", &self.new, &old);
        format!(
            "    IF TG_OP = 'INSERT' THEN
        -- New columns that are all at their defaults were left out: an old client writes.
{defaults}        IF {left_out} THEN
{forward}            RETURN NEW;
        END IF;
    ELSE
        -- New columns that are as they were: an old column changed.
        IF {unchanged} THEN
{forward}            RETURN NEW;
        END IF;
    END IF;
    -- A new client writes, or a backfill. Where the sides agree the old one stays: it may say more than the new one.
{agreed}    IF {disagree} THEN
{backward}    END IF;
    RETURN NEW;
",
            defaults = assign("        ", "want", &new, &defaults),
            left_out = same("NEW", "want", &new),
            unchanged = same("NEW", "OLD", &new),
            agreed = self.computed("    ", "want", &self.new, &old),
            disagree = differ("NEW", "want", &new),
            backward = self.computed("        ", "NEW", &self.old, &new),
        )
    }

    /// `SELECT f(a), g(a) INTO x.b, x.c FROM (SELECT NEW.a AS a) AS t`: the expressions see plain column names.
    fn computed(&self, indent: &str, into: &str, columns: &[Column], of: &[&str]) -> String {
        let values: Vec<String> = columns.iter().map(|c| format!("({})", c.value)).collect();
        let source: Vec<String> = of.iter().map(|c| format!("NEW.{0} AS {0}", quote_ident(c))).collect();
        format!(
            "{indent}SELECT {} INTO {} FROM (SELECT {}) AS {};\n",
            values.join(", "),
            list(into, names(columns)),
            source.join(", "),
            quote_ident(&self.table.name)
        )
    }

    /// Fails now, and not at the first write, when an expression does not work under the functions' `search_path`.
    /// Reads no row; ACCESS SHARE.
    fn probe(&self) -> String {
        let values = |columns: &[Column]| {
            columns.iter().map(|c| format!("({})", c.value)).collect::<Vec<_>>().join(", ")
        };
        let body = format!(
            "
-- Plans the expressions as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM {} FROM (SELECT {} FROM {table} LIMIT 0) AS {alias};
    PERFORM {} FROM (SELECT {} FROM {table} LIMIT 0) AS {alias};
    PERFORM set_config('search_path', path, true);
END
",
            values(&self.new),
            list("", names(&self.old)),
            values(&self.old),
            list("", names(&self.new)),
            table = self.table.sql(),
            alias = quote_ident(&self.table.name),
        );
        format!("DO {}", tagged(&body))
    }
}

fn names(columns: &[Column]) -> Vec<&str> {
    columns.iter().map(|c| c.name.as_str()).collect()
}
