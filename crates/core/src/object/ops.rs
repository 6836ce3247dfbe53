//! What the kinds of objects write their DDL into: operations, each on one thing.
//!
//! An operation is plain data. Which of them are needed, and in which order, is [`crate::diff`]'s.

use serde::Serialize;

use crate::catalog::{Catalog, Id, Name, Thing};

/// What an operation does to its thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// It is there afterwards and was not before.
    Create,
    /// It is there before and after.
    Alter,
    /// It is not there afterwards.
    Drop,
}

/// What is gone for good when an operation has run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The rows of a table, or the values of a column or sequence.
    Data,
    /// Values that do not fit a narrower type; the statement fails or cuts.
    Narrowed,
}

/// Some statements that do one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// What it does.
    pub verb: Verb,
    /// To what.
    pub thing: Thing,
    /// In words, for the comment above it.
    pub title: String,
    /// The statements, without semicolons.
    pub sql: Vec<String>,
    /// The same in steps that lock for a moment only, where there is such a form. It means the same
    /// when it has ended.
    pub online: Option<Vec<String>>,
    /// What is lost.
    pub loss: Option<Loss>,
    /// Things that have to be there before, beside those that the catalogs say.
    pub needs: Vec<Thing>,
    /// The name of a sequence that goes with it.
    pub frees: Option<(Name, Name)>,
    /// The name of a sequence that comes into being with it.
    pub takes: Option<(Name, Name)>,
    /// When it runs among the operations on its object and on what stands on that.
    pub stage: Stage,
}

/// Before or after the other operations on an object, its columns, constraints and indexes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before all: a partition leaves its parent.
    First,
    /// Among them.
    #[default]
    Usual,
    /// After them: a table becomes a partition.
    Attach,
    /// After that: an index becomes a part of the parent's.
    AttachIndex,
}

/// Whether one definition can become another by altering it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The operations do it.
    Altered,
    /// It has to be dropped and created; operations that were written before are of no use.
    Anew,
}

/// Both sides of a comparison: a definition may depend on what becomes of its parents.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// What is there.
    pub from: &'a Catalog,
    /// What is wanted.
    pub to: &'a Catalog,
}

impl Sides<'_> {
    /// The major version of the server that the statements are for.
    pub fn major(self) -> u32 {
        self.from.server.max(self.to.server) / 10_000
    }
}

/// Collects operations.
#[derive(Clone, Debug, Default)]
pub struct Ops {
    /// In the order in which they were written. Those on one thing stay in this order.
    pub list: Vec<Op>,
}

impl Ops {
    /// Adds an operation of one statement; gives it for what else there is to say of it.
    pub fn push(
        &mut self,
        verb: Verb,
        thing: Thing,
        title: impl Into<String>,
        sql: impl Into<String>,
    ) -> &mut Op {
        let op = Op {
            verb,
            thing,
            title: title.into(),
            sql: vec![sql.into()],
            online: None,
            loss: None,
            needs: Vec::new(),
            takes: None,
            frees: None,
            stage: Stage::Usual,
        };
        self.list.push(op);
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Creates an object as a whole.
    pub fn create(&mut self, id: &Id, sql: impl Into<String>) -> &mut Op {
        self.push(Verb::Create, Thing::whole(id), format!("create {id}"), sql)
    }

    /// Drops an object as a whole.
    pub fn drop(&mut self, id: &Id, sql: impl Into<String>) -> &mut Op {
        self.push(Verb::Drop, Thing::whole(id), format!("drop {id}"), sql)
    }

    /// Changes something of an object as a whole.
    pub fn alter(&mut self, id: &Id, what: impl std::fmt::Display, sql: impl Into<String>) -> &mut Op {
        self.push(Verb::Alter, Thing::whole(id), format!("{id}: {what}"), sql)
    }
}

impl Op {
    /// A statement more.
    pub fn and(&mut self, sql: impl Into<String>) -> &mut Self {
        self.sql.push(sql.into());
        self
    }

    /// The form that locks for a moment only.
    pub fn online<S: Into<String>>(&mut self, sql: impl IntoIterator<Item = S>) -> &mut Self {
        self.online = Some(sql.into_iter().map(Into::into).collect());
        self
    }

    /// Other things have to be there first.
    pub fn needs(&mut self, things: impl IntoIterator<Item = Thing>) -> &mut Self {
        self.needs.extend(things);
        self
    }

    /// It is not among the usual ones.
    pub fn at(&mut self, stage: Stage) -> &mut Self {
        self.stage = stage;
        self
    }

    /// Something is lost.
    pub fn loses(&mut self, loss: Loss) -> &mut Self {
        self.loss = Some(loss);
        self
    }
}
