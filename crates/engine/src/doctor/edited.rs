//! Files and the ledger of a database: files that were edited after they were applied, and applied ones that are gone.

use cutover_core::report::{Conclusion, Weight};

use super::survey::Survey;
use crate::execute;
use crate::ledger::State;

/// Finds them by the checksums of the ledger.
pub fn check(survey: &Survey, state: &State) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for index in execute::edited(&survey.history, state) {
        let id = survey.history.graph().id(index);
        let text = "the file was edited after it was applied: databases that come later get something else";
        let mut conclusion =
            survey.about(index, survey.id_offset(index), "edited-after-applied", Weight::Error, text);
        if let Some(applied) = state.applied.get(id) {
            conclusion =
                conclusion.because(format!("applied {} by {}", applied.applied_at, applied.applied_by));
            conclusion = conclusion.because(format!("checksum then: {}", applied.checksum));
            let now = cutover_sql::checksum::normal(&survey.history.revision(index).text);
            conclusion = conclusion.because(format!("checksum now:  {now}"));
        }
        found.push(
            conclusion
                .next("bring the text back from version control and write a new revision for the change"),
        );
    }
    let mentioned = |id: &str| survey.unreadable.iter().any(|it| it.contains(id));
    // what was squashed is there under another name
    let graph = survey.history.graph();
    for (id, applied) in &state.applied {
        if graph.find(id).is_none() && graph.replacement(id).is_none() && !mentioned(id) {
            let text = "it is applied in the database, and its file is gone";
            let conclusion = Conclusion::new("applied-without-file", Weight::Error, id, text);
            let conclusion =
                conclusion.because(format!("applied {}: {}", applied.applied_at, applied.message));
            found.push(conclusion.next("bring the file back from version control"));
        }
    }
    found
}
