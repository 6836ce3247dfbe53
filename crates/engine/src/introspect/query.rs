//! The queries in the order in which they are asked, for a version of the server.
//!
//! A line that ends in `--[14-]` is for 14 and later, `--[-13]` for 13 and earlier, `--[15-16]` for
//! those two.

use super::builder::Builder;
use super::row::Row;
use super::{relation, routine, types, whole};

/// A query and what reads its rows.
pub struct Query {
    /// What it reads, in words.
    pub name: &'static str,
    /// Its text.
    pub sql: String,
    /// Reads a row.
    pub decode: fn(&mut Builder, &mut Row<'_>),
}

type Entry = (&'static str, u32, &'static str, fn(&mut Builder, &mut Row<'_>));

macro_rules! queries {
    ($($name:literal $file:literal from $oldest:literal => $decode:path;)+) => {
        const QUERIES: &[Entry] = &[$(($name, $oldest, include_str!(concat!("sql/", $file, ".sql")), $decode),)+];
    };
}

queries! {
    "roles" "roles" from 12 => whole::role;
    "members of extensions" "members" from 12 => whole::member;
    "comments" "comments" from 12 => whole::comment;
    "namespaces" "namespaces" from 12 => whole::namespace;
    "extensions" "extensions" from 12 => whole::extension;
    "languages" "languages" from 12 => whole::language;
    "access methods" "access_methods" from 12 => whole::access_method;
    "collations" "collations" from 12 => types::collation;
    "types" "type_aliases" from 12 => types::alias;
    "enum types" "enums" from 12 => types::an_enum;
    "composite types" "composites" from 12 => types::composite;
    "domains" "domains" from 12 => types::domain;
    "constraints of domains" "domain_checks" from 12 => types::domain_check;
    "range types" "ranges" from 12 => types::range;
    "base types" "base_types" from 12 => types::base_type;
    "tables and views" "relations" from 12 => relation::relation;
    "inheritance" "inheritance" from 12 => relation::inheritance;
    "foreign tables" "foreign_tables" from 12 => relation::foreign_table;
    "not null constraints" "not_nulls" from 18 => relation::not_null;
    "columns" "columns" from 12 => relation::column;
    "sequences" "sequences" from 12 => relation::sequence;
    "constraints" "constraints" from 12 => relation::constraint;
    "indexes" "indexes" from 12 => relation::index;
    "statistics objects" "statistics" from 12 => relation::statistics;
    "functions" "routines" from 12 => routine::routine;
    "aggregates" "aggregates" from 12 => routine::aggregate;
    "operators" "operators" from 12 => routine::operator;
    "operator families" "operator_families" from 12 => routine::operator_family;
    "operator classes" "operator_classes" from 12 => routine::operator_class;
    "members of operator classes" "operator_members" from 12 => routine::operator_member;
    "casts" "casts" from 12 => routine::cast;
    "transforms" "transforms" from 12 => routine::transform;
    "conversions" "conversions" from 12 => types::conversion;
    "text search" "text_search" from 12 => whole::text_search;
    "rules" "rules" from 12 => relation::rule;
    "triggers" "triggers" from 12 => relation::trigger;
    "policies" "policies" from 12 => relation::policy;
    "event triggers" "event_triggers" from 12 => whole::event_trigger;
    "publications" "publications" from 12 => whole::publication;
    "tables of publications" "published" from 12 => whole::published;
    "schemas of publications" "published_namespaces" from 15 => whole::published_namespace;
    "subscriptions" "subscriptions" from 12 => whole::subscription;
    "foreign servers" "foreign_servers" from 12 => whole::foreign;
    "default privileges" "default_privileges" from 12 => whole::default_privileges;
    "dependencies" "dependencies" from 12 => whole::dependency;
}

/// The queries for a server, by `server_version_num`.
pub fn all(version: u32) -> Vec<Query> {
    let major = version / 10_000;
    let known = QUERIES.iter().filter(|(_, oldest, ..)| *oldest <= major);
    known.map(|(name, _, sql, decode)| Query { name, sql: for_major(sql, major), decode: *decode }).collect()
}

/// The lines of a query that are for a major version, without comments.
fn for_major(sql: &str, major: u32) -> String {
    let mut text = String::new();
    for line in sql.lines() {
        let (line, versions) = match line.rsplit_once("--[") {
            Some((line, versions)) => (line, Some(versions.trim_end_matches(']'))),
            None => (line, None),
        };
        if !line.starts_with("--") && versions.is_none_or(|versions| is_within(versions, major)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Whether a major version is within `14-`, `-13` or `15-16`.
fn is_within(versions: &str, major: u32) -> bool {
    let (first, last) = versions.split_once('-').unwrap_or((versions, versions));
    first.parse().map_or(true, |first: u32| first <= major)
        && last.parse().map_or(true, |last: u32| major <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_for_versions() {
        let sql = "-- a comment\nSELECT a,\n    NULL --[-14]\n    b --[15-]\nFROM t";
        assert_eq!(for_major(sql, 14), "SELECT a,\n    NULL \nFROM t\n");
        assert_eq!(for_major(sql, 15), "SELECT a,\n    b \nFROM t\n");
    }
}
