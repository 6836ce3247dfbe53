//! One rollout through its whole life on a scratch database.
//!
//! Knows nothing of single recipes.

use std::fmt::Write as _;
use std::path::Path;

use cutover_core::catalog::Catalog;
use cutover_core::diff::{self, Options};
use cutover_core::plan::Direction;
use cutover_core::rollout::draft::{Draft, Part};
use cutover_core::rollout::phase::Phase;
use cutover_core::rollout::recipe::{self, Given, Target};
use cutover_engine::history::History;
use cutover_engine::schema::trial::{self, Verdict};
use cutover_engine::schema::{Bench, Workshop, replay};
use cutover_engine::server::{Binaries, Lookup, Scratch};
use cutover_engine::session::Settings;
use cutover_lint::Source;
use cutover_sql::document::{Header, Spanned};
use cutover_sql::print;
use cutover_sql::span::Span;

/// A rollout, and what it must lead to.
#[derive(Clone, Copy, Default)]
pub struct Case {
    /// What is there.
    pub start: &'static str,
    /// The recipe.
    pub recipe: &'static str,
    /// What it is given: `table=shop.orders`; a name alone is a flag.
    pub given: &'static [&'static str],
    /// What both generations of programs write, once validation is done and before anybody is deployed.
    pub mixed: &'static str,
    /// The same writes by old programs alone.
    pub old: &'static str,
    /// The plain DDL.
    pub plain: &'static str,
    /// The same writes by new programs alone.
    pub new: &'static str,
    /// Whether rows are mended that nobody can bring back: only schemas are compared on the way down.
    pub mends: bool,
    /// Servers before this one are passed by.
    pub since: u32,
}

fn servers() -> Vec<&'static Scratch> {
    static OLD: std::sync::OnceLock<Option<Scratch>> = std::sync::OnceLock::new();
    let old = OLD.get_or_init(|| {
        Binaries::find_major(&Lookup::from_env(), 15).ok().map(|binaries| cutover_testkit::start(&binaries))
    });
    old.iter().chain(cutover_testkit::server_18()).collect()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn given(list: &[&str]) -> Given {
    let mut given = Given::default();
    let mut names: Vec<&str> =
        list.iter().map(|item| item.split_once('=').map_or(*item, |(n, _)| n)).collect();
    names.dedup();
    for name in names {
        let values = list.iter().filter_map(|item| {
            let (n, value) = item.split_once('=').unwrap_or((item, ""));
            (n == name).then_some(value)
        });
        given = given.with(name, values);
    }
    given
}

fn draft(recipe: &str, args: &[&str], catalog: &Catalog) -> Result<Draft, recipe::Refusal> {
    let target = Target { catalog, major: catalog.server / 10_000 };
    (recipe::find(recipe).unwrap().draft)(&given(args), &target)
}

/// The recipe must refuse, with these words.
pub fn refuses(start: &'static str, recipe: &str, args: &[&str], words: &str) {
    for server in servers() {
        run(async {
            let bench = Workshop::on(server.clone()).bench(None).await.unwrap();
            bench.run(start).await.unwrap();
            let refusal = match draft(recipe, args, &bench.catalog().await.unwrap()) {
                Ok(draft) => panic!("{recipe} {args:?} is not refused:\n{}", text(&draft)),
                Err(refusal) => refusal,
            };
            let said = format!("{refusal}; {}", refusal.help.clone().unwrap_or_default());
            assert!(said.contains(words), "\"{said}\" does not say \"{words}\"");
        });
    }
}

/// The rollout is the one that the page of the recipe shows.
pub fn example(start: &'static str, recipe: &str, args: &[&str]) {
    let Some(server) = cutover_testkit::server_18() else { return };
    run(async {
        let bench = Workshop::on(server.clone()).bench(None).await.unwrap();
        bench.run(start).await.unwrap();
        let draft = draft(recipe, args, &bench.catalog().await.unwrap())
            .unwrap_or_else(|refusal| panic!("{recipe}: {refusal}"));
        let path = cutover_testkit::repository().join(format!("docs/recipes/{recipe}.sql"));
        let written = format!(
            "-- What {recipe} writes on PostgreSQL 18: one file for each revision, here one after the other.\n\n{}",
            text(&draft).trim_end()
        );
        let written = format!("{written}\n");
        if std::env::var_os("CUTOVER_WRITE_EXAMPLES").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &written).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == written,
            "CUTOVER_WRITE_EXAMPLES=1 cargo test -p cutover --test recipes would change {}",
            path.display()
        );
    });
}

/// Takes the rollout through its life on each server.
pub fn lives(case: Case) {
    for server in servers().into_iter().filter(|server| server.major() >= case.since) {
        run(life(server, case));
    }
}

