//! Sequences, set back to where they stood before a file was tried out.

use tokio_postgres::Client;

use super::{Then, own};
use crate::schema::SchemaError;
use crate::session::rows;

/// Where sequences stand: no ROLLBACK takes a value back that was given, and a file may name the next one.
/// Source: <https://www.postgresql.org/docs/current/functions-sequence.html>.
pub(super) struct Sequences(Option<Vec<String>>);

const SEQUENCES: &str = "SELECT format('SELECT setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename), \
    coalesce(last_value, start_value), last_value IS NOT NULL) FROM pg_catalog.pg_sequences";

impl Sequences {
    /// Takes down where they stand, when they are to be set back.
    pub(super) async fn read(client: &Client, then: Then<'_>) -> Result<Self, SchemaError> {
        if matches!(then, Then::Keep(_)) {
            return Ok(Self(None));
        }
        let found = rows(client, SEQUENCES, "reading the sequences").await?;
        Ok(Self(Some(found.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())))
    }

    pub(super) async fn set_back(self, client: &Client) -> Result<(), SchemaError> {
        let Some(all) = self.0.filter(|all| !all.is_empty()) else { return Ok(()) };
        own(client, &all.join(";")).await
    }
}
