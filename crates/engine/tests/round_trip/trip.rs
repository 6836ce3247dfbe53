//! One trip: from one schema to the other and back, with everything that is looked at on the way.

use std::collections::BTreeMap;

use cutover_core::catalog::Catalog;
use cutover_core::diff::{self, Action, Change, How, Options, Rename, Wish};
use cutover_engine::connect::{self, ConnParams, Connected, Env};
use cutover_engine::introspect;
use cutover_engine::schema::rename::{Answer, Settled, Told};
use cutover_engine::schema::{Wanted, Workshop};
use cutover_engine::server::{Scratch, ScratchDatabase};
use cutover_testkit::schema_lines;
use tokio_postgres::SimpleQueryMessage;

use super::pair::Pair;

/// A database with a connection to it.
pub struct Place {
    connected: Connected,
    database: ScratchDatabase,
}

/// What went wrong, in words.
pub type Wrong = String;

impl Place {
    /// A new database.
    pub async fn new(server: &Scratch) -> Self {
        let database = server.create(None).await.unwrap();
        let env: Env<'_> = &|_| None;
        let params = ConnParams::parse(&database.url(), env).unwrap();
        Self { connected: connect::connect(&params).await.unwrap(), database }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.database.url()
    }

    /// Runs SQL.
    pub async fn run(&self, sql: &str) -> Result<(), Wrong> {
        self.connected.client.batch_execute(sql).await.map_err(|error| {
            let message = error.as_db_error().map_or(error.to_string(), |e| e.message().to_owned());
            format!("{message}\n    in: {sql}")
        })
    }

    /// Reads the schema.
    pub async fn read(&self) -> Result<Catalog, Wrong> {
        introspect::read(&self.connected.client).await.map_err(|error| error.to_string())
    }

    /// Runs a query; rows of texts.
    pub async fn ask(&self, sql: &str) -> Result<Vec<Vec<String>>, Wrong> {
        let messages = self.connected.client.simple_query(sql).await.map_err(|e| format!("{e}: {sql}"))?;
        let rows = messages
            .into_iter()
            .filter_map(|m| if let SimpleQueryMessage::Row(r) = m { Some(r) } else { None });
        Ok(rows.map(|r| (0..r.len()).map(|i| r.get(i).unwrap_or("NULL").to_owned()).collect()).collect())
    }
}

/// Goes there and back.
pub async fn round(server: &Scratch, pair: &Pair, options: &Options) -> Result<(), Wrong> {
    let (here, there) = (Place::new(server).await, Place::new(server).await);
    here.run(&pair.from).await.map_err(|e| format!("from does not load: {e}"))?;
    there.run(&pair.to).await.map_err(|e| format!("to does not load: {e}"))?;
    here.run(&pair.rows).await.map_err(|e| format!("rows do not load: {e}"))?;
    let (from, to) = (here.read().await?, there.read().await?);
    nothing_to_do(&from, options)?;
    nothing_to_do(&to, options)?;
    let (oids, rows) = (identities(&here).await?, rows(&here).await?);
    let settled = settle(server, pair, from.clone(), &to, options).await?;
    let up = settled.up(options);
    apply(&here, &up).await?;
    arrived(&here, &to, options, &up).await?;
    // a column that was a table's own stays its own when a parent of another schema comes to have it
    let comes_to_inherit = pair.name.contains(" -> ") && pair.to.contains("INHERITS");
    if !comes_to_inherit {
        witnessed(server, &here, &there, &up)?;
    }
    let oids = renamed(oids, &settled.renames);
    kept(&oids, &identities(&here).await?, pair, &up)?;
    survived(&renamed(rows, &settled.renames), &self::rows(&here).await?, pair, &up)?;
    let back = Workshop::on(server.clone()).way_back(&settled, &from, options).await;
    let down = back.map_err(|error| format!("the way back: {error}"))?;
    apply(&here, &down).await.map_err(|e| format!("on the way back: {e}"))?;
    arrived(&here, &from, options, &down).await.map_err(|e| format!("on the way back: {e}"))
}

/// Carries out the renames of a pair; what looks like one and is none of those is a drop.
async fn settle(
    server: &Scratch,
    pair: &Pair,
    from: Catalog,
    to: &Catalog,
    options: &Options,
) -> Result<Settled, Wrong> {
    let renamed: Result<Vec<Wish>, _> = pair.renames.iter().map(|text| Wish::parse(text)).collect();
    let told = Told { renamed: renamed.map_err(|e| e.to_string())?, dropped: Vec::new() };
    let workshop = Workshop::on(server.clone());
    let wanted = Wanted::whole(to.clone());
    let settled = workshop.settle(from.into(), &wanted, &told, options, &mut |_| Answer::Dropped).await;
    settled.map_err(|error| format!("the renames: {error}"))
}

