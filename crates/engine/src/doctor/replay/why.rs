//! Why a revision fails on a clean database, in words: what is missing, and which revision would have made it.

use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;
use cutover_core::usage::has_word;
use cutover_sql::span::place;
use cutover_sql::statement::Statement;

use crate::doctor::makers::{self, Does};
use crate::doctor::survey::Survey;
use crate::execute::{ServerError, StepError, StepFailure};

/// No such table, column, function, object, schema (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
const MISSING: [&str; 5] = ["42P01", "42703", "42883", "42704", "3F000"];

/// A revision that cannot be applied where everything that it needs is.
pub fn fails(survey: &Survey, index: Index, failure: &StepFailure) -> Conclusion {
    if server(failure)
        .is_some_and(|it| it.message.starts_with("extension \"") && it.message.ends_with("is not available"))
    {
        let text = format!("cannot be tried here: {}", failure.error);
        return at(survey, index, failure, "not-tried-here", Weight::Note, text)
            .next("install the extension for the scratch server, or set CUTOVER_PG_BIN to one that has it");
    }
    let why = server(failure).and_then(|error| explained(survey, index, error));
    let text = match &why {
        Some(why) => format!("fails on a clean database: {}; {why}", failure.error),
        None => format!("fails on a clean database: {}", failure.error),
    };
    let found = at(survey, index, failure, "chain-fails", Weight::Error, text);
    found.next("a new database cannot be made from this history: mend the revision, or take what is live as a baseline (cutover baseline)")
}

/// The revision, of those that cannot be applied, for want of which one fails: its file has what PostgreSQL misses.
pub fn follows(survey: &Survey, broken: &[Index], failure: &StepFailure) -> Option<Index> {
    let error = server(failure).filter(|error| MISSING.contains(&error.code.as_str()))?;
    let name = subject(&error.message)?;
    broken.iter().copied().rfind(|index| has_word(&survey.history.revision(*index).text, &name))
}

/// A downgrade that fails.
pub fn comes_not_back(survey: &Survey, index: Index, failure: &StepFailure) -> Conclusion {
    let text = format!("its downgrade fails: {}", failure.error);
    at(survey, index, failure, "downgrade-fails", Weight::Warning, text)
        .next("mend the downgrade, or write --@ irreversible \"why\" in the header")
}

/// An upgrade that cannot be run again after the downgrade.
pub fn goes_not_up_again(survey: &Survey, index: Index, failure: &StepFailure) -> Conclusion {
    let text = format!("after its downgrade it cannot be applied again: {}", failure.error);
    at(survey, index, failure, "downgrade-does-not-restore", Weight::Warning, text)
        .next("let the downgrade remove all that the upgrade makes")
}

/// At the statement that failed, with what PostgreSQL said.
fn at(
    survey: &Survey,
    index: Index,
    failure: &StepFailure,
    id: &'static str,
    weight: Weight,
    text: String,
) -> Conclusion {
    let offset = failure.offset.unwrap_or_else(|| survey.id_offset(index));
    let mut found = survey.about(index, offset, id, weight, text);
    if let Some(statement) = failure.offset.and_then(|offset| around(survey, index, offset)) {
        let sql = statement.span.text(&survey.history.revision(index).text);
        found.evidence.push(sql.lines().take(6).collect::<Vec<_>>().join("\n"));
    }
    if let Some(error) = server(failure) {
        found.evidence.push(format!("{} {}: {}", error.severity, error.code, error.message));
        found.evidence.extend(error.detail.iter().map(|it| format!("DETAIL: {it}")));
        found.evidence.extend(error.hint.iter().map(|it| format!("HINT: {it}")));
    }
    found
}

fn server(failure: &StepFailure) -> Option<&ServerError> {
    match &failure.error {
        StepError::Server(error) => Some(error),
        StepError::Lost { .. }
        | StepError::Locks { .. }
        | StepError::Guard { .. }
        | StepError::Command { .. }
        | StepError::Backfill(_)
        | StepError::InTheWay(_)
        | StepError::Session(_) => None,
    }
}

