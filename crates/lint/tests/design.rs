//! The rules about design, all of them on: a case gives exactly the rules that it names, or nothing.
//!
//! `CUTOVER_CASE=text` runs the cases whose file or name has that text.

mod cases;

use std::collections::BTreeSet;

use cases::{cases, judge};
use cutover_lint::{Area, Options, RULES};

#[test]
fn design_is_judged_when_it_is_asked_for() {
    let on = RULES.iter().filter(|rule| rule.area == Area::Design).map(|rule| rule.id.to_owned()).collect();
    judge("design", &Options { on, ..Options::default() });
}

#[test]
fn every_design_rule_has_a_case_that_gives_it_and_one_that_does_not() {
    if std::env::var_os("CUTOVER_CASE").is_some() {
        return;
    }
    let cases = cases("design");
    for rule in RULES.iter().filter(|rule| rule.area == Area::Design) {
        let own: BTreeSet<bool> = cases
            .iter()
            .filter(|case| case.file == rule.id)
            .map(|case| case.expect.contains(rule.id))
            .collect();
        assert_eq!(own.len(), 2, "fixtures/lint/design/{}.sql", rule.id);
    }
}

#[test]
fn nobody_hears_of_design_who_did_not_ask() {
    for case in cases("design") {
        let (rules, _) = cases::found(&case, Options::default());
        let design = RULES.iter().find(|rule| rule.area == Area::Design && rules.contains(rule.id));
        assert!(design.is_none(), "{}: {}", case.file, case.name);
    }
}
