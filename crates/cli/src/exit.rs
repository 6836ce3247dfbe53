//! Exit codes: part of the interface, so that scripts can rely on them.

/// Done.
pub const DONE: u8 = 0;
/// Failed: the database, a file or the network said no.
pub const FAILED: u8 = 1;
/// The command line, the configuration or a target makes no sense.
pub const USAGE: u8 = 2;
/// Done, and there is something to look at.
pub const ATTENTION: u8 = 3;
/// Ended by a signal, as shells count (128 + SIGINT).
pub const INTERRUPTED: u8 = 130;
