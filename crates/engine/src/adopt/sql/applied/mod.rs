//! What of each file is in the live database: each of its effects is looked for in the live catalog, and rows by
//! their keys. What a later file changed again is not called absent.

mod look;

use std::collections::{BTreeMap, BTreeSet};

use cutover_core::adopt::told::Said;
use cutover_core::catalog::Id;
use cutover_core::diff::{Change, Difference, How};
use cutover_core::report::count;
use serde::Serialize;

use look::Look;

use super::replay::{Replay, Step};
use super::{File, Live};
use crate::session::Session;

/// How much of a file is in the live database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Every effect.
    All,
    /// Some effects.
    Some,
    /// No effect.
    None,
    /// It leaves nothing behind that could be looked for.
    CannotTell,
}

/// One effect of a file, and what became of it in the live database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EffectFound {
    /// What the file does, in words.
    pub effect: String,
    /// Whether it is there.
    #[serde(flatten)]
    pub found: Found,
}

/// Whether an effect is in the live database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "found")]
pub enum Found {
    /// As the file makes it.
    Present,
    /// Not as the file makes it, but as a later file leaves it.
    ChangedAgain {
        /// The later file.
        by: String,
    },
    /// There, and otherwise.
    Different {
        /// In what.
        differences: Vec<String>,
    },
    /// Not there.
    Absent,
    /// It cannot be looked for.
    Unknown,
}

/// What of a file is in the live database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The file.
    pub file: String,
    /// How much.
    pub state: State,
    /// Each effect.
    pub effects: Vec<EffectFound>,
    /// What the table of the folder's tool says of it, where there is one.
    pub said: Option<Said>,
}

impl Applied {
    /// Effects that are there, and all that could be looked for.
    pub fn counts(&self) -> (usize, usize) {
        let known = self.effects.iter().filter(|it| it.found != Found::Unknown);
        let there = known.clone().filter(|it| it.found.is_there()).count();
        (there, known.count())
    }
}

impl Found {
    /// Whether the file has left its mark.
    pub fn is_there(&self) -> bool {
        matches!(self, Self::Present | Self::ChangedAgain { .. })
    }
}

/// An effect of a file on an object, or on one attribute of it.
struct Effect<'a> {
    id: &'a Id,
    how: Does<'a>,
}

enum Does<'a> {
    Create,
    Drop,
    Alter(&'a Difference),
}

impl Effect<'_> {
    fn words(&self) -> String {
        match self.how {
            Does::Create => format!("create {}", self.id),
            Does::Drop => format!("drop {}", self.id),
            Does::Alter(difference) => {
                format!("{}: {}", self.id, attribute(difference))
            }
        }
    }
}

/// An attribute that changes, in words: `+ columns.note: text`.
fn attribute(it: &Difference) -> String {
    let text = |value: &serde_json::Value| {
        let text = match (value, value.get("type")) {
            (serde_json::Value::String(text), _) => text.clone(),
            (_, Some(serde_json::Value::String(kind))) => kind.clone(),
            _ => value.to_string(),
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        match text.char_indices().nth(60) {
            Some((at, _)) => format!("{} ...", &text[..at]),
            None => text,
        }
    };
    match (&it.from, &it.to) {
        (None, Some(to)) => format!("+ {}: {}", it.attribute, text(to)),
        (Some(from), None) => format!("- {}: {}", it.attribute, text(from)),
        (Some(from), Some(to)) => format!("{}: {} -> {}", it.attribute, text(from), text(to)),
        (None, None) => it.attribute.clone(),
    }
}

/// What a replayed file does, each effect in words.
pub fn words(step: &Step) -> Vec<String> {
    let mut words: Vec<String> = effects(&step.changes).iter().map(Effect::words).collect();
    words.extend(step.seeds.iter().map(seed_words));
    words
}

fn seed_words(seed: &crate::adopt::sql::Seed) -> String {
    format!("{} in {}", count(seed.rows, "row"), seed.table)
}

fn effects(changes: &[Change]) -> Vec<Effect<'_>> {
    changes.iter().flat_map(effects_of).collect()
}

fn effects_of(change: &Change) -> Vec<Effect<'_>> {
    let id = &change.id;
    match &change.how {
        How::Created => vec![Effect { id, how: Does::Create }],
        How::Dropped => vec![Effect { id, how: Does::Drop }],
        How::Altered { differences } => {
            differences.iter().map(|it| Effect { id, how: Does::Alter(it) }).collect()
        }
    }
}

