//! A primary that keeps statistics of statements, and a streaming replica of a server.

use std::process::Command;

use cutover_engine::server::owner::Owner;
use cutover_engine::server::place::Room;
use cutover_engine::server::{Binaries, Cluster, ClusterOptions, Place, Scratch};

/// A streaming replica; it ends with the value.
#[derive(Debug)]
pub struct Replica {
    /// The server.
    pub cluster: Cluster,
    _room: Room,
}

/// Starts a server that can have replicas, with more settings.
pub fn primary(binaries: &Binaries, settings: &[(&str, &str)]) -> Scratch {
    let base = [("wal_level", "replica"), ("max_wal_senders", "4"), ("hot_standby", "on")];
    Scratch::start_with(binaries, &crate::cache(), &Place::from_env(), |options| {
        let all = base.iter().chain(settings);
        options.settings.extend(all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    })
    .unwrap()
}

/// A copy of a primary that follows it under a name.
pub fn start(primary: &Scratch, name: &str) -> Replica {
    let owner = Owner::for_new().unwrap();
    let room = Place::from_env().room(&owner).unwrap();
    let mut options = ClusterOptions::in_dir(room.path());
    let cluster = primary.cluster();
    let source = format!(
        "host={} port={} user=postgres application_name={name}",
        cluster.options().socket_dir.display(),
        cluster.options().port()
    );
    let mut command = Command::new(cluster.binaries().tool("pg_basebackup"));
    command.args(["--checkpoint=fast", "--no-sync", "-X", "stream", "-R", "-D"]).arg(&options.data_dir);
    command.args(["-d", &source]);
    owner.apply(&mut command);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // as the primary's, which a replica's may not be below
    options.settings.clone_from(&cluster.options().settings);
    let cluster = Cluster::start(cluster.binaries(), options).unwrap();
    follows(primary, name);
    Replica { cluster, _room: room }
}

/// Waits until it has told the primary how far it is: it answers questions before that.
fn follows(primary: &Scratch, name: &str) {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_replication WHERE application_name = '{name}' AND state = 'streaming' \
         AND replay_lsn IS NOT NULL"
    );
    let is_there = || crate::psql(primary, &primary.url("postgres"), &sql).trim() == "1";
    for _ in 0..200 {
        if is_there() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the replica {name} does not follow its primary");
}

impl Replica {
    /// URL of a database on it.
    pub fn url(&self, database: &str) -> String {
        self.cluster.url(database)
    }
}

/// A server of its own that may be stopped and started again; its statistics are kept as a user's would be.
pub fn restartable(binaries: &Binaries, settings: &[(&str, &str)]) -> Replica {
    let owner = Owner::for_new().unwrap();
    let room = Place::from_env().room(&owner).unwrap();
    let mut options = ClusterOptions::in_dir(room.path());
    options.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Cluster::init(binaries, &options).unwrap();
    Replica { cluster: Cluster::start(binaries, options).unwrap(), _room: room }
}
