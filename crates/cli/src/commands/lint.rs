//! `cutover lint`: what files would do, without a database.

mod gather;
mod mend;

use std::path::Path;

use cutover_engine::config::{Config, Lint};
use cutover_lint::{Level, Options, RULES, rule};
use cutover_sql::nearest::nearest;

use crate::context::Context;
use crate::effects;
use crate::exit;
use crate::failure::Failure;
use crate::findings::{Findings, Origins, Output};
use crate::output::{self, Report};

use gather::Gathered;
use mend::{Mend, mend};

/// Say what revisions and SQL files lock, lose and break, and write the safe form
///
/// Needs no database. Revisions are judged with the schema that those before them lead to; other SQL files with what
/// they say themselves. Without an argument all revisions are looked at. Exits with 3 when something is found at or
/// above the level of --fail.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover lint\n  cutover lint 0042\n  cutover lint --since git:main --output github\n  cutover lint migrations/0042_orders.sql --fix\n  alembic upgrade head --sql | cutover lint -\n  cutover lint legacy/*.sql --in-transaction --rule char-type=warning"
)]
pub struct Args {
    /// Files, revision ids, ranges FROM:TO, or - for standard input
    #[arg(value_name = "FILE|REVISION")]
    what: Vec<String>,
    /// What a branch adds or changes: git:main
    #[arg(long, value_name = "git:REF")]
    since: Option<String>,
    /// Write the safe form where it is the same schema in the end
    #[arg(long)]
    fix: bool,
    /// The same, and what needs a second thought, such as a backfill
    #[arg(long)]
    fix_all: bool,
    /// How findings are printed
    #[arg(long, value_enum, value_name = "FORMAT")]
    output: Option<Output>,
    /// From which level on findings are a failure: note, warning, error, or never
    #[arg(long, value_name = "LEVEL")]
    fail: Option<String>,
    /// Give a rule another level, or turn it off: RULE=off
    #[arg(long = "rule", value_name = "RULE=LEVEL")]
    rules: Vec<String>,
    /// Turn the design rules on
    #[arg(long)]
    design: bool,
    /// The major version that the statements will run on
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(u32).range(12..=18))]
    server: Option<u32>,
    /// SQL files that are no revisions run in one transaction each
    #[arg(long)]
    in_transaction: bool,
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> super::Result {
    let config = match context.config() {
        Ok(config) => Some(config),
        Err(failure) if failure.code == "no-project" && !args.what.is_empty() => None,
        Err(failure) => return Err(failure),
    };
    let (mut options, fail) = options(args, config.as_ref())?;
    let mut gathered = Gathered::new(context, args, config.as_ref())?;
    options.settings.misnamed = std::mem::take(&mut gathered.misnamed);
    options.settings.edited = std::mem::take(&mut gathered.edited);
    options.one_run = gathered.one_run;
    let (mut sources, mut found) = gathered.look(&options)?;
    let is_fixing = args.fix || args.fix_all;
    let has_files = !args.what.is_empty() && args.what.iter().all(|it| it == "-" || Path::new(it).exists());
    if is_fixing && !has_files && config.as_ref().is_some_and(|it| it.alembic.is_some()) {
        return Err(Failure::usage(
            "alembic-in-charge",
            "Alembic is in charge of this history: what it was recorded as is not what is to be mended",
        )
        .help("the finding names the Python that the statement came from, in the file's own words: mend it there"));
    }
    let fixed = if is_fixing {
        let how = Mend { all: args.fix_all, in_transaction: args.in_transaction };
        mend(&gathered, &mut sources, &mut found, &options, how)?
    } else {
        0
    };
    // a text from standard input goes to standard output, and what is left to say beside it
    let given_back = gathered.stdin().filter(|_| is_fixing);
    let recorded = config.as_ref().and_then(|config| config.alembic.as_ref());
    let origins = recorded.map(|charge| Origins::new(&charge.recorded)).unwrap_or_default();
    let findings = Findings {
        sources: &sources,
        origins: &origins,
        looked_at: &gathered.looked_at,
        found: &found,
        fail,
        fixed,
        coloured: if given_back.is_some() { output::errors_are_coloured() } else { output::is_coloured() },
    };
    let code = if findings.is_failure() { exit::ATTENTION } else { exit::DONE };
    let report = findings.report(args.output.unwrap_or(Output::Text), context.is_json());
    if let Some(at) = given_back {
        context.say(report.text.trim_end());
        return Ok((Report::raw(sources[at].text.clone()), code));
    }
    // the process ends, and takes the trees along at once
    std::mem::forget(sources);
    Ok((report, code))
}

/// The configuration with what the command line says.
fn options(args: &Args, config: Option<&Config>) -> Result<(Options, Option<Level>), Failure> {
    let lint = config.map(|config| config.lint.clone()).unwrap_or_default();
    let mut options = configured(&lint, config, args.server)?;
    if args.design {
        design_too(&mut options);
    }
    for text in &args.rules {
        let (id, level) = text.split_once('=').ok_or_else(|| {
            Failure::usage("bad-rule", format!("\"{text}\" is not of the form RULE=LEVEL"))
                .help("write --rule drop-column=off, note, warning or error")
        })?;
        set_level(&mut options, id, level)?;
    }
    let fail = match args.fail.as_deref().or(lint.fail.as_deref()) {
        None => Some(Level::Warning),
        Some("never") => None,
        Some(level) => Some(level_of(level)?),
    };
    Ok((options, fail))
}

/// What the configuration says.
fn configured(lint: &Lint, config: Option<&Config>, server: Option<u32>) -> Result<Options, Failure> {
    let mut options = Options { major: server.or(lint.server).unwrap_or(15), ..Options::default() };
    if let Some(config) = config {
        options.search_path = effects::path(&config.settings(None).search_path);
    }
    if lint.design {
        design_too(&mut options);
    }
    for (id, level) in &lint.rules {
        set_level(&mut options, id, level)?;
    }
    Ok(options)
}

fn design_too(options: &mut Options) {
    options.on.extend(RULES.iter().filter(|rule| !rule.is_on()).map(|rule| rule.id.to_owned()));
}

/// Gives a rule a level, or turns it off.
fn set_level(options: &mut Options, id: &str, level: &str) -> Result<(), Failure> {
    if rule(id).is_none() {
        return Err(unknown_rule(id));
    }
    if level == "off" {
        options.off.insert(id.to_owned());
    } else {
        options.levels.insert(id.to_owned(), level_of(level)?);
        options.on.insert(id.to_owned());
        options.off.remove(id);
    }
    Ok(())
}

fn level_of(text: &str) -> Result<Level, Failure> {
    Level::ALL.into_iter().find(|level| level.as_str() == text).ok_or_else(|| {
        Failure::usage("bad-level", format!("\"{text}\" is not a level")).help("write note, warning or error")
    })
}

fn unknown_rule(id: &str) -> Failure {
    let failure = Failure::usage("unknown-rule", format!("there is no rule \"{id}\""));
    match nearest(id, RULES.iter().map(|rule| rule.id)) {
        Some(nearest) => failure.help(format!("did you mean {nearest}?")),
        None => failure.help("docs/rules/README.md lists the rules"),
    }
}

/// Writes the safe forms into the file of a new revision. Gives how many there were.
pub fn gentle(context: &Context, config: &Config, path: &Path) -> Result<usize, Failure> {
    let gathered = Gathered::revision(context, config, path)?;
    let options = configured(&config.lint, Some(config), None)?;
    let (mut sources, mut found) = gathered.look(&options)?;
    mend(&gathered, &mut sources, &mut found, &options, Mend { all: false, in_transaction: false })
}
