//! PgBouncer in transaction mode in front of a scratch server.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cutover_engine::server::{Owner, Scratch};
use tempfile::TempDir;

/// A running pooler; it ends with the value.
#[derive(Debug)]
pub struct Pooler {
    process: Child,
    folder: TempDir,
}

/// Starts it; `None` when pgbouncer is not installed.
pub fn start(server: &Scratch) -> Option<Pooler> {
    let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]
        .into_iter()
        .map(PathBuf::from)
        .find(|p| p.exists())?;
    let folder = TempDir::with_prefix("cutover-pooler-").unwrap();
    let options = server.cluster().options();
    let config = format!(
        "[databases]\n* = host={} port={} user=postgres\n[pgbouncer]\npool_mode = transaction\nlisten_port = 6543\nlisten_addr =\n\
         unix_socket_dir = {dir}\nlogfile = {dir}/log\npidfile = {dir}/pid\nauth_type = any\n\
         ignore_startup_parameters = extra_float_digits\n",
        options.socket_dir.display(),
        options.port(),
        dir = folder.path().display(),
    );
    std::fs::write(folder.path().join("pgbouncer.ini"), config).unwrap();
    open_to_all(folder.path());
    let mut command = Command::new(program);
    command.arg(folder.path().join("pgbouncer.ini")).stdout(Stdio::null()).stderr(Stdio::null());
    // PgBouncer refuses to run as root, as PostgreSQL does
    Owner::for_new().unwrap().apply(&mut command);
    let process = command.spawn().unwrap();
    let pooler = Pooler { process, folder };
    let socket = pooler.folder.path().join(".s.PGSQL.6543");
    for _ in 0..500 {
        if socket.exists() {
            return Some(pooler);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("pgbouncer does not start: {:?}", std::fs::read_to_string(pooler.folder.path().join("log")));
}

impl Pooler {
    /// URL of a database through the pooler.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql:///{database}?host={}&port=6543&user=postgres", self.folder.path().display())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn open_to_all(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).unwrap();
}
