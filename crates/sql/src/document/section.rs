//! The sections: blocks that directives open, and the statements in them.

use std::collections::HashMap;

use super::backfill;
use super::error::{DocumentError, Problem};
use super::header::{allow, bad, directive_at, read_until_section};
use super::{Block, BlockKind, Document, Expect, Section};
use crate::directive::{self, Directive, Where, Word};
use crate::lex::{TokenKind, tokens};
use crate::repeated::parse_long;
use crate::span::Span;
use crate::statement::{self, Head, Statement, SyntaxError};
use crate::tree::{InsertStmt, NodeEnum, boxed};

/// Syntax trees of statements, by the byte that the statement begins at.
pub type Trees = HashMap<usize, NodeEnum>;

/// Reads a whole revision file.
///
/// # Errors
/// The first thing that does not follow the file format or PostgreSQL's grammar.
pub fn read(text: &str) -> Result<Document, DocumentError> {
    read_with(text, None)
}

/// Reads a whole revision file, and keeps the syntax tree of each statement by the byte that it begins at.
///
/// # Errors
/// As [`read`].
pub fn read_trees(text: &str) -> Result<(Document, Trees), DocumentError> {
    let mut trees = Trees::new();
    let document = read_with(text, Some(&mut trees))?;
    Ok((document, trees))
}

fn read_with(text: &str, mut trees: Option<&mut Trees>) -> Result<Document, DocumentError> {
    let (header, start) = read_until_section(text)?;
    let directives = directives(text, start)?;
    let mut upgrade = None;
    let mut downgrade = None;
    let mut rest = &directives[..];
    while let [opening, following @ ..] = rest {
        let count = following.iter().take_while(|d| d.word.place() != Where::Section).count();
        let (inside, after) = following.split_at(count);
        let end = after.first().map_or(text.len(), |next| next.span.start);
        let section = section(text, Span::new(opening.span.end, end), inside, trees.as_deref_mut())?;
        let place = if opening.word == Word::Upgrade { &mut upgrade } else { &mut downgrade };
        if place.replace(section).is_some() {
            return Err(DocumentError { problem: Problem::Twice(opening.word), span: opening.span });
        }
        rest = after;
    }
    let at_end = |problem| DocumentError { problem, span: Span::new(text.len(), text.len()) };
    let upgrade = upgrade.ok_or_else(|| at_end(Problem::NoUpgrade))?;
    if downgrade.is_none() && header.irreversible.is_none() {
        return Err(at_end(Problem::NoDowngrade));
    }
    Ok(Document { header, upgrade, downgrade })
}

/// All directive lines from `start` on. A line inside a string, a body, a comment or COPY data is
/// none.
fn directives(text: &str, start: usize) -> Result<Vec<Directive>, DocumentError> {
    let mut found = Vec::new();
    let mut lexer = tokens(text);
    lexer.seek(start);
    let mut line_start = true;
    let mut head = Head::default();
    while let Some(token) = lexer.next() {
        let body = token.span.text(text);
        match token.kind {
            TokenKind::Whitespace => line_start |= body.contains('\n'),
            TokenKind::LineComment => {
                let line = Span::new(token.span.start, token.span.start + body.trim_end().len());
                if line_start && let Some(directive) = directive_at(text, line)? {
                    head = Head::default();
                    found.push(directive);
                }
            }
            kind => {
                line_start = false;
                if token.unterminated {
                    let what = if kind == TokenKind::BlockComment { "comment" } else { "string" };
                    return Err(DocumentError { problem: Problem::Unterminated(what), span: token.span });
                }
                match kind {
                    TokenKind::BlockComment => {}
                    TokenKind::Semicolon if head.is_copy_from_stdin() => {
                        lexer.seek(after_copy_data(text, token.span.end)?);
                        line_start = true;
                        head = Head::default();
                    }
                    TokenKind::Semicolon => head.semicolon(),
                    kind => head.word(kind, body),
                }
            }
        }
    }
    Ok(found)
}

fn after_copy_data(text: &str, semicolon: usize) -> Result<usize, DocumentError> {
    statement::copy_data(text, semicolon).map(|data| data.after).map_err(|e| syntax(text, e))
}

fn section(
    text: &str,
    span: Span,
    inside: &[Directive],
    mut trees: Option<&mut Trees>,
) -> Result<Section, DocumentError> {
    let mut blocks = Vec::new();
    let openings: Vec<&Directive> = inside.iter().filter(|d| d.word != Word::Allow).collect();
    let first_end = openings.first().map_or(span.end, |d| d.span.start);
    blocks.extend(plain(text, Span::new(span.start, first_end), trees.as_deref_mut())?);
    for (at, opening) in openings.iter().enumerate() {
        let end = openings.get(at + 1).map_or(span.end, |next| next.span.start);
        blocks.push(block(text, opening, end, trees.as_deref_mut())?);
    }
    for directive in inside.iter().filter(|d| d.word == Word::Allow) {
        let allowed = allow(directive)?;
        let around = blocks
            .iter_mut()
            .find(|b| b.span.start <= directive.span.start && directive.span.end <= b.span.end);
        if let Some(block) = around {
            block.allows.push(allowed);
        }
    }
    Ok(Section { span, blocks })
}

/// The statements between the section's directive and the first one inside.
fn plain(text: &str, span: Span, trees: Option<&mut Trees>) -> Result<Option<Block>, DocumentError> {
    let statements = statements(text, span, trees)?;
    let block = Block { kind: BlockKind::Sql, directive: None, span, statements, allows: Vec::new() };
    Ok((!block.statements.is_empty()).then_some(block))
}

