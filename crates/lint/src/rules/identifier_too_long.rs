//! A name of more than 63 bytes.
//!
//! ## Why
//!
//! PostgreSQL cuts it after 63 bytes, with a notice and no error. The catalog then has another name than the file,
//! tools that look for the long one do not find it, and two names that differ only behind the cut are the same.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE a_table_whose_name_tells_the_whole_story_of_how_it_came_to_be_needed (id bigint PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE needed (id bigint PRIMARY KEY);
//! ```
//!
//! ## When to allow it
//!
//! The name is known to be cut, and everything uses the cut one.

use std::collections::BTreeSet;

use cutover_core::effect::known::{LONGEST, cut};
use cutover_sql::ident::quote_ident;
use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::span::Span;

use crate::context::RevisionView;
use crate::finding::{Edit, Fix, Level};
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Source;

pub const RULE: Rule = Rule {
    id: "identifier-too-long",
    level: Level::Warning,
    area: Area::Text,
    title: "A name of more than 63 bytes",
    check: Check::Revision(check),
};

fn check(view: &RevisionView<'_>, out: &mut Findings<'_>) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (span, name) in long_names(view.source) {
        if !seen.insert(name.clone()) {
            continue;
        }
        let short = cut(&name, LONGEST);
        let message = format!("PostgreSQL cuts this name of {} bytes to {}", name.len(), quote_ident(short));
        out.report(span, message).help("choose a shorter name").fix(Some(shortened(view.source, &name)));
    }
}

/// The names of more than 63 bytes, as PostgreSQL reads them.
fn long_names(source: &Source) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    for item in &source.items {
        let text = item.statement.span.text(&source.text);
        // a look at the bytes is enough for almost all of them
        if !may_have_long_name(text) {
            continue;
        }
        for token in tokens(text) {
            let written = token.span.text(text);
            let name = match token.kind {
                TokenKind::Word => written.to_ascii_lowercase(),
                TokenKind::QuotedIdent if written.starts_with('"') => {
                    written.get(1..written.len() - 1).unwrap_or_default().replace("\"\"", "\"")
                }
                _ => continue,
            };
            if name.len() > LONGEST {
                let start = item.statement.span.start;
                found.push((Span::new(start + token.span.start, start + token.span.end), name));
            }
        }
    }
    found
}

/// Whether a text has so many bytes in a row that a word can have, or a quote.
fn may_have_long_name(text: &str) -> bool {
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..);
    let mut run = 0;
    text.bytes().any(|byte| {
        run = if in_word(&byte) { run + 1 } else { 0 };
        byte == b'"' || run > LONGEST
    })
}

/// The name as PostgreSQL keeps it, wherever the file has it.
fn shortened(source: &Source, name: &str) -> Fix {
    let short = quote_ident(cut(name, LONGEST)).into_owned();
    let same = long_names(source).into_iter().filter(|(_, other)| other == name);
    let edits = same.map(|(span, _)| Edit { span, text: short.clone() }).collect();
    Fix { title: "write the name as PostgreSQL keeps it".into(), edits, safe: true }
}
