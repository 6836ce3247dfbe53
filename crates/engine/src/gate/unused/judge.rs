//! From what a node said over time to what it proves: a function of values, with no database.
//!
//! A counter proves that nothing happened between two samples when it is equal in both and did not begin anew in between;
//! how many samples there are in between is of no matter.

use std::time::Duration;

use cutover_core::rollout::gate::Used;

use super::facts::{Facts, Own, Stretch, Use};
use crate::gate::{count, spoken, time};

/// What a node has to say.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What is watched.
    pub what: Used,
    /// For how long it has to be unused.
    pub lasting: Duration,
    /// The time of the last sample, in microseconds since 1970.
    pub now: i64,
    /// What was said, the oldest first; the last is what is said now.
    pub seen: &'a [Stretch],
    /// What Cutover itself did.
    pub own: &'a [Own],
    /// Users that counters cannot tell from others.
    pub hidden: &'a [String],
}

/// What it proves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Whether it is unused on this node.
    pub open: bool,
    /// Why, line by line.
    pub lines: Vec<String>,
    /// When it may be, in microseconds since 1970, if nothing more happens.
    pub until: Option<i64>,
}

/// What one source says.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    /// Nothing happened in the whole time.
    Unused,
    /// Something did.
    Used { line: String, last: i64 },
    /// It may have, and this is why nobody knows; it can be known at a time.
    Unknown { line: String, until: Option<i64> },
}

