//! Carries out renames on a copy of what is there, so that the rest can be compared: PostgreSQL says what else a
//! new name changes.

use std::sync::Arc;

use cutover_core::catalog::{Catalog, Id};
use cutover_core::diff::{self, Action, Candidate, Options, Rename, RenameError, Wish};
use cutover_core::object::{Definition, Object};

use super::{Bench, SchemaError, Wanted, Workshop, tablespaces};

/// What somebody says to a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is a rename.
    Renamed,
    /// The one goes and the other comes.
    Dropped,
    /// Nobody knows.
    Unknown,
}

/// What is known of renames before anybody is asked.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Renames.
    pub renamed: Vec<Wish>,
    /// Names of what is dropped, and not renamed.
    pub dropped: Vec<Vec<String>>,
}

impl Told {
    fn says_dropped(&self, rename: &Rename) -> bool {
        self.dropped.iter().any(|parts| rename.is_called(parts))
    }
}

/// What is there after the renames, and what they were.
#[derive(Clone, Debug)]
pub struct Settled {
    /// What is there then.
    pub from: Arc<Catalog>,
    /// What is wanted there.
    pub to: Arc<Catalog>,
    /// In the order in which they are run.
    pub renames: Vec<Rename>,
    /// Drops and additions that look like renames, and of which nothing is known.
    pub open: Vec<Candidate>,
}

impl Settled {
    /// All statements from what is there to what is wanted.
    pub fn up(&self, options: &Options) -> Vec<Action> {
        let mut actions: Vec<Action> = self.renames.iter().map(Rename::action).collect();
        actions.extend(diff::plan(&self.from, &self.to, options));
        actions
    }

    /// The way back, with the old names at the end: for where an old name is taken until then.
    fn names_last(&self, options: &Options) -> Vec<Action> {
        let mut actions = diff::plan(&self.to, &self.from, options);
        actions.extend(self.renames.iter().rev().map(|rename| rename.back().action()));
        actions
    }
}

/// How the names of what steps aside begin.
const ASIDE: &str = "cutover_aside_";

/// A copy of what is there, made when the first rename is to be run.
struct Copy<'a> {
    workshop: &'a Workshop,
    wanted: &'a Wanted,
    bench: Option<Bench>,
    settled: Settled,
}

impl Workshop {
    /// Finds out what was renamed, by what is told and by asking, and does it on a copy.
    ///
    /// # Errors
    /// When a wish means nothing, or no copy can be made.
    pub async fn settle(
        &self,
        from: Arc<Catalog>,
        wanted: &Wanted,
        told: &Told,
        options: &Options,
        ask: &mut dyn FnMut(&Candidate) -> Answer,
    ) -> Result<Settled, SchemaError> {
        let to = wanted.over(&from);
        let settled = Settled { from, to, renames: Vec::new(), open: Vec::new() };
        let mut copy = Copy { workshop: self, wanted, bench: None, settled };
        // what a hint says may have been done long ago
        copy.wishes(&wanted.hints).await?;
        if let Some(error) = copy.wishes(&told.renamed).await?.into_iter().next() {
            return Err(error.into());
        }
        let mut answered: Vec<Rename> = Vec::new();
        loop {
            let candidates = diff::candidates(&copy.settled.from, &copy.settled.to, options);
            let next = candidates.into_iter().find(|it| !answered.contains(&it.rename));
            let Some(candidate) = next else { return Ok(copy.settled) };
            let answer = if told.says_dropped(&candidate.rename) { Answer::Dropped } else { ask(&candidate) };
            match answer {
                Answer::Renamed => copy.run(candidate.rename).await?,
                Answer::Dropped => answered.push(candidate.rename),
                Answer::Unknown => {
                    answered.push(candidate.rename.clone());
                    copy.settled.open.push(candidate);
                }
            }
        }
    }

    /// The statements of the way back. The old names come first, as the new ones did: what is written after them
    /// can name them.
    ///
    /// # Errors
    /// When no copy can be made.
    pub async fn way_back(
        &self,
        settled: &Settled,
        original: &Catalog,
        options: &Options,
    ) -> Result<Vec<Action>, SchemaError> {
        if settled.renames.is_empty() {
            return Ok(diff::plan(&settled.to, original, options));
        }
        let back: Vec<Rename> = settled.renames.iter().rev().map(Rename::back).collect();
        let bench = self.build(&settled.to).await?;
        let mut here = Catalog::clone(&settled.to);
        for rename in &back {
            for sql in rename.statements() {
                if bench.run(&sql).await.is_err() {
                    return Ok(settled.names_last(options));
                }
            }
            here = dressed(bench.catalog().await?, &here, rename);
        }
        let mut actions: Vec<Action> = back.iter().map(Rename::action).collect();
        actions.extend(diff::plan(&here, original, options));
        Ok(actions)
    }

    /// A database with the objects of a catalog.
    ///
    /// # Errors
    /// When it cannot be built here: an extension is missing, most often.
    pub async fn build(&self, catalog: &Catalog) -> Result<Bench, SchemaError> {
        self.build_as(catalog, &Options::default()).await
    }

