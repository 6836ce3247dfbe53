//! Sqitch: `deploy/`, `revert/` and `verify/`, in the order of `sqitch.plan`.
//!
//! Source: <https://sqitch.org/docs/manual/sqitchchanges/>. The files are plain SQL.

use super::entry::{Entry, Role};
use super::{Layout, Source};
use crate::report::{Conclusion, Weight};

/// One change of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Planned {
    /// The name of its files.
    file: String,
    /// The line of the plan, from 1.
    line: usize,
}

/// Gives the entries the places that the plan says; tells what does not go together.
pub(super) fn place(sources: &[Source], entries: &mut [Entry]) -> Vec<Conclusion> {
    let is_plan = |it: &&Source| it.path.rsplit('/').next() == Some("sqitch.plan");
    let Some(plan) = sources.iter().find(is_plan) else { return Vec::new() };
    let planned = read(&plan.text);
    let text = format!("the order is that of {}, with {} changes", plan.path, planned.len());
    let mut found = vec![Conclusion::new("sqitch", Weight::Note, &plan.path, text).at(&plan.path, 1)];
    for (rank, one) in planned.iter().enumerate() {
        let mut is_there = false;
        for entry in entries.iter_mut().filter(|it| name(it).is_some_and(|name| name == one.file)) {
            is_there |= entry.role == Role::Forward;
            entry.rank = Some(rank);
        }
        if !is_there {
            let text = format!("the plan has {}, and there is no deploy/{}.sql", one.file, one.file);
            found.push(
                Conclusion::new("planned-file-missing", Weight::Error, &plan.path, text)
                    .at(&plan.path, one.line),
            );
        }
    }
    for entry in
        entries.iter().filter(|it| it.rank.is_none() && name(it).is_some() && it.role == Role::Forward)
    {
        found.push(
            Conclusion::new(
                "not-planned",
                Weight::Warning,
                &entry.path,
                "sqitch.plan does not have it, so Sqitch never runs it",
            )
            .at(&entry.path, 1)
            .next("look whether it was applied by hand; it comes last here"),
        );
    }
    found
}

/// The name of a change as a plan would say it, with the folders below `deploy`.
fn name(entry: &Entry) -> Option<&str> {
    let ways = ["deploy/", "revert/", "verify/"];
    let at = ways.iter().find_map(|way| {
        let at = entry.path.find(way)?;
        (at == 0 || entry.path[..at].ends_with('/')).then_some(at + way.len())
    })?;
    let is_plain = entry.style == Layout::Plain;
    entry.path[at..].rsplit_once('.').map(|it| it.0).filter(|_| is_plain)
}

/// The changes of a plan. One that was reworked stands in it twice; the files of the former have the tag behind it.
fn read(text: &str) -> Vec<Planned> {
    let mut found: Vec<(Planned, Option<String>)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let word = line.split_whitespace().next().unwrap_or("");
        if let Some(tag) = word.strip_prefix('@') {
            found.iter_mut().filter(|it| it.1.is_none()).for_each(|it| it.1 = Some(tag.to_owned()));
        } else if !word.is_empty() && !word.starts_with(['%', '#']) {
            found.push((Planned { file: word.to_owned(), line: number + 1 }, None));
        }
    }
    let names: Vec<String> = found.iter().map(|it| it.0.file.clone()).collect();
    let reworked = |(at, (one, tag)): (usize, (Planned, Option<String>))| match tag {
        Some(tag) if names[at + 1..].contains(&one.file) => {
            Planned { file: format!("{}@{tag}", one.file), ..one }
        }
        Some(_) | None => one,
    };
    found.into_iter().enumerate().map(reworked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_a_list_and_what_was_reworked_has_its_tag() {
        let plan = "%syntax-version=1.0.0\n%project=x\n\nschema 2024-01-01T00:00:00Z A <a@b> # first\n\
            users [schema] 2024-01-02T00:00:00Z A <a@b>\n@v1 2024-01-03T00:00:00Z A <a@b>\n\nusers [users@v1] 2024-01-04T00:00:00Z A <a@b>\n";
        let names: Vec<(String, usize)> = read(plan).into_iter().map(|it| (it.file, it.line)).collect();
        assert_eq!(names, [("schema".into(), 4), ("users@v1".into(), 5), ("users".into(), 8)]);
    }
}
