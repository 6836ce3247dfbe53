//! What of a table cannot go over to a partitioned one, or not as it is: its keys, and the foreign keys that refer to it.
//! It looks and refuses; what is written is `copy`'s.

use cutover_sql::ident::quote_ident;

use super::copy::NEXT;
use super::scheme::Scheme;
use crate::catalog::{Id, Kind};
use crate::object::constraint::{Constraint, ConstraintKind};
use crate::object::table::{ReplicaIdentity, Table};
use crate::object::types::made_name;
use crate::object::{Definition, Object};
use crate::rollout::recipe::read::{self, list, said};
use crate::rollout::recipe::{Given, Refusal, Target, shape};

/// A key, a unique constraint or a unique index, and its columns in the partitioned table.
pub struct Unique<'a> {
    /// Its name.
    pub name: &'a str,
    /// None: a unique index without a constraint.
    pub constraint: Option<&'a Constraint>,
    /// Its columns.
    pub columns: Vec<String>,
}

/// A foreign key of another table to this one, and its successor.
pub struct Incoming {
    /// The table that has it.
    pub table: Id,
    /// Its name.
    pub name: String,
    /// The successor's name before the exchange.
    pub next: String,
    /// Adds the successor, to the copy.
    pub add: String,
    /// Checks the rows that are there.
    pub validate: String,
    /// Drops the successor.
    pub drop: String,
    /// `CONSTRAINT name …`, to add the first one again.
    pub clause: String,
}

/// Refuses tables that cannot become partitioned, or not without more than this recipe does.
///
/// # Errors
/// With what stands in the way.
pub fn fits(target: &Target<'_>, id: &Id, table: &Table) -> Result<(), Refusal> {
    shape::own(target, id, table)?;
    let name = said(id);
    if table.partition_by.is_some() {
        return Err(Refusal::new(format!("{name} is partitioned already"))
            .help("add partitions to it: CREATE TABLE, then ATTACH PARTITION"));
    }
    if table.unlogged || table.replica_identity != ReplicaIdentity::Default || table.force_row_security {
        return Err(Refusal::new(format!(
            "{name} is UNLOGGED, has a replica identity of its own, or forces its policies on its owner"
        ))
        .help("take that away before the rollout, and set it again behind it"));
    }
    let all = target.catalog.objects().iter();
    let publishes = all.clone().find(|object| match &object.definition {
        Definition::Publication(it) => {
            it.all_tables
                || it.namespaces.contains(&id.namespace)
                || it.tables.iter().any(|(table, _)| table == id)
        }
        _ => false,
    });
    if let Some(publication) = publishes {
        return Err(Refusal::new(format!("{} has {name}: a subscriber would look for the partitions, and get rows twice", publication.id))
            .help("take the table out of the publication, or make the partitions at the subscribers and write the rollout by hand"));
    }
    if let Some(rule) = target.standing(id, Kind::Rule).next() {
        return Err(Refusal::new(format!("{} would have to change tables with it", rule.id))
            .help("make a trigger of it, or drop it, first"));
    }
    let tables = |object: &&Object| matches!(&object.definition, Definition::Trigger(it) if it.definition.contains(" REFERENCING ") && it.definition.contains(" FOR EACH ROW "));
    if let Some(trigger) = target.triggers(id).find(tables) {
        return Err(Refusal::new(format!(
            "{} has transition tables, which row triggers of a partitioned table have not",
            trigger.id
        ))
        .help("make it FOR EACH STATEMENT first"));
    }
    match target.constraints(id).find(|(_, it)| it.kind == ConstraintKind::Exclusion) {
        Some((exclusion, _)) => Err(Refusal::new(format!("{exclusion} cannot hold across partitions"))
            .help("drop it first if it can be done without, or leave the table in one piece")),
        None => Ok(()),
    }
}

