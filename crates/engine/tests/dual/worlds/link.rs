//! A join table and a column: recommendations 1 to 3, plans 1 to 3.

use std::collections::BTreeSet;

use cutover_core::rollout::dual::{Link, Same, Setting, Table};
use rand::Rng;
use rand::rngs::StdRng;

use super::{FOREIGN, UNIQUE, literal, script, shown};
use crate::play::{Model, Step, View, World};

/// Keys of plans are the numbers above this, those of recommendations the ones below.
const PLANS: i64 = 100;

/// What the model knows.
#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    /// A recommendation: its column and its links.
    Recommendation(Option<i64>, BTreeSet<i64>),
    /// A plan that exists.
    Plan,
}

use Thing::{Plan, Recommendation};

/// The case.
#[derive(Clone, Debug)]
pub struct Links {
    /// Of the schema.
    pub schema: String,
    /// Whether the join table itself allows one link only; then plans are deleted, too.
    pub one: bool,
    /// What is broken in the triggers, for the test of the test.
    pub broken: Option<(&'static str, &'static str)>,
}

type Found<'a, 'b> = &'a mut View<'b, Thing>;

fn recommendation(view: &View<'_, Thing>, r: i64) -> Option<(Option<i64>, BTreeSet<i64>)> {
    match view.get(r)? {
        Recommendation(column, links) => Some((column, links)),
        Plan => unreachable!("{r} is a recommendation"),
    }
}

fn plan(view: &View<'_, Thing>, p: i64) -> bool {
    view.get(PLANS + p).is_some()
}

/// A link that an old client makes.
fn link(view: Found<'_, '_>, r: i64, p: i64) {
    if let Some((_, mut links)) = recommendation(view, r) {
        links.insert(p);
        view.set(r, Some(Recommendation(Some(p), links)));
    }
}

/// A link that an old client deletes.
fn unlink(view: Found<'_, '_>, r: i64, p: i64) {
    if let Some((column, mut links)) = recommendation(view, r) {
        links.remove(&p);
        let column = if column == Some(p) { links.last().copied() } else { column };
        view.set(r, Some(Recommendation(column, links)));
    }
}

/// A recommendation gets another number.
fn rekey(view: Found<'_, '_>, r: i64, q: i64) -> Result<usize, String> {
    let Some(row) = view.get(r) else { return Ok(0) };
    if r != q && view.get(q).is_some() {
        return Err(UNIQUE.to_owned());
    }
    view.set(r, None);
    view.set(q, Some(row));
    Ok(1)
}

fn has(view: &View<'_, Thing>, r: i64, p: i64) -> bool {
    recommendation(view, r).is_some_and(|(_, links)| links.contains(&p))
}

impl Links {
    fn rule(&self) -> Link {
        Link {
            setting: Setting::of("retire-links"),
            table: Table::new(&self.schema, "recommendation"),
            join: Table::new(&self.schema, "plan_recommendations"),
            key: vec![Same::new("id", "recommendation_id")],
            value: vec![Same::new("plan_id", "plan_id")],
            more: vec![("note".into(), "coalesce(title, 'new')".into())],
            target: Some((Table::new(&self.schema, "plan"), vec!["id".into()])),
        }
    }

    fn make(&self, r: i64, p: i64, conflict: &'static str) -> Step<Thing> {
        let one = self.one;
        let sql = format!(
            "INSERT INTO plan_recommendations (plan_id, recommendation_id, note) VALUES ({p}, {r}, 'n') {conflict} RETURNING 1"
        );
        let effect = move |view: Found<'_, '_>| {
            if has(view, r, p) {
                return match conflict {
                    "" => Err(UNIQUE.to_owned()),
                    "ON CONFLICT DO NOTHING" => Ok(0),
                    _ => Ok(1),
                };
            }
            let (here, there) = (recommendation(view, r), plan(view, p));
            if one && here.as_ref().is_some_and(|(_, links)| !links.is_empty()) {
                return if conflict == "ON CONFLICT DO NOTHING" { Ok(0) } else { Err(UNIQUE.to_owned()) };
            }
            if here.is_none() || !there {
                return Err(FOREIGN.to_owned());
            }
            link(view, r, p);
            Ok(1)
        };
        Step { sql, effect: Box::new(effect) }
    }