fn block(
    text: &str,
    opening: &Directive,
    end: usize,
    trees: Option<&mut Trees>,
) -> Result<Block, DocumentError> {
    let kind = kind(opening)?;
    let body = Span::new(opening.span.end, end);
    let statements = statements(text, body, trees)?;
    let (fits, needs) = match &kind {
        BlockKind::Sql => (true, ""),
        BlockKind::Guard { .. } => {
            let reads = statements.iter().all(|s| is_query(s.span.text(text)));
            (statements.len() == 1 && reads, "one query")
        }
        BlockKind::Backfill { .. } => {
            let writes =
                statements.iter().all(|s| !is_query(s.span.text(text)) || starts(s.span.text(text), "with"));
            (statements.len() == 1 && writes, "one UPDATE, INSERT or DELETE")
        }
        BlockKind::Deploy { .. } | BlockKind::Run { .. } => (statements.is_empty(), "no statements below it"),
    };
    if !fits {
        let has = match &statements[..] {
            [] => "none".to_owned(),
            [one] => one.title(),
            many => format!("{} statements", many.len()),
        };
        let problem = Problem::Statements { word: opening.word, needs, has };
        return Err(DocumentError { problem, span: opening.span });
    }
    Ok(Block {
        kind,
        directive: Some(opening.span),
        span: Span::new(opening.span.start, end),
        statements,
        allows: Vec::new(),
    })
}

fn statements(text: &str, span: Span, trees: Option<&mut Trees>) -> Result<Vec<Statement>, DocumentError> {
    // the trees of many rows would take a hundred times their text, and nobody asks for them
    if trees.is_none() {
        let (statements, errors) = parse_long(text, span, &mut rows_only);
        if errors.is_empty() {
            return Ok(statements.into_iter().map(|(statement, _)| statement).collect());
        }
    }
    let parsed = statement::parse_all(text, span).map_err(|e| syntax(text, e))?;
    let (statements, found): (Vec<Statement>, Vec<NodeEnum>) = parsed.into_iter().unzip();
    if let Some(trees) = trees {
        trees.extend(statements.iter().map(|s| s.span.start).zip(found));
    }
    Ok(statements)
}

/// Drops the tree of an INSERT of rows, and says whether it was one.
fn rows_only(tree: &mut NodeEnum) -> bool {
    let NodeEnum::InsertStmt(it) = tree else { return false };
    let rows = boxed(it.select_stmt.as_deref());
    let is_plain = matches!(rows, Some(NodeEnum::SelectStmt(rows)) if !rows.values_lists.is_empty());
    if is_plain {
        **it = InsertStmt::default();
    }
    is_plain
}

fn is_query(statement: &str) -> bool {
    ["select", "with", "values", "table", "("].iter().any(|word| starts(statement, word))
}

fn starts(statement: &str, word: &str) -> bool {
    statement.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

fn kind(directive: &Directive) -> Result<BlockKind, DocumentError> {
    let args = directive.args.as_str();
    match directive.word {
        Word::Sql if args.is_empty() => Ok(BlockKind::Sql),
        Word::Sql => Err(bad(directive, "takes nothing after it")),
        Word::Guard => guard(directive, args),
        Word::Backfill => backfill::read(directive),
        Word::Deploy => deploy(directive, args),
        Word::Run if !args.is_empty() => Ok(BlockKind::Run { command: args.to_owned() }),
        Word::Run => Err(bad(directive, "needs a command")),
        word => Err(DocumentError { problem: Problem::Misplaced(word), span: directive.span }),
    }
}

fn guard(directive: &Directive, args: &str) -> Result<BlockKind, DocumentError> {
    let (text, rest) = directive::quoted(args)
        .filter(|(text, _)| !text.trim().is_empty())
        .ok_or_else(|| bad(directive, "needs a text in double quotes"))?;
    let expected = rest.strip_prefix("expect").map(str::trim).unwrap_or_default();
    let expect = match expected {
        "" => return Err(bad(directive, "does not say what to expect")),
        "no rows" => Expect::NoRows,
        "rows" => Expect::Rows,
        value => match directive::quoted(value) {
            Some((value, "")) => Expect::Value(value),
            _ => Expect::Value(value.to_owned()),
        },
    };
    Ok(BlockKind::Guard { text, expect })
}

/// `"TEXT"`, or `"TEXT" when GATE`.
fn deploy(directive: &Directive, args: &str) -> Result<BlockKind, DocumentError> {
    let (text, rest) = directive::quoted(args)
        .filter(|(text, _)| !text.trim().is_empty())
        .ok_or_else(|| bad(directive, "needs a text in double quotes"))?;
    let when = match rest.trim() {
        "" => None,
        rest => match rest.strip_prefix("when").map(str::trim) {
            Some(gate) if !gate.is_empty() => Some(gate.to_owned()),
            _ => return Err(bad(directive, "takes after its text only \"when\" and a gate")),
        },
    };
    Ok(BlockKind::Deploy { text, when })
}

/// A syntax error, with the word it stands at.
fn syntax(text: &str, error: SyntaxError) -> DocumentError {
    let offset = error.offset().min(text.len());
    let mut lexer = tokens(text);
    lexer.seek(offset);
    let end = lexer.next().filter(|t| !t.is_blank()).map_or(offset, |t| t.span.end);
    DocumentError { problem: Problem::Syntax(error), span: Span::new(offset, end) }
}
