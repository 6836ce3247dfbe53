//! A scratch server of its own for one side of the comparison: one database of a given name, copies of it to try the way
//! back on, and the roles as they were, because roles belong to the server and not to a database.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use cutover_sql::ident::{quote_ident, quote_literal};
use tokio_postgres::Client;

use super::eye::Eye;
use super::sift::VersionTable;
use crate::connect::ConnParams;
use crate::schema::trial::Moment;
use crate::schema::{SchemaError, cache_dir};
use crate::server::{Binaries, Scratch};
use crate::session::{Session, SessionError, rows};

/// How long sessions may take to end by themselves before they are ended.
const LEAVING: Duration = Duration::from_millis(700);

/// Databases that may not be the project's.
const OURS: &[&str] = &["postgres", "template0", "template1", ""];

/// The name of the database while a copy bears its own.
const KEPT: &str = "kept by cutover";

/// The name of a copy before it bears the database's.
const COPY: &str = "copied by cutover";

/// A server with the database.
#[derive(Debug)]
pub(super) struct Ground {
    server: Scratch,
    admin: Session,
    /// A session on the database, or on the one behind its copy; none before it is needed.
    eye: Option<Eye>,
    /// The name of the database.
    pub database: String,
}

/// The roles of a server: name, attributes as they are written in `CREATE ROLE`, and of whom they are members.
type Roles = Vec<(String, String, String)>;

const ROLES: &str = "SELECT r.rolname, concat_ws(' ', CASE WHEN rolsuper THEN 'SUPERUSER' END, \
    CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END, \
    CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN NOT rolinherit THEN 'NOINHERIT' END, \
    CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END), \
    (SELECT string_agg(quote_ident(g.rolname), ', ' ORDER BY g.rolname) FROM pg_auth_members m \
     JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid) \
    FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY r.rolname";

impl Ground {
    /// Starts a server with an empty database.
    pub async fn start(binaries: &Binaries, database: &str) -> Result<Self, SchemaError> {
        let server = Scratch::start(binaries, &cache_dir())?;
        let admin = admin(&server).await?;
        let database = if OURS.contains(&database) { "app" } else { database }.to_owned();
        let ground = Self { server, admin, eye: None, database };
        let create = ground.create(&ground.database, "template0");
        run(ground.admin.client(), &create).await?;
        Ok(ground)
    }

    /// A second one with all that is in this one. Every session on this one ends.
    pub async fn twin(&mut self) -> Result<Self, SchemaError> {
        self.eye = None;
        let server = self.server.twin()?;
        self.admin = admin(&self.server).await?;
        Ok(Self { admin: admin(&server).await?, eye: None, server, database: self.database.clone() })
    }

    /// The server's socket.
    pub fn socket(&self) -> PathBuf {
        let options = self.server.cluster().options();
        options.socket_dir.join(format!(".s.PGSQL.{}", options.port()))
    }

    /// A session on the database, or on the copy in its place.
    pub async fn session(&self) -> Result<Session, SchemaError> {
        Ok(Session::open(&ConnParams::parse(&self.server.url(&self.database), &|_| None)?).await?)
    }

    /// The session for looking: on the database itself, also while a copy is in its place.
    pub async fn eye(&mut self) -> Result<&mut Eye, SchemaError> {
        // a revision may end the sessions of others
        let eye = match self.eye.take() {
            Some(eye) if eye.is_open().await => eye,
            _ => Eye::new(self.session().await?),
        };
        Ok(self.eye.insert(eye))
    }

    /// What is in the database, without Alembic's table.
    pub async fn look(&mut self, version: &VersionTable) -> Result<Moment, SchemaError> {
        self.eye().await?.look(version).await
    }

