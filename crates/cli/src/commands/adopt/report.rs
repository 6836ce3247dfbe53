//! What `adopt sql` found, for the terminal, as Markdown and for programs.

use std::fmt::Write as _;

use cutover_core::adopt::folder::Layout;
use cutover_core::report::Weight;
use cutover_engine::adopt::sql::{Adopted, Applied, Found, Origin, Proof, State};
use serde_json::{Value, json};

use crate::changes;
use crate::conclusions;
use crate::failure::shown;
use crate::new_files::Made;
use crate::output::{Report, count, table};

/// Everything that is told.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// The folder, as the user would name it.
    pub folder: String,
    /// By whose rules its files are named.
    pub layout: Layout,
    /// What the live database is called.
    pub name: Option<String>,
    /// What was found.
    pub adopted: &'a Adopted,
    /// What the replay of the revisions showed.
    pub proof: &'a Proof,
    /// The revisions.
    pub made: &'a [Made],
    /// Whether they were written.
    pub is_written: bool,
    /// Whether the live database was stamped.
    pub stamped: bool,
    /// The command that stamps it.
    pub stamp: Option<String>,
    /// The command that runs what is open.
    pub upgrade: String,
    /// The folder that was chosen on the command line.
    pub into: Option<String>,
    /// Where the report is.
    pub report: Option<String>,
}

fn layout(it: Layout) -> &'static str {
    match it {
        Layout::Plain => "plain files",
        Layout::Flyway => "Flyway's layout",
        Layout::Dbmate => "dbmate's layout",
        Layout::Goose => "goose's layout",
        Layout::GolangMigrate => "golang-migrate's layout",
        Layout::Prisma => "Prisma's layout",
        Layout::Drizzle => "Drizzle's layout",
    }
}

/// The short form, with the data behind it.
pub fn terminal(it: &Outcome<'_>) -> Report {
    let mut text = head(it) + "\n";
    if it.adopted.conclusions.iter().any(|one| one.weight != Weight::Note) {
        text.push('\n');
    }
    // what is only good to know is in the report
    for one in it.adopted.conclusions.iter().filter(|one| one.weight != Weight::Note) {
        let place = match &one.place {
            Some(place) => format!("{}:{}", place.path, place.line),
            None => one.about.clone(),
        };
        let weight = match one.weight {
            Weight::Error => "error",
            Weight::Warning => "warning",
            Weight::Note => "note",
        };
        let _ = writeln!(text, "{weight}[{}] {place}: {}", one.id, one.text);
    }
    text += "\nthe order that works:\n";
    for (place, (path, numbers)) in order(it).into_iter().enumerate() {
        let _ = writeln!(text, "  {}. {path}{numbers}", place + 1);
    }
    if let Some(name) = &it.name {
        let _ = write!(text, "\nwhat {name} has had:\n{}", indented(&table(&rows(&it.adopted.applied))));
    }
    text += &format!("\n{}", revisions(it));
    for line in proof(it) {
        let _ = writeln!(text, "{line}");
    }
    for line in next(it) {
        let _ = writeln!(text, "next: {line}");
    }
    let where_is = match &it.report {
        Some(path) => format!("the evidence of each line is in {path}"),
        None => "the evidence of each line: --report FILE.md, or --format json".to_owned(),
    };
    let _ = writeln!(text, "{where_is}");
    Report::new(text, &data(it))
}

fn head(it: &Outcome<'_>) -> String {
    let of = |weight| it.adopted.conclusions.iter().filter(|one| one.weight == weight).count();
    let backs = it.adopted.files.iter().filter(|file| file.change.back.is_some()).count();
    format!(
        "{}: {} ({}), {} with a way back; {}, {}, {}",
        it.folder,
        count(it.adopted.files.len(), "file"),
        layout(it.layout),
        backs,
        count(of(Weight::Error), "error"),
        count(of(Weight::Warning), "warning"),
        count(of(Weight::Note), "note"),
    )
}

/// The files in the order that works, each with a word where its number would put it before another one.
fn order(it: &Outcome<'_>) -> Vec<(String, String)> {
    let all = it.adopted.order.iter().enumerate().map(|(place, file)| {
        let path = it.adopted.files[*file].path().to_owned();
        let later = it.adopted.order[..place].iter().filter(|other| *other > file).min();
        let words = later.map(|later| format!(" (by its number before {})", it.adopted.files[*later].path()));
        let words = words.unwrap_or_default();
        (path, words)
    });
    all.collect()
}

