//! Revisions whose result depends on more than their text: on files, programs, the application, rows, the schema that is there.

use cutover_core::report::{Conclusion, Weight};

use super::facts::{Fact, Kind, Project, Revision};

/// Finds them.
pub fn check(project: &Project) -> Vec<Conclusion> {
    let all = project.revisions.iter().flat_map(|it| it.facts.iter().map(move |fact| (it, fact)));
    all.filter_map(|(revision, fact)| one(revision, fact)).collect()
}

fn one(revision: &Revision, fact: &Fact) -> Option<Conclusion> {
    let (id, weight, text, next) = match fact.kind {
        Kind::ReadsFile => (
            "depends-on-outside",
            Weight::Warning,
            "reads a file: it does what the file says today, and not what it said when it was applied"
                .to_owned(),
            "put the text of the file into the revision",
        ),
        Kind::CallsOut => (
            "depends-on-outside",
            Weight::Warning,
            "calls another program or service: what comes of it is not in the history".to_owned(),
            "keep what came of it as rows of the revision",
        ),
        Kind::Imports => (
            "imports-application",
            Weight::Warning,
            format!(
                "imports {}, the application: it does what that code says today, and breaks when it moves",
                fact.name
            ),
            "copy what it needs into the revision",
        ),
        Kind::RowsDecide => (
            "rows-decide",
            Weight::Warning,
            "reads rows and decides by them: on an empty database it finds none and does something else"
                .to_owned(),
            "its SQL cannot be written down as it is: it becomes one statement that does the same, or a run step",
        ),
        Kind::SchemaDecides => (
            "schema-decides",
            Weight::Note,
            "looks at the schema and decides by it: databases that differed before it may differ after it"
                .to_owned(),
            "cutover reconcile shows what each of them has",
        ),
        Kind::Concurrently
        | Kind::Commit
        | Kind::IfNotExists
        | Kind::CreateTable
        | Kind::DropTable
        | Kind::RenameTable
        | Kind::CreateColumn
        | Kind::AddColumn
        | Kind::DropColumn => return None,
    };
    Some(revision.about(fact.line, id, weight, text).because(fact.shown()).next(next))
}
