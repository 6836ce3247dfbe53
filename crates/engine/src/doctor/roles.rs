//! Roles that the revisions name and none of them makes: on a server without them the history fails.

use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;

use super::survey::Survey;
use crate::schema::roles::named;

/// Finds them.
pub fn check(survey: &Survey) -> Vec<Conclusion> {
    let all: Vec<Index> = (0..survey.history.graph().len()).collect();
    let conclude = |(role, index, at): (String, Index, usize)| {
        let text = format!("names role {role}, which no revision makes: it has to be on every server before");
        let found = survey.about(index, at, "needs-role", Weight::Note, text);
        found.next("where servers are made, make the role, too; a scratch server gets it for the replay")
    };
    named(&survey.history, &all).into_iter().map(conclude).collect()
}
