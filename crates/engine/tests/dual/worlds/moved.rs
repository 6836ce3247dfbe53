//! A column that goes to another table: to one with a row for each row, and to one that many rows share.

use cutover_core::rollout::dual::{Missing, Moved, MovedColumn, Same, Setting, Table};
use rand::Rng;
use rand::rngs::StdRng;

use super::{FOREIGN, UNIQUE, literal, script, shown};
use crate::play::{Model, Step, View, World};

fn rule(schema: &str, key: Same, missing: Missing) -> Moved {
    Moved {
        setting: Setting::of("move-x"),
        from: Table::new(schema, "f"),
        to: Table::new(schema, "t"),
        key: vec![key],
        columns: vec![MovedColumn { from: "x".into(), to: "x".into(), default: None }],
        missing,
    }
}

fn broken(sql: String, broken: Option<(&str, &str)>) -> String {
    broken.map_or(sql.clone(), |(good, bad)| {
        assert!(sql.contains(good), "{sql}");
        sql.replace(good, bad)
    })
}

/// `f.x` becomes `t.x`, where `t.f_id` is `f.id`.
#[derive(Clone, Debug)]
pub struct Details {
    /// Of the schema.
    pub schema: String,
    /// What is broken, for the test of the test.
    pub broken: Option<(&'static str, &'static str)>,
}

/// A row of both tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Both {
    x: Option<i64>,
    /// Whether it has details.
    has: bool,
    /// Whether details are made at the end of the transaction.
    owed: bool,
}

type Seen<'a, 'b> = &'a mut View<'b, Both>;

fn put(view: Seen<'_, '_>, id: i64, x: Option<i64>, insert: bool) {
    let there = view.get(id);
    let was = there.clone().unwrap_or(Both { x: None, has: false, owed: false });
    let changed = was.x != x;
    let owed = was.owed || !was.has && (insert || changed && x.is_some());
    // The row that asks for details is looked at again at the end, whether there are some now or not.
    let owed = owed || (insert || changed && x.is_some());
    view.set(id, Some(Both { x, has: was.has, owed }));
}

impl Details {
    fn old_client(random: &mut StdRng, id: i64, x: Option<i64>) -> Step<Both> {
        let value = literal(x.as_ref());
        match random.random_range(0..8) {
            n @ 0..4 => {
                let upsert = n == 2 || n == 3;
                let conflict = if upsert { "ON CONFLICT (id) DO UPDATE SET x = excluded.x" } else { "" };
                Step {
                    sql: format!("INSERT INTO f (id, x) VALUES ({id}, {value}) {conflict} RETURNING 1"),
                    effect: Box::new(move |view| {
                        match view.get(id) {
                            Some(_) if !upsert => return Err(UNIQUE.to_owned()),
                            Some(_) => put(view, id, x, false),
                            None => put(view, id, x, true),
                        }
                        Ok(1)
                    }),
                }
            }
            4..7 => Step {
                sql: format!("UPDATE f SET x = {value} WHERE id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    if view.get(id).is_none() {
                        return Ok(0);
                    }
                    put(view, id, x, false);
                    Ok(1)
                }),
            },
            _ => Step {
                sql: format!("DELETE FROM f WHERE id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    let there = view.get(id).is_some();
                    view.set(id, None);
                    Ok(usize::from(there))
                }),
            },
        }
    }

    fn new_client(random: &mut StdRng, id: i64, x: Option<i64>) -> Step<Both> {
        let value = literal(x.as_ref());
        match random.random_range(0..8) {
            n @ 0..4 => {
                let upsert = n == 2 || n == 3;
                let conflict = if upsert { "ON CONFLICT (f_id) DO UPDATE SET x = excluded.x" } else { "" };
                Step {
                    sql: format!("INSERT INTO t (f_id, x) VALUES ({id}, {value}) {conflict} RETURNING 1"),
                    effect: Box::new(move |view| {
                        let Some(there) = view.get(id) else { return Err(FOREIGN.to_owned()) };
                        if there.has && !upsert {
                            return Err(UNIQUE.to_owned());
                        }
                        // A new row that brings nothing takes what is there; an update to NULL is one.
                        put(view, id, if there.has { x } else { x.or(there.x) }, false);
                        let now = view.get(id).unwrap();
                        view.set(id, Some(Both { has: true, ..now }));
                        Ok(1)
                    }),
                }
            }
            4..6 => Step {
                sql: format!("UPDATE t SET x = {value} WHERE f_id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    let there = view.get(id).is_some_and(|row| row.has);
                    if there {
                        put(view, id, x, false);
                    }
                    Ok(usize::from(there))
                }),
            },
            6 => Step {
                sql: format!("DELETE FROM t WHERE f_id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    let there = view.get(id).filter(|row| row.has);
                    if let Some(row) = &there {
                        view.set(id, Some(Both { x: None, has: false, owed: row.owed }));
                    }
                    Ok(usize::from(there.is_some()))
                }),
            },
            _ => Step {
                sql: format!("INSERT INTO f (id) VALUES ({id}) RETURNING 1"),
                effect: Box::new(move |view| {
                    if view.get(id).is_some() {
                        return Err(UNIQUE.to_owned());
                    }
                    put(view, id, None, true);
                    Ok(1)
                }),
            },
        }
    }
}

