//! What is to be said of files that the live database has not had, or only a part of; and where the tool's own table says
//! something else.

use std::collections::BTreeSet;

use cutover_core::adopt::told::{Said, Told};
use cutover_core::report::{Conclusion, Weight};

use crate::adopt::sql::applied::{Applied, Found, State};
use crate::adopt::sql::{File, Live};

/// What the table of what is applied says; `open` are the files that stand after the stamp.
pub fn of_applied(
    files: &[File],
    applied: &[Applied],
    open: &BTreeSet<usize>,
    live: &Live,
) -> Vec<Conclusion> {
    let one = |(at, (file, it)): (usize, (&File, &Applied))| {
        let about = About { path: file.path(), it, name: &live.name, told: live.theirs.told.as_ref() };
        let found = match it.state {
            State::All => None,
            State::Some => Some(about.partly()),
            State::None => Some(about.never()),
            State::CannotTell => Some(about.cannot_tell(open.contains(&at))),
        };
        found.map(|one| about.with_table(one)).into_iter().chain(about.disagrees())
    };
    let found = files.iter().zip(applied).enumerate().flat_map(one);
    nothing(applied, live).into_iter().chain(found).collect()
}

/// That none of the files was applied: it may be another database that is meant.
fn nothing(applied: &[Applied], live: &Live) -> Option<Conclusion> {
    let has_none = applied.iter().all(|it| matches!(it.state, State::None | State::CannotTell));
    let is_one = has_none && applied.iter().any(|it| it.state == State::None);
    let text = format!("{} has had none of the files", live.name);
    let one = Conclusion::new("nothing-applied", Weight::Warning, live.name.as_str(), text);
    is_one.then(|| one.next("look whether it is the database that is meant"))
}

struct About<'a> {
    path: &'a str,
    it: &'a Applied,
    name: &'a str,
    told: Option<&'a Told>,
}

impl About<'_> {
    fn say(&self, id: &'static str, text: String) -> Conclusion {
        Conclusion::new(id, Weight::Warning, self.path, text)
    }

    fn partly(&self) -> Conclusion {
        let (there, of) = self.it.counts();
        let text = format!("only a part of it is in {}: {there} of {of} effects", self.name);
        let one = self.say("partly-applied", text);
        let one = self.it.effects.iter().fold(one, |one, effect| match &effect.found {
            Found::Absent => one.because(format!("absent: {}", effect.effect)),
            Found::Different { differences } => {
                one.because(format!("different: {} ({})", effect.effect, differences.join("; ")))
            }
            Found::Present | Found::ChangedAgain { .. } | Found::Unknown => one,
        });
        one.next("the reconciling revision brings the chain to what is there")
    }

    fn never(&self) -> Conclusion {
        let (_, of) = self.it.counts();
        let text = format!("it was never applied to {}: none of its {of} effects is there", self.name);
        self.say("not-applied", text)
            .next("it becomes a revision after the stamp, which the next upgrade runs")
    }

    fn cannot_tell(&self, is_open: bool) -> Conclusion {
        let text =
            format!("it leaves nothing behind by which one could tell whether {} has had it", self.name);
        let next = match (&self.it.said, is_open) {
            (Some(Said::Applied { .. }), _) => "it is taken to be applied, as the tool's own table says so",
            (Some(Said::Nothing | Said::Undone), _) => {
                "it stands after the stamp, as the tool's own table does not have it; if it was run, stamp it, too"
            }
            (Some(Said::Failed) | None, true) => {
                "it stands after the stamp, as the file beside it was not applied; if it was, stamp it, too"
            }
            (Some(Said::Failed) | None, false) => {
                "it is taken to be applied, as the file beside it is; if it was not, run it by hand"
            }
        };
        self.say("cannot-tell", text).next(next)
    }

    /// With what the tool's own table says.
    fn with_table(&self, one: Conclusion) -> Conclusion {
        match (&self.it.said, self.told) {
            (Some(said), Some(told)) => one.because(format!("{}: {}", told.table, words(said))),
            _ => one,
        }
    }

    /// Where the tool's own table says something else than the catalog. The catalog counts.
    fn disagrees(&self) -> Option<Conclusion> {
        let (said, told) = (self.it.said.as_ref()?, self.told?);
        let (there, of) = self.it.counts();
        let is_there = matches!(self.it.state, State::All | State::Some);
        let (text, next) = match said {
            Said::Applied { .. } if self.it.state == State::None => (
                format!(
                    "{} says that it was applied, and none of its {of} effects is in {}",
                    told.table, self.name
                ),
                "look whether they were dropped by hand; where the file is not to run again, stamp its revision, too",
            ),
            Said::Nothing | Said::Undone if is_there => (
                format!(
                    "its effects are in {} ({there} of {of}), and {} does not have it as applied",
                    self.name, told.table
                ),
                "it was run by hand, or something else made the same; what is there counts",
            ),
            Said::Failed => (
                format!(
                    "{} has it as begun and failed; of its effects {there} of {of} are in {}",
                    told.table, self.name
                ),
                "look what of it is there; what is there counts",
            ),
            Said::Applied { .. } | Said::Nothing | Said::Undone => return None,
        };
        let one = self.say("table-disagrees", text);
        Some(one.because(format!("{}: {}", told.table, words(said))).next(next))
    }
}

/// What the table says, with the time where it has one.
fn words(said: &Said) -> String {
    match said {
        Said::Applied { at: Some(at) } => format!("applied at {at}"),
        Said::Applied { at: None } | Said::Failed | Said::Undone | Said::Nothing => said.word().to_owned(),
    }
}
