//! Runs the rules: the history is followed statement by statement, and what is looked at is judged on the way.

mod allow;
mod kept;
mod options;
mod sessions;

use std::sync::Arc;

use cutover_core::effect::{Known, effects};

use crate::context::{Group, Judged, Kept, Place, RevisionView, Run};
use crate::finding::Finding;
use crate::look::schema;
use crate::look::timeout::{Limit, Limits, Timeout};
use crate::registry::RULES;
use crate::rule::{Check, Findings, Rule};
use crate::source::{Kind, Section, Source};
pub use options::Options;
use sessions::Sessions;

/// Looks at those of the sources that are marked; the others, the history, tell what was there before. Findings come
/// in the order of the text, with what the files accept marked as such.
pub fn lint(sources: &[Source], looked_at: &[bool], options: &Options) -> Vec<Finding> {
    let mut linter = Linter::new(options);
    sources.iter().zip(looked_at).for_each(|(source, looked_at)| linter.look(source, *looked_at));
    linter.finish(sources)
}

/// Looks at sources one after the other, so that the next can be read meanwhile.
pub struct Linter<'r> {
    rules: Vec<&'static Rule>,
    options: &'r Options,
    found: Vec<Finding>,
    known: Known,
    sessions: Sessions,
    looked_at: Vec<bool>,
    statements: Vec<Vec<Judged>>,
}

impl<'r> Linter<'r> {
    /// Before the first source.
    pub fn new(options: &'r Options) -> Self {
        let mut known = Known::new(options.major);
        known.search_path.clone_from(&options.search_path);
        let sessions = Sessions::of(&known);
        Self {
            rules: RULES.iter().copied().filter(|rule| options.has(rule)).collect(),
            options,
            found: Vec::new(),
            known,
            sessions,
            looked_at: Vec::new(),
            statements: Vec::new(),
        }
    }

    /// The next source. One that is not looked at is history: it tells what was there before.
    pub fn look(&mut self, source: &Source, looked_at: bool) {
        let judged = if looked_at {
            self.source(self.looked_at.len(), source)
        } else {
            self.known.era += 1;
            self.follow(source);
            Vec::new()
        };
        self.looked_at.push(looked_at);
        self.statements.push(judged);
    }

    /// What was found in all of them, with what only the whole says. `sources` are those that were given, in order.
    pub fn finish(&mut self, sources: &[Source]) -> Vec<Finding> {
        let (mut found, options) = (std::mem::take(&mut self.found), self.options);
        let (looked_at, statements) = (&self.looked_at[..], &self.statements[..]);
        let run = Run { sources, looked_at, statements, known: &self.known, settings: &options.settings };
        for rule in &self.rules {
            if let Check::History(check) = rule.check {
                check(&run, &mut Findings { rule, source: 0, found: &mut found });
            }
        }
        for (index, source) in sources.iter().enumerate().filter(|(index, _)| looked_at[*index]) {
            allow::apply(index, source, options, &mut found);
        }
        for finding in &mut found {
            if let Some(level) = options.levels.get(finding.rule) {
                finding.level = *level;
            }
        }
        found.sort_by_key(|finding| (finding.source, finding.span.start, finding.span.end));
        found
    }

    /// Only what goes up, without a judgement.
    fn follow(&mut self, source: &Source) {
        self.sessions.begin(&mut self.known);
        for item in source.items.iter().filter(|item| item.section == Section::Upgrade) {
            self.sessions.enter(item, &mut self.known);
            self.known.apply(&item.tree);
            self.sessions.leave(source, item);
        }
        self.sessions.begin(&mut self.known);
    }

    fn source(&mut self, index: usize, source: &Source) -> Vec<Judged> {
        if !self.options.one_run || self.known.era == 0 {
            self.known.era += 1;
        }
        self.report_errors(index, source);
        let mut judged = Vec::with_capacity(source.items.len());
        self.section(index, source, Section::Upgrade, &mut judged);
        if source.items.iter().any(|item| item.section == Section::Downgrade) {
            let after = self.known.clone();
            self.section(index, source, Section::Downgrade, &mut judged);
            self.known = after;
        }
        for rule in &self.rules {
            match rule.check {
                Check::Transaction(check) => {
                    for group in Group::each(source, &judged) {
                        check(&group, &mut Findings { rule, source: index, found: &mut self.found });
                    }
                }
                Check::Revision(check) => {
                    let (known, settings) = (&self.known, &self.options.settings);
                    let view = RevisionView { index, source, statements: &judged, known, settings };
                    check(&view, &mut Findings { rule, source: index, found: &mut self.found });
                }
                Check::Statement(_) | Check::History(_) | Check::Runner => {}
            }
        }
        judged
    }

    fn section(&mut self, index: usize, source: &Source, section: Section, judged: &mut Vec<Judged>) {
        let (mut lock, mut run) = timeouts(source);
        let mut transaction = None;
        self.sessions.begin(&mut self.known);
        for (at, item) in source.items.iter().enumerate().filter(|(_, item)| item.section == section) {
            self.sessions.enter(item, &mut self.known);
            let is_next = transaction.replace(item.transaction) != Some(item.transaction);
            if is_next && source.kind == Kind::Revision {
                // what a step sets ends with it
                (lock, run) = timeouts(source);
            }
            lock.see(item);
            run.see(item);
            let limits = Limits { lock: lock.limit(), statement: run.limit() };
            let effects = effects(&self.known, &item.tree);
            let place = Place::new(source, item, &self.known, &effects, limits);
            for rule in &self.rules {
                if let Check::Statement(check) = rule.check {
                    check(&place, &mut Findings { rule, source: index, found: &mut self.found });
                }
            }
            let before = kept::of(&place);
            let had = schema::constraints(&self.known, &item.tree);
            self.known.apply(&item.tree);
            self.sessions.leave(source, item);
            let strong = kept::by_root(&self.known, before.strong);
            let constraints = schema::new_constraints(&self.known, had);
            let kept = Kept { effects, strong, constraints, ..before };
            let same = judged.last().filter(|last| *last.kept == kept).map(|last| Arc::clone(&last.kept));
            judged.push(Judged { item: at, limits, kept: same.unwrap_or_else(|| Arc::new(kept)) });
        }
        self.sessions.begin(&mut self.known);
    }

    fn report_errors(&mut self, index: usize, source: &Source) {
        for fault in &source.errors {
            let Some(rule) = self.rules.iter().find(|rule| rule.id == fault.rule) else { continue };
            let mut findings = Findings { rule, source: index, found: &mut self.found };
            findings.report(fault.span, fault.message.clone()).help(fault.help.clone());
        }
    }
}

/// The limits that a file begins with: Cutover's session has one for locks, or that of the revision's header.
fn timeouts(source: &Source) -> (Timeout, Timeout) {
    let is_revision = source.kind == Kind::Revision;
    let lock = source.header.lock_timeout.map_or(Limit::Usual(is_revision), |time| {
        Limit::Said(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    });
    (Timeout::new("lock_timeout", lock), Timeout::new("statement_timeout", Limit::Usual(false)))
}
