//! A join table that becomes a column: `plan_recommendations(plan_id, recommendation_id)` and `recommendation.plan_id`.
//!
//! Knows nothing of the foreign keys beyond what it is told.

use cutover_sql::ident::quote_ident;

use super::{Dual, Function, Same, Setting, Table, Trigger, differ, equal, list};

/// A join table whose rows say what a column of the owning table says: at most one row for each.
///
/// What a write does, on either side, in words of the case:
/// - a link that is made or changed becomes the recommendation's `plan_id`: the last one wins. A link that was there before
///   stays, because the old client may be about to delete it, and would fail to.
/// - a link that is deleted leaves NULL, or another link if there is one.
/// - a `plan_id` that is written makes the recommendation's links exactly that; NULL deletes them.
/// - a recommendation that is deleted takes its links with it, whatever the foreign key says.
///
/// So after every statement `plan_id` is one of the links, and NULL when there is none. While the premise holds (at most
/// one link at the end of every transaction) both sides say the same.
///
/// Locks: every write takes the row of `table` first and rows of `join` after it, and two sessions on one recommendation wait
/// for each other. One case cannot be ordered: an UPDATE or DELETE of a join row has locked that row before any
/// trigger runs. When a new client writes the `plan_id` of the same recommendation at that moment, PostgreSQL ends one of
/// the two (40P01), and nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Names and rights.
    pub setting: Setting,
    /// The table with the new column (`recommendation`).
    pub table: Table,
    /// The join table (`plan_recommendations`).
    pub join: Table,
    /// The key of `table`, and the columns of `join` that refer to it (`id`, `recommendation_id`).
    pub key: Vec<Same>,
    /// The new columns of `table`, and the columns of `join` that they take the place of (`plan_id`, `plan_id`).
    pub value: Vec<Same>,
    /// Columns of `join` that need a value when a new client's write makes a row there, and the expression: plain SQL
    /// over the columns of `table`. Columns with a default need nothing.
    pub more: Vec<(String, String)>,
    /// What the new columns refer to by a foreign key with ON DELETE CASCADE or SET NULL, if there is one: the table (`plan`)
    /// and its columns, in the order of `value`. Then, when a row there is deleted, that foreign key decides what becomes of the
    /// rows of `table`, whichever of the two foreign keys PostgreSQL comes to first.
    pub target: Option<(Table, Vec<String>)>,
}

impl Link {
    /// The triggers: three on the join table, four on the table.
    pub fn dual(&self) -> Dual {
        let mut dual = Dual::new();
        self.on_join(&mut dual);
        self.on_table(&mut dual);
        dual
    }

    fn on_join(&self, dual: &mut Dual) {
        let lock = self.function("lock", "Locks the row that a link belongs to before the link is made: the order in which new clients lock.", Vec::new(), self.lock_body());
        let follow = self.function(
            "links",
            "Carries a link that was made, changed or deleted to the table that has the column now.",
            vec![format!("link_now {}%ROWTYPE", self.join.sql())],
            self.links_body(),
        );
        let emptied = self.function(
            "no_links",
            "A TRUNCATE of the join table deletes every link.",
            Vec::new(),
            format!(
                "    UPDATE {} AS t SET {} WHERE ({}) IS NOT NULL;\n    RETURN NULL;\n",
                self.table.sql(),
                self.to_null(),
                list("t", self.columns())
            ),
        );
        for function in [&lock, &follow, &emptied] {
            dual.function(function);
        }
        let changed = differ("OLD", "NEW", &[self.join_key(), self.join_columns()].concat());
        let on = &self.join;
        let name = |first: bool, event: &str| {
            let parts = [self.join.name.as_str()];
            if first {
                on.first(&self.setting.rollout, &parts, event)
            } else {
                on.last(&self.setting.rollout, &parts, event)
            }
        };
        for (name, event, each, when, function) in [
            (name(false, "insert"), "BEFORE INSERT", "ROW", None, &lock),
            (name(false, "update"), "BEFORE UPDATE", "ROW", Some(changed.clone()), &lock),
            (name(true, "write"), "AFTER INSERT OR DELETE", "ROW", None, &follow),
            (name(true, "update"), "AFTER UPDATE", "ROW", Some(changed), &follow),
            (name(true, "truncate"), "AFTER TRUNCATE", "STATEMENT", None, &emptied),
        ] {
            dual.trigger(&self.setting, &Trigger { name, on, event, each, when, function: &function.name });
        }
    }

