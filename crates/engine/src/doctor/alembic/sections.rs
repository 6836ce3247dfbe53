//! Revisions that do nothing, and downgrades that do not lead back.

use cutover_core::report::{Conclusion, Weight};

use super::facts::{Project, Revision, State};

/// Finds them. A merge does nothing by its nature.
pub fn check(project: &Project) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for revision in &project.revisions {
        found.extend(upgrade(revision));
        found.extend(downgrade(revision));
    }
    found
}

fn upgrade(revision: &Revision) -> Option<Conclusion> {
    let section = &revision.sections.upgrade;
    let (id, how) = match section.state {
        State::Does => return None,
        State::Missing | State::Pass if revision.parents.len() > 1 => return None,
        State::Missing => ("does-nothing", "it has no upgrade"),
        State::Pass => ("disabled", "its upgrade is pass"),
        State::Return => ("disabled", "its upgrade returns before it does anything"),
        State::Raise => ("disabled", "its upgrade raises before it does anything: nobody comes past it"),
        State::Never => ("disabled", "its upgrade stands under if False"),
    };
    let text = format!("{how}: it counts as applied, and what its name promises was never made");
    let mut found = revision.about(section.line, id, Weight::Warning, text).because(&revision.message);
    found.evidence.extend(section.comments.iter().cloned());
    Some(found.next("see whether production has what it promises (cutover reconcile), then squash it away"))
}

fn downgrade(revision: &Revision) -> Option<Conclusion> {
    let section = &revision.sections.downgrade;
    if revision.sections.upgrade.state != State::Does {
        return None;
    }
    let (weight, how) = match section.state {
        State::Does => return None,
        State::Missing => (Weight::Warning, "it has no downgrade"),
        State::Pass => (Weight::Warning, "its downgrade is pass: it succeeds and undoes nothing"),
        State::Return => (Weight::Warning, "its downgrade returns before it does anything"),
        State::Never => (Weight::Warning, "its downgrade stands under if False"),
        State::Raise => (Weight::Note, "its downgrade raises: it cannot be undone, and says so"),
    };
    let mut found = revision.about(section.line, "no-downgrade", weight, how);
    found.evidence.extend(section.comments.iter().cloned());
    Some(found)
}
