//! Runs the steps of a revision on a database of our own and tells what each statement did.

use cutover_core::plan::{Step, StepKind};

use super::{Name, Observed, TraceError, alone, within};
use crate::connect::ConnParams;
use crate::session::{Session, SessionError, Settings};

/// Runs them in their order: a transaction as one, what cannot be in one by itself. Guards,
/// deploys and commands are left out.
/// `tables` tells which relations the statement that begins at a byte names.
/// `see` gets the byte that the statement begins at, whether it is the first of its transaction, and what it did.
///
/// # Errors
/// The first statement that fails.
pub async fn rehearse(
    session: &Session,
    params: &ConnParams,
    text: &str,
    steps: &[Step],
    tables: impl Fn(usize) -> Vec<Name>,
    mut see: impl FnMut(usize, bool, Observed),
) -> Result<(), TraceError> {
    let client = session.client();
    let failed = |source| SessionError::Query { what: "a transaction of the rehearsal", source };
    for step in steps {
        match step.kind {
            StepKind::Transaction | StepKind::Backfill { .. } => {
                client.batch_execute("BEGIN").await.map_err(failed)?;
                for (at, statement) in step.statements.iter().enumerate() {
                    // rows that a file brings along are not needed here
                    if statement.copy_data.is_some() {
                        continue;
                    }
                    let observed = within(client, statement.span.text(text)).await?;
                    see(statement.span.start, at == 0, observed);
                }
                // what a step sets ends with it, as when it runs
                let end = format!("{}; RESET ALL; COMMIT", Settings::own_role());
                client.batch_execute(&end).await.map_err(failed)?;
            }
            StepKind::Alone(_) => {
                for statement in &step.statements {
                    let named = tables(statement.span.start);
                    let observed = alone(params, statement.span.text(text), &named).await?;
                    see(statement.span.start, true, observed);
                }
            }
            StepKind::Guard { .. } | StepKind::Run { .. } | StepKind::Deploy { .. } => {}
        }
    }
    Ok(())
}
