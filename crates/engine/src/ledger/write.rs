//! The SQL that records runs, steps and revisions.
//!
//! One text serves the executor and the `--sql` script. The only difference is how a row learns
//! the id of its run: the executor knows it and also checks that the session is still its own,
//! the script takes it from the session's setting.

use cutover_core::plan::{Direction, Step};
use cutover_sql::ident::quote_literal;

/// Writes ledger SQL for one run.
#[derive(Clone, Debug)]
pub struct Writer {
    run: String,
    by: String,
    version: &'static str,
}

/// What the ledger keeps of a revision.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The id.
    pub id: &'a str,
    /// First line of its prose.
    pub message: &'a str,
    /// Checksum of its normal form.
    pub checksum: &'a str,
    /// SHA-256 of its bytes, in hex.
    pub content_hash: &'a str,
}

/// The version of this crate, as the ledger records it.
pub const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");

impl Writer {
    /// For run `id`, started by `by` (a person at a machine).
    ///
    /// Every row takes the run from an expression that is NULL, and so fails the row and its
    /// transaction, when the session is not the one that this run has marked as its own: behind a
    /// pooler in transaction mode statements can land in somebody else's session, where our lock
    /// does not hold.
    pub fn for_run(id: i64, by: &str) -> Self {
        Self {
            run: format!("CASE current_setting('cutover.run', true) WHEN '{id}' THEN {id} END"),
            by: quote_literal(by),
            version: TOOL_VERSION,
        }
    }

    /// The expression for the column `run` of the ledger's tables.
    pub fn run_column(&self) -> &str {
        &self.run
    }

    /// Prepares the statement that records a revision of one transaction in either direction, so
    /// that a thousand of them are not parsed and planned a thousand times. Its last parameter is
    /// the revision that must have been recorded before (empty for none): the transaction may have
    /// been sent when that was not known yet, and its row then fails.
    pub fn prepare_quick(&self, direction: Direction) -> String {
        let expressions = Expressions { id: "$1", message: "$2", checksum: "$3", content_hash: "$4" };
        let not = match direction {
            Direction::Upgrade => "",
            Direction::Downgrade => "NOT ",
        };
        let guarded = Self {
            run: format!(
                "CASE WHEN $6 = '' OR {not}EXISTS (SELECT FROM cutover.revision WHERE id = $6) THEN {} END",
                self.run
            ),
            ..self.clone()
        };
        let step = guarded.step(Row {
            id: "$1",
            direction,
            ordinal: 1,
            of: 1,
            kind: "transaction",
            checksum: "$5",
            state: "'done'",
            open: false,
            started: "now()",
            finished: "clock_timestamp()",
            evidence: "NULL",
        });
        let revision = match direction {
            Direction::Upgrade => self.insert_revision(&expressions, "upgrade", SINCE_START),
            // the parameters that only an upgrade needs are named, so that their types are known
            Direction::Downgrade => {
                "DELETE FROM cutover.revision WHERE id = $1 AND ($2 || $3 || $4) IS NOT NULL".to_owned()
            }
        };
        format!("PREPARE {QUICK} (text, text, text, text, text, text) AS WITH step AS ({step}) {revision}")
    }

    /// Executes what [`Writer::prepare_quick`] prepared.
    pub fn quick(entry: Entry<'_>, step: &Step, previous: Option<&str>) -> String {
        let values = [
            entry.id,
            entry.message,
            entry.checksum,
            entry.content_hash,
            &step.checksum,
            previous.unwrap_or(""),
        ];
        let values: Vec<String> = values.into_iter().map(quote_literal).collect();
        format!("EXECUTE {QUICK} ({})", values.join(", "))
    }

    /// For a script that sets `cutover.run` itself.
    pub fn for_script() -> Self {
        Self {
            run: "current_setting('cutover.run')::bigint".into(),
            by: "session_user".into(),
            version: TOOL_VERSION,
        }
    }

    /// Records the start of a run; gives its id.
    pub fn start_run(command: &str, target: &str, by: &str) -> String {
        format!(
            "INSERT INTO cutover.run (command, target, run_by, tool_version) VALUES ({}, {}, {}, '{TOOL_VERSION}') RETURNING id",
            quote_literal(command),
            quote_literal(target),
            quote_literal(by),
        )
    }