/// Judges.
pub fn judge(case: Case<'_>) -> Judged {
    let Some(now) = case.seen.last() else { return Judged::default() };
    let begin = case.now - micros(case.lasting);
    let counters = counters(case, begin, &now.facts);
    let statements = statements(case, begin, &now.facts);
    let mut judged = Judged::default();
    let open = match (case.what, &counters, &statements) {
        // a statement that names it is a use, whatever the counters say: LIMIT 0 scans nothing
        (_, _, Said::Used { .. }) => false,
        (Used::Table | Used::Column | Used::Index, Said::Unused, _) => true,
        (Used::Function, Said::Unused, _) => true,
        (Used::Column, _, Said::Unused) => true,
        (Used::Table | Used::Function, Said::Unknown { .. }, Said::Unused) => {
            case.hidden.is_empty() || case.what == Used::Table
        }
        // the counters grow, and whoever makes them grow is known to go with it
        (Used::Table, Said::Used { .. }, Said::Unused) => !case.hidden.is_empty(),
        (Used::Function, Said::Used { .. }, Said::Unused) => false,
        (Used::Index, _, Said::Unused) => false,
        (_, Said::Used { .. } | Said::Unknown { .. }, Said::Unknown { .. }) => false,
    };
    judged.open = open;
    if !open {
        let wait = micros(case.lasting);
        let of = |said: &Said| match said {
            Said::Unused => None,
            Said::Used { last, .. } => Some(last + wait),
            Said::Unknown { until, .. } => *until,
        };
        judged.until = match (of(&counters), of(&statements)) {
            // a use in a statement has to be outwaited; of two gaps the first to close is enough
            (_, Some(later)) if matches!(statements, Said::Used { .. }) => Some(later),
            (Some(one), Some(other)) if case.what != Used::Index => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    let name = match case.what {
        Used::Table | Used::Column => "counters of the table",
        Used::Index => "counters of the index",
        Used::Function => "counters of the function",
    };
    judged.lines.push(format!("{name}: {}", told(&counters, case.lasting)));
    if case.what != Used::Index {
        judged.lines.push(format!("statements: {}", told(&statements, case.lasting)));
    }
    if matches!(counters, Said::Used { .. }) && case.what == Used::Table && !case.hidden.is_empty() {
        let hidden = case.hidden.join(", ");
        judged.lines.push(match (open, &statements) {
            (true, _) => format!("what was counted may be: {hidden}"),
            (false, Said::Unknown { .. }) => {
                format!("only statements can tell others from these, which are counted as well: {hidden}")
            }
            (false, Said::Unused | Said::Used { .. }) => format!("among what was counted are: {hidden}"),
        });
    }
    judged
}

fn told(said: &Said, lasting: Duration) -> String {
    match said {
        Said::Unused => format!("no use in {}", spoken(lasting)),
        Said::Used { line, .. } | Said::Unknown { line, .. } => line.clone(),
    }
}

/// What the counters say.
fn counters(case: Case<'_>, begin: i64, now: &Facts) -> Said {
    let wait = micros(case.lasting);
    if let Some(why) = &now.blind {
        return Said::Unknown { line: why.clone(), until: None };
    }
    let (Some(reads), Some(writes)) = (now.reads, now.writes) else {
        return Said::Unknown { line: "nothing is counted".into(), until: None };
    };
    if now.since > begin {
        let line = format!("statistics were reset or lost at {}", time(now.since));
        return Said::Unknown { line, until: Some(now.since + wait) };
    }
    let same = |it: &&Stretch| it.facts.since == now.since && it.facts.oids == now.oids;
    let before = case.seen.iter().filter(same).rfind(|it| it.from <= begin);
    let first = case.seen.iter().find(same);
    // counters that stand at zero have done so since they began, sample or not
    let (base, complete) = match (before, first) {
        (Some(stretch), _) => (stretch.clone(), true),
        (None, _) if reads == 0 && writes == 0 => return Said::Unused,
        (None, Some(stretch)) => (stretch.clone(), false),
        (None, None) => {
            return Said::Unknown { line: "there is no sample yet".into(), until: Some(case.now + wait) };
        }
    };
    let own = case.own.iter().filter(|it| it.at > base.to).fold(Own::default(), |sum, it| Own {
        at: it.at,
        reads: sum.reads + it.reads,
        writes: sum.writes + it.writes,
    });
    let more_reads = reads - base.facts.reads.unwrap_or(0) - own.reads;
    let more_writes = writes - base.facts.writes.unwrap_or(0) - own.writes;
    let scans_are_old = now.last_read.is_some_and(|at| at < begin);
    if (more_reads > 0 && !scans_are_old) || more_writes > 0 {
        let last = last_growth(case, now);
        let what = match case.what {
            Used::Table | Used::Column => format!(
                "{} and {} written",
                count(more_reads.max(0), "scan"),
                count(more_writes.max(0), "row")
            ),
            Used::Index => count(more_reads, "scan"),
            Used::Function => count(more_reads, "call"),
        };
        let line = format!("{what} since {}, the last seen at {}", time(base.to.max(begin)), time(last));
        return Said::Used { line, last };
    }
    if complete || (scans_are_old && writes == 0) {
        return Said::Unused;
    }
    if case.what == Used::Index && scans_are_old {
        return Said::Unused;
    }
    Said::Unknown { line: format!("watched since {} only", time(base.from)), until: Some(base.from + wait) }
}

/// The last sample at which a counter had grown. The use was before it.
fn last_growth(case: Case<'_>, now: &Facts) -> i64 {
    if case.what == Used::Index
        && let Some(at) = now.last_read
    {
        return at;
    }
    let mut grown = case.seen.windows(2).filter(|pair| {
        let (a, b) = (&pair[0].facts, &pair[1].facts);
        a.reads != b.reads || a.writes != b.writes
    });
    grown.next_back().map_or(case.now, |pair| pair[1].from)
}

/// What the statements say.
fn statements(case: Case<'_>, begin: i64, facts: &Facts) -> Said {
    let wait = micros(case.lasting);
    let now = &facts.statements;
    let same = |it: &&Stretch| it.facts.statements.since == now.since;
    let first = case.seen.iter().find(same);
    let before = case.seen.iter().filter(same).rfind(|it| it.from <= begin);
    if let Some(base) = before.or(first)
        && let Some(used) = calls(case, base, facts)
    {
        return used;
    }
    // from the base on every sample has to be whole
    let from = before.map_or(i64::MAX, |it| it.from);
    let gap =
        case.seen.iter().filter(|it| it.from >= from).rev().find_map(|it| it.facts.statements.gap.as_ref());
    if let Some(why) = now.gap.as_ref().or(gap) {
        return Said::Unknown { line: why.clone(), until: None };
    }
    if now.since > begin {
        let line = format!("pg_stat_statements was reset or lost at {}", time(now.since));
        return Said::Unknown { line, until: Some(now.since + wait) };
    }
    match (before, first) {
        (Some(base), _) if base.facts.statements.evicted == now.evicted => Said::Unused,
        (None, _) if now.evicted == 0 && now.uses.is_empty() => Said::Unused,
        (Some(base), _) => {
            let lost = now.evicted - base.facts.statements.evicted;
            let other = case.seen.iter().filter(same).rfind(|it| it.facts.statements.evicted != now.evicted);
            let from = other.map_or(case.now, |it| it.to);
            let times = count(lost, "time");
            let line = format!("pg_stat_statements threw out entries {times}: raise pg_stat_statements.max");
            Said::Unknown { line, until: Some(from + wait) }
        }
        (None, Some(first)) => Said::Unknown {
            line: format!("watched since {} only", time(first.from)),
            until: Some(first.from + wait),
        },
        (None, None) => Said::Unknown { line: "there is no sample yet".into(), until: Some(case.now + wait) },
    }
}

/// The calls since a sample, if there were any. An entry that was not there then has only calls since.
fn calls(case: Case<'_>, base: &Stretch, facts: &Facts) -> Option<Said> {
    let more = |it: &Use| it.calls - calls_of(&base.facts, &it.id);
    let grew: Vec<&Use> = facts.statements.uses.iter().filter(|it| more(it) > 0).collect();
    let most = grew.iter().max_by_key(|it| more(it))?;
    let calls: i64 = grew.iter().map(|it| more(it)).sum();
    let last = last_call(case);
    let others = match grew.len() {
        1 => String::new(),
        many => format!(", {} of them", count(i128::try_from(many).unwrap_or(0), "statement")),
    };
    let line = format!(
        "{}{others}, the last seen at {}: {} {}: {}",
        count(calls, "call"),
        time(last),
        most.user,
        most.how,
        most.sql
    );
    Some(Said::Used { line, last })
}

fn calls_of(facts: &Facts, id: &str) -> i64 {
    facts.statements.uses.iter().find(|it| it.id == id).map_or(0, |it| it.calls)
}

/// The last sample at which a statement had been called again.
fn last_call(case: Case<'_>) -> i64 {
    let mut grown = case.seen.windows(2).filter(|pair| {
        pair[1].facts.statements.uses.iter().any(|it| it.calls > calls_of(&pair[0].facts, &it.id))
    });
    grown.next_back().map_or(case.now, |pair| pair[1].from)
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::super::facts::Statements;
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn facts(reads: i64, writes: i64) -> Facts {
        let statements = Statements { gap: Some("not there".into()), ..Statements::default() };
        Facts {
            since: 1,
            oids: vec![7],
            reads: Some(reads),
            writes: Some(writes),
            statements,
            ..Facts::default()
        }
    }

    fn at(from: i64, to: i64, facts: Facts) -> Stretch {
        Stretch { from: from * SECOND, to: to * SECOND, facts }
    }

    /// Ten seconds are asked for, and it is the hundredth.
    fn table(seen: &[Stretch], own: &[Own]) -> Judged {
        let hidden = [];
        judge(Case {
            what: Used::Table,
            lasting: Duration::from_secs(10),
            now: 100 * SECOND,
            seen,
            own,
            hidden: &hidden,
        })
    }

    #[test]
    fn equal_counters_far_apart_prove_it() {
        assert!(table(&[at(20, 100, facts(5, 5))], &[]).open);
        // nothing was asked between 50 and 100, and nothing has to be
        assert!(table(&[at(20, 50, facts(5, 5)), at(100, 100, facts(5, 5))], &[]).open);
        let young = table(&[at(95, 100, facts(5, 5))], &[]);
        assert!(!young.open);
        assert_eq!(young.until, Some(105 * SECOND));
    }

    #[test]
    fn growth_is_a_use_until_it_is_old_enough() {
        let used = table(&[at(20, 92, facts(5, 5)), at(97, 100, facts(6, 5))], &[]);
        assert!(!used.open);
        assert_eq!(used.until, Some(107 * SECOND));
        assert!(table(&[at(20, 80, facts(5, 5)), at(85, 100, facts(6, 5))], &[]).open);
        // the growth was somewhere after 80, which is too long ago to know that it was before 90
        assert!(!table(&[at(20, 80, facts(5, 5)), at(95, 100, facts(6, 5))], &[]).open);
    }

    #[test]
    fn what_cutover_did_itself_is_taken_off() {
        let seen = [at(20, 92, facts(5, 5)), at(97, 100, facts(7, 5))];
        let own = |reads| [Own { at: 95 * SECOND, reads, writes: 0 }];
        assert!(table(&seen, &own(2)).open);
        assert!(!table(&seen, &own(1)).open);
    }

    #[test]
    fn another_table_of_the_name_and_a_reset_begin_anew() {
        let other = Facts { oids: vec![8], ..facts(5, 5) };
        assert!(!table(&[at(20, 90, facts(5, 5)), at(95, 100, other)], &[]).open);
        let reset = Facts { since: 93 * SECOND, ..facts(0, 0) };
        let judged = table(&[at(20, 90, facts(5, 5)), at(95, 100, reset)], &[]);
        assert!(!judged.open);
        assert_eq!(judged.until, Some(103 * SECOND));
        // counters at zero need no sample, if they have stood there for long enough
        assert!(table(&[at(100, 100, facts(0, 0))], &[]).open);
    }

    #[test]
    fn a_last_scan_that_is_old_needs_no_sample_where_nothing_was_ever_written() {
        let scanned = |last| Facts { last_read: Some(last * SECOND), ..facts(5, 0) };
        assert!(table(&[at(100, 100, scanned(80))], &[]).open);
        assert!(!table(&[at(100, 100, scanned(95))], &[]).open);
        assert!(!table(&[at(100, 100, Facts { writes: Some(1), ..scanned(80) })], &[]).open);
    }
}
