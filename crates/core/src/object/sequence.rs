//! A sequence: one of its own, or an identity's.

use cutover_sql::ident::quote_ident;
use serde::{Deserialize, Serialize};

use super::ops::{Fit, Loss, Ops};
use super::{Define, ops::Sides};
use crate::catalog::{Id, Kind, Name, Thing};

/// A sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// `smallint`, `integer` or `bigint`.
    pub data_type: Name,
    /// First value.
    pub start: i64,
    /// Step.
    pub increment: i64,
    /// Smallest value.
    pub min: i64,
    /// Largest value.
    pub max: i64,
    /// How many values a session takes at once.
    pub cache: i64,
    /// Whether it begins again at its end.
    pub cycle: bool,
    /// Whether a crash resets it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unlogged: bool,
    /// The table and the column that it goes along with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<(Id, Name)>,
}

impl Sequence {
    /// What the server makes when nothing is said but the type.
    pub fn plain(data_type: &str) -> Self {
        let max = match data_type {
            "smallint" => i64::from(i16::MAX),
            "integer" => i64::from(i32::MAX),
            _ => i64::MAX,
        };
        let data_type = data_type.into();
        Self {
            data_type,
            start: 1,
            increment: 1,
            min: 1,
            max,
            cache: 1,
            cycle: false,
            unlogged: false,
            owned_by: None,
        }
    }

    /// The largest and smallest value of a type in a direction.
    fn bounds(data_type: &str, increment: i64) -> (i64, i64) {
        let max = Self::plain(data_type).max;
        if increment > 0 { (1, max) } else { (-max - 1, -1) }
    }

    /// The same with the bounds that a change of its type brings along: a bound that was the end of
    /// the old type becomes the end of the new one.
    #[must_use]
    pub fn retyped(&self, before: &Self) -> Self {
        let mut new = self.clone();
        let (_, old_max) = Self::bounds(&before.data_type, 1);
        let (_, new_max) = Self::bounds(&self.data_type, 1);
        if before.max == old_max {
            new.max = new_max;
        }
        if before.min == -old_max - 1 {
            new.min = -new_max - 1;
        }
        new
    }

    /// Options of `CREATE SEQUENCE` that have to be said for a sequence of this type.
    pub fn differing_options(&self, data_type: &str) -> Vec<String> {
        let (min, max) = Self::bounds(&self.data_type, self.increment);
        let start = if self.increment > 0 { self.min } else { self.max };
        let base = Self { start, min, max, increment: 1, cache: 1, cycle: false, ..self.clone() };
        let mut options = Vec::new();
        if *self.data_type != *data_type && matches!(data_type, "smallint" | "integer" | "bigint") {
            options.push(format!("AS {}", self.data_type));
        }
        options.extend(self.options_from(&base));
        options
    }

    /// Options that make this sequence of another of the same type.
    pub fn options_from(&self, from: &Self) -> Vec<String> {
        let mut options = Vec::new();
        let mut say = |differs: bool, text: String| {
            if differs {
                options.push(text);
            }
        };
        say(self.increment != from.increment, format!("INCREMENT BY {}", self.increment));
        say(self.min != from.min, format!("MINVALUE {}", self.min));
        say(self.max != from.max, format!("MAXVALUE {}", self.max));
        say(self.start != from.start, format!("START WITH {}", self.start));
        say(self.cache != from.cache, format!("CACHE {}", self.cache));
        say(self.cycle != from.cycle, if self.cycle { "CYCLE" } else { "NO CYCLE" }.to_owned());
        options
    }

    /// What brings the value of a sequence within these bounds, where narrower ones may exclude it:
    /// the server refuses them otherwise.
    pub fn moved_within(&self, from: &Self, path: &str) -> Option<String> {
        let apart = self.min > from.max || self.max < from.min;
        if apart || (self.min <= from.min && self.max >= from.max) {
            return None;
        }
        let (min, max, name) = (self.min, self.max, cutover_sql::ident::quote_literal(path));
        let value = format!("greatest(least(last_value, {max}), {min})");
        Some(format!("SELECT pg_catalog.setval({name}, {value}, is_called) FROM {path}"))
    }

    /// `OWNED BY` with what owns it.
    fn owner(&self) -> String {
        match &self.owned_by {
            Some((table, column)) => format!("OWNED BY {}.{}", table.path(), quote_ident(column)),
            None => "OWNED BY NONE".into(),
        }
    }

    /// Gives it to its column.
    pub fn own(&self, id: &Id, ops: &mut Ops) {
        let owner = self.owned_by.iter().map(|(table, column)| Thing::column(table, column));
        ops.alter(id, "owner column", format!("ALTER SEQUENCE {} {}", id.path(), self.owner())).needs(owner);
    }
}

impl Define for Sequence {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let word = if self.unlogged { "UNLOGGED " } else { "" };
        let mut sql = format!("CREATE {word}SEQUENCE {}", id.path());
        for option in self.differing_options("bigint") {
            sql += &format!(" {option}");
        }
        ops.create(id, sql);
        if self.owned_by.is_some() {
            self.own(id, ops);
        }
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        let mut alter = |what: &str, tail: String| {
            ops.alter(id, what, format!("ALTER SEQUENCE {} {tail}", id.path()));
        };
        let mut from = self.clone();
        if self.data_type != to.data_type {
            alter("type", format!("AS {}", to.data_type));
            from.data_type = to.data_type.clone();
            from = from.retyped(self);
        }
        let mut options = to.options_from(&from);
        if to.min > from.max || to.max < from.min {
            options.push("RESTART".into());
        }
        if let Some(sql) = to.moved_within(&from, &id.path()) {
            ops.alter(id, "its value is within the new bounds", sql);
        }
        let mut alter = |what: &str, tail: String| {
            ops.alter(id, what, format!("ALTER SEQUENCE {} {tail}", id.path()));
        };
        if !options.is_empty() {
            alter("options", options.join(" "));
        }
        if self.unlogged != to.unlogged {
            alter("persistence", format!("SET {}", if to.unlogged { "UNLOGGED" } else { "LOGGED" }));
        }
        if self.owned_by != to.owned_by {
            to.own(id, ops);
        }
        Fit::Altered
    }

    fn remove(&self, id: &Id, ops: &mut Ops) {
        ops.drop(id, format!("DROP {} {}", Kind::Sequence.noun(), id.path())).loses(Loss::Data);
    }
}
