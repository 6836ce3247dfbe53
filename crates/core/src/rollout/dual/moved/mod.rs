//! Columns that go to another table, kept equal on both: the triggers. What they do is in `body`.

mod body;

use super::{Dual, Function, Same, Setting, Table, Trigger, differ, equal};

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
        let (old, new) = (self.old(), self.new_home());
        let before = self.function(
            "old_before",
            "A write to the old home waits for the row of the new one. A row that gets another partner takes its value.",
            variables(&old, &new),
            self.before(&old, &new, true),
        );
        let after = self.function(
            "old_after",
            "Carries what was written to the old home to the new one. A new row that brings nothing takes what is there.",
            variables(&old, &new),
            self.after(&old, &new, ""),
        );
        self.writes(dual, &old, &before, &after, &["INSERT", "UPDATE"]);
    }

    fn on_new(&self, dual: &mut Dual) {
        let (old, new) = (self.old(), self.new_home());
        let before = self.function(
            "new_before",
            "A new row of the new home waits for that of the old one.",
            variables(&new, &old),
            self.before(&new, &old, false),
        );
        let after = self.function(
            "new_after",
            "Carries what was written to the new home to the old one. A new row that brings nothing takes what is there.",
            variables(&new, &old),
            self.after(&new, &old, &self.left_behind()),
        );
        self.writes(dual, &new, &before, &after, &["INSERT"]);
    }

    /// BEFORE triggers for some writes of rows and AFTER triggers for both; for an UPDATE only if it changes one of the columns.
    fn writes(
        &self,
        dual: &mut Dual,
        side: &Side<'_>,
        before: &Function<'_>,
        after: &Function<'_>,
        early: &[&str],
    ) {
        dual.function(before);
        dual.function(after);
        let changed = differ("OLD", "NEW", &[side.key.clone(), side.columns.clone()].concat());
        let (rollout, parts) = (&self.setting.rollout, self.parts());
        let on = side.table;
        for (word, event) in [("insert", "INSERT"), ("update", "UPDATE")] {
            let when = (event == "UPDATE").then(|| changed.clone());
            let early = early.contains(&event).then(|| (on.last(rollout, &parts, word), "BEFORE", before));
            let late = (on.first(rollout, &parts, word), "AFTER", after);
            for (name, moment, function) in early.into_iter().chain([late]) {
                let (event, when, function) = (&format!("{moment} {event}"), when.clone(), &function.name);
                dual.trigger(&self.setting, &Trigger { name, on, event, each: "ROW", when, function });
            }
        }
    }

    fn on_missing(&self, dual: &mut Dual) {
        let (old, new) = (self.old(), self.new_home());
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
                of_old = equal("t", &new.key, "OLD", &old.key),
                still = equal("f", &old.key, "OLD", &old.key),
            ),
        );
        let unset = self.function(
            "new_gone",
            "Without its row in the new home, a row of the old one has no value.",
            vec![format!("want {}%ROWTYPE", self.from.sql())],
            format!("{}    RETURN NULL;\n", self.reset("    ", "want")),
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
        let changed = Some(differ("OLD", "NEW", &[old.key.clone(), old.columns.clone()].concat()));
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

    fn parts(&self) -> [&str; 2] {
        [&self.from.name, self.columns.first().map_or("", |c| &c.from)]
    }

    fn old(&self) -> Side<'_> {
        Side {
            table: &self.from,
            key: self.key.iter().map(|s| s.here.as_str()).collect(),
            columns: self.columns.iter().map(|c| c.from.as_str()).collect(),
        }
    }

    fn new_home(&self) -> Side<'_> {
        Side {
            table: &self.to,
            key: self.key.iter().map(|s| s.there.as_str()).collect(),
            columns: self.columns.iter().map(|c| c.to.as_str()).collect(),
        }
    }
}

/// One of the two homes.
struct Side<'a> {
    table: &'a Table,
    key: Vec<&'a str>,
    columns: Vec<&'a str>,
}

fn variables(ours: &Side<'_>, theirs: &Side<'_>) -> Vec<String> {
    vec![
        format!("home {}%ROWTYPE", theirs.table.sql()),
        format!("want {}%ROWTYPE", theirs.table.sql()),
        format!("unsaid {}%ROWTYPE", ours.table.sql()),
    ]
}
