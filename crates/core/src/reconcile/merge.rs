//! One list of several: what databases need in the same way stands there once, where that can be.

use std::collections::{BTreeMap, BTreeSet};

use super::Piece;

/// Statements, each with which of the lists have it.
pub type Merged = Vec<(Piece, Vec<bool>)>;

/// Each statement once. What stands in the same order in all lists that have both keeps it; two that stand in either order do
/// not need one another, as far as the lists say.
pub fn once(lists: &[Vec<Piece>]) -> Merged {
    let mut all: Merged = Vec::new();
    let mut place: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    let mut orders: Vec<Vec<usize>> = Vec::new();
    for (at, list) in lists.iter().enumerate() {
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        let mut order = Vec::new();
        for piece in list {
            let time = times.entry(&piece.sql).or_default();
            let index = *place.entry((&piece.sql, *time)).or_insert_with(|| {
                all.push((piece.clone(), vec![false; lists.len()]));
                all.len() - 1
            });
            *time += 1;
            all[index].1[at] = true;
            order.push(index);
        }
        orders.push(order);
    }
    let sorted = sort(all.len(), &orders);
    let mut slots: Vec<Option<(Piece, Vec<bool>)>> = all.into_iter().map(Some).collect();
    sorted.into_iter().filter_map(|index| slots[index].take()).collect()
}

/// The order: by what no list contradicts, and else by which was met first.
fn sort(many: usize, orders: &[Vec<usize>]) -> Vec<usize> {
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); many];
    for order in orders {
        for (at, index) in order.iter().enumerate() {
            before[*index].extend(&order[..at]);
        }
    }
    let needs: Vec<BTreeSet<usize>> = (0..many)
        .map(|index| before[index].iter().copied().filter(|other| !before[*other].contains(&index)).collect())
        .collect();
    let mut sorted: Vec<usize> = Vec::with_capacity(many);
    let mut left: BTreeSet<usize> = (0..many).collect();
    while let Some(first) = left.first().copied() {
        // three lists can make a circle; it is cut at what was met first
        let is_free = |index: &&usize| needs[**index].iter().all(|other| !left.contains(other));
        let next = left.iter().find(is_free).copied().unwrap_or(first);
        left.remove(&next);
        sorted.push(next);
    }
    sorted
}

/// Each list in its own order, for which a statement may have to stand there twice: the shortest such list, one list after the
/// other.
pub fn in_turn(lists: &[Vec<Piece>]) -> Merged {
    let mut merged = Merged::new();
    for (at, list) in lists.iter().enumerate() {
        merged = with(merged, list, at, lists.len());
    }
    merged
}

/// The shortest common supersequence of a merged list and one more, by the lengths of common subsequences
/// (Wagner and Fischer, "The string-to-string correction problem", JACM 21, 1974).
fn with(merged: Merged, list: &[Piece], number: usize, of: usize) -> Merged {
    let (rows, columns) = (merged.len(), list.len());
    let mut longest = vec![vec![0_usize; columns + 1]; rows + 1];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            longest[i][j] = if merged[i].0.sql == list[j].sql {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let own = |piece: &Piece| {
        let mut has = vec![false; of];
        has[number] = true;
        (piece.clone(), has)
    };
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::with_capacity(rows + columns);
    let mut old = merged.into_iter().peekable();
    while i < rows || j < columns {
        let is_same =
            i < rows && j < columns && old.peek().is_some_and(|(piece, _)| piece.sql == list[j].sql);
        if is_same {
            if let Some((piece, mut has)) = old.next() {
                has[number] = true;
                found.push((piece, has));
            }
            (i, j) = (i + 1, j + 1);
        } else if j == columns || (i < rows && longest[i + 1][j] >= longest[i][j + 1]) {
            found.extend(old.next());
            i += 1;
        } else {
            found.push(own(&list[j]));
            j += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Id, Kind, Thing};
    use crate::object::ops::Verb;

    fn list(text: &str) -> Vec<Piece> {
        let piece = |c: char| Piece {
            sql: c.to_string(),
            title: String::new(),
            thing: Thing::whole(&Id::global(Kind::Namespace, "x".into())),
            verb: Verb::Alter,
            loss: None,
        };
        text.chars().map(piece).collect()
    }

    #[test]
    fn every_list_is_in_the_merged_one_in_its_order() {
        let texts = ["abcd", "bxd", "", "cab", "abcd"];
        let lists: Vec<Vec<Piece>> = texts.iter().map(|text| list(text)).collect();
        let merged = in_turn(&lists);
        for (at, text) in texts.iter().enumerate() {
            let own: String =
                merged.iter().filter(|(_, has)| has[at]).map(|(piece, _)| piece.sql.as_str()).collect();
            assert_eq!(own, *text);
        }
        let all: String = in_turn(&lists[..2]).iter().map(|(piece, _)| piece.sql.as_str()).collect();
        assert!(["abcxd", "abxcd"].contains(&all.as_str()), "{all}");
    }

    #[test]
    fn a_statement_stands_once_where_the_lists_do_not_agree_on_its_place() {
        let of = |texts: &[&str]| -> String {
            let lists: Vec<Vec<Piece>> = texts.iter().map(|text| list(text)).collect();
            once(&lists).iter().map(|(piece, _)| piece.sql.as_str()).collect()
        };
        assert_eq!(of(&["abc", "cab"]), "abc");
        assert_eq!(of(&["ab", "bc", "xa"]), "xabc");
        assert_eq!(of(&["ab", "bc", "ca"]).len(), 3);
        assert_eq!(of(&["aba"]), "aba");
    }
}
