//! One statement as rules look at it.

use std::cell::OnceCell;

use cutover_core::effect::known::Kind as RelationKind;
use cutover_core::effect::{Effects, Known, Rel, Rewrite};
use cutover_sql::lex::tokens;
use cutover_sql::span::Span;
use cutover_sql::statement::Transaction;
use cutover_sql::tree::NodeEnum;

use crate::look::alter::Apart;
use crate::look::old::is_old;
use crate::look::runs::Inner;
use crate::look::timeout::Limits;
use crate::source::{Item, Kind, Section, Source};

/// A statement, the schema before it, and what it does.
pub struct Place<'a> {
    /// The text that it is in.
    pub source: &'a Source,
    /// The statement.
    pub item: &'a Item,
    /// The schema before it.
    pub known: &'a Known,
    /// What it does.
    pub effects: &'a Effects,
    /// How long it may wait and run.
    pub limits: Limits,
    /// What several rules work out of it, and one is enough to.
    worked_out: WorkedOut,
}

/// An `ALTER TABLE` taken apart, and the statements of a `DO` block.
#[derive(Default)]
struct WorkedOut {
    apart: OnceCell<Option<Apart>>,
    inside: OnceCell<Vec<Inner>>,
}

impl<'a> Place<'a> {
    /// A statement of a source.
    pub fn new(
        source: &'a Source,
        item: &'a Item,
        known: &'a Known,
        effects: &'a Effects,
        limits: Limits,
    ) -> Self {
        Self { source, item, known, effects, limits, worked_out: WorkedOut::default() }
    }

    /// An `ALTER TABLE` as `find` takes it apart.
    pub(crate) fn apart(&self, find: impl FnOnce() -> Option<Apart>) -> Option<&Apart> {
        self.worked_out.apart.get_or_init(find).as_ref()
    }

    /// The statements of a `DO` block, as `find` tells them.
    pub(crate) fn inside(&self, find: impl FnOnce() -> Vec<Inner>) -> &[Inner] {
        self.worked_out.inside.get_or_init(find)
    }

    /// The statement's tree.
    pub fn tree(&self) -> &'a NodeEnum {
        &self.item.tree
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        self.item.statement.span
    }

    /// Its text.
    pub fn text(&self) -> &'a str {
        self.item.statement.span.text(&self.source.text)
    }

    /// Where a `location` of its tree is in the file.
    pub fn at(&self, location: i32) -> usize {
        self.item.statement.origin + usize::try_from(location).unwrap_or(0)
    }

    /// The word at a `location` of its tree; the whole statement where there is none.
    pub fn word_at(&self, location: i32) -> Span {
        if location < 0 {
            return self.span();
        }
        let start = self.at(location);
        let text = self.source.text.get(start..).unwrap_or_default();
        let end = tokens(text).next().map_or(start, |token| start + token.span.end);
        Span::new(start, end)
    }

    /// Whether a relation was there before this revision, so that others may be using it. One that nobody has seen
    /// made was.
    pub fn is_old(&self, relation: &Rel) -> bool {
        is_old(self.known, relation)
    }

    /// The relations that were there before this revision and that it writes anew for a cause.
    pub fn rewritten(&self, cause: Rewrite) -> impl Iterator<Item = &'a Rel> {
        let rewrites = self.effects.rewrites.iter();
        rewrites.filter(move |(rel, why)| *why == cause && self.is_old(rel)).map(|(rel, _)| rel)
    }

    /// Whether PostgreSQL will refuse it, so that nothing else of it comes to pass.
    pub fn is_refused(&self) -> bool {
        !self.effects.fails.is_empty() || self.is_wrongly_in_transaction()
    }

    /// Whether it stands in a transaction, and PostgreSQL refuses it in one. In a revision Cutover takes it out.
    pub fn is_wrongly_in_transaction(&self) -> bool {
        let outside = matches!(self.item.statement.traits.transaction, Transaction::Outside(_));
        outside && !self.can_be_alone()
    }

    /// Whether a statement in its place can run outside of a transaction: not between BEGIN and COMMIT, and not in a
    /// file that something else runs as one transaction.
    pub fn can_be_alone(&self) -> bool {
        self.is_revision() || !self.item.in_transaction
    }

    /// Whether it is in what goes up.
    pub fn is_upgrade(&self) -> bool {
        self.item.section == Section::Upgrade
    }

    /// Whether it is in a file that Cutover runs itself.
    pub fn is_revision(&self) -> bool {
        self.source.kind == Kind::Revision
    }

    /// Whether a relation is known, and of this kind.
    pub fn is_kind(&self, relation: &Rel, kind: RelationKind) -> bool {
        self.known.get(relation).is_some_and(|it| it.kind == kind)
    }

    /// What a relation is called in a message.
    pub fn noun(&self, relation: &Rel) -> &'static str {
        match self.known.get(relation).map(|it| it.kind) {
            Some(RelationKind::View) => "view",
            Some(RelationKind::MaterializedView) => "materialized view",
            Some(RelationKind::Sequence) => "sequence",
            Some(RelationKind::Index) => "index",
            Some(RelationKind::Foreign) => "foreign table",
            Some(RelationKind::Table | RelationKind::Partitioned | RelationKind::Composite) | None => "table",
        }
    }
}