impl World for Details {
    type Value = Both;

    fn install(&self) -> String {
        let triggers = script(&rule(&self.schema, Same::new("id", "f_id"), Missing::Create).dual());
        format!(
            "CREATE TABLE f (id int PRIMARY KEY, x int);
             CREATE TABLE t (f_id int PRIMARY KEY REFERENCES f ON DELETE CASCADE, x bigint, y int); {}",
            broken(triggers, self.broken)
        )
    }

    fn fill(&self, random: &mut StdRng) -> (String, Model<Both>) {
        let mut model = Model::new();
        let mut sql = "DELETE FROM t; DELETE FROM f".to_owned();
        for id in 1..=random.random_range(0..3) {
            let has = random.random_bool(0.7);
            sql.push_str(&format!("; INSERT INTO f VALUES ({id}, {id})"));
            if has {
                sql.push_str(&format!("; INSERT INTO t VALUES ({id}, {id})"));
            }
            model.insert(id, Both { x: Some(id), has, owed: false });
        }
        (sql, model)
    }

    fn client(&self, random: &mut StdRng) -> Step<Both> {
        let id = random.random_range(1..4);
        let x = random.random_bool(0.8).then(|| random.random_range(1..4));
        if random.random_bool(0.5) {
            Self::old_client(random, id, x)
        } else {
            Self::new_client(random, id, x)
        }
    }

    fn query(&self) -> String {
        "SELECT f.id, f.x, t.f_id IS NOT NULL, t.x FROM f LEFT JOIN t ON f_id = id ORDER BY id".into()
    }

    fn expected(&self, view: &View<'_, Both>) -> Vec<String> {
        let all = view.all();
        let line = |(id, row): (&i64, &Both)| {
            let x = shown(row.x.as_ref());
            if row.has { format!("{id}|{x}|t|{x}") } else { format!("{id}|{x}|f|-") }
        };
        all.iter().map(line).collect()
    }

    fn committed(&self, value: Both) -> Both {
        Both { has: value.has || value.owed, owed: false, ..value }
    }
}

/// `f.x` becomes `t.x`, where `f.t_id` is `t.id`.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Of the schema.
    pub schema: String,
    /// What is broken, for the test of the test.
    pub broken: Option<(&'static str, &'static str)>,
}

/// Keys of `t` are the numbers above this.
const HOMES: i64 = 100;

/// A row of either table.
#[derive(Clone, Debug, PartialEq)]
pub struct Either {
    /// Of `f`: the row of `t`.
    home: Option<i64>,
    x: Option<i64>,
}

/// One value for a row of `t` and all that belong to it.
fn everywhere(view: &mut View<'_, Either>, home: i64, x: Option<i64>) {
    for (key, row) in view.all() {
        if key == HOMES + home || row.home == Some(home) {
            view.set(key, Some(Either { x, ..row }));
        }
    }
}

