//! `pg_stat_statements` of one node: which statements use what is watched, and how often.
//!
//! Source: <https://www.postgresql.org/docs/current/pgstatstatements.html>.

use cutover_core::usage::{Touch, written};
use cutover_sql::ident::{quote_ident, quote_literal};
use tokio_postgres::Client;

use super::facts::{Statements, Use};
use super::node::Server;
use super::target::Target;
use crate::session::{SessionError, message, rows};

/// Reads it; where it proves nothing, the gap says why.
pub async fn read(client: &Client, server: &Server, target: &Target) -> Statements {
    let gap = |why: String| Statements { gap: Some(why), ..Statements::default() };
    let Some(schema) = &server.statements else {
        return gap("pg_stat_statements is not there (CREATE EXTENSION pg_stat_statements)".into());
    };
    let schema = quote_ident(schema);
    let info = match info(client, server, &schema).await {
        Ok(info) => info,
        Err(why) => return gap(why),
    };
    match uses(client, server, target, &schema).await {
        Ok((uses, hidden)) => {
            let mut found = Statements { uses, ..info };
            if hidden > 0 && found.gap.is_none() {
                let why = "their texts are not shown; this needs the role pg_monitor or pg_read_all_stats";
                found.gap = Some(format!("{hidden} statements of other users: {why}"));
            }
            found
        }
        Err(why) => gap(why),
    }
}

/// Since when it counts, and what it has lost.
async fn info(client: &Client, server: &Server, schema: &str) -> Result<Statements, String> {
    if server.version < 140_000 {
        // nothing tells of resets and evictions there: what uses there are is shown, but they may not be all
        return Ok(Statements {
            gap: Some("before PostgreSQL 14 pg_stat_statements does not say when it lost entries".into()),
            ..Statements::default()
        });
    }
    let sql = format!(
        "SELECT dealloc, coalesce((extract(epoch FROM stats_reset) * 1000000)::bigint, 0) FROM {schema}.pg_stat_statements_info"
    );
    let found = rows(client, &sql, "reading pg_stat_statements").await.map_err(why)?;
    let number = |at: usize| found.first().and_then(|r| r.get(at)?.parse().ok()).unwrap_or(0);
    let restarted = if server.save.as_deref() == Some("off") { server.start } else { 0 };
    let gap = match server.track.as_deref() {
        None | Some("none") => Some("pg_stat_statements.track is none".to_owned()),
        Some(_) if server.own_settings => {
            Some("a role or database has its own setting of pg_stat_statements.track, track_counts or track_functions".to_owned())
        }
        Some(_) => None,
    };
    // a crash loses it, and it does not say so
    Ok(Statements {
        since: number(1).max(server.crash).max(restarted),
        evicted: number(0),
        gap,
        uses: Vec::new(),
    })
}

/// The statements that use it, and how many texts are hidden from us.
async fn uses(
    client: &Client,
    server: &Server,
    target: &Target,
    schema: &str,
) -> Result<(Vec<Use>, usize), String> {
    let Some(watch) = &target.watch else { return Ok((Vec::new(), 0)) };
    // only texts that have one of the names somewhere travel
    let names =
        std::iter::once(&watch.object).chain(&watch.carriers).chain(&watch.triggers).chain(&watch.functions);
    let mut names: Vec<String> = names.map(|name| quote_literal(&written(&name.1))).collect();
    names.push(quote_literal("u&\""));
    names.push(quote_literal("<insufficient privilege>"));
    let nested = if server.version >= 140_000 { "NOT toplevel" } else { "false" };
    let sql = format!(
        "{} SELECT coalesce(queryid::text, ''), userid, coalesce(pg_catalog.pg_get_userbyid(userid), ''), calls, query, {nested} \
         FROM {schema}.pg_stat_statements WHERE dbid = {} AND (query IS NULL OR EXISTS (\
         SELECT FROM unnest(ARRAY[{}]) AS n WHERE strpos(lower(query COLLATE \"C\"), n) > 0)) ORDER BY calls DESC",
        super::TAG,
        server.database,
        names.join(", ")
    );
    let mut found: Vec<Use> = Vec::new();
    let mut hidden = 0;
    for row in rows(client, &sql, "reading pg_stat_statements").await.map_err(why)? {
        let text = |at: usize| row.get(at).unwrap_or_default();
        let Some(query) = row.get(4).filter(|text| *text != "<insufficient privilege>") else {
            hidden += 1;
            continue;
        };
        let is_nested = text(5) == "t";
        if super::is_own(query) || (is_nested && (target.is_dual_written || is_of_a_foreign_key(query))) {
            continue;
        }
        let touch = watch.touches(query);
        if touch.any() {
            found.push(Use {
                id: format!("{}/{}/{}", text(0), text(1), if is_nested { "nested" } else { "top" }),
                user: text(2).to_owned(),
                calls: text(3).parse().unwrap_or(0),
                how: how(touch).to_owned(),
                sql: shown(query),
            });
        }
    }
    Ok((found, hidden))
}

/// The queries of the server's own triggers for foreign keys; they end with the key.
/// Source: `ri_triggers.c`.
fn is_of_a_foreign_key(query: &str) -> bool {
    let begins = ["SELECT 1 FROM ", "DELETE FROM ", "UPDATE "].iter().any(|head| query.starts_with(head));
    begins && query.contains("OPERATOR(pg_catalog.") && query.contains('$')
}

/// How a statement uses it, in a word.
pub fn how(touch: Touch) -> &'static str {
    match (touch.read, touch.write) {
        (true, true) => "reads and writes",
        (true, false) => "reads",
        (false, true) => "writes",
        (false, false) => "names",
    }
}

/// A text on one line, shortened. Statements that are not queries may have literals in them, and show their first words.
pub fn shown(query: &str) -> String {
    let words: Vec<&str> = query.split_whitespace().collect();
    let first =
        words.iter().find(|w| !w.starts_with("/*") && !w.starts_with("--")).copied().unwrap_or_default();
    let is_query = ["select", "with", "insert", "update", "delete", "merge", "table", "values"]
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word));
    if is_query {
        words.join(" ").chars().take(160).collect()
    } else {
        format!("{} ...", words.iter().take(2).copied().collect::<Vec<_>>().join(" "))
    }
}

fn why(error: SessionError) -> String {
    match error {
        SessionError::Query { source, .. } => {
            format!("pg_stat_statements cannot be read: {}", message(&source))
        }
        other => other.to_string(),
    }
}
