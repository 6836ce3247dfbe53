//! What a database has to have before Alembic's first revision, in a file of SQL: it comes to the scratch server by the same door as
//! the project, and becomes a part of the first revision, as what `env.py` does.

use std::path::Path;

use super::AlembicError;
use super::journal::{Done, Taken, Unit};
use super::proxy::{Door, USER};
use crate::schema;
use crate::session::SessionError;

/// Runs it, and gives what was recorded of it as one transaction.
pub(super) async fn prepare(door: &Door, database: &str, file: &Path) -> Result<Taken, AlembicError> {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(door.port).user(USER).password(&door.password).dbname(database);
    let failed = |source| SessionError::Query { what: "connecting to the scratch server", source };
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(failed)?;
    let connection = tokio::spawn(connection);
    schema::run_file(file, &client).await?;
    drop(client);
    // by its end the server has answered everything
    let _ = connection.await;
    let mut taken = door.journal().take();
    let session = taken.units.first().map_or(0, |unit| unit.session);
    let mut done: Vec<Done> = taken.units.drain(..).flat_map(|unit| unit.done).collect();
    // what lets bodies name what comes later says nothing where there are none
    if !done.iter().any(|it| it.sql.to_ascii_lowercase().contains(" as ")) {
        done.retain(|it| !it.sql.starts_with("SET check_function_bodies"));
    }
    taken.units = vec![Unit { session, done }];
    Ok(taken)
}
