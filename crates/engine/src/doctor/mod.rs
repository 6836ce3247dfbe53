//! What is wrong with a project: each check in a file of its own, all of them here.

mod heads;

use cutover_core::report::{Conclusion, ranked};

use crate::history::History;

/// Everything that is found, the worst first.
pub fn examine(history: &History) -> Vec<Conclusion> {
    let mut found = Vec::new();
    found.extend(heads::check(history));
    ranked(found)
}