    fn on_table(&self, dual: &mut Dual) {
        let follow = self.function(
            "column",
            "Makes the links of a row what its column says.",
            vec![
                format!("row_now {}%ROWTYPE", self.table.sql()),
                format!("link_now {}%ROWTYPE", self.join.sql()),
            ],
            self.column_body(),
        );
        let gone = self.function(
            "gone",
            "Deletes the links of a row that is deleted, before the foreign key of the join table looks.",
            Vec::new(),
            format!(
                "    DELETE FROM {join} AS j WHERE {of_old}\n        AND NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {still});\n    RETURN NULL;\n",
                join = self.join.sql(),
                table = self.table.sql(),
                of_old = equal("j", &self.join_key(), "OLD", &self.key()),
                still = equal("t", &self.key(), "OLD", &self.key()),
            ),
        );
        let emptied = self.function(
            "emptied",
            "A TRUNCATE of the table deletes every link.",
            Vec::new(),
            format!("    DELETE FROM {};\n    RETURN NULL;\n", self.join.sql()),
        );
        for function in [&follow, &gone, &emptied] {
            dual.function(function);
        }
        let changed = differ("OLD", "NEW", &[self.key(), self.columns()].concat());
        let on = &self.table;
        let name = |event: &str| on.first(&self.setting.rollout, &[&self.table.name], event);
        for (name, event, each, when, function) in [
            (name("insert"), "AFTER INSERT", "ROW", None, &follow),
            (name("update"), "AFTER UPDATE", "ROW", Some(changed), &follow),
            (name("delete"), "AFTER DELETE", "ROW", None, &gone),
            (name("truncate"), "AFTER TRUNCATE", "STATEMENT", None, &emptied),
        ] {
            dual.trigger(&self.setting, &Trigger { name, on, event, each, when, function: &function.name });
        }
    }

