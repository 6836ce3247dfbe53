//! The header: comments and directives above the first section.
//!
//! Read line by line, without the lexer: no SQL can stand here.

use super::error::{DocumentError, Problem};
use super::{Header, Spanned};
use crate::directive::{self, Directive, Where, Word};
use crate::duration;
use crate::span::Span;

/// Reads the header of a revision file and stops at its first section.
///
/// # Errors
/// The first line that cannot stand in a header.
pub fn read_header(text: &str) -> Result<Header, DocumentError> {
    read_until_section(text).map(|(header, _)| header)
}

/// The header, and the offset of the line that opens the first section (the end without one).
pub(super) fn read_until_section(text: &str) -> Result<(Header, usize), DocumentError> {
    let mut header = Header::default();
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
        let span = Span::new(at, at + text[at..end].trim_end().len());
        let line = span.text(text);
        if let Some(directive) = directive_at(text, span)? {
            match directive.word.place() {
                Where::Section => {
                    header.finish();
                    return Ok((header, at));
                }
                Where::Header | Where::Anywhere => header.take(&directive)?,
                Where::Inside => {
                    let problem = Problem::Misplaced(directive.word);
                    return Err(DocumentError { problem, span });
                }
            }
        } else if let Some(prose) = line.trim_start().strip_prefix("--") {
            header.prose.push_str(prose.strip_prefix(' ').unwrap_or(prose));
            header.prose.push('\n');
        } else if !line.trim().is_empty() {
            return Err(DocumentError { problem: Problem::SqlInHeader, span });
        }
        at = end + 1;
    }
    header.finish();
    Ok((header, text.len()))
}

/// Reads a line as a directive; `None` when it is none.
pub(super) fn directive_at(text: &str, line: Span) -> Result<Option<Directive>, DocumentError> {
    let body = line.text(text);
    let Some((name, args)) = directive::split_line(body) else { return Ok(None) };
    let Some(word) = Word::parse(name) else {
        return Err(DocumentError { problem: Problem::Unknown(name.to_owned()), span: line });
    };
    let args = args.trim_end();
    let start = line.start + (body.trim_end().len() - args.len());
    Ok(Some(Directive {
        word,
        args: args.to_owned(),
        span: line,
        args_span: Span::new(start, start + args.len()),
    }))
}

/// An error about a directive's arguments.
pub(super) fn bad(directive: &Directive, what: &'static str) -> DocumentError {
    DocumentError { problem: Problem::Arguments { word: directive.word, what }, span: directive.span }
}

/// `RULE "why"`, with a reason that says something.
pub(super) fn allow(directive: &Directive) -> Result<Spanned<(String, String)>, DocumentError> {
    let missing = || bad(directive, "needs a rule and a reason in double quotes");
    let (rule, why) = directive.args.split_once(char::is_whitespace).ok_or_else(missing)?;
    match directive::quoted(why.trim_start()) {
        Some((why, "")) if !why.trim().is_empty() => {
            Ok(Spanned { value: (rule.to_owned(), why), span: directive.span })
        }
        _ => Err(missing()),
    }
}

impl Header {
    fn take(&mut self, directive: &Directive) -> Result<(), DocumentError> {
        let twice = || DocumentError { problem: Problem::Twice(directive.word), span: directive.span };
        match directive.word {
            Word::Revision => put(&mut self.revision, one_word(directive)?).ok_or_else(twice),
            Word::Revises => {
                let parents = if directive.args == "base" { Vec::new() } else { names(directive)? };
                put(&mut self.revises, parents).ok_or_else(twice)
            }
            Word::Depends => {
                self.depends.extend(names(directive)?);
                Ok(())
            }
            Word::Branch => {
                self.labels.extend(names(directive)?);
                Ok(())
            }
            Word::Replaces => self.replaces(directive),
            Word::Rollout => put(&mut self.rollout, rollout(directive)?).ok_or_else(twice),
            Word::Owner => put(&mut self.owner, some_text(directive)?).ok_or_else(twice),
            Word::Requires => {
                self.requires.push(some_text(directive)?);
                Ok(())
            }
            Word::Irreversible => put(&mut self.irreversible, reason(directive)?).ok_or_else(twice),
            Word::LockTimeout => put(&mut self.lock_timeout, time(directive)?).ok_or_else(twice),
            Word::StatementTimeout => put(&mut self.statement_timeout, time(directive)?).ok_or_else(twice),
            Word::Created => put(&mut self.created, some_text(directive)?).ok_or_else(twice),
            Word::Allow => {
                self.allows.push(allow(directive)?);
                Ok(())
            }
            Word::Upgrade
            | Word::Downgrade
            | Word::Sql
            | Word::Backfill
            | Word::Guard
            | Word::Deploy
            | Word::Run => {
                Err(DocumentError { problem: Problem::Misplaced(directive.word), span: directive.span })
            }
        }
    }

