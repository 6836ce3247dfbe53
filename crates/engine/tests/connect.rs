//! Connections as libpq makes them, on a real server with passwords and certificates.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use cutover_engine::connect::{ConnParams, ConnectError, connect};
use cutover_engine::server::{Binaries, Cluster, ClusterOptions, Lookup, Owner, Stop};
use tempfile::TempDir;

/// A server on 127.0.0.1 with a certificate for `localhost`, and roles with passwords.
struct Server {
    _cluster: Cluster,
    folder: TempDir,
    port: u16,
}

fn openssl(folder: &Path, args: &str) {
    let mut command = Command::new("openssl");
    let output = command.args(args.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Two authorities, and a server's certificate signed by the first.
fn certificates(folder: &Path) {
    for name in ["ca", "other"] {
        openssl(
            folder,
            &format!(
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt"
            ),
        );
    }
    std::fs::write(folder.join("san"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl(folder, "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr");
    openssl(
        folder,
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.crt",
    );
}

impl Server {
    fn start(hba: &str) -> Self {
        let binaries = Binaries::find(&Lookup::from_env()).unwrap();
        let folder = TempDir::with_prefix("cutover-connect-").unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        certificates(folder.path());
        let base = folder.path().join("c");
        std::fs::create_dir(&base).unwrap();
        let owner = Owner::for_new().unwrap();
        owner.take(&base).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut options = ClusterOptions::in_dir(&base);
        options.listen = Some(("127.0.0.1".into(), port));
        options.hba = Some(format!("local all all trust\n{hba}\n"));
        Cluster::init(&binaries, &options).unwrap();
        for name in ["server.key", "server.crt"] {
            let place = options.data_dir.join(name);
            std::fs::copy(folder.path().join(name), &place).unwrap();
            std::fs::set_permissions(&place, PermissionsExt::from_mode(0o600)).unwrap();
            owner.take(&place).unwrap();
        }
        options.settings.push(("ssl".into(), "on".into()));
        let cluster = Cluster::start(&binaries, options).unwrap();
        let server = Self { _cluster: cluster, folder, port };
        let url = server._cluster.url("postgres");
        let params = ConnParams::parse(&url, &|_| None).unwrap();
        let sql = "CREATE ROLE u LOGIN PASSWORD 'p:w'; CREATE ROLE nologin NOLOGIN PASSWORD 'p'";
        runtime()
            .block_on(async { connect(&params).await.unwrap().client.batch_execute(sql).await.unwrap() });
        server
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What comes of connecting with these parameters: `tls`, `plain`, or the error.
    fn attempt(&self, parameters: &str) -> Result<&'static str, ConnectError> {
        self.attempt_with(parameters, &|_| None)
    }

    fn attempt_with(
        &self,
        parameters: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<&'static str, ConnectError> {
        let dsn = format!("port={} dbname=postgres {parameters}", self.port);
        let params = ConnParams::parse(&dsn, env).unwrap();
        runtime().block_on(async {
            let connected = connect(&params).await?;
            let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            let row = connected.client.query_one(sql, &[]).await.unwrap();
            Ok(if row.get(0) { "tls" } else { "plain" })
        })
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn every_sslmode_does_what_libpq_says() {
    let server = Server::start("host all all 127.0.0.1/32 scram-sha-256");
    let with = |mode: &str, more: &str| {
        server.attempt(&format!("host=localhost user=u password=p:w sslmode={mode} {more}"))
    };
    let ca = format!("sslrootcert={}", server.file("ca.crt").display());
    let other = format!("sslrootcert={}", server.file("other.crt").display());
    assert_eq!(with("disable", ""), Ok("plain"));
    assert_eq!(with("allow", ""), Ok("plain"));
    assert_eq!(with("prefer", ""), Ok("tls"));
    assert_eq!(with("require", ""), Ok("tls"));
    assert_eq!(with("require", &ca), Ok("tls"));
    assert_eq!(with("verify-ca", &ca), Ok("tls"));
    assert_eq!(with("verify-full", &ca), Ok("tls"));
    for (mode, root) in [("require", &other), ("verify-ca", &other), ("verify-full", &other)] {
        let error = with(mode, root).unwrap_err();
        assert!(matches!(error, ConnectError::Tls { .. }), "{mode}: {error:?}");
    }
    let none = with("verify-full", "").unwrap_err();
    assert!(none.to_string().contains("there is no root certificate"), "{none}");
    let missing = with("verify-ca", "sslrootcert=/no/such/file").unwrap_err();
    assert!(missing.to_string().contains("/no/such/file cannot be used"), "{missing}");
    // the certificate is for localhost: by its address the host is another one
    let by_address =
        |mode: &str| server.attempt(&format!("host=127.0.0.1 user=u password=p:w sslmode={mode} {ca}"));
    assert_eq!(by_address("verify-ca"), Ok("tls"));
    assert!(matches!(by_address("verify-full"), Err(ConnectError::Tls { .. })));
}

#[test]
fn a_server_that_insists_on_encryption_gets_it() {
    let server = Server::start("hostssl all all 127.0.0.1/32 scram-sha-256");
    let with = |mode: &str| server.attempt(&format!("host=127.0.0.1 user=u password=p:w sslmode={mode}"));
    assert!(matches!(with("disable"), Err(ConnectError::Rejected { .. })));
    assert_eq!(with("allow"), Ok("tls"));
    assert_eq!(with("prefer"), Ok("tls"));
}

#[test]
fn passwords_come_from_where_libpq_takes_them() {
    let server = Server::start("host all all 127.0.0.1/32 scram-sha-256");
    let base = "host=127.0.0.1 sslmode=disable";
    let wrong = server.attempt(&format!("{base} user=u password=x")).unwrap_err();
    assert!(matches!(wrong, ConnectError::Password { .. }), "{wrong:?}");
    assert!(matches!(server.attempt(&format!("{base} user=u")), Err(ConnectError::NoPassword { .. })));
    assert!(server.attempt(&format!("{base} user=nologin password=p")).is_err());
    let variable = |name: &str| (name == "PGPASSWORD").then(|| "p:w".to_owned());
    assert_eq!(server.attempt_with(&format!("{base} user=u"), &variable), Ok("plain"));
    let file = server.file("pgpass");
    std::fs::write(&file, "127.0.0.1:*:postgres:u:p\\:w\n").unwrap();
    let passfile = |name: &str| (name == "PGPASSFILE").then(|| file.to_string_lossy().into_owned());
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(matches!(
        server.attempt_with(&format!("{base} user=u"), &passfile),
        Err(ConnectError::NoPassword { .. })
    ));
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(server.attempt_with(&format!("{base} user=u"), &passfile), Ok("plain"));
    let missing = server.attempt(&format!("{base} user=u password=p:w dbname=nowhere")).unwrap_err();
    assert!(matches!(missing, ConnectError::NoDatabase { .. }), "{missing:?}");
}

#[test]
fn the_second_host_is_tried_when_the_first_is_not_there() {
    let mut server = Server::start("host all all 127.0.0.1/32 scram-sha-256");
    let dsn = format!("host=127.0.0.1,127.0.0.1 port=1,{} dbname=postgres user=u password=p:w", server.port);
    let params = ConnParams::parse(&dsn, &|_| None).unwrap();
    runtime().block_on(async { drop(connect(&params).await.unwrap()) });
    server._cluster.stop(Stop::Fast).unwrap();
    let error = runtime().block_on(async { connect(&params).await.unwrap_err() });
    assert!(matches!(error, ConnectError::NotThere { .. }), "{error:?}");
    assert!(!error.to_string().contains("p:w"));
}

#[test]
fn a_direct_connection_names_its_own_process() {
    let server = Server::start("host all all 127.0.0.1/32 trust");
    for mode in ["disable", "prefer"] {
        let dsn = format!("host=127.0.0.1 port={} dbname=postgres user=u sslmode={mode}", server.port);
        let params = ConnParams::parse(&dsn, &|_| None).unwrap();
        runtime().block_on(async {
            let connected = connect(&params).await.unwrap();
            let pid: i32 = connected.client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
            let seen = connected.backend_pid_from_handshake;
            assert_eq!(seen, (mode == "disable").then_some(pid), "{mode}");
        });
    }
}
