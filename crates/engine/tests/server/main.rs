//! Private servers against a real PostgreSQL: nothing stays behind, however a process ends.

mod cluster;
mod embedded;
mod killed;
mod scratch;
mod support;
