//! Statements and transactions that do not go together: concurrent ones inside, commits in the middle.

use cutover_core::report::{Conclusion, Weight};

use super::facts::{Fact, Kind, Project, Revision};

/// Finds them.
pub fn check(project: &Project) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for revision in &project.revisions {
        if !project.is_autocommit {
            found.extend(revision.all(Kind::Concurrently).map(|fact| concurrently(revision, fact)));
        }
        found.extend(revision.all(Kind::Commit).map(|fact| commit(revision, fact)));
        found.extend(revision.all(Kind::IfNotExists).map(|fact| if_not_exists(revision, fact)));
    }
    found
}

fn concurrently(revision: &Revision, fact: &Fact) -> Conclusion {
    let text = "CONCURRENTLY inside a transaction: PostgreSQL refuses it, so the history fails here on every new database";
    revision
        .about(fact.line, "concurrently-in-transaction", Weight::Error, text)
        .because(fact.shown())
        .next("with op.get_context().autocommit_block(): around it; as a Cutover revision it needs nothing")
}

fn commit(revision: &Revision, fact: &Fact) -> Conclusion {
    let text = format!(
        "{} in the middle of the {}: what stands before it stays when what follows fails, and the version is not recorded with it",
        fact.name, fact.section
    );
    revision
        .about(fact.line, "transaction-control", Weight::Error, text)
        .because(fact.shown())
        .next("split the revision in two, or use autocommit_block()")
}

fn if_not_exists(revision: &Revision, fact: &Fact) -> Conclusion {
    let text =
        "IF NOT EXISTS: where something else of that name is there, it does nothing and counts as done";
    let found = revision.about(fact.line, "if-not-exists", Weight::Note, text);
    found.because(fact.shown()).next("cutover reconcile shows what production really has")
}
