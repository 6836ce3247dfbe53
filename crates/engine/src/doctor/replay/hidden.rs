//! `IF NOT EXISTS` that hides something else: the statement finds the name, does nothing, and what it describes is not what
//! is there.
//!
//! It is tried on the scratch database, in a transaction that is rolled back: what is there is put aside, the statement
//! makes what it describes, and PostgreSQL says how the two differ.

use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;
use cutover_sql::ident::{qualified, quote_ident, quote_literal};
use cutover_sql::lex::tokens;
use cutover_sql::span::Span;
use cutover_sql::statement::{Statement, Transaction, parse_all};
use cutover_sql::tree::{self, AlterTableStmt, AlterTableType, NodeEnum, RangeVar};
use tokio_postgres::Client;

use crate::doctor::makers::{self, Does};
use crate::doctor::survey::Survey;
use crate::schema::Bench;
use crate::session::{Settings, rows};

/// Where a table is put aside.
const ASIDE: &str = "cutover_doctor_aside";

/// The name under which a column or an index is put aside.
const OLD: &str = "cutover_doctor_old";

/// The columns of a relation, one a row: name and the rest of its definition.
const COLUMNS: &str = "SELECT a.attname, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END \
    || coalesce(CASE WHEN a.attgenerated = '' THEN ' DEFAULT ' ELSE ' GENERATED AS ' END || pg_get_expr(d.adbin, d.adrelid), '') \
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ";

/// What a statement would make if it were not there.
enum Makes {
    Relation(String),
    Index { name: String, on: String },
    Columns { table: String, names: Vec<String> },
}

/// Looks at the statements of a revision, with the revisions before it applied. What cannot be tried is not said.
pub async fn check(survey: &Survey, index: Index, settings: &Settings, bench: &Bench) -> Vec<Conclusion> {
    let Some(document) = survey.documents.get(&index) else { return Vec::new() };
    let text = &survey.history.revision(index).text;
    let statements: Vec<&Statement> =
        document.upgrade.blocks.iter().flat_map(|block| &block.statements).collect();
    let client = bench.session.client();
    let mut found = Vec::new();
    for (place, statement) in statements.iter().enumerate() {
        let sql = statement.span.text(text);
        let Some(makes) = makes(sql) else { continue };
        let before: Vec<&str> = statements[..place]
            .iter()
            .filter(|it| it.traits.transaction == Transaction::Inside && it.copy_data.is_none())
            .map(|it| it.span.text(text))
            .collect();
        let differing = tried(client, settings, &before, sql, &makes).await;
        if client.batch_execute("ROLLBACK").await.is_err() {
            break;
        }
        let differing = differing.unwrap_or_default();
        if !differing.is_empty() {
            found.push(conclusion(survey, index, statement, &makes, differing));
        }
    }
    found
}

fn conclusion(
    survey: &Survey,
    index: Index,
    statement: &Statement,
    makes: &Makes,
    lines: Vec<String>,
) -> Conclusion {
    let (what, name) = match makes {
        Makes::Relation(name) => ("another table", name.clone()),
        Makes::Index { name, .. } => ("another index", name.clone()),
        Makes::Columns { names, .. } => ("another column", names.join(", ")),
    };
    let text = format!("IF NOT EXISTS hides {what}: {name} is there and differs from what this describes");
    let id = "if-not-exists-hides";
    let mut found = survey.about(index, statement.span.start, id, Weight::Error, text);
    found.evidence = lines;
    let needs = survey.history.graph().needs([index]);
    let last = name.rsplit('.').next().unwrap_or(&name).trim_matches('"').to_owned();
    let maker = makers::of(survey, &last)
        .into_iter()
        .rfind(|(at, _, does)| *does == Does::Makes && *at != index && needs.contains(at));
    if let Some((at, it, _)) = maker {
        found.evidence.push(format!(
            "made by {} ({}:{})",
            survey.history.graph().id(at),
            survey.path(at),
            it.line
        ));
    }
    found.next("decide which of the two is meant, and write what is missing as ALTER in a new revision")
}

/// What a statement makes, when it says IF NOT EXISTS.
fn makes(sql: &str) -> Option<Makes> {
    if !sql.to_ascii_lowercase().contains("exists") {
        return None;
    }
    let (_, node) = parse_all(sql, Span::new(0, sql.len())).ok()?.into_iter().next()?;
    let name = |it: Option<&RangeVar>| it.map(|it| written(tree::schema(it), &it.relname));
    match &node {
        NodeEnum::CreateStmt(it) if it.if_not_exists => name(it.relation.as_ref()).map(Makes::Relation),
        NodeEnum::CreateTableAsStmt(it) if it.if_not_exists => {
            name(it.into.as_ref().and_then(|into| into.rel.as_ref())).map(Makes::Relation)
        }
        NodeEnum::IndexStmt(it) if it.if_not_exists && !it.idxname.is_empty() => {
            let on = it.relation.as_ref()?;
            let index = written(tree::schema(on), &it.idxname);
            Some(Makes::Index { name: index, on: name(Some(on))? })
        }
        NodeEnum::AlterTableStmt(it) => columns(it),
        _ => None,
    }
}

fn columns(it: &AlterTableStmt) -> Option<Makes> {
    let relation = it.relation.as_ref()?;
    let added = it.cmds.iter().filter_map(|node| match tree::inner(node) {
        Some(NodeEnum::AlterTableCmd(cmd))
            if cmd.subtype() == AlterTableType::AtAddColumn && cmd.missing_ok =>
        {
            match tree::boxed(cmd.def.as_deref()) {
                Some(NodeEnum::ColumnDef(column)) => Some(column.colname.clone()),
                _ => None,
            }
        }
        _ => None,
    });
    let names: Vec<String> = added.collect();
    let table = written(tree::schema(relation), &relation.relname);
    (!names.is_empty()).then_some(Makes::Columns { table, names })
}

