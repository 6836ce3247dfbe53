//! How much the value of an expression may change: what decides whether a default is stored once or row by row.
//!
//! Source: `contain_volatile_functions` in `clauses.c`, after `expression_planner` has put simple SQL functions
//! in line; <https://www.postgresql.org/docs/current/xfunc-volatility.html>.

use cutover_sql::span::Span;
use cutover_sql::tree::{self, NodeEnum};

use super::known::{Known, Routine, Volatility};

/// The functions of PostgreSQL 12 to 18 that `pg_proc` calls volatile and that an expression can call; a test compares
/// them with the servers'.
#[rustfmt::skip]
pub const VOLATILE: &[&str] = &[
    "amvalidate", "array_sample", "array_shuffle", "brin_desummarize_range", "brin_summarize_new_values",
    "brin_summarize_range", "clock_timestamp", "current_query", "currtid", "currtid2", "currval",
    "cursor_to_xml", "cursor_to_xmlschema", "gen_random_uuid", "gin_clean_pending_list", "lastval",
    "lo_close", "lo_creat", "lo_create", "lo_export", "lo_from_bytea", "lo_get", "lo_import", "lo_lseek",
    "lo_lseek64", "lo_open", "lo_put", "lo_tell", "lo_tell64", "lo_truncate", "lo_truncate64", "lo_unlink",
    "loread", "lowrite", "nextval", "pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_unlock",
    "pg_advisory_unlock_all", "pg_advisory_unlock_shared", "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared", "pg_backup_start", "pg_backup_stop", "pg_blocking_pids",
    "pg_cancel_backend", "pg_clear_attribute_stats", "pg_clear_relation_stats", "pg_collation_actual_version",
    "pg_control_checkpoint", "pg_control_init", "pg_control_recovery", "pg_control_system",
    "pg_copy_logical_replication_slot", "pg_copy_physical_replication_slot",
    "pg_create_logical_replication_slot", "pg_create_physical_replication_slot", "pg_create_restore_point",
    "pg_current_logfile", "pg_current_wal_flush_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_lsn",
    "pg_database_collation_actual_version", "pg_database_size", "pg_drop_replication_slot",
    "pg_export_snapshot", "pg_extension_config_dump", "pg_get_sequence_data", "pg_get_wal_replay_pause_state",
    "pg_get_wal_summarizer_state", "pg_import_system_collations", "pg_indexes_size", "pg_is_in_backup",
    "pg_is_in_recovery", "pg_is_wal_replay_paused", "pg_isolation_test_session_is_blocked",
    "pg_jit_available", "pg_last_committed_xact", "pg_last_wal_receive_lsn", "pg_last_wal_replay_lsn",
    "pg_last_xact_replay_timestamp", "pg_log_backend_memory_contexts", "pg_log_standby_snapshot",
    "pg_logical_emit_message", "pg_nextoid", "pg_notification_queue_usage", "pg_notify", "pg_promote",
    "pg_read_binary_file", "pg_read_file", "pg_read_file_old", "pg_relation_size", "pg_reload_conf",
    "pg_replication_origin_advance", "pg_replication_origin_create", "pg_replication_origin_drop",
    "pg_replication_origin_progress", "pg_replication_origin_session_is_setup",
    "pg_replication_origin_session_progress", "pg_replication_origin_session_reset",
    "pg_replication_origin_session_setup", "pg_replication_origin_xact_reset",
    "pg_replication_origin_xact_setup", "pg_replication_slot_advance", "pg_restore_attribute_stats",
    "pg_restore_relation_stats", "pg_rotate_logfile", "pg_rotate_logfile_old",
    "pg_safe_snapshot_blocking_pids", "pg_sequence_last_value", "pg_sleep", "pg_sleep_for", "pg_sleep_until",
    "pg_start_backup", "pg_stat_clear_snapshot", "pg_stat_file", "pg_stat_force_next_flush",
    "pg_stat_get_backend_wal", "pg_stat_get_xact_blocks_fetched", "pg_stat_get_xact_blocks_hit",
    "pg_stat_get_xact_function_calls", "pg_stat_get_xact_function_self_time",
    "pg_stat_get_xact_function_total_time", "pg_stat_get_xact_numscans", "pg_stat_get_xact_tuples_deleted",
    "pg_stat_get_xact_tuples_fetched", "pg_stat_get_xact_tuples_hot_updated",
    "pg_stat_get_xact_tuples_inserted", "pg_stat_get_xact_tuples_newpage_updated",
    "pg_stat_get_xact_tuples_returned", "pg_stat_get_xact_tuples_updated", "pg_stat_have_stats",
    "pg_stat_reset", "pg_stat_reset_backend_stats", "pg_stat_reset_replication_slot", "pg_stat_reset_shared",
    "pg_stat_reset_single_function_counters", "pg_stat_reset_single_table_counters", "pg_stat_reset_slru",
    "pg_stat_reset_subscription_stats", "pg_stop_backup", "pg_stop_making_pinned_objects", "pg_switch_wal",
    "pg_sync_replication_slots", "pg_table_size", "pg_tablespace_size", "pg_terminate_backend",
    "pg_total_relation_size", "pg_try_advisory_lock", "pg_try_advisory_lock_shared",
    "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared", "pg_wal_replay_pause",
    "pg_wal_replay_resume", "pg_xact_commit_timestamp", "pg_xact_commit_timestamp_origin", "pg_xact_status",
    "query_to_xml", "query_to_xml_and_xmlschema", "query_to_xmlschema", "random", "random_normal",
    "set_config", "setseed", "setval", "timeofday", "txid_status", "uuidv4", "uuidv7",
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
            NodeEnum::FuncCall(call) => function(known, &call.funcname, call.args.len()),
            NodeEnum::SqlvalueFunction(_) => Volatility::Stable,
            NodeEnum::NextValueExpr(_) => Volatility::Volatile,
            _ => Volatility::Immutable,
        };
        most = most.max(this);
    });
    most
}

fn function(known: &Known, name: &[tree::Node], arguments: usize) -> Volatility {
    let (schema, word) = tree::qualified(name);
    let (routines, _) = known.called(name);
    if !routines.is_empty() && schema != Some("pg_catalog") {
        let each = routines.iter().map(|routine| real(known, routine));
        return each.max().unwrap_or(Volatility::Volatile);
    }
    // with two arguments it runs a query
    let by_arguments = word == "ts_rewrite" && arguments == 2;
    if by_arguments || VOLATILE.contains(&word) || OF_EXTENSIONS.contains(&word) {
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
