//! The statements in the body of a PL/pgSQL block, by PL/pgSQL's own parser.

use serde_json::Value;

use crate::ident::quote_literal;
use crate::span::Span;
use crate::statement;
use crate::tree::{self, NodeEnum, a_const};

/// One thing that a body runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub what: What,
    /// Whether it runs each time, and what it does stays: it is in no branch, loop or handler, behind nothing that
    /// may leave before, and in no block that catches errors.
    pub sure: bool,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
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
    let mut message = match read(body) {
        Ok(found) => return Ok(found),
        Err(message) => message,
    };
    // the parser does not know the rows of a trigger that a body assigns to
    if message.contains("is not a known variable") {
        let (options, block): (Vec<&str>, Vec<&str>) =
            body.lines().partition(|line| line.trim_start().starts_with('#'));
        let block = block.join("\n");
        let block = without_row_types(block.trim_end().trim_end_matches(';'));
        let around = format!("{}\nDECLARE new record; old record;\nBEGIN\n{block};\nEND", options.join("\n"));
        match read(&around) {
            Ok(found) => return Ok(found),
            Err(other) => message = other,
        }
    }
    Err(message)
}

/// A variable of a table's row type, which the parser does not know either, as a record.
fn without_row_types(block: &str) -> String {
    let mut out = String::new();
    let mut rest = block;
    while let Some(at) = rest.find("%ROWTYPE") {
        let before = &rest[..at];
        let mut start = before.len();
        loop {
            let head = &before[..start];
            start = match head.strip_suffix('"').and_then(|inner| inner.rfind('"')) {
                Some(quote) => quote,
                None => head.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1),
            };
            if !before[..start].ends_with('.') {
                break;
            }
            start -= 1;
        }
        out.push_str(&before[..start]);
        out.push_str("record");
        rest = &rest[at + "%ROWTYPE".len()..];
    }
    out + rest
}

fn read(body: &str) -> Result<Vec<Piece>, String> {
    let mut message = String::new();
    // what it may return is in the declaration, which is not here
    for returns in ["void", "trigger", "integer", "SETOF integer", "record", "SETOF record"] {
        let text = format!(
            "CREATE FUNCTION cutover() RETURNS {returns} LANGUAGE plpgsql AS {}",
            quote_literal(body)
        );
        match pg_query::parse_plpgsql(&text) {
            Ok(value) => {
                let mut reader = Reader { found: Vec::new(), sure: true };
                reader.collect(&value);
                return Ok(reader.found);
            }
            Err(error) if message.is_empty() => message = error.to_string(),
            Err(_) => {}
        }
    }
    Err(message)
}

/// The parts of a statement in the order that they run in.
const PARTS: [&str; 11] = [
    "declare",
    "query",
    "argquery",
    "cond",
    "t_expr",
    "lower",
    "upper",
    "step",
    "then_body",
    "elsif_list",
    "body",
];

struct Reader {
    found: Vec<Piece>,
    /// Whether what comes now runs each time.
    sure: bool,
}