fn written(schema: Option<&str>, name: &str) -> String {
    match schema {
        Some(schema) => qualified(&[schema, name]),
        None => quote_ident(name).into_owned(),
    }
}

/// The differences; nothing when the name is free, or the statement cannot be tried. Leaves its transaction open.
async fn tried(
    client: &Client,
    settings: &Settings,
    before: &[&str],
    sql: &str,
    makes: &Makes,
) -> Option<Vec<String>> {
    let begin = format!("BEGIN; SET LOCAL search_path = {}", settings.search_path);
    client.batch_execute(&begin).await.ok()?;
    for statement in before {
        client.batch_execute(statement).await.ok()?;
    }
    match makes {
        Makes::Relation(name) => relation(client, sql, name).await,
        Makes::Index { name, on } => index(client, sql, name, on).await,
        Makes::Columns { table, names } => {
            let mut lines = Vec::new();
            for name in names {
                client.batch_execute("SAVEPOINT one").await.ok()?;
                lines.extend(column(client, sql, table, name).await.unwrap_or_default());
                client.batch_execute("ROLLBACK TO one").await.ok()?;
            }
            Some(lines)
        }
    }
}

async fn text(client: &Client, query: &str) -> Option<Vec<(String, String)>> {
    let found = rows(client, query, "comparing what is there").await.ok()?;
    let part = |row: &tokio_postgres::SimpleQueryRow, at| {
        let text = if row.len() > at { row.get(at) } else { None };
        text.unwrap_or_default().to_owned()
    };
    Some(found.iter().map(|row| (part(row, 0), part(row, 1))).collect())
}

/// Whether the name is taken by a relation of one of these kinds.
async fn is_there(client: &Client, name: &str, kinds: &str) -> Option<bool> {
    let name = quote_literal(name);
    let query = format!("SELECT 1 FROM pg_class WHERE oid = to_regclass({name}) AND relkind IN ({kinds})");
    Some(!text(client, &query).await?.is_empty())
}

async fn relation(client: &Client, sql: &str, name: &str) -> Option<Vec<String>> {
    if !is_there(client, name, "'r', 'p', 'm'").await? {
        return None;
    }
    let columns = format!("{COLUMNS}{}::regclass ORDER BY 1", quote_literal(name));
    // its indexes and sequences go with it, and their names are free
    let aside = format!("CREATE SCHEMA {ASIDE}; ALTER TABLE {name} SET SCHEMA {ASIDE}");
    let is = text(client, &columns).await?;
    client.batch_execute(&aside).await.ok()?;
    client.batch_execute(sql).await.ok()?;
    Some(compared(&is, &text(client, &columns).await?))
}

async fn column(client: &Client, sql: &str, table: &str, name: &str) -> Option<Vec<String>> {
    let of = |name: &str| {
        format!("{COLUMNS}{}::regclass AND a.attname = {}", quote_literal(table), quote_literal(name))
    };
    let is = text(client, &of(name)).await?;
    if is.is_empty() {
        return None;
    }
    let aside = format!("ALTER TABLE {table} RENAME COLUMN {} TO {OLD}", quote_ident(name));
    client.batch_execute(&aside).await.ok()?;
    client.batch_execute(sql).await.ok()?;
    Some(compared(&is, &text(client, &of(name)).await?))
}

async fn index(client: &Client, sql: &str, name: &str, on: &str) -> Option<Vec<String>> {
    if !is_there(client, name, "'i', 'I'").await? {
        return None;
    }
    // the schema of a table that is found by the search path
    let definition = "SELECT CASE WHEN x.indisunique THEN 'UNIQUE INDEX ON ' ELSE 'INDEX ON ' END \
        || split_part(pg_get_indexdef(x.indexrelid), ' ON ', 2) FROM pg_index x WHERE x.indexrelid = ";
    let of = |name: &str| format!("{definition}{}::regclass", quote_literal(name));
    let is = text(client, &of(name)).await?;
    client.batch_execute(&format!("ALTER INDEX {name} RENAME TO {OLD}")).await.ok()?;
    let plain: String = tokens(sql)
        .filter(|token| !token.span.text(sql).eq_ignore_ascii_case("concurrently"))
        .map(|token| token.span.text(sql))
        .collect();
    client.batch_execute(&plain).await.ok()?;
    let wanted = text(client, &of(name)).await?;
    let (is, wanted) = (&is.first()?.0, &wanted.first()?.0);
    let lines = vec![format!("there:     {is}"), format!("described: {wanted}"), format!("on {on}")];
    Some(if is == wanted { Vec::new() } else { lines })
}

/// Columns that are not the same, side by side.
fn compared(is: &[(String, String)], wanted: &[(String, String)]) -> Vec<String> {
    let of = |list: &[(String, String)], name: &str| {
        list.iter().find(|it| it.0 == name).map(|it| it.1.replace(&format!("{ASIDE}."), ""))
    };
    let mut names: Vec<&String> = is.iter().chain(wanted).map(|it| &it.0).collect();
    names.sort();
    names.dedup();
    let differing = names.into_iter().filter_map(|name| {
        let (there, described) = (of(is, name), of(wanted, name));
        let side = |it: Option<String>| it.unwrap_or_else(|| "no such column".into());
        (there != described).then(|| format!("{name}: described {}; there {}", side(described), side(there)))
    });
    differing.collect()
}
