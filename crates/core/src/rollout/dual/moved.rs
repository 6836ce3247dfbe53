//! Columns that go to another table, kept equal on both.

use cutover_sql::ident::quote_ident;

use super::{Dual, Function, Same, Setting, Table, Trigger, assign, differ, equal, list, same};

/// Columns of `from` whose new home is `to`; rows belong together by `key`. Several rows of `from` may belong to one of
/// `to` (`"order".customer_id = customer.id`): then they hold the same value, and a write to one is a write to all.
///
/// - A column that is written on one side is written on the other, where it differs.
/// - A new row that leaves the columns at their defaults takes the values of the other side.
/// - A row that gets another key without a new value takes the value of its new partner.
///
/// Locks: a write locks its own row first, as every UPDATE does, then the partner. So an old and a new client that write one
/// value at the same moment can be a deadlock (40P01 for one of them), and so can two old clients that write two rows of `from`
/// which belong to one of `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Names and rights.
    pub setting: Setting,
    /// The old home.
    pub from: Table,
    /// The new home.
    pub to: Table,
    /// Columns of `from` and of `to` that must be equal for rows to belong together. Those of `to` are unique.
    pub key: Vec<Same>,
    /// The columns, each with its name in `from` and in `to`.
    pub columns: Vec<MovedColumn>,
    /// What happens when `to` has no row for a row of `from`.
    pub missing: Missing,
}

/// A column that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedColumn {
    /// Its name in the old home.
    pub from: String,
    /// Its name in the new home.
    pub to: String,
    /// Its default, as SQL, the same in both homes, if it has one; not volatile. Who does not know the column leaves it
    /// at that, and then the value of the other home is taken.
    pub default: Option<String>,
}

/// What happens when `to` has no row for a row of `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nothing: the rows of `to` have a life of their own (an order's customer).
    Ignore,
    /// One is made at the end of the transaction, unless the client made one, and is deleted with the row of `from`
    /// (a table of details). Its other columns have defaults.
    Create,
}

impl Moved {
    /// The triggers: on the old home, then on the new one.
    pub fn dual(&self) -> Dual {
        let mut dual = Dual::new();
        self.on_old(&mut dual);
        self.on_new(&mut dual);
        match self.missing {
            Missing::Ignore => {}
            Missing::Create => self.on_missing(&mut dual),
        }
        dual
    }

    fn on_old(&self, dual: &mut Dual) {
        let before = self.function(
            "old_before",
            "A write to the old home waits for the row of the new one, and takes its value when it brings none.",
            vec![format!("home {}%ROWTYPE", self.to.sql()), format!("unsaid {}%ROWTYPE", self.from.sql())],
            self.old_before(),
        );
        let after = self.function(
            "old_after",
            "Carries what was written to the old home to the new one.",
            vec![format!("want {}%ROWTYPE", self.to.sql())],
            self.after(&self.to, &self.there(), &self.key_there(), &self.here(), &self.key_here(), false),
        );
        dual.function(&before);
        dual.function(&after);
        self.pair(dual, &self.from, &before, &after, &[self.key_here(), self.here()].concat());
    }

    fn on_new(&self, dual: &mut Dual) {
        let before = self.function(
            "new_before",
            "A new row of the new home that brings no value takes that of the old one.",
            vec![format!("home {}%ROWTYPE", self.from.sql()), format!("unsaid {}%ROWTYPE", self.to.sql())],
            self.new_before(),
        );
        let after = self.function(
            "new_after",
            "Carries what was written to the new home to the old one.",
            vec![format!("want {}%ROWTYPE", self.from.sql())],
            self.after(&self.from, &self.here(), &self.key_here(), &self.there(), &self.key_there(), true),
        );
        dual.function(&before);
        dual.function(&after);
        self.pair(dual, &self.to, &before, &after, &[self.key_there(), self.there()].concat());
    }

    /// A BEFORE and an AFTER trigger for writes of rows; for an UPDATE only if it changes one of the columns.
    fn pair(
        &self,
        dual: &mut Dual,
        on: &Table,
        before: &Function<'_>,
        after: &Function<'_>,
        columns: &[&str],
    ) {
        let changed = Some(differ("OLD", "NEW", columns));
        let (rollout, parts) = (&self.setting.rollout, self.parts());
        for (name, event, when, function) in [
            (on.last(rollout, &parts, "insert"), "BEFORE INSERT", None, before),
            (on.last(rollout, &parts, "update"), "BEFORE UPDATE", changed.clone(), before),
            (on.first(rollout, &parts, "insert"), "AFTER INSERT", None, after),
            (on.first(rollout, &parts, "update"), "AFTER UPDATE", changed, after),
        ] {
            let function = &function.name;
            dual.trigger(&self.setting, &Trigger { name, on, event, each: "ROW", when, function });
        }
    }

