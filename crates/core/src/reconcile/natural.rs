//! PostgreSQL's own forms of statements that look before they do something: `IF NOT EXISTS`, `IF EXISTS`.

use cutover_sql::ident::quote_literal;

/// What such a form looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It does nothing where the object is there.
    Absent,
    /// It does nothing where the object is not there.
    Present,
}

const CREATES: [(&str, &str); 12] = [
    ("CREATE UNIQUE INDEX CONCURRENTLY ", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "),
    ("CREATE UNIQUE INDEX ", "CREATE UNIQUE INDEX IF NOT EXISTS "),
    ("CREATE INDEX CONCURRENTLY ", "CREATE INDEX CONCURRENTLY IF NOT EXISTS "),
    ("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS "),
    ("CREATE SCHEMA ", "CREATE SCHEMA IF NOT EXISTS "),
    ("CREATE EXTENSION ", "CREATE EXTENSION IF NOT EXISTS "),
    ("CREATE SEQUENCE ", "CREATE SEQUENCE IF NOT EXISTS "),
    ("CREATE UNLOGGED TABLE ", "CREATE UNLOGGED TABLE IF NOT EXISTS "),
    ("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS "),
    ("CREATE FOREIGN TABLE ", "CREATE FOREIGN TABLE IF NOT EXISTS "),
    ("CREATE MATERIALIZED VIEW ", "CREATE MATERIALIZED VIEW IF NOT EXISTS "),
    ("CREATE STATISTICS ", "CREATE STATISTICS IF NOT EXISTS "),
];

const DROPS: [&str; 17] = [
    "DROP INDEX CONCURRENTLY ",
    "DROP INDEX ",
    "DROP SCHEMA ",
    "DROP EXTENSION ",
    "DROP SEQUENCE ",
    "DROP TABLE ",
    "DROP FOREIGN TABLE ",
    "DROP VIEW ",
    "DROP MATERIALIZED VIEW ",
    "DROP STATISTICS ",
    "DROP FUNCTION ",
    "DROP PROCEDURE ",
    "DROP AGGREGATE ",
    "DROP TYPE ",
    "DROP DOMAIN ",
    "DROP TRIGGER ",
    "DROP POLICY ",
];

/// The form of a statement of ours that looks by itself, where there is one.
///
/// Sources: the pages of the statements, such as <https://www.postgresql.org/docs/current/sql-altertable.html>. The lock
/// is taken all the same: that of `ADD COLUMN IF NOT EXISTS` is ACCESS EXCLUSIVE, for as long as the look takes.
pub fn natural(sql: &str) -> Option<(String, When)> {
    for (plain, looking) in CREATES {
        if let Some(rest) = sql.strip_prefix(plain) {
            return Some((format!("{looking}{rest}"), When::Absent));
        }
    }
    for plain in DROPS {
        if let Some(rest) = sql.strip_prefix(plain).filter(|rest| !rest.starts_with("IF EXISTS ")) {
            return Some((format!("{plain}IF EXISTS {rest}"), When::Present));
        }
        if sql.strip_prefix(plain).is_some() {
            return Some((sql.to_owned(), When::Present));
        }
    }
    if sql.starts_with("ALTER TYPE ") && sql.contains(" ADD VALUE '") {
        return Some((sql.replacen(" ADD VALUE '", " ADD VALUE IF NOT EXISTS '", 1), When::Absent));
    }
    if !sql.starts_with("ALTER TABLE ") {
        return None;
    }
    let forms = [
        (" ADD COLUMN ", " ADD COLUMN IF NOT EXISTS ", When::Absent),
        (" DROP COLUMN ", " DROP COLUMN IF EXISTS ", When::Present),
        (" DROP CONSTRAINT ", " DROP CONSTRAINT IF EXISTS ", When::Present),
    ];
    // a name in quotes may have such words in it
    let (plain, looking, when) = forms.into_iter().find(|(plain, ..)| sql.contains(plain))?;
    let at = sql.find(plain)?;
    (!sql[..at].contains('"')).then(|| (sql.replacen(plain, looking, 1), when))
}

/// Whether a statement is about privileges. Such ones come last: nothing needs them.
pub fn is_of_rights(sql: &str) -> bool {
    sql.starts_with("GRANT ") || sql.starts_with("REVOKE ")
}

/// What stands behind the last such words that are in no quoted name.
fn last<'a>(sql: &'a str, words: &str) -> Option<&'a str> {
    let is_outside = |at: &usize| sql[..*at].matches('"').count().is_multiple_of(2);
    let at = sql.match_indices(words).map(|(at, _)| at).filter(is_outside).last()?;
    Some(&sql[at + words.len()..])
}