/// Primary key, unique constraints and unique indexes.
///
/// # Errors
/// For those that are more than a list of columns.
pub fn uniques<'a>(target: &'a Target<'a>, id: &Id) -> Result<Vec<Unique<'a>>, Refusal> {
    let mut all = Vec::new();
    for (key, it) in target.constraints(id) {
        if let Some(columns) = read::key_columns(it) {
            if it.definition.contains("INCLUDE")
                || it.definition.contains("NULLS NOT DISTINCT")
                || it.definition.contains("WITHOUT OVERLAPS")
            {
                return Err(Refusal::new(format!("{key} is more than a list of columns"))
                    .help("write the rollout by hand after this recipe's pattern"));
            }
            all.push(Unique { name: &key.detail, constraint: Some(it), columns });
        }
    }
    for (key, index) in target.indexes(id).filter(|(_, index)| index.unique) {
        let plain = read::index_columns(&index.definition).filter(|columns| {
            index.predicate.is_none() && *index.definition == *format!("USING btree ({})", list(columns))
        });
        let columns = plain.ok_or_else(|| {
            Refusal::new(format!("{key} is unique for more than columns, and cannot be so across partitions"))
                .help("make a plain index of it first if it can be done without")
        })?;
        all.push(Unique { name: &key.name, constraint: None, columns });
    }
    Ok(all)
}

/// The keys that lack a column that the table is divided by.
///
/// # Errors
/// When nobody said that they may be extended.
pub fn too_short(
    unique: &[Unique<'_>],
    scheme: &Scheme,
    given: &Given,
    id: &Id,
) -> Result<Vec<String>, Refusal> {
    let lacks = |it: &&Unique<'_>| scheme.columns.iter().any(|column| !it.columns.contains(column));
    let short: Vec<String> = unique.iter().filter(lacks).map(|it| it.name.to_owned()).collect();
    match short.first() {
        Some(name) if !given.flag("extend-keys") => Err(Refusal::new(format!(
            "{name} of {} has no {} in it, and every key of a partitioned table has what it is divided by",
            said(id), list(&scheme.columns)
        ))
        .help("write --extend-keys to add it, if nothing relies on the database for the rest to be unique; or divide by a hash of the key")),
        _ => Ok(short),
    }
}

/// Foreign keys of other tables can refer to a key that stays as it is, and to no other.
///
/// # Errors
/// For one that refers to another key.
pub fn incoming(target: &Target<'_>, id: &Id, scheme: &Scheme, next: &Id) -> Result<Vec<Incoming>, Refusal> {
    let mut all = Vec::new();
    for (key, it) in
        target.referring(id).filter(|(_, it)| it.table.0.as_ref() != Some(id) && it.part_of.is_none())
    {
        let Some(foreign) = read::foreign_key(key, it) else { continue };
        if !scheme.columns.iter().all(|column| foreign.referenced.contains(column)) {
            return Err(Refusal::new(format!(
                "{key} refers to {}, which is no key of the partitioned table",
                list(&foreign.referenced)
            ))
            .help("divide by a hash of that key, or drop the foreign key in a revision before the rollout"));
        }
        if it.on_partitioned.0 && target.major < 18 {
            return Err(Refusal::new(format!("{key} is of a partitioned table, which before PostgreSQL 18 can get no other foreign key without a scan under a lock"))
                .help("drop it before the rollout and add it again behind it"));
        }
        let (table, name) = (foreign.table.clone(), key.detail.to_string());
        let other = made_name(&name, "", NEXT);
        let clause = it.clause(key);
        let to_next = it.definition.replacen(
            &format!("REFERENCES {}", id.path()),
            &format!("REFERENCES {}", next.path()),
            1,
        );
        let path = table.path();
        all.push(Incoming {
            add: format!(
                "ALTER TABLE {path} ADD CONSTRAINT {} {to_next}{} NOT VALID",
                quote_ident(&other),
                it.timing.clause()
            ),
            validate: format!("ALTER TABLE {path} VALIDATE CONSTRAINT {}", quote_ident(&other)),
            drop: format!("ALTER TABLE {path} DROP CONSTRAINT IF EXISTS {}", quote_ident(&other)),
            table,
            name,
            next: other,
            clause,
        });
    }
    Ok(all)
}