async fn life(server: &Scratch, case: Case) {
    let workshop = Workshop::on(server.clone());
    let bench = workshop.bench(None).await.unwrap();
    bench.run(case.start).await.unwrap();
    let start = bench.catalog().await.unwrap();
    let draft = draft(case.recipe, case.given, &start).unwrap_or_else(|refusal| panic!("{refusal}"));
    let folder = tempfile::tempdir().unwrap();
    let history = write(&draft, folder.path());
    let words = format!("on {}:\n{}", server.major(), text(&draft));
    order(&history, &words);
    lint(server.major(), case.start, &history, &words);

    let settings = Settings::default();
    let deploy =
        draft.parts.iter().position(|part| part.phase >= Phase::CutOver).unwrap_or(draft.parts.len());
    let mut reversible = true;
    for (at, part) in draft.parts.iter().enumerate() {
        if at == deploy {
            bench.run(case.mixed).await.unwrap_or_else(|e| panic!("{e:?} {words}"));
        }
        let place = format!("part {} ({}) {words}", at + 1, part.title);
        if part.allows.iter().any(|(rule, _)| rule == "empty-downgrade") {
            replay::exactly(&history, Direction::Upgrade, &[at], &settings, &bench.session).await.unwrap();
            continue;
        }
        let verdict = trial::revision(&history, at, &settings, &bench).await;
        match verdict.unwrap_or_else(|e| panic!("{e:?} {place}")) {
            Verdict::Passed => {}
            Verdict::Irreversible(_) => reversible = false,
            Verdict::Failed(faults) => {
                let columns = "SELECT a.attname || ' ' || concat_ws(' ', a.attacl, a.attstattarget, a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) \
                    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
                    WHERE a.attnum > 0 AND a.attrelid >= 16384 AND a.attrelid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p'))";
                let columns = ask(&bench, columns).await.join("\n");
                panic!("it does not come back: {faults:#?}\n{columns}\n{place}")
            }
        }
    }
    if deploy == draft.parts.len() {
        bench.run(case.mixed).await.unwrap();
    }
    let plain = workshop.bench(None).await.unwrap();
    plain.run(case.start).await.unwrap();
    plain.run(case.plain).await.unwrap();
    plain.run(case.new).await.unwrap();
    equal("after all of it", &plain, &bench, true, &words).await;
    if reversible {
        let down: Vec<usize> = (0..draft.parts.len()).rev().collect();
        replay::exactly(&history, Direction::Downgrade, &down, &settings, &bench.session)
            .await
            .unwrap_or_else(|e| panic!("{e:?} {words}"));
        let untouched = workshop.bench(None).await.unwrap();
        untouched.run(case.start).await.unwrap();
        untouched.run(case.old).await.unwrap();
        equal("after it is undone", &untouched, &bench, !case.mends, &words).await;
    }
}

/// Phases stand in an order that `check` takes.
fn order(history: &History, words: &str) {
    let mut last = Phase::Expand;
    for revision in history.revisions() {
        let phase = revision.rollout.as_ref().unwrap().phase;
        assert!(phase >= last, "{last} before {phase} {words}");
        last = phase;
    }
}

async fn equal(when: &str, expected: &Bench, found: &Bench, with_rows: bool, words: &str) {
    let (left, right) = (expected.catalog().await.unwrap(), found.catalog().await.unwrap());
    let options = Options { grants: true, owners: true, plain: true };
    let changes = diff::changes(&left, &right, &options);
    assert!(changes.is_empty(), "{when} the schema differs: {changes:#?} {words}");
    if !with_rows {
        return;
    }
    let (left, right) = (rows(expected).await, rows(found).await);
    assert!(left == right, "{when} the rows differ:\nexpected {left}\nfound {right}\n{words}");
}

/// All rows of all tables, as text; columns by name.
async fn rows(bench: &Bench) -> String {
    let tables = ask(bench, "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind = 'r' AND c.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'cutover') ORDER BY 1").await;
    let mut out = String::new();
    for table in tables {
        let query = format!("SELECT to_jsonb(t)::text FROM ONLY {table} t ORDER BY 1");
        let _ = writeln!(out, "{table}\n  {}", ask(bench, &query).await.join("\n  "));
    }
    out
}

async fn ask(bench: &Bench, sql: &str) -> Vec<String> {
    let rows = cutover_engine::session::rows(bench.session.client(), sql, "reading rows").await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap_or_default().to_owned()).collect()
}

/// Our own linter has nothing to say that the files do not accept.
fn lint(major: u32, start: &str, history: &History, words: &str) {
    let mut sources = vec![Source::read("start.sql", start.to_owned(), false)];
    sources.extend(
        history.revisions().iter().map(|r| Source::read(r.path.display().to_string(), r.text.clone(), false)),
    );
    let looked_at: Vec<bool> = (0..sources.len()).map(|at| at > 0).collect();
    let options = cutover_lint::Options { major, ..cutover_lint::Options::default() };
    let found: Vec<String> = cutover_lint::lint(&sources, &looked_at, &options)
        .into_iter()
        .filter(|finding| finding.allowed.is_none() && finding.source > 0)
        .map(|f| {
            let source = &sources[f.source];
            format!("{} {}: {} [{}]", source.header.message, f.rule, f.message, f.span.text(&source.text))
        })
        .collect();
    assert!(found.is_empty(), "the linter finds:\n{}\n{words}", found.join("\n"));
}

fn write(draft: &Draft, folder: &Path) -> History {
    for (at, part) in draft.parts.iter().enumerate() {
        std::fs::write(folder.join(format!("{:04}_part.sql", at + 1)), file(draft, at, part)).unwrap();
    }
    History::read(folder).unwrap_or_else(|e| panic!("{e:?}\n{}", text(draft)))
}

fn text(draft: &Draft) -> String {
    draft.parts.iter().enumerate().map(|(at, part)| file(draft, at, part) + "\n\n").collect()
}

fn file(draft: &Draft, at: usize, part: &Part) -> String {
    let id = |at: usize| unplaced(format!("{at:04}"));
    let header = Header {
        revision: Some(id(at + 1)),
        revises: Some(if at == 0 { Vec::new() } else { vec![id(at)] }),
        rollout: Some(unplaced((draft.rollout.clone(), part.phase.to_string()))),
        owner: part.owner.clone().map(unplaced),
        requires: part.requires.iter().cloned().map(unplaced).collect(),
        irreversible: part.irreversible.clone().map(unplaced),
        allows: part.allows.iter().cloned().map(unplaced).collect(),
        prose: format!("{}\n\n{}", part.title, part.prose),
        ..Header::default()
    };
    let (up, down) = part.body();
    format!("{}\n--@ upgrade\n{up}\n--@ downgrade\n{down}", print::header(&header))
}

fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned { value, span: Span::new(0, 0) }
}