/// The form of a statement about privileges or owners for databases that may not need it: a GRANT of what was granted and a
/// REVOKE of what was not change nothing (<https://www.postgresql.org/docs/current/sql-grant.html>). A role that is not there
/// has nothing that could be revoked. A table of the right owner is not locked again.
pub fn idempotent(sql: &str) -> Option<String> {
    if sql.starts_with("GRANT ") {
        return Some(sql.to_owned());
    }
    let block = |condition: &str| {
        format!("DO $reconcile$ BEGIN\n  IF {condition} THEN\n    {sql};\n  END IF;\nEND $reconcile$")
    };
    if sql.starts_with("REVOKE ") {
        let role = last(sql, " FROM ")?;
        return Some(match role {
            "PUBLIC" => sql.to_owned(),
            role => block(&format!("pg_catalog.to_regrole({}) IS NOT NULL", quote_literal(role))),
        });
    }
    let role = last(sql.strip_prefix("ALTER ")?, " OWNER TO ")?;
    let what = sql["ALTER ".len()..].strip_suffix(role)?.strip_suffix(" OWNER TO ")?;
    let relations = ["TABLE ", "FOREIGN TABLE ", "VIEW ", "MATERIALIZED VIEW ", "SEQUENCE "];
    let name = relations.iter().find_map(|noun| what.strip_prefix(noun));
    Some(match name {
        Some(name) => block(&format!(
            "(SELECT relowner FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass({}))\n    IS DISTINCT FROM pg_catalog.to_regrole({})",
            quote_literal(name),
            quote_literal(role)
        )),
        None => sql.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privileges_need_no_look_and_owners_only_that_of_a_table() {
        let of = |sql: &str| idempotent(sql).unwrap_or_default();
        assert_eq!(of("GRANT SELECT ON TABLE t TO a"), "GRANT SELECT ON TABLE t TO a");
        assert_eq!(of("REVOKE SELECT ON TABLE t FROM PUBLIC"), "REVOKE SELECT ON TABLE t FROM PUBLIC");
        let other = of("REVOKE SELECT ON TABLE t FROM \"a FROM b\"");
        assert!(other.contains("to_regrole('\"a FROM b\"')"), "{other}");
        assert!(of("ALTER TABLE s.t OWNER TO a").contains("to_regclass('s.t')"));
        assert_eq!(of("ALTER FUNCTION f(int) OWNER TO a"), "ALTER FUNCTION f(int) OWNER TO a");
        assert_eq!(idempotent("ALTER TABLE t ADD a int"), None);
    }

    #[test]
    fn statements_look_by_themselves() {
        let of = |sql: &str| natural(sql).map(|(sql, _)| sql);
        assert_eq!(
            of("CREATE INDEX CONCURRENTLY i ON t (a)").as_deref(),
            Some("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)")
        );
        assert_eq!(
            of("ALTER TABLE t DROP COLUMN a").as_deref(),
            Some("ALTER TABLE t DROP COLUMN IF EXISTS a")
        );
        assert_eq!(of("ALTER TABLE \"a ADD COLUMN \" ADD COLUMN b int"), None);
        assert_eq!(of("ALTER TABLE t ALTER COLUMN a SET NOT NULL"), None);
        assert_eq!(of("DROP INDEX IF EXISTS i").as_deref(), Some("DROP INDEX IF EXISTS i"));
    }
}
