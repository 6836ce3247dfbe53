//! Every error of the engine and the core, as a failure with a next step.

use std::path::Path;

use cutover_core::diff::RenameError;
use cutover_core::revision::graph::GraphError;
use cutover_core::revision::target::TargetError;
use cutover_engine::config::ConfigError;
use cutover_engine::connect::ParamsError;
use cutover_engine::doctor::DoctorError;
use cutover_engine::doctor::alembic::AlembicError;
use cutover_engine::execute::{ExecuteError, PrepareError, ScriptError, ServerError, StepError, StepFailure};
use cutover_engine::history::HistoryError;
use cutover_engine::introspect::IntrospectError;
use cutover_engine::schema::models::ModelsError;
use cutover_engine::schema::{SchemaError, SqlError};
use cutover_engine::seed::SeedError;
use cutover_engine::server::{Binaries, Lookup};
use cutover_engine::session::SessionError;
use cutover_engine::since::SinceError;
use cutover_sql::span::Span;

use super::{Failure, Place};
use crate::output::{count, millis};
use crate::ui::blocker;

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let base = Self::usage("configuration", error.to_string());
        match error {
            ConfigError::Missing { .. } => {
                Self { code: "no-project", ..base }.help("run \"cutover init\" in your project's folder")
            }
            ConfigError::UnknownKey { nearest: Some(near), .. } => {
                base.help(format!("did you mean \"{near}\"?"))
            }
            ConfigError::UnknownKey { nearest: None, known, .. } => {
                base.help(format!("the keys that can stand there: {}", known.join(", ")))
            }
            ConfigError::NoEnvironment { known, name, .. } => base.help(if known.is_empty() {
                format!("add a table [env.{name}] with a url")
            } else {
                format!("the environments are: {}", known.join(", "))
            }),
            ConfigError::Variable { variable, .. } => base.help(format!("set {variable}, or use --url")),
            ConfigError::NoUrl { name } => {
                base.help(format!("add url = \"postgresql://...\" to [env.{name}]"))
            }
            ConfigError::Replica { .. } => {
                base.help("write it as a URL: replicas = [\"postgresql://host/database\"]")
            }
            ConfigError::Unreadable { .. } | ConfigError::Toml { .. } | ConfigError::Value { .. } => base,
        }
    }
}

impl From<ParamsError> for Failure {
    fn from(error: ParamsError) -> Self {
        Self::usage("bad-url", cutover_engine::connect::redact(&error.to_string()))
            .help("write postgresql://USER@HOST:PORT/DATABASE or host=HOST dbname=DATABASE user=USER")
    }
}

impl From<HistoryError> for Failure {
    fn from(error: HistoryError) -> Self {
        let message = error.to_string();
        match error {
            HistoryError::Folder { .. } => Self::usage("no-migrations-folder", message)
                .help("create the folder, or correct \"migrations\" in cutover.toml"),
            HistoryError::File { .. } => Self::new("unreadable-file", message),
            HistoryError::NotUtf8 { path, error } => Self::not_utf8(&path, &error),
            HistoryError::Revisions { problems } => {
                let mut failure = Self::usage("bad-revision-file", message);
                if let [only] = &problems[..] {
                    failure.message = only.error.to_string();
                }
                let mut help: Vec<String> = Vec::new();
                for problem in problems {
                    let span = problem.error.span().unwrap_or(Span::new(0, 0));
                    let place = Place::new(&problem.path, &problem.text, span);
                    failure = failure.at(place.label(problem.error.to_string()));
                    let next = problem.error.help();
                    if !help.contains(&next) {
                        help.push(next);
                    }
                }
                failure.help = help;
                failure
            }
            HistoryError::Graph { errors } => graph(errors),
        }
    }
}