    /// Puts a copy in the place of the database, under its name, until [`Ground::restore`].
    ///
    /// A session that is the only one on a database can copy it. To rename it nobody may be there, not even that session, so
    /// the names are exchanged where PostgreSQL keeps them: sessions know their database by its number.
    pub async fn lend(&mut self) -> Result<Lent, SchemaError> {
        let roles = self.roles().await?;
        let create = self.create(COPY, &self.database);
        let pid = self.eye().await?.pid();
        self.alone(pid).await?;
        run(self.eye().await?.client(), &create).await?;
        run(self.admin.client(), &[named(&self.database, KEPT), named(COPY, &self.database)].concat())
            .await?;
        Ok(Lent { roles })
    }

    /// Whether the server's roles are others than when the copy was made.
    pub async fn has_other_roles(&self, lent: &Lent) -> Result<bool, SchemaError> {
        Ok(self.roles().await? != lent.roles)
    }

    /// Takes the database back as it was, and the server's roles.
    pub async fn restore(&self, lent: Lent) -> Result<(), SchemaError> {
        self.alone(0).await?;
        let admin = self.admin.client();
        run(admin, &format!("DROP DATABASE {}", quote_ident(&self.database))).await?;
        run(admin, &named(KEPT, &self.database)).await?;
        let now = self.roles().await?;
        for (role, attributes, groups) in lent.roles.iter().filter(|it| !now.iter().any(|r| r.0 == it.0)) {
            run(admin, &format!("CREATE ROLE {} {attributes}", quote_ident(role))).await?;
            if !groups.is_empty() {
                run(admin, &format!("GRANT {groups} TO {}", quote_ident(role))).await?;
            }
        }
        for (role, ..) in now.iter().filter(|it| !lent.roles.iter().any(|r| r.0 == it.0)) {
            run(admin, &format!("DROP ROLE {}", quote_ident(role))).await?;
        }
        Ok(())
    }

    fn create(&self, name: &str, template: &str) -> String {
        // since 15 the default goes through the log, which is slower than copying the files
        let strategy = if self.server.major() >= 15 { " STRATEGY file_copy" } else { "" };
        format!("CREATE DATABASE {} TEMPLATE {}{strategy}", quote_ident(name), quote_ident(template))
    }

    async fn roles(&self) -> Result<Roles, SchemaError> {
        let found = rows(self.admin.client(), ROLES, "reading the roles").await?;
        let get = |row: &tokio_postgres::SimpleQueryRow, at| row.get(at).unwrap_or_default().to_owned();
        Ok(found.iter().map(|row| (get(row, 0), get(row, 1), get(row, 2))).collect())
    }

    /// Waits until nobody but one is connected to the database that bears its name, and ends who stays.
    async fn alone(&self, but: i32) -> Result<(), SchemaError> {
        let database = quote_literal(&self.database);
        let who = format!("FROM pg_stat_activity WHERE datname = {database} AND pid <> {but}");
        let until = Instant::now() + LEAVING;
        loop {
            let is_late = Instant::now() > until;
            let what = if is_late { "pg_terminate_backend(pid)" } else { "1" };
            let found =
                rows(self.admin.client(), &format!("SELECT {what} {who}"), "looking who is connected")
                    .await?;
            if found.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(if is_late { 20 } else { 2 })).await;
        }
    }
}

async fn run(client: &Client, sql: &str) -> Result<(), SchemaError> {
    let done = client.batch_execute(sql).await;
    done.map_err(|source| SessionError::Query { what: "preparing the scratch database", source }.into())
}

/// SQL that gives a database another name while somebody is connected to it.
fn named(old: &str, new: &str) -> String {
    let (old, new) = (quote_literal(old), quote_literal(new));
    format!("UPDATE pg_catalog.pg_database SET datname = {new} WHERE datname = {old};")
}

async fn admin(server: &Scratch) -> Result<Session, SchemaError> {
    Ok(Session::open(&ConnParams::parse(&server.url("postgres"), &|_| None)?).await?)
}

/// What has to be put back.
#[derive(Debug)]
pub(super) struct Lent {
    roles: Roles,
}
