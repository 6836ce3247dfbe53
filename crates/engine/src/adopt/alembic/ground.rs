//! A scratch server of its own for one side of the comparison: one database of a given name, copies of it to try the way
//! back on, and the roles as they were, because roles belong to the server and not to a database.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use cutover_sql::ident::{quote_ident, quote_literal};

use crate::connect::ConnParams;
use crate::schema::{SchemaError, cache_dir};
use crate::server::{Binaries, Scratch};
use crate::session::{Session, SessionError, rows};

/// How long sessions may take to end by themselves before they are ended.
const LEAVING: Duration = Duration::from_millis(700);

/// Databases that may not be the project's.
const OURS: &[&str] = &["postgres", "template0", "template1", ""];

/// A server with the database.
#[derive(Debug)]
pub(super) struct Ground {
    server: Scratch,
    admin: Session,
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
        let ground = Self { server, admin, database };
        ground.run(&ground.create(&ground.database, "template0")).await?;
        Ok(ground)
    }

    /// A second one with all that is in this one. Every session on this one ends.
    pub async fn twin(&mut self) -> Result<Self, SchemaError> {
        let server = self.server.twin()?;
        self.admin = admin(&self.server).await?;
        Ok(Self { admin: admin(&server).await?, server, database: self.database.clone() })
    }

    /// The server's socket.
    pub fn socket(&self) -> PathBuf {
        let options = self.server.cluster().options();
        options.socket_dir.join(format!(".s.PGSQL.{}", options.port()))
    }

    /// A session on the database.
    pub async fn session(&self) -> Result<Session, SchemaError> {
        self.session_on(&self.database).await
    }

    /// A session on the database that a copy stands in the place of. It has to end before [`Ground::restore`].
    pub async fn session_behind(&self) -> Result<Session, SchemaError> {
        self.session_on(&self.kept()).await
    }

    async fn session_on(&self, database: &str) -> Result<Session, SchemaError> {
        Ok(Session::open(&ConnParams::parse(&self.server.url(database), &|_| None)?).await?)
    }

    /// Puts a copy in the place of the database, under its name, until [`Ground::restore`].
    pub async fn lend(&self) -> Result<Lent, SchemaError> {
        let roles = self.roles().await?;
        self.alone().await?;
        let (name, kept) = (quote_ident(&self.database), self.kept());
        self.run(&format!("ALTER DATABASE {name} RENAME TO {}", quote_ident(&kept))).await?;
        self.run(&self.create(&self.database, &kept)).await?;
        Ok(Lent { roles })
    }

    /// Whether the server's roles are others than when the copy was made.
    pub async fn has_other_roles(&self, lent: &Lent) -> Result<bool, SchemaError> {
        Ok(self.roles().await? != lent.roles)
    }

    /// Takes the database back as it was, and the server's roles.
    pub async fn restore(&self, lent: Lent) -> Result<(), SchemaError> {
        self.alone().await?;
        let (name, kept) = (quote_ident(&self.database), quote_ident(&self.kept()).into_owned());
        self.run(&format!("DROP DATABASE {name}")).await?;
        self.run(&format!("ALTER DATABASE {kept} RENAME TO {name}")).await?;
        let now = self.roles().await?;
        for (role, attributes, groups) in lent.roles.iter().filter(|it| !now.iter().any(|r| r.0 == it.0)) {
            self.run(&format!("CREATE ROLE {} {attributes}", quote_ident(role))).await?;
            if !groups.is_empty() {
                self.run(&format!("GRANT {groups} TO {}", quote_ident(role))).await?;
            }
        }
        for (role, ..) in now.iter().filter(|it| !lent.roles.iter().any(|r| r.0 == it.0)) {
            self.run(&format!("DROP ROLE {}", quote_ident(role))).await?;
        }
        Ok(())
    }

    fn kept(&self) -> String {
        format!("{} kept by cutover", self.database)
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

    /// Waits until nobody is connected to the database or to the one behind it, and ends who stays.
    async fn alone(&self) -> Result<(), SchemaError> {
        let (database, kept) = (quote_literal(&self.database), quote_literal(&self.kept()));
        let who = format!(
            "FROM pg_stat_activity WHERE datname IN ({database}::name, {kept}::name) AND pid <> pg_backend_pid()"
        );
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

    async fn run(&self, sql: &str) -> Result<(), SchemaError> {
        let done = self.admin.client().batch_execute(sql).await;
        done.map_err(|source| SessionError::Query { what: "preparing the scratch database", source }.into())
    }
}

async fn admin(server: &Scratch) -> Result<Session, SchemaError> {
    Ok(Session::open(&ConnParams::parse(&server.url("postgres"), &|_| None)?).await?)
}

/// What has to be put back.
#[derive(Debug)]
pub(super) struct Lent {
    roles: Roles,
}
