//! `unused table|column|index|function NAME for INTERVAL`: nothing has used it for that long, by evidence.
//!
//! `target` finds it and what leads to it, `node` and `statements` ask one server, `ledger` keeps what was said, and `judge`
//! draws the conclusion. Every node has to say so: the primary and each replica that serves reads.

mod facts;
mod judge;
mod ledger;
mod node;
mod statements;
mod target;

use std::time::Duration;

use cutover_core::rollout::gate::Used;

use self::facts::Stretch;
use self::target::Target;
use super::{TAG, Verdict, count, spoken, time};
use crate::connect;
use crate::session::{Session, SessionError, message, rows};

pub use ledger::{own_count, record_own};

/// What is watched for its use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// What kind of thing.
    pub what: Used,
    /// Its name as SQL has it; a column's with its table.
    pub name: String,
}

/// The node that changes are made on.
const PRIMARY: &str = "primary";

/// Whether a text is one that Cutover sent.
fn is_own(query: &str) -> bool {
    query.contains(TAG) || query.contains("cutover_gate")
}

/// What a node said, or why it did not.
struct Asked {
    node: String,
    answer: Result<node::Answer, String>,
    seen: Vec<Stretch>,
}

/// Takes a sample of what is watched and judges it.
///
/// # Errors
/// When the database cannot be asked. A replica that cannot keeps the gate closed.
pub async fn evaluate(
    session: &Session,
    watched: &Watched,
    lasting: Duration,
) -> Result<Verdict, SessionError> {
    let closed = |summary: String| Verdict { summary, ..Verdict::default() };
    if !ledger::is_there(session).await {
        return Ok(closed(
            "there is no ledger for evidence yet; the next \"cutover upgrade\" makes it".into(),
        ));
    }
    let Some(target) = target::find(session, watched).await? else {
        return Ok(closed(format!("there is no {} {}", watched.what.as_str(), watched.name)));
    };
    let now = ledger::now(session).await?;
    let nodes = ask_all(session, &target, now).await?;
    let own = ledger::own(session, &target).await?;
    let mut verdict = Verdict { open: true, ..Verdict::default() };
    let mut until: Option<i64> = None;
    for asked in &nodes {
        let case = judge::Case {
            what: watched.what,
            lasting,
            now,
            seen: &asked.seen,
            own: if asked.node == PRIMARY { &own } else { &[] },
            hidden: &target.hidden,
        };
        let judged = judge::judge(case);
        let (open, lines) = match &asked.answer {
            Ok(answer) => (judged.open && answer.running.is_empty(), lines(&judged.lines, answer)),
            Err(why) => (false, vec![format!("it cannot be asked: {why}")]),
        };
        verdict.open &= open;
        until = until.max(judged.until.filter(|_| !open));
        verdict.evidence.extend(lines.into_iter().map(|line| format!("{}: {line}", asked.node)));
    }
    verdict.evidence.extend(target.notes.iter().cloned());
    if let Some(line) = unnamed(session).await? {
        verdict.open = false;
        verdict.evidence.push(line);
    }
    let nodes = count(i128::try_from(nodes.len()).unwrap_or(0), "node");
    verdict.summary = if verdict.open {
        format!("{} is unused for {} on {nodes}", target.key, spoken(lasting))
    } else {
        format!("{} is not shown to be unused for {}", target.key, spoken(lasting))
    };
    verdict.until = until.filter(|_| !verdict.open).map(time);
    Ok(verdict)
}

fn lines(judged: &[String], answer: &node::Answer) -> Vec<String> {
    let running = answer.running.iter().map(|line| format!("runs now: {line}"));
    judged.iter().cloned().chain(running).chain(answer.notes.iter().cloned()).collect()
}

/// Takes a sample of everything that is watched, for `cutover gate --sample`; gives how many and what went wrong.
///
/// # Errors
/// When the primary cannot be asked.
pub async fn sample(session: &Session, watched: &[Watched]) -> Result<Vec<String>, SessionError> {
    let mut wrong = Vec::new();
    if watched.is_empty() {
        return Ok(wrong);
    }
    if !ledger::is_there(session).await {
        return Ok(vec!["there is no ledger for evidence yet; the next \"cutover upgrade\" makes it".into()]);
    }
    for one in watched {
        let Some(target) = target::find(session, one).await? else {
            wrong.push(format!("there is no {} {}", one.what.as_str(), one.name));
            continue;
        };
        let now = ledger::now(session).await?;
        for asked in ask_all(session, &target, now).await? {
            if let Err(why) = asked.answer {
                wrong.push(format!("{} on {}: {why}", target.key, asked.node));
            }
        }
    }
    Ok(wrong)
}

/// Asks every node, and writes and reads again what it said.
async fn ask_all(session: &Session, target: &Target, now: i64) -> Result<Vec<Asked>, SessionError> {
    let answer = node::ask(session.client(), target).await?;
    let mut nodes = vec![kept(session, target, PRIMARY, now, Ok(answer)).await?];
    for replica in session.asking.replicas.iter().flatten() {
        let answer = match connect::connect(&replica.params).await {
            Ok(connected) => match node::ask(&connected.client, target).await {
                Ok(answer) => Ok(answer),
                Err(SessionError::Query { source, .. }) => Err(message(&source)),
                Err(error) => Err(error.to_string()),
            },
            Err(error) => Err(error.to_string()),
        };
        nodes.push(kept(session, target, &replica.name, now, answer).await?);
    }
    Ok(nodes)
}

async fn kept(
    session: &Session,
    target: &Target,
    node: &str,
    now: i64,
    mut answer: Result<node::Answer, String>,
) -> Result<Asked, SessionError> {
    let mut seen = ledger::read(session, target, node).await?;
    if let Ok(answer) = &mut answer {
        match ledger::write(session, target, node, now, &answer.facts).await {
            Ok(()) => seen = ledger::read(session, target, node).await?,
            Err(why) => {
                answer.notes.push(format!("the sample cannot be written into the ledger: {why}"));
                seen.push(Stretch { from: now, to: now, facts: answer.facts.clone() });
            }
        }
    }
    Ok(Asked { node: node.to_owned(), answer, seen })
}

/// Standbys that nobody has said anything about: their scans are counted by themselves only.
async fn unnamed(session: &Session) -> Result<Option<String>, SessionError> {
    if session.asking.replicas.is_some() {
        return Ok(None);
    }
    // logical receivers have a slot of their own, and are no copies of this server
    let sql = "SELECT count(*) FROM pg_catalog.pg_stat_replication r WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s \
        WHERE s.active_pid = r.pid AND s.slot_type = 'logical')";
    let found = rows(session.client(), sql, "asking for the replicas").await?;
    let many: i64 = found.first().and_then(|row| row.get(0)?.parse().ok()).unwrap_or(0);
    Ok((many > 0).then(|| {
        format!(
            "{} of this server, whose reads are not seen here: name those that serve reads in cutover.toml: replicas = [\"postgresql://...\"], or [] for none",
            count(many, "replica")
        )
    }))
}