impl Shared {
    fn old_client(random: &mut StdRng, [id, home]: [i64; 2], x: Option<i64>) -> Step<Either> {
        let value = literal(x.as_ref());
        match random.random_range(0..5) {
            4 => Step {
                sql: format!(
                    "INSERT INTO f (id, t_id, x) VALUES ({id}, {home}, {value}) ON CONFLICT (id) DO UPDATE SET x = excluded.x RETURNING 1"
                ),
                effect: Box::new(move |view| {
                    let home = match view.get(id) {
                        Some(there) => {
                            view.set(id, Some(Either { x, ..there.clone() }));
                            there.home.map(|home| (home, x))
                        }
                        None => {
                            let Some(there) = view.get(HOMES + home) else { return Err(FOREIGN.to_owned()) };
                            view.set(id, Some(Either { home: Some(home), x }));
                            Some((home, x.or(there.x)))
                        }
                    };
                    if let Some((home, x)) = home {
                        everywhere(view, home, x);
                    }
                    Ok(1)
                }),
            },
            0 => Step {
                sql: format!("INSERT INTO f (id, t_id, x) VALUES ({id}, {home}, {value}) RETURNING 1"),
                effect: Box::new(move |view| {
                    if view.get(id).is_some() {
                        return Err(UNIQUE.to_owned());
                    }
                    let Some(there) = view.get(HOMES + home) else { return Err(FOREIGN.to_owned()) };
                    view.set(id, Some(Either { home: Some(home), x }));
                    everywhere(view, home, x.or(there.x));
                    Ok(1)
                }),
            },
            1 | 2 => Step {
                sql: format!("UPDATE f SET x = {value} WHERE id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    let Some(row) = view.get(id) else { return Ok(0) };
                    view.set(id, Some(Either { x, ..row.clone() }));
                    if let Some(home) = row.home {
                        everywhere(view, home, x);
                    }
                    Ok(1)
                }),
            },
            _ => Step {
                sql: format!("DELETE FROM f WHERE id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    let there = view.get(id).is_some();
                    view.set(id, None);
                    Ok(usize::from(there))
                }),
            },
        }
    }

    fn new_client(random: &mut StdRng, [id, home]: [i64; 2], x: Option<i64>) -> Step<Either> {
        let value = literal(x.as_ref());
        match random.random_range(0..8) {
            6 | 7 => Step {
                sql: format!("INSERT INTO f (id, t_id) VALUES ({id}, {home}) RETURNING 1"),
                effect: Box::new(move |view| {
                    if view.get(id).is_some() {
                        return Err(UNIQUE.to_owned());
                    }
                    let Some(there) = view.get(HOMES + home) else { return Err(FOREIGN.to_owned()) };
                    view.set(id, Some(Either { home: Some(home), x: there.x }));
                    Ok(1)
                }),
            },
            0..3 => Step {
                sql: format!("UPDATE t SET x = {value} WHERE id = {home} RETURNING 1"),
                effect: Box::new(move |view| {
                    let there = view.get(HOMES + home).is_some();
                    everywhere(view, home, x);
                    Ok(usize::from(there))
                }),
            },
            3 => Step {
                sql: format!("INSERT INTO t (id, x) VALUES ({home}, {value}) RETURNING 1"),
                effect: Box::new(move |view| {
                    if view.get(HOMES + home).is_some() {
                        return Err(UNIQUE.to_owned());
                    }
                    view.set(HOMES + home, Some(Either { home: None, x }));
                    Ok(1)
                }),
            },
            4 => Step {
                sql: format!("UPDATE f SET t_id = {home} WHERE id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    let Some(row) = view.get(id) else { return Ok(0) };
                    let Some(there) = view.get(HOMES + home) else {
                        return if row.home == Some(home) { Ok(1) } else { Err(FOREIGN.to_owned()) };
                    };
                    view.set(id, Some(Either { home: Some(home), x: there.x }));
                    Ok(1)
                }),
            },
            _ => Step {
                sql: format!("DELETE FROM t WHERE id = {home} RETURNING 1"),
                effect: Box::new(move |view| {
                    let there = view.get(HOMES + home).is_some();
                    for (key, row) in view.all() {
                        if row.home == Some(home) {
                            view.set(key, Some(Either { home: None, ..row }));
                        }
                    }
                    view.set(HOMES + home, None);
                    Ok(usize::from(there))
                }),
            },
        }
    }
}

impl World for Shared {
    type Value = Either;

    fn install(&self) -> String {
        let triggers = script(&rule(&self.schema, Same::new("t_id", "id"), Missing::Ignore).dual());
        format!(
            "CREATE TABLE t (id int PRIMARY KEY, x bigint);
             CREATE TABLE f (id int PRIMARY KEY, t_id int REFERENCES t ON DELETE SET NULL, x int);
             CREATE INDEX ON f (t_id); {}",
            broken(triggers, self.broken)
        )
    }

    fn fill(&self, random: &mut StdRng) -> (String, Model<Either>) {
        let mut model = Model::new();
        let mut sql = "DELETE FROM f; DELETE FROM t".to_owned();
        for home in 1..3 {
            let x = random.random_bool(0.7).then_some(home);
            sql.push_str(&format!("; INSERT INTO t VALUES ({home}, {})", literal(x.as_ref())));
            model.insert(HOMES + home, Either { home: None, x });
            if random.random_bool(0.7) {
                sql.push_str(&format!("; INSERT INTO f VALUES ({home}, {home}, {})", literal(x.as_ref())));
                model.insert(home, Either { home: Some(home), x });
            }
        }
        (sql, model)
    }

    fn client(&self, random: &mut StdRng) -> Step<Either> {
        let numbers = [random.random_range(1..5), random.random_range(1..3)];
        let x = random.random_bool(0.8).then(|| random.random_range(1..4));
        if random.random_bool(0.5) {
            Self::old_client(random, numbers, x)
        } else {
            Self::new_client(random, numbers, x)
        }
    }

    fn query(&self) -> String {
        "SELECT id, t_id, x FROM f UNION ALL SELECT id + 100, NULL, x FROM t ORDER BY 1".into()
    }

    fn expected(&self, view: &View<'_, Either>) -> Vec<String> {
        let all = view.all();
        let line = |(key, row): (&i64, &Either)| {
            format!("{key}|{}|{}", shown(row.home.as_ref()), shown(row.x.as_ref()))
        };
        all.iter().map(line).collect()
    }
}
