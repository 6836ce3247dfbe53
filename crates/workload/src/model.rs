//! What the clients were told: every write with the time at which it began and at which it was acknowledged, so that
//! a read can be judged while others write.
//!
//! A row is a register with a key. A read is right when it gives what some write put there that had begun before the
//! read ended, unless another write that began after that one was acknowledged was itself acknowledged before the read
//! began. Knows no database and no SQL; times are nanoseconds on one clock.

use std::collections::{HashMap, HashSet};

use rand::Rng;

/// Identifies a row, in every generation of the schema.
pub type Key = i64;

/// Values from here on are groups of their own, which are made and deleted as a whole.
pub const OWN_GROUP: i64 = 1_000_000_000;

/// What a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There is no such row.
    Absent,
    /// The row is there without a value.
    Null,
    /// The value.
    Value(i64),
}

/// What is there before anybody writes.
#[derive(Clone, Copy, Debug)]
pub struct Base {
    /// Keys from 1 up to this one are there, each with its key as its value.
    pub rows: i64,
    /// Every how many keys the value is NULL; 0 for never.
    pub null_every: i64,
    /// How many groups the values fall into; 0 for none.
    pub groups: i64,
}

/// A write that was begun.
#[derive(Clone, Copy, Debug)]
struct Write {
    id: u64,
    state: State,
    began: u64,
    /// When it was acknowledged; not yet, or never, otherwise.
    ended: Option<u64>,
}

/// All writes so far.
#[derive(Clone, Debug)]
pub struct Model {
    base: Base,
    rows: HashMap<Key, Vec<Write>>,
    /// Keys that were written a value of this group.
    members: HashMap<i64, HashSet<Key>>,
    /// Keys that somebody has begun to delete.
    gone: HashSet<Key>,
    /// Rows that were inserted alone, and acknowledged.
    single: Vec<Key>,
    /// All rows that were inserted.
    inserted: Vec<Key>,
    /// Groups that were made and may be deleted: value and keys.
    own: Vec<(i64, Vec<Key>)>,
    next_key: Key,
    next_value: i64,
    next_write: u64,
}

/// A write that is under way: give it back to [`Model::acknowledged`] or [`Model::refused`], or not at all when
/// nobody knows what became of it.
#[derive(Clone, Debug)]
pub struct Begun {
    id: u64,
    /// The rows.
    pub keys: Vec<Key>,
    /// What is written; 0 for none.
    pub value: i64,
    kind: Kind,
}

/// What is done to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A new row.
    Insert,
    /// A new value for a row that is there.
    Update,
    /// No value for a row that is there.
    Clear,
    /// A row goes.
    Delete,
    /// A group with this many rows.
    InsertGroup(usize),
    /// A group goes with all its rows.
    DeleteGroup,
}

impl Base {
    /// The group of a value.
    pub fn group(&self, value: i64) -> i64 {
        if value >= OWN_GROUP || self.groups == 0 { value } else { 1 + value % self.groups }
    }

    fn state(&self, key: Key) -> State {
        match key {
            key if key < 1 || key > self.rows => State::Absent,
            key if self.null_every > 0 && key % self.null_every == 0 => State::Null,
            key => State::Value(key),
        }
    }
}

impl Model {
    /// Nobody has written yet.
    pub fn new(base: Base) -> Self {
        Self {
            base,
            rows: HashMap::new(),
            members: HashMap::new(),
            gone: HashSet::new(),
            single: Vec::new(),
            inserted: Vec::new(),
            own: Vec::new(),
            next_key: base.rows + 1,
            next_value: base.rows + 1,
            next_write: 0,
        }
    }

    /// What was there before.
    pub fn base(&self) -> Base {
        self.base
    }

    /// A row to be read; one in five is a row that was inserted, and `hot` in a thousand one of the first twenty.
    pub fn any(&self, random: &mut impl Rng, hot: u32) -> Key {
        if !self.inserted.is_empty() && random.random_ratio(1, 5) {
            return self.inserted[random.random_range(0..self.inserted.len())];
        }
        let limit = if random.random_ratio(hot, 1000) { self.base.rows.min(20) } else { self.base.rows };
        random.random_range(1..=limit.max(1))
    }

