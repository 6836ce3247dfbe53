//! What rules look at: a statement, a transaction, a revision, a whole run.

mod kept;
mod place;

use cutover_core::effect::Known;

use crate::source::{Item, Section, Source};
pub use kept::{DroppedIndex, Judged, Kept};
pub use place::Place;

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
