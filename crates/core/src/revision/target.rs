//! What a user's words for a place in the graph mean: `head`, `ae10+2`, `label@base`, `a:b`.
//!
//! The words and their meaning are Alembic's
//! (<https://alembic.sqlalchemy.org/en/latest/tutorial.html#partial-revision-identifiers> and
//! <https://alembic.sqlalchemy.org/en/latest/branches.html>), read against the *set* of applied
//! revisions instead of a list of current ones.

use std::collections::BTreeSet;
use std::fmt;

use cutover_sql::nearest::nearest;

use super::graph::{Graph, Index};

/// A target as it was written, taken apart but not yet looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    text: String,
    label: Option<String>,
    at: Anchor,
    steps: i64,
}

/// The part of a target between the label and the steps.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Anchor {
    /// What is applied now: `+2`, `-1`, `current`.
    Current,
    Head,
    Heads,
    Base,
    /// An id, a prefix of one, or a branch label.
    Name(String),
}

/// A range `a:b`; either side may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The older end.
    pub from: Option<Target>,
    /// The newer end.
    pub to: Option<Target>,
}

/// Why a target means nothing here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not a target at all.
    #[error("\"{text}\" is not a target")]
    Syntax {
        /// What was written.
        text: String,
    },
    /// No revision or label of that name.
    #[error("there is no revision {name}")]
    Unknown {
        /// The name.
        name: String,
        /// The id or label that looks most like it.
        nearest: Option<String>,
    },
    /// A prefix of several ids.
    #[error("{name} is the beginning of {} revisions: {}", ids.len(), ids.join(", "))]
    Ambiguous {
        /// The prefix.
        name: String,
        /// The ids that begin with it.
        ids: Vec<String>,
    },
    /// `head` where there are several.
    #[error("there are {} heads: {}", heads.len(), heads.join(", "))]
    ManyHeads {
        /// Their ids.
        heads: Vec<String>,
        /// The label that was asked for, if any.
        label: Option<String>,
    },
    /// Relative steps that come to a fork.
    #[error("\"{text}\" comes to a fork at {at}: {}", ways.join(" or "))]
    Fork {
        /// The target.
        text: String,
        /// Where it forks.
        at: String,
        /// The ids it could go on to.
        ways: Vec<String>,
    },
    /// Relative steps that lead out of the graph.
    #[error("\"{text}\" asks for {asked} steps, and there are only {found}")]
    TooFar {
        /// The target.
        text: String,
        /// How many were asked for.
        asked: u64,
        /// How many there are.
        found: u64,
    },
    /// A downgrade to a revision that is not applied.
    #[error("revision {id} is not applied, so there is nothing to go back to")]
    NotApplied {
        /// The id.
        id: String,
    },
    /// A target that needs no steps was given some, or the other way round.
    #[error("\"{text}\" cannot be used here")]
    NotHere {
        /// The target.
        text: String,
    },
    /// A range whose first end is not before its second.
    #[error("{from} is not an ancestor of {to}")]
    NotARange {
        /// The older end.
        from: String,
        /// The newer end.
        to: String,
    },
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The set of applied revisions.
pub type Applied = BTreeSet<Index>;

impl Target {
    /// All heads.
    pub fn heads() -> Self {
        Self { text: "heads".into(), label: None, at: Anchor::Heads, steps: 0 }
    }

