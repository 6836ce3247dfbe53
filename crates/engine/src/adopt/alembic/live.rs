//! A database that Alembic brought where it is: what its table says is applied, and whether the history taken so far is it.

use std::collections::BTreeSet;

use cutover_core::catalog::{Kind, Pattern};
use cutover_core::diff::{self, Options};
use cutover_core::revision::graph::Index;

use super::prove::Difference;
use super::sift::VersionTable;
use super::{Adopted, AlembicError};
use crate::connect::ConnParams;
use crate::introspect;
use crate::schema::Workshop;
use crate::session::{Session, Settings};

/// What a database is, beside the history.
#[derive(Debug, Default)]
pub struct Live {
    /// What Alembic's table says: its ids.
    pub versions: BTreeSet<String>,
    /// Those of them that no revision has.
    pub unknown: Vec<String>,
    /// The revisions that are applied, in running order.
    pub applied: Vec<Index>,
    /// Their tips: what a stamp has to say.
    pub heads: Vec<String>,
    /// From the history so far to the database: `+` is only in the database.
    pub difference: Difference,
}

/// Looks at a database. Nothing is written there.
///
/// # Errors
/// When it cannot be read, or the history so far does not run.
pub async fn look(
    adopted: &Adopted,
    params: &ConnParams,
    workshop: &Workshop,
    settings: &Settings,
    ignore: &[Pattern],
) -> Result<Live, AlembicError> {
    let session = Session::open(params).await?;
    let versions = super::side::version_rows(session.client(), &adopted.version).await?;
    let graph = adopted.history.graph();
    let find = |id: &String| adopted.names.get(id).and_then(|name| graph.find(name));
    let tips: Vec<Index> = versions.iter().filter_map(find).collect();
    let unknown = versions.iter().filter(|id| find(id).is_none()).cloned().collect();
    let applied: Vec<Index> = graph.needs(tips).into_iter().collect();
    let set: BTreeSet<Index> = applied.iter().copied().collect();
    let heads = graph.tips(&set).into_iter().map(|index| graph.id(index).to_owned()).collect();
    let expected = workshop.schema_of(&adopted.history, &applied, settings).await?.without(ignore);
    let VersionTable { schema, table } = &adopted.version;
    let found = introspect::read(session.client()).await.map_err(crate::schema::SchemaError::from)?;
    let found = found.without(ignore).filtered(|object| {
        let is_version =
            *object.id.name == **table && schema.as_deref().is_none_or(|it| it == &*object.id.namespace);
        object.id.kind != Kind::Table || !is_version
    });
    // owners and grants are another server's
    let options = Options { grants: false, owners: false, plain: true };
    let changes = diff::changes(&expected, &found, &options);
    Ok(Live { versions, unknown, applied, heads, difference: Difference { changes, rows: Vec::new() } })
}
