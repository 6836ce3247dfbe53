//! Private PostgreSQL servers: the user's embedded one and throw-away ones.
//!
//! - [`binaries`] finds an installed PostgreSQL, [`owner`] the user that its server runs as;
//! - [`cluster`] is one data directory with its server process, and the only code that starts one;
//! - [`watchdog`] ends a server whose process is gone, [`postmaster`] reads what a server says of itself;
//! - [`embedded`] is the server of a project, [`scratch`] one that leaves nothing behind.
//!
//! Knows nothing of revisions, of a target database or of configuration files. Reads the
//! environment in two places only: [`Lookup::from_env`] and [`place::Place::from_env`].

pub mod admin;
pub mod binaries;
pub mod cluster;
mod copy;
pub mod embedded;
mod home;
mod initdb;
mod lock;
pub mod owner;
pub mod place;
pub mod postmaster;
pub mod scratch;
mod settings;
mod template;
pub mod url;
pub mod watchdog;

pub use admin::AdminError;
pub use binaries::{Binaries, BinariesError, Lookup};
pub use cluster::{Cluster, ClusterError, ClusterOptions, Stop};
pub use embedded::{Attached, DATABASE, Embedded, EmbeddedError, StartedBy, Status};
pub use owner::Owner;
pub use place::Place;
pub use scratch::{LazyScratch, Scratch, ScratchDatabase, ScratchError};

/// Name of the superuser of every server that we make. Dumps and scripts often name it.
pub const SUPERUSER: &str = "postgres";

/// Port of a server without TCP; it only gives the socket its name.
pub const SOCKET_PORT: u16 = 5432;
