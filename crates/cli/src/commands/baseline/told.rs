//! What is said of a baseline: on the terminal, and for programs.

use cutover_core::catalog::Name;
use cutover_core::report::{Conclusion, Weight};
use cutover_engine::baseline::{Baseline, Beside};
use cutover_engine::session::Session;
use serde_json::json;

use super::Args;
use super::file::counts;
use crate::conclusions;
use crate::failure::shown;
use crate::new_files::Made;
use crate::output::Report;
use crate::sides::not_compared;

/// What is to be known of it.
pub(super) fn conclude(args: &Args, draft: &Baseline) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for other in &draft.others {
        let about = other.table.to_string();
        let one = match (&other.needed_by, args.keep_version_tables) {
            (None, false) => Conclusion::new(
                "other-tool",
                Weight::Note,
                about,
                format!("is the table of {}: it is left out", other.tool),
            )
            .next(format!(
                "add \"table {}.{}\" to ignore in cutover.toml for as long as it is there",
                other.table.namespace, other.table.name
            )),
            (None, true) => {
                Conclusion::new("other-tool", Weight::Note, about, format!("is the table of {}", other.tool))
            }
            (Some(id), _) => Conclusion::new(
                "other-tool",
                Weight::Warning,
                about,
                format!("is the table of {}, and stays: {id} needs it", other.tool),
            ),
        };
        found.push(one.because(other.to_string()));
    }
    if !draft.roles.is_empty() {
        let names: Vec<&Name> = draft.roles.iter().collect();
        let text = "has to be there on every server before the revision runs: no revision makes it";
        found.extend(
            names.iter().map(|name| Conclusion::new("role", Weight::Note, format!("role {name}"), text)),
        );
    }
    found.extend(draft.tablespaces.iter().map(|name| {
        let text = "has to be there on every server before the revision runs: no revision makes it";
        Conclusion::new("tablespace", Weight::Note, format!("tablespace {name}"), text)
    }));
    found.extend(draft.beside.iter().map(beside));
    for what in not_compared([&draft.catalog]) {
        found.push(Conclusion::new("not-compared", Weight::Warning, "the schema", what));
    }
    found
}

/// What a new database does not get from the revision.
fn beside(it: &Beside) -> Conclusion {
    let (text, next) = match it.id {
        "sequence-places" => (
            "they begin anew on a new database",
            "--rows of their tables takes the places along; SELECT setval(...) in a revision sets others",
        ),
        "password" => {
            ("no file has them, and a new database gets none", "ALTER USER MAPPING on each new database")
        }
        "database-settings" => {
            ("what is set for the database as a whole is not in it", "where databases are made, set it, too")
        }
        "large-objects" => ("they are rows, and not in it", "carry them as you carry the rows"),
        _ => ("they are not in it", "set them on each new database"),
    };
    let mut one = Conclusion::new(it.id, Weight::Note, it.about.clone(), text).next(next);
    one.evidence = it.items.iter().take(10).cloned().collect();
    if it.items.len() > 10 {
        one.evidence.push(format!("and {} more", it.items.len() - 10));
    }
    one
}

/// What was written.
pub(super) fn report(
    args: &Args,
    draft: &Baseline,
    written: &Made,
    found: &[Conclusion],
    session: &Session,
) -> Report {
    let mut text = format!("wrote {}: {}\n", shown(&written.path), counts(draft));
    for (table, rows) in &draft.rows {
        text += &format!("rows of {table}: {rows}\n");
    }
    let with = match (args.privileges, args.owners) {
        (true, true) => "privileges and owners, too",
        (true, false) => "privileges, too; owners are not in it",
        (false, true) => "owners, too; privileges are not in it",
        (false, false) => "privileges and owners are not in it",
    };
    text += &format!(
        "loaded into a scratch database it gives the schema of {} ({with})\n",
        session.facts.database
    );
    text += &conclusions::text(found);
    text += &match args.stamp {
        true => format!(
            "database {} is stamped: {} counts as applied there\n",
            session.facts.database, written.id
        ),
        false => format!("next: cutover stamp {}\n", written.id),
    };
    let data = json!({
        "id": written.id, "file": written.path, "same": true, "stamped": args.stamp,
        "roles": draft.roles, "extensions": draft.extensions,
        "rows": draft.rows.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect::<Vec<_>>(),
        "conclusions": conclusions::data(found),
    });
    Report::new(text, &data)
}