    fn on_missing(&self, dual: &mut Dual) {
        let create = self.function(
            "make",
            "Makes the row of the new home that an old client knows nothing of: at the end of the transaction, because a new client makes it itself.",
            vec![format!("unsaid {}%ROWTYPE", self.from.sql())],
            self.make(),
        );
        let gone = self.function(
            "old_gone",
            "A row that is deleted from the old home takes that of the new one with it.",
            Vec::new(),
            format!(
                "    DELETE FROM {to} AS t WHERE {of_old}
        AND NOT EXISTS (SELECT 1 FROM {from} AS f WHERE {still});\n    RETURN NULL;\n",
                to = self.to.sql(),
                from = self.from.sql(),
                of_old = equal("t", &self.key_there(), "OLD", &self.key_here()),
                still = equal("f", &self.key_here(), "OLD", &self.key_here()),
            ),
        );
        let unset = self.function(
            "new_gone",
            "Without its row in the new home, a row of the old one has no value.",
            vec![format!("want {}%ROWTYPE", self.from.sql())],
            format!("{}    RETURN NULL;\n", self.reset("    ", "OLD")),
        );
        let old_emptied = self.function(
            "old_emptied",
            "A TRUNCATE of the old home empties the new one.",
            Vec::new(),
            format!("    DELETE FROM {};\n    RETURN NULL;\n", self.to.sql()),
        );
        let new_emptied = self.function(
            "new_emptied",
            "After a TRUNCATE of the new home the old one has no values.",
            vec![format!("want {}%ROWTYPE", self.from.sql())],
            self.unset_all(),
        );
        for function in [&create, &gone, &unset, &old_emptied, &new_emptied] {
            dual.function(function);
        }
        let (rollout, parts) = (&self.setting.rollout, self.parts());
        let changed = Some(differ("OLD", "NEW", &[self.key_here(), self.here()].concat()));
        for (what, on, event, each, when, function) in [
            ("make_i", &self.from, "CONSTRAINT AFTER INSERT", "ROW", None, &create),
            ("make_u", &self.from, "CONSTRAINT AFTER UPDATE", "ROW", changed, &create),
            ("delete", &self.from, "AFTER DELETE", "ROW", None, &gone),
            ("truncate", &self.from, "AFTER TRUNCATE", "STATEMENT", None, &old_emptied),
            ("delete", &self.to, "AFTER DELETE", "ROW", None, &unset),
            ("truncate", &self.to, "AFTER TRUNCATE", "STATEMENT", None, &new_emptied),
        ] {
            let name = on.first(rollout, &parts, what);
            dual.trigger(&self.setting, &Trigger { name, on, event, each, when, function: &function.name });
        }
    }

