//! `cutover test`.

use cutover_core::revision::graph::Index;
use cutover_core::revision::target::{Applied, Target};
use cutover_engine::schema::Workshop;
use cutover_engine::schema::both_ways::{Orders, both_ways};
use cutover_engine::schema::trial::{self, Fault, Verdict, When};
use cutover_engine::since;
use serde_json::{Value, json};

use crate::changes;
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::orders;
use crate::output::{Report, count, millis};

/// Take every revision up, down and up again on a scratch database
///
/// After the down the schema and the rows have to be what they were before the up; after the second up what they were
/// after the first. An irreversible revision is passed over, and rows are not compared where a file allows
/// empty-downgrade or downgrade-loses-data, with its reason. Where the graph leaves the order open, as between side
/// branches, the revisions are replayed both ways round, and have to lead to the same schema. Exits with 3 when a
/// revision does not come back, or an order matters.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover test\n  cutover test --at 0007\n  cutover test --since git:main\n  cutover test --junit report.xml"
)]
pub struct Args {
    /// Test this revision only; those before it are applied and not tested
    #[arg(long, value_name = "TARGET")]
    at: Vec<String>,
    /// Test what a branch adds or changes: git:main
    #[arg(long, value_name = "git:REF")]
    since: Option<String>,
    /// Write the results as JUnit XML into this file, too
    #[arg(long, value_name = "FILE")]
    junit: Option<std::path::PathBuf>,
}

/// One revision's result.
struct Case<'a> {
    id: &'a str,
    message: &'a str,
    ms: f64,
    outcome: Outcome,
}

/// What came of it.
enum Outcome {
    /// It went up, down and up again.
    Went(Verdict),
    /// A statement failed.
    Broken(Failure),
    /// What it needs did not come that far.
    Skipped,
}

impl Case<'_> {
    fn is_failed(&self) -> bool {
        match &self.outcome {
            Outcome::Went(Verdict::Failed(_)) | Outcome::Broken(_) | Outcome::Skipped => true,
            Outcome::Went(Verdict::Passed | Verdict::Irreversible(_)) => false,
        }
    }
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let graph = history.graph();
    let settings = context.settings(&config, None);
    let mut wanted: Vec<Index> = Vec::new();
    for text in &args.at {
        wanted.extend(Target::parse(text)?.resolve(graph, &Applied::new())?);
    }
    if let Some(since) = &args.since {
        let files = since::changed(&config.migrations, since)?;
        wanted.extend((0..graph.len()).filter(|index| files.contains(&history.revision(*index).path)));
        if wanted.is_empty() {
            let data = json!({ "revisions": [], "failed": 0 });
            return Ok((Report::new("no revision has changed\n", &data), exit::DONE));
        }
    }
    let workshop = Workshop::new(None)?;
    let bench = workshop.bench(None).await?;
    let mut cases = Vec::new();
    let mut broken: Vec<Index> = Vec::new();
    let last = if wanted.is_empty() { graph.len() } else { wanted.iter().max().map_or(0, |index| index + 1) };
    for index in 0..last {
        if !wanted.is_empty() && !wanted.contains(&index) {
            bench.apply(&history, &[index], &settings).await?;
            continue;
        }
        let began = std::time::Instant::now();
        let outcome = if graph.needs([index]).iter().any(|needed| broken.contains(needed)) {
            Outcome::Skipped
        } else {
            match trial::revision(&history, index, &settings, &bench).await {
                Ok(verdict) => Outcome::Went(verdict),
                Err(error) => Outcome::Broken(error.into()),
            }
        };
        if matches!(outcome, Outcome::Broken(_) | Outcome::Skipped) {
            broken.push(index);
        }
        let message = graph.nodes()[index].message.as_str();
        let case = Case { id: graph.id(index), message, ms: began.elapsed().as_secs_f64() * 1000.0, outcome };
        context.say(&line(&case));
        cases.push(case);
    }
    if let Some(path) = &args.junit {
        std::fs::write(path, junit(&cases)).map_err(|e| {
            Failure::new("cannot-write", format!("{} cannot be written: {e}", path.display()))
        })?;
    }
    let failed = cases.iter().filter(|case| case.is_failed()).count();
    let orders = if broken.is_empty() && wanted.is_empty() {
        both_ways(&history, &settings, &workshop).await?
    } else {
        Orders::default()
    };
    let mut text: String = cases.iter().map(|case| faults(case)).collect();
    text += &orders::text(&history, &orders);
    text += &format!("{} tested, {failed} failed\n", count(cases.len(), "revision"));
    let data = json!({ "revisions": cases.iter().map(case_json).collect::<Vec<_>>(), "failed": failed, "orders": orders::data(&history, &orders) });
    let is_good = failed == 0 && orders.is_settled();
    Ok((Report::new(text, &data), if is_good { exit::DONE } else { exit::ATTENTION }))
}

