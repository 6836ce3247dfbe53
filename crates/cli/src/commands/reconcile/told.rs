//! What is said of a revision that reconciles: on the terminal, and for programs.

use cutover_core::diff::Change;
use cutover_core::report::{Conclusion, Weight};
use cutover_engine::reconcile::{Answered, Reconciled, Rows};
use serde_json::{Value, json};

use super::To;
use super::read::Read;
use crate::changes;
use crate::conclusions;
use crate::failure::shown;
use crate::new_files::Made;
use crate::output::{Report, count};
use crate::renames;

pub(super) fn conclude(read: &[Read]) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for it in read {
        let name = &it.source.name;
        if !it.has_ledger {
            let text = "has no revision applied: it is taken as it is, as if it were at the head";
            let one = Conclusion::new("no-ledger", Weight::Warning, name.clone(), text);
            found.push(one.next("stamp it at the revision before this one, and upgrade it then"));
        }
        if let Some(major) = it.other_major {
            let text = format!(
                "is PostgreSQL {major}, and the copies are of another version: what PostgreSQL writes of a definition may differ"
            );
            let one = Conclusion::new("other-version", Weight::Warning, name.clone(), text);
            found.push(one.next("set CUTOVER_PG_BIN to the bin folder of a server of that version"));
        }
        for (what, rows) in &it.lost {
            let one = Conclusion::new("data-loss", Weight::Warning, name.clone(), format!("will {what}"));
            found.push(one.because(format!("{}, by its statistics", about(*rows))));
        }
        found.extend(it.no_roles.iter().map(|role| no_role(name, role)));
        found.extend(kept(name, &it.kept_rights));
        found.extend(it.rows.iter().filter_map(|it| rows(name, it)));
        if !it.source.pending.is_empty() && it.source.live.is_some() {
            let text = format!("runs {} before", count(it.source.pending.len(), "pending revision"));
            found.push(Conclusion::new("pending", Weight::Note, name.clone(), text));
        }
    }
    found
}

/// About how many rows.
pub(super) fn about(rows: i64) -> String {
    format!("about {}", count(usize::try_from(rows).unwrap_or_default(), "row"))
}

fn no_role(name: &str, role: &str) -> Conclusion {
    let text = format!("role {role} is not there, and what the schema grants to it fails");
    let one = Conclusion::new("role-missing", Weight::Warning, name, text);
    one.next(format!("before the revision runs there: CREATE ROLE {}", cutover_sql::ident::quote_ident(role)))
}

/// Privileges that a database has besides, and keeps.
fn kept(name: &str, statements: &[String]) -> Option<Conclusion> {
    let first = statements.first()?;
    let text = match statements.len() {
        1 => "has a privilege that is not wanted; it stays".to_owned(),
        many => {
            format!("has privileges that are not wanted; they stay ({many} statements would take them away)")
        }
    };
    let mut one = Conclusion::new("more-privileges", Weight::Warning, name, text).because(first);
    one.evidence.extend(statements.iter().skip(1).take(9).cloned());
    Some(one.next("--privileges exact, when nobody lives by them; --privileges ignore when they are no business of the history"))
}

/// Rows that stand against the revision.
fn rows(name: &str, it: &Answered) -> Option<Conclusion> {
    let (weight, id, text, evidence) = match &it.rows {
        Rows::None => return None,
        Rows::Some(number, some) => {
            let more = if *number >= 1000 { "or more " } else { "" };
            let verb = if *number == 1 { "stands" } else { "stand" };
            let text = format!(
                "{} {more}{verb} against it, and it would stop there: {}",
                count(*number, "row"),
                it.text
            );
            (Weight::Error, "rows-against", text, some.join("; "))
        }
        Rows::Fails(why) => {
            let text = format!("a row stands against it, and it would stop there: {}", it.text);
            (Weight::Error, "rows-against", text, why.clone())
        }
        Rows::Unknown(why) => {
            (Weight::Note, "rows-not-asked", format!("its rows could not be asked: {}", it.text), why.clone())
        }
    };
    let one = Conclusion::new(id, weight, name, text).because(evidence);
    Some(one.next(format!("mend them there before; see them with: {}", it.query)))
}

pub(super) fn nothing(to: To, read: &[Read], found: &[Conclusion]) -> Report {
    let names: Vec<&str> = read.iter().map(|it| it.source.name.as_str()).collect();
    let text = format!("nothing to do: {} have the schema of {}\n", names.join(", "), to.words());
    let data = json!({ "id": null, "file": null, "conclusions": conclusions::data(found) });
    Report::new(conclusions::text(found) + &text, &data)
}

/// What was written, and what it does where.
pub(super) fn report(
    to: To,
    read: &[Read],
    differences: &[Vec<Change>],
    draft: &Reconciled,
    written: &Made,
    found: &[Conclusion],
) -> Report {
    let mut text = format!("wrote {}\n", shown(&written.path));
    for (at, it) in read.iter().enumerate() {
        text += &does(&it.source.name, at, draft);
    }
    text += &format!("\ntried on a copy of each: all of them have the schema of {} then\n", to.words());
    if let Some(why) = &draft.irreversible {
        text += &format!("irreversible: {why}\n");
    }
    text += &conclusions::text(found);
    let databases: Vec<Value> =
        read.iter().zip(differences).map(|(it, changes)| database(it, changes)).collect();
    let names = |needs: &[bool]| -> Vec<&str> {
        let those = read.iter().zip(needs).filter(|(_, needs)| **needs);
        those.map(|(it, _)| it.source.name.as_str()).collect()
    };
    let steps: Vec<Value> =
        draft.steps.iter().map(|(title, needs)| json!({ "title": title, "does": names(needs) })).collect();
    let data = json!({
        "id": written.id, "file": written.path, "to": to.words(), "irreversible": draft.irreversible,
        "steps": steps, "databases": databases, "conclusions": conclusions::data(found),
    });
    Report::new(text, &data)
}

/// What is done at one of them, and what is not.
fn does(name: &str, at: usize, draft: &Reconciled) -> String {
    let does = draft.steps.iter().filter(|(_, needs)| needs[at]).count();
    let rests = draft.steps.len() - does;
    let mut text = format!("\n{name}: {}, {rests} with nothing to do\n", count(does, "change"));
    for (title, needs) in &draft.steps {
        text += &format!("  {} {}\n", if needs[at] { "runs " } else { "rests" }, title.replace('\n', " "));
    }
    text
}

fn database(it: &Read, changes: &[Change]) -> Value {
    let lost: Vec<Value> = it.lost.iter().map(|(what, rows)| json!({ "what": what, "rows": rows })).collect();
    let rows: Vec<Value> = it.rows.iter().map(answer).collect();
    json!({
        "name": it.source.name, "pending": it.source.pending.len(), "lost": lost,
        "renames": renames::json(&it.source.renames), "missing_roles": it.no_roles, "kept_privileges": it.kept_rights,
        "rows": rows, "differences": changes::json(changes, &[])["changes"],
    })
}

/// What rows say: how many stand against it, none where that is not known.
fn answer(it: &Answered) -> Value {
    let (number, why) = match &it.rows {
        Rows::None => (Some(0), None),
        Rows::Some(number, _) => (Some(*number), None),
        Rows::Fails(why) | Rows::Unknown(why) => (None, Some(why)),
    };
    json!({ "holds": it.text, "against": number, "why": why, "query": it.query })
}