fn rows(applied: &[Applied]) -> Vec<Vec<String>> {
    let has_table = applied.iter().any(|it| it.said.is_some());
    let line = |file: &str, state: String, said: &str, rest: String| {
        let said = has_table.then(|| said.to_owned());
        [file.to_owned(), state].into_iter().chain(said).chain([rest]).collect()
    };
    let head =
        line("file", "applied".to_owned(), "its table says", "what is not as the file makes it".to_owned());
    let word = |it: &Applied| it.said.as_ref().map_or("", |said| said.word());
    let row = |it: &Applied| line(&it.file, state(it), word(it), missing(it).join("; "));
    std::iter::once(head).chain(applied.iter().map(row)).collect()
}

fn state(it: &Applied) -> String {
    let (there, of) = it.counts();
    match it.state {
        State::All => format!("all ({there} of {of})"),
        State::Some => format!("some ({there} of {of})"),
        State::None => format!("none (0 of {of})"),
        State::CannotTell => "cannot tell".to_owned(),
    }
}

fn missing(it: &Applied) -> Vec<String> {
    // where nothing is there, the list is the file
    if it.state == State::None {
        return Vec::new();
    }
    let line = |effect: &cutover_engine::adopt::sql::EffectFound| match &effect.found {
        Found::Absent => Some(format!("absent: {}", effect.effect)),
        Found::Different { .. } => Some(format!("different: {}", effect.effect)),
        Found::ChangedAgain { by } => Some(format!("changed by {by}: {}", effect.effect)),
        Found::Unknown => Some(format!("cannot tell: {}", effect.effect)),
        Found::Present => None,
    };
    it.effects.iter().filter_map(line).collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn revisions(it: &Outcome<'_>) -> String {
    let verb = if it.is_written { "wrote" } else { "nothing was written; it would have been" };
    let mut text = format!("{verb} {}:\n", count(it.made.len(), "revision"));
    for (at, (made, draft)) in it.made.iter().zip(&it.adopted.drafts).enumerate() {
        let from = match &draft.origin {
            Origin::Roles => "roles that no file creates".to_owned(),
            Origin::File(file) => it.adopted.files[*file].path().to_owned(),
            Origin::Reconcile(changes) => count(changes.len(), "difference"),
        };
        let open = it.name.is_some() && at >= it.adopted.live_drafts;
        let open = if open { ", still to be run" } else { "" };
        let _ = writeln!(text, "  {} ({from}{open})", shown(&made.path));
    }
    text
}

fn proof(it: &Outcome<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(why) = &it.adopted.refused {
        lines.push(format!("not written: {why}"));
    }
    match (&it.proof.failed, &it.proof.differences, &it.name) {
        (Some((id, message)), ..) => lines.push(format!("proof: revision {id} fails: {message}")),
        (None, Some(differences), Some(name)) if differences.is_empty() && it.adopted.live_drafts == 0 => {
            let ran = count(it.proof.ran, "revision");
            lines.push(format!("proof: {ran} run from nothing; {name} is empty, and has none of them"));
        }
        (None, Some(differences), Some(name)) if differences.is_empty() => lines.push(format!(
            "proof: {} replayed from nothing {} to what {name} is, privileges included",
            count(it.adopted.live_drafts, "revision"),
            if it.adopted.live_drafts == 1 { "leads" } else { "lead" }
        )),
        (None, Some(differences), Some(name)) => {
            let many = count(differences.len(), "object");
            lines.push(format!(
                "proof: the revisions replayed from nothing are not what {name} is: {many} differ"
            ));
        }
        (None, ..) => lines.push(format!("proof: {} run from nothing", count(it.proof.ran, "revision"))),
    }
    let one_way = it.proof.one_way.len();
    if it.proof.failed.is_none() {
        lines.push(match one_way {
            0 => "every revision goes up, down and up again and leads back".to_owned(),
            _ => format!("{} of {} do not lead back", one_way, count(it.proof.ran, "revision")),
        });
    }
    lines
}

fn next(it: &Outcome<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if !it.is_written {
        return lines;
    }
    if let Some(into) = &it.into {
        lines.push(format!("migrations = \"{into}\" in cutover.toml"));
    }
    if let Some(live) = &it.adopted.live {
        for pattern in live.theirs.patterns() {
            lines.push(format!("add \"{pattern}\" to ignore in cutover.toml, as it is another tool's"));
        }
    }
    match (&it.stamp, it.stamped, &it.name) {
        (_, true, Some(name)) => lines.push(format!("cutover check, as {name} is stamped")),
        (Some(line), false, Some(_)) => lines.push(line.clone()),
        _ => {}
    }
    if it.name.is_some() && it.adopted.live_drafts < it.made.len() {
        lines.push(format!("{}, which runs what is open", it.upgrade));
    }
    lines
}

/// The whole report.
pub fn markdown(it: &Outcome<'_>) -> String {
    let mut text = format!("# What adopting {} found\n\n{}.\n\n## Conclusions\n\n", it.folder, head(it));
    text += &conclusions::markdown(&it.adopted.conclusions);
    text += "\n## The order that works\n\n";
    for (place, (path, numbers)) in order(it).into_iter().enumerate() {
        let _ = writeln!(text, "{}. `{path}`{numbers}", place + 1);
    }
    if let Some(name) = &it.name {
        let _ = write!(
            text,
            "\n## What {name} has had\n\n| file | applied | effect | found |\n| --- | --- | --- | --- |\n"
        );
        for applied in &it.adopted.applied {
            for (at, effect) in applied.effects.iter().enumerate() {
                let (file, state) =
                    if at == 0 { (applied.file.clone(), state(applied)) } else { Default::default() };
                let found = found(&effect.found);
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} |",
                    cell(&file),
                    state,
                    cell(&effect.effect),
                    cell(&found)
                );
            }
            if applied.effects.is_empty() {
                let _ = writeln!(text, "| {} | {} | | |", cell(&applied.file), state(applied));
            }
        }
    } else {
        text += "\n## What each file does\n\n";
        for (file, effects) in it.adopted.files.iter().zip(&it.adopted.effects) {
            let _ = writeln!(text, "- `{}`: {}", file.path(), effects.join("; "));
        }
    }
    let _ = write!(text, "\n## Revisions\n\n```\n{}```\n\n## Proof\n\n", revisions(it));
    for line in proof(it) {
        let _ = writeln!(text, "- {line}");
    }
    for draft in &it.adopted.drafts {
        if let Origin::Reconcile(changes) = &draft.origin {
            let _ = write!(text, "\n### {}\n\n```\n{}```\n", draft.title, changes::tree(changes));
        }
    }
    for line in next(it) {
        let _ = write!(text, "\nNext: `{line}`\n");
    }
    text
}

