//! Statements that PostgreSQL refuses in a transaction, beside others in a file.
//!
//! Which they are is known to `cutover_sql`; what each tool does with them, here.

use cutover_sql::ident::quote_literal;
use cutover_sql::statement::{Statement, Transaction};

use super::control::{Verdict, title};
use super::examine::{Parsed, Where};
use super::{Layout, Part};
use crate::report::{Conclusion, Weight};

/// Looks for them, and says of the part whether it can be one transaction.
pub(super) fn check(part: &mut Part, all: &[Parsed], verdict: &Verdict, at: &Where) -> Vec<Conclusion> {
    let is_outside = |it: &&Statement| matches!(it.traits.transaction, Transaction::Outside(_));
    let outside: Vec<&Statement> = all.iter().map(|(it, _)| it).filter(is_outside).collect();
    let mut found: Vec<Conclusion> = enum_value(part, all, verdict.is_wrapped, at).into_iter().collect();
    let Some(first) = outside.first() else { return found };
    let was_transactional = part.is_transactional;
    let in_tool = was_transactional
        && match at.style {
            // psql runs statement by statement
            Layout::Plain => false,
            // without others in its file, both of these let it run
            Layout::Flyway => outside.len() < all.len(),
            Layout::GolangMigrate | Layout::Prisma => all.len() > 1,
            Layout::Dbmate | Layout::Goose | Layout::Drizzle => true,
        };
    let in_block = outside.iter().any(|it| verdict.blocked.contains(&it.span));
    part.is_transactional = verdict.is_wrapped || in_tool;
    let lines: Vec<String> =
        outside.iter().map(|it| format!("line {}: {}", at.line(it.line), title(it, &part.sql))).collect();
    let conclusion = |id, weight, text: String| {
        Conclusion::new(id, weight, at.path, text).at(at.path, at.line(first.line)).because(lines.join("\n"))
    };
    let tag = &first.traits.tag;
    if in_block || in_tool {
        let text = format!("PostgreSQL refuses {tag} in a transaction, and {}", why(in_block, at));
        let next = match in_block {
            true => {
                "it can never have run like this; take BEGIN and COMMIT out, or make a file of its own of it"
            }
            false => "it can never have run like this; make a file of its own of it, and tell the tool so",
        };
        found.push(conclusion("outside-in-transaction", Weight::Error, text).next(next));
    } else if all.len() > 1 && (at.style == Layout::Plain || !was_transactional) {
        let text = format!("{tag} cannot be in a transaction, so what stands before it stays when it fails");
        let next = "a revision runs it as a step of its own, and knows where it stopped";
        found.push(conclusion("outside-beside-others", Weight::Warning, text).next(next));
    }
    found
}

/// A value that is added to an enum and used in the same transaction, which PostgreSQL refuses.
/// Source: the notes of <https://www.postgresql.org/docs/current/sql-altertype.html>; up to 16 it refuses it also when the
/// type was made in the same transaction.
fn enum_value(part: &mut Part, all: &[Parsed], is_wrapped: bool, at: &Where) -> Option<Conclusion> {
    let adds =
        all.iter().enumerate().filter_map(|(n, (it, _))| Some((n, it, it.traits.adds_enum_value.as_ref()?)));
    let (added, user, value) = adds.into_iter().find_map(|(n, it, value)| {
        let literal = quote_literal(&value.label);
        let user =
            all[n + 1..].iter().map(|it| &it.0).find(|it| it.span.text(&part.sql).contains(&literal))?;
        Some((it, user, value))
    })?;
    let is_one = is_wrapped || (at.style != Layout::Plain && part.is_transactional);
    part.is_transactional = is_one;
    let text = format!(
        "the value {} is added to {} and used below, which PostgreSQL refuses in one transaction",
        value.label, value.type_name
    );
    let (weight, next) = match is_one {
        true => (
            Weight::Error,
            "it can never have run like this, unless nothing below reads the value; make two files of it",
        ),
        false => {
            (Weight::Warning, "what stands before the use is committed first, and stays when that fails")
        }
    };
    Some(
        Conclusion::new("enum-value-used", weight, at.path, text)
            .at(at.path, at.line(added.line))
            .because(format!("line {}: {}", at.line(added.line), title(added, &part.sql)))
            .because(format!("line {}: {}", at.line(user.line), title(user, &part.sql)))
            .next(next),
    )
}

fn why(in_block: bool, at: &Where) -> &'static str {
    if in_block {
        return "BEGIN is before it";
    }
    match at.style {
        Layout::Plain => "the file is run in one",
        Layout::Flyway => "Flyway runs no file that has such statements beside others, unless mixed=true",
        Layout::Dbmate => "dbmate runs this in one, as transaction:false is not there",
        Layout::Goose => "goose runs this in one, as NO TRANSACTION is not there",
        Layout::Prisma => "Prisma sends all statements of a file at once, which makes them one",
        Layout::Drizzle => "Drizzle runs all files in one",
        Layout::GolangMigrate => {
            "golang-migrate sends all statements of a file at once, which makes them one"
        }
    }
}
