//! How the revisions are joined: ids that exist twice, parents that do not exist, several heads, several bases.

use std::collections::{BTreeMap, BTreeSet};

use cutover_core::report::{Conclusion, Weight};

use super::facts::{Project, Revision};

/// Finds what keeps Alembic, or a person, from knowing what comes next.
pub fn check(project: &Project) -> Vec<Conclusion> {
    let mut found = duplicates(project);
    let by_id = project.by_id();
    for revision in &project.revisions {
        for id in revision.needs().filter(|id| !is_known(&by_id, project, id)) {
            let text = format!("follows {id}, which no file has: Alembic refuses the whole history");
            let found_here =
                revision.about(revision.parents_line.max(1), "missing-parent", Weight::Error, text);
            found.push(
                found_here.next("bring the file back from version control, or let it follow another one"),
            );
        }
    }
    for revision in project.circles() {
        let text = "stands in a circle: it needs itself";
        found.push(revision.about(revision.parents_line.max(1), "cycle", Weight::Error, text));
    }
    found.extend(heads(project));
    found
}

/// Alembic takes the beginning of an id, and a branch label, for the whole.
fn is_known(by_id: &BTreeMap<&str, &Revision>, project: &Project, id: &str) -> bool {
    by_id.contains_key(id)
        || id.contains('@')
        || project
            .revisions
            .iter()
            .any(|it| it.id.starts_with(id) || it.labels.iter().any(|label| label == id))
}

fn duplicates(project: &Project) -> Vec<Conclusion> {
    let mut by_id: BTreeMap<&str, Vec<&Revision>> = BTreeMap::new();
    project.revisions.iter().for_each(|it| by_id.entry(&it.id).or_default().push(it));
    let several = by_id.into_iter().filter(|(_, all)| all.len() > 1);
    several
        .map(|(id, all)| {
            let text = format!("{} files bear the id {id}: Alembic takes one of them", all.len());
            let last = all[all.len() - 1];
            let mut found = last.about(last.line, "duplicate-id", Weight::Error, text);
            found.evidence = all.iter().map(|it| it.path.clone()).collect();
            found.next("give the newer one another id, also where it is followed")
        })
        .collect()
}

fn heads(project: &Project) -> Option<Conclusion> {
    let followed: BTreeSet<&String> = project.revisions.iter().flat_map(|it| &it.parents).collect();
    let heads: Vec<&Revision> = project.revisions.iter().filter(|it| !followed.contains(&it.id)).collect();
    if heads.len() < 2 {
        return None;
    }
    let text =
        format!("the history has {} heads that were never merged: alembic upgrade head fails", heads.len());
    let about = if project.name == "alembic" { "history" } else { &project.name };
    let mut found = Conclusion::new("several-heads", Weight::Warning, about, text);
    for head in heads {
        found = found.because(format!("{} {} ({})", head.id, head.message, head.path));
    }
    Some(found.next("alembic merge heads"))
}