/// Names as they are after renames: `kind schema.table` and `table.column`.
fn renamed<T>(names: BTreeMap<String, T>, renames: &[Rename]) -> BTreeMap<String, T> {
    let plain = |path: String| path.replace("public.", "");
    let new = |mut name: String| {
        for rename in renames {
            match rename {
                Rename::Object { from, to } => {
                    let (old, new) = (plain(from.path()), plain(to.path()));
                    let kind = name.rsplit_once(' ').map_or(String::new(), |(kind, _)| format!("{kind} "));
                    let rest = plain(name[kind.len()..].to_owned());
                    if rest == old {
                        name = format!("{kind}{}", if to.namespace.is_empty() { new } else { to.path() });
                    } else if let Some(column) = rest.strip_prefix(&format!("{old}.")) {
                        name = format!("{new}.{column}");
                    }
                }
                Rename::Column { of, from, to } if name == format!("{}.{from}", plain(of.path())) => {
                    name = format!("{}.{to}", plain(of.path()));
                }
                Rename::Column { .. } | Rename::Value { .. } => {}
            }
        }
        name
    };
    names.into_iter().map(|(name, value)| (new(name), value)).collect()
}

/// Builds what is wanted from nothing, as a dump does, and takes it down to nothing.
pub async fn from_nothing(server: &Scratch, pair: &Pair, options: &Options) -> Result<(), Wrong> {
    let (here, there) = (Place::new(server).await, Place::new(server).await);
    there.run(&pair.to).await.map_err(|e| format!("to does not load: {e}"))?;
    let wanted = there.read().await?;
    let nothing = here.read().await?;
    let options = Options { plain: true, ..options.clone() };
    let build = diff::plan(&nothing, &wanted, &options);
    here.run("SET check_function_bodies = off").await?;
    apply(&here, &build).await?;
    arrived(&here, &wanted, &options, &build).await?;
    witnessed(server, &here, &there, &build)?;
    let remove = diff::plan(&wanted, &nothing, &options);
    apply(&here, &remove).await.map_err(|e| format!("on the way down: {e}"))?;
    arrived(&here, &nothing, &options, &remove).await.map_err(|e| format!("on the way down: {e}"))
}

/// A schema does not differ from itself.
pub fn nothing_to_do(catalog: &Catalog, options: &Options) -> Result<(), Wrong> {
    let plan = diff::plan(catalog, catalog, options);
    if plan.is_empty() { Ok(()) } else { Err(format!("it differs from itself:\n{}", text(&plan))) }
}

/// Runs a plan, a statement at a time.
pub async fn apply(place: &Place, plan: &[Action]) -> Result<(), Wrong> {
    for statement in plan.iter().flat_map(|action| &action.statements) {
        place.run(statement).await.map_err(|e| format!("{e}\nof the plan:\n{}", text(plan)))?;
    }
    Ok(())
}

/// The schema is the wanted one.
pub async fn arrived(
    place: &Place,
    wanted: &Catalog,
    options: &Options,
    plan: &[Action],
) -> Result<(), Wrong> {
    let found = place.read().await?;
    let changes = diff::changes(&found, wanted, options);
    if changes.is_empty() {
        return Ok(());
    }
    Err(format!("not there:\n{}after the plan:\n{}", described(&changes), text(plan)))
}

/// `pg_dump`, which knows nothing of us, sees no difference between what was applied and what was loaded.
pub fn witnessed(server: &Scratch, here: &Place, there: &Place, plan: &[Action]) -> Result<(), Wrong> {
    // the programs of some servers come without it
    if !server.cluster().binaries().has_tool("pg_dump") {
        return Ok(());
    }
    let (applied, loaded) = (schema_lines(server, &here.url()), schema_lines(server, &there.url()));
    let only = |a: &[String], b: &[String]| {
        let lines: Vec<&str> = a.iter().filter(|line| !b.contains(line)).map(String::as_str).collect();
        lines.join("\n        ")
    };
    if applied == loaded {
        return Ok(());
    }
    let (more, less) = (only(&applied, &loaded), only(&loaded, &applied));
    Err(format!("pg_dump sees more:\n        {more}\n    and less:\n        {less}\n{}", text(plan)))
}

/// A plan as SQL.
pub fn text(plan: &[Action]) -> String {
    let mut text = String::new();
    for action in plan {
        text += &format!("    -- {}\n", action.title);
        action.statements.iter().for_each(|sql| text += &format!("    {sql};\n"));
    }
    text
}

