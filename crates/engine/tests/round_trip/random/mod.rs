//! Random pairs: a schema, and the same after 1 to 30 edits. A pair that goes wrong is made as small as it can be and
//! printed as a fixture.
//!
//! `CUTOVER_RANDOM` says how many (or for how long: `10m`), `CUTOVER_SEED` where to begin.

mod edit;
mod make;
mod prune;
mod schema;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cutover_core::diff::Options;
use cutover_engine::server::Scratch;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use schema::{Schema, What};

use super::pair::Pair;
use super::{runtime, trip};

/// How many pairs, or for how long.
struct Amount {
    pairs: u64,
    until: Option<Instant>,
}

impl Amount {
    fn wanted(usual: u64) -> Self {
        let text = std::env::var("CUTOVER_RANDOM").unwrap_or_default();
        let minutes = text.strip_suffix('m').and_then(|n| n.parse().ok());
        let until = minutes.map(|n: u64| Instant::now() + Duration::from_secs(n * 60));
        let pairs = if until.is_some() { u64::MAX } else { text.parse().unwrap_or(usual) };
        Self { pairs, until }
    }
}

/// The pair of a seed.
fn generate(seed: u64) -> (Schema, Schema) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut from = Schema::default();
    for _ in 0..random.random_range(0..60) {
        edit::edit(&mut from, &mut random);
    }
    let mut to = from.clone();
    for _ in 0..random.random_range(1..=30) {
        edit::edit(&mut to, &mut random);
    }
    // a column that was a table's own stays its own when a parent comes to have it, for pg_dump to see
    let parent = |schema: &Schema, name: &str| match schema.find(name).map(|o| &o.what) {
        Some(What::Table { sort: schema::Sort::Child(parent), .. }) => Some(parent.clone()),
        _ => None,
    };
    let other =
        |o: &schema::Object| to.find(&o.name).is_none_or(|_| parent(&to, &o.name) == parent(&from, &o.name));
    let kept = from.objects.iter().filter(|o| other(o)).cloned().collect();
    let mut from = Schema { objects: kept };
    prune::prune(&mut from);
    (from, to)
}

/// Rows for the tables that stay as they are, so that they have to survive.
fn rows(from: &Schema, to: &Schema) -> String {
    let mut sql = String::new();
    for object in &from.objects {
        let What::Table { columns, sort: schema::Sort::Plain, .. } = &object.what else { continue };
        let referred = |o: &schema::Object| {
            matches!(&o.what, What::Reference { of, .. } | What::Trigger { of, .. } | What::Check { of, .. }
                | What::Key { of, .. } | What::Index { of, unique: true, .. } if *of == object.name)
        };
        let plain = columns.iter().all(|c| matches!(c.ty, schema::Ty::Of(_)));
        let stays = to.find(&object.name).is_some_and(|after| {
            let What::Table { columns: later, sort, .. } = &after.what else { return false };
            let new_ones = later.iter().filter(|c| columns.iter().all(|o| o.name != c.name));
            let kept = later.iter().filter(|c| columns.iter().any(|o| o.name == c.name));
            *sort == schema::Sort::Plain
                && kept.clone().count() > 0
                && kept.clone().all(|c| columns.contains(c))
                && new_ones.clone().all(|c| !c.not_null)
                && columns.iter().all(|c| !c.not_null || later.contains(c))
        });
        let alone = ![from, to].iter().any(|schema| schema.objects.iter().any(referred));
        if !plain || !stays || !alone {
            continue;
        }
        let own: Vec<_> = columns
            .iter()
            .filter(|c| !matches!(c.fill, schema::Fill::Twice(_) | schema::Fill::Identity(true)))
            .collect();
        let names: Vec<&str> = own.iter().map(|c| c.name).collect();
        let values: Vec<String> = own.iter().map(|c| schema::constant(&c.ty, true)).collect();
        if !own.is_empty() {
            let (names, values) = (names.join(", "), values.join(", "));
            sql += &format!("INSERT INTO {} ({names}) VALUES ({values});\n", object.name);
        }
    }
    sql
}

