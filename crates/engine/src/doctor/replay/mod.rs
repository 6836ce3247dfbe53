//! The history on an empty database, revision by revision: where it fails and why, what does nothing, what does not come
//! back. The database is a scratch database; nothing else is written to.

mod hidden;
mod said;
mod why;

use std::collections::BTreeSet;

use cutover_core::plan::Direction;
use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;
use cutover_sql::statement::Transaction;

use super::survey::Survey;
use super::{downgrades, gates, nothing};
use crate::execute::{ExecuteError, StepFailure};
use crate::schema::trial::{self, Fault, Moment, When};
use crate::schema::{Bench, SchemaError, Workshop, replay};
use crate::session::Settings;

/// Replays everything that can be.
///
/// # Errors
/// When there is no scratch database, or it cannot be read.
pub async fn check(
    survey: &Survey,
    settings: &Settings,
    workshop: &Workshop,
) -> Result<Vec<Conclusion>, SchemaError> {
    let bench = workshop.bench(None).await?;
    let mut walk = Walk {
        survey,
        settings,
        workshop,
        bench,
        good: Vec::new(),
        broken: survey.unusable.clone(),
        bare: downgrades::empty(survey).into_iter().collect(),
        follows: Vec::new(),
        found: Vec::new(),
    };
    // also what stands behind a revision that fails: most of it can be tried all the same
    for index in (0..survey.history.graph().len()).filter(|index| !survey.unusable.contains(index)) {
        walk.revision(index).await?;
    }
    walk.follow();
    Ok(walk.found)
}

/// Where the replay is.
struct Walk<'a> {
    survey: &'a Survey,
    settings: &'a Settings,
    workshop: &'a Workshop,
    bench: Bench,
    /// What is applied on the bench.
    good: Vec<Index>,
    /// What cannot be applied.
    broken: BTreeSet<Index>,
    /// What has no way back.
    bare: BTreeSet<Index>,
    /// What fails for want of something that cannot be applied.
    follows: Vec<(Index, Index)>,
    found: Vec<Conclusion>,
}

