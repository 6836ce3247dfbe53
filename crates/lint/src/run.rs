//! Runs the rules: the history is followed statement by statement, and what is looked at is judged on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cutover_core::effect::known::Kind as RelationKind;
use cutover_core::effect::{Effects, Known, Loss, Rel, Scan, effects};
use cutover_sql::tree::{self, NodeEnum};

use crate::context::{Group, Judged, Kept, Place, RevisionView, Run, Settings};
use crate::finding::{Finding, Level};
use crate::ignore;
use crate::judge;
use crate::registry::RULES;
use crate::rule::{Check, Findings, Rule};
use crate::sessions::Sessions;
use crate::source::{Kind, Section, Source};
use crate::timeout::{Limit, Limits, Timeout};

/// How to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// Major version of the server that it will run on.
    pub major: u32,
    /// Rules that are off.
    pub off: BTreeSet<String>,
    /// Rules that are on although they are usually off.
    pub on: BTreeSet<String>,
    /// Levels that differ from the rules' own.
    pub levels: BTreeMap<String, Level>,
    /// What is looked at runs in one go: what one revision makes is nobody's yet in the next.
    pub one_run: bool,
    /// Where names without a schema are looked for.
    pub search_path: Vec<String>,
    /// What the caller knows of the files.
    pub settings: Settings,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            major: 15,
            off: BTreeSet::new(),
            on: BTreeSet::new(),
            levels: BTreeMap::new(),
            one_run: false,
            search_path: vec!["public".into()],
            settings: Settings::default(),
        }
    }
}

impl Options {
    /// Whether a rule is looked for.
    pub(crate) fn has(&self, rule: &Rule) -> bool {
        (rule.is_on() || self.on.contains(rule.id)) && !self.off.contains(rule.id)
    }
}

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
            ignore::apply(index, source, options, &mut found);
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
                    for group in groups(source, &judged) {
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
            let before = judge(&place);
            let had = judge::constraints(&self.known, &item.tree);
            self.known.apply(&item.tree);
            self.sessions.leave(source, item);
            let strong = judge::by_root(&self.known, before.strong);
            let constraints = judge::new_constraints(&self.known, had);
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

/// Runs of statements of one transaction.
pub(crate) fn groups<'j>(source: &'j Source, judged: &'j [Judged]) -> impl Iterator<Item = Group<'j>> {
    let together = judged.chunk_by(|a, b| {
        let (a, b) = (&source.items[a.item], &source.items[b.item]);
        a.section == b.section && a.transaction == b.transaction
    });
    together.map(move |statements| Group { source, statements })
}

fn judge(place: &Place<'_>) -> Kept {
    // one that is refused does nothing
    let nothing = Effects::default();
    let effects = if place.is_refused() { &nothing } else { place.effects };
    let is_table = |rel: &Rel| place.known.get(rel).is_none_or(|it| it.kind != RelationKind::Index);
    let strong = effects
        .blocking(place.known)
        .filter(|(rel, _)| is_table(rel) && place.is_old(rel))
        .map(|(rel, mode)| (rel.clone(), mode))
        .collect();
    let strong = judge::by_root(place.known, strong);
    let scans = effects.scans.iter().filter(|(_, cause)| *cause != Scan::Maintenance).map(|(rel, _)| rel);
    let long = effects.rewrites.iter().map(|(rel, _)| rel).chain(scans);
    let changed = changed_table(place.tree(), place.known);
    Kept {
        effects: Effects::default(),
        strong,
        long: long.filter(|rel| place.is_old(rel)).cloned().collect(),
        makes: makes(place.tree(), place.known),
        is_ddl: is_ddl(place.tree()),
        changes_rows: changed.as_ref().is_some_and(|rel| place.is_old(rel)),
        changes_many: changed.is_some_and(|rel| place.is_old(&rel)) && changes_many(place.tree()),
        copies_rows: judge::copies_rows(place),
        constraints: Vec::new(),
        unmeasured: judge::unmeasured(place),
        analyzes: judge::analyzes(place),
        indexes: indexes(place.tree(), place.known),
        drops: drops(effects),
        dropped_indexes: judge::dropped_indexes(place),
    }
}

/// The table whose rows a statement changes.
pub fn changed_table(node: &NodeEnum, known: &Known) -> Option<Rel> {
    let written = match node {
        NodeEnum::InsertStmt(it) => it.relation.as_ref(),
        NodeEnum::UpdateStmt(it) => it.relation.as_ref(),
        NodeEnum::DeleteStmt(it) => it.relation.as_ref(),
        NodeEnum::MergeStmt(it) => it.relation.as_ref(),
        NodeEnum::CopyStmt(it) if it.is_from => it.relation.as_ref(),
        _ => None,
    };
    written.map(|rel| known.resolve(rel))
}

/// Whether it is not only a few rows that are named.
fn changes_many(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::InsertStmt(it) => match tree::boxed(it.select_stmt.as_deref()) {
            Some(NodeEnum::SelectStmt(query)) => !query.from_clause.is_empty(),
            _ => false,
        },
        NodeEnum::UpdateStmt(_) | NodeEnum::DeleteStmt(_) | NodeEnum::MergeStmt(_) => true,
        _ => false,
    }
}