/// The statement that a byte of the file is in.
fn around(survey: &Survey, index: Index, offset: usize) -> Option<&Statement> {
    let document = survey.documents.get(&index)?;
    let sections = std::iter::once(&document.upgrade).chain(document.downgrade.as_ref());
    sections
        .flat_map(|section| &section.blocks)
        .flat_map(|block| &block.statements)
        .find(|statement| (statement.span.start..=statement.span.end).contains(&offset))
}

/// What the other revisions have to do with an error.
fn explained(survey: &Survey, index: Index, error: &ServerError) -> Option<String> {
    let name = subject(&error.message)?;
    match error.code.as_str() {
        code if MISSING.contains(&code) => Some(missing(survey, index, &name)),
        // there is such a table, column, function, object, schema
        "42P07" | "42701" | "42723" | "42710" | "42P06" => there_already(survey, index, &name),
        _ => None,
    }
}

/// The name that a message is about: the first in quotes, or what stands before `does not exist`.
fn subject(message: &str) -> Option<String> {
    if let Some(quoted) = message.split('"').nth(1) {
        return Some(quoted.rsplit('.').next().unwrap_or(quoted).to_owned());
    }
    let before = message.split(" does not exist").next()?;
    let word = before.split('(').next()?.split_whitespace().last()?;
    Some(word.rsplit('.').next().unwrap_or(word).to_owned())
}

fn missing(survey: &Survey, index: Index, name: &str) -> String {
    let graph = survey.history.graph();
    let place = |index: Index, statement: &Statement| {
        let line = place(&survey.history.revision(index).text, statement.span.start).line;
        format!("{} ({}:{line})", graph.id(index), survey.path(index))
    };
    let needs = graph.needs([index]);
    let all = makers::of(survey, name);
    let removed =
        all.iter().rev().find(|(at, _, does)| *does == Does::Removes && needs.contains(at) && *at != index);
    if let Some((at, statement, _)) = removed {
        return format!("{} removes it", place(*at, statement));
    }
    if let Some((at, statement, _)) = all.iter().find(|(at, _, does)| *does == Does::Makes && *at != index) {
        let who = place(*at, statement);
        return if graph.needed_by([index]).contains(at) {
            format!("{who} makes it, and comes later")
        } else if needs.contains(at) {
            format!("{who} should have made it")
        } else {
            format!(
                "{who} makes it, on a line that this revision does not need: --@ depends {}",
                graph.id(*at)
            )
        };
    }
    if let Some((at, comment)) = makers::disabled(survey, name).first() {
        let first = comment.lines().next().unwrap_or_default();
        return format!(
            "{} ({}) would make it, and has it in a comment: {first}",
            graph.id(*at),
            survey.path(*at)
        );
    }
    "no revision makes it: it came from somewhere outside of this history".into()
}

fn there_already(survey: &Survey, index: Index, name: &str) -> Option<String> {
    let graph = survey.history.graph();
    let needs = graph.needs([index]);
    let all = makers::of(survey, name);
    let (at, statement, _) =
        all.iter().rev().find(|(at, _, does)| *does == Does::Makes && needs.contains(at) && *at != index)?;
    let line = place(&survey.history.revision(*at).text, statement.span.start).line;
    Some(format!("{} ({}:{line}) has made it before", graph.id(*at), survey.path(*at)))
}

#[cfg(test)]
mod tests {
    use super::subject;

    #[test]
    fn the_name_is_found_in_a_message() {
        let of = |message: &str| subject(message).unwrap_or_default();
        assert_eq!(of("relation \"app.notes\" does not exist"), "notes");
        assert_eq!(of("column n.body does not exist"), "body");
        assert_eq!(of("function app.f(integer) does not exist"), "f");
        assert_eq!(of("relation \"notes\" already exists"), "notes");
    }
}
