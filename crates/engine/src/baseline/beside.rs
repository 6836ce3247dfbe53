//! What a database has and no revision carries: where its sequences are, passwords, settings of the database, large objects,
//! security labels. It is named, so that nobody takes it for carried.

use std::collections::BTreeSet;

use tokio_postgres::error::SqlState;

use crate::session::{Session, SessionError, rows};

/// Something that a new database does not get from the revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// What kind of thing, for programs.
    pub id: &'static str,
    /// What it is about.
    pub about: String,
    /// What there is, each in words.
    pub items: Vec<String>,
}

/// The sequences that have given numbers, as SQL has their names; the schema of the ledger is no part of it.
const SEQUENCES: &str = "SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_catalog.pg_sequences \
    WHERE last_value IS NOT NULL AND schemaname <> 'cutover' ORDER BY 1";

/// Others may not see the options of a mapping: then there is nothing to say.
const PASSWORDS: &str = "SELECT format('user mapping for %s on %I', coalesce(nullif(usename, 'public'), 'PUBLIC'), srvname) \
    FROM pg_catalog.pg_user_mappings WHERE array_to_string(umoptions, ' ') ~* 'passw' ORDER BY 1";

const SUBSCRIPTIONS: &str = "SELECT format('subscription %I', subname) FROM pg_catalog.pg_subscription \
    WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) AND subconninfo ~* 'passw' ORDER BY 1";

const SETTINGS: &str = "SELECT concat('ALTER ', CASE WHEN s.setrole <> 0 THEN format('ROLE %s IN ', s.setrole::pg_catalog.regrole) END, \
    format('DATABASE %I', d.datname), ' SET ', x) FROM pg_catalog.pg_db_role_setting s \
    JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) x WHERE d.datname = current_database() ORDER BY 1";

const COMMENT: &str = "SELECT format('COMMENT ON DATABASE %I IS %L', datname, pg_catalog.shobj_description(oid, 'pg_database')) \
    FROM pg_catalog.pg_database WHERE datname = current_database() AND pg_catalog.shobj_description(oid, 'pg_database') IS NOT NULL";

const RIGHTS: &str = "SELECT format('privileges on the database: %s', array_to_string(datacl, ', ')) \
    FROM pg_catalog.pg_database WHERE datname = current_database() AND datacl IS NOT NULL";

const LARGE_OBJECTS: &str = "SELECT count(*) || CASE WHEN count(*) = 1 THEN ' large object' ELSE ' large objects' END FROM pg_catalog.pg_largeobject_metadata HAVING count(*) > 0";

const LABELS: &str = "SELECT format('SECURITY LABEL FOR %s ON %s %s', provider, objtype, objname) FROM pg_catalog.pg_seclabels \
    WHERE objtype NOT IN ('role', 'database', 'tablespace') ORDER BY 1";

/// Asks for it. `carried` are the sequences whose places the revision sets.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn find(session: &Session, carried: &[String]) -> Result<Vec<Beside>, SessionError> {
    let carried: BTreeSet<&str> = carried.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    let mut add =
        |id, about: &str, items: Vec<String>| match found.iter_mut().find(|it: &&mut Beside| it.id == id) {
            Some(it) => it.items.extend(items),
            None if !items.is_empty() => found.push(Beside { id, about: about.into(), items }),
            None => {}
        };
    let read = rows(session.client(), SEQUENCES, "reading the sequences").await?;
    let at = |row: &tokio_postgres::SimpleQueryRow, place| row.get(place).unwrap_or_default().to_owned();
    let sequences = read.iter().map(|row| (at(row, 0), at(row, 1)));
    let elsewhere = sequences.filter(|(name, _)| !carried.contains(name.as_str()));
    add(
        "sequence-places",
        "sequences",
        elsewhere.map(|(name, last)| format!("{name} is at {last}")).collect(),
    );
    for (id, about, sql) in [
        ("password", "passwords", PASSWORDS),
        ("password", "passwords", SUBSCRIPTIONS),
        ("database-settings", "the database", SETTINGS),
        ("database-settings", "the database", COMMENT),
        ("database-settings", "the database", RIGHTS),
        ("large-objects", "data", LARGE_OBJECTS),
        ("security-labels", "security labels", LABELS),
    ] {
        let read = match rows(session.client(), sql, "reading what no revision carries").await {
            // only superusers see how a subscription connects
            Err(SessionError::Query { source, .. })
                if source.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) =>
            {
                continue;
            }
            read => read?,
        };
        add(id, about, read.iter().map(|row| at(row, 0)).collect());
    }
    Ok(found)
}