    /// Records the end of the run.
    pub fn finish_run(&self, done: bool) -> String {
        let outcome = if done { "done" } else { "failed" };
        format!(
            "UPDATE cutover.run SET finished_at = clock_timestamp(), outcome = '{outcome}' WHERE id = {}",
            self.run
        )
    }

    /// Records a step that is done by the time its transaction commits.
    pub fn whole_step(&self, id: &str, direction: Direction, step: &Step, of: usize) -> String {
        self.step(Row {
            id: &quote_literal(id),
            direction,
            ordinal: step.ordinal,
            of,
            kind: step.kind.as_str(),
            checksum: &quote_literal(&step.checksum),
            state: "'done'",
            open: of > 1,
            started: "now()",
            finished: "clock_timestamp()",
            evidence: "NULL",
        })
    }

    /// Records that a step is about to run outside a transaction, with what is known of the
    /// database before it. A row of an earlier try is kept, with its first evidence.
    pub fn begin_step(
        &self,
        id: &str,
        direction: Direction,
        step: &Step,
        of: usize,
        evidence: &str,
    ) -> String {
        let insert = self.step(Row {
            id: &quote_literal(id),
            direction,
            ordinal: step.ordinal,
            of,
            kind: step.kind.as_str(),
            checksum: &quote_literal(&step.checksum),
            state: "'running'",
            open: true,
            started: "clock_timestamp()",
            finished: "NULL",
            evidence: &quote_literal(evidence),
        });
        format!(
            "{insert} ON CONFLICT (revision, ordinal) WHERE open DO UPDATE SET run = excluded.run, \
             kind = excluded.kind, checksum = excluded.checksum, steps = excluded.steps, \
             started_at = excluded.started_at, \
             evidence = CASE WHEN step.checksum = excluded.checksum THEN step.evidence ELSE excluded.evidence END"
        )
    }

    /// Records that a step begun with [`Writer::begin_step`] is done.
    pub fn end_step(&self, id: &str, step: &Step) -> String {
        format!(
            "UPDATE cutover.step SET state = 'done', run = {}, finished_at = clock_timestamp() WHERE revision = {} AND ordinal = {} AND open",
            self.run,
            quote_literal(id),
            step.ordinal,
        )
    }

    /// Records that the last step of a revision is done, and with it the revision.
    pub fn close(&self, entry: Entry<'_>, direction: Direction, steps: usize) -> String {
        let duration = if steps > 1 { self.sum_of_open(entry.id) } else { SINCE_START.to_owned() };
        let revision = match direction {
            Direction::Upgrade => {
                self.insert_revision(&entry.quoted().as_expressions(), "upgrade", &duration)
            }
            Direction::Downgrade => Self::delete_revision(entry.id),
        };
        if steps > 1 { format!("{revision};\n{}", Self::close_steps(entry.id)) } else { revision }
    }

    /// Records a revision as applied without running it.
    pub fn stamp(&self, entry: Entry<'_>) -> String {
        self.insert_revision(&entry.quoted().as_expressions(), "stamp", "0")
    }

    /// Records a revision in place of those that it replaces, as applied when the last of them was, where a condition
    /// holds. Those of them that are left go wherever it is recorded.
    pub fn adopt(&self, entry: Entry<'_>, old: &[String], condition: &str) -> Vec<String> {
        let Quoted([id, message, checksum, content_hash]) = entry.quoted();
        let old: Vec<String> = old.iter().map(|id| quote_literal(id)).collect();
        let old = old.join(", ");
        let insert = format!(
            "INSERT INTO cutover.revision (id, message, checksum, content_hash, how, applied_at, duration_ms, run, applied_by, tool_version) \
             SELECT {id}, {message}, {checksum}, {content_hash}, 'stamp', max(applied_at), coalesce(sum(duration_ms), 0)::bigint, {}, {}, '{}' \
             FROM cutover.revision WHERE id IN ({old}) AND ({condition}) HAVING count(*) > 0 ON CONFLICT (id) DO NOTHING",
            self.run, self.by, self.version,
        );
        let delete = format!(
            "DELETE FROM cutover.revision WHERE id IN ({old}) AND EXISTS (SELECT FROM cutover.revision WHERE id = {id})"
        );
        vec![insert, delete]
    }

