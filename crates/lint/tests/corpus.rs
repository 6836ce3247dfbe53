//! The corpus: every dangerous case gives exactly the rules that it names, every harmless one gives nothing.
//!
//! `CUTOVER_CASE=text` runs the cases whose file or name has that text.

mod cases;
mod fixes;

use cases::{cases, judge};
use cutover_lint::Options;

#[test]
fn harmless_revisions_give_no_finding() {
    assert!(cases("harmless").len() >= 200 || std::env::var_os("CUTOVER_CASE").is_some());
    judge("harmless", &Options::default());
}

#[test]
fn dangerous_revisions_give_their_rule_and_no_other() {
    assert!(cases("dangerous").len() >= 200 || std::env::var_os("CUTOVER_CASE").is_some());
    judge("dangerous", &Options::default());
}
