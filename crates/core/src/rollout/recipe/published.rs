//! Tables that logical replication takes elsewhere.

use super::{Argument, Given, Refusal, Target};
use crate::catalog::Id;
use crate::object::Definition;

/// `--published`.
pub const PUBLISHED: Argument =
    Argument::flag("published", "the subscribers of the table have the new column already");

/// Refuses a table that is published, unless the user says that the subscribers are ready: a row with a column that they do not have
/// stops them (<https://www.postgresql.org/docs/current/logical-replication-restrictions.html>).
///
/// # Errors
/// With the publication.
pub fn known(given: &Given, target: &Target<'_>, id: &Id) -> Result<(), Refusal> {
    if given.flag("published") {
        return Ok(());
    }
    let by = target.catalog.objects().iter().find(|object| match &object.definition {
        Definition::Publication(it) => {
            it.all_tables
                || it.namespaces.contains(&id.namespace)
                || it.tables.iter().any(|(table, _)| table == id)
        }
        _ => false,
    });
    match by {
        Some(publication) => Err(Refusal::new(format!(
            "{} is published by {}, and a subscriber without the new column would stop",
            id.path(),
            publication.id.name
        ))
        .help("add the column there first, then say --published")),
        None => Ok(()),
    }
}