/// Looks for every file, in `files`' order.
pub async fn table(files: &[File], replay: &Replay, live: &Live, session: &Session) -> Vec<Applied> {
    let all: Vec<&[Change]> = replay.steps.iter().map(|step| step.changes.as_slice()).collect();
    let mut found: BTreeMap<usize, Applied> = BTreeMap::new();
    let mut makers: Makers = BTreeMap::new();
    for (at, step) in replay.steps.iter().enumerate() {
        let look = Look { files, steps: &replay.steps, all: &all, at, live: &live.catalog };
        let does = effects(all[at]);
        makers.insert(step.file, does.iter().map(|effect| look.maker(effect)).collect());
        let mut effects: Vec<EffectFound> = does
            .iter()
            .map(|effect| EffectFound { effect: effect.words(), found: look.effect(effect) })
            .collect();
        effects.extend(look.hidden(step));
        for seed in &step.seeds {
            let there = seed.found_in(session.client()).await;
            let wanted = seed.values.len() as u64;
            let found = match there {
                None => Found::Unknown,
                Some(there) if there == wanted => Found::Present,
                Some(0) => Found::Absent,
                Some(there) => {
                    Found::Different { differences: vec![format!("{there} of {wanted} rows are there")] }
                }
            };
            effects.push(EffectFound { effect: seed_words(seed), found });
        }
        let file = files[step.file].path().to_owned();
        let told = live.theirs.told.as_ref();
        let said = told.and_then(|told| Some(told.of(files[step.file].change.called.as_deref()?)));
        found.insert(step.file, Applied { file, state: State::CannotTell, effects, said });
    }
    settle(files, replay, &makers, &mut found);
    found.into_values().collect()
}

/// Of each file's first effects: the file that made what the effect takes away; nothing for an effect that makes
/// something.
type Makers = BTreeMap<usize, Vec<Option<usize>>>;

/// That something is not there says nothing where it never was; and a file whose effects were all undone or changed
/// again says nothing by itself: whether it ran, the later file says.
fn settle(files: &[File], replay: &Replay, makers: &Makers, found: &mut BTreeMap<usize, Applied>) {
    let maker =
        |file: &usize, effect: usize| makers.get(file).and_then(|all| all.get(effect).copied()).flatten();
    let has_made = |file: &usize, it: &Applied| {
        let mut effects = it.effects.iter().enumerate();
        effects.any(|(at, effect)| effect.found == Found::Present && maker(file, at).is_none())
    };
    let made: Vec<usize> =
        found.iter().filter(|(file, it)| has_made(file, it)).map(|(file, _)| *file).collect();
    for (file, applied) in found.iter_mut() {
        for (at, effect) in applied.effects.iter_mut().enumerate() {
            if maker(file, at).is_some_and(|maker| !made.contains(&maker)) {
                effect.found = Found::Unknown;
            }
        }
    }
    let own = |applied: &Applied| applied.effects.iter().any(|it| it.found == Found::Present);
    let ran: Vec<&str> =
        found.iter().filter(|(_, it)| own(it)).map(|(file, _)| files[*file].path()).collect();
    for step in &replay.steps {
        let Some(applied) = found.get_mut(&step.file) else { continue };
        for effect in &mut applied.effects {
            if let Found::ChangedAgain { by } = &effect.found
                && !ran.contains(&by.as_str())
            {
                effect.found = Found::Unknown;
            }
        }
        applied.state = match applied.counts() {
            (_, 0) => State::CannotTell,
            (there, all) if there == all => State::All,
            (0, _) => {
                let is_partial = applied.effects.iter().any(|it| matches!(it.found, Found::Different { .. }));
                if is_partial { State::Some } else { State::None }
            }
            _ => State::Some,
        };
    }
}

/// The files that the live database has not had. Of one that leaves nothing behind the tool's own table decides; where
/// there is none, the next one in the order that does
/// decides, as files are run one after the other; where there is none, the one before.
pub fn open(order: &[usize], applied: &[Applied]) -> BTreeSet<usize> {
    let decided = |file: &usize| match applied[*file].state {
        State::All | State::Some => Some(false),
        State::None => Some(true),
        State::CannotTell => match applied[*file].said {
            Some(Said::Applied { .. }) => Some(false),
            Some(Said::Nothing | Said::Undone) => Some(true),
            Some(Said::Failed) | None => None,
        },
    };
    let is_open = |place: usize| {
        let (before, from) = order.split_at(place);
        let next = from.iter().find_map(decided);
        next.or_else(|| before.iter().rev().find_map(decided)).unwrap_or(true)
    };
    (0..order.len()).filter(|place| is_open(*place)).map(|place| order[place]).collect()
}