fn found(it: &Found) -> String {
    match it {
        Found::Present => "present".to_owned(),
        Found::ChangedAgain { by } => format!("changed again by {by}"),
        Found::Different { differences } => format!("different: {}", differences.join("; ")),
        Found::Absent => "absent".to_owned(),
        Found::Unknown => "cannot tell".to_owned(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn data(it: &Outcome<'_>) -> Value {
    let files: Vec<Value> = it
        .adopted
        .files
        .iter()
        .enumerate()
        .map(|(at, file)| {
            json!({
                "file": file.path(), "number": file.change.number, "message": file.change.message,
                "back": file.change.back.as_ref().map(|part| &part.path),
                "place": it.adopted.order.iter().position(|other| *other == at),
                "effects": it.adopted.effects[at], "rows": it.adopted.seeds[at],
                "names": file.names, "called": file.change.called,
                "applied": it.adopted.applied.get(at),
            })
        })
        .collect();
    let revisions: Vec<Value> = it
        .made
        .iter()
        .zip(&it.adopted.drafts)
        .enumerate()
        .map(|(at, (made, draft))| {
            let from = match &draft.origin {
                Origin::Roles | Origin::Reconcile(_) => None,
                Origin::File(file) => Some(it.adopted.files[*file].path()),
            };
            json!({ "id": made.id, "file": made.path, "from": from, "live": it.name.is_some() && at < it.adopted.live_drafts })
        })
        .collect();
    let reconciled = it.adopted.drafts.iter().find_map(|draft| match &draft.origin {
        Origin::Reconcile(changes) => Some(changes::json(changes, &[])["changes"].clone()),
        Origin::Roles | Origin::File(_) => None,
    });
    let differences = it.proof.differences.as_ref().map(|all| changes::json(all, &[])["changes"].clone());
    let order: Vec<&str> = it.adopted.order.iter().map(|at| it.adopted.files[*at].path()).collect();
    let one_way: Vec<&String> = it.proof.one_way.iter().map(|(id, ..)| id).collect();
    json!({
        "folder": it.folder, "layout": layout(it.layout), "against": it.name, "files": files, "order": order,
        "conclusions": conclusions::data(&it.adopted.conclusions), "revisions": revisions, "reconciled": reconciled,
        "proof": { "holds": it.proof.holds(), "failed": it.proof.failed, "differences": differences, "ran": it.proof.ran, "one_way": one_way },
        "written": it.is_written, "stamped": it.stamped, "stamp": it.stamp, "roles": it.adopted.roles, "refused": it.adopted.refused,
    })
}
