//! Columns of one row: renamed, split in two, and wider.

use cutover_core::rollout::dual::{Column, SameRow, Setting, Table};
use rand::Rng;
use rand::rngs::StdRng;

use super::{RANGE, UNIQUE, literal, script, shown};
use crate::play::{Model, Step, View, World};

type Text = Option<String>;
type Convert = fn(&[Text]) -> Result<Vec<Text>, String>;

/// A row: its old columns and its new ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    old: Vec<Text>,
    new: Vec<Text>,
}

/// One conversion, with values that are worth writing.
#[derive(Clone)]
pub struct Same {
    /// Of the schema.
    pub schema: String,
    /// Names and types of the old columns, and their expressions of the new ones.
    pub old: Vec<(&'static str, &'static str, &'static str)>,
    /// The other way round.
    pub new: Vec<(&'static str, &'static str, &'static str)>,
    /// The default of the old and new column, when both have the same constant.
    pub default: Option<&'static str>,
    /// The expressions again, in Rust.
    pub forward: Convert,
    /// The other way.
    pub backward: Convert,
    /// Values of old columns.
    pub olds: Vec<Vec<Text>>,
    /// Values of new columns.
    pub news: Vec<Vec<Text>>,
    /// What is broken in the triggers, for the test of the test.
    pub broken: Option<(&'static str, &'static str)>,
}

fn texts(values: &[Option<&str>]) -> Vec<Text> {
    values.iter().map(|v| v.map(str::to_owned)).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "one of several")]
fn identity(values: &[Text]) -> Result<Vec<Text>, String> {
    Ok(values.to_vec())
}

fn narrow(values: &[Text]) -> Result<Vec<Text>, String> {
    match &values[0] {
        Some(text) if text.parse::<i32>().is_err() => Err(RANGE.to_owned()),
        _ => identity(values),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one of several")]
fn split(values: &[Text]) -> Result<Vec<Text>, String> {
    let part = |n| values[0].as_ref().map(|name| name.split(' ').nth(n).unwrap_or("").to_owned());
    Ok(vec![part(0), part(1)])
}

#[expect(clippy::unnecessary_wraps, reason = "one of several")]
fn join(values: &[Text]) -> Result<Vec<Text>, String> {
    Ok(vec![match (&values[0], &values[1]) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        _ => None,
    }])
}

impl Same {
    /// `a` becomes `b`, no defaults.
    pub fn renamed(schema: &str, default: Option<&'static str>) -> Self {
        let values = vec![texts(&[None]), texts(&[Some("x")]), texts(&[Some("y")]), texts(&[Some("d")])];
        Self {
            schema: schema.to_owned(),
            old: vec![("Old one", "text", "b")],
            new: vec![("b", "text", "\"Old one\"")],
            default,
            forward: identity,
            backward: identity,
            olds: values.clone(),
            news: values,
            broken: None,
        }
    }

    /// `name` becomes `first` and `last`, which cannot say everything that a name can.
    pub fn split(schema: &str) -> Self {
        Self {
            old: vec![("name", "text", "first || ' ' || last")],
            new: vec![
                ("first", "text", "split_part(name, ' ', 1)"),
                ("last", "text", "split_part(name, ' ', 2)"),
            ],
            forward: split,
            backward: join,
            olds: [None, Some("a b"), Some("a b c"), Some("a"), Some("")].map(|v| texts(&[v])).to_vec(),
            news: vec![
                texts(&[Some("a"), Some("b")]),
                texts(&[Some("a"), Some("")]),
                texts(&[None, None]),
                texts(&[Some("a"), None]),
                texts(&[Some("c"), Some("d")]),
            ],
            ..Self::renamed(schema, None)
        }
    }

    /// `int` becomes `bigint`.
    pub fn wider(schema: &str) -> Self {
        Self {
            old: vec![("n", "int NOT NULL", "m::int")],
            new: vec![("m", "bigint", "n")],
            backward: narrow,
            olds: [Some("1"), Some("-2"), Some("3")].map(|v| texts(&[v])).to_vec(),
            news: [Some("1"), Some("5"), Some("3000000000")].map(|v| texts(&[v])).to_vec(),
            ..Self::renamed(schema, None)
        }
    }

    fn rule(&self) -> SameRow {
        let columns = |of: &[(&str, &str, &str)], default: Option<&str>| {
            let each = of.iter().map(|(name, _, value)| match default {
                None => Column::new(*name, *value),
                Some(default) => Column::new(*name, *value).default(format!("'{default}'")),
            });
            each.collect()
        };
        SameRow {
            setting: Setting::of("same"),
            table: Table::new(&self.schema, "t"),
            old: columns(&self.old, None),
            new: columns(&self.new, self.default),
        }
    }

    fn defaults(&self) -> Row {
        let of = |n: usize| vec![self.default.map(str::to_owned); n];
        Row { old: of(self.old.len()), new: of(self.new.len()) }
    }

    /// The rule of an INSERT, from the documentation.
    fn inserted(&self, mut row: Row) -> Result<Row, String> {
        if row.new == self.defaults().new {
            row.new = (self.forward)(&row.old)?;
        } else if row.new != (self.forward)(&row.old)? {
            row.old = (self.backward)(&row.new)?;
        }
        Ok(row)
    }

    /// The rule of an UPDATE.
    fn updated(&self, before: &Row, mut row: Row) -> Result<Row, String> {
        if row.new != before.new {
            if row.new != (self.forward)(&row.old)? {
                row.old = (self.backward)(&row.new)?;
            }
        } else if row.old != before.old {
            row.new = (self.forward)(&row.old)?;
        }
        Ok(row)
    }

    fn names(of: &[(&str, &str, &str)]) -> Vec<String> {
        of.iter().map(|(name, ..)| format!("\"{name}\"")).collect()
    }

    /// What a client writes: old columns, new ones, both or none.
    fn write(&self, random: &mut StdRng) -> (Option<Vec<Text>>, Option<Vec<Text>>) {
        let old = self.olds[random.random_range(0..self.olds.len())].clone();
        let new = self.news[random.random_range(0..self.news.len())].clone();
        match random.random_range(0..9) {
            0..4 => (Some(old), None),
            4..8 => (None, Some(new)),
            _ => (Some(old), Some(new)),
        }
    }

    fn insert(&self, id: i64, upsert: bool, written: (Option<Vec<Text>>, Option<Vec<Text>>)) -> Step<Row> {
        let (names, values) = self.listed(&written);
        let set: Vec<String> = names.iter().map(|n| format!("{n} = excluded.{n}")).collect();
        let conflict = if upsert {
            format!(" ON CONFLICT (id) DO UPDATE SET {}", set.join(", "))
        } else {
            String::new()
        };
        let sql = format!(
            "INSERT INTO t (id, {}) VALUES ({id}, {}){conflict} RETURNING id",
            names.join(", "),
            values.join(", ")
        );
        let this = self.clone();
        let effect = move |view: &mut View<'_, Row>| {
            let mut row = this.defaults();
            row.old = written.0.clone().unwrap_or(row.old);
            row.new = written.1.clone().unwrap_or(row.new);
            let row = this.inserted(row)?;
            let row = match view.get(id) {
                Some(_) if !upsert => return Err(UNIQUE.to_owned()),
                Some(there) => {
                    let mut after = there.clone();
                    if written.0.is_some() {
                        after.old = row.old;
                    }
                    if written.1.is_some() {
                        after.new = row.new;
                    }
                    this.updated(&there, after)?
                }
                None => row,
            };
            view.set(id, Some(row));
            Ok(1)
        };
        Step { sql, effect: Box::new(effect) }
    }

    fn listed(&self, written: &(Option<Vec<Text>>, Option<Vec<Text>>)) -> (Vec<String>, Vec<String>) {
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (side, columns) in [(&written.0, &self.old), (&written.1, &self.new)] {
            if let Some(side) = side {
                names.extend(Self::names(columns));
                values.extend(side.iter().map(|v| literal(v.as_ref())));
            }
        }
        (names, values)
    }

    fn update(&self, id: i64, written: (Option<Vec<Text>>, Option<Vec<Text>>)) -> Step<Row> {
        let (names, values) = self.listed(&written);
        let set: Vec<String> = names.iter().zip(&values).map(|(n, v)| format!("{n} = {v}")).collect();
        let sql = format!("UPDATE t SET {} WHERE id = {id} RETURNING id", set.join(", "));
        let this = self.clone();
        let effect = move |view: &mut View<'_, Row>| {
            let Some(before) = view.get(id) else { return Ok(0) };
            let mut after = before.clone();
            after.old = written.0.clone().unwrap_or(after.old);
            after.new = written.1.clone().unwrap_or(after.new);
            view.set(id, Some(this.updated(&before, after)?));
            Ok(1)
        };
        Step { sql, effect: Box::new(effect) }
    }
}

