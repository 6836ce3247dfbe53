//! A map that costs nothing to copy: a copy shares all that is the same in both.
//!
//! A downgrade, a `DO` block or a fix is tried on a copy of what is known, which may be a thousand tables, and changes one
//! of them. Knows nothing of what it holds.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

/// The map.
#[derive(Clone, Debug)]
pub(super) struct Shared<K, V> {
    /// What copies may have in common.
    base: Arc<FxHashMap<K, V>>,
    /// What is different here; nothing for what is gone. Empty while nobody else has the base.
    own: FxHashMap<K, Option<V>>,
}

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self { base: Arc::default(), own: FxHashMap::default() }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Shared<K, V> {
    /// The entry of a key.
    pub fn get_key_value<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        match self.own.get_key_value(key).filter(|_| !self.own.is_empty()) {
            Some((key, value)) => Some((key, value.as_ref()?)),
            None => self.base.get_key_value(key),
        }
    }

    /// The value of a key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// Whether a key is there.
    pub fn contains_key<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).is_some()
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let own = self.own.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
        let is_same = |key: &K| self.own.is_empty() || !self.own.contains_key(key);
        self.base.iter().filter(move |(key, _)| is_same(key)).chain(own)
    }

    /// All keys, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The base, where nobody else has it; what was different is in it then.
    fn alone(&mut self) -> Option<&mut FxHashMap<K, V>> {
        let base = Arc::get_mut(&mut self.base)?;
        settle(base, &mut self.own);
        Some(base)
    }

    /// A value, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        if self.alone().is_some() {
            return Arc::make_mut(&mut self.base).get_mut(key);
        }
        if !self.own.contains_key(key) {
            let value = self.base.get(key)?.clone();
            self.own.insert(key.clone(), Some(value));
        }
        self.own.get_mut(key)?.as_mut()
    }

    /// Puts a value at a key. Gives the one that was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(base) = self.alone() {
            return base.insert(key, value);
        }
        match self.own.insert(key.clone(), Some(value)) {
            Some(old) => old,
            None => self.base.get(&key).cloned(),
        }
    }

    /// Takes a key away. Gives its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        if let Some(base) = self.alone() {
            return base.remove(key);
        }
        let in_base = self.base.get(key);
        match self.own.get_mut(key) {
            Some(own) => own.take(),
            None => {
                let gone = in_base?.clone();
                self.own.insert(key.clone(), None);
                Some(gone)
            }
        }
    }

    /// The value of a key, made where there is none.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if self.alone().is_none() {
            let base = self.base.get(&key);
            let own = self.own.entry(key).or_insert_with(|| base.cloned());
            return own.get_or_insert_with(make);
        }
        // nobody else has the base
        Arc::make_mut(&mut self.base).entry(key).or_insert_with(make)
    }

    /// All values, to be changed: from here on nothing of them is shared.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        let base = Arc::make_mut(&mut self.base);
        settle(base, &mut self.own);
        base.values_mut()
    }

    /// Takes away what is not wanted.
    pub fn retain(&mut self, is_wanted: impl Fn(&K, &V) -> bool) {
        let gone: Vec<K> =
            self.iter().filter(|(key, value)| !is_wanted(key, value)).map(|(key, _)| key.clone()).collect();
        gone.iter().for_each(|key| {
            self.remove(key);
        });
    }
}

/// Puts what is different into the base.
fn settle<K: Eq + Hash, V>(base: &mut FxHashMap<K, V>, own: &mut FxHashMap<K, Option<V>>) {
    for (key, value) in own.drain() {
        match value {
            Some(value) => base.insert(key, value),
            None => base.remove(&key),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Shared;

    /// The same changes here and in a map of the standard library, with copies in between that must not notice.
    #[test]
    fn copies_do_not_notice_each_others_changes() {
        let mut shared: Shared<u64, u64> = Shared::default();
        let mut plain: HashMap<u64, u64> = HashMap::new();
        let mut copies: Vec<(Shared<u64, u64>, HashMap<u64, u64>)> = Vec::new();
        let mut seed = 7_u64;
        for round in 0..2000_u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (key, what) = ((seed >> 33) % 40, (seed >> 40) % 9);
            match what {
                0 | 1 => assert_eq!(shared.insert(key, round), plain.insert(key, round)),
                2 => assert_eq!(shared.remove(&key), plain.remove(&key)),
                3 => assert_eq!(
                    shared.get_mut(&key).map(|it| *it += 1),
                    plain.get_mut(&key).map(|it| *it += 1)
                ),
                4 => {
                    *shared.get_or_insert_with(key, || round) += 1;
                    *plain.entry(key).or_insert(round) += 1;
                }
                5 if round % 7 == 0 => {
                    shared.values_mut().for_each(|it| *it += 1);
                    plain.values_mut().for_each(|it| *it += 1);
                }
                6 if round % 5 == 0 => {
                    shared.retain(|key, _| key % 3 != 0);
                    plain.retain(|key, _| key % 3 != 0);
                }
                7 if copies.len() < 4 => copies.push((shared.clone(), plain.clone())),
                8 => drop(copies.pop()),
                // the copy goes on, and what it was made of is dropped or kept
                _ => {
                    if let Some(copy) = copies.last_mut() {
                        std::mem::swap(&mut shared, &mut copy.0);
                        std::mem::swap(&mut plain, &mut copy.1);
                    }
                }
            }
            for (shared, plain) in copies.iter().chain([&(shared.clone(), plain.clone())]) {
                assert_eq!(shared.iter().map(|(k, v)| (*k, *v)).collect::<HashMap<_, _>>(), *plain);
                assert_eq!(shared.get(&key), plain.get(&key));
                assert_eq!(shared.is_empty(), plain.is_empty());
            }
        }
    }
}
