//! A section of a revision from the text of a file: what cannot run there becomes a comment with the reason, and
//! everything else stays as it was written.

use cutover_core::adopt::folder::Part;
use cutover_core::adopt::script::{Item, What};
use cutover_core::adopt::secret::{self, has_password, masked};
use cutover_core::adopt::{needs, password, temporary};
use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::tree::NodeEnum;

use super::attempt::Outcome;
use super::replay::guarded_role;

/// Which way the section leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// An upgrade.
    Up,
    /// A downgrade.
    Down,
}

/// What becomes of an item.
enum Fate {
    Stays,
    Instead(String),
    Out(String),
}

/// The section's text, and what was left out of it: the item with the reason. Transaction control is taken out too, and
/// is not told: a revision has transactions of its own.
pub fn written(part: &Part, items: &[Item], outcome: &Outcome, way: Way) -> (String, Vec<(usize, String)>) {
    let sql = part.sql.as_str();
    let mut out = String::new();
    let mut left_out = Vec::new();
    let mut at = 0;
    for (place, item) in items.iter().enumerate() {
        out += &plain(sql.get(at..item.span.start).unwrap_or_default());
        at = item.span.end;
        let text = item.span.text(sql);
        match fate(place, item, outcome, way, text) {
            Fate::Stays => {
                // the data of a COPY is not in the statement's span
                let data = item.statement().and_then(|(it, _)| it.copy_data).map(|data| data.end);
                let end = data.map_or(at, |end| sql[end..].find('\n').map_or(sql.len(), |n| end + n));
                out += &sql[item.span.start..end];
                at = end;
                if data.is_none() && after_semicolon(sql, at) == at {
                    out.push(';');
                }
            }
            Fate::Instead(other) => {
                out += &other;
                if after_semicolon(sql, at) == at {
                    out.push(';');
                }
            }
            Fate::Out(why) => {
                out += &comment(&why, text);
                at = after_semicolon(sql, at);
                // what follows on the line is no part of the comment
                if !sql[at..].starts_with(['\n', '\r']) {
                    out.push('\n');
                }
                if !matches!(item.what, What::Control(_)) {
                    left_out.push((place, why));
                }
            }
        }
    }
    out += &plain(sql.get(at..).unwrap_or_default());
    let mut out = out.trim().to_owned() + "\n";
    if items.iter().enumerate().any(|(place, item)| makes_temporary(item) && outcome.reason(place).is_none())
    {
        out += "\n-- what is temporary ended with the file's session; a run has one session for all revisions\nDISCARD TEMP;\n";
    }
    (out, left_out)
}

fn makes_temporary(item: &Item) -> bool {
    item.statement().is_some_and(|(_, node)| temporary::makes_one(node))
}

/// Whether anything of it is run.
pub fn has_statement(items: &[Item], outcome: &Outcome, way: Way) -> bool {
    items.iter().enumerate().any(|(place, item)| {
        item.statement().is_some() && !matches!(fate(place, item, outcome, way, ""), Fate::Out(_))
    })
}

fn fate(place: usize, item: &Item, outcome: &Outcome, way: Way, text: &str) -> Fate {
    if let What::Control(verb) = &item.what {
        return Fate::Out(format!("{verb}: a revision has transactions of its own"));
    }
    if let Some(reason) = outcome.reason(place) {
        return Fate::Out(format!("left out: {reason}"));
    }
    let Some((_, node)) = item.statement() else { return Fate::Stays };
    let Some(cleared) = password::cleared(text) else { return kept(node, way, text, None) };
    match &cleared.sql {
        Some(rest) => kept(node, way, rest, Some(cleared.comment())),
        None => Fate::Out(cleared.comment().trim_start_matches("-- ").to_owned()),
    }
}

/// What becomes of a statement that runs, under a comment of ours where there is one.
fn kept(node: &NodeEnum, way: Way, text: &str, comment: Option<String>) -> Fate {
    let above = |sql: String| match &comment {
        Some(comment) => Fate::Instead(format!("{comment}\n{sql}")),
        None => Fate::Instead(sql),
    };
    match (needs::created_role(node), way, node) {
        (Some(role), ..) => above(guarded_role(role, text)),
        (None, Way::Down, NodeEnum::DropRoleStmt(_)) => {
            Fate::Out("left out: roles are of the whole server, and other databases may need it".to_owned())
        }
        _ if comment.is_some() => above(text.to_owned()),
        _ => Fate::Stays,
    }
}

/// A statement as a comment, under the reason.
fn comment(why: &str, text: &str) -> String {
    let mut out = String::new();
    for line in why.lines() {
        out += &format!("-- {line}\n");
    }
    let text = if has_password(text) { masked(text) } else { text.into() };
    let lines: Vec<String> = text.lines().map(|line| format!("--   {line}").trim_end().to_owned()).collect();
    // a control statement is said in the reason
    if why.starts_with("left out") { out + &lines.join("\n") } else { out.trim_end().to_owned() }
}

/// Text between statements. A line that looks like one of our directives is none.
fn plain(text: &str) -> String {
    secret::between(text).replace("--@", "-- @")
}

fn after_semicolon(sql: &str, at: usize) -> usize {
    let rest = &sql[at..];
    match tokens(rest).find(|token| !token.is_blank()) {
        Some(token) if token.kind == TokenKind::Semicolon => at + token.span.end,
        _ => at,
    }
}
