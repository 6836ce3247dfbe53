//! How much the value of an expression may change: what decides whether a default is stored once or row by row.
//!
//! Source: `contain_volatile_functions` in `clauses.c`, after `expression_planner` has put simple SQL functions
//! in line; <https://www.postgresql.org/docs/current/xfunc-volatility.html>.

use cutover_sql::span::Span;
use cutover_sql::tree::{self, NodeEnum};

use super::known::{Known, Routine, Volatility};

/// The functions of PostgreSQL 18 that `pg_proc` calls volatile and that give a value somebody could want in a
/// column; a test compares them with the server's.
pub const VOLATILE: &[&str] = &[
    "array_sample",
    "array_shuffle",
    "clock_timestamp",
    "current_query",
    "currval",
    "gen_random_uuid",
    "lastval",
    "lo_creat",
    "lo_create",
    "lo_from_bytea",
    "lo_get",
    "lo_import",
    "nextval",
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_advisory_unlock",
    "pg_advisory_xact_lock",
    "pg_blocking_pids",
    "pg_current_logfile",
    "pg_current_wal_flush_lsn",
    "pg_current_wal_insert_lsn",
    "pg_current_wal_lsn",
    "pg_database_size",
    "pg_indexes_size",
    "pg_is_in_recovery",
    "pg_last_committed_xact",
    "pg_last_wal_receive_lsn",
    "pg_last_wal_replay_lsn",
    "pg_last_xact_replay_timestamp",
    "pg_nextoid",
    "pg_notify",
    "pg_read_binary_file",
    "pg_read_file",
    "pg_relation_size",
    "pg_sequence_last_value",
    "pg_sleep",
    "pg_sleep_for",
    "pg_sleep_until",
    "pg_table_size",
    "pg_tablespace_size",
    "pg_total_relation_size",
    "pg_try_advisory_lock",
    "pg_try_advisory_xact_lock",
    "pg_xact_commit_timestamp",
    "pg_xact_status",
    "query_to_xml",
    "random",
    "random_normal",
    "set_config",
    "setseed",
    "setval",
    "timeofday",
    "txid_status",
    "uuidv4",
    "uuidv7",
];

/// Functions of well-known extensions that are volatile: uuid-ossp and pgcrypto.
const OF_EXTENSIONS: &[&str] =
    &["gen_random_bytes", "gen_salt", "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4"];

/// Functions of well-known extensions that are not.
const STEADY: &[&str] = &["uuid_generate_v3", "uuid_generate_v5", "uuid_nil", "uuid_ns_dns", "uuid_ns_url"];

/// How much the value of an expression may change. A function that nobody has seen, in a schema or unlike any of
/// PostgreSQL's, is taken for volatile only when everything is known; else it is one of the server's.
pub fn volatility(known: &Known, expression: &NodeEnum) -> Volatility {
    let mut most = Volatility::Immutable;
    tree::visit(expression, &mut |node| {
        let this = match node {
            NodeEnum::FuncCall(call) => function(known, &call.funcname),
            NodeEnum::SqlvalueFunction(_) => Volatility::Stable,
            NodeEnum::NextValueExpr(_) => Volatility::Volatile,
            _ => Volatility::Immutable,
        };
        most = most.max(this);
    });
    most
}

fn function(known: &Known, name: &[tree::Node]) -> Volatility {
    let (schema, word) = tree::qualified(name);
    let (routines, _) = known.called(name);
    if !routines.is_empty() && schema != Some("pg_catalog") {
        let each = routines.iter().map(|routine| real(known, routine));
        return each.max().unwrap_or(Volatility::Volatile);
    }
    if VOLATILE.contains(&word) || OF_EXTENSIONS.contains(&word) {
        return Volatility::Volatile;
    }
    let own = matches!(schema, None | Some("pg_catalog" | "public" | "extensions"));
    if own || STEADY.contains(&word) { Volatility::Stable } else { Volatility::Volatile }
}

/// A volatile SQL function that is one expression is put in line, and is as volatile as that.
fn real(known: &Known, routine: &Routine) -> Volatility {
    if routine.volatility != Volatility::Volatile || routine.language != "sql" {
        return routine.volatility;
    }
    inlined(known, &routine.body).unwrap_or(Volatility::Volatile)
}

fn inlined(known: &Known, body: &str) -> Option<Volatility> {
    let (statements, errors) = cutover_sql::statement::parse_what_can(body, Span::new(0, body.len()));
    let ([(_, NodeEnum::SelectStmt(select))], []) = (&statements[..], &errors[..]) else { return None };
    let plain = select.from_clause.is_empty()
        && select.where_clause.is_none()
        && select.with_clause.is_none()
        && select.larg.is_none()
        && select.limit_count.is_none();
    let [target] = &select.target_list[..] else { return None };
    // a function that calls itself would be looked into for ever
    (plain && body.len() < 4_000 && !calls_itself(known, tree::inner(target)?))
        .then(|| volatility(known, tree::inner(target).unwrap_or(&statements[0].1)))
}

/// Whether an expression calls a function that somebody made; those are not looked into twice.
fn calls_itself(known: &Known, node: &NodeEnum) -> bool {
    let mut found = false;
    tree::visit(node, &mut |node| {
        if let NodeEnum::FuncCall(call) = node {
            found |= !known.called(&call.funcname).0.is_empty();
        }
    });
    found
}
