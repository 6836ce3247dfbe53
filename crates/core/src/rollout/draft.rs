//! A rollout as data, before it becomes files: what each revision says, up and down.

use cutover_sql::document::{BackfillOptions, BlockKind, Expect};
use cutover_sql::print;

use super::phase::Phase;

/// A whole rollout: its revisions in order, each on top of the one before, or beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub rollout: String,
    /// Its revisions.
    pub parts: Vec<Part>,
}

/// One revision of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it does, in a few words: the first line of its prose and the words of its file name.
    pub title: String,
    /// Its phase.
    pub phase: Phase,
    /// Whether it may run before or after the part before it: both have the same parents, and what follows needs both.
    pub beside: bool,
    /// Who answers for it, when that is not the whole rollout's owner.
    pub owner: Option<String>,
    /// Why it is there and why it is safe: paragraphs without comment signs.
    pub prose: String,
    /// Its gates, as a header says them.
    pub requires: Vec<String>,
    /// The way up.
    pub upgrade: Vec<Block>,
    /// The way down.
    pub downgrade: Vec<Block>,
    /// Why there is no way back, if there is none.
    pub irreversible: Option<String>,
    /// Findings that are accepted in it: rule and reason.
    pub allows: Vec<(String, String)>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Statements, each without its semicolon; a comment may stand above one.
    Sql(Vec<String>),
    /// One statement in batches.
    Backfill {
        /// The table, as SQL has it.
        table: String,
        /// The columns of the key, as SQL has them; none for a walk by `ctid`.
        key: Vec<String>,
        /// How it goes.
        options: BackfillOptions,
        /// The statement, as if for the whole table, without its semicolon.
        statement: String,
    },
    /// A query that must give something.
    Guard {
        /// What must hold, in words.
        text: String,
        /// What it must give.
        expect: Expect,
        /// The query, without its semicolon.
        query: String,
    },
    /// Other code must be deployed.
    Deploy {
        /// Which, in words.
        text: String,
        /// The gate that is evidence of it.
        when: Option<String>,
    },
}

impl Part {
    /// A revision with a title and a phase, and nothing in it yet.
    pub fn new(phase: Phase, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            phase,
            beside: false,
            owner: None,
            prose: String::new(),
            requires: Vec::new(),
            upgrade: Vec::new(),
            downgrade: Vec::new(),
            irreversible: None,
            allows: Vec::new(),
        }
    }

    /// A wait for a deploy, both ways: nothing else is in it, so that nothing is half done meanwhile.
    pub fn deploy(title: impl Into<String>, up: impl Into<String>, down: impl Into<String>) -> Self {
        let block = |text: String| vec![Block::Deploy { text, when: None }];
        Self { upgrade: block(up.into()), downgrade: block(down.into()), ..Self::new(Phase::CutOver, title) }
    }

    /// With this prose; its paragraphs get lines of at most [`WIDTH`] columns.
    #[must_use]
    pub fn prose(mut self, prose: impl Into<String>) -> Self {
        self.prose = prose.into().lines().map(wrapped).collect::<Vec<_>>().join("\n");
        self
    }

    /// With these blocks in its upgrade.
    #[must_use]
    pub fn up(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.upgrade.extend(blocks);
        self
    }

    /// With these blocks in its downgrade.
    #[must_use]
    pub fn down(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.downgrade.extend(blocks);
        self
    }

    /// With a gate.
    #[must_use]
    pub fn requires(mut self, gate: impl Into<String>) -> Self {
        self.requires.push(gate.into());
        self
    }

    /// That may run before or after the part before it.
    #[must_use]
    pub fn beside(mut self) -> Self {
        self.beside = true;
        self
    }

    /// With an owner of its own.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// With a finding that is accepted, and why.
    #[must_use]
    pub fn allow(mut self, rule: impl Into<String>, why: impl Into<String>) -> Self {
        self.allows.push((rule.into(), why.into()));
        self
    }

    /// The text of its sections, up and down.
    pub fn body(&self) -> (String, String) {
        (section(&self.upgrade), section(&self.downgrade))
    }
}

impl Block {
    /// Statements.
    pub fn sql<S: Into<String>>(statements: impl IntoIterator<Item = S>) -> Self {
        Self::Sql(statements.into_iter().map(Into::into).collect())
    }

    fn text(&self, first: bool) -> String {
        match self {
            Self::Sql(statements) => {
                let body = ended(statements);
                if first { body } else { format!("{}\n{body}", print::block(&BlockKind::Sql)) }
            }
            Self::Backfill { table, key, options, statement } => {
                let kind =
                    BlockKind::Backfill { table: table.clone(), key: key.clone(), options: options.clone() };
                format!("{}\n{}", print::block(&kind), ended(std::slice::from_ref(statement)))
            }
            Self::Guard { text, expect, query } => {
                let kind = BlockKind::Guard { text: text.clone(), expect: expect.clone() };
                format!("{}\n{}", print::block(&kind), ended(std::slice::from_ref(query)))
            }
            Self::Deploy { text, when } => {
                let kind = BlockKind::Deploy { text: text.clone(), when: when.clone() };
                format!("{}\n", print::block(&kind))
            }
        }
    }
}

/// How wide a line of prose is, without the comment sign.
const WIDTH: usize = 110;

/// A paragraph in lines.
fn wrapped(paragraph: &str) -> String {
    let mut lines = vec![String::new()];
    for word in paragraph.split(' ') {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
        } else {
            let space = if lines[last].is_empty() { "" } else { " " };
            lines[last] += space;
            lines[last] += word;
        }
    }
    lines.join("\n")
}

/// Statements with their semicolons, an empty line between two.
fn ended(statements: &[String]) -> String {
    let ended: Vec<String> =
        statements.iter().map(|s| format!("{};\n", s.trim_end().trim_end_matches(';'))).collect();
    ended.join("\n")
}

fn section(blocks: &[Block]) -> String {
    let texts: Vec<String> = blocks.iter().enumerate().map(|(at, block)| block.text(at == 0)).collect();
    texts.join("\n")
}
