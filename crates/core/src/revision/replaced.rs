//! A revision that stands for others that are gone: `--@ replaces ID[, ID]`.
//!
//! A database that has all of them counts as having it. What they replaced themselves is written beside it, as
//! `--@ replaces ID = ID[, ID]`: a database that never heard of the first replacement has those.

use std::collections::BTreeSet;

use super::graph::Reference;

/// What a revision replaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaces {
    /// The ids, in the order in which they ran.
    pub ids: Vec<Reference>,
    /// Ids among them, or among these lists, that replaced others, and which.
    pub before: Vec<(Reference, Vec<String>)>,
}

/// What a database has of what a revision replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Nothing,
    /// All.
    Whole,
    /// Some of it.
    Inside {
        /// Ids that it has.
        applied: Vec<String>,
        /// Ids that it lacks.
        missing: Vec<String>,
    },
}

impl Replaces {
    /// Whether it replaces nothing.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Every old id, with where it stands.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Reference)> {
        let own = self.ids.iter().map(|id| (id.id.as_str(), id));
        let before = self.before.iter();
        own.chain(before.flat_map(|(id, list)| list.iter().map(move |old| (old.as_str(), id))))
    }

    /// What a database has of it that has the ids for which `has` says so.
    pub fn standing(&self, has: &dyn Fn(&str) -> bool) -> Standing {
        let mut open = BTreeSet::new();
        let mut missing = Vec::new();
        for id in &self.ids {
            missing.extend(self.lacking(&id.id, has, &mut open));
        }
        if missing.is_empty() {
            return Standing::Whole;
        }
        let mut applied: Vec<String> =
            self.all().map(|(id, _)| id).filter(|id| has(id)).map(str::to_owned).collect();
        applied.dedup();
        if applied.is_empty() { Standing::Nothing } else { Standing::Inside { applied, missing } }
    }

    /// What an id stands for, where it replaced others itself.
    pub fn stands_for(&self, id: &str) -> Option<&[String]> {
        let found = self.before.iter().find(|(it, _)| it.id == id);
        found.map(|(_, list)| list.as_slice()).filter(|list| !list.is_empty())
    }

    /// What is missing for an id to count: nothing when it is there, or all that it replaced is.
    fn lacking(&self, id: &str, has: &dyn Fn(&str) -> bool, open: &mut BTreeSet<String>) -> Vec<String> {
        // one that replaces itself has been written by hand, and counts for nothing
        if has(id) || !open.insert(id.to_owned()) {
            return Vec::new();
        }
        let Some(list) = self.stands_for(id) else { return vec![id.to_owned()] };
        let missing: Vec<String> = list.iter().flat_map(|old| self.lacking(old, has, open)).collect();
        // of one that was replaced as a whole nothing is there: its own name says it best
        let is_untouched = !list.iter().any(|old| has(old));
        if is_untouched && !missing.is_empty() { vec![id.to_owned()] } else { missing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaces() -> Replaces {
        Replaces {
            ids: ["2_squash", "3"].map(Reference::new).into(),
            before: vec![(Reference::new("2_squash"), vec!["1".into(), "2".into()])],
        }
    }

    #[test]
    fn what_was_replaced_before_counts_like_its_replacement() {
        let of = |ids: &[&str]| replaces().standing(&|id| ids.contains(&id));
        assert_eq!(of(&["2_squash", "3"]), Standing::Whole);
        assert_eq!(of(&["1", "2", "3"]), Standing::Whole);
        assert_eq!(of(&["9"]), Standing::Nothing);
        let inside = |applied: &[&str], missing: &[&str]| Standing::Inside {
            applied: applied.iter().map(|id| (*id).to_owned()).collect(),
            missing: missing.iter().map(|id| (*id).to_owned()).collect(),
        };
        assert_eq!(of(&["1"]), inside(&["1"], &["2", "3"]));
        assert_eq!(of(&["3"]), inside(&["3"], &["2_squash"]));
        assert_eq!(of(&["2_squash"]), inside(&["2_squash"], &["3"]));
    }
}
