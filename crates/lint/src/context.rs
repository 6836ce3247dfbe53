//! What rules look at: a statement, a transaction, a revision, a whole run.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use cutover_core::effect::known::{Index, Kind as RelationKind};
use cutover_core::effect::{Effects, Known, Mode, Rel};
use cutover_sql::lex::tokens;
use cutover_sql::span::Span;
use cutover_sql::statement::Transaction;
use cutover_sql::tree::NodeEnum;

use crate::look::alter::Apart;
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
        crate::look::old::is_old(self.known, relation)
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

/// What is kept of a statement for the rules that look at several. A file may have a million rows, each in a statement
/// that does the same as the one before; what they do is kept once.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Which of the source's statements it is.
    pub item: usize,
    /// How long it may wait and run.
    pub limits: Limits,
    /// What it is and does.
    pub kept: Arc<Kept>,
}

impl Deref for Judged {
    type Target = Kept;

    fn deref(&self) -> &Kept {
        &self.kept
    }
}

/// What a statement is and does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it does.
    pub effects: Effects,
    /// The tables and views that were there before the revision and whose readers or writers wait for it; a partition
    /// counts as the table that it is a part of.
    pub strong: BTreeMap<Rel, Mode>,
    /// The relations that were there before the revision and that it rewrites or reads in full.
    pub long: Vec<Rel>,
    /// The tables and views that the statement makes.
    pub makes: Vec<Rel>,
    /// Whether it makes, changes or drops something that is not rows.
    pub is_ddl: bool,
    /// Whether it changes rows of a table that was there before.
    pub changes_rows: bool,
    /// Whether it moves many: all of a table, or what a query gives.
    pub changes_many: bool,
    /// Whether it copies rows of tables that were there before into one that was not.
    pub copies_rows: bool,
    /// Constraints that it makes: the table, the name, the columns.
    pub constraints: Vec<(Rel, String, Vec<String>)>,
    /// A table of which columns have no statistics afterwards; without columns, what more than columns have.
    pub unmeasured: Option<(Rel, Vec<String>)>,
    /// The tables that it gathers statistics of, and of which columns; no table for all, no columns for all.
    pub analyzes: Vec<(Option<Rel>, Vec<String>)>,
    /// Indexes that it makes: the index, its table, its columns.
    pub indexes: Vec<(Rel, Rel, Vec<String>)>,
    /// Columns and tables that it drops; a table has no column.
    pub drops: Vec<(Rel, Option<String>)>,
    /// Indexes that it drops and that were there before.
    pub dropped_indexes: Vec<DroppedIndex>,
}

/// An index that goes, and that no other one of its table stands in for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedIndex {
    /// Its name.
    pub name: Rel,
    /// Its table and what it was, where somebody has seen it made.
    pub was: Option<(Rel, Index)>,
}

/// The statements of one transaction.
pub struct Group<'a> {
    /// The text that they are in.
    pub source: &'a Source,
    /// They, in order.
    pub statements: &'a [Judged],
}

impl<'a> Group<'a> {
    /// Those of each transaction of a source.
    pub fn each(source: &'a Source, judged: &'a [Judged]) -> impl Iterator<Item = Self> {
        let together = judged.chunk_by(|a, b| {
            let (a, b) = (&source.items[a.item], &source.items[b.item]);
            a.section == b.section && a.transaction == b.transaction
        });
        together.map(move |statements| Group { source, statements })
    }

    /// The statement of one of them.
    pub fn item(&self, judged: &Judged) -> &'a Item {
        &self.source.items[judged.item]
    }
}

/// One revision, or one plain file.
pub struct RevisionView<'a> {
    /// Which of the sources it is.
    pub index: usize,
    /// Its text.
    pub source: &'a Source,
    /// All statements, what goes up first.
    pub statements: &'a [Judged],
    /// The schema after what goes up.
    pub known: &'a Known,
    /// What the caller knows.
    pub settings: &'a Settings,
}

impl<'a> RevisionView<'a> {
    /// The statement of one of them.
    pub fn item(&self, judged: &Judged) -> &'a Item {
        &self.source.items[judged.item]
    }

    /// The statements of a section.
    pub fn section(&self, section: Section) -> impl Iterator<Item = &Judged> {
        self.statements.iter().filter(move |judged| self.source.items[judged.item].section == section)
    }
}

/// Everything that is looked at.
pub struct Run<'a> {
    /// The texts: the history first, in its order.
    pub sources: &'a [Source],
    /// Which of them are looked at; the others are there to know the schema.
    pub looked_at: &'a [bool],
    /// The statements of each source that is looked at.
    pub statements: &'a [Vec<Judged>],
    /// The schema after all of it.
    pub known: &'a Known,
    /// What the caller knows.
    pub settings: &'a Settings,
}

impl<'a> Run<'a> {
    /// The statements of what goes up, in the order of the run, each with the number of its source.
    pub fn upgrades(&self) -> impl Iterator<Item = (usize, &'a Judged)> + use<'a> {
        let (sources, statements) = (self.sources, self.statements);
        let of = move |(at, all): (usize, &'a Vec<Judged>)| {
            all.iter()
                .filter(move |judged| sources[at].items[judged.item].section == Section::Upgrade)
                .map(move |judged| (at, judged))
        };
        statements.iter().enumerate().flat_map(of)
    }
}

/// What the caller knows of the files.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Names of files, as their sources have them, that are not what the configured naming gives.
    pub misnamed: Vec<String>,
    /// Names of files, as their sources have them, that were changed after they had landed.
    pub edited: Vec<String>,
}
