//! Ids and file names: ids that Alembic's version table has no room for, files with one number.

use std::collections::BTreeMap;

use cutover_core::report::{Conclusion, Weight};

use super::facts::{Project, Revision};
use crate::doctor::names::{ALEMBIC_ROOM, number};

/// Finds them.
pub fn check(project: &Project) -> Vec<Conclusion> {
    let mut found = numbers(project);
    for revision in &project.revisions {
        let length = revision.id.chars().count();
        if length > ALEMBIC_ROOM {
            let text = format!(
                "the id has {length} characters and alembic_version.version_num has room for {ALEMBIC_ROOM}: \
                 on a database whose table Alembic made, recording it fails"
            );
            let next = "Cutover has room for it; with Alembic, widen the column: ALTER TABLE alembic_version ALTER version_num TYPE varchar(255)";
            found.push(
                revision
                    .about(revision.line, "long-id", Weight::Error, text)
                    .because(&revision.id)
                    .next(next),
            );
        }
    }
    found
}

fn numbers(project: &Project) -> Vec<Conclusion> {
    let mut by_number: BTreeMap<String, Vec<&Revision>> = BTreeMap::new();
    for revision in &project.revisions {
        if let Some(number) = number(revision.name.trim_end_matches(".py")) {
            by_number.entry(number).or_default().push(revision);
        }
    }
    let several = by_number.into_iter().filter(|(_, all)| all.len() > 1);
    several
        .map(|(number, all)| {
            let text = format!("{} files begin with the number {number}", all.len());
            let last = all[all.len() - 1];
            let mut found = last.about(last.line, "duplicate-number", Weight::Warning, text);
            found.evidence = all.iter().map(|it| it.path.clone()).collect();
            found.next("Alembic goes by the ids; people go by the names")
        })
        .collect()
}