impl World for Same {
    type Value = Row;

    fn install(&self) -> String {
        let default = self.default.map(|d| format!(" DEFAULT '{d}'")).unwrap_or_default();
        let columns: String = self
            .old
            .iter()
            .chain(&self.new)
            .map(|(name, kind, _)| format!(", \"{name}\" {kind}{default}"))
            .collect();
        let mut triggers = script(&self.rule().dual());
        if let Some((good, bad)) = self.broken {
            assert!(triggers.contains(good), "{triggers}");
            triggers = triggers.replace(good, bad);
        }
        format!("CREATE TABLE t (id int PRIMARY KEY{columns}, note text); {triggers}")
    }

    fn fill(&self, random: &mut StdRng) -> (String, Model<Row>) {
        let mut model = Model::new();
        let mut sql = "DELETE FROM t".to_owned();
        for id in 1..=random.random_range(0..4) {
            // As after the backfill, or before it.
            let old = self.olds[random.random_range(0..self.olds.len())].clone();
            let new = if random.random_bool(0.7) {
                (self.forward)(&old).unwrap()
            } else {
                vec![None; self.new.len()]
            };
            let row = Row { old, new };
            let (names, values) = self.listed(&(Some(row.old.clone()), Some(row.new.clone())));
            sql.push_str(&format!(
                "; INSERT INTO t (id, {}) VALUES ({id}, {})",
                names.join(", "),
                values.join(", ")
            ));
            model.insert(id, row);
        }
        (sql, model)
    }

