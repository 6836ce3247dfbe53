//! Where the parts of an `ALTER TABLE` stand in its text.

use cutover_sql::lex::{Token, TokenKind, tokens};
use cutover_sql::span::Span;
use cutover_sql::tree::RangeVar;

use crate::context::Place;

/// Where the words of a range end: without blanks and comments.
pub fn end_of_words(text: &str, range: Span) -> usize {
    let words = tokens(range.text(text)).filter(|token| !token.is_blank());
    words.last().map_or(range.end, |token| range.start + token.span.end)
}

/// The part before the subcommands, and the subcommands. Nothing where the text is not as expected.
pub fn spans(place: &Place<'_>, table: &RangeVar, count: usize) -> Option<(Span, Vec<Span>)> {
    let whole = place.span();
    let text = whole.text(&place.source.text);
    let name = place.at(table.location).checked_sub(whole.start)?;
    let words: Vec<Token> = tokens(text).filter(|token| !token.is_blank()).collect();
    let head = words_of_head(text, &words, name);
    let commands: Vec<Span> =
        between_commas(text, &words[head..]).into_iter().map(|span| span.shift(whole.start)).collect();
    let end = words.get(head.checked_sub(1)?)?.span.end;
    (commands.len() == count).then_some((Span::new(whole.start, whole.start + end), commands))
}

/// How many words come before the first subcommand: up to the end of the table's name, which begins at `name`.
fn words_of_head(text: &str, words: &[Token], name: usize) -> usize {
    let mut ended = false;
    for (at, token) in words.iter().enumerate() {
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent);
        // after a name only a dot, or a star, belongs to it
        if ended && is_name {
            return at;
        }
        if token.span.start >= name {
            ended = is_name || token.span.text(text) == "*";
        }
    }
    words.len()
}

/// The parts between the commas that are in no parentheses.
fn between_commas(text: &str, words: &[Token]) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let (mut depth, mut open) = (0_usize, false);
    for token in words {
        match token.span.text(text) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                open = false;
                continue;
            }
            _ => {}
        }
        match found.last_mut().filter(|_| open) {
            Some(last) => last.end = token.span.end,
            None => found.push(token.span),
        }
        open = true;
    }
    found
}
