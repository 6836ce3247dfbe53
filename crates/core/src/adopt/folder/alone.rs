//! Statements that PostgreSQL refuses in a transaction, beside others in a file.
//!
//! Which they are is known to `cutover_sql`; what each tool does with them, here.

use cutover_sql::statement::{Statement, Transaction};
use cutover_sql::tree::NodeEnum;

use super::control::title;
use super::examine::Where;
use super::{Layout, Part};
use crate::report::{Conclusion, Weight};

/// Looks for them, and says of the part whether it can be one transaction.
pub(super) fn check(
    part: &mut Part,
    all: &[(Statement, NodeEnum)],
    is_wrapped: bool,
    at: &Where,
) -> Option<Conclusion> {
    let is_outside = |it: &&Statement| matches!(it.traits.transaction, Transaction::Outside(_));
    let outside: Vec<&Statement> = all.iter().map(|(it, _)| it).filter(is_outside).collect();
    let first = outside.first()?;
    let (is_only, is_plain) = (all.len() == 1, at.style == Layout::Plain);
    let was_transactional = part.is_transactional;
    // the whole file fails when it is wrapped, or its tool wraps it; psql runs statement by statement
    let fails = is_wrapped
        || match at.style {
            Layout::Plain => false,
            // without others in its file, both of these let it run
            Layout::Flyway => was_transactional && outside.len() < all.len(),
            Layout::GolangMigrate => was_transactional && !is_only,
            Layout::Dbmate | Layout::Goose => was_transactional,
        };
    part.is_transactional = fails;
    let (id, weight, text) = match (fails, is_only) {
        (true, _) => (
            "outside-in-transaction",
            Weight::Error,
            format!("PostgreSQL refuses {} in a transaction, and {}", first.traits.tag, why(is_wrapped, at)),
        ),
        (false, true) => return None,
        (false, false) if is_plain || !was_transactional => (
            "outside-beside-others",
            Weight::Warning,
            format!(
                "{} cannot be in a transaction, so what stands before it stays when it fails",
                first.traits.tag
            ),
        ),
        (false, false) => return None,
    };
    let found = Conclusion::new(id, weight, at.path, text).at(at.path, at.line(first.line));
    let found = outside.iter().fold(found, |found, it| {
        found.because(format!("line {}: {}", at.line(it.line), title(it, &part.sql)))
    });
    Some(found.next(match (fails, is_wrapped) {
        (true, true) => {
            "it can never have run like this; take BEGIN and COMMIT out, or make a file of its own of it"
        }
        (true, false) => {
            "it can never have run like this; make a file of its own of it, and tell the tool so"
        }
        (false, _) => "a revision runs it as a step of its own, and knows where it stopped",
    }))
}

fn why(is_wrapped: bool, at: &Where) -> &'static str {
    if is_wrapped {
        return "BEGIN and COMMIT are around it";
    }
    match at.style {
        Layout::Plain => "the file is run in one",
        Layout::Flyway => "Flyway runs no file that has such statements beside others, unless mixed=true",
        Layout::Dbmate => "dbmate runs this in one, as transaction:false is not there",
        Layout::Goose => "goose runs this in one, as NO TRANSACTION is not there",
        Layout::GolangMigrate => {
            "golang-migrate sends all statements of a file at once, which makes them one"
        }
    }
}