    /// Takes a target apart. Ids cannot contain `@`, `:`, `+` or `-`, so this needs no graph.
    ///
    /// # Errors
    /// [`TargetError::Syntax`] for text that cannot be a target, such as an empty one.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let bad = || TargetError::Syntax { text: text.to_owned() };
        let (label, rest) = match text.split_once('@') {
            Some(("", _)) => return Err(bad()),
            Some((label, rest)) => (Some(label.to_owned()), rest),
            None => (None, text),
        };
        let cut = rest.find(['+', '-']).unwrap_or(rest.len());
        let (name, steps) = rest.split_at(cut);
        let steps = match steps {
            "" => 0,
            // `i64::from_str` takes the sign; "+0" is as empty as ""
            s => s.parse::<i64>().ok().filter(|n| *n != 0 && n.unsigned_abs() < 1 << 31).ok_or_else(bad)?,
        };
        let at = match name {
            "" if steps == 0 => return Err(bad()),
            "" | "current" => Anchor::Current,
            "head" => Anchor::Head,
            "heads" => Anchor::Heads,
            "base" => Anchor::Base,
            name if is_name(name) => Anchor::Name(name.to_owned()),
            _ => return Err(bad()),
        };
        Ok(Self { text: text.to_owned(), label, at, steps })
    }

    /// Whether it depends on what is applied.
    pub fn is_relative(&self) -> bool {
        self.at == Anchor::Current
    }

    /// The revisions to apply, in running order, so that this target is applied.
    ///
    /// # Errors
    /// When the target is unknown, ambiguous, or leads out of the graph.
    pub fn upgrade(&self, graph: &Graph, applied: &Applied) -> Result<Vec<Index>, TargetError> {
        let ends = self.ends(graph, applied)?;
        Ok(graph.needs(ends).into_iter().filter(|i| !applied.contains(i)).collect())
    }

    /// The revisions to undo, newest first, so that this target is what is left: a revision stays
    /// applied itself, `base` and `label@base` leave nothing of theirs.
    ///
    /// # Errors
    /// As [`Target::upgrade`], and when the revision to go back to is not applied.
    pub fn downgrade(&self, graph: &Graph, applied: &Applied) -> Result<Vec<Index>, TargetError> {
        let go = match self.at {
            Anchor::Base if self.steps == 0 => match &self.label {
                None => (0..graph.len()).collect(),
                Some(label) => graph.needed_by(self.members(graph, label)?.iter().copied()),
            },
            Anchor::Head | Anchor::Heads => {
                return Err(TargetError::NotHere { text: self.text.clone() });
            }
            Anchor::Current if self.steps < 0 => graph.needed_by(self.back(graph, applied)?),
            Anchor::Base | Anchor::Current | Anchor::Name(_) => {
                let mut go = BTreeSet::new();
                for end in self.resolve(graph, applied)? {
                    if !applied.contains(&end) {
                        return Err(TargetError::NotApplied { id: graph.id(end).to_owned() });
                    }
                    go.extend(graph.needed_by([end]));
                    go.remove(&end);
                }
                go
            }
        };
        Ok(go.into_iter().rev().filter(|i| applied.contains(i)).collect())
    }

    /// The set of applied revisions after `stamp`: the target with all that it needs, nothing
    /// above it, and other branches as they are.
    ///
    /// # Errors
    /// As [`Target::upgrade`].
    pub fn stamp(&self, graph: &Graph, applied: &Applied) -> Result<Applied, TargetError> {
        if self.at == Anchor::Base && self.steps == 0 {
            let gone: Applied = self.downgrade(graph, applied)?.into_iter().collect();
            return Ok(applied - &gone);
        }
        let ends = self.ends(graph, applied)?;
        let mut above = graph.needed_by(ends.iter().copied());
        let needed = graph.needs(ends);
        above.retain(|i| !needed.contains(i));
        Ok(&(applied - &above) | &needed)
    }

    /// As [`Target::resolve`], with the rollouts that stand beside the main line: `head` is all of it.
    fn ends(&self, graph: &Graph, applied: &Applied) -> Result<Vec<Index>, TargetError> {
        let ends = self.resolve(graph, applied)?;
        let is_head = self.at == Anchor::Head && self.label.is_none() && self.steps == 0;
        Ok(if is_head { graph.heads() } else { ends })
    }

    /// The revisions that the target names; empty for `base`.
    ///
    /// # Errors
    /// When it is unknown, ambiguous, or leads out of the graph.
    pub fn resolve(&self, graph: &Graph, applied: &Applied) -> Result<Vec<Index>, TargetError> {
        let anchors = self.anchors(graph, applied)?;
        match self.steps {
            0 => Ok(anchors),
            n if n > 0 => self.forward(graph, &anchors, n.unsigned_abs()).map(|i| vec![i]),
            n => self.backward(graph, &anchors, n.unsigned_abs()).map(|i| i.into_iter().collect()),
        }
    }

    /// The one revision that the target names.
    ///
    /// # Errors
    /// As [`Target::resolve`], and when it names none or several.
    pub fn resolve_one(&self, graph: &Graph, applied: &Applied) -> Result<Index, TargetError> {
        match self.resolve(graph, applied)?[..] {
            [one] => Ok(one),
            [] => Err(TargetError::NotHere { text: self.text.clone() }),
            ref many => Err(self.many_heads(graph, many)),
        }
    }

    fn anchors(&self, graph: &Graph, applied: &Applied) -> Result<Vec<Index>, TargetError> {
        let within = match &self.label {
            Some(label) => Some(self.members(graph, label)?),
            None => None,
        };
        let keep = |all: Vec<Index>| -> Vec<Index> {
            all.into_iter().filter(|i| within.as_ref().is_none_or(|w| w.contains(i))).collect()
        };
        match &self.at {
            Anchor::Base => Ok(Vec::new()),
            Anchor::Heads => Ok(within.as_ref().map_or_else(|| graph.heads(), |w| graph.tips(w))),
            // what comes next goes on from the main line, and not from a rollout that waits beside it
            Anchor::Head if within.is_none() => match graph.trunk() {
                many if many.len() > 1 => Err(self.many_heads(graph, &many)),
                heads => Ok(heads),
            },
            Anchor::Head => match keep(within.as_ref().map_or_else(|| graph.heads(), |w| graph.tips(w))) {
                many if many.len() > 1 => Err(self.many_heads(graph, &many)),
                heads => Ok(heads),
            },
            Anchor::Current => {
                let current = match &within {
                    Some(within) => graph.tips(&(applied & within)),
                    None => graph.tips(applied),
                };
                Ok(current)
            }
            Anchor::Name(name) => {
                let found = lookup(graph, name, within.as_ref())?;
                Ok(vec![found])
            }
        }
    }

    fn members(&self, graph: &Graph, label: &str) -> Result<BTreeSet<Index>, TargetError> {
        if let Some(members) = graph.members(label) {
            return Ok(members.clone());
        }
        if let Some(members) = graph.rollouts().get(label) {
            return Ok(members.clone());
        }
        // Alembic also takes an id before the `@`: the branch that this revision is on.
        let at = lookup(graph, label, None)?;
        Ok(&graph.ancestors(at) | &graph.descendants(at))
    }

    fn many_heads(&self, graph: &Graph, heads: &[Index]) -> TargetError {
        TargetError::ManyHeads {
            heads: heads.iter().map(|i| graph.id(*i).to_owned()).collect(),
            label: self.label.clone(),
        }
    }

    fn fork(&self, graph: &Graph, at: &str, ways: &[Index]) -> TargetError {
        TargetError::Fork {
            text: self.text.clone(),
            at: at.to_owned(),
            ways: ways.iter().map(|i| graph.id(*i).to_owned()).collect(),
        }
    }

    /// Walks from parents to children. From nothing (`base+2`, or `+2` on an empty database) the
    /// first step is the base.
    fn forward(&self, graph: &Graph, from: &[Index], steps: u64) -> Result<Index, TargetError> {
        let within = self.label.as_ref().map(|l| self.members(graph, l)).transpose()?;
        let keep = |ways: &[Index]| -> Vec<Index> {
            ways.iter().copied().filter(|i| within.as_ref().is_none_or(|w| w.contains(i))).collect()
        };
        let mut at = match from {
            [] => None,
            [one] => Some(*one),
            many => return Err(self.fork(graph, "what is applied", many)),
        };
        for found in 0..steps {
            let ways = match at {
                Some(i) => keep(graph.children(i)),
                None => match keep(&graph.bases()) {
                    // a labelled branch begins above the base of the graph
                    none if none.is_empty() => within.iter().flatten().copied().take(1).collect(),
                    bases => bases,
                },
            };
            at = match ways[..] {
                [one] => Some(one),
                [] => return Err(self.too_far(steps, found)),
                _ => {
                    let place = at.map_or("the base", |i| graph.id(i));
                    return Err(self.fork(graph, place, &ways));
                }
            };
        }
        at.ok_or_else(|| self.too_far(steps, 0))
    }

    /// Walks from children to parents; one step below a base is the base itself (`None`).
    fn backward(&self, graph: &Graph, from: &[Index], steps: u64) -> Result<Option<Index>, TargetError> {
        let mut at = match from {
            [] => return Err(self.too_far(steps, 0)),
            [one] => *one,
            many => return Err(self.fork(graph, "what is applied", many)),
        };
        for found in 1..=steps {
            match graph.parents(at) {
                [one] => at = *one,
                [] if found == steps => return Ok(None),
                [] => return Err(self.too_far(steps, found)),
                many => return Err(self.fork(graph, graph.id(at), many)),
            }
        }
        Ok(Some(at))
    }

    /// The revisions that `-N` takes away: N times the one that is current. Unlike a walk, this
    /// can pass a merge as its last step, because it needs to know only what goes.
    fn back(&self, graph: &Graph, applied: &Applied) -> Result<Vec<Index>, TargetError> {
        let steps = self.steps.unsigned_abs();
        let within = self.label.as_ref().map(|l| self.members(graph, l)).transpose()?;
        let mut left = within.map_or_else(|| applied.clone(), |w| applied & &w);
        let mut go = Vec::new();
        for found in 0..steps {
            match graph.tips(&left)[..] {
                [one] => {
                    left.remove(&one);
                    go.push(one);
                }
                [] => return Err(self.too_far(steps, found)),
                ref many => {
                    let place = go.last().map_or("what is applied", |i| graph.id(*i));
                    return Err(self.fork(graph, place, many));
                }
            }
        }
        Ok(go)
    }

    fn too_far(&self, asked: u64, found: u64) -> TargetError {
        TargetError::TooFar { text: self.text.clone(), asked, found }
    }
}