fn makes(node: &NodeEnum, known: &Known) -> Vec<Rel> {
    let written = match node {
        NodeEnum::CreateStmt(it) => it.relation.as_ref(),
        NodeEnum::ViewStmt(it) => it.view.as_ref(),
        NodeEnum::CreateTableAsStmt(it) => it.into.as_ref().and_then(|into| into.rel.as_ref()),
        NodeEnum::CreateForeignTableStmt(it) => it.base_stmt.as_ref().and_then(|base| base.relation.as_ref()),
        _ => None,
    };
    let named = written.map(|rel| {
        let schema = tree::schema(rel).unwrap_or_else(|| known.creation_schema());
        Rel::new(schema, rel.relname.clone())
    });
    named.into_iter().collect()
}

fn is_ddl(node: &NodeEnum) -> bool {
    !matches!(
        node,
        NodeEnum::SelectStmt(_)
            | NodeEnum::InsertStmt(_)
            | NodeEnum::UpdateStmt(_)
            | NodeEnum::DeleteStmt(_)
            | NodeEnum::MergeStmt(_)
            | NodeEnum::CopyStmt(_)
            | NodeEnum::VariableSetStmt(_)
            | NodeEnum::VariableShowStmt(_)
            | NodeEnum::TransactionStmt(_)
            | NodeEnum::ExplainStmt(_)
            | NodeEnum::DoStmt(_)
            | NodeEnum::CallStmt(_)
            | NodeEnum::LockStmt(_)
            | NodeEnum::VacuumStmt(_)
            | NodeEnum::ConstraintsSetStmt(_)
    )
}

fn indexes(node: &NodeEnum, known: &Known) -> Vec<(Rel, Rel, Vec<String>)> {
    let NodeEnum::IndexStmt(it) = node else { return Vec::new() };
    let Some(table) = it.relation.as_ref().map(|rel| known.resolve(rel)) else { return Vec::new() };
    let index = cutover_core::effect::known::index_of(it);
    let name = match it.idxname.as_str() {
        "" => known.free_index_name(&table, &index.columns, "idx"),
        name => table.sibling(name),
    };
    vec![(name, table, index.uses)]
}

fn drops(effects: &Effects) -> Vec<(Rel, Option<String>)> {
    let drops = effects.losses.iter().filter_map(|loss| match loss {
        Loss::Column { table, column } => Some((table.clone(), Some(column.clone()))),
        Loss::Table { table } => Some((table.clone(), None)),
        Loss::Rows { .. }
        | Loss::SomeRows { .. }
        | Loss::Values { .. }
        | Loss::Narrowed { .. }
        | Loss::Schema { .. }
        | Loss::Database { .. }
        | Loss::Sequence { .. } => None,
    });
    drops.collect()
}
