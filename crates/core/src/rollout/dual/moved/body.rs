//! What the triggers of a moved column do, in PL/pgSQL.

use cutover_sql::ident::{quote_ident, quote_literal};

use super::super::{assign, differ, equal, list, same};
use super::{Missing, Moved, Side};

impl Moved {
    /// Locks the partner before the row is written. `take`: an UPDATE that brings another key and no value takes the partner's.
    pub(super) fn before(&self, ours: &Side<'_>, theirs: &Side<'_>, take: bool) -> String {
        let update = format!(
            "    ELSE
        IF {said} THEN
{lock}        ELSE
            SELECT * INTO home FROM {them} AS t WHERE {row} LIMIT 1 FOR SHARE;
            IF FOUND THEN
{taken}            END IF;
        END IF;\n",
            said = differ("NEW", "OLD", &ours.columns),
            lock = lock("            ", ours, theirs),
            them = theirs.table.sql(),
            row = equal("t", &theirs.key, "NEW", &ours.key),
            taken = assign("                ", "NEW", &ours.columns, &fields("home", &theirs.columns)),
        );
        format!(
            "    IF TG_OP = 'INSERT' THEN
{unsaid}        IF {said} THEN
{lock}        ELSE
            -- Locked against a value that is being changed. It is taken when the row is there, because an upsert may make
            -- an UPDATE of this, in which NULL means NULL. Only a column that cannot be NULL needs it now.
            SELECT * INTO home FROM {them} AS t WHERE {row} LIMIT 1 FOR SHARE;
            IF FOUND AND {nothing} AND EXISTS (SELECT 1 FROM pg_attribute AS a
                WHERE a.attrelid = TG_RELID AND a.attname IN ({names}) AND a.attnotnull) THEN
{taken}            END IF;
        END IF;
{update}    END IF;
    RETURN NEW;
",
            unsaid = assign("        ", "unsaid", &ours.columns, &self.defaults()),
            said = differ("NEW", "unsaid", &ours.columns),
            lock = lock("            ", ours, theirs),
            them = theirs.table.sql(),
            row = equal("t", &theirs.key, "NEW", &ours.key),
            nothing = all_null(&ours.columns),
            names = literals(&ours.columns),
            taken = assign("                ", "NEW", &ours.columns, &fields("home", &theirs.columns)),
            update = if take { update } else { String::new() },
        )
    }

    /// Writes the columns of the other table where they differ; a new row that brings nothing takes what is there.
    pub(super) fn after(&self, ours: &Side<'_>, theirs: &Side<'_>, first: &str) -> String {
        format!(
            "{first}    IF TG_OP = 'INSERT' THEN
{unsaid}        IF {nothing} THEN
            SELECT * INTO home FROM {them} AS t WHERE {row} LIMIT 1;
            IF FOUND THEN
{taken}                UPDATE {us} AS o SET {to_taken} WHERE {self_row} AND {not_yet};
            END IF;
            RETURN NULL;
        END IF;
    END IF;
{want}    UPDATE {them} AS t SET {to_want} WHERE {row} AND {differs};
    RETURN NULL;
",
            unsaid = assign("        ", "unsaid", &ours.columns, &self.defaults()),
            nothing = same("NEW", "unsaid", &ours.columns),
            them = theirs.table.sql(),
            us = ours.table.sql(),
            row = equal("t", &theirs.key, "NEW", &ours.key),
            taken = assign("                ", "unsaid", &ours.columns, &fields("home", &theirs.columns)),
            to_taken = set("unsaid", &ours.columns),
            self_row = equal("o", &ours.key, "NEW", &ours.key),
            not_yet = differ("o", "unsaid", &ours.columns),
            want = assign("    ", "want", &theirs.columns, &fields("NEW", &ours.columns)),
            to_want = set("want", &theirs.columns),
            differs = differ("t", "want", &theirs.columns),
        )
    }

    /// A row of the new home that belongs to another row of the old one now.
    pub(super) fn left_behind(&self) -> String {
        match self.missing {
            Missing::Ignore => String::new(),
            Missing::Create => format!(
                "    IF TG_OP = 'UPDATE' THEN
        IF {} THEN
            -- It belongs to another row now; the one it leaves has no value.
{}        END IF;
    END IF;\n",
                differ("OLD", "NEW", &self.new_home().key),
                self.reset("            ", "want")
            ),
        }
    }

    /// Sets the columns of the old home to their defaults, where the partner was the OLD row of the new home.
    pub(super) fn reset(&self, indent: &str, variable: &str) -> String {
        let old = self.old();
        format!(
            "{}{indent}UPDATE {} AS o SET {} WHERE {} AND {};\n",
            assign(indent, variable, &old.columns, &self.defaults()),
            old.table.sql(),
            set(variable, &old.columns),
            equal("o", &old.key, "OLD", &self.new_home().key),
            differ("o", variable, &old.columns)
        )
    }

    pub(super) fn unset_all(&self) -> String {
        let old = self.old();
        format!(
            "{}    UPDATE {} AS o SET {} WHERE {};\n    RETURN NULL;\n",
            assign("    ", "want", &old.columns, &self.defaults()),
            old.table.sql(),
            set("want", &old.columns),
            differ("o", "want", &old.columns)
        )
    }

    pub(super) fn make(&self) -> String {
        let (old, new) = (self.old(), self.new_home());
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
            defaults = assign("        ", "unsaid", &old.columns, &self.defaults()),
            same = same("NEW", "unsaid", &old.columns),
            to = new.table.sql(),
            from = old.table.sql(),
            into = list("", [new.key.clone(), new.columns.clone()].concat()),
            values = list("f", [old.key.clone(), old.columns.clone()].concat()),
            row = equal("f", &old.key, "NEW", &old.key),
            there = equal("t", &new.key, "NEW", &old.key),
        )
    }

    /// What a client that does not know the columns leaves in them.
    fn defaults(&self) -> Vec<String> {
        self.columns.iter().map(|c| format!("({})", c.default.as_deref().unwrap_or("NULL"))).collect()
    }
}

/// The lock that the write after it will need, at once: of two writers who both took a weaker one first, neither could go on.
fn lock(indent: &str, ours: &Side<'_>, theirs: &Side<'_>) -> String {
    let row = equal("t", &theirs.key, "NEW", &ours.key);
    format!(
        "{want}{indent}-- The lock that the write will need, at once; where nothing will be written, one that others can share.
{indent}PERFORM 1 FROM {them} AS t WHERE {row} AND {differs} FOR NO KEY UPDATE;
{indent}IF NOT FOUND THEN
{indent}    PERFORM 1 FROM {them} AS t WHERE {row} FOR SHARE;
{indent}END IF;\n",
        want = assign(indent, "want", &theirs.columns, &fields("NEW", &ours.columns)),
        them = theirs.table.sql(),
        differs = differ("t", "want", &theirs.columns),
    )
}

fn fields(of: &str, columns: &[&str]) -> Vec<String> {
    columns.iter().map(|c| format!("{of}.{}", quote_ident(c))).collect()
}

fn all_null(columns: &[&str]) -> String {
    let terms: Vec<String> = columns.iter().map(|c| format!("NEW.{} IS NULL", quote_ident(c))).collect();
    terms.join(" AND ")
}

fn literals(columns: &[&str]) -> String {
    columns.iter().map(|c| quote_literal(c)).collect::<Vec<_>>().join(", ")
}

/// `a = want.a, b = want.b`.
fn set(from: &str, columns: &[&str]) -> String {
    let terms: Vec<String> = columns.iter().map(|c| format!("{0} = {from}.{0}", quote_ident(c))).collect();
    terms.join(", ")
}
