//! Files that were written for psql: its commands and variables, and the text as SQL without them.
//!
//! What a command would do is not known here, but for two things that need no program: a variable that the text sets
//! itself is put in, and `\copy ... from stdin` is COPY. The rules are those of
//! <https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-META-COMMANDS>.

use std::collections::HashMap;

use crate::ident::quote_literal;
use crate::lex::{Lexer, Token, TokenKind, tokens};
use crate::span::{Span, place};
use crate::statement::{Head, copy_data};

/// A command of psql.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name with the backslash: `\i`.
    pub name: String,
    /// What follows it on its line.
    pub rest: String,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// Whether a statement without its end stands before it, which it sends or takes in.
    pub in_statement: bool,
}

/// A variable that psql would put in: `:name`, `:'name'`, `:"name"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// As it is written.
    pub written: String,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// What the text sets it to before, where it does.
    pub value: Option<String>,
}

/// A text that was written for psql.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Psql {
    /// The commands.
    pub commands: Vec<Command>,
    /// The variables.
    pub variables: Vec<Variable>,
    /// The text without them, with as many lines: commands are comments, variables that the text sets are put in.
    pub sql: String,
}

/// Takes a text apart.
pub fn read(text: &str) -> Psql {
    let found = Psql { commands: Vec::new(), variables: Vec::new(), sql: String::with_capacity(text.len()) };
    if !text.contains(['\\', ':']) {
        return Psql { sql: text.to_owned(), ..found };
    }
    let mut reading = Reading {
        text,
        lexer: tokens(text),
        head: Head::default(),
        words: 0,
        brackets: 0,
        done: 0,
        values: HashMap::new(),
        has_branches: false,
        found,
    };
    while let Some(token) = reading.lexer.next() {
        reading.token(token);
    }
    reading.copy_up_to(text.len());
    reading.found
}

struct Reading<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    head: Head,
    /// Of the statement that is open.
    words: usize,
    brackets: usize,
    /// Up to where the text is written out.
    done: usize,
    values: HashMap<String, String>,
    /// Whether psql may pass over a part of the text, and so nobody knows what a variable is set to.
    has_branches: bool,
    found: Psql,
}

impl Reading<'_> {
    fn token(&mut self, token: Token) {
        let word = token.span.text(self.text);
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => {}
            TokenKind::Other if word == "\\" => self.command(token.span.start),
            TokenKind::Other if word == ":" && self.brackets == 0 && self.variable(token.span) => {
                self.words += 1;
            }
            TokenKind::Semicolon => self.semicolon(token.span.end),
            kind => {
                match word {
                    "[" => self.brackets += 1,
                    "]" => self.brackets = self.brackets.saturating_sub(1),
                    _ => {}
                }
                self.head.word(kind, word);
                self.words += 1;
            }
        }
    }

    fn semicolon(&mut self, end: usize) {
        (self.words, self.brackets) = (0, 0);
        if !self.head.is_copy_from_stdin() {
            self.head.semicolon();
            return;
        }
        self.head = Head::default();
        // data without its end goes to the end of the file
        let after = copy_data(self.text, end).map_or(self.text.len(), |data| data.after);
        self.lexer.seek(after);
    }

    fn copy_up_to(&mut self, end: usize) {
        self.found.sql.push_str(&self.text[self.done.min(end)..end]);
        self.done = end;
    }

    /// A backslash, and what follows it on the line.
    fn command(&mut self, start: usize) {
        if self.text[start..].starts_with("\\;") {
            self.copy_up_to(start);
            self.done = start + 1;
            return;
        }
        let end = self.text[start..].find('\n').map_or(self.text.len(), |n| start + n);
        let line = self.text[start..end].trim_end_matches('\r');
        let length = line[1..].find(|c: char| c.is_whitespace() || c == '\\').map_or(line.len(), |n| n + 1);
        let (name, rest) = (line[..length].to_owned(), line[length..].trim().to_owned());
        self.copy_up_to(start);
        self.done = start + line.len();
        self.lexer.seek(self.done);
        let in_statement = self.words > 0;
        if is_frame(&name) {
            self.found.sql += &format!("-- {line}");
        } else if let Some(copy) = copy_from_stdin(&name, &rest) {
            self.found.sql += &copy;
            let after = copy_data(self.text, self.done).map_or(self.text.len(), |data| data.after);
            self.lexer.seek(after);
        } else {
            let ends = if in_statement && sends(&name) { "; " } else { "" };
            self.found.sql += &format!("{ends}-- {line}");
            self.remember(&name, &rest);
        }
        if sends(&name) {
            (self.head, self.words, self.brackets) = (Head::default(), 0, 0);
        }
        let line = place(self.text, start).line;
        if !is_frame(&name) {
            self.found.commands.push(Command { name, rest, offset: start, line, in_statement });
        }
    }

    fn remember(&mut self, name: &str, rest: &str) {
        let (variable, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        match name {
            "\\set" => match constant(value.trim()) {
                Some(value) => self.values.insert(variable.to_owned(), value),
                None => self.values.remove(variable),
            },
            "\\if" => {
                self.has_branches = true;
                None
            }
            // what these set comes from elsewhere
            "\\unset" | "\\getenv" | "\\prompt" => self.values.remove(variable),
            "\\gset" | "\\i" | "\\ir" | "\\include" | "\\include_relative" => {
                self.values.clear();
                None
            }
            _ => None,
        };
    }

    /// A colon; tells whether it begins a variable.
    fn variable(&mut self, colon: Span) -> bool {
        let before = self.text[..colon.start].bytes().next_back();
        let mut ahead = self.lexer.clone();
        let Some(next) = ahead.next().filter(|_| before != Some(b':')) else { return false };
        let written = Span::new(colon.start, next.span.end);
        let body = next.span.text(self.text);
        let name = match next.kind {
            TokenKind::Word => body,
            TokenKind::String | TokenKind::QuotedIdent => {
                body.get(1..body.len().saturating_sub(1)).unwrap_or("")
            }
            _ => return false,
        };
        if name.is_empty() || !name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80) {
            return false;
        }
        let value = self.values.get(name).filter(|_| !self.has_branches).cloned();
        if let Some(value) = &value {
            self.copy_up_to(colon.start);
            self.found.sql += &match next.kind {
                TokenKind::String => quote_literal(value),
                TokenKind::QuotedIdent => format!("\"{}\"", value.replace('"', "\"\"")),
                _ => value.clone(),
            };
            self.done = written.end;
        }
        self.found.variables.push(Variable {
            name: name.to_owned(),
            written: written.text(self.text).to_owned(),
            offset: colon.start,
            line: place(self.text, colon.start).line,
            value,
        });
        self.lexer = ahead;
        true
    }
}