fn graph(errors: Vec<GraphError>) -> Failure {
    let code = match errors.first() {
        Some(GraphError::Duplicate { .. }) => "duplicate-id",
        Some(GraphError::Missing { .. }) => "missing-parent",
        Some(GraphError::Cycle { .. }) => "cycle",
        Some(GraphError::StillThere { .. }) => "still-there",
        Some(GraphError::ReplacedTwice { .. }) => "replaced-twice",
        Some(GraphError::Label { .. }) | None => "label-taken",
    };
    let mut failure = Failure::usage(code, "the revisions do not fit together");
    if let [only] = &errors[..] {
        failure.message = only.to_string();
    }
    for error in errors {
        let label = error.to_string();
        failure = match error {
            GraphError::Duplicate { first, second, .. } => failure
                .at(Place::file(&first))
                .at(Place::file(&second).label(label))
                .help("give one of the two another id, in its file name and its \"--@ revision\" line"),
            GraphError::Missing { file, span, nearest, .. } => {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                let help = match nearest {
                    Some(near) => format!("did you mean {near}?"),
                    None => "write the id of a revision that exists, or \"base\"".into(),
                };
                failure.at(Place::new(&file, &text, span).label(label)).help(help)
            }
            GraphError::Cycle { file, .. } => failure.at(Place::file(&file).label(label)).help(
                "correct one of the \"--@ revises\" or \"--@ depends\" lines, so that the circle opens",
            ),
            GraphError::StillThere { file, span, there, .. } => {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                failure.at(Place::new(&file, &text, span).label(label)).help(format!(
                    "move {} to a folder _squashed beside it, or delete it",
                    crate::failure::shown(&there)
                ))
            }
            GraphError::ReplacedTwice { file, span, .. } => {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                failure
                    .at(Place::new(&file, &text, span).label(label))
                    .help("take it out of one of the two \"--@ replaces\" lines")
            }
            GraphError::Label { file, .. } => failure
                .at(Place::file(&file).label(label))
                .help("choose another label: each belongs to one revision"),
        };
    }
    failure
}

impl From<TargetError> for Failure {
    fn from(error: TargetError) -> Self {
        let message = error.to_string();
        let failure = |code| Self::usage(code, message.clone());
        match error {
            TargetError::Syntax { .. } => failure("bad-target")
                .help("targets are an id or its beginning, head, heads, base, LABEL@head, +2, -1, ID+2"),
            TargetError::Unknown { nearest: Some(near), .. } => {
                failure("unknown-revision").help(format!("did you mean {near}?"))
            }
            TargetError::Unknown { nearest: None, .. } => {
                failure("unknown-revision").help("\"cutover history\" lists what there is")
            }
            TargetError::Ambiguous { .. } => failure("ambiguous-revision").help("write more of the id"),
            TargetError::ManyHeads { heads, .. } => failure("several-heads")
                .help("name one, or use \"heads\" for all of them")
                .help(format!("to join them: cutover merge {}", heads.join(" "))),
            TargetError::Fork { .. } => failure("fork").help("name the revision, or use LABEL@+1"),
            TargetError::TooFar { .. } => failure("too-far").help("\"cutover history\" shows what there is"),
            TargetError::NotApplied { .. } => {
                failure("not-applied").help("\"cutover current\" shows what is applied")
            }
            TargetError::NotHere { .. } => failure("bad-target").help("name a revision, or \"base\""),
            TargetError::NotARange { .. } => {
                failure("not-a-range").help("write the older end first: OLD:NEW")
            }
        }
    }
}

impl From<DoctorError> for Failure {
    fn from(error: DoctorError) -> Self {
        match error {
            DoctorError::History(error) => error.into(),
            DoctorError::Schema(error) => error.into(),
        }
    }
}

