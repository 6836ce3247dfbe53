//! `lint --fix` is proven: the fixed revision gives the same schema as the original, on tables with rows, keeps the
//! rows, and has nothing left to fix.
//!
//! The cases are those of the corpus that a fix exists for. `CUTOVER_CASE=text` runs those whose file or name has it.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cutover_core::diff::{Options, changes};
use cutover_engine::connect::ConnParams;
use cutover_engine::server::Scratch;
use cutover_lint::{Source, fix, lint};
use cutover_testkit::{Project, note, psql, server};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

struct Case {
    name: String,
    before: String,
    revision: String,
    server: u32,
}

/// The cases with one revision on a schema that is known.
fn cases() -> Vec<Case> {
    let folder = cutover_testkit::repository().join("fixtures/lint/dangerous");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let wanted = std::env::var("CUTOVER_CASE").unwrap_or_default();
    let mut cases: Vec<Case> = files.iter().flat_map(|path| read(path)).collect();
    cases.retain(|case| case.name.contains(&wanted));
    cases
}

fn read(path: &Path) -> Vec<Case> {
    let file = path.file_stem().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let mut cases = Vec::new();
    for part in text.split("-- case:").skip(1) {
        let name = format!("{file}: {}", part.lines().next().unwrap_or_default().trim());
        let one = part.matches("\n-- revision\n").count() == 1;
        let (Some((_, before)), true) = (part.split_once("\n-- before\n"), one) else { continue };
        let Some((before, rest)) = before.split_once("-- revision\n") else { continue };
        let revision = rest.split("-- expect:").next().unwrap_or_default();
        let server =
            part.split_once("\n-- server:").and_then(|(_, rest)| rest.lines().next()?.trim().parse().ok());
        let (before, revision) = (without_notes(before), without_notes(revision));
        if before.trim().is_empty() {
            continue;
        }
        cases.push(Case { name, before, revision, server: server.unwrap_or(15) });
    }
    cases
}

fn without_notes(sql: &str) -> String {
    sql.lines().filter(|line| !line.starts_with("-- server:")).map(|line| format!("{line}\n")).collect()
}

/// A file around statements.
fn revision(id: &str, parent: &str, sql: &str) -> String {
    format!(
        "--@ revision {id}\n--@ revises {parent}\n--@ irreversible \"a case\"\n\n-- A case.\n\n--@ upgrade\n{sql}"
    )
}

/// The fixed text, or nothing when there is no fix that is safe.
fn fixed(case: &Case) -> Option<String> {
    let options = cutover_lint::Options { major: case.server, ..cutover_lint::Options::default() };
    let mut text = revision("0002", "0001", &case.revision);
    let mut mended: Vec<&'static str> = Vec::new();
    for _ in 0..10 {
        let sources = [
            Source::read("0001_before.sql", revision("0001", "base", &case.before), false),
            Source::read("0002_case.sql", text.clone(), false),
        ];
        let found = lint(&sources, &[false, true], &options);
        let own: Vec<_> = found.iter().collect();
        let (next, count) = fix::apply(&text, &own, false);
        if count == 0 {
            let left: Vec<_> = found.iter().filter(|finding| mended.contains(&finding.rule)).collect();
            assert!(left.is_empty(), "{}: it is fixed and found again: {left:?}\n{text}", case.name);
            return (!mended.is_empty()).then_some(text);
        }
        mended
            .extend(found.iter().filter(|it| it.fix.as_ref().is_some_and(|fix| fix.safe)).map(|it| it.rule));
        text = next;
    }
    panic!("{}: the fixes never end:\n{text}", case.name);
}