/// Changes, a line each.
pub fn described(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        match &change.how {
            How::Created => text += &format!("    missing: {}\n", change.id),
            How::Dropped => text += &format!("    too many: {}\n", change.id),
            How::Altered { differences } => {
                for d in differences {
                    let side = |v: &Option<serde_json::Value>| {
                        v.as_ref().map_or("nothing".into(), ToString::to_string)
                    };
                    text += &format!(
                        "    {}: {} is {}, not {}\n",
                        change.id,
                        d.attribute,
                        side(&d.from),
                        side(&d.to)
                    );
                }
            }
        }
    }
    text
}

/// Oids of what has a name, without what PostgreSQL makes anew by itself.
async fn identities(place: &Place) -> Result<BTreeMap<String, String>, Wrong> {
    let sql = "SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' \
            WHEN 'f' THEN 'foreign table' ELSE 'table' END || ' ' || n.nspname || '.' || c.relname, c.oid \
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.oid >= 16384 AND n.nspname !~ '^pg_' \
        UNION ALL SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END \
            || n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')', p.oid \
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= 16384 \
        UNION ALL SELECT 'type ' || n.nspname || '.' || t.typname, t.oid \
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace \
        WHERE t.oid >= 16384 AND t.typtype IN ('e', 'd', 'r') \
        UNION ALL SELECT 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass, t.oid \
        FROM pg_trigger t WHERE NOT t.tgisinternal AND t.oid >= 16384 \
        UNION ALL SELECT 'schema ' || nspname, oid FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_' \
        UNION ALL SELECT 'extension ' || extname, oid FROM pg_extension WHERE oid >= 16384";
    Ok(place.ask(sql).await?.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect())
}

fn kept(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    pair: &Pair,
    plan: &[Action],
) -> Result<(), Wrong> {
    let replaced: Vec<&String> = before
        .iter()
        .filter(|(name, oid)| after.get(*name).is_some_and(|other| other != *oid))
        .map(|(name, _)| name)
        .filter(|name| !pair.may_replace.iter().any(|may| may.is_empty() || is_meant(may, name)))
        .collect();
    if replaced.is_empty() {
        return Ok(());
    }
    Err(format!("made anew without need: {replaced:?}\n{}", text(plan)))
}

/// `function public.f` is any of that name; with its types it is that one. The namespace public may
/// be left out.
fn is_meant(may: &str, name: &str) -> bool {
    let plain = |text: &str| {
        let text = text.replace('"', "").replace("public.", "").to_lowercase();
        text.replacen("domain ", "type ", 1).replacen("enum ", "type ", 1)
    };
    let (may, name) = (plain(may), plain(name));
    may == name || Some(may.as_str()) == name.split('(').next()
}

/// The rows of each table, by column.
type Rows = BTreeMap<String, Vec<String>>;

async fn rows(place: &Place) -> Result<Rows, Wrong> {
    let tables = place
        .ask(
            "SELECT c.oid::regclass, a.attname, quote_ident(a.attname) FROM pg_class c \
            JOIN pg_namespace n ON n.oid = c.relnamespace \
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
            WHERE c.relkind = 'r' AND c.oid >= 16384 AND n.nspname !~ '^pg_' AND a.attgenerated = ''",
        )
        .await?;
    let mut rows = Rows::new();
    for table in tables {
        let (relation, column) = (&table[0], &table[2]);
        let sql = format!("SELECT {column}::text FROM ONLY {relation} ORDER BY 1");
        let values = place.ask(&sql).await?.into_iter().map(|row| row[0].clone()).collect();
        rows.insert(format!("{relation}.{}", table[1]), values);
    }
    Ok(rows)
}

fn survived(before: &Rows, after: &Rows, pair: &Pair, plan: &[Action]) -> Result<(), Wrong> {
    for (column, values) in before {
        if !after.contains_key(column)
            && pair.renames.iter().any(|it| column.ends_with(&it[..it.find('=').unwrap_or(0)]))
        {
            return Err(format!("{column} is not found under its new name\n{}", text(plan)));
        }
        let Some(now) = after.get(column).filter(|now| now.len() != values.len()) else { continue };
        let excused = pair.may_lose.iter().any(|may| {
            let may = may.replace("public.", "");
            let column = column.replace("public.", "");
            may == column || column.starts_with(&format!("{may}."))
        });
        if !excused {
            return Err(format!("{column} had {} rows and has {}\n{}", values.len(), now.len(), text(plan)));
        }
    }
    Ok(())
}