    fn function(&self, what: &str, about: &str, declare: Vec<String>, body: String) -> Function<'_> {
        Function {
            name: self.join.function(&self.setting.rollout, &[&self.join.name, what]),
            about: about.to_owned(),
            declare,
            body,
            setting: &self.setting,
        }
    }

    fn lock_body(&self) -> String {
        format!("{}    RETURN NEW;\n", self.lock("    ", "NEW"))
    }

    /// A row lock that other writers of the row wait for; readers and foreign keys do not.
    fn lock(&self, indent: &str, of: &str) -> String {
        format!(
            "{indent}PERFORM 1 FROM {} AS t WHERE {} FOR NO KEY UPDATE;\n",
            self.table.sql(),
            equal("t", &self.key(), of, &self.join_key())
        )
    }

    fn links_body(&self) -> String {
        let gone = self.target.as_ref().map(|(target, columns)| {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            format!(
                "        ELSIF NOT EXISTS (SELECT 1 FROM {} AS target WHERE {}) THEN
            -- What it linked to is being deleted: the foreign key of the column decides.
            NULL;\n",
                target.sql(),
                equal("target", &columns, "OLD", &self.join_columns())
            )
        });
        format!(
            "    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND {moved} THEN
        -- Locked first, so that the queries after it see what others have committed.
{lock}        SELECT * INTO link_now FROM {join} AS j WHERE {of_old} ORDER BY ({same_link}) DESC, {last} DESC LIMIT 1;
        IF FOUND THEN
            UPDATE {table} AS t SET {to_other} WHERE {row_of_old} AND {was_it}
                AND ({columns}) IS DISTINCT FROM ({others});
{gone}        ELSE
            UPDATE {table} AS t SET {to_null} WHERE {row_of_old} AND {was_it};
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE {table} AS t SET {to_new} WHERE {row_of_new} AND ({columns}) IS DISTINCT FROM ({news})
            AND EXISTS (SELECT 1 FROM {join} AS j WHERE {of_new} AND {still});
    END IF;
    RETURN NULL;
",
            moved = differ("OLD", "NEW", &self.join_key()),
            lock = self.lock("        ", "OLD"),
            join = self.join.sql(),
            table = self.table.sql(),
            of_old = equal("j", &self.join_key(), "OLD", &self.join_key()),
            of_new = equal("j", &self.join_key(), "NEW", &self.join_key()),
            still = equal("j", &self.join_columns(), "NEW", &self.join_columns()),
            last = list("j", self.join_columns()).replace(", ", " DESC, "),
            same_link = equal("j", &self.join_columns(), "OLD", &self.join_columns()),
            row_of_old = equal("t", &self.key(), "OLD", &self.join_key()),
            row_of_new = equal("t", &self.key(), "NEW", &self.join_key()),
            was_it = equal("t", &self.columns(), "OLD", &self.join_columns()),
            to_other = self.set("link_now"),
            to_new = self.set("NEW"),
            to_null = self.to_null(),
            columns = list("t", self.columns()),
            others = list("link_now", self.join_columns()),
            news = list("NEW", self.join_columns()),
            gone = gone.unwrap_or_default(),
        )
    }

    fn column_body(&self) -> String {
        let (extra, values) = self.more();
        format!(
            "    IF TG_OP = 'UPDATE' THEN
        -- A key that changed: the links follow, if no foreign key has seen to it.
        IF {rekeyed} THEN
            UPDATE {join} AS j SET {follow} WHERE {of_old}
                AND NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {still_old});
            -- A link that moves is a link that is made, and the last one wins: but the column is what was written.
            UPDATE {table} AS t SET {to_written} WHERE {row_of_new} AND ({columns}) IS DISTINCT FROM ({written});
        END IF;
    END IF;
    -- The row as it is now: another trigger may have written it since.
    SELECT * INTO row_now FROM {table} AS t WHERE {row_of_new};
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF ({value}) IS NOT NULL THEN
        IF NOT EXISTS (SELECT 1 FROM {join} AS j WHERE {of_present} AND {is_value}) THEN
            -- One link is changed in place, which keeps its other columns.
            IF TG_OP = 'UPDATE' THEN
                DELETE FROM {join} AS j WHERE {of_present} AND ({links}) IS DISTINCT FROM ({before});
                UPDATE {join} AS j SET {to_value} WHERE {of_present};
                IF FOUND THEN
                    RETURN NULL;
                END IF;
            END IF;
            INSERT INTO {join} ({key}, {link}{extra})
            SELECT {row_key}, {row_value}{values} FROM {table} AS {alias} WHERE {row_is_present};
        END IF;
    ELSIF TG_OP = 'INSERT' THEN
        -- An old client made the link first, or in the same statement.
        SELECT * INTO link_now FROM {join} AS j WHERE {of_present} LIMIT 1;
        IF FOUND THEN
            UPDATE {table} AS t SET {to_link} WHERE {row_of_new};
        END IF;
    ELSE
        DELETE FROM {join} AS j WHERE {of_present};
    END IF;
    RETURN NULL;
",
            join = self.join.sql(),
            table = self.table.sql(),
            alias = quote_ident(&self.table.name),
            rekeyed = differ("OLD", "NEW", &self.key()),
            follow = assignments(&self.join_key(), "NEW", &self.key()),
            of_old = equal("j", &self.join_key(), "OLD", &self.key()),
            still_old = equal("t", &self.key(), "OLD", &self.key()),
            to_written = assignments(&self.columns(), "NEW", &self.columns()),
            columns = list("t", self.columns()),
            written = list("NEW", self.columns()),
            row_of_new = equal("t", &self.key(), "NEW", &self.key()),
            row_is_present = equal(&quote_ident(&self.table.name), &self.key(), "row_now", &self.key()),
            of_present = equal("j", &self.join_key(), "row_now", &self.key()),
            is_value = equal("j", &self.join_columns(), "row_now", &self.columns()),
            value = list("row_now", self.columns()),
            before = list("OLD", self.columns()),
            links = list("j", self.join_columns()),
            to_value = assignments(&self.join_columns(), "row_now", &self.columns()),
            key = list("", self.join_key()),
            link = list("", self.join_columns()),
            row_key = list("row_now", self.key()),
            row_value = list("row_now", self.columns()),
            to_link = assignments(&self.columns(), "link_now", &self.join_columns()),
        )
    }

    fn more(&self) -> (String, String) {
        let names = self.more.iter().map(|(name, _)| format!(", {}", quote_ident(name))).collect();
        (names, self.more.iter().map(|(_, value)| format!(", ({value})")).collect())
    }

    fn key(&self) -> Vec<&str> {
        self.key.iter().map(|s| s.here.as_str()).collect()
    }

    fn join_key(&self) -> Vec<&str> {
        self.key.iter().map(|s| s.there.as_str()).collect()
    }

    fn columns(&self) -> Vec<&str> {
        self.value.iter().map(|s| s.here.as_str()).collect()
    }

    fn join_columns(&self) -> Vec<&str> {
        self.value.iter().map(|s| s.there.as_str()).collect()
    }

    fn set(&self, from: &str) -> String {
        assignments(&self.columns(), from, &self.join_columns())
    }

    fn to_null(&self) -> String {
        let terms: Vec<String> =
            self.columns().iter().map(|c| format!("{} = NULL", quote_ident(c))).collect();
        terms.join(", ")
    }
}

/// `a = x.b, c = x.d`.
fn assignments(columns: &[&str], from: &str, of: &[&str]) -> String {
    let terms: Vec<String> = columns
        .iter()
        .zip(of)
        .map(|(c, o)| format!("{} = {from}.{}", quote_ident(c), quote_ident(o)))
        .collect();
    terms.join(", ")
}
