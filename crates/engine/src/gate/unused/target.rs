//! From the name in a gate to the thing in the database, with everything through which it can be reached.

use std::collections::BTreeSet;

use cutover_core::rollout::gate::Used;
use cutover_core::usage::{Name, Wanted, Watch, has_word};
use cutover_sql::ident::{qualified, quote_literal, split_qualified};
use serde::Deserialize;

use super::Watched;
use crate::session::{Session, SessionError, rows};

/// What is watched, found in the database.
#[derive(Clone, Debug)]
pub struct Target {
    /// What it is.
    pub what: Used,
    /// Its full name, with its kind: the name of its rows in the ledger.
    pub key: String,
    /// Itself and its partitions or children, by object id; all functions of a name.
    pub oids: Vec<u32>,
    /// For looking into texts; nothing for an index, which no text names.
    pub watch: Option<Watch>,
    /// Who uses it without a statement that names it: triggers of ours, foreign keys.
    pub hidden: Vec<String>,
    /// Whether there are triggers of Cutover's among them.
    pub is_dual_written: bool,
    /// What no counter and no text shows.
    pub notes: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Around {
    below: Vec<u32>,
    carriers: BTreeSet<Name>,
    same_column: BTreeSet<Name>,
    place: usize,
    hidden: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Routines {
    functions: Vec<Routine>,
    triggers: Vec<Trigger>,
}

#[derive(Debug, Deserialize)]
struct Routine {
    name: Name,
    body: Option<String>,
    ours: bool,
}

#[derive(Debug, Deserialize)]
struct Trigger {
    name: String,
    table: Name,
    function: Name,
}

const WHAT: &str = "looking for what a gate watches";

/// Finds it; nothing when it is not there.
///
/// # Errors
/// When the database cannot be asked.
pub async fn find(session: &Session, watched: &Watched) -> Result<Option<Target>, SessionError> {
    let Some(parts) = split_qualified(&watched.name) else { return Ok(None) };
    match watched.what {
        Used::Table => table(session, &parts, None).await,
        Used::Column => match parts.split_last() {
            Some((column, table_parts)) => table(session, table_parts, Some(column)).await,
            None => Ok(None),
        },
        Used::Index => index(session, &parts).await,
        Used::Function => function(session, &parts).await,
    }
}

/// A relation by its name, looked for where the environment's search path says.
fn relation_sql(session: &Session, parts: &[String]) -> String {
    let (path, name) = (&session.asking.search_path, qualified(parts));
    // in one message, and so in one transaction, to which the path is limited
    format!(
        "SELECT set_config('search_path', {}, true); SELECT c.oid, n.nspname, c.relname, c.relkind \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass({})",
        quote_literal(path),
        quote_literal(&name)
    )
}

struct Relation {
    oid: u32,
    name: Name,
    kind: String,
}

async fn relation(session: &Session, parts: &[String]) -> Result<Option<Relation>, SessionError> {
    let found = rows(session.client(), &relation_sql(session, parts), WHAT).await?;
    let text = |row: &tokio_postgres::SimpleQueryRow, at: usize| row.get(at).unwrap_or_default().to_owned();
    Ok(found.get(1).map(|row| Relation {
        oid: text(row, 0).parse().unwrap_or(0),
        name: (text(row, 1), text(row, 2)),
        kind: text(row, 3),
    }))
}

async fn table(
    session: &Session,
    parts: &[String],
    column: Option<&String>,
) -> Result<Option<Target>, SessionError> {
    let Some(relation) = relation(session, parts).await? else { return Ok(None) };
    let mut number = 0;
    if let Some(column) = column {
        let sql = format!(
            "SELECT attnum FROM pg_catalog.pg_attribute WHERE attrelid = {} AND attname = {} AND NOT attisdropped AND attnum > 0",
            relation.oid,
            quote_literal(column)
        );
        let found = rows(session.client(), &sql, WHAT).await?;
        let Some(row) = found.first() else { return Ok(None) };
        number = row.get(0).and_then(|n| n.parse::<i32>().ok()).unwrap_or(0);
    }
    let sql = include_str!("../sql/around.sql")
        .replace(":relation", &relation.oid.to_string())
        .replace(":column", &number.to_string());
    let around: Around = document(session, &sql).await?;
    let wanted = match column {
        Some(name) => Wanted::Column { name: name.clone(), place: around.place },
        None => Wanted::Relation,
    };
    let watch = Watch {
        object: relation.name.clone(),
        wanted,
        carriers: around.carriers,
        triggers: BTreeSet::new(),
        functions: BTreeSet::new(),
        same_column: around.same_column,
    };
    let own_name = [relation.name.0.as_str(), &relation.name.1];
    let (what, key) = match column {
        Some(column) => (Used::Column, qualified(&[own_name[0], own_name[1], column])),
        None => (Used::Table, qualified(&own_name)),
    };
    let mut target = Target {
        what,
        key: format!("{} {key}", what.as_str()),
        oids: around.below,
        watch: None,
        hidden: around.hidden,
        is_dual_written: false,
        notes: Vec::new(),
    };
    reach(&routines(session).await?, watch, &mut target);
    Ok(Some(target))
}

async fn index(session: &Session, parts: &[String]) -> Result<Option<Target>, SessionError> {
    let Some(relation) = relation(session, parts).await? else { return Ok(None) };
    if !matches!(relation.kind.as_str(), "i" | "I") {
        return Ok(None);
    }
    let sql = format!(
        "WITH RECURSIVE below AS (SELECT {0}::oid AS oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN below ON i.inhparent = below.oid) \
         SELECT jsonb_build_object('oids', (SELECT jsonb_agg(oid::bigint) FROM below), 'unique', indisunique OR indisexclusion, 'identity', indisreplident) \
         FROM pg_catalog.pg_index WHERE indexrelid = {0}",
        relation.oid
    );
    #[derive(Debug, Default, Deserialize)]
    struct Found {
        oids: Vec<u32>,
        unique: bool,
        identity: bool,
    }
    let found: Found = document(session, &sql).await?;
    let mut notes = Vec::new();
    if found.unique {
        notes.push("it also keeps rows unique, which no counter shows".to_owned());
    }
    if found.identity {
        notes.push("it is the table's replica identity, which no counter shows".to_owned());
    }
    let name = qualified(&[relation.name.0, relation.name.1]);
    Ok(Some(Target {
        what: Used::Index,
        key: format!("index {name}"),
        oids: found.oids,
        watch: None,
        hidden: Vec::new(),
        is_dual_written: false,
        notes,
    }))
}

async fn function(session: &Session, parts: &[String]) -> Result<Option<Target>, SessionError> {
    // a list of arguments is of no use in a statement's text: all functions of a name count together
    let (schema, name) = match parts {
        [schema, name] => (Some(schema), name),
        [name] => (None, name),
        _ => return Ok(None),
    };
    let name = name.split('(').next().unwrap_or_default().trim();
    let place = match schema {
        Some(schema) => format!("n.nspname = {}", quote_literal(schema)),
        None => "pg_catalog.pg_function_is_visible(p.oid)".to_owned(),
    };
    let sql = format!(
        "SELECT set_config('search_path', {}, true); SELECT n.nspname, jsonb_agg(p.oid::bigint), \
         coalesce(string_agg(DISTINCT dependent, ', '), '') \
         FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace LEFT JOIN LATERAL ( \
           SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS dependent FROM pg_catalog.pg_depend d \
           WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid AND d.deptype <> 'i') d ON true \
         WHERE p.proname = {} AND {place} GROUP BY 1 ORDER BY 1 LIMIT 1",
        quote_literal(&session.asking.search_path),
        quote_literal(name),
    );
    let found = rows(session.client(), &sql, WHAT).await?;
    let Some(row) = found.get(1) else { return Ok(None) };
    let object = (row.get(0).unwrap_or_default().to_owned(), name.to_owned());
    let watch = Watch {
        object: object.clone(),
        wanted: Wanted::Function,
        carriers: BTreeSet::new(),
        triggers: BTreeSet::new(),
        functions: BTreeSet::new(),
        same_column: BTreeSet::new(),
    };
    let dependents = row.get(2).unwrap_or_default();
    let mut target = Target {
        what: Used::Function,
        key: format!("function {}", qualified(&[object.0, object.1])),
        oids: serde_json::from_str(row.get(1).unwrap_or("[]")).unwrap_or_default(),
        watch: None,
        hidden: if dependents.is_empty() { Vec::new() } else { vec![dependents.to_owned()] },
        is_dual_written: false,
        notes: Vec::new(),
    };
    reach(&routines(session).await?, watch, &mut target);
    Ok(Some(target))
}

async fn routines(session: &Session) -> Result<Routines, SessionError> {
    let body = if session.facts.version >= 140_000 {
        "coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)"
    } else {
        "p.prosrc"
    };
    document(session, &include_str!("../sql/routines.sql").replace(":body", body)).await
}

/// Finds the functions whose text leads to what is watched, one through another, and the tables whose triggers call them.
/// Those that Cutover made for the rollout go with what is dropped, and are no users of it.
fn reach(routines: &Routines, mut watch: Watch, target: &mut Target) {
    let mut names: Vec<String> = vec![watch.object.1.clone()];
    names.extend(watch.carriers.iter().map(|name| name.1.clone()));
    let is_self = |routine: &Routine| watch.wanted == Wanted::Function && routine.name == watch.object;
    let mut ours: BTreeSet<&Name> = BTreeSet::new();
    let mut found: BTreeSet<Name> = BTreeSet::new();
    let mut at = 0;
    while at < names.len() {
        let name = names[at].clone();
        for routine in routines.functions.iter().filter(|it| !is_self(it)) {
            let body = routine.body.as_deref().unwrap_or_default();
            // a body that names the table has to name the column, too, or all of them
            let leads = has_word(body, &name) && (at > 0 || may_use(body, &watch.wanted));
            if !leads || ours.contains(&routine.name) || found.contains(&routine.name) {
                continue;
            }
            if routine.ours {
                ours.insert(&routine.name);
            } else {
                found.insert(routine.name.clone());
                names.push(routine.name.1.clone());
            }
        }
        at += 1;
    }
    for trigger in &routines.triggers {
        let calls_itself = watch.wanted == Wanted::Function && trigger.function == watch.object;
        if ours.contains(&trigger.function) {
            target.is_dual_written = true;
            target.hidden.push(format!(
                "trigger {} of Cutover on {}",
                trigger.name,
                qualified(&[&trigger.table.0, &trigger.table.1])
            ));
        } else if calls_itself || found.contains(&trigger.function) {
            watch.triggers.insert(trigger.table.clone());
        }
    }
    // a write to the table itself is seen as such; a trigger on it may use the column by NEW
    watch.triggers.remove(&watch.object);
    if matches!(watch.wanted, Wanted::Column { .. }) {
        let on_it = routines.triggers.iter().filter(|it| it.table == watch.object);
        let uses = |it: &Trigger| {
            let routine = routines.functions.iter().find(|routine| routine.name == it.function);
            routine.is_some_and(|it| !it.ours && may_use(it.body.as_deref().unwrap_or("*"), &watch.wanted))
        };
        if on_it.into_iter().any(uses) {
            watch.triggers.insert(watch.object.clone());
        }
    }
    watch.functions = found;
    target.watch = Some(watch);
}

/// Whether a function's text may use what is wanted of a table that it names.
fn may_use(body: &str, wanted: &Wanted) -> bool {
    match wanted {
        Wanted::Column { name, .. } => has_word(body, name) || body.contains('*'),
        Wanted::Relation | Wanted::Function => true,
    }
}

/// The one document that a query gives. One that cannot be read is an error: an empty one would be no evidence of anything.
async fn document<T: Default + for<'de> Deserialize<'de>>(
    session: &Session,
    sql: &str,
) -> Result<T, SessionError> {
    let found = rows(session.client(), sql, WHAT).await?;
    match found.first().and_then(|row| row.get(0)) {
        None => Ok(T::default()),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| SessionError::Gate { gate: WHAT.into(), message: error.to_string() }),
    }
}
