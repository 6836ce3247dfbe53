//! `CREATE TABLE ... PARTITION OF` a table that others use.
//!
//! ## Why
//!
//! It takes ACCESS EXCLUSIVE on the parent: readers and writers of all partitions wait for it, and it waits for all
//! who use one of them. `ATTACH PARTITION` takes SHARE UPDATE EXCLUSIVE on the parent, which holds up neither, and a
//! table that is new has nothing to be read.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE events_2026
//!     (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING INDEXES);
//! ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
//! ```
//!
//! Storage settings of columns are taken over with INCLUDING STORAGE and INCLUDING COMPRESSION.
//!
//! ## When to allow it
//!
//! Transactions on the parent are short and the revision runs with a lock timeout.

use cutover_core::effect::known::Kind;
use cutover_core::effect::{Mode, Rel};
use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::span::Span;
use cutover_sql::tree::{self, CreateStmt, NodeEnum, RangeVar};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::safe;
use crate::look::names::written;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "create-partition-locks-parent",
    level: Level::Warning,
    area: Area::Locks,
    title: "CREATE TABLE ... PARTITION OF a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::CreateStmt(it) = place.tree() else { return };
    let above = it.partbound.as_ref().and_then(|_| it.inh_relations.first());
    let Some(NodeEnum::RangeVar(above)) = above.and_then(tree::inner) else { return };
    let parent = place.known.resolve(above);
    let locks = place.effects.mode(&parent) == Some(Mode::AccessExclusive);
    if !locks || !place.is_old(&parent) || place.is_refused() {
        return;
    }
    let message = format!(
        "reads and writes of {parent} wait for it: a partition that is made in place takes ACCESS EXCLUSIVE on it"
    );
    out.report(place.span(), message)
        .help("CREATE TABLE ... (LIKE the parent INCLUDING ...), then ALTER TABLE ... ATTACH PARTITION")
        .fix(fix(place, it, above, &parent));
}

/// The same table on its own, and attached. What the partition says beside its bounds would have to be put together
/// with what the parent says; there is no such form then.
fn fix(place: &Place<'_>, it: &CreateStmt, above: &RangeVar, parent: &Rel) -> Option<Fix> {
    let known = place.known.get(parent)?;
    let is_simple = it.table_elts.is_empty()
        && it.constraints.is_empty()
        && !it.if_not_exists
        && known.kind == Kind::Partitioned
        && (known.tablespace.is_none() && known.access_method.is_none());
    let (name, (bound, rest)) = (it.relation.as_ref()?, split(place.text())?);
    if !is_simple {
        return None;
    }
    let persistence = if name.relpersistence == "u" { "UNLOGGED " } else { "" };
    let compression = if place.known.major >= 14 { " INCLUDING COMPRESSION" } else { "" };
    let (table, parent) = (written(name), written(above));
    let like = format!(
        "CREATE {persistence}TABLE {table} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS \
         INCLUDING GENERATED INCLUDING INDEXES INCLUDING STORAGE{compression})"
    );
    let attach = format!("ALTER TABLE {parent} ATTACH PARTITION {table} {bound}");
    safe::instead(place, "make it on its own and attach it", format!("{like}{rest};\n{attach}"))
}

/// The bounds as they were written, `FOR VALUES ...` or `DEFAULT`, and what follows them: how the partition is
/// partitioned itself, and its storage.
fn split(text: &str) -> Option<(&str, &str)> {
    let mut words = tokens(text).filter(|token| !token.is_blank()).map(|token| (token.kind, token.span));
    let is = |span: Span, word: &str| span.text(text).eq_ignore_ascii_case(word);
    let (_, start) =
        words.find(|(kind, span)| *kind == TokenKind::Word && (is(*span, "FOR") || is(*span, "DEFAULT")))?;
    let mut end = start.end;
    if is(start, "FOR") {
        // FROM (...) TO (...), or one list
        let (_, form) = words.nth(1)?;
        let (mut groups, mut depth) = (if is(form, "FROM") { 2 } else { 1 }, 0);
        for (kind, span) in words {
            depth += i32::from(kind == TokenKind::OpenParen) - i32::from(kind == TokenKind::CloseParen);
            if kind == TokenKind::CloseParen && depth == 0 {
                (groups, end) = (groups - 1, span.end);
            }
            if groups == 0 {
                break;
            }
        }
    }
    Some((text.get(start.start..end)?, text.get(end..)?.trim_end()))
}
