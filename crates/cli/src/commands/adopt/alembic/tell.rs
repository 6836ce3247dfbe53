//! What is said of an Alembic project that was taken over: as text, as Markdown, as data.

use cutover_core::report::{Conclusion, Weight};
use cutover_engine::adopt::alembic::live::Live;
use cutover_engine::adopt::alembic::{self, Adopted, Proof};
use serde_json::{Value, json};

use super::place::{Place, ignored};
use super::{Args, Done};
use crate::conclusions;
use crate::context::is_url;
use crate::failure::shown;
use crate::output::{count, table};

/// What is to be said where the revisions ran on another version than the database's.
pub fn of_version(major: u32) -> Conclusion {
    let text = format!(
        "it is PostgreSQL {major}, and the revisions ran on another version: what PostgreSQL writes of a definition may differ"
    );
    Conclusion::new("other-version", Weight::Warning, "database", text)
        .next("set CUTOVER_PG_BIN to the bin folder of a server of that version")
}

/// What is to be said of the database.
pub fn of_live(live: &Live) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for id in &live.unknown {
        let text = "Alembic's table in the database names it, and no file has it";
        found.push(Conclusion::new("unknown-version", Weight::Error, id, text));
    }
    if live.versions.is_empty() {
        let text = "Alembic's table is not there or empty: nothing counts as applied";
        found.push(Conclusion::new("no-version", Weight::Warning, "database", text));
    }
    if !live.difference.is_empty() {
        let text = "the database is not what its revisions make of an empty one (+ is only in the database, - is missing there)";
        let one = Conclusion::new("live-differs", Weight::Error, "database", text);
        let one = live.difference.lines().into_iter().fold(one, Conclusion::because);
        found.push(one.next("cutover reconcile writes a revision that brings both together"));
    }
    found
}

fn word(proof: &Proof) -> &'static str {
    match proof {
        Proof::Equal => "equal",
        Proof::Differs(_) => "differs",
        Proof::Fails(_) => "fails",
    }
}

fn rows(adopted: &Adopted) -> Vec<Vec<String>> {
    let head = ["revision", "statements", "back", "replay", "message"].map(str::to_owned).to_vec();
    let row = |it: &alembic::Revised| {
        let back = it.down.map_or_else(|| "none".into(), |count| count.to_string());
        let replay = if it.is_broken { "not run" } else { word(&it.proof) };
        let (up, back) = match (it.is_run, it.down) {
            (true, Some(_)) => ("Python".into(), "Python".into()),
            (true, None) => ("Python".into(), back),
            (false, _) => (it.up.to_string(), back),
        };
        vec![it.id.clone(), up, back, replay.into(), it.message.clone()]
    };
    std::iter::once(head).chain(adopted.revisions.iter().map(row)).collect()
}

fn proven(adopted: &Adopted) -> String {
    let equal = adopted.revisions.iter().filter(|it| it.proof == Proof::Equal && !it.is_broken).count();
    format!(
        "{} of {} lead to the schema and the rows of Alembic's own run",
        equal,
        count(adopted.revisions.len(), "revision")
    )
}

fn state(live: &Live) -> String {
    let heads = if live.heads.is_empty() { "nothing".into() } else { live.heads.join(", ") };
    let same =
        if live.difference.is_empty() { "equal to the history there" } else { "not what the history makes" };
    format!("the database is at {heads} ({} applied), and is {same}", count(live.applied.len(), "revision"))
}

pub fn text(
    args: &Args,
    adopted: &Adopted,
    live: Option<&Live>,
    found: &[Conclusion],
    place: &Place,
    done: &Done,
) -> String {
    let mut out = table(&rows(adopted));
    out.push('\n');
    out += &conclusions::text(found);
    if !found.is_empty() {
        out.push('\n');
    }
    out += &format!("{}\n", proven(adopted));
    if let Some(live) = live {
        out += &format!("{}\n", state(live));
    }
    if !done.is_written {
        out += if args.dry_run {
            "nothing was written\n"
        } else {
            "nothing was written: there are revisions that Alembic itself cannot run\n"
        };
        return out;
    }
    out += &format!("wrote {} to {}/\n", count(adopted.revisions.len(), "revision"), shown(&place.folder));
    if let Some(config) = &done.config {
        out += &format!("wrote {}\n", shown(config));
    }
    if done.config.is_none() {
        out += &format!("for as long as Alembic's table is there, in cutover.toml: {}\n", ignored(adopted));
    }
    if let Some(other) = &place.other {
        out += &format!("cutover.toml still says migrations in {}\n", shown(other));
    }
    match (live, args.shared.stamp) {
        (Some(_), true) => {
            out += &format!(
                "stamped: {}\n",
                if done.stamped.is_empty() { "it was already".into() } else { done.stamped.join(", ") }
            )
        }
        (Some(live), false) if !live.heads.is_empty() => {
            for head in &live.heads {
                let place = match &args.shared.against {
                    Some(name) if !is_url(name) => format!("--env {name}"),
                    // a URL may have a password
                    _ => "--url URL".into(),
                };
                out += &format!("next: cutover stamp {head} {place}\n");
            }
        }
        _ => {}
    }
    out
}

pub fn markdown(adopted: &Adopted, live: Option<&Live>, found: &[Conclusion]) -> String {
    let started = &adopted.started;
    let mut out = "# An Alembic history, taken over\n\n".to_owned();
    out += &format!(
        "Alembic {}, SQLAlchemy {}, Python {}. {}.\n",
        started.alembic,
        started.sqlalchemy,
        started.python,
        proven(adopted)
    );
    if let Some(live) = live {
        let said = state(live);
        let (first, rest) = said.split_at(1);
        out += &format!("\n{}{rest}.\n", first.to_uppercase());
    }
    out += "\n## Revisions\n\n";
    for (at, row) in rows(adopted).iter().enumerate() {
        out +=
            &format!("| {} |\n", row.iter().map(|it| it.replace('|', "\\|")).collect::<Vec<_>>().join(" | "));
        if at == 0 {
            out += "| --- | --- | --- | --- | --- |\n";
        }
    }
    out += "\n## What was found\n\n";
    out += &conclusions::markdown(found);
    out
}

pub fn data(
    adopted: &Adopted,
    live: Option<&Live>,
    found: &[Conclusion],
    place: &Place,
    done: &Done,
) -> Value {
    let revisions: Vec<Value> = adopted
        .revisions
        .iter()
        .map(|it| {
            json!({
                "id": it.id, "alembic": it.old, "message": it.message, "file": it.file, "statements": it.up,
                "back": it.down, "replay": if it.is_broken { "not run" } else { word(&it.proof) },
                "python": it.python.is_some(), "run": it.is_run, "duration_ms": it.millis,
            })
        })
        .collect();
    let live = live.map(|live| {
        json!({
            "versions": live.versions, "unknown": live.unknown, "heads": live.heads, "applied": live.applied.len(),
            "is_equal": live.difference.is_empty(),
        })
    });
    json!({
        "folder": place.folder, "written": done.is_written, "revisions": revisions, "conclusions": conclusions::data(found),
        "database": live, "stamped": done.stamped,
    })
}
