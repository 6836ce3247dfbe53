//! What was said of a statement, held against what it did.

use std::collections::{BTreeMap, BTreeSet};

use cutover_core::effect::{Effects, Mode, Rel, Scan};

use super::{Name, Observed};

/// Where the two differ, in words; nothing when they agree. `held` are the locks that the transaction had before, which
/// are not told again. Without `scans` nothing is said of what was read.
///
/// What may be locked is either locked so or not at all; and where a planner chooses how a query reads, or a foreign key
/// looks up only what is not NULL, a scan may not come to pass. Of a statement that runs what nobody can see before (SQL
/// that is put together, code in another language) only what was said of it is held against it.
pub fn differences(
    said: &Effects,
    observed: &Observed,
    held: &BTreeMap<Rel, Mode>,
    scans: bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    locks(said, observed, held, &mut wrong);
    let rewrites: BTreeSet<Rel> = said.rewrites.iter().map(|(name, _)| name.clone()).collect();
    let rebuilds: BTreeSet<Rel> = said.rebuilds.iter().cloned().collect();
    differ("rewritten", said, &rewrites, &rels(&observed.rewritten), &mut wrong);
    differ("rebuilt", said, &rebuilds, &rels(&observed.rebuilt), &mut wrong);
    if scans {
        self::scans(said, &rewrites, observed, &mut wrong);
    }
    wrong
}

fn locks(said: &Effects, observed: &Observed, held: &BTreeMap<Rel, Mode>, wrong: &mut Vec<String>) {
    let seen: BTreeMap<Rel, Mode> = observed.locks.iter().map(|(name, mode)| (rel(name), *mode)).collect();
    let mut expected = said.locks.clone();
    for (name, mode) in &said.perhaps {
        let Some(seen) = seen.get(name).filter(|seen| *seen <= mode) else { continue };
        let sure = expected.get(name).copied();
        expected.insert(name.clone(), sure.map_or(*seen, |sure| sure.max(*seen)));
    }
    let blind = said.blind;
    for name in seen.keys().chain(expected.keys()).collect::<BTreeSet<_>>() {
        let (said, seen, had) = (expected.get(name), seen.get(name), held.get(name));
        if said.is_none() && blind {
            continue;
        }
        let again = seen.is_none() && said.is_some_and(|said| had.is_some_and(|had| had >= said));
        if said != seen && !again {
            wrong.push(format!("lock on {name}: said {}, was {}", mode(said), mode(seen)));
        }
    }
}

fn scans(said: &Effects, rewrites: &BTreeSet<Rel>, observed: &Observed, wrong: &mut Vec<String>) {
    // SET TABLESPACE copies a file and TRUNCATE throws it away without a look
    let mut expected: BTreeSet<Rel> =
        said.rewrites.iter().filter(|(_, cause)| cause.reads()).map(|(name, _)| name.clone()).collect();
    expected.extend(said.scans.iter().map(|(name, _)| name.clone()));
    let by_planner: BTreeSet<&Rel> = said
        .scans
        .iter()
        .filter(|(_, cause)| matches!(cause, Scan::Query | Scan::Referenced | Scan::Maintenance))
        .map(|(name, _)| name)
        .collect();
    let seen = rels(&observed.scanned);
    let open = |name: &Rel| !said.locks.contains_key(name) && said.perhaps.contains_key(name);
    let never = |name: &&Rel| !seen.contains(*name) && !by_planner.contains(*name) && !open(name);
    for name in expected.iter().filter(never) {
        wrong.push(format!("scanned {name}: said, and was not"));
    }
    for name in &seen {
        let weak = said.locks.get(name).is_some_and(|mode| *mode <= Mode::RowExclusive)
            || said.perhaps.contains_key(name)
            || said.blind;
        if !expected.contains(name) && !rewrites.contains(name) && !weak {
            wrong.push(format!("scanned {name}: was, and was not said"));
        }
    }
}

fn differ(
    word: &str,
    effects: &Effects,
    said: &BTreeSet<Rel>,
    seen: &BTreeSet<Rel>,
    wrong: &mut Vec<String>,
) {
    // what is only perhaps locked, in a branch of a DO block, is only perhaps written anew
    let open = |name: &&Rel| !effects.locks.contains_key(*name) && effects.perhaps.contains_key(*name);
    let never = said.difference(seen).filter(|name| !open(name));
    wrong.extend(never.map(|name| format!("{word} {name}: said, and was not")));
    let unsaid = seen.difference(said).filter(|_| !effects.blind);
    wrong.extend(unsaid.map(|name| format!("{word} {name}: was, and was not said")));
}

/// A name as it is known elsewhere.
pub fn rel((schema, name): &Name) -> Rel {
    Rel::new(schema.clone(), name.clone())
}

fn rels(names: &BTreeSet<Name>) -> BTreeSet<Rel> {
    names.iter().map(rel).collect()
}

fn mode(mode: Option<&Mode>) -> &'static str {
    mode.map_or("none", |mode| mode.as_str())
}
