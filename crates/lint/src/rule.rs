//! What a rule is, and where it reports to.

use cutover_sql::span::Span;

use crate::context::{Group, Place, RevisionView, Run};
use crate::finding::{Finding, Fix, Level};

/// What a rule is about; the documentation is ordered by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Locks, and how long they are held.
    Locks,
    /// What several statements do together.
    Together,
    /// What running code sees.
    Code,
    /// Revisions and their history.
    History,
    /// The text itself.
    Text,
    /// How a schema is made; off unless it is asked for.
    Design,
}

impl Area {
    /// A title for documentation.
    pub fn title(self) -> &'static str {
        match self {
            Self::Locks => "Locks and time",
            Self::Together => "Several statements",
            Self::Code => "What running code sees",
            Self::History => "Revisions and their history",
            Self::Text => "The text",
            Self::Design => "Design (off unless asked for)",
        }
    }
}

/// What a rule looks at.
#[derive(Clone, Copy)]
pub enum Check {
    /// One statement with its effects.
    Statement(fn(&Place<'_>, &mut Findings<'_>)),
    /// The statements that run in one transaction.
    Transaction(fn(&Group<'_>, &mut Findings<'_>)),
    /// One revision, or one file.
    Revision(fn(&RevisionView<'_>, &mut Findings<'_>)),
    /// Everything that was given.
    History(fn(&Run<'_>, &mut Findings<'_>)),
    /// The runner itself reports it.
    Runner,
}

/// A rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its id: the file's name.
    pub id: &'static str,
    /// How bad what it finds is.
    pub level: Level,
    /// What it is about.
    pub area: Area,
    /// What it finds, in one line.
    pub title: &'static str,
    /// How it finds it.
    pub check: Check,
}

impl Rule {
    /// Whether it is on when nobody says anything.
    pub fn is_on(&self) -> bool {
        self.area != Area::Design
    }

    /// Whether it speaks for the policy of an environment: only an upgrade of one finds it.
    pub fn is_of_environment(&self) -> bool {
        ["policy-data-loss", "policy-lock", "policy-rewrite"].contains(&self.id)
    }
}

/// Takes what a rule finds.
pub struct Findings<'f> {
    pub(crate) rule: &'static Rule,
    pub(crate) source: usize,
    pub(crate) found: &'f mut Vec<Finding>,
}

impl Findings<'_> {
    /// Reports something at a place, and why it is bad, in one sentence.
    pub fn report(&mut self, span: Span, message: impl Into<String>) -> Report<'_> {
        self.report_in(self.source, span, message)
    }

    /// The same in another source.
    pub fn report_in(&mut self, source: usize, span: Span, message: impl Into<String>) -> Report<'_> {
        let at = self.found.len();
        self.found.push(Finding {
            rule: self.rule.id,
            level: self.rule.level,
            source,
            span,
            message: message.into(),
            help: None,
            fix: None,
            allowed: None,
        });
        Report { finding: &mut self.found[at] }
    }
}

/// A finding that can still be added to.
pub struct Report<'f> {
    finding: &'f mut Finding,
}

impl Report<'_> {
    /// Says what to write instead.
    pub fn help(self, help: impl Into<String>) -> Self {
        self.finding.help = Some(help.into());
        self
    }

    /// Writes the safe form, if there is one.
    pub fn fix(self, fix: Option<Fix>) -> Self {
        self.finding.fix = fix;
        self
    }

    /// Is milder or worse here than usual.
    pub fn level(self, level: Level) -> Self {
        self.finding.level = level;
        self
    }
}
