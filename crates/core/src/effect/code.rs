//! What the text of a `DO` block or a routine will run, as far as it can be seen.
//!
//! PL/pgSQL is read with its own parser; what it puts together at run time is told as unknown.

use cutover_sql::plpgsql::{self, Piece};
use cutover_sql::tree::{self, DoStmt, NodeEnum};

use super::known::Routine;

/// What a piece of code will run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// Statements of SQL, in the order of the text.
    pub statements: Vec<String>,
    /// What cannot be seen, in words.
    pub unknown: Vec<String>,
}

/// A `DO` block.
pub fn of_do(it: &DoStmt) -> Code {
    let (mut language, mut body) = ("plpgsql".to_owned(), String::new());
    for node in &it.args {
        let Some(NodeEnum::DefElem(option)) = tree::inner(node) else { continue };
        let Some(text) = option.arg.as_deref().and_then(tree::text) else { continue };
        match option.defname.as_str() {
            "language" => text.clone_into(&mut language),
            "as" => text.clone_into(&mut body),
            _ => {}
        }
    }
    of_text(&language, &body)
}

/// A function or a procedure that somebody made.
pub fn of_routine(routine: &Routine) -> Code {
    of_text(&routine.language, &routine.body)
}

fn of_text(language: &str, body: &str) -> Code {
    let mut code = Code::default();
    match language.to_ascii_lowercase().as_str() {
        "sql" => code.statements.push(body.to_owned()),
        "plpgsql" => match plpgsql::pieces(body) {
            Ok(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Statement(text) => code.statements.push(text),
                        Piece::Dynamic(text) => {
                            code.unknown.push(format!("EXECUTE runs a text that is put together: {text}"));
                        }
                    }
                }
            }
            Err(message) => code.unknown.push(format!("its body cannot be read: {message}")),
        },
        other => code.unknown.push(format!("it is written in {other}")),
    }
    code
}
