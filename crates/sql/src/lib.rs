//! Text to statements and back: the only part of Cutover that knows PostgreSQL's grammar.
//!
//! Pure: no files, no database, no printing. Everything is addressed by byte [`span::Span`]s of
//! the text that was given, so that an error can be shown in its file.

pub mod checksum;
pub mod directive;
pub mod document;
pub mod duration;
mod ffi;
pub mod foreign;
pub mod ident;
mod keywords;
pub mod lex;
pub mod nearest;
pub mod parse;
pub mod plpgsql;
pub mod print;
pub mod psql;
pub mod renamed;
pub mod repeated;
pub mod span;
pub mod statement;
mod traits;
pub mod tree;
pub mod utf8;
