//! What is told of very many files, once for all of them.
//!
//! Only notes: what is wrong stands by itself, however often.

use crate::report::{Conclusion, Weight};

/// Places up to which each is told by itself.
const FEW: usize = 5;

/// Puts notes that say the same into one, with their places as the evidence.
pub(super) fn gathered(all: Vec<Conclusion>) -> Vec<Conclusion> {
    let mut kept: Vec<Conclusion> = Vec::new();
    let mut groups: Vec<Vec<Conclusion>> = Vec::new();
    for one in all {
        if one.weight != Weight::Note || one.place.is_none() {
            kept.push(one);
            continue;
        }
        let same = |group: &&mut Vec<Conclusion>| {
            let first = &group[0];
            (first.id, &first.text, &first.next) == (one.id, &one.text, &one.next)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    for group in groups {
        if group.len() <= FEW {
            kept.extend(group);
        } else {
            kept.push(one(group));
        }
    }
    kept
}

fn one(mut group: Vec<Conclusion>) -> Conclusion {
    group.sort_by(|a, b| a.place.cmp(&b.place));
    let places = group.iter().filter_map(|it| it.place.as_ref());
    let lines: Vec<String> = places.map(|it| format!("{}:{}", it.path, it.line)).collect();
    let about = format!("{} files", group.len());
    let Conclusion { id, weight, text, next, .. } = group.swap_remove(0);
    let found = Conclusion::new(id, weight, about, text).because(lines.join("\n"));
    next.into_iter().fold(found, Conclusion::next)
}
