//! Puts a statement behind a look at what is there. What nobody has seen, neither before the statement nor where it is not
//! needed, stops the revision: it was not written for such a database.

use std::collections::BTreeSet;

use cutover_sql::checksum::content_hash;
use cutover_sql::ident::quote_literal;

use super::Piece;
use super::look::{look, look_around};
use super::natural::{When, idempotent, natural};
use crate::catalog::Part;

/// What was seen at a statement's turn: of the thing itself and of what is around it; nothing where it was not there, or there
/// is no look for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The thing.
    pub own: Option<String>,
    /// The table or view that it is, or is on.
    pub around: Option<String>,
}

/// How a statement is kept from databases that do not need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// All of them need it.
    None,
    /// It looks by itself.
    Natural(String),
    /// An expression, with the texts for which it runs and those for which it does not.
    Look {
        /// The expression.
        expression: String,
        /// Texts for which it runs.
        runs: BTreeSet<String>,
        /// Texts for which it does nothing.
        rests: BTreeSet<String>,
    },
}

/// A statement that databases cannot be told apart for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is needed in some of the databases, and nothing that can be looked at tells which")]
pub struct Unguardable(pub String);

/// What stands for something that is not there.
const NOTHING: &str = "nothing";

/// From which length on a text is told by its hash.
const LONG: usize = 160;

/// How a statement is guarded, by what each database showed at its turn and whether it needs it.
///
/// # Errors
/// When nothing tells them apart.
pub fn choose(piece: &Piece, seen: &[(Seen, bool)]) -> Result<Guard, Unguardable> {
    let is_everybodys = seen.iter().all(|(_, needs)| *needs);
    if is_everybodys {
        return Ok(Guard::None);
    }
    if let Some(sql) = idempotent(&piece.sql) {
        return Ok(Guard::Natural(sql));
    }
    if let Some((sql, when)) = natural(&piece.sql) {
        let mut resting = seen.iter().filter(|(_, needs)| !needs).map(|(seen, _)| seen.own.is_some());
        let has_look = look(&piece.thing).is_some();
        let rests = match when {
            When::Absent => has_look && resting.all(|is_there| is_there),
            When::Present => has_look && resting.all(|is_there| !is_there),
        };
        // a value of an enum is not the enum, and a column of the new name may be any
        let is_value = piece.sql.contains(" ADD VALUE ");
        // a check that was made on the way, for a column
        let is_helper = piece.sql.contains(" DROP CONSTRAINT ") && piece.thing.part != Part::Whole;
        let rests = rests || is_helper;
        if rests || is_value || !can_be_in_a_block(&piece.sql) {
            return if rests || is_value {
                Ok(Guard::Natural(sql))
            } else {
                Err(Unguardable(piece.sql.clone()))
            };
        }
    }
    let ways = [
        (look(&piece.thing), seen.iter().map(|(seen, _)| seen.own.clone()).collect::<Vec<_>>()),
        (look_around(&piece.thing.id), seen.iter().map(|(seen, _)| seen.around.clone()).collect()),
    ];
    for (expression, texts) in ways {
        let Some(expression) = expression else { continue };
        let of = |wanted: bool| -> BTreeSet<String> {
            let those = texts.iter().zip(seen).filter(|(_, (_, needs))| *needs == wanted);
            those.map(|(text, _)| text.clone().unwrap_or_else(|| NOTHING.into())).collect()
        };
        let (runs, rests) = (of(true), of(false));
        if runs.is_disjoint(&rests) && can_be_in_a_block(&piece.sql) {
            return Ok(Guard::Look { expression, runs, rests });
        }
    }
    Err(Unguardable(piece.sql.clone()))
}

fn can_be_in_a_block(sql: &str) -> bool {
    !sql.contains(" CONCURRENTLY ")
}

/// The statement with its guard, with a semicolon. The look takes ACCESS SHARE on catalogs, and the statement its own lock only
/// where it runs.
pub fn write(piece: &Piece, guard: &Guard) -> String {
    match guard {
        Guard::None => format!("{};\n", piece.sql),
        Guard::Natural(sql) => format!("{sql};\n"),
        Guard::Look { expression, runs, rests } => block(piece, expression, runs, rests),
    }
}

fn block(piece: &Piece, expression: &str, runs: &BTreeSet<String>, rests: &BTreeSet<String>) -> String {
    let is_long = runs.iter().chain(rests).any(|text| text.len() > LONG || text.contains('\n'));
    let list = |texts: &BTreeSet<String>| {
        let literal = |text: &String| match is_long && text != NOTHING {
            true => quote_literal(&content_hash(text.as_bytes())),
            false => quote_literal(text),
        };
        texts.iter().map(literal).collect::<Vec<_>>().join(", ")
    };
    let expression = if is_long { hashed(expression) } else { expression.to_owned() };
    let mut tag = "$reconcile$".to_owned();
    while piece.sql.contains(&tag) {
        tag.insert(1, '_');
    }
    let message =
        quote_literal(&format!("{} is in a state that this revision was not written for", piece.thing));
    let hint = quote_literal("write another one for what is there now: cutover reconcile --against ENV");
    // a body has semicolons of its own
    let statement = match is_code(&piece.sql) {
        true => format!("EXECUTE {}", quote_literal(&piece.sql)),
        false => piece.sql.clone(),
    };
    format!(
        "DO {tag} DECLARE\n    cutover_found text := coalesce({expression}, '{NOTHING}');\nBEGIN\n  IF cutover_found IN ({}) THEN\n{};\n  ELSIF cutover_found NOT IN ({}) THEN\n    RAISE EXCEPTION USING MESSAGE = {message}, DETAIL = cutover_found, HINT = {hint};\n  END IF;\nEND {tag};\n",
        list(runs),
        indented(&statement),
        list(rests),
    )
}

/// A string may go over several lines, so that only the first one moves.
fn indented(sql: &str) -> String {
    format!("    {sql}")
}

fn is_code(sql: &str) -> bool {
    ["FUNCTION ", "PROCEDURE ", "RULE "].iter().any(|word| {
        sql.strip_prefix("CREATE OR REPLACE ")
            .or_else(|| sql.strip_prefix("CREATE "))
            .is_some_and(|rest| rest.starts_with(word))
    })
}

/// The hash of a text in SQL, as [`content_hash`] writes it.
fn hashed(expression: &str) -> String {
    format!("pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to({expression}, 'UTF8')), 'hex')")
}
