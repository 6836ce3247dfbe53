//! Taking over what a team already has: what its files say, before anything runs.
//!
//! Pure, as all of this crate: who reads the files and who replays them is the engine.

pub mod folder;
pub mod needs;
pub mod password;
pub mod script;
pub mod secret;
pub mod temporary;
pub mod together;
pub mod told;