/// Rows in every table that takes them: numbers, texts and times that differ, NULL for other types.
const ROWS: &str = r#"
DO $$ DECLARE t record; columns text; vals text; BEGIN
  FOR round IN 1..3 LOOP
    FOR t IN SELECT c.oid, c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^(pg_|information|cutover)' LOOP
      SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
             string_agg(CASE
               WHEN ty.typname IN ('int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'oid') THEN 'g::' || format_type(atttypid, atttypmod)
               WHEN ty.typname IN ('text', 'varchar', 'bpchar', 'name', 'citext') THEN '(''x'' || g)::' || format_type(atttypid, atttypmod)
               WHEN ty.typname IN ('date', 'timestamp', 'timestamptz') THEN '(''2024-01-01''::date + g)::' || format_type(atttypid, atttypmod)
               WHEN ty.typname = 'bool' THEN 'g % 2 = 0'
               WHEN ty.typname = 'uuid' THEN 'md5(g::text)::uuid'
               WHEN ty.typname IN ('json', 'jsonb') THEN '''{}''::' || ty.typname
               WHEN ty.typtype = 'e' THEN '(enum_range(NULL::' || format_type(atttypid, NULL) || '))[1]'
               ELSE 'NULL' END, ', ' ORDER BY attnum)
        INTO columns, vals
        FROM pg_attribute a JOIN pg_type ty ON ty.oid = a.atttypid
        WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = '';
      BEGIN
        EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM generate_series(%s, %s) g', t.name, columns, vals,
                       round * 10, round * 10 + 4);
      EXCEPTION WHEN OTHERS THEN NULL; END;
    END LOOP;
  END LOOP;
END $$;
"#;

/// What every schema of the corpus may name.
const WORLD: &str = "CREATE SCHEMA IF NOT EXISTS app;";

/// Where a revision led to: the schema and the rows, or why it did not.
type End = Result<(cutover_core::catalog::Catalog, String), String>;

fn run(server: &Scratch, case: &Case, text: &str) -> End {
    let database = server.create_blocking(None).unwrap();
    let url = database.url();
    let project = Project::new(CUTOVER, Some(&url));
    let before = format!("{WORLD}\n{}", case.before);
    project.write("migrations/0001_before.sql", &revision("0001", "base", &before));
    let done = project.run(&["upgrade", "0001"]);
    if done.code != 0 {
        return Err(format!("the schema before: {}", done.err));
    }
    psql(server, &url, ROWS);
    project.write("migrations/0002_case.sql", text);
    let done = project.run(&["upgrade"]);
    if done.code != 0 {
        return Err(done.err);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let params = ConnParams::parse(&url, &|_| None).unwrap();
    let catalog = runtime.block_on(cutover_engine::schema::of_database(&params)).unwrap();
    Ok((catalog, psql(server, &url, SUMS)))
}

/// The rows of all tables, as a sum for each.
const SUMS: &str = "CREATE FUNCTION pg_temp.sums(name text) RETURNS text LANGUAGE plpgsql AS $$ DECLARE sums text; BEGIN
    EXECUTE format('SELECT coalesce(sum(hashtext(t::text)), 0) || '' '' || count(*) FROM %s t', name) INTO sums;
    RETURN sums; END $$;
  SELECT string_agg(name || ' ' || pg_temp.sums(name), E'\n' ORDER BY name)
  FROM (SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm') AND relispopulated AND n.nspname !~ '^(pg_|information|cutover)') names";

#[test]
fn a_fixed_revision_leads_where_the_original_did() {
    for server in [Some(server()), cutover_testkit::server_18()].into_iter().flatten() {
        on(server);
    }
}

fn on(server: &Scratch) {
    psql(server, &server.url("postgres"), ROLES);
    let cases: Vec<(Case, String)> = cases()
        .into_iter()
        .filter(|case| case.server <= server.major())
        .filter_map(|case| fixed(&case).map(|text| (case, text)))
        .collect();
    assert!(
        cases.len() > 60 || std::env::var_os("CUTOVER_CASE").is_some(),
        "only {} cases have a fix",
        cases.len()
    );
    let (next, wrong, same) = (AtomicUsize::new(0), Mutex::new(Vec::new()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some((case, text)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match judge(server, case, text) {
                        Ok(true) => {
                            same.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(false) => {}
                        Err(problem) => {
                            wrong.lock().unwrap().push(format!("{}: {problem}\n{text}", case.name))
                        }
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    note(&format!(
        "{} of {} fixes lead where the original did on PostgreSQL {}, {} wrong",
        same.into_inner(),
        cases.len(),
        server.major(),
        wrong.len()
    ));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

const ROLES: &str = "DO $$ BEGIN CREATE ROLE app_reader; CREATE ROLE app_writer; CREATE ROLE auditor; \
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";

/// Whether the two are the same; `false` when the original cannot run here.
fn judge(server: &Scratch, case: &Case, text: &str) -> Result<bool, String> {
    let original = run(server, case, &revision("0002", "0001", &case.revision));
    let (catalog, rows) = match original {
        Ok(end) => end,
        Err(_) => return Ok(false),
    };
    let (fixed_catalog, fixed_rows) =
        run(server, case, text).map_err(|error| format!("the fixed one fails: {error}"))?;
    let changes = changes(&catalog, &fixed_catalog, &Options::default());
    if !changes.is_empty() {
        return Err(format!("the schemas differ: {changes:#?}"));
    }
    // a random value is another each time
    let random = ["random", "clock_timestamp"].iter().any(|word| case.revision.contains(word));
    if rows != fixed_rows && !random {
        return Err(format!("the rows differ:\n{rows}\n{fixed_rows}"));
    }
    Ok(true)
}
