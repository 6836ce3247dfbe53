//! One file's effects, looked for in a live catalog: there as the file makes them, otherwise, not there, or changed again by
//! a later file.

use cutover_core::catalog::{Catalog, Id};
use cutover_core::diff::{self, Change, Difference, How};
use cutover_core::object::Definition;

use super::{Does, Effect, EffectFound, Found, attribute};
use crate::adopt::sql::replay::Step;
use crate::adopt::sql::{File, Hidden, options};

/// One file's effects, looked for.
pub(super) struct Look<'a> {
    pub files: &'a [File],
    pub steps: &'a [Step],
    pub all: &'a [&'a [Change]],
    pub at: usize,
    pub live: &'a Catalog,
}

impl Look<'_> {
    /// The file that made what an effect takes away.
    pub(super) fn maker(&self, effect: &Effect<'_>) -> Option<usize> {
        let makes = |change: &Change| match (&effect.how, &change.how) {
            (Does::Drop, How::Created) => change.id == *effect.id,
            (Does::Alter(gone), _) if gone.to.is_none() && change.id == *effect.id => match &change.how {
                How::Created => true,
                How::Altered { differences } => {
                    differences.iter().any(|it| it.attribute == gone.attribute && it.to.is_some())
                }
                How::Dropped => false,
            },
            _ => false,
        };
        let earlier = (0..self.at).rev();
        earlier.into_iter().find(|at| self.all[*at].iter().any(makes)).map(|at| self.steps[at].file)
    }

    pub(super) fn effect(&self, effect: &Effect<'_>) -> Found {
        match effect.how {
            Does::Create => self.created(effect.id),
            Does::Drop => match self.live.get(effect.id) {
                None => Found::Present,
                Some(_) => self.made_again(effect.id).unwrap_or(Found::Absent),
            },
            Does::Alter(difference) => self.altered(effect.id, difference),
        }
    }

    /// A later file that makes the object again.
    fn made_again(&self, id: &Id) -> Option<Found> {
        let makes = |step: &usize| {
            self.all[*step].iter().any(|change| change.id == *id && matches!(change.how, How::Created))
        };
        (self.at + 1..self.all.len()).find(makes).map(|step| self.by(step))
    }

    fn by(&self, step: usize) -> Found {
        Found::ChangedAgain { by: self.files[self.steps[step].file].path().to_owned() }
    }

    fn created(&self, id: &Id) -> Found {
        let after = &self.steps[self.at].after;
        let Some(live) = self.live.get(id) else {
            let drops = |step: &usize| {
                self.all[*step].iter().any(|change| change.id == *id && matches!(change.how, How::Dropped))
            };
            let later = (self.at + 1..self.all.len()).find(drops);
            return later.map_or(Found::Absent, |step| self.by(step));
        };
        let only = |object| Catalog::new(after.server, vec![object], Vec::new());
        let Some(made) = after.get(id) else { return Found::Unknown };
        let changes = diff::changes(&only(made.clone()), &only(live.clone()), &options());
        let mut by = None;
        let mut left = Vec::new();
        for difference in changes.iter().flat_map(of_change) {
            // what the live table has besides is another file's, or nobody's: the proof tells
            let is_more = difference.from.is_none() && is_part(&difference.attribute);
            if is_more {
                continue;
            }
            match self.later(id, &difference.attribute, difference.to.as_ref()) {
                Some(found) => by = Some(found),
                None => left.push(attribute(difference)),
            }
        }
        if !left.is_empty() {
            return self.as_hidden(id).unwrap_or(Found::Different { differences: left });
        }
        by.unwrap_or(Found::Present)
    }

    /// Whether the live table is the one that a later file would have made, had it come first.
    fn as_hidden(&self, id: &Id) -> Option<Found> {
        let columns = live_columns(self.live, id)?;
        let is_it = |hidden: &Hidden| {
            hidden.table.0 == *id.namespace
                && hidden.table.1 == *id.name
                && hidden.wanted.iter().all(|(name, _)| columns.contains(name))
                && hidden.differs()
        };
        let step = self.steps.iter().position(|step| step.outcome.hidden.iter().any(is_it))?;
        Some(self.by(step))
    }

    /// Tables that the file would have made: in the live database it may have come first.
    pub(super) fn hidden(&self, step: &Step) -> Vec<EffectFound> {
        let one = |hidden: &Hidden| {
            let id = Id::of(
                cutover_core::catalog::Kind::Table,
                hidden.table.0.as_str().into(),
                hidden.table.1.as_str().into(),
            );
            let lacks = |columns: Vec<String>| -> Vec<String> {
                let wanted = hidden.wanted.iter().map(|(name, _)| name);
                wanted.filter(|name| !columns.contains(name)).cloned().collect()
            };
            let found = match live_columns(self.live, &id).map(lacks) {
                None => Found::Absent,
                Some(lacking) if lacking.is_empty() => Found::Present,
                Some(lacking) => {
                    let differences = lacking.iter().map(|name| format!("- columns.{name}")).collect();
                    Found::Different { differences }
                }
            };
            EffectFound { effect: format!("{id}, as this file has it"), found }
        };
        step.outcome.hidden.iter().filter(|hidden| hidden.differs()).map(one).collect()
    }

    fn altered(&self, id: &Id, difference: &Difference) -> Found {
        let (step, after) = (&self.steps[self.at], &self.steps[self.at].after);
        let Some(live) = self.live.get(id) else {
            let drops = |at: &usize| {
                self.all[*at].iter().any(|change| change.id == *id && matches!(change.how, How::Dropped))
            };
            let later = (self.at + 1..self.all.len()).find(drops);
            return later.map_or(Found::Absent, |at| self.by(at));
        };
        let only = |object| Catalog::new(after.server, vec![object], Vec::new());
        let (Some(made), Some(before)) = (after.get(id), step.before.get(id)) else { return Found::Unknown };
        let against = |object: &cutover_core::object::Object| {
            diff::changes(&only(object.clone()), &only(live.clone()), &options())
        };
        let now = against(made);
        let touches = |other: &&Difference| overlaps(&other.attribute, &difference.attribute);
        let Some(other) = now.iter().flat_map(of_change).find(touches) else { return Found::Present };
        if let Some(found) = self.later(id, &difference.attribute, other.to.as_ref()) {
            return found;
        }
        let was = against(before);
        let is_as_before = !was.iter().flat_map(of_change).any(|it| touches(&it));
        if is_as_before {
            return Found::Absent;
        }
        Found::Different { differences: vec![attribute(other)] }
    }

    /// A later file that gives the attribute the value that the live database has.
    fn later(&self, id: &Id, path: &str, value: Option<&serde_json::Value>) -> Option<Found> {
        let gives = |step: &usize| {
            let mine = self.all[*step].iter().filter(|change| change.id == *id).flat_map(of_change);
            mine.into_iter().any(|it| overlaps(&it.attribute, path) && it.to.as_ref() == value)
        };
        (self.at + 1..self.all.len()).find(gives).map(|step| self.by(step))
    }
}

fn of_change(change: &Change) -> &[Difference] {
    match &change.how {
        How::Altered { differences } => differences,
        How::Created | How::Dropped => &[],
    }
}

/// Whether one path is the other, or leads to it.
fn overlaps(a: &str, b: &str) -> bool {
    let leads =
        |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    leads(a, b) || leads(b, a)
}

/// Whether an attribute is a part that more than one file may add to: a column, a grantee.
fn is_part(path: &str) -> bool {
    path.starts_with("columns.") || path.starts_with("privileges")
}

fn live_columns(live: &Catalog, id: &Id) -> Option<Vec<String>> {
    match live.definition(id)? {
        Definition::Table(it) => Some(it.columns.0.iter().map(|column| column.name.to_string()).collect()),
        _ => None,
    }
}