    fn old_client(&self, random: &mut StdRng, [r, p, q]: [i64; 3]) -> Step<Thing> {
        let one = self.one;
        let where_ = format!("plan_id = {p} AND recommendation_id = {r}");
        let other = random.random_range(1..4);
        match random.random_range(0..11) {
            0..3 => self.make(r, p, ""),
            3 => self.make(r, p, "ON CONFLICT DO NOTHING"),
            4 => self.make(r, p, "ON CONFLICT (plan_id, recommendation_id) DO UPDATE SET note = 'again'"),
            5..8 => Step {
                sql: format!("DELETE FROM plan_recommendations WHERE {where_} RETURNING 1"),
                effect: Box::new(move |view| {
                    let there = has(view, r, p);
                    if there {
                        unlink(view, r, p);
                    }
                    Ok(usize::from(there))
                }),
            },
            8 | 9 => Step {
                sql: format!("UPDATE plan_recommendations SET plan_id = {q} WHERE {where_} RETURNING 1"),
                effect: Box::new(move |view| {
                    if !has(view, r, p) || p == q {
                        return Ok(usize::from(has(view, r, p)));
                    }
                    if has(view, r, q) {
                        return Err(UNIQUE.to_owned());
                    }
                    if !plan(view, q) {
                        return Err(FOREIGN.to_owned());
                    }
                    let (_, mut links) = recommendation(view, r).unwrap();
                    links.remove(&p);
                    links.insert(q);
                    view.set(r, Some(Recommendation(Some(q), links)));
                    Ok(1)
                }),
            },
            _ => Step {
                sql: format!(
                    "UPDATE plan_recommendations SET recommendation_id = {other} WHERE {where_} RETURNING 1"
                ),
                effect: Box::new(move |view| {
                    if !has(view, r, p) || r == other {
                        return Ok(usize::from(has(view, r, p)));
                    }
                    match recommendation(view, other) {
                        Some((_, links)) if links.contains(&p) || one && !links.is_empty() => {
                            return Err(UNIQUE.to_owned());
                        }
                        None => return Err(FOREIGN.to_owned()),
                        Some(_) => {}
                    }
                    unlink(view, r, p);
                    link(view, other, p);
                    Ok(1)
                }),
            },
        }
    }

    fn new_client(&self, random: &mut StdRng, [r, p, q]: [i64; 3]) -> Step<Thing> {
        let column = random.random_bool(0.8).then_some(p);
        match random.random_range(0..11) {
            0..5 => Step {
                sql: format!(
                    "UPDATE recommendation SET plan_id = {} WHERE id = {r} RETURNING 1",
                    literal(column.as_ref())
                ),
                effect: Box::new(move |view| {
                    let Some((before, links)) = recommendation(view, r) else { return Ok(0) };
                    if column.is_some_and(|p| !plan(view, p)) {
                        return if before == column { Ok(1) } else { Err(FOREIGN.to_owned()) };
                    }
                    let links = match column {
                        _ if before == column => links,
                        Some(p) if links.contains(&p) => links,
                        Some(p) => BTreeSet::from([p]),
                        None => BTreeSet::new(),
                    };
                    view.set(r, Some(Recommendation(column, links)));
                    Ok(1)
                }),
            },
            5 | 6 => Step {
                sql: format!(
                    "INSERT INTO recommendation (id, plan_id) VALUES ({r}, {}) RETURNING 1",
                    literal(column.as_ref())
                ),
                effect: Box::new(move |view| {
                    if view.get(r).is_some() {
                        return Err(UNIQUE.to_owned());
                    }
                    if column.is_some_and(|p| !plan(view, p)) {
                        return Err(FOREIGN.to_owned());
                    }
                    view.set(r, Some(Recommendation(column, column.into_iter().collect())));
                    Ok(1)
                }),
            },
            7 => Step {
                sql: format!("DELETE FROM recommendation WHERE id = {r} RETURNING 1"),
                effect: Box::new(move |view| {
                    let there = view.get(r).is_some();
                    view.set(r, None);
                    Ok(usize::from(there))
                }),
            },
            8 => Step {
                sql: format!("UPDATE recommendation SET title = 'x' WHERE id = {r} RETURNING 1"),
                effect: Box::new(move |view| Ok(usize::from(view.get(r).is_some()))),
            },
            9 => Step {
                sql: format!("UPDATE recommendation SET id = {q} WHERE id = {r} RETURNING 1"),
                effect: Box::new(move |view| rekey(view, r, q)),
            },
            _ => Step {
                sql: format!("UPDATE recommendation SET id = {q}, plan_id = NULL WHERE id = {r} RETURNING 1"),
                effect: Box::new(move |view| {
                    let done = rekey(view, r, q)?;
                    if done > 0 && recommendation(view, q).unwrap().0.is_some() {
                        view.set(q, Some(Recommendation(None, BTreeSet::new())));
                    }
                    Ok(done)
                }),
            },
        }
    }