    /// Begins a write of rows that it chooses. `None` when there is nothing to do it to.
    pub fn begin(&mut self, kind: Kind, now: u64, random: &mut impl Rng, hot: u32) -> Option<Begun> {
        let (keys, value) = match kind {
            Kind::Insert => (self.new_keys(1), self.new_value()),
            Kind::Update => (vec![self.present(random, hot)?], self.new_value()),
            Kind::Clear => (vec![self.present(random, hot)?], 0),
            Kind::Delete => {
                let key = self.present(random, 0)?;
                self.gone.insert(key);
                (vec![key], 0)
            }
            Kind::InsertGroup(count) => (self.new_keys(count), OWN_GROUP + self.new_value()),
            Kind::DeleteGroup => {
                let (value, keys) = self.own.pop()?;
                (keys, value)
            }
        };
        let state = match kind {
            Kind::Insert | Kind::Update | Kind::InsertGroup(_) => State::Value(value),
            Kind::Clear => State::Null,
            Kind::Delete | Kind::DeleteGroup => State::Absent,
        };
        self.next_write += 1;
        let id = self.next_write;
        for key in &keys {
            self.push(*key, Write { id, state, began: now, ended: None });
        }
        Some(Begun { id, keys, value, kind })
    }

    /// The server has confirmed it.
    pub fn acknowledged(&mut self, begun: Begun, now: u64) {
        for key in &begun.keys {
            let writes = self.rows.entry(*key).or_default();
            writes.iter_mut().filter(|w| w.id == begun.id).for_each(|w| w.ended = Some(now));
        }
        match begun.kind {
            Kind::Insert => {
                self.single.extend(&begun.keys);
                self.inserted.extend(&begun.keys);
            }
            Kind::InsertGroup(_) => {
                self.inserted.extend(&begun.keys);
                self.own.push((begun.value, begun.keys));
            }
            Kind::Update | Kind::Clear | Kind::Delete | Kind::DeleteGroup => {}
        }
    }

    /// The server has said that it did not happen.
    pub fn refused(&mut self, begun: Begun) {
        for key in &begun.keys {
            self.rows.entry(*key).or_default().retain(|w| w.id != begun.id);
        }
        match begun.kind {
            Kind::Delete => begun.keys.iter().for_each(|key| {
                self.gone.remove(key);
            }),
            Kind::DeleteGroup => self.own.push((begun.value, begun.keys)),
            Kind::Insert | Kind::Update | Kind::Clear | Kind::InsertGroup(_) => {}
        }
    }

    /// Whether a read that began and ended at these times may have seen this.
    pub fn allows(&self, key: Key, state: State, began: u64, ended: u64) -> bool {
        self.possible(key, began, ended, |possible| possible == state)
    }

    /// Whether a read may have seen a row outside of a group.
    pub fn allows_outside(&self, key: Key, group: i64, began: u64, ended: u64) -> bool {
        self.possible(key, began, ended, |possible| match possible {
            State::Value(value) => self.base.group(value) != group,
            State::Absent | State::Null => true,
        })
    }

    /// What a read may have seen, for a message.
    pub fn possible_states(&self, key: Key, began: u64, ended: u64) -> Vec<State> {
        let mut states = Vec::new();
        self.possible(key, began, ended, |state| {
            states.push(state);
            false
        });
        states
    }

    /// Rows that are, were or may be in a group.
    pub fn members(&self, group: i64) -> HashSet<Key> {
        let mut keys = self.members.get(&group).cloned().unwrap_or_default();
        let groups = self.base.groups;
        if groups > 0 && group <= groups {
            // the smallest key of which 1 + key % groups is the group
            let first = if group == 1 { groups } else { group - 1 };
            keys.extend((first..=self.base.rows).step_by(usize::try_from(groups).unwrap_or(1)));
        }
        keys
    }

