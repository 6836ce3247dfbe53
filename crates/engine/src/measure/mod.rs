//! How big and how busy a database is: what `explain --against` needs, read only and without waiting for anybody.

mod speed;

use std::path::Path;

use cutover_core::effect::Rel;
use cutover_core::report::{Sizes, TableSize};
use serde::Serialize;

use crate::session::{Session, SessionError};

pub use speed::{Questions, speeds};

/// What a live database says of itself.
#[derive(Debug, Default)]
pub struct Measured {
    /// Its tables.
    pub sizes: Sizes,
    /// The server.
    pub server: ServerFacts,
    /// Transactions that have been open for more than a second.
    pub long: Vec<LongTransaction>,
}

/// What is told of the server.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ServerFacts {
    /// Major version.
    pub major: u32,
    /// Time zone of a new session.
    pub time_zone: String,
    /// Whether it is a replica itself.
    pub in_recovery: bool,
    /// Replicas that are connected.
    pub replicas: i64,
    /// How far the last of them is behind, in milliseconds.
    pub replay_lag_ms: Option<f64>,
    /// Free bytes where the data is; only where the server is on this machine and says where that is.
    pub free_bytes: Option<u64>,
}

/// A transaction that has been open for a while.
#[derive(Clone, Debug, Serialize)]
pub struct LongTransaction {
    /// Server process.
    pub pid: i32,
    /// User.
    pub user: String,
    /// Name of the program.
    pub application: String,
    /// `active`, `idle in transaction`, ...
    pub state: String,
    /// How long it has been open, in milliseconds.
    pub open_ms: f64,
    /// Its last statement, shortened.
    pub query: String,
}

/// Reads it in one read-only transaction.
///
/// # Errors
/// When a query fails.
pub async fn read(session: &Session) -> Result<Measured, SessionError> {
    let client = session.client();
    let failed = |source| SessionError::Query { what: "measuring the database", source };
    client.batch_execute("BEGIN READ ONLY").await.map_err(failed)?;
    // unnamed statements, as a pooler may be in between
    let tables = client.query_typed(include_str!("tables.sql"), &[]).await.map_err(failed)?;
    let sessions = client.query_typed(include_str!("sessions.sql"), &[]).await.map_err(failed)?;
    let server = client.query_typed(include_str!("server.sql"), &[]).await.map_err(failed)?;
    client.batch_execute("COMMIT").await.map_err(failed)?;
    let Some(server) = server.first() else { return Ok(Measured::default()) };
    let sizes = tables.iter().map(|row| {
        let name = Rel::new(row.get::<_, String>(0), row.get::<_, String>(1));
        let size = TableSize {
            rows: row.get(2),
            bytes: u64::try_from(row.get::<_, i64>(3)).unwrap_or(0),
            index_bytes: u64::try_from(row.get::<_, i64>(4)).unwrap_or(0),
            reads: row.get(5),
            writes: row.get(6),
        };
        (name, size)
    });
    let long = sessions.iter().map(|row| LongTransaction {
        pid: row.get(0),
        user: row.get(1),
        application: row.get(2),
        state: row.get(3),
        open_ms: row.get(4),
        query: row.get(5),
    });
    Ok(Measured {
        sizes: Sizes::new(sizes),
        server: ServerFacts {
            major: u32::try_from(server.get::<_, i32>(0)).unwrap_or(0),
            time_zone: server.get(1),
            in_recovery: server.get(2),
            replicas: server.get(3),
            replay_lag_ms: server.get(4),
            free_bytes: server.get::<_, Option<String>>(5).and_then(|folder| free(Path::new(&folder))),
        },
        long: long.collect(),
    })
}

/// A folder of that name may be on this machine and not the server's; only the server's has this file.
fn free(folder: &Path) -> Option<u64> {
    folder.join("PG_VERSION").exists().then_some(())?;
    let stat = nix::sys::statvfs::statvfs(folder).ok()?;
    Some(stat.blocks_available().saturating_mul(stat.fragment_size()))
}