impl From<AlembicError> for Failure {
    fn from(error: AlembicError) -> Self {
        let base = Self::new("alembic-project", error.to_string());
        match error {
            AlembicError::Start { .. } => {
                base.help("install Python 3, or activate the project's environment")
            }
            AlembicError::Failed { said, .. } => said.lines().fold(base, |failure, line| failure.note(line)),
            AlembicError::Output { .. } => base,
        }
    }
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Self {
        let message = error.to_string();
        match error {
            SchemaError::Binaries(_) => Self::new("no-server-programs", message).help(
                "install PostgreSQL's server (Debian: apt-get install postgresql), or set CUTOVER_PG_BIN to its bin folder",
            ),
            SchemaError::Scratch(_) => Self::new("scratch", message),
            SchemaError::Connect(connect) => Self::new("no-connection", message).help(connect.help()),
            SchemaError::Params(error) => error.into(),
            SchemaError::Session(error) => error.into(),
            SchemaError::Introspect(IntrospectError::TooOld { .. }) => {
                Self::new("server-too-old", message).help("upgrade the server to PostgreSQL 12 or later")
            }
            SchemaError::Introspect(_) => Self::new("unreadable-schema", message),
            SchemaError::Execute(error) => of_scratch_server(error.into()),
            SchemaError::Models(ModelsError::None) => Self::usage("no-models", message)
                .help("add models = { sqlalchemy = \"app.models:Base.metadata\" }, or sql, command or drizzle"),
            SchemaError::Models(ModelsError::Start { .. }) => Self::new("models", message),
            SchemaError::Models(ModelsError::Failed { said, .. }) => {
                said.lines().fold(Self::new("models", message), |failure, line| failure.note(line))
            }
            SchemaError::Rename(error) => error.into(),
            SchemaError::Sql(SqlError::Unreadable { .. }) => Self::new("unreadable-file", message),
            SchemaError::Sql(SqlError::Syntax { path, text, span, .. }) => {
                Self::new("bad-sql", message).at(Place::new(&path, &text, span))
            }
            SchemaError::Sql(SqlError::Refused { path, text, span, hint, .. }) => {
                let failure = Self::new("bad-sql", message).at(Place::new(&path, &text, span));
                let failure =
                    hint.into_iter().fold(failure, |failure, hint| failure.note(format!("hint: {hint}")));
                of_scratch_server(failure)
            }
        }
    }
}

impl From<SeedError> for Failure {
    fn from(error: SeedError) -> Self {
        let message = error.to_string();
        match error {
            SeedError::Session(error) => error.into(),
            SeedError::TooMany { .. } => Self::usage("too-many-rows", message)
                .help("rows that a program needs to start are few: leave this table out, and load its rows by other means"),
        }
    }
}

/// An extension that is missing is missing on the scratch server: that is another one than the database's.
fn of_scratch_server(failure: Failure) -> Failure {
    let texts = || std::iter::once(&failure.message).chain(&failure.notes);
    let missing = ["is not available", "extension control file"];
    if !texts().any(|text| text.contains("extension") && missing.iter().any(|words| text.contains(words))) {
        return failure;
    }
    let server = Binaries::find(&Lookup::from_env());
    let failure = match server {
        Ok(server) => {
            failure.note(format!("the scratch server's programs are in {}", server.dir().display()))
        }
        Err(_) => failure,
    };
    failure
        .help("install the extension there, or set CUTOVER_PG_BIN to the bin folder of a server that has it")
}

impl From<SinceError> for Failure {
    fn from(error: SinceError) -> Self {
        let failure = Self::usage("since", error.to_string());
        match error {
            SinceError::Form(_) => failure.help("write --since git:main"),
            SinceError::NoGit(_) | SinceError::Git { .. } => failure,
        }
    }
}

impl From<RenameError> for Failure {
    fn from(error: RenameError) -> Self {
        let failure = Self::usage("no-such-rename", error.to_string());
        match error {
            RenameError::Form(_) => {
                failure.help("write the names as in --rename users.name=full_name or --rename users=accounts")
            }
            RenameError::Several { .. } => failure.help("write the table's name, or the schema's, in front"),
            RenameError::NoOld(_) | RenameError::NoNew { .. } | RenameError::Taken { .. } => {
                failure.help("\"cutover diff\" shows what goes and what comes")
            }
        }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        let message = error.to_string();
        let failure = |code| Self::new(code, message.clone());
        match error {
            SessionError::Connect(connect) => failure("no-connection").help(connect.help()),
            SessionError::Query { source, .. } => match ServerError::from_driver(&source) {
                Some(server) => details(failure("query-failed"), &server),
                None => failure("query-failed"),
            },
            SessionError::Gate { .. } => failure("gate-failed").help("mend the line \"--@ requires ...\" of the revision, or pass over it: cutover gate REV --override \"why\""),
            SessionError::TooOld { .. } => failure("server-too-old").help("upgrade the server to PostgreSQL 12 or later"),
            SessionError::InRecovery { .. } => failure("in-recovery").help("connect to the primary"),
            SessionError::ReadOnly { .. } => failure("read-only")
                .help("connect to the primary, or as a role that may write: ALTER ROLE ... SET default_transaction_read_only = off"),
            SessionError::MayNotCreate { user, database } => failure("no-right").help(format!(
                "as the owner of the database: GRANT CREATE ON DATABASE {} TO {}",
                cutover_sql::ident::quote_ident(&database),
                cutover_sql::ident::quote_ident(&user),
            )),
            SessionError::MayNotUse { user, .. } => failure("no-right").help(format!(
                "as the owner of the ledger: GRANT ALL ON SCHEMA cutover TO {user}; GRANT ALL ON ALL TABLES IN SCHEMA cutover TO {user}",
                user = cutover_sql::ident::quote_ident(&user),
            )),
            SessionError::NewerLedger { .. } => failure("newer-ledger").help("use the version of Cutover that the others use, or a later one"),
            SessionError::NotALedger { .. } => failure("not-a-ledger").help("Cutover keeps its ledger in a schema of this name; rename the one that is there"),
            SessionError::Pooled => failure("pooler")
                .note("the runner's lock and settings live in one server session, so a pooler in transaction mode cannot carry a run")
                .help("give the URL of the server itself, or of a pool in session mode"),
        }
    }
}

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        let message = error.to_string();
        let place = |path: &Path, span: Span| {
            Place::new(path, &std::fs::read_to_string(path).unwrap_or_default(), span)
        };
        match error {
            PrepareError::Revision { path, source } => {
                let span = source.span().unwrap_or(Span::new(0, 0));
                Self::usage("bad-revision-file", message).at(place(&path, span)).help(source.help())
            }
            PrepareError::Plan { path, source } => {
                Self::usage("bad-revision-file", message).at(place(&path, source.span())).help(source.help())
            }
        }
    }
}