impl Walk<'_> {
    /// Looks at one revision; those before it are applied.
    async fn revision(&mut self, index: Index) -> Result<(), SchemaError> {
        let before = trial::moment(&self.bench).await?;
        self.found.extend(gates::ask(self.survey, index, &self.bench).await);
        let hidden = hidden::check(self.survey, index, self.settings, &self.bench).await;
        // it is said that it does nothing, and why
        let is_told = !hidden.is_empty();
        self.found.extend(hidden);
        if let Some(failure) = self.go(Direction::Upgrade, index).await? {
            let mut needs = self.survey.history.graph().needs([index]);
            needs.remove(&index);
            let broken: Vec<Index> = needs.intersection(&self.broken).copied().collect();
            match why::follows(self.survey, &broken, &failure) {
                Some(cause) => self.follows.push((index, cause)),
                None => self.found.push(why::fails(self.survey, index, &failure)),
            }
            self.broken.insert(index);
            return self.again(None).await;
        }
        let after = trial::moment(&self.bench).await?;
        let is_the_same = || trial::compare(&before, &after, When::Down).is_none();
        if !is_told && changes_schema_only(self.survey, index) && is_the_same() {
            self.found.push(self.does_nothing(index));
        }
        let revision = self.survey.history.revision(index);
        if revision.header.irreversible.is_none() && !self.bare.contains(&index) {
            return self.back(index, &before, &after).await;
        }
        self.good.push(index);
        Ok(())
    }

    /// Down and up again.
    async fn back(&mut self, index: Index, before: &Moment, after: &Moment) -> Result<(), SchemaError> {
        if let Some(failure) = self.go(Direction::Downgrade, index).await? {
            self.found.push(why::comes_not_back(self.survey, index, &failure));
            return self.again(Some(index)).await;
        }
        let mut faults = Vec::new();
        let down = trial::moment(&self.bench).await?;
        faults.extend(trial::compare(before, &down, When::Down));
        if let Some(failure) = self.go(Direction::Upgrade, index).await? {
            self.restores_not(index, faults);
            self.found.push(why::goes_not_up_again(self.survey, index, &failure));
            return self.again(Some(index)).await;
        }
        faults.extend(trial::compare(after, &trial::moment(&self.bench).await?, When::UpAgain));
        if trial::keeps_rows(&self.survey.history, index) {
            faults.iter_mut().for_each(|fault| fault.rows.clear());
            faults.retain(|fault| !fault.changes.is_empty());
        }
        let is_clean = faults.is_empty();
        self.restores_not(index, faults);
        if !is_clean {
            return self.again(Some(index)).await;
        }
        self.good.push(index);
        Ok(())
    }

    /// Runs one section; gives what failed in it.
    async fn go(&self, direction: Direction, index: Index) -> Result<Option<Box<StepFailure>>, SchemaError> {
        let history = &self.survey.history;
        match replay::exactly(history, direction, &[index], self.settings, &self.bench.session).await {
            Ok(()) => Ok(None),
            Err(SchemaError::Execute(ExecuteError::Step(failure))) => Ok(Some(failure)),
            Err(other) => Err(other),
        }
    }

    /// A new database with all that is good, and with `index`: whatever a failure has left is not looked at.
    async fn again(&mut self, index: Option<Index>) -> Result<(), SchemaError> {
        self.good.extend(index);
        self.bench = self.workshop.bench(None).await?;
        self.bench.apply(&self.survey.history, &self.good, self.settings).await
    }

    fn does_nothing(&self, index: Index) -> Conclusion {
        let section = &self.survey.documents[&index].upgrade;
        let at = section.blocks.iter().flat_map(|it| &it.statements).next();
        let text =
            "replayed, its statements change nothing: schema and rows are the same before and after it";
        let offset = at.map_or(section.span.start, |statement| statement.span.start);
        let mut found = self.survey.about(index, offset, "does-nothing", Weight::Warning, text);
        found.evidence =
            section.blocks.iter().flat_map(|it| &it.statements).map(|it| it.title()).take(5).collect();
        found.next("see what it was meant to do, and whether a later revision expects it")
    }

    fn restores_not(&mut self, index: Index, faults: Vec<Fault>) {
        if faults.is_empty() {
            return;
        }
        let section = self.survey.documents[&index].downgrade.as_ref();
        let at = section.map_or(0, |section| section.span.start);
        let text = "its downgrade does not restore what was there before the upgrade";
        let mut found = self.survey.about(index, at, "downgrade-does-not-restore", Weight::Warning, text);
        for fault in &faults {
            found.evidence.extend(said::fault(fault));
        }
        self.found
            .push(found.next("mend the downgrade: it is not part of what is compared with what was applied"));
    }

    /// Says what fails only because something else does.
    fn follow(&mut self) {
        let graph = self.survey.history.graph();
        let causes: BTreeSet<Index> = self.follows.iter().map(|(_, cause)| *cause).collect();
        for cause in causes {
            let of = |(index, by): &(Index, Index)| (*by == cause).then(|| graph.id(*index));
            let ids: Vec<&str> = self.follows.iter().filter_map(of).collect();
            let text = format!("{} behind it cannot be applied for want of what it makes", ids.len());
            let at = self.survey.id_offset(cause);
            let found = self.survey.about(cause, at, "fails-with-it", Weight::Note, text);
            self.found.push(found.because(ids.join(", ")));
        }
    }
}

/// Whether all that a revision runs are statements about the schema: what others do may depend on rows that an empty
/// database does not have.
fn changes_schema_only(survey: &Survey, index: Index) -> bool {
    let section = &survey.documents[&index].upgrade;
    if nothing::is_empty(section) {
        return false;
    }
    let mut statements = section.blocks.iter().flat_map(|it| &it.statements).peekable();
    // roles, databases and the server's settings are no part of a schema
    let elsewhere = ["ROLE", "USER", "GROUP", "DATABASE", "SYSTEM", "TABLESPACE", "SUBSCRIPTION"];
    statements.peek().is_some()
        && statements.all(|it| {
            let mut words = it.traits.tag.split(' ');
            let verb = words.next().unwrap_or_default();
            let is_control = matches!(it.traits.transaction, Transaction::Control(_));
            let subject = it.traits.subject.as_deref().unwrap_or_default();
            let first = words.next().or(subject.split(' ').next()).unwrap_or_default().to_ascii_uppercase();
            matches!(verb, "CREATE" | "ALTER" | "DROP") && !is_control && !elsewhere.contains(&first.as_str())
        })
}