    fn client(&self, random: &mut StdRng) -> Step<Row> {
        let (id, other) = (random.random_range(1..5), random.random_range(1..5));
        let written = self.write(random);
        match random.random_range(0..12) {
            0..2 => self.insert(id, false, written),
            2..4 => self.insert(id, true, written),
            4..9 => self.update(id, written),
            9 => Step {
                sql: format!("DELETE FROM t WHERE id = {id} RETURNING id"),
                effect: Box::new(move |view| {
                    let there = view.get(id).is_some();
                    view.set(id, None);
                    Ok(usize::from(there))
                }),
            },
            10 => Step {
                sql: format!("UPDATE t SET note = 'x' WHERE id = {id} RETURNING id"),
                effect: Box::new(move |view| Ok(usize::from(view.get(id).is_some()))),
            },
            _ => Step {
                sql: format!("UPDATE t SET id = {other} WHERE id = {id} RETURNING id"),
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
        }
    }

    fn query(&self) -> String {
        let names = [Self::names(&self.old), Self::names(&self.new)].concat();
        format!("SELECT id, {} FROM t ORDER BY id", names.join(", "))
    }

    fn expected(&self, view: &View<'_, Row>) -> Vec<String> {
        let rows = view.all();
        let line = |(id, row): (&i64, &Row)| {
            let values: Vec<String> = row.old.iter().chain(&row.new).map(|v| shown(v.as_ref())).collect();
            format!("{id}|{}", values.join("|"))
        };
        rows.iter().map(line).collect()
    }
}
