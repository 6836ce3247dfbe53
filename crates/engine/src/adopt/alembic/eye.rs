//! What is in a scratch database: the schema and the rows as of one moment, without Alembic's table.
//!
//! [`look`] reads it once. An [`Eye`] stays open on one database and reads it again and again, and can see what statements would
//! lead to without letting them happen. Knows nothing of revisions.

use cutover_core::catalog::Kind;
use cutover_sql::ident::split_qualified;
use tokio_postgres::Client;

use super::sift::VersionTable;
use crate::introspect::{self, Reader};
use crate::schema::SchemaError;
use crate::schema::trial::{Moment, fingerprints};
use crate::session::Session;

/// What is in the database of a session, which must not be in a transaction.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn look(session: &Session, version: &VersionTable) -> Result<Moment, SchemaError> {
    let client = session.client();
    let server = introspect::begin(client).await?;
    let catalog = introspect::whole(client, server).await?;
    // in the same snapshot, and under the same settings
    let rows = fingerprints(client).await?;
    introspect::end(client).await?;
    Ok(without(Moment { catalog, rows }, version))
}

/// A session that is kept for looking.
#[derive(Debug)]
pub(super) struct Eye {
    session: Session,
    reader: Reader,
}

impl Eye {
    /// Opens one on the session's database.
    pub fn new(session: Session) -> Self {
        Self { session, reader: Reader::default() }
    }

    /// What is in the database.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn look(&mut self, version: &VersionTable) -> Result<Moment, SchemaError> {
        let server = introspect::begin(self.session.client()).await?;
        self.read(server, version).await
    }

    /// What would be in the database if these statements ran; none when one of them fails. They run in a transaction that is
    /// rolled back: they take their locks as ever, and nobody else is there to wait for them.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn foresee(
        &mut self,
        sql: &str,
        version: &VersionTable,
    ) -> Result<Option<Moment>, SchemaError> {
        let client = self.session.client();
        // what is deferred to the end of the transaction happens before it is looked at
        let sql = format!("BEGIN; {sql}\n; SET CONSTRAINTS ALL IMMEDIATE");
        if client.batch_execute(&sql).await.is_err() {
            introspect::end(client).await?;
            return Ok(None);
        }
        let server = introspect::settle(client, "RESET ROLE").await?;
        Ok(Some(self.read(server, version).await?))
    }

    /// The version of the server.
    pub fn server(&self) -> u32 {
        self.session.facts.version
    }

    /// The server process of the session.
    pub fn pid(&self) -> i32 {
        self.session.facts.pid
    }

    /// For questions besides.
    pub fn client(&self) -> &Client {
        self.session.client()
    }

    /// Whether the session is still there.
    pub async fn is_open(&self) -> bool {
        self.session.client().batch_execute("").await.is_ok()
    }

    async fn read(&mut self, server: u32, version: &VersionTable) -> Result<Moment, SchemaError> {
        let client = self.session.client();
        let catalog = self.reader.whole(client, server).await?;
        let rows = fingerprints(client).await?;
        introspect::end(client).await?;
        Ok(without(Moment { catalog, rows }, version))
    }
}

fn without(found: Moment, version: &VersionTable) -> Moment {
    let is_version = |schema: &str, name: &str| {
        name == version.table && version.schema.as_deref().is_none_or(|it| it == schema)
    };
    let Moment { catalog, mut rows } = found;
    let catalog = catalog.filtered(|object| {
        object.id.kind != Kind::Table || !is_version(&object.id.namespace, &object.id.name)
    });
    rows.retain(|name, _| {
        let parts = split_qualified(name).unwrap_or_default();
        !matches!(&parts[..], [schema, name] if is_version(schema, name))
    });
    Moment { catalog, rows }
}
