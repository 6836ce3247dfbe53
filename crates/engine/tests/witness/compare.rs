//! What Cutover said before, held against what PostgreSQL did.

use std::collections::{BTreeMap, BTreeSet};

use cutover_core::effect::{Effects, Known, Mode, Rel, Scan, effects};
use cutover_engine::trace::Observed;
use cutover_sql::span::Span;
use cutover_sql::statement;

use super::case::Case;

/// What is expected of a case on a server, from the text of its file alone.
pub fn predicted(setup: &str, case: &Case, major: u32) -> Effects {
    let mut known = Known::new(major);
    // the test's server says so
    known.utc = true;
    known.apply_text(setup);
    known.apply_text(&case.prepare);
    known.complete = true;
    let text = &case.statement;
    let (mut statements, errors) = statement::parse_what_can(text, Span::new(0, text.len()));
    assert!(errors.is_empty() && statements.len() == 1, "{}: {}: {errors:?}", case.area, case.name);
    let node = statements.remove(0).1;
    effects(&known, &node)
}

/// Says where what was seen is not what was expected.
///
/// # Errors
/// What differs, in words.
pub fn compare(said: &Effects, case: &Case, observed: &Observed) -> Result<(), String> {
    let mut wrong = Vec::new();
    let seen: BTreeMap<Rel, Mode> = observed.locks.iter().map(|(name, mode)| (rel(name), *mode)).collect();
    let mut said_locks: BTreeMap<Rel, Mode> = said.locks.clone();
    // which partition, which key: what may be locked is either locked so or not at all
    for (name, mode) in &said.perhaps {
        let more = seen.get(name).is_some_and(|seen| seen <= mode);
        if more && said_locks.get(name).is_none_or(|sure| sure < mode) {
            let sure = said_locks.get(name).copied();
            let seen = seen.get(name).copied().unwrap_or(*mode);
            said_locks.insert(name.clone(), sure.map_or(seen, |sure| sure.max(seen)));
        }
    }
    for name in seen.keys().chain(said_locks.keys()).collect::<BTreeSet<_>>() {
        let (said, seen) = (said_locks.get(name), seen.get(name));
        if said != seen {
            wrong.push(format!("lock on {name}: said {}, was {}", mode(said), mode(seen)));
        }
    }
    let rewrites: BTreeSet<Rel> = said.rewrites.iter().map(|(name, _)| name.clone()).collect();
    let rebuilds: BTreeSet<Rel> = said.rebuilds.iter().cloned().collect();
    differ("rewritten", &rewrites, &rels(&observed.rewritten), &mut wrong);
    differ("rebuilt", &rebuilds, &rels(&observed.rebuilt), &mut wrong);
    if !case.is_alone {
        scans(said, &rewrites, observed, &mut wrong);
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n    ")) }
}

/// A planner chooses how a query reads, and a foreign key looks up only what is not NULL; the rest is exact.
fn scans(said: &Effects, rewrites: &BTreeSet<Rel>, observed: &Observed, wrong: &mut Vec<String>) {
    // SET TABLESPACE copies a file and TRUNCATE throws it away without a look
    let mut expected: BTreeSet<Rel> =
        said.rewrites.iter().filter(|(_, cause)| cause.reads()).map(|(name, _)| name.clone()).collect();
    expected.extend(said.scans.iter().map(|(name, _)| name.clone()));
    let by_planner: BTreeSet<Rel> = said
        .scans
        .iter()
        .filter(|(_, cause)| matches!(cause, Scan::Query | Scan::Referenced | Scan::Maintenance))
        .map(|(name, _)| name.clone())
        .collect();
    let seen = rels(&observed.scanned);
    for name in &expected {
        if !seen.contains(name) && !by_planner.contains(name) {
            wrong.push(format!("scanned {name}: said, and was not"));
        }
    }
    for name in &seen {
        let weak = said.locks.get(name).is_some_and(|mode| *mode <= Mode::RowExclusive)
            || said.perhaps.contains_key(name);
        if !expected.contains(name) && !rewrites.contains(name) && !weak {
            wrong.push(format!("scanned {name}: was, and was not said"));
        }
    }
}

fn differ(word: &str, said: &BTreeSet<Rel>, seen: &BTreeSet<Rel>, wrong: &mut Vec<String>) {
    wrong.extend(said.difference(seen).map(|name| format!("{word} {name}: said, and was not")));
    wrong.extend(seen.difference(said).map(|name| format!("{word} {name}: was, and was not said")));
}

fn rel((schema, name): &(String, String)) -> Rel {
    Rel::new(schema.clone(), name.clone())
}

fn rels(names: &BTreeSet<(String, String)>) -> BTreeSet<Rel> {
    names.iter().map(rel).collect()
}

fn mode(mode: Option<&Mode>) -> &'static str {
    mode.map_or("none", |mode| mode.as_str())
}
