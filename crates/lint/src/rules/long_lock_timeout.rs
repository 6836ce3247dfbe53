//! A lock timeout of more than ten seconds before a statement that blocks reads or writes.
//!
//! ## Why
//!
//! A statement that waits for its lock keeps everybody waiting who comes after it, also those whom nothing else holds
//! up. So the lock timeout is how long reads or writes of the table may stand still, and not only how long the
//! migration may take. Several short waits with time between them let the others through: measured behind a reader of
//! four seconds, other clients waited 3.8 seconds without a limit, and 0.1 seconds with one of 100 milliseconds and
//! retries.
//!
//! ## Example
//!
//! ```sql
//! SET LOCAL lock_timeout = '1min';
//! ALTER TABLE orders ADD COLUMN note text;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! SET LOCAL lock_timeout = '2s';
//! ALTER TABLE orders ADD COLUMN note text;
//! ```
//!
//! In a revision it can be left out: Cutover sets one and tries again. Zero is for ever: in plain SQL that is
//! `no-lock-timeout`, in a revision `setting-in-revision`; here it is reported where the header says it.
//!
//! ## When to allow it
//!
//! Nobody uses the table while this runs.

use cutover_sql::duration;
use std::time::Duration;

use crate::context::{Judged, RevisionView};
use crate::finding::Level;
use crate::look::timeout::{Limit, is_gentle};
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Section;
use crate::words::list;

/// The longest that is not reported, in milliseconds.
const LONGEST: u64 = 10_000;

pub const RULE: Rule = Rule {
    id: "long-lock-timeout",
    level: Level::Warning,
    area: Area::Locks,
    title: "A lock timeout of more than ten seconds before a statement that blocks reads or writes",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    for section in [Section::Upgrade, Section::Downgrade] {
        let mut said = None;
        for judged in view.section(section) {
            let limit = judged.limits.lock;
            // once for all that follow, as long as it is the same
            if said != Some(limit) {
                said = None;
            }
            let statement = &view.item(judged).statement;
            if said.is_some() || judged.strong.is_empty() || is_gentle(statement) {
                continue;
            }
            if let Some(time) = too_long(view, limit) {
                said = Some(limit);
                out.report(statement.span, message(judged, &time)).help(
                    "SET lock_timeout = '2s', and try again when it fails; Cutover does it by itself in a revision",
                );
            }
        }
    }
}

fn message(judged: &Judged, time: &str) -> String {
    let mode = judged.strong.values().max();
    format!(
        "{} of {} may wait {time} behind this statement before it has its lock or gives up",
        mode.map_or("writes", |mode| mode.blocks()),
        list(judged.strong.keys()),
    )
}

/// A limit that is too long, in words.
fn too_long(view: &RevisionView<'_>, limit: Limit) -> Option<String> {
    match limit {
        Limit::Said(0) if view.source.header.lock_timeout == Some(Duration::ZERO) => Some("for ever".into()),
        Limit::Said(time) if time > LONGEST => Some(duration::print(Duration::from_millis(time))),
        Limit::Said(_) | Limit::Usual(_) => None,
    }
}
