//! One statement on the scratch database: in the transaction of its file, or alone between two of them.

use bytes::Bytes;
use cutover_sql::tree::{self, AlterTableType, NodeEnum};
use futures_util::SinkExt as _;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::Then;

/// A form that can be taken back of a statement that runs alone; nothing where there is none.
pub(super) fn inside(node: &NodeEnum) -> Option<String> {
    let mut node = node.clone();
    match &mut node {
        NodeEnum::IndexStmt(it) => it.concurrent = false,
        NodeEnum::DropStmt(it) => it.concurrent = false,
        NodeEnum::AlterTableStmt(it) => {
            for command in &mut it.cmds {
                if let Some(NodeEnum::AlterTableCmd(command)) = &mut command.node
                    && command.subtype() == AlterTableType::AtDetachPartition
                    && let Some(NodeEnum::PartitionCmd(part)) =
                        command.def.as_mut().and_then(|def| def.node.as_mut())
                {
                    part.concurrent = false;
                }
            }
        }
        _ => return None,
    }
    tree::to_sql(&node)
}

/// Runs a statement in the transaction; when it fails, it alone is taken back.
pub(super) async fn within(
    client: &Client,
    sql: &str,
    data: Option<&str>,
    then: Then<'_>,
) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("SAVEPOINT cutover_adopt").await?;
    let Err(error) = statement(client, sql, data).await else {
        return client.batch_execute("RELEASE SAVEPOINT cutover_adopt").await;
    };
    client.batch_execute("ROLLBACK TO SAVEPOINT cutover_adopt").await?;
    // PostgreSQL lets a new value of an enum be used after a COMMIT, and a run makes one there
    match (error.code() == Some(&SqlState::UNSAFE_NEW_ENUM_VALUE_USAGE), then) {
        (false, _) => Err(error),
        (true, Then::TakeBack) => Ok(()),
        (true, Then::Keep(_)) => {
            client.batch_execute("COMMIT; BEGIN").await?;
            client.batch_execute("SAVEPOINT cutover_adopt").await?;
            let again = statement(client, sql, data).await;
            let end = if again.is_ok() { "RELEASE" } else { "ROLLBACK TO" };
            client.batch_execute(&format!("{end} SAVEPOINT cutover_adopt")).await?;
            again
        }
    }
}

/// An index that could not be built concurrently stays behind as an invalid one; a run of ours drops it, too. The lock is
/// taken on a scratch database, where nobody waits for it.
const DROP_INVALID: &str = "DO $$ DECLARE one regclass; BEGIN FOR one IN SELECT i.indexrelid::regclass FROM pg_index i \
    JOIN pg_class c ON c.oid = i.indrelid WHERE NOT i.indisvalid AND c.relkind IN ('r', 'm') \
    LOOP EXECUTE 'DROP INDEX ' || one; END LOOP; END $$";

/// Runs a statement between two transactions.
pub(super) async fn alone(client: &Client, sql: &str) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("COMMIT").await?;
    let done = client.batch_execute(sql).await;
    if done.is_err() {
        client.batch_execute(DROP_INVALID).await?;
    }
    client.batch_execute("BEGIN").await?;
    done
}

async fn statement(client: &Client, sql: &str, data: Option<&str>) -> Result<(), tokio_postgres::Error> {
    let Some(data) = data else { return client.batch_execute(sql).await };
    let sink = client.copy_in::<_, Bytes>(sql).await?;
    futures_util::pin_mut!(sink);
    sink.send(Bytes::copy_from_slice(data.as_bytes())).await?;
    sink.close().await
}
