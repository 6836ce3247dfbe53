//! One list of statements for databases whose schemas differ: each database's own list in its own order, merged, and each
//! statement guarded by what is there, so that it does something only where it is needed.
//!
//! `merge` joins the lists, `natural` are PostgreSQL's own forms (`IF NOT EXISTS`), `look` says in SQL what an object is
//! now, and `write` puts a statement behind such a look. `rights` says what becomes of privileges and
//! owners, `rows` what rows can stand against.

mod look;
mod merge;
mod natural;
mod rights;
mod rows;
mod write;

use crate::catalog::Thing;
use crate::diff::Action;
use crate::object::ops::{Loss, Verb};

pub use look::{look, look_around};
pub use merge::{Merged, in_turn, once};
pub use natural::{idempotent, is_of_rights, natural};
pub use rights::{Compared, Privileges, goal, owned, says_privileges, too_much, usual_owner, with_rights_of};
pub use rows::{Breaks, Probe, probes, stop};
pub use write::{Guard, Seen, Unguardable, choose, write};

/// A statement of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The statement, without a semicolon.
    pub sql: String,
    /// What it does, in words.
    pub title: String,
    /// To what.
    pub thing: Thing,
    /// What it does to that.
    pub verb: Verb,
    /// What is lost.
    pub loss: Option<Loss>,
}

/// The statements of actions, in their order.
pub fn pieces(actions: &[Action]) -> Vec<Piece> {
    let of = |action: &Action| -> Vec<Piece> {
        let piece = |sql: &String| Piece {
            sql: sql.clone(),
            title: action.title.clone(),
            thing: action.thing.clone(),
            verb: action.verb,
            loss: action.loss.clone(),
        };
        action.statements.iter().map(piece).collect()
    };
    actions.iter().flat_map(of).collect()
}
