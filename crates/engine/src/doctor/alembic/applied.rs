//! What Alembic's table says in a database, beside the files: revisions that no file has, and several where one needs another.

use cutover_core::report::{Conclusion, Weight};

use super::Files;
use super::facts::{Project, Revision};
use crate::adopt::alembic::VersionTable;
use crate::adopt::alembic::charge::versions;
use crate::session::{Session, SessionError};

/// Reads the table, and nothing else.
///
/// # Errors
/// When it cannot be read.
pub async fn applied(
    files: &Files,
    table: &VersionTable,
    session: &Session,
) -> Result<Vec<Conclusion>, SessionError> {
    let there: Vec<String> = versions(table, session).await?.into_iter().collect();
    let database = &session.facts.database;
    if there.is_empty() {
        let text = format!("says nothing of a revision: table {} is not there or is empty", table.table);
        let next = "alembic upgrade head would run everything there; alembic stamp where it is there already";
        return Ok(vec![
            Conclusion::new("no-ledger", Weight::Note, format!("database {database}"), text).next(next),
        ]);
    }
    let mut found = Vec::new();
    for id in there.iter().filter(|id| files.revision(id).is_none()) {
        let text =
            format!("database {database} is at it, and no file has it: every alembic command fails there");
        let conclusion = Conclusion::new("applied-without-file", Weight::Error, id, text);
        found.push(conclusion.next(
            "bring the file back from version control, or alembic stamp --purge a revision that is there",
        ));
    }
    let tips: Vec<&Revision> = there.iter().filter_map(|id| files.revision(id)).collect();
    found.extend(files.projects.iter().flat_map(|project| overlaps(project, &tips, database)));
    Ok(found)
}

/// Alembic refuses to go on where one of its rows is an ancestor of another.
fn overlaps(project: &Project, tips: &[&Revision], database: &str) -> Vec<Conclusion> {
    let by_id = project.by_id();
    let mut found = Vec::new();
    for tip in tips {
        let before = Project::before(&by_id, tip);
        for other in tips.iter().filter(|it| before.contains(it.id.as_str())) {
            let text = format!(
                "database {database} is at it and at {}, which comes before it: alembic refuses both",
                other.id
            );
            let conclusion = tip.about(tip.line, "overlapping-versions", Weight::Error, text);
            found.push(conclusion.next(format!("take the row of {} out of Alembic's table", other.id)));
        }
    }
    found
}