    fn function(&self, what: &str, about: &str, declare: Vec<String>, body: String) -> Function<'_> {
        let [a, b] = self.parts();
        Function {
            name: self.from.function(&self.setting.rollout, &[a, b, what]),
            about: about.to_owned(),
            declare,
            body,
            setting: &self.setting,
        }
    }

    fn old_before(&self) -> String {
        format!(
            "{defaults}    IF {said} THEN
        -- The lock that the write below needs, at once: taking a weaker one first would be a deadlock of two such writers.
        PERFORM 1 FROM {to} AS t WHERE {row} FOR NO KEY UPDATE;
    ELSE
        -- Against a value that is being changed at this moment.
        SELECT * INTO home FROM {to} AS t WHERE {row} FOR SHARE;
        IF FOUND THEN
{take}        END IF;
    END IF;
    RETURN NEW;
",
            defaults = self.unsaid(&self.here(), Some("OLD")),
            said = differ("NEW", "unsaid", &self.here()),
            to = self.to.sql(),
            row = equal("t", &self.key_there(), "NEW", &self.key_here()),
            take = assign("            ", "NEW", &self.here(), &fields("home", &self.there())),
        )
    }

    fn new_before(&self) -> String {
        format!(
            "    IF TG_OP = 'INSERT' THEN
{defaults}        IF {said} THEN
            PERFORM 1 FROM {from} AS f WHERE {row} FOR NO KEY UPDATE;
        ELSE
            SELECT * INTO home FROM {from} AS f WHERE {row} LIMIT 1 FOR SHARE;
            IF FOUND THEN
{take}            END IF;
        END IF;
    END IF;
    RETURN NEW;
",
            defaults = self.unsaid(&self.there(), None),
            said = differ("NEW", "unsaid", &self.there()),
            from = self.from.sql(),
            row = equal("f", &self.key_here(), "NEW", &self.key_there()),
            take = assign("                ", "NEW", &self.there(), &fields("home", &self.here())),
        )
    }

    /// `unsaid` becomes what a client that does not know the columns leaves in them: defaults, or, in an UPDATE, the old values.
    fn unsaid(&self, columns: &[&str], update: Option<&str>) -> String {
        let defaults: Vec<String> =
            self.columns.iter().map(|c| format!("({})", c.default.as_deref().unwrap_or("NULL"))).collect();
        match update {
            None => assign("        ", "unsaid", columns, &defaults),
            Some(old) => format!(
                "    IF TG_OP = 'INSERT' THEN\n{}    ELSE\n{}    END IF;\n",
                assign("        ", "unsaid", columns, &defaults),
                assign("        ", "unsaid", columns, &fields(old, columns))
            ),
        }
    }

    /// Writes the columns of the other table where they differ. `want` makes them the types of that table.
    fn after(
        &self,
        other: &Table,
        theirs: &[&str],
        their_key: &[&str],
        ours: &[&str],
        our_key: &[&str],
        left_behind: bool,
    ) -> String {
        let leave = match self.missing {
            Missing::Create if left_behind => format!(
                "    IF TG_OP = 'UPDATE' THEN
        IF {} THEN
            -- It belongs to another row now; the one it leaves has no value.
{}        END IF;
    END IF;\n",
                differ("OLD", "NEW", our_key),
                self.reset("            ", "OLD")
            ),
            Missing::Create | Missing::Ignore => String::new(),
        };
        format!(
            "{leave}{want}    UPDATE {other} AS o SET {set} WHERE {row} AND {differs};
    RETURN NULL;
",
            want = assign("    ", "want", theirs, &fields("NEW", ours)),
            other = other.sql(),
            set = from_want(theirs),
            row = equal("o", their_key, "NEW", our_key),
            differs = differ("o", "want", theirs),
        )
    }

    /// Sets the columns of the old home to their defaults.
    fn reset(&self, indent: &str, of: &str) -> String {
        let defaults: Vec<String> =
            self.columns.iter().map(|c| format!("({})", c.default.as_deref().unwrap_or("NULL"))).collect();
        format!(
            "{}{indent}UPDATE {} AS o SET {} WHERE {} AND {};\n",
            assign(indent, "want", &self.here(), &defaults),
            self.from.sql(),
            from_want(&self.here()),
            equal("o", &self.key_here(), of, &self.key_there()),
            differ("o", "want", &self.here())
        )
    }

    fn unset_all(&self) -> String {
        let defaults: Vec<String> =
            self.columns.iter().map(|c| format!("({})", c.default.as_deref().unwrap_or("NULL"))).collect();
        format!(
            "{}    UPDATE {} AS o SET {} WHERE {};\n    RETURN NULL;\n",
            assign("    ", "want", &self.here(), &defaults),
            self.from.sql(),
            from_want(&self.here()),
            differ("o", "want", &self.here())
        )
    }

    fn make(&self) -> String {
        let (mut into, mut values) = (self.key_there(), self.key_here());
        into.extend(self.there());
        values.extend(self.here());
        format!(
            "    IF TG_OP = 'UPDATE' THEN
        -- A new client deleted the row, and nobody has given a value since.
{defaults}        IF {same} THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO {to} ({into})
    SELECT {values} FROM {from} AS f WHERE {row}
        AND NOT EXISTS (SELECT 1 FROM {to} AS t WHERE {there});
    RETURN NULL;
",
            defaults = self.unsaid(&self.here(), None),
            same = same("NEW", "unsaid", &self.here()),
            to = self.to.sql(),
            from = self.from.sql(),
            into = list("", into),
            values = list("f", values),
            row = equal("f", &self.key_here(), "NEW", &self.key_here()),
            there = equal("t", &self.key_there(), "NEW", &self.key_here()),
        )
    }

    fn parts(&self) -> [&str; 2] {
        [&self.from.name, self.columns.first().map_or("", |c| &c.from)]
    }

    fn key_here(&self) -> Vec<&str> {
        self.key.iter().map(|s| s.here.as_str()).collect()
    }

    fn key_there(&self) -> Vec<&str> {
        self.key.iter().map(|s| s.there.as_str()).collect()
    }

    fn here(&self) -> Vec<&str> {
        self.columns.iter().map(|c| c.from.as_str()).collect()
    }

    fn there(&self) -> Vec<&str> {
        self.columns.iter().map(|c| c.to.as_str()).collect()
    }
}

fn fields(of: &str, columns: &[&str]) -> Vec<String> {
    columns.iter().map(|c| format!("{of}.{}", quote_ident(c))).collect()
}

/// `a = want.a, b = want.b`.
fn from_want(columns: &[&str]) -> String {
    let terms: Vec<String> = columns.iter().map(|c| format!("{0} = want.{0}", quote_ident(c))).collect();
    terms.join(", ")
}
