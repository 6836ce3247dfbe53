//! A revision sets the role or the `search_path` without LOCAL, or a `lock_timeout` of nothing.
//!
//! ## Why
//!
//! Cutover gives its session the configured `search_path`, role and `lock_timeout` back after each transaction that
//! changed them. So a SET without LOCAL ends with the transaction: behind the next `--@ sql`, and in a statement that
//! runs on its own, names are looked for elsewhere again, and things are made by another role. Run by hand, the same
//! file goes on with what was set. Without a `lock_timeout` a statement that waits for a lock keeps everybody behind
//! it waiting as well, without an end.
//!
//! ## Example
//!
//! ```sql
//! SET search_path = app, public;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! SET LOCAL search_path = app, public;
//! ```
//!
//! It says what happens. Better: write the schema in front of the names, or set the `search_path` in the
//! configuration. A role is taken on with SET LOCAL ROLE, or given back with RESET ROLE behind the statements that it
//! is for. A longer time to wait for locks is said in the revision's header. What a RESET further down gives back is
//! not reported.
//!
//! ## When to allow it
//!
//! The file is also run by something else, which keeps the setting.

use cutover_sql::span::Span;

use crate::context::Place;
use crate::finding::{Edit, Fix, Level};
use crate::look::runs::each;
use crate::look::settings::{Setting, given_back, setting};
use crate::look::together::later;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "setting-in-revision",
    level: Level::Warning,
    area: Area::Together,
    title: "A revision sets the role or the search_path without LOCAL, or a lock_timeout of nothing",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if !place.is_revision() {
        return;
    }
    each(place, |one| {
        let Some(it) = setting(one.node) else { return };
        match it.name.as_str() {
            "lock_timeout" if it.is_zero() => {
                let message =
                    "without a lock_timeout a statement, and whoever waits behind it, waits without an end";
                out.report(place.span(), message)
                    .help("leave it out, or write a time in the revision's header");
            }
            "search_path" if !it.local && !is_given_back(place, &it) => {
                let message =
                    "the search_path ends with the transaction, though SET without LOCAL says otherwise";
                out.report(place.span(), message).help("SET LOCAL").fix(local(place));
            }
            "role" | "session_authorization" if !it.local && !is_given_back(place, &it) => {
                let message = "the role ends with the transaction, though SET without LOCAL says otherwise";
                let fix = (it.name == "role").then(|| local(place)).flatten();
                out.report(place.span(), message).help("SET LOCAL").fix(fix);
            }
            _ => {}
        }
    });
}

/// Whether something further down gives it back.
fn is_given_back(place: &Place<'_>, it: &Setting) -> bool {
    let back = |name: String| name == it.name || name == "all";
    later(place).any(|item| given_back(&item.tree).is_some_and(back))
}

/// LOCAL behind SET, in place of SESSION: it is what happens anyway.
fn local(place: &Place<'_>) -> Option<Fix> {
    let text = place.text();
    let set = crate::fix::safe::behind_word(text, "SET")?;
    let is_session = text[set..].trim_start().to_ascii_lowercase().starts_with("session ");
    let end = if is_session { crate::fix::safe::behind_word(text, "SESSION")? } else { set };
    let start = place.span().start;
    Some(Fix {
        title: "only for this transaction".into(),
        edits: vec![Edit { span: Span::new(start + set, start + end), text: " LOCAL".into() }],
        safe: true,
    })
}