impl From<ScriptError> for Failure {
    fn from(error: ScriptError) -> Self {
        match error {
            ScriptError::Prepare(error) => error.into(),
            ScriptError::Command { .. } => Self::usage("no-script", error.to_string())
                .help("run this revision with \"cutover upgrade\", and print the ranges before and after it"),
        }
    }
}

impl From<ExecuteError> for Failure {
    fn from(error: ExecuteError) -> Self {
        let message = error.to_string();
        match error {
            ExecuteError::Session(error) => error.into(),
            ExecuteError::Target(error) => error.into(),
            ExecuteError::Prepare(error) => error.into(),
            ExecuteError::Step(failure) => step(*failure),
            ExecuteError::Locked { holder, waited_ms } => {
                let mut failure = Self::new("locked", message);
                if let Some(h) = holder {
                    failure = failure.note(format!(
                        "{} as {} from {}, server process {}, connected for {}, now at: {}",
                        h.application, h.user, h.client, h.pid, millis(h.session_ms as f64), h.query,
                    ));
                }
                failure
                    .note(format!("waited for {}", millis(waited_ms as f64)))
                    .help("wait until it is done and run the command again; --wait 5m waits longer")
            }
            ExecuteError::HalfDone { id, direction, .. } => Self::new("half-done", message)
                .help(format!("finish it first: cutover {} {id}", direction.as_str()))
                .help(format!("or, if you have put things in order by hand, say so: cutover stamp {id}")),
            ExecuteError::DoneStepEdited { path, id, .. } => Self::new("done-step-edited", message)
                .at(Place::file(&path))
                .help("restore that part of the file; the steps after it may be edited")
                .help(format!("or, if you have put things in order by hand: cutover stamp {id}")),
            ExecuteError::Foreign { .. } => Self::new("foreign-revision", message)
                .help("get the files: most often they are on another branch of the repository")
                .help("or, if they are gone for good, take them out of the ledger: cutover stamp --purge TARGET"),
            ExecuteError::Inside { last, .. } => Self::new("inside-a-squash", message).help(format!(
                "check out the commit from before they were replaced, and run: cutover upgrade {last}; then upgrade with the files of now"
            )),
            ExecuteError::Edited { ids } => Self::new("edited", message)
                .help("restore the files from version control, and put the change into a new revision")
                .help(format!("or, if the database has the change already, accept it: cutover stamp {}", ids.last().map_or("", String::as_str))),
            ExecuteError::Irreversible { .. } => {
                Self::new("irreversible", message).help("restore a backup, or write a new revision that repairs forward")
            }
        }
    }
}

