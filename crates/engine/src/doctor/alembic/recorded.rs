//! Alembic in charge: what was found in its revisions as they were recorded, said of the files that people know.
//!
//! It must not know how a recording is made; it joins two lists of conclusions.

use std::path::Path;

use cutover_core::report::{Conclusion, Place, Weight};

use super::Files;
use super::facts::{Revision, State};
use crate::adopt::alembic::Names;
use crate::doctor::survey::shown;
use crate::history::History;

/// A recorded history.
#[derive(Clone, Copy, Debug)]
pub struct Recording<'a> {
    /// The folder of cutover.toml.
    pub root: &'a Path,
    /// The folder of what was recorded.
    pub folder: &'a Path,
    /// Alembic's ids and those there.
    pub names: &'a Names,
}

/// What the files say by themselves, and better.
const SAID: [&str; 4] = ["duplicate-number", "several-heads", "long-id", "missing-parent"];

/// What is wrong with the files and with what was recorded of them, each once.
pub fn joined(files: &Files, recorded: Vec<Conclusion>, of: Recording<'_>) -> Vec<Conclusion> {
    let history = History::read(of.folder).ok();
    let mut all: Vec<Conclusion> = recorded
        .into_iter()
        .filter(|it| !SAID.contains(&it.id))
        .filter_map(|it| match of.names.iter().find(|(_, here)| **here == it.about) {
            Some((old, _)) => files.revision(old).map_or(Some(it.clone()), |revision| said_of(it, revision)),
            None => Some(it),
        })
        .collect();
    for revision in history.iter().flat_map(History::revisions) {
        let old = of.names.iter().find(|(_, here)| **here == revision.id()).map(|(old, _)| old);
        let Some(old) = old.and_then(|old| files.revision(old)) else { continue };
        all.extend(one_way(old, revision.header.irreversible.as_ref().map(|why| why.value.as_str())));
        // where the recorded file is named
        let (path, name) = (shown(of.root, &revision.path), &old.path);
        for line in all.iter_mut().flat_map(|it| it.evidence.iter_mut()) {
            *line = without_line(line, &path, name);
        }
    }
    let hidden: Vec<String> =
        all.iter().filter(|it| it.id == "if-not-exists-hides").map(|it| it.about.clone()).collect();
    let own =
        files.conclude().into_iter().filter(|it| it.id != "if-not-exists" || !hidden.contains(&it.about));
    all.extend(own);
    all
}

/// A conclusion at the place of the revision's Python; nothing where the files say it by themselves.
fn said_of(mut found: Conclusion, revision: &Revision) -> Option<Conclusion> {
    let sections = &revision.sections;
    let is_back = found.id.contains("downgrade");
    let section = if is_back { &sections.downgrade } else { &sections.upgrade };
    if section.state != State::Does && matches!(found.id, "does-nothing" | "empty-downgrade" | "no-downgrade")
    {
        return None;
    }
    found.place = Some(Place { path: revision.path.clone(), line: section.line.max(1) });
    found.about.clone_from(&revision.id);
    Some(found)
}

/// A downgrade that failed or did nothing when it was recorded.
fn one_way(revision: &Revision, why: Option<&str>) -> Option<Conclusion> {
    let (why, downgrade) = (why?, &revision.sections.downgrade);
    if downgrade.state != State::Does {
        return None;
    }
    let id = if why.contains(" fails ") { "downgrade-fails" } else { "empty-downgrade" };
    let found = revision.about(downgrade.line, id, Weight::Warning, why);
    Some(found.next("mend the downgrade, or let it raise, so that nobody relies on it"))
}

/// `path:12` in a line as `name`.
fn without_line(line: &str, path: &str, name: &str) -> String {
    let Some(start) = line.find(path) else { return line.to_owned() };
    let rest = &line[start + path.len()..];
    let rest = match rest.strip_prefix(':') {
        Some(number) => number.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    format!("{}{name}{rest}", &line[..start])
}