    /// Both worlds have plans.
    fn plans(random: &mut StdRng, p: i64) -> Step<Thing> {
        if random.random_bool(0.5) {
            return Step {
                sql: format!("INSERT INTO plan VALUES ({p}) RETURNING 1"),
                effect: Box::new(move |view| {
                    if plan(view, p) {
                        return Err(UNIQUE.to_owned());
                    }
                    view.set(PLANS + p, Some(Plan));
                    Ok(1)
                }),
            };
        }
        Step {
            sql: format!("DELETE FROM plan WHERE id = {p} RETURNING 1"),
            effect: Box::new(move |view| {
                let there = plan(view, p);
                for (key, thing) in view.all() {
                    if matches!(thing, Recommendation(Some(column), _) if column == p) {
                        view.set(key, None);
                    }
                }
                view.set(PLANS + p, None);
                Ok(usize::from(there))
            }),
        }
    }
}

impl World for Links {
    type Value = Thing;

    fn install(&self) -> String {
        let unique = if self.one { "UNIQUE" } else { "" };
        let mut triggers = script(&self.rule().dual());
        if let Some((good, bad)) = self.broken {
            assert!(triggers.contains(good), "{triggers}");
            triggers = triggers.replace(good, bad);
        }
        format!(
            "CREATE TABLE plan (id bigint PRIMARY KEY);
             CREATE TABLE recommendation (id bigint PRIMARY KEY, title text, plan_id bigint REFERENCES plan ON DELETE CASCADE);
             CREATE INDEX ON recommendation (plan_id);
             CREATE TABLE plan_recommendations (
                plan_id int NOT NULL REFERENCES plan ON DELETE CASCADE,
                recommendation_id int NOT NULL {unique} REFERENCES recommendation,
                note text NOT NULL, PRIMARY KEY (plan_id, recommendation_id));
             {triggers}"
        )
    }

    fn fill(&self, random: &mut StdRng) -> (String, Model<Thing>) {
        let mut model: Model<Thing> = (1..4).map(|p| (PLANS + p, Plan)).collect();
        let mut sql = "DELETE FROM plan_recommendations; DELETE FROM recommendation; DELETE FROM plan; \
                       INSERT INTO plan VALUES (1), (2), (3)"
            .to_owned();
        for r in 1..4 {
            let column = random.random_bool(0.7).then(|| random.random_range(1..4));
            if random.random_bool(0.8) {
                sql.push_str(&format!(
                    "; INSERT INTO recommendation VALUES ({r}, NULL, {})",
                    literal(column.as_ref())
                ));
                if let Some(p) = column {
                    sql.push_str(&format!("; INSERT INTO plan_recommendations VALUES ({p}, {r}, 'n')"));
                }
                model.insert(r, Recommendation(column, column.into_iter().collect()));
            }
        }
        (sql, model)
    }

    fn client(&self, random: &mut StdRng) -> Step<Thing> {
        let numbers = [(); 3].map(|()| random.random_range(1..4));
        match random.random_range(0..20) {
            0 | 1 if self.one => Self::plans(random, numbers[1]),
            0..10 => self.old_client(random, numbers),
            _ => self.new_client(random, numbers),
        }
    }

    fn query(&self) -> String {
        "SELECT r.id, r.plan_id, (SELECT string_agg(plan_id::text, ',' ORDER BY plan_id) \
         FROM plan_recommendations WHERE recommendation_id = r.id) FROM recommendation r ORDER BY id"
            .into()
    }

    fn expected(&self, view: &View<'_, Thing>) -> Vec<String> {
        let all = view.all();
        let line = |(key, thing): (&i64, &Thing)| match thing {
            Plan => None,
            Recommendation(column, links) => {
                let links: Vec<String> = links.iter().map(ToString::to_string).collect();
                let links = (!links.is_empty()).then(|| links.join(","));
                Some(format!("{key}|{}|{}", shown(column.as_ref()), shown(links.as_ref())))
            }
        };
        all.iter().filter_map(line).collect()
    }
}
