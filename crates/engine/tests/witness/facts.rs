//! What predictions take from PostgreSQL's catalogs, held against the catalogs of the servers.

use std::collections::{BTreeMap, BTreeSet};

use cutover_core::effect::known::{DataType, Known};
use cutover_core::effect::{VOLATILE, retype};
use cutover_engine::server::Scratch;

use super::stage;

/// Functions that an expression in a table can call: they take and give values, one at a time. Those that pg_upgrade
/// calls can be called by nobody else.
const FUNCTIONS: &str = "
    SELECT p.proname::text, bool_or(p.provolatile = 'v')
    FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_type t ON t.oid = p.prorettype
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
        AND p.prokind = 'f'
        AND NOT p.proretset
        AND (t.typtype <> 'p' OR t.typname IN ('void', 'record') OR t.typname LIKE 'any%')
        AND NOT ('pg_catalog.internal'::regtype = ANY (p.proargtypes::oid[]))
        AND p.proname NOT LIKE 'binary\\_upgrade\\_%'
    GROUP BY 1";

/// Volatile ones that are left out, and why.
const LEFT_OUT: [(&str, &str); 3] = [
    ("ts_rewrite", "only with two arguments, which is looked at"),
    (
        "timezone",
        "before 15, and only of a time with time zone: as all of AT TIME ZONE, it would be too much",
    ),
    ("plpgsql_validator", "it takes a function"),
];

const TYPES: &str = "
    SELECT t.typname::text
    FROM pg_catalog.pg_type t
    WHERE t.typtype = 'b'
        AND t.typnamespace = 'pg_catalog'::regnamespace
        AND t.typcategory <> 'A'
        AND t.typname NOT IN ('aclitem', 'pg_node_tree', 'pg_ndistinct', 'pg_dependencies', 'pg_mcv_list')";

const CASTS: &str = "
    SELECT s.typname::text, t.typname::text
    FROM pg_catalog.pg_cast c
        JOIN pg_catalog.pg_type s ON s.oid = c.castsource
        JOIN pg_catalog.pg_type t ON t.oid = c.casttarget
    WHERE c.castmethod = 'b'";

async fn pairs(server: &Scratch, sql: &str) -> Vec<(String, String)> {
    let database = server.create(None).await.unwrap();
    let session = stage::open(&database).await;
    let rows = session.client.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn volatile(server: &Scratch) {
    let sql = FUNCTIONS.replace("bool_or(p.provolatile = 'v')", "bool_or(p.provolatile = 'v')::text");
    let functions: BTreeMap<String, bool> = stage::runtime()
        .block_on(pairs(server, &sql))
        .into_iter()
        .map(|(name, volatile)| (name, volatile == "true"))
        .collect();
    assert!(functions.len() > 1_000, "the functions are not read any more");
    let left_out = |name: &str| LEFT_OUT.iter().any(|(one, _)| *one == name);
    let mut wrong = Vec::new();
    for (name, volatile) in &functions {
        let listed = VOLATILE.contains(&name.as_str());
        if *volatile && !listed && !left_out(name) {
            wrong.push(format!("{name} is volatile, and not listed"));
        }
        if listed && !volatile {
            wrong.push(format!("{name} is listed, and not volatile"));
        }
    }
    assert!(wrong.is_empty(), "PostgreSQL {}:\n{}", server.major(), wrong.join("\n"));
}

fn binary_casts(server: &Scratch) {
    let runtime = stage::runtime();
    let types = runtime.block_on(pairs(server, &TYPES.replace("t.typname::text", "t.typname::text, ''")));
    let casts: BTreeSet<(String, String)> = runtime.block_on(pairs(server, CASTS)).into_iter().collect();
    assert!(types.len() > 40 && casts.len() > 40, "the types are not read any more");
    let mut known = Known::new(server.major());
    known.utc = true;
    let mut wrong = Vec::new();
    for (from, _) in &types {
        for (to, _) in &types {
            let free = !retype(&known, Some(&DataType::own(from)), &DataType::own(to), None, "c").rewrites;
            // between the two no cast is free, but in UTC PostgreSQL leaves it out
            let by_time_zone = from != to && from.starts_with("timestamp") && to.starts_with("timestamp");
            let is_free = from == to || casts.contains(&(from.clone(), to.clone())) || by_time_zone;
            if free != is_free {
                wrong.push(format!("{from} to {to}: said {free}, is {is_free}"));
            }
        }
    }
    assert!(wrong.is_empty(), "PostgreSQL {}:\n{}", server.major(), wrong.join("\n"));
}

#[test]
fn volatile_functions_are_those_of_the_server() {
    volatile(cutover_testkit::server());
    cutover_testkit::server_18().into_iter().for_each(volatile);
}

#[test]
fn free_changes_of_type_are_the_binary_casts_of_the_server() {
    binary_casts(cutover_testkit::server());
    cutover_testkit::server_18().into_iter().for_each(binary_casts);
}