fn pair(name: String, from: &Schema, to: &Schema) -> Pair {
    let rows = rows(from, to);
    Pair { name, from: from.sql(), rows, to: to.sql(), may_replace: vec![String::new()], ..Pair::default() }
}

/// Goes there and back with random pairs; fails with the smallest form of each that goes wrong.
pub fn all(server: &Scratch, usual: u64) {
    cutover_testkit::psql(server, &server.url("postgres"), super::ROLES);
    let first: u64 = std::env::var("CUTOVER_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let amount = Amount::wanted(usual);
    let (next, wrong) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let runtime = runtime();
                let try_it = |pair: &Pair| {
                    let options = Options { grants: true, ..Options::default() };
                    runtime.block_on(trip::round(server, pair, &options))
                };
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let is_over = amount.until.is_some_and(|until| Instant::now() > until);
                    if number >= amount.pairs || is_over || wrong.lock().unwrap().len() >= 5 {
                        return;
                    }
                    let seed = first + number;
                    let (from, to) = generate(seed);
                    if let Err(problem) = try_it(&pair(String::new(), &from, &to)) {
                        let (from, to, problem) = shrunk(from, to, problem, &try_it);
                        let rows = rows(&from, &to);
                        wrong.lock().unwrap().push(format!(
                            "seed {seed}: {problem}\n--@ from\n{}\n--@ rows\n{rows}\n--@ to\n{}",
                            from.sql(),
                            to.sql()
                        ));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The kind of a problem: its first words, without names.
fn kind(problem: &str) -> String {
    let line = problem.lines().next().unwrap_or_default();
    line.split('"').step_by(2).collect::<String>().chars().take(40).collect()
}

/// Takes away whatever can go while it still goes wrong in the same way.
fn shrunk(
    mut from: Schema,
    mut to: Schema,
    mut problem: String,
    try_it: &dyn Fn(&Pair) -> Result<(), String>,
) -> (Schema, Schema, String) {
    let wanted = kind(&problem);
    let mut smaller = true;
    while smaller {
        smaller = false;
        for candidate in candidates(&from, &to) {
            let fails = try_it(&pair(String::new(), &candidate.0, &candidate.1)).err();
            if let Some(same) = fails.filter(|it| kind(it) == wanted) {
                ((from, to), problem, smaller) = (candidate, same, true);
                break;
            }
        }
    }
    (from, to, problem)
}

/// The pairs with one thing less.
fn candidates(from: &Schema, to: &Schema) -> Vec<(Schema, Schema)> {
    let names: std::collections::BTreeSet<&String> =
        from.objects.iter().chain(&to.objects).map(|o| &o.name).collect();
    let without = |schema: &Schema, name: &str| {
        let mut schema = schema.clone();
        schema.objects.retain(|o| o.name != name);
        prune::prune(&mut schema);
        schema
    };
    let mut found = Vec::new();
    for name in &names {
        found.push((without(from, name), without(to, name)));
    }
    for name in &names {
        found.push((without(from, name), to.clone()));
        found.push((from.clone(), without(to, name)));
    }
    // an object as it is on the other side, and columns one by one
    for object in &from.objects {
        if to.find(&object.name).is_some_and(|other| other != object) {
            let mut same = to.clone();
            same.objects.iter_mut().filter(|o| o.name == object.name).for_each(|o| *o = object.clone());
            prune::prune(&mut same);
            found.push((from.clone(), same));
        }
    }
    for name in &names {
        let columns: Vec<&str> = from.columns(name).iter().chain(&to.columns(name)).map(|c| c.name).collect();
        for column in columns {
            let cut = |schema: &Schema| {
                let mut schema = schema.clone();
                for object in schema.objects.iter_mut().filter(|o| o.name == **name) {
                    if let What::Table { columns, .. } = &mut object.what {
                        columns.retain(|c| c.name != column);
                    }
                }
                prune::prune(&mut schema);
                schema
            };
            found.push((cut(from), cut(to)));
        }
    }
    found.retain(|(a, b)| (a, b) != (from, to));
    found
}
