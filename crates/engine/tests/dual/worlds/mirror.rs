//! A second copy of a table, with a backfill that goes on meanwhile.

use cutover_core::rollout::dual::{Mirror, Setting, Table};
use rand::Rng;
use rand::rngs::StdRng;

use super::{UNIQUE, literal, script, shown};
use crate::play::{Model, Step, View, World};

/// A table, and its copy in partitions.
#[derive(Clone, Debug)]
pub struct Copies {
    /// Of the schema.
    pub schema: String,
    /// Whether the written table is the partitioned one, as after the names are swapped.
    pub back: bool,
    /// What is broken in the triggers or in the backfill, for the test of the test.
    pub broken: Option<(&'static str, &'static str)>,
}

impl Copies {
    fn rule(&self) -> Mirror {
        Mirror {
            setting: Setting::of("partition"),
            from: Table::new(&self.schema, "m"),
            to: Table::new(&self.schema, "m_new"),
            key: vec!["id".into(), "day".into()],
            columns: vec!["a".into(), "b".into()],
        }
    }

    fn breaks(&self, sql: String) -> String {
        self.broken.map_or(sql.clone(), |(good, bad)| sql.replace(good, bad))
    }

    fn backfill(&self, only: &str) -> String {
        self.breaks(self.rule().backfill()).replace("AS f\n", &format!("AS f {only}\n"))
    }
}

type Row = (i64, Option<String>);

impl World for Copies {
    type Value = Row;

    fn install(&self) -> String {
        let triggers = self.breaks(script(&self.rule().dual()));
        let [plain, parts] = if self.back { ["m_new", "m"] } else { ["m", "m_new"] };
        let columns =
            "id int, day int DEFAULT 1, a text, b json, twice int GENERATED ALWAYS AS (id * 2) STORED";
        format!(
            "CREATE TABLE {plain} ({columns}, PRIMARY KEY (id), UNIQUE (id, day));
             CREATE TABLE {parts} ({columns}, PRIMARY KEY (id, day)) PARTITION BY LIST (day);
             CREATE TABLE one PARTITION OF {parts} FOR VALUES IN (1);
             CREATE TABLE two PARTITION OF {parts} FOR VALUES IN (2);
             {triggers}"
        )
    }

    fn fill(&self, random: &mut StdRng) -> (String, Model<Row>) {
        let mut model = Model::new();
        let mut sql = "DELETE FROM m_new; DELETE FROM m".to_owned();
        for id in 1..5 {
            if random.random_bool(0.7) {
                let day = random.random_range(1..3);
                sql.push_str(&format!("; INSERT INTO m (id, day, a) VALUES ({id}, {day}, 'x')"));
                model.insert(id, (day, Some("x".to_owned())));
            }
        }
        (sql, model)
    }

    fn client(&self, random: &mut StdRng) -> Step<Row> {
        let (id, other, day) =
            (random.random_range(1..5), random.random_range(1..5), random.random_range(1..3));
        let a = [None, Some("x"), Some("y"), Some("z")][random.random_range(0..4)].map(str::to_owned);
        let value = literal(a.as_ref());
        // Without a unique key of `id` alone, clients of the partitioned table cannot be told about a conflict on it.
        match random.random_range(if self.back { 2 } else { 0 }..12) {
            0 | 1 => {
                let upsert = random.random_bool(0.6);
                let conflict = if upsert { "ON CONFLICT (id) DO UPDATE SET a = excluded.a" } else { "" };
                Step {
                    sql: format!(
                        "INSERT INTO m (id, day, a) VALUES ({id}, {day}, {value}) {conflict} RETURNING 1"
                    ),
                    effect: Box::new(move |view| {
                        match view.get(id) {
                            Some(_) if !upsert => return Err(UNIQUE.to_owned()),
                            Some((day, _)) => view.set(id, Some((day, a.clone()))),
                            None => view.set(id, Some((day, a.clone()))),
                        }
                        Ok(1)
                    }),
                }
            }
            2..5 => Step {
                sql: format!("UPDATE m SET a = {value} WHERE id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    let Some((day, _)) = view.get(id) else { return Ok(0) };
                    view.set(id, Some((day, a.clone())));
                    Ok(1)
                }),
            },
            5 | 6 => Step {
                sql: format!("UPDATE m SET day = 3 - day WHERE id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    let Some((day, a)) = view.get(id) else { return Ok(0) };
                    view.set(id, Some((3 - day, a)));
                    Ok(1)
                }),
            },
            7 if !self.back => Step {
                sql: format!("UPDATE m SET id = {other} WHERE id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    let Some(row) = view.get(id) else { return Ok(0) };
                    if id != other && view.get(other).is_some() {
                        return Err(UNIQUE.to_owned());
                    }
                    view.set(id, None);
                    view.set(other, Some(row));
                    Ok(1)
                }),
            },
            7..10 => Step {
                sql: format!("DELETE FROM m WHERE id = {id} RETURNING 1"),
                effect: Box::new(move |view| {
                    let there = view.get(id).is_some();
                    view.set(id, None);
                    Ok(usize::from(there))
                }),
            },
            _ => Step {
                sql: self.backfill(&format!("WHERE f.id BETWEEN {id} AND {id} + 1")),
                effect: Box::new(|_| Ok(0)),
            },
        }
    }

    fn query(&self) -> String {
        // Whatever the copy has, is what the table has; and at the end the backfill makes it whole.
        "SELECT id, day, a, NULL FROM m UNION ALL \
         (SELECT id, day, a, b::text FROM m_new EXCEPT SELECT id, day, a, b::text FROM m) ORDER BY 1"
            .into()
    }

    fn expected(&self, view: &View<'_, Row>) -> Vec<String> {
        let all = view.all();
        all.iter().map(|(id, (day, a))| format!("{id}|{day}|{}|-", shown(a.as_ref()))).collect()
    }

    fn last(&self) -> String {
        format!(
            "{}; DO $$ BEGIN IF (SELECT count(*) FROM m NATURAL JOIN (SELECT id, day FROM m_new) AS n) <> (SELECT count(*) FROM m) \
             THEN RAISE 'rows are missing'; END IF; END $$",
            self.backfill("")
        )
    }
}
