//! The statements in the body of a PL/pgSQL block, by PL/pgSQL's own parser.

use serde_json::Value;

use crate::ident::quote_literal;
use crate::span::Span;
use crate::statement;
use crate::tree::{self, NodeEnum, a_const};

/// One thing that a body runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A statement, or an expression as a `SELECT`.
    Statement(String),
    /// `EXECUTE` of a text that is put together; the expression.
    Dynamic(String),
}

/// What a body runs, in the order of its text; conditions are not judged.
///
/// # Errors
/// The parser's message, when no kind of routine can have this body.
pub fn pieces(body: &str) -> Result<Vec<Piece>, String> {
    let mut message = String::new();
    // what it may return is in the declaration, which is not here
    for returns in ["void", "trigger", "integer", "SETOF integer", "record", "SETOF record"] {
        let text = format!(
            "CREATE FUNCTION cutover() RETURNS {returns} LANGUAGE plpgsql AS {}",
            quote_literal(body)
        );
        match pg_query::parse_plpgsql(&text) {
            Ok(value) => {
                let mut found = Vec::new();
                collect(&value, &mut found);
                return Ok(found);
            }
            Err(error) if message.is_empty() => message = error.to_string(),
            Err(_) => {}
        }
    }
    Err(message)
}

fn collect(value: &Value, found: &mut Vec<Piece>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (name, inner) in fields {
                match name.as_str() {
                    "PLpgSQL_stmt_dynexecute" | "PLpgSQL_stmt_dynfors" => dynamic(inner, found),
                    // RETURN QUERY EXECUTE, OPEN ... FOR EXECUTE
                    "dynquery" => text(inner.pointer("/PLpgSQL_expr/query"), found),
                    "PLpgSQL_expr" => {
                        if let Some(query) = inner.get("query").and_then(Value::as_str) {
                            found.push(Piece::Statement(as_statement(query, inner)));
                        }
                    }
                    // declared variables, of which only the defaults run
                    _ => collect(inner, found),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `RAW_PARSE_DEFAULT` is 0: a whole statement; others are expressions and assignments.
fn as_statement(query: &str, expression: &Value) -> String {
    let mode = expression.get("parseMode").and_then(Value::as_i64).unwrap_or(0);
    match mode {
        0 => query.to_owned(),
        2 => format!("SELECT {query}"),
        _ => match query.split_once(":=").or_else(|| query.split_once('=')) {
            Some((_, value)) => format!("SELECT {value}"),
            None => format!("SELECT {query}"),
        },
    }
}

fn dynamic(inner: &Value, found: &mut Vec<Piece>) {
    text(inner.pointer("/query/PLpgSQL_expr/query"), found);
    if let Some(body) = inner.get("body") {
        collect(body, found);
    }
}

/// A text that is run as a statement.
fn text(expression: Option<&Value>, found: &mut Vec<Piece>) {
    let query = expression.and_then(Value::as_str).unwrap_or_default();
    match literal(query) {
        Some(text) => found.push(Piece::Statement(text)),
        None => found.push(Piece::Dynamic(query.to_owned())),
    }
}

/// The text of an expression that is one string.
fn literal(expression: &str) -> Option<String> {
    let text = format!("SELECT {expression}");
    let parsed = statement::parse_all(&text, Span::new(0, text.len())).ok()?;
    let [(_, NodeEnum::SelectStmt(select))] = &parsed[..] else { return None };
    let [target] = &select.target_list[..] else { return None };
    let Some(NodeEnum::ResTarget(target)) = tree::inner(target) else { return None };
    match tree::boxed(target.val.as_deref())? {
        NodeEnum::AConst(it) => match it.val.as_ref()? {
            a_const::Val::Sval(text) => Some(text.sval.clone()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn what_is_put_together_is_told_wherever_it_is_run() {
        let dynamic = |body: &str| {
            let found = pieces(body).expect("it parses");
            found.into_iter().filter(|it| matches!(it, Piece::Dynamic(_))).collect::<Vec<_>>()
        };
        let expected = [Piece::Dynamic("'SELECT 1 FROM ' || n".into())];
        assert_eq!(
            dynamic("DECLARE n text; BEGIN RETURN QUERY EXECUTE 'SELECT 1 FROM ' || n; END"),
            expected
        );
        let cursor = "DECLARE n text; c refcursor; BEGIN OPEN c FOR EXECUTE 'SELECT 1 FROM ' || n; END";
        assert_eq!(dynamic(cursor), expected);
        let each =
            "DECLARE n text; r record; BEGIN FOR r IN EXECUTE 'SELECT 1 FROM ' || n LOOP END LOOP; END";
        assert_eq!(dynamic(each), expected);
    }

    #[test]
    fn a_body_says_what_it_runs() {
        let body = "DECLARE n int := 1; BEGIN\n IF n > 0 THEN ALTER TABLE t ADD COLUMN a int; END IF;\n \
            EXECUTE 'DROP TABLE u'; EXECUTE format('DROP TABLE %I', 'x'); PERFORM f(n); END";
        let found = pieces(body).expect("it parses");
        assert!(found.contains(&Piece::Statement("ALTER TABLE t ADD COLUMN a int".into())), "{found:?}");
        assert!(found.contains(&Piece::Statement("DROP TABLE u".into())), "{found:?}");
        assert!(found.contains(&Piece::Dynamic("format('DROP TABLE %I', 'x')".into())), "{found:?}");
        assert!(found.iter().any(|p| matches!(p, Piece::Statement(s) if s.contains("f(n)"))), "{found:?}");
        assert!(pieces("BEGIN RETURN NEW; END").is_ok());
        assert!(pieces("BEGIN RETURN 1; END").is_ok());
        assert!(pieces("BEGIN IF; END").is_err());
    }
}
