//! Statements that are not given to the server, and what it says of those that it refuses.

use cutover_core::adopt::script::{Item, What};
use cutover_sql::statement::{Outside, Transaction};
use cutover_sql::tree::NodeEnum;
use tokio_postgres::error::SqlState;

use super::{Failed, Why};
use crate::schema::SchemaError;
use crate::session::{SessionError, is_absent};

/// Why an item is not given to the server, where it is not.
pub(super) fn not_run(item: &Item) -> Option<String> {
    match &item.what {
        What::Broken(message) => Some(message.clone()),
        What::Meta(command) => Some(format!("{command} is a command of psql, not SQL")),
        What::TakenBack(_) => Some("the file takes it back with a ROLLBACK".to_owned()),
        What::Control(_) => None,
        What::Statement(it) => match &it.0.traits.transaction {
            Transaction::Outside(outside) => of_server(outside),
            Transaction::Inside | Transaction::Control(_) => None,
        },
    }
}

fn of_server(outside: &Outside) -> Option<String> {
    if matches!(outside, Outside::Discard) {
        return Some("it would undo the settings that a run is under".to_owned());
    }
    let is_of_server = matches!(
        outside,
        Outside::CreateDatabase { .. }
            | Outside::DropDatabase { .. }
            | Outside::AlterDatabaseTablespace
            | Outside::CreateTablespace { .. }
            | Outside::DropTablespace { .. }
            | Outside::AlterSystem
            | Outside::Subscription { .. }
    );
    is_of_server.then(|| "it is of the whole server, or of another one, and not of this database".to_owned())
}

/// What the server says of a statement that it did not run. A lost connection is none of the file's business.
pub(super) fn failed(
    item: usize,
    node: &NodeEnum,
    source: tokio_postgres::Error,
) -> Result<Failed, SchemaError> {
    let Some(db) = source.as_db_error() else {
        return Err(SessionError::Query { what: "a statement of the folder", source }.into());
    };
    let mut message = db.message().to_owned();
    let why = match node {
        NodeEnum::CreateExtensionStmt(it) if is_lacking(db.code()) => Why::Extension(it.extname.clone()),
        _ if is_missing(db.code()) => Why::Missing,
        _ => Why::Refused,
    };
    // what it says of an extension is where the server's files are
    if let (Some(detail), Why::Missing | Why::Refused | Why::NotRun) = (db.detail(), &why) {
        message += &format!(" ({detail})");
    }
    Ok(Failed { item, message, why })
}

fn is_lacking(code: &SqlState) -> bool {
    [SqlState::UNDEFINED_FILE, SqlState::FEATURE_NOT_SUPPORTED].contains(code)
}

/// Whether something is not there, or not yet. A unique index that is missing is what
/// `REFRESH ... CONCURRENTLY` and `ON CONFLICT` fail with.
fn is_missing(code: &SqlState) -> bool {
    let others = [
        SqlState::INVALID_COLUMN_REFERENCE,
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        SqlState::FOREIGN_KEY_VIOLATION,
        SqlState::INVALID_CATALOG_NAME,
    ];
    is_absent(code) || others.contains(code)
}