    /// All keys that are or were there.
    pub fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        (1..=self.base.rows).chain(self.rows.keys().copied().filter(|key| *key > self.base.rows))
    }

    fn possible(&self, key: Key, began: u64, ended: u64, mut wanted: impl FnMut(State) -> bool) -> bool {
        let none = Vec::new();
        let writes = self.rows.get(&key).unwrap_or(&none);
        let overwritten = |at: Option<u64>| {
            at.is_some_and(|at| {
                writes.iter().any(|w| w.began > at && w.ended.is_some_and(|ended| ended < began))
            })
        };
        let first = !overwritten(Some(0)) && wanted(self.base.state(key));
        first || writes.iter().any(|w| w.began < ended && !overwritten(w.ended) && wanted(w.state))
    }

    fn push(&mut self, key: Key, write: Write) {
        if let (State::Value(value), true) = (write.state, self.base.groups > 0) {
            self.members.entry(self.base.group(value)).or_default().insert(key);
        }
        self.rows.entry(key).or_default().push(write);
    }

    /// A row that nobody deletes.
    fn present(&self, random: &mut impl Rng, hot: u32) -> Option<Key> {
        for _ in 0..20 {
            let key = if !self.single.is_empty() && random.random_ratio(1, 5) {
                self.single[random.random_range(0..self.single.len())]
            } else {
                let hot = random.random_ratio(hot, 1000);
                random.random_range(1..=if hot { self.base.rows.min(20) } else { self.base.rows }.max(1))
            };
            if !self.gone.contains(&key) {
                return Some(key);
            }
        }
        None
    }

    fn new_keys(&mut self, count: usize) -> Vec<Key> {
        let from = self.next_key;
        self.next_key += i64::try_from(count).unwrap_or(1);
        (from..self.next_key).collect()
    }

    fn new_value(&mut self) -> i64 {
        self.next_value += 1;
        self.next_value
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    fn model() -> (Model, rand::rngs::StdRng) {
        let base = Base { rows: 1, null_every: 0, groups: 0 };
        (Model::new(base), rand::rngs::StdRng::seed_from_u64(1))
    }

    #[test]
    fn a_read_sees_what_was_acknowledged_before_it_began() {
        let (mut model, mut random) = model();
        let begun = model.begin(Kind::Update, 10, &mut random, 0).unwrap();
        let new = State::Value(begun.value);
        let old = State::Value(1);
        assert!(model.allows(1, old, 5, 20) && model.allows(1, new, 5, 20), "both while it runs");
        assert!(!model.allows(1, new, 5, 9), "nobody sees it before it began");
        model.acknowledged(begun, 30);
        assert!(model.allows(1, old, 29, 40), "the read began before it ended");
        assert!(!model.allows(1, old, 31, 40), "a lost write");
        assert!(model.allows(1, new, 31, 40));
        assert!(!model.allows(1, State::Absent, 31, 40));
    }

    #[test]
    fn of_two_writes_at_the_same_time_either_may_be_the_last() {
        let (mut model, mut random) = model();
        let one = model.begin(Kind::Update, 10, &mut random, 0).unwrap();
        let two = model.begin(Kind::Update, 11, &mut random, 0).unwrap();
        let (a, b) = (State::Value(one.value), State::Value(two.value));
        model.acknowledged(two, 20);
        model.acknowledged(one, 30);
        assert!(model.allows(1, a, 40, 41) && model.allows(1, b, 40, 41));
        let three = model.begin(Kind::Clear, 50, &mut random, 0).unwrap();
        model.acknowledged(three, 60);
        assert!(!model.allows(1, a, 70, 71) && model.allows(1, State::Null, 70, 71));
    }

    #[test]
    fn a_refused_write_never_was_and_an_unknown_one_may_be() {
        let (mut model, mut random) = model();
        let refused = model.begin(Kind::Update, 10, &mut random, 0).unwrap();
        let unknown = model.begin(Kind::Delete, 20, &mut random, 0).unwrap();
        let state = State::Value(refused.value);
        model.refused(refused);
        drop(unknown);
        assert!(!model.allows(1, state, 30, 40));
        assert!(model.allows(1, State::Absent, 30, 40) && model.allows(1, State::Value(1), 30, 40));
    }

    #[test]
    fn a_group_has_its_members_until_they_leave() {
        let base = Base { rows: 4, null_every: 0, groups: 2 };
        let mut random = rand::rngs::StdRng::seed_from_u64(1);
        let mut model = Model::new(base);
        let made = model.begin(Kind::InsertGroup(2), 10, &mut random, 0).unwrap();
        let (group, keys) = (made.value, made.keys.clone());
        assert!(model.allows_outside(keys[0], group, 11, 12));
        model.acknowledged(made, 20);
        assert!(!model.allows_outside(keys[0], group, 21, 22));
        assert_eq!(model.members(group).len(), 2);
        assert_eq!(model.members(1), HashSet::from([2, 4]), "1 + value % groups");
        assert_eq!(model.members(2), HashSet::from([1, 3]));
        let gone = model.begin(Kind::DeleteGroup, 30, &mut random, 0).unwrap();
        model.acknowledged(gone, 40);
        assert!(
            model.allows(keys[1], State::Absent, 41, 42)
                && !model.allows(keys[1], State::Value(group), 41, 42)
        );
    }
}