    /// `ID, ID`, or `ID = ID, ID` of one that replaced others itself.
    fn replaces(&mut self, directive: &Directive) -> Result<(), DocumentError> {
        let Some((id, list)) = directive.args.split_once('=') else {
            self.replaces.extend(names(directive)?);
            return Ok(());
        };
        let part = |args: &str| Directive { args: args.trim().to_owned(), ..directive.clone() };
        let id = one_word(&part(id))?;
        let list = names(&part(list))?.into_iter().map(|name| name.value).collect();
        self.replaced_before.push((Spanned { value: id.value, span: directive.args_span }, list));
        Ok(())
    }

    fn finish(&mut self) {
        self.prose = self.prose.trim().to_owned();
        self.message = self.prose.lines().next().unwrap_or_default().trim().to_owned();
    }
}

/// Fills an empty place; `None` when it is taken.
fn put<T>(place: &mut Option<T>, value: T) -> Option<()> {
    if place.is_some() {
        return None;
    }
    *place = Some(value);
    Some(())
}

fn spanned<T>(directive: &Directive, value: T) -> Spanned<T> {
    Spanned { value, span: directive.args_span }
}

fn some_text(directive: &Directive) -> Result<Spanned<String>, DocumentError> {
    if directive.args.is_empty() {
        return Err(bad(directive, "has nothing after it"));
    }
    Ok(spanned(directive, directive.args.clone()))
}

fn one_word(directive: &Directive) -> Result<Spanned<String>, DocumentError> {
    let text = some_text(directive)?;
    if text.value.contains(char::is_whitespace) {
        return Err(bad(directive, "takes one word"));
    }
    Ok(text)
}

fn names(directive: &Directive) -> Result<Vec<Spanned<String>>, DocumentError> {
    let mut at = directive.args_span.start;
    directive
        .args
        .split(',')
        .map(|item| {
            let name = item.trim();
            let start = at + (item.len() - item.trim_start().len());
            at += item.len() + 1;
            if name.is_empty() || name.contains(char::is_whitespace) || name == "base" {
                return Err(bad(directive, "takes names with commas between them"));
            }
            Ok(Spanned { value: name.to_owned(), span: Span::new(start, start + name.len()) })
        })
        .collect()
}

fn rollout(directive: &Directive) -> Result<Spanned<(String, String)>, DocumentError> {
    let missing = || bad(directive, "needs a name, a slash and a phase");
    let (name, phase) = directive.args.split_once('/').ok_or_else(missing)?;
    let (name, phase) = (name.trim(), phase.trim());
    if name.is_empty() || phase.is_empty() {
        return Err(missing());
    }
    Ok(spanned(directive, (name.to_owned(), phase.to_owned())))
}

fn reason(directive: &Directive) -> Result<Spanned<String>, DocumentError> {
    match directive::quoted(&directive.args) {
        Some((why, "")) if !why.trim().is_empty() => Ok(spanned(directive, why)),
        _ => Err(bad(directive, "needs a reason in double quotes")),
    }
}

fn time(directive: &Directive) -> Result<Spanned<std::time::Duration>, DocumentError> {
    duration::parse(&directive.args)
        .map(|value| spanned(directive, value))
        .ok_or_else(|| bad(directive, "needs a time such as 500ms, 2s, 5m or 0"))
}