impl Reader {
    fn collect(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(fields) => {
                let place = |name: &str| PARTS.iter().position(|part| *part == name).unwrap_or(PARTS.len());
                let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
                fields.sort_by_key(|(name, _)| place(name));
                fields.into_iter().for_each(|(name, inner)| self.field(name, inner));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn field(&mut self, name: &str, inner: &Value) {
        match name {
            "PLpgSQL_stmt_dynexecute" | "PLpgSQL_stmt_dynfors" => self.dynamic(inner),
            // RETURN QUERY EXECUTE, OPEN ... FOR EXECUTE
            "dynquery" => self.text(inner.pointer("/PLpgSQL_expr/query")),
            "PLpgSQL_expr" => {
                if let Some(query) = inner.get("query").and_then(Value::as_str) {
                    self.push(What::Statement(as_statement(query, inner)));
                }
            }
            // a block that catches errors may undo what it did
            "PLpgSQL_stmt_block" if inner.get("exceptions").is_some() => self.perhaps(inner),
            "then_body" | "elsif_list" | "else_body" | "case_when_list" | "else_stmts" | "exceptions" => {
                self.perhaps(inner);
            }
            "PLpgSQL_stmt_while"
            | "PLpgSQL_stmt_fori"
            | "PLpgSQL_stmt_fors"
            | "PLpgSQL_stmt_forc"
            | "PLpgSQL_stmt_foreach_a"
            | "PLpgSQL_stmt_loop" => self.in_loop(inner),
            // who is gone does not do what comes behind
            _ if is_exit(name, inner) => {
                self.collect(inner);
                self.sure = false;
            }
            // declared variables, of which only the defaults run
            _ => self.collect(inner),
        }
    }

    /// What runs perhaps, and what comes behind as before, unless it may be left on the way.
    fn perhaps(&mut self, inner: &Value) {
        let before = std::mem::replace(&mut self.sure, false);
        self.collect(inner);
        self.sure = before && !leaves(inner);
    }

    fn in_loop(&mut self, inner: &Value) {
        let body = inner.get("body");
        for (name, part) in inner.as_object().into_iter().flatten().filter(|(name, _)| *name != "body") {
            self.field(name, part);
        }
        if let Some(body) = body {
            self.perhaps(body);
        }
    }

    fn push(&mut self, what: What) {
        self.found.push(Piece { what, sure: self.sure });
    }

    fn dynamic(&mut self, inner: &Value) {
        self.text(inner.pointer("/query/PLpgSQL_expr/query"));
        if let Some(body) = inner.get("body") {
            self.perhaps(body);
        }
    }

    /// A text that is run as a statement.
    fn text(&mut self, expression: Option<&Value>) {
        let query = expression.and_then(Value::as_str).unwrap_or_default();
        self.push(match literal(query) {
            Some(text) => What::Statement(text),
            None => What::Dynamic(query.to_owned()),
        });
    }
}

/// Whether a statement is never come back from: `RETURN`, `EXIT`, `CONTINUE`, and `RAISE` of an error.
fn is_exit(name: &str, inner: &Value) -> bool {
    // ERROR is 21 in elog.h, WARNING 19
    let level = || inner.get("elog_level").and_then(Value::as_i64).unwrap_or(21);
    matches!(name, "PLpgSQL_stmt_return" | "PLpgSQL_stmt_exit")
        || (name == "PLpgSQL_stmt_raise" && level() > 19)
}

/// Whether something may leave the routine from within, by `RETURN` or by an error.
fn leaves(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(leaves),
        Value::Object(fields) => fields.iter().any(|(name, inner)| is_exit(name, inner) || leaves(inner)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
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
    use super::{Piece, What, pieces};

    fn has(found: &[Piece], text: &str, sure: bool) -> bool {
        found.contains(&Piece { what: What::Statement(text.into()), sure })
    }

    #[test]
    fn what_is_put_together_is_told_wherever_it_is_run() {
        let dynamic = |body: &str| {
            let found = pieces(body).expect("it parses");
            let texts = found.into_iter().map(|it| it.what).filter(|it| matches!(it, What::Dynamic(_)));
            texts.collect::<Vec<_>>()
        };
        let expected = [What::Dynamic("'SELECT 1 FROM ' || n".into())];
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
    fn a_trigger_may_assign_to_the_rows_that_it_has() {
        let body = "#variable_conflict use_column\nBEGIN\n NEW.\"A b\" := f(OLD.c);\n SELECT 1 INTO NEW.d;\n RETURN NEW;\nEND;\n";
        let found = pieces(body).expect("it parses");
        assert!(
            found.iter().any(|it| matches!(&it.what, What::Statement(text) if text.contains("f(OLD.c)"))),
            "{found:?}"
        );
        let rows = "DECLARE\n want \"A b\".t%ROWTYPE;\nBEGIN\n want.\"C d\" := g(NEW.a);\n RETURN NEW;\nEND";
        let found = pieces(rows).expect("it parses");
        assert!(
            found.iter().any(|it| matches!(&it.what, What::Statement(text) if text.contains("g(NEW.a)"))),
            "{found:?}"
        );
        assert!(pieces("BEGIN nobody := 1; END").is_err());
    }

    #[test]
    fn a_body_says_what_it_runs() {
        let body = "DECLARE n int := 1; BEGIN\n IF n > 0 THEN ALTER TABLE t ADD COLUMN a int; END IF;\n \
            EXECUTE 'DROP TABLE u'; EXECUTE format('DROP TABLE %I', 'x'); PERFORM f(n); END";
        let found = pieces(body).expect("it parses");
        assert!(has(&found, "ALTER TABLE t ADD COLUMN a int", false), "{found:?}");
        assert!(has(&found, "DROP TABLE u", true), "{found:?}");
        let dynamic = What::Dynamic("format('DROP TABLE %I', 'x')".into());
        assert!(found.contains(&Piece { what: dynamic, sure: true }), "{found:?}");
        let calls = |piece: &Piece| matches!(&piece.what, What::Statement(s) if s.contains("f(n)"));
        assert!(found.iter().any(calls), "{found:?}");
        assert!(pieces("BEGIN RETURN NEW; END").is_ok());
        assert!(pieces("BEGIN RETURN 1; END").is_ok());
        assert!(pieces("BEGIN IF; END").is_err());
    }

    #[test]
    fn what_may_not_come_to_pass_is_not_sure() {
        let left = pieces("BEGIN IF f() THEN RETURN; END IF; DROP TABLE t; END").expect("it parses");
        assert!(has(&left, "DROP TABLE t", false), "{left:?}");
        let caught =
            "BEGIN BEGIN DROP TABLE t; EXCEPTION WHEN others THEN DROP TABLE u; END; DROP TABLE v; END";
        let caught = pieces(caught).expect("it parses");
        assert!(has(&caught, "DROP TABLE t", false), "{caught:?}");
        assert!(has(&caught, "DROP TABLE u", false), "{caught:?}");
        assert!(has(&caught, "DROP TABLE v", true), "{caught:?}");
        let noticed = pieces("BEGIN RAISE NOTICE 'x'; DROP TABLE t; END").expect("it parses");
        assert!(has(&noticed, "DROP TABLE t", true), "{noticed:?}");
        let looped = "DECLARE r record; BEGIN FOR r IN SELECT * FROM s LOOP DELETE FROM t; END LOOP; END";
        let looped = pieces(looped).expect("it parses");
        assert!(has(&looped, "SELECT * FROM s", true), "{looped:?}");
        assert!(has(&looped, "DELETE FROM t", false), "{looped:?}");
    }
}
