//! `cutover test`.

use cutover_core::revision::graph::Index;
use cutover_core::revision::target::{Applied, Target};
use cutover_engine::schema::Workshop;
use cutover_engine::schema::trial::{self, Fault, Verdict, When};
use serde_json::{Value, json};

use crate::changes;
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::output::{Report, count, millis};

/// Take every revision up, down and up again on a scratch database
///
/// After the down the schema and the rows have to be what they were before the up; after the second up what they
/// were after the first. An irreversible revision is passed over. Exits with 3 when a revision does not come back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover test\n  cutover test --at 0007\n  cutover test --junit report.xml"
)]
pub struct Args {
    /// Test this revision only; those before it are applied and not tested
    #[arg(long, value_name = "TARGET")]
    at: Vec<String>,
    /// Write the results as JUnit XML into this file, too
    #[arg(long, value_name = "FILE")]
    junit: Option<std::path::PathBuf>,
}

/// One revision's result.
struct Case<'a> {
    id: &'a str,
    message: &'a str,
    ms: f64,
    verdict: Verdict,
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
    let bench = Workshop::new(None)?.bench(None).await?;
    let mut cases = Vec::new();
    let last = if wanted.is_empty() { graph.len() } else { wanted.iter().max().map_or(0, |index| index + 1) };
    for index in 0..last {
        if !wanted.is_empty() && !wanted.contains(&index) {
            bench.apply(&history, &[index], &settings).await?;
            continue;
        }
        let began = std::time::Instant::now();
        let verdict = trial::revision(&history, index, &settings, &bench).await?;
        let message = graph.nodes()[index].message.as_str();
        let case = Case { id: graph.id(index), message, ms: began.elapsed().as_secs_f64() * 1000.0, verdict };
        context.say(&line(&case));
        cases.push(case);
    }
    if let Some(path) = &args.junit {
        std::fs::write(path, junit(&cases)).map_err(|e| {
            Failure::new("cannot-write", format!("{} cannot be written: {e}", path.display()))
        })?;
    }
    let failed = cases.iter().filter(|case| matches!(case.verdict, Verdict::Failed(_))).count();
    let mut text: String = cases.iter().map(|case| faults(case)).collect();
    text += &format!("{} tested, {failed} failed\n", count(cases.len(), "revision"));
    let data = json!({ "revisions": cases.iter().map(case_json).collect::<Vec<_>>(), "failed": failed });
    Ok((Report::new(text, &data), if failed == 0 { exit::DONE } else { exit::ATTENTION }))
}

fn line(case: &Case<'_>) -> String {
    let word = match &case.verdict {
        Verdict::Passed => "comes back",
        Verdict::Irreversible(_) => "irreversible",
        Verdict::Failed(_) => "DOES NOT COME BACK",
    };
    format!("{}  {}  {word}  {}", case.id, case.message, millis(case.ms))
}

/// What is wrong with a revision, for people.
fn faults(case: &Case<'_>) -> String {
    let Verdict::Failed(faults) = &case.verdict else { return String::new() };
    let mut text = String::new();
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
    let (verdict, reason, faults) = match &case.verdict {
        Verdict::Passed => ("passed", None, Vec::new()),
        Verdict::Irreversible(why) => ("irreversible", Some(why), Vec::new()),
        Verdict::Failed(faults) => ("failed", None, faults.iter().map(fault_json).collect()),
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
    let count = |wanted: fn(&Verdict) -> bool| cases.iter().filter(|case| wanted(&case.verdict)).count();
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let skipped = count(|verdict| matches!(verdict, Verdict::Irreversible(_)));
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"cutover\" tests=\"{}\" failures=\"{failed}\" skipped=\"{skipped}\">\n",
        cases.len()
    );
    for case in cases {
        let name = escape(&format!("{} {}", case.id, case.message));
        xml +=
            &format!("  <testcase classname=\"revisions\" name=\"{name}\" time=\"{:.3}\">", case.ms / 1000.0);
        match &case.verdict {
            Verdict::Passed => {}
            Verdict::Irreversible(why) => xml += &format!("<skipped message=\"{}\"/>", escape(why)),
            Verdict::Failed(_) => xml += &format!("<failure>{}</failure>", escape(&faults(case))),
        }
        xml += "</testcase>\n";
    }
    xml + "</testsuite>\n"
}