fn line(case: &Case<'_>) -> String {
    let word = match &case.outcome {
        Outcome::Went(Verdict::Passed) => "comes back",
        Outcome::Went(Verdict::Irreversible(_)) => "irreversible",
        Outcome::Went(Verdict::Failed(_)) => "DOES NOT COME BACK",
        Outcome::Broken(_) => "FAILS",
        Outcome::Skipped => "not tried: it needs one that fails",
    };
    format!("{}  {}  {word}  {}", case.id, case.message, millis(case.ms))
}

/// What is wrong with a revision, for people.
fn faults(case: &Case<'_>) -> String {
    let mut text = String::new();
    let faults = match &case.outcome {
        Outcome::Went(Verdict::Failed(faults)) => faults,
        Outcome::Broken(failure) => return format!("{} {}: {}", case.id, case.message, failure.text()),
        Outcome::Skipped => return format!("{} {}: not tried\n", case.id, case.message),
        Outcome::Went(Verdict::Passed | Verdict::Irreversible(_)) => return text,
    };
    for fault in faults {
        text += &format!("{} {}: {}\n", case.id, case.message, when(fault));
        let tree = changes::tree(&fault.changes);
        tree.lines().for_each(|line| text += &format!("    {line}\n"));
        for (table, before, after) in &fault.rows {
            text += &format!("    rows of {table}: {before} were expected, {after} are there, or others\n");
        }
    }
    text
}

fn when(fault: &Fault) -> &'static str {
    match fault.when {
        When::Down => {
            "after the downgrade it is not what it was before the upgrade (+ is left over, - is missing)"
        }
        When::UpAgain => {
            "after the second upgrade it is not what it was after the first (+ is new, - is missing)"
        }
    }
}

fn case_json(case: &Case<'_>) -> Value {
    let (verdict, reason, faults) = match &case.outcome {
        Outcome::Went(Verdict::Passed) => ("passed", None, Vec::new()),
        Outcome::Went(Verdict::Irreversible(why)) => ("irreversible", Some(why), Vec::new()),
        Outcome::Went(Verdict::Failed(faults)) => ("failed", None, faults.iter().map(fault_json).collect()),
        Outcome::Broken(failure) => ("broken", Some(&failure.message), Vec::new()),
        Outcome::Skipped => ("skipped", None, Vec::new()),
    };
    json!({ "id": case.id, "verdict": verdict, "reason": reason, "duration_ms": case.ms, "faults": faults })
}

fn fault_json(fault: &Fault) -> Value {
    let after = match fault.when {
        When::Down => "downgrade",
        When::UpAgain => "second upgrade",
    };
    let rows: Vec<Value> = fault
        .rows
        .iter()
        .map(|(table, before, now)| json!({ "table": table, "expected": before, "found": now }))
        .collect();
    json!({ "after": after, "changes": changes::json(&fault.changes, &[])["changes"], "rows": rows })
}

/// <https://github.com/testmoapp/junitxml>: what CI systems read.
fn junit(cases: &[Case<'_>]) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let failed = cases.iter().filter(|case| case.is_failed()).count();
    let is_skipped = |case: &&Case<'_>| matches!(case.outcome, Outcome::Went(Verdict::Irreversible(_)));
    let skipped = cases.iter().filter(is_skipped).count();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"cutover\" tests=\"{}\" failures=\"{failed}\" skipped=\"{skipped}\">\n",
        cases.len()
    );
    for case in cases {
        let name = escape(&format!("{} {}", case.id, case.message));
        xml +=
            &format!("  <testcase classname=\"revisions\" name=\"{name}\" time=\"{:.3}\">", case.ms / 1000.0);
        match &case.outcome {
            Outcome::Went(Verdict::Irreversible(why)) => {
                xml += &format!("<skipped message=\"{}\"/>", escape(why))
            }
            _ if case.is_failed() => xml += &format!("<failure>{}</failure>", escape(&faults(case))),
            Outcome::Went(_) | Outcome::Broken(_) | Outcome::Skipped => {}
        }
        xml += "</testcase>\n";
    }
    xml + "</testsuite>\n"
}