impl Range {
    /// Takes `a:b`, `a:`, `:b` apart; `None` when there is no colon.
    ///
    /// # Errors
    /// [`TargetError::Syntax`] when a side is not a target.
    pub fn parse(text: &str) -> Result<Option<Self>, TargetError> {
        let Some((from, to)) = text.split_once(':') else { return Ok(None) };
        let side = |s: &str| if s.is_empty() { Ok(None) } else { Target::parse(s).map(Some) };
        Ok(Some(Self { from: side(from)?, to: side(to)? }))
    }

    /// Whether it depends on what is applied.
    pub fn is_relative(&self) -> bool {
        [&self.from, &self.to].into_iter().flatten().any(Target::is_relative)
    }

    /// The revisions of the range in running order, the older end left out: what has to run to
    /// come from one to the other.
    ///
    /// # Errors
    /// When an end is unknown or the older one is not below the newer.
    pub fn between(&self, graph: &Graph, applied: &Applied) -> Result<Vec<Index>, TargetError> {
        let from = match &self.from {
            Some(from) => graph.needs(from.resolve(graph, applied)?),
            None => BTreeSet::new(),
        };
        let to = match &self.to {
            Some(to) => graph.needs(to.resolve(graph, applied)?),
            None => graph.needs(graph.heads()),
        };
        if !from.is_subset(&to) {
            let name = |t: &Option<Target>, d: &str| t.as_ref().map_or(d.to_owned(), Target::to_string);
            return Err(TargetError::NotARange {
                from: name(&self.from, "base"),
                to: name(&self.to, "heads"),
            });
        }
        Ok((&to - &from).into_iter().collect())
    }

