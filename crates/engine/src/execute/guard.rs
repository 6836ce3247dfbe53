//! A guard: a query that must give the expected result when its step runs.

use cutover_sql::document::Expect;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::error::{StepError, classify};

/// Runs the query in a read-only transaction and compares.
///
/// # Errors
/// [`StepError::Guard`] when the result is another one, or the server's error.
pub async fn check(client: &Client, query: &str, text: &str, expect: &Expect) -> Result<(), StepError> {
    let sql = format!("BEGIN READ ONLY;\n{query}\n;COMMIT");
    let messages = match client.simple_query(&sql).await {
        Ok(messages) => messages,
        Err(error) => {
            let failure = classify(&error);
            let _ = client.batch_execute("ROLLBACK").await;
            return Err(failure);
        }
    };
    let rows: Vec<_> = messages
        .iter()
        .filter_map(|m| if let SimpleQueryMessage::Row(row) = m { Some(row) } else { None })
        .collect();
    // a query may give rows without a column: SELECT FROM t
    let first = rows.first().filter(|row| !row.is_empty()).map(|row| row.get(0).unwrap_or("NULL").to_owned());
    let holds = match expect {
        Expect::NoRows => rows.is_empty(),
        Expect::Rows => !rows.is_empty(),
        Expect::Value(value) => rows.len() == 1 && first.as_ref() == Some(value),
    };
    if holds {
        return Ok(());
    }
    let shown = first.map(|v| format!(", the first {v}")).unwrap_or_default();
    Err(StepError::Guard {
        text: text.to_owned(),
        expected: match expect {
            Expect::NoRows => "no rows".into(),
            Expect::Rows => "rows".into(),
            Expect::Value(value) => value.clone(),
        },
        found: match rows.len() {
            0 => "no rows".into(),
            1 => format!("1 row{shown}"),
            many => format!("{many} rows{shown}"),
        },
    })
}