/// pg_dump frames its output with these, which do nothing to it.
fn is_frame(name: &str) -> bool {
    matches!(name, "\\restrict" | "\\unrestrict")
}

/// Whether a command ends the statement before it, as a semicolon does.
fn sends(name: &str) -> bool {
    let is_one = |known| name == known;
    ["\\g", "\\gx", "\\gexec", "\\gset", "\\gdesc", "\\crosstabview", "\\watch"].into_iter().any(is_one)
}

/// `\copy t from stdin` reads the lines below it in the file, as COPY does.
fn copy_from_stdin(name: &str, rest: &str) -> Option<String> {
    let rest = rest.trim_end_matches(';');
    let mut words =
        tokens(rest).filter(|it| !it.is_blank()).map(|it| it.span.text(rest).to_ascii_lowercase());
    let is_from_stdin = name == "\\copy" && words.any(|it| it == "from") && words.next()? == "stdin";
    is_from_stdin.then(|| format!("COPY {rest};"))
}

/// The value of a `\set` when it is one word, or one string without escapes.
fn constant(value: &str) -> Option<String> {
    let string = value.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
    let inner = string.map(|it| it.replace("''", ""));
    let is_plain = |text: &str| !text.contains(['\\', '`', ':', '\'', '"']);
    match inner {
        Some(inner) if is_plain(&inner) => string.map(|it| it.replace("''", "'")),
        None if is_plain(value) && !value.contains(char::is_whitespace) => Some(value.to_owned()),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        read(text).commands.into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn commands_are_comments_and_lines_stay() {
        let text = "\\set x 1\r\nSELECT 'a\\b', E'\\'';\n\\i other.sql\n\\echo done\nSELECT 1;\n";
        let found = read(text);
        assert_eq!(
            found.sql,
            "-- \\set x 1\r\nSELECT 'a\\b', E'\\'';\n-- \\i other.sql\n-- \\echo done\nSELECT 1;\n"
        );
        assert_eq!(names(text), ["\\set", "\\i", "\\echo"]);
        let i = &found.commands[1];
        assert_eq!((i.line, i.rest.as_str(), i.in_statement), (3, "other.sql", false));
    }

    #[test]
    fn a_command_may_end_a_statement() {
        let found = read("SELECT 'x' \\gexec\nSELECT 1 \\; SELECT 2;\n\\restrict abc\n");
        assert_eq!(found.sql, "SELECT 'x' ; -- \\gexec\nSELECT 1 ; SELECT 2;\n-- \\restrict abc\n");
        assert!(found.commands[0].in_statement);
        assert_eq!(found.commands.len(), 1);
    }

    #[test]
    fn variables_that_the_text_sets_are_put_in() {
        let found = read(
            "\\set s 'my app'\n\\set n 3\nSELECT :'s', :\"s\", :n, a::text, b[1:n], :missing, 'x:y', $$:n$$;\n",
        );
        let last = found.sql.lines().last().unwrap_or_default();
        assert_eq!(last, "SELECT 'my app', \"my app\", 3, a::text, b[1:n], :missing, 'x:y', $$:n$$;");
        let values: Vec<_> =
            found.variables.iter().map(|it| (it.written.as_str(), it.value.is_some())).collect();
        assert_eq!(values, [(":'s'", true), (":\"s\"", true), (":n", true), (":missing", false)]);
        // which branch psql takes nobody knows
        let branched = read("\\if :x\n\\set n 1\n\\endif\nSELECT :n;");
        assert_eq!(branched.variables.last().and_then(|it| it.value.clone()), None);
    }

    #[test]
    fn data_is_no_command() {
        let text = "COPY t FROM stdin;\na\\tb\t\\N\n\\.\nSELECT 1;\n\\copy u (a) from stdin\n:x\t\\N\n\\.\nSELECT 2;";
        let found = read(text);
        assert_eq!(names(text), ["\\copy"]);
        assert!(found.variables.is_empty());
        assert!(found.sql.contains("\nCOPY u (a) from stdin;\n:x\t\\N\n\\.\nSELECT 2;"), "{}", found.sql);
        assert!(read("\\copy t from 'data.csv' csv").sql.starts_with("-- \\copy t from"));
    }
}
