//! The text of a revision file.

use std::path::Path;

use cutover_core::adopt::password;
use cutover_sql::document::{Header, Spanned};
use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::print;
use cutover_sql::span::Span;

use super::accepted::accepted;
use super::blocks::{Blocks, Line};
use super::host::Script;
use super::names::{Names, prose};

/// The way back of a revision.
#[derive(Clone, Debug)]
pub enum Back {
    /// There is one.
    Blocks(Blocks),
    /// There is none, and why.
    None(String),
}

/// What runs the Python of a revision, in each direction.
#[derive(Clone, Debug)]
pub(super) struct Commands {
    pub up: String,
    pub down: String,
}

fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned { value, span: Span::new(0, 0) }
}

/// The whole text of a revision; `source` is its Python file as a person would name it, `notes` go into the prose, `run` is the
/// command of each direction where its Python runs and not what was recorded.
pub(super) fn text(
    script: &Script,
    names: &Names,
    source: &str,
    notes: &[String],
    up: &Blocks,
    back: &Back,
    run: Option<&Commands>,
) -> String {
    let (words, created) = prose(script);
    let name = |id: &String| unplaced(names.get(id).unwrap_or(id).clone());
    let own = names.get(&script.id).unwrap_or(&script.id);
    let mut prose = words;
    prose += &match own == &script.id {
        true => format!("\n\nFrom {source}."),
        false => format!("\n\nFrom {source}, where its id is {}.", script.id),
    };
    notes.iter().for_each(|note| prose += &format!("\n{note}"));
    let header = Header {
        revision: Some(unplaced(own.clone())),
        revises: Some(script.revises.iter().map(name).collect()),
        depends: script.depends.iter().map(name).collect(),
        labels: script.labels.iter().cloned().map(unplaced).collect(),
        irreversible: match back {
            Back::Blocks(_) => None,
            Back::None(why) => Some(unplaced(one_line(why))),
        },
        created: created.map(unplaced),
        allows: accepted(Path::new(&script.path)),
        prose: prose.lines().map(|line| line.replace('\t', "    ")).collect::<Vec<_>>().join("\n"),
        ..Header::default()
    };
    let mut text = print::header(&header);
    text += "\n--@ upgrade\n";
    text += &match run {
        Some(commands) => of_env(up) + &step(&commands.up),
        None => section(up),
    };
    if let Back::Blocks(blocks) = back {
        text += "\n--@ downgrade\n";
        text += &run.map_or_else(|| section(blocks), |commands| step(&commands.down));
    }
    text
}

fn step(command: &str) -> String {
    format!("--@ run {command}\n")
}

/// What `env.py` did before the revision's own function, which is no part of its Python.
fn of_env(up: &Blocks) -> String {
    let lines: Vec<Line> = up.around.iter().map(|sql| Line { sql: sql.clone(), copy: None }).collect();
    if lines.is_empty() { String::new() } else { block(&lines) + "\n" }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn section(blocks: &Blocks) -> String {
    let all: Vec<String> = blocks.blocks.iter().map(|lines| block(lines)).collect();
    all.join("\n--@ sql\n")
}

/// Statements, those that fill several lines apart from the others.
fn block(lines: &[Line]) -> String {
    let mut out = String::new();
    let mut was_long = false;
    for (at, line) in lines.iter().enumerate() {
        let sql = tidy(&line.sql);
        let Some(sql) = without_password(sql, &mut out) else { continue };
        let is_long = sql.contains('\n') || line.copy.is_some();
        if at > 0 && (is_long || was_long) {
            out.push('\n');
        }
        out += &sql;
        // a semicolon in a comment at the end would end nothing
        let ends_in_comment = tokens(&sql).last().is_some_and(|it| it.kind == TokenKind::LineComment);
        out += if ends_in_comment { "\n;\n" } else { ";\n" };
        if let Some(data) = &line.copy {
            out += data;
            if !data.is_empty() && !data.ends_with('\n') {
                out.push('\n');
            }
            out += "\\.\n";
        }
        was_long = is_long;
    }
    out
}

/// A statement without the passwords in it, with a comment above it; nothing where it only sets one.
fn without_password(sql: String, out: &mut String) -> Option<String> {
    let Some(cleared) = password::cleared(&sql) else { return Some(sql) };
    *out += &format!("{}\n", cleared.comment());
    cleared.sql
}

/// A statement as people write it: no blanks at the ends of lines, four of them for a tab. Strings stay as they are.
fn tidy(sql: &str) -> String {
    let mut out = String::new();
    for token in tokens(sql) {
        let word = token.span.text(sql);
        match token.kind {
            TokenKind::Whitespace if word.contains('\n') => {
                let breaks = word.matches('\n').count().min(2);
                let indent = word.rsplit('\n').next().unwrap_or_default().replace('\t', "    ");
                out += &"\n".repeat(breaks);
                out += &indent.replace('\r', "");
            }
            // only a directive of ours may begin like one
            TokenKind::LineComment if word.starts_with("--@") => out += &word.replacen("--@", "-- @", 1),
            _ => out += word,
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_written_with_its_transactions() {
        let line = |sql: &str| Line { sql: sql.into(), copy: None };
        let copy = Line { sql: "COPY item (id) FROM STDIN".into(), copy: Some("1\n2".into()) };
        let up = Blocks {
            blocks: vec![
                vec![line("\nCREATE TABLE item (\n\tid INTEGER NOT NULL, \n\tPRIMARY KEY (id)\n)"), copy],
                vec![line("CREATE INDEX CONCURRENTLY i ON item (id)")],
            ],
            ..Blocks::default()
        };
        let down = Blocks { blocks: vec![vec![line("DROP TABLE item")]], ..Blocks::default() };
        let script = Script {
            id: "b-2".into(),
            revises: vec!["a1".into()],
            doc: "Items\n\nRevision ID: b-2\nCreate Date: 2024-05-01".into(),
            ..Script::default()
        };
        let names = Names::from([("b-2".into(), "b_2".into()), ("a1".into(), "a1".into())]);
        let text = text(&script, &names, "versions/b2.py", &[], &up, &Back::Blocks(down), None);
        assert_eq!(
            text,
            "--@ revision b_2\n--@ revises a1\n--@ created 2024-05-01\n\n-- Items\n--\n-- From versions/b2.py, where its id is b-2.\n\n\
             --@ upgrade\nCREATE TABLE item (\n    id INTEGER NOT NULL,\n    PRIMARY KEY (id)\n);\n\n\
             COPY item (id) FROM STDIN;\n1\n2\n\\.\n\n--@ sql\nCREATE INDEX CONCURRENTLY i ON item (id);\n\n\
             --@ downgrade\nDROP TABLE item;\n"
        );
        let role = Line { sql: "CREATE ROLE app LOGIN PASSWORD 'hunter2'".into(), copy: None };
        let change = Line { sql: "ALTER ROLE app PASSWORD 'hunter2'".into(), copy: None };
        let said = "-- the password of role app is set by hand: a revision is no place for it\n";
        assert_eq!(block(&[role, change]), format!("{said}CREATE ROLE app LOGIN;\n{said}"));
        let read = cutover_sql::document::read(&text).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(read.upgrade.blocks.iter().map(|it| it.statements.len()).collect::<Vec<_>>(), [2, 1]);
    }
}