    /// Records a new checksum for an applied revision whose file was edited on purpose.
    pub fn restamp(entry: Entry<'_>) -> String {
        format!(
            "UPDATE cutover.revision SET checksum = {}, content_hash = {}, message = {} WHERE id = {}",
            quote_literal(entry.checksum),
            quote_literal(entry.content_hash),
            quote_literal(entry.message),
            quote_literal(entry.id),
        )
    }

    /// Forgets a revision.
    pub fn delete_revision(id: &str) -> String {
        format!("DELETE FROM cutover.revision WHERE id = {}", quote_literal(id))
    }

    /// Ends the half-done state of a revision.
    pub fn close_steps(id: &str) -> String {
        format!("UPDATE cutover.step SET open = false WHERE revision = {} AND open", quote_literal(id))
    }

    /// Ends the half-done state of a revision in one direction.
    pub fn close_steps_of(id: &str, direction: Direction) -> String {
        format!("{} AND direction = '{}'", Self::close_steps(id), direction.as_str())
    }

    /// Forgets where the backfills of a revision are, when what it did so far is settled.
    pub fn forget_backfills(id: &str) -> String {
        format!("DELETE FROM cutover.backfill WHERE revision = {}", quote_literal(id))
    }

    /// The same of one direction, when what that did so far is undone by the other.
    pub fn forget_backfills_of(id: &str, direction: Direction) -> String {
        format!("{} AND direction = '{}'", Self::forget_backfills(id), direction.as_str())
    }

    fn insert_revision(&self, of: &Expressions<'_>, how: &str, duration_ms: &str) -> String {
        format!(
            "INSERT INTO cutover.revision (id, message, checksum, content_hash, how, duration_ms, run, applied_by, tool_version) VALUES ({}, {}, {}, {}, '{how}', {duration_ms}, {}, {}, '{}')",
            of.id, of.message, of.checksum, of.content_hash, self.run, self.by, self.version,
        )
    }

    /// Time spent in the steps of a revision, without the pauses between them.
    fn sum_of_open(&self, id: &str) -> String {
        format!(
            "(SELECT (extract(epoch FROM sum(finished_at - started_at)) * 1000)::bigint FROM cutover.step WHERE revision = {} AND open)",
            quote_literal(id)
        )
    }

    fn step(&self, row: Row<'_>) -> String {
        format!(
            "INSERT INTO cutover.step AS step (run, revision, direction, ordinal, steps, kind, checksum, state, open, started_at, finished_at, evidence) VALUES ({}, {}, '{}', {}, {}, '{}', {}, {}, {}, {}, {}, {})",
            self.run,
            row.id,
            row.direction.as_str(),
            row.ordinal,
            row.of,
            row.kind,
            row.checksum,
            row.state,
            row.open,
            row.started,
            row.finished,
            row.evidence,
        )
    }
}

/// A row of the journal; the texts are SQL expressions, but for `kind`.
#[derive(Clone, Copy)]
struct Row<'a> {
    id: &'a str,
    direction: Direction,
    ordinal: u32,
    of: usize,
    kind: &'a str,
    checksum: &'a str,
    state: &'a str,
    open: bool,
    started: &'a str,
    finished: &'a str,
    evidence: &'a str,
}

/// The values of an [`Entry`] as SQL expressions.
struct Expressions<'a> {
    id: &'a str,
    message: &'a str,
    checksum: &'a str,
    content_hash: &'a str,
}

/// The values of an [`Entry`] as SQL literals.
struct Quoted([String; 4]);

impl Entry<'_> {
    fn quoted(&self) -> Quoted {
        Quoted([self.id, self.message, self.checksum, self.content_hash].map(quote_literal))
    }
}

impl Quoted {
    fn as_expressions(&self) -> Expressions<'_> {
        let [id, message, checksum, content_hash] = &self.0;
        Expressions { id, message, checksum, content_hash }
    }
}

/// Name of the prepared statement.
pub const QUICK: &str = "cutover_quick";

/// Milliseconds since the transaction began.
const SINCE_START: &str = "(extract(epoch FROM clock_timestamp() - now()) * 1000)::bigint";
