//! Rollouts: one change carried through several deploys, as a name that several revisions share.
//!
//! `phase` and `gate` are what a header says, `order` is how phases may follow one another; `draft` is a rollout before it is written, and `recipe` makes drafts.
//! Whether a gate is open is the engine's to find out.

pub mod draft;
pub mod dual;
pub mod gate;
pub mod instead;
pub mod order;
pub mod phase;
pub mod recipe;
