//! What the text of a `DO` block or a routine will run, as far as it can be seen.
//!
//! PL/pgSQL is read with its own parser; what it puts together at run time is told as unknown.

use std::sync::Arc;

use cutover_sql::plpgsql::{self, What};
use cutover_sql::span::Span;
use cutover_sql::statement;
use cutover_sql::tree::{self, DoStmt, NodeEnum};

use super::known::Routine;

/// What a piece of code will run.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// Statements of SQL, in the order of the text.
    pub runs: Vec<Run>,
    /// What cannot be seen, in words.
    pub unknown: Vec<String>,
}

/// A statement of a piece of code.
#[derive(Clone, Debug)]
pub struct Run {
    /// The statement.
    pub tree: Arc<NodeEnum>,
    /// Whether it runs each time, and what it does stays.
    pub sure: bool,
}

impl Code {
    fn push(&mut self, text: &str, sure: bool) {
        let trees = statement::parse_what_can(text, Span::new(0, text.len())).0;
        self.runs.extend(trees.into_iter().map(|(_, tree)| Run { tree: Arc::new(tree), sure }));
    }
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
    if routine.atomic.is_empty() {
        return of_text(&routine.language, &routine.body);
    }
    let run = |tree: &Arc<NodeEnum>| Run { tree: Arc::clone(tree), sure: true };
    Code { runs: routine.atomic.iter().map(run).collect(), unknown: Vec::new() }
}

fn of_text(language: &str, body: &str) -> Code {
    let mut code = Code::default();
    match language.to_ascii_lowercase().as_str() {
        "sql" => code.push(body, true),
        "plpgsql" => match plpgsql::pieces(body) {
            Ok(pieces) => {
                for piece in pieces {
                    match piece.what {
                        What::Statement(text) => code.push(&text, piece.sure),
                        What::Dynamic(text) => {
                            code.unknown.push(format!("EXECUTE runs a text that is put together: {text}"));
                        }
                    }
                }
            }
            Err(message) => code.unknown.push(format!("its body cannot be read: {message}")),
        },
        // what these call is in the server, and not in the schema
        "internal" => {}
        other => code.unknown.push(format!("it is written in {other}")),
    }
    code
}
