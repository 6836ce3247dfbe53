//! The difference between two catalogs, and the statements that make the one of the other.
//!
//! `from` is what is there, `to` is what is wanted. The statements are ordered so that each finds what
//! it needs; an object that has to be made anew takes along those that need it, and nothing else.

mod alike;
mod change;
mod follow;
mod graph;
mod order;
mod plan;
mod rename;
mod rights;
mod script;
mod soft;
mod words;
mod work;
mod written;

use serde::Serialize;

pub use alike::{Candidate, candidates};
pub use change::{Change, Difference, How, changes};
pub use plan::plan;
pub use rename::{Rename, RenameError, Wish};
pub use script::script;

use crate::catalog::{Catalog, Thing};
use crate::object::ops::{Loss, Op, Verb};

/// What is compared, and which statements are wanted.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Privileges are compared.
    pub grants: bool,
    /// Owners are compared.
    pub owners: bool,
    /// The plain forms of statements, not those that lock for a moment only.
    pub plain: bool,
}

/// One thing that is done on the way from one catalog to the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// What it does.
    pub verb: Verb,
    /// What it is done to, in words, on one line: `add column shop.orders.note`.
    pub title: String,
    /// The statements, without semicolons.
    pub statements: Vec<String>,
    /// What is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// The object's kind and name.
    pub object: String,
    /// The object, or the part of it.
    #[serde(skip)]
    pub thing: Thing,
}

impl Action {
    fn of(op: Op, online: bool) -> Self {
        let statements = if online { op.online.unwrap_or(op.sql) } else { op.sql };
        // it becomes a comment, and a name may have a line's end in it
        let title = op.title.replace(['\n', '\r'], " ");
        Self {
            verb: op.verb,
            title,
            statements,
            loss: op.loss,
            object: op.thing.id.to_string(),
            thing: op.thing,
        }
    }
}

/// Whether two catalogs are the same.
pub fn is_same(from: &Catalog, to: &Catalog, options: &Options) -> bool {
    change::pairs(from, to, options).is_empty()
}