    /// The same, with privileges and owners where these are compared. Their roles are made.
    ///
    /// # Errors
    /// As of `build`.
    pub async fn build_as(&self, catalog: &Catalog, compared: &Options) -> Result<Bench, SchemaError> {
        let bench = self.bench(None).await?;
        let plain = Options { plain: true, ..compared.clone() };
        bench.make_roles(&cutover_core::catalog::roles(catalog, &plain)).await?;
        bench.run("SET check_function_bodies = off").await?;
        let actions = diff::plan(&Catalog::empty(catalog), catalog, &plain);
        for sql in actions.iter().flat_map(|action| &action.statements) {
            tablespaces::make(&tablespaces::named(sql), &bench.session).await?;
            bench.run(sql).await?;
        }
        Ok(bench)
    }
}

impl Copy<'_> {
    /// Does what is wished, each when its turn has come: a column of a renamed table is found after the table. Gives
    /// what means nothing.
    async fn wishes(&mut self, wishes: &[Wish]) -> Result<Vec<RenameError>, SchemaError> {
        let mut waiting: Vec<Wish> = wishes.to_vec();
        loop {
            let (mut left, mut errors, mut done) = (Vec::new(), Vec::new(), 0);
            for wish in waiting {
                match wish.resolve(&self.settled.from, &self.settled.to).or_else(|error| {
                    // the table may have its new name by now
                    let renamed = self.under_new_name(&wish);
                    renamed
                        .and_then(|wish| wish.resolve(&self.settled.from, &self.settled.to).ok())
                        .ok_or(error)
                }) {
                    Ok(rename) => {
                        self.run(rename).await?;
                        done += 1;
                    }
                    Err(error) => {
                        errors.push(error);
                        left.push(wish);
                    }
                }
            }
            if done == 0 && !self.make_way(&errors, &mut left).await? {
                return Ok(errors);
            }
            waiting = left;
        }
    }

    /// Two things that exchange their names: one of them steps aside. Whether there was such a pair.
    async fn make_way(&mut self, errors: &[RenameError], left: &mut [Wish]) -> Result<bool, SchemaError> {
        for (at, error) in errors.iter().enumerate() {
            let RenameError::Taken { rename, .. } = error else { continue };
            let moves = |wish: &Wish| wish.from.last() == left[at].to.last();
            let steps_aside = left[at].from.last().is_some_and(|name| name.starts_with(ASIDE));
            if steps_aside || !left.iter().any(moves) {
                continue;
            }
            let aside = format!("{ASIDE}{}", self.settled.renames.len());
            self.run(rename.as_ref().clone().aside(&aside)).await?;
            if let Some(last) = left[at].from.last_mut() {
                *last = aside;
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// The same with the table's new name.
    fn under_new_name(&self, wish: &Wish) -> Option<Wish> {
        let (last, of) = wish.from.split_last()?;
        self.settled.renames.iter().rev().find_map(|rename| {
            let Rename::Object { from, to } = rename else { return None };
            let old = [&*from.namespace, &*from.name];
            let is_it = old[2_usize.checked_sub(of.len())?..].iter().zip(of).all(|(a, b)| a == b);
            (is_it && !of.is_empty()).then(|| Wish {
                from: vec![to.namespace.to_string(), to.name.to_string(), last.clone()],
                to: wish.to.clone(),
            })
        })
    }

    async fn run(&mut self, rename: Rename) -> Result<(), SchemaError> {
        if self.bench.is_none() {
            self.bench = Some(self.workshop.build(&self.settled.from).await?);
        }
        let Some(bench) = &self.bench else { return Ok(()) };
        for sql in rename.statements() {
            bench.run(&sql).await?;
        }
        let read = bench.catalog().await?;
        self.settled.from = Arc::new(dressed(read, &self.settled.from, &rename));
        self.settled.to = self.wanted.over(&self.settled.from);
        self.settled.renames.push(rename);
        Ok(())
    }
}

/// Gives the objects of a copy the owners and privileges of what it is a copy of.
fn dressed(copy: Catalog, of: &Catalog, rename: &Rename) -> Catalog {
    let old_id = |id: &Id| match rename {
        Rename::Object { from, to } if id == to => from.clone(),
        Rename::Object { from, to } => under(id, to, from),
        Rename::Column { .. } | Rename::Value { .. } => id.clone(),
    };
    let objects = copy.objects().iter().cloned().map(|mut object: Object| {
        let Some(original) = of.get(&old_id(&object.id)) else { return object };
        object.common.clone_from(&original.common);
        if let Definition::Table(table) = &mut object.definition {
            for column in &mut table.columns.0 {
                let name = match rename {
                    Rename::Column { of, from, to } if *of == original.id && column.name == *to => from,
                    _ => &column.name,
                };
                let before = original.definition.columns().iter().find(|c| c.name == *name);
                if let Some(before) = before {
                    column.grants.clone_from(&before.grants);
                }
            }
        }
        object
    });
    let mut dressed = Catalog::new(of.server, objects.collect(), copy.dependencies().to_vec());
    dressed.not_compared.clone_from(&of.not_compared);
    dressed
}

/// The id of what stands on a renamed table, or is in a renamed namespace, as it was.
fn under(id: &Id, new: &Id, old: &Id) -> Id {
    let mut id = id.clone();
    if new.kind == cutover_core::catalog::Kind::Namespace && id.namespace == new.name {
        id.namespace = old.name.clone();
    } else if id.kind.is_part_of_table() && (&id.namespace, &id.name) == (&new.namespace, &new.name) {
        (id.namespace, id.name) = (old.namespace.clone(), old.name.clone());
    }
    id
}