/// A failed step, in its file, with what was done and what to run next.
fn step(failure: StepFailure) -> Failure {
    let text = std::fs::read_to_string(&failure.path).unwrap_or_default();
    let mut shown = Failure::new("step-failed", failure.error.to_string());
    if let Some(offset) = failure.offset {
        shown = shown.at(Place::new(&failure.path, &text, word_at(&text, offset)));
    }
    let command = format!("cutover {}", failure.direction.as_str());
    let mut next = format!("correct the file and run \"{command}\" again");
    shown = match &failure.error {
        StepError::Server(server) => {
            if let Some(other) = not_in_a_transaction(&server.code) {
                next = other.to_owned();
            }
            details(shown, server)
        }
        StepError::Locks { last, blockers, .. } => {
            next = format!(
                "end or wait for the sessions above, or raise lock_timeout, and run \"{command}\" again"
            );
            let shown = Failure { code: "locks", ..details(shown, last) };
            blockers.iter().fold(shown, |shown, b| shown.note(format!("blocked by {}", blocker(b))))
        }
        StepError::Lost { in_doubt, .. } => {
            next = format!("run \"{command}\" again: it looks what is done and goes on from there");
            let doubt = "whether the last step was committed is not known; the ledger knows";
            let shown = Failure { code: "connection-lost", ..shown };
            if *in_doubt { shown.note(doubt) } else { shown }
        }
        StepError::Guard { .. } => {
            next = format!("look at the rows, repair them, and run \"{command}\" again");
            Failure { code: "guard", ..shown }
        }
        StepError::Command { .. } => {
            next = format!(
                "repair what the command needs and run \"{command}\" again: it starts the command anew"
            );
            Failure { code: "command-failed", ..shown }
        }
        StepError::Backfill(error) => {
            next = error.help();
            Failure { code: "backfill", ..shown }
        }
        StepError::InTheWay(_) => {
            next = format!("wait for it or end it with pg_terminate_backend, and run \"{command}\" again");
            Failure { code: "in-the-way", ..shown }
        }
        StepError::Session(_) => Failure { code: "pooler", ..shown },
    };
    for note in progress(&failure) {
        shown = shown.note(note);
    }
    shown.help(next)
}

/// What to do about what the text of a statement does not tell: that its object, or what it calls,
/// wants no transaction around it.
fn not_in_a_transaction(code: &str) -> Option<&'static str> {
    match code {
        "25001" => Some(
            "a partitioned table or index is done part by part: write the statement for each partition, with CONCURRENTLY where there is such a form",
        ),
        "2D000" => {
            Some("take COMMIT and ROLLBACK out of the DO block or procedure: each step is a transaction")
        }
        _ => None,
    }
}

fn progress(failure: &StepFailure) -> Vec<String> {
    let steps = &failure.progress;
    let mut notes = Vec::new();
    if !steps.revisions_done.is_empty() {
        let last = steps.revisions_done.last().map_or("", String::as_str);
        notes.push(format!("done before: {}, up to {last}", count(steps.revisions_done.len(), "revision")));
    }
    if steps.steps > 1 {
        notes.push(format!(
            "revision {}: {} of {} steps are done and recorded; step {} failed",
            failure.id, steps.steps_done, steps.steps, failure.ordinal
        ));
    }
    notes.push(if failure.rolled_back {
        format!("step {} of revision {} was rolled back: nothing of it is left", failure.ordinal, failure.id)
    } else if failure.is_backfill {
        format!(
            "step {} of revision {} stays where its last batch ended; the next run goes on behind it",
            failure.ordinal, failure.id
        )
    } else {
        format!(
            "step {} of revision {} cannot be rolled back; the next run looks what it left",
            failure.ordinal, failure.id
        )
    });
    notes
}

fn details(mut failure: Failure, server: &ServerError) -> Failure {
    for (name, text) in [("detail", &server.detail), ("hint", &server.hint), ("context", &server.context)] {
        if let Some(text) = text {
            failure = failure.note(format!("{name}: {text}"));
        }
    }
    failure.note(format!("SQLSTATE {}", server.code))
}

/// The token at an offset, to underline.
fn word_at(text: &str, offset: usize) -> Span {
    let mut lexer = cutover_sql::lex::tokens(text);
    lexer.seek(offset);
    lexer.next().filter(|t| !t.is_blank()).map_or(Span::new(offset, offset + 1), |t| t.span)
}
