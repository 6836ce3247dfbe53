//! Taking over what a team already has: its files are replayed in scratch databases, its live database is only read.

pub mod alembic;
pub mod sql;
