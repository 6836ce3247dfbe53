//! Tables and columns that two revisions make, with nothing between them that removes what the first one made.

use std::collections::BTreeMap;

use cutover_core::report::{Conclusion, Weight};

use super::facts::{Fact, Kind, Project, Revision};

/// What is there, by its table and, of a column, its name: who made it.
type There<'a> = BTreeMap<(String, String), (&'a Revision, &'a Fact)>;

/// Follows the upgrades in running order. What raw SQL makes is not seen.
pub fn check(project: &Project) -> Vec<Conclusion> {
    let by_id = project.by_id();
    let mut there = There::new();
    let mut found = Vec::new();
    for revision in project.ordered() {
        for fact in revision.facts.iter().filter(|it| it.section == "upgrade" && !it.name.is_empty()) {
            let Some(key) = follow(&mut there, fact) else { continue };
            if let Some((other, first)) = there.insert(key.clone(), (revision, fact))
                // a line beside this one may be its own database
                && (other.id == revision.id
                    || Project::before(&by_id, revision).contains(other.id.as_str()))
            {
                found.push(conclusion(revision, fact, &key, (other, first)));
            }
        }
    }
    found
}

/// Takes away what a fact removes; gives what it makes.
fn follow(there: &mut There<'_>, fact: &Fact) -> Option<(String, String)> {
    let column = (fact.table.clone(), fact.name.clone());
    let table = (fact.name.clone(), String::new());
    match fact.kind {
        Kind::CreateTable => Some(table),
        Kind::DropTable => {
            there.retain(|key, _| key.0 != fact.name);
            None
        }
        Kind::RenameTable => {
            there.retain(|key, _| key.0 != fact.table);
            Some(table)
        }
        Kind::CreateColumn | Kind::AddColumn => Some(column),
        Kind::DropColumn => {
            there.remove(&column);
            None
        }
        Kind::Concurrently
        | Kind::Commit
        | Kind::IfNotExists
        | Kind::ReadsFile
        | Kind::CallsOut
        | Kind::Imports
        | Kind::RowsDecide
        | Kind::SchemaDecides => None,
    }
}

fn conclusion(
    revision: &Revision,
    fact: &Fact,
    key: &(String, String),
    first: (&Revision, &Fact),
) -> Conclusion {
    let what = match key.1.as_str() {
        "" => format!("table {}", key.0),
        column => format!("column {}.{column}", key.0),
    };
    let (other, made) = first;
    let text = format!(
        "makes {what}, which {} has made already: the history fails here on every new database",
        other.id
    );
    revision
        .about(fact.line, "made-twice", Weight::Error, text)
        .because(fact.shown())
        .because(format!("{}:{}: {}", other.path, made.line, made.shown()))
        .next("take it out of one of the two; whether production has it, cutover reconcile says")
}