    /// The revisions of the range in running order with both ends: what `history` lists.
    ///
    /// # Errors
    /// As [`Range::between`].
    pub fn inclusive(&self, graph: &Graph, applied: &Applied) -> Result<Vec<Index>, TargetError> {
        let mut all: BTreeSet<Index> = self.between(graph, applied)?.into_iter().collect();
        if let Some(from) = &self.from {
            let ends = from.resolve(graph, applied)?;
            // with an older end, only its own line counts, not all that is beside it
            if !ends.is_empty() {
                let line: BTreeSet<Index> = ends.iter().flat_map(|i| graph.descendants(*i)).collect();
                all.retain(|i| line.contains(i));
            }
            all.extend(ends);
        }
        Ok(all.into_iter().collect())
    }
}

/// Whether text can be a revision id or a branch label: letters, digits, `_` and `.`, and none of
/// the words that mean a place.
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
        && !matches!(text, "head" | "heads" | "base" | "current")
}

/// Finds an exact id, else a label, else the one id that begins with `name`.
fn lookup(graph: &Graph, name: &str, within: Option<&BTreeSet<Index>>) -> Result<Index, TargetError> {
    let inside = |i: &Index| within.is_none_or(|w| w.contains(i));
    if let Some(exact) = graph.find(name).filter(inside) {
        return Ok(exact);
    }
    if let Some(by) = graph.replacement(name).filter(inside) {
        return Ok(by);
    }
    if let Some(members) = graph.members(name) {
        // a bare label means the head of its branch
        let heads: Vec<Index> = graph.tips(members);
        return match heads[..] {
            [one] => Ok(one),
            _ => Err(TargetError::ManyHeads {
                heads: heads.iter().map(|i| graph.id(*i).to_owned()).collect(),
                label: Some(name.to_owned()),
            }),
        };
    }
    let found: Vec<Index> =
        (0..graph.len()).filter(|i| graph.id(*i).starts_with(name)).filter(inside).collect();
    let old = graph.replaced().iter().filter(|(old, by)| old.starts_with(name) && inside(by));
    let by: BTreeSet<Index> = old.map(|(_, by)| *by).collect();
    match found[..] {
        [one] => Ok(one),
        [] if by.len() == 1 => Ok(by.into_iter().next().unwrap_or_default()),
        [] => Err(TargetError::Unknown {
            name: name.to_owned(),
            nearest: nearest(
                name,
                graph.nodes().iter().map(|n| n.id.as_str()).chain(graph.labels().keys().map(String::as_str)),
            )
            .map(str::to_owned),
        }),
        _ => Err(TargetError::Ambiguous {
            name: name.to_owned(),
            ids: found.iter().map(|i| graph.id(*i).to_owned()).collect(),
        }),
    }
}
