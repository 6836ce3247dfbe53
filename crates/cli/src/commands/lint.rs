//! `cutover lint`: what files would do, without a database.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use cutover_core::revision::target::{Applied, Range, Target};
use cutover_engine::config::{Config, Lint};
use cutover_engine::history::History;
use cutover_engine::since;
use cutover_lint::{Finding, Level, Options, RULES, Source, fix, lint, rule};
use cutover_sql::nearest::nearest;

use crate::context::{Context, absolute};
use crate::effects;
use crate::exit;
use crate::failure::Failure;
use crate::findings::{Findings, Output};
use crate::output::Report;

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

/// Texts, and which of them are looked at.
#[derive(Default)]
struct Gathered {
    sources: Vec<Source>,
    looked_at: Vec<bool>,
    /// Where each came from, to be written again.
    paths: Vec<Option<PathBuf>>,
    misnamed: Vec<String>,
    edited: Vec<String>,
    one_run: bool,
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> super::Result {
    let config = match context.config() {
        Ok(config) => Some(config),
        Err(failure) if failure.code == "no-project" && !args.what.is_empty() => None,
        Err(failure) => return Err(failure),
    };
    let (mut options, fail) = options(args, config.as_ref())?;
    let mut gathered = gather(context, args, config.as_ref())?;
    options.settings.misnamed = std::mem::take(&mut gathered.misnamed);
    options.settings.edited = std::mem::take(&mut gathered.edited);
    options.one_run = gathered.one_run;
    let mut found = lint(&gathered.sources, &gathered.looked_at, &options);
    let fixed = if args.fix || args.fix_all {
        let how = Mend { all: args.fix_all, in_transaction: args.in_transaction };
        mend(&mut gathered, &mut found, &options, how)?
    } else {
        0
    };
    let findings =
        Findings { sources: &gathered.sources, looked_at: &gathered.looked_at, found: &found, fail, fixed };
    let code = if findings.is_failure() { exit::ATTENTION } else { exit::DONE };
    let report = findings.report(args.output.unwrap_or(Output::Text), context.is_json());
    // a text from standard input goes to standard output, and what is left to say beside it
    if let (true, Some(at)) = (args.fix || args.fix_all, gathered.paths.iter().position(Option::is_none)) {
        context.say(report.text.trim_end());
        return Ok((Report::raw(gathered.sources[at].text.clone()), code));
    }
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

fn gather(context: &Context, args: &Args, config: Option<&Config>) -> Result<Gathered, Failure> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    let mut stdin = false;
    for what in &args.what {
        let path = Path::new(what);
        match what.as_str() {
            "-" => stdin = true,
            _ if path.is_dir() => files.extend(sql_files(path)?),
            _ if path.exists() || what.ends_with(".sql") => files.push(absolute(path)),
            id => ids.push(id),
        }
    }
    let all = args.what.is_empty() && args.since.is_none();
    let in_project = |path: &PathBuf| {
        config.is_some_and(|config| path.parent().is_some_and(|folder| same(folder, &config.migrations)))
    };
    let needs_history = all || args.since.is_some() || !ids.is_empty() || files.iter().any(in_project);
    let mut gathered = Gathered::default();
    if needs_history {
        let config = match config {
            Some(config) => config,
            None => &context.config()?,
        };
        let mut wanted: Vec<PathBuf> = files.iter().filter(|path| in_project(path)).cloned().collect();
        files.retain(|path| !in_project(path));
        if let Some(since) = &args.since {
            wanted.extend(since::changed(&config.migrations, since)?);
            gathered.edited = since::edited(&config.migrations, since)?
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            gathered.one_run = true;
        }
        gathered.history(context, config, &wanted, &ids, all)?;
    }
    let texts = read_all(&files)?;
    gathered.add(Source::read_all(texts, args.in_transaction), true, files.into_iter().map(Some));
    if stdin {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|e| Failure::new("cannot-read", format!("standard input cannot be read: {e}")))?;
        let text = text(bytes, "standard input")?;
        gathered.add(vec![Source::read("<stdin>", text, args.in_transaction)], true, [None]);
    }
    Ok(gathered)
}

/// Whether two paths are one folder.
fn same(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn sql_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e| Failure::new("cannot-read", format!("{} cannot be read: {e}", folder.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|ending| ending == "sql") {
            found.push(absolute(&path));
        }
    }
    found.sort();
    Ok(found)
}

/// Reads files with their names, on a few threads: a thousand small files cost more in waiting than in work.
fn read_all(paths: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, 8);
    let share = paths.len().div_ceil(threads).max(64);
    let read_share = |paths: &[PathBuf]| -> Result<Vec<(String, String)>, Failure> {
        paths.iter().map(|path| Ok((path.display().to_string(), read(path)?))).collect()
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> =
            paths.chunks(share).map(|share| scope.spawn(move || read_share(share))).collect();
        let mut all = Vec::with_capacity(paths.len());
        for reader in readers {
            match reader.join() {
                Ok(texts) => all.extend(texts?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(all)
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|e| Failure::new("cannot-read", format!("{} cannot be read: {e}", path.display())))?;
    text(bytes, &path.display().to_string())
}

fn text(bytes: Vec<u8>, name: &str) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::new("not-utf8", format!("{name} is not UTF-8: line {line}")).help("save it as UTF-8")
    })
}

impl Gathered {
    fn add(
        &mut self,
        sources: Vec<Source>,
        looked_at: bool,
        paths: impl IntoIterator<Item = Option<PathBuf>>,
    ) {
        self.looked_at.extend(sources.iter().map(|_| looked_at));
        self.sources.extend(sources);
        self.paths.extend(paths);
    }

    /// The revisions in their order; those that are not wanted tell what was there before.
    fn history(
        &mut self,
        context: &Context,
        config: &Config,
        wanted: &[PathBuf],
        ids: &[&str],
        all: bool,
    ) -> Result<(), Failure> {
        // a file whose header is wrong is looked at by itself; the others still are with their history
        let history = context.history(config)?;
        let graph = history.graph();
        let mut indices = Vec::new();
        for id in ids {
            match Range::parse(id)? {
                Some(range) => indices.extend(range.inclusive(graph, &Applied::new())?),
                None => indices.extend(Target::parse(id)?.resolve(graph, &Applied::new())?),
            }
        }
        let is_wanted = |index: usize, path: &Path| {
            all || indices.contains(&index) || wanted.iter().any(|one| one == path || same(one, path))
        };
        let looked_at: Vec<bool> =
            history.revisions().iter().enumerate().map(|(at, it)| is_wanted(at, &it.path)).collect();
        let last = looked_at.iter().rposition(|it| *it).map_or(0, |at| at + 1);
        self.misnamed = misnamed(config, &history);
        let (wanted, later) = history.revisions().split_at(last);
        let texts = wanted.iter().map(|it| (it.path.display().to_string(), it.text.clone())).collect();
        self.sources.extend(Source::read_all(texts, false));
        // those that come later change no schema before them; that they are there matters all the same
        let later =
            later.iter().map(|it| Source::read_header(it.path.display().to_string(), it.text.clone()));
        self.sources.extend(later);
        self.looked_at.extend(&looked_at);
        self.paths.extend(history.revisions().iter().map(|it| Some(it.path.clone())));
        Ok(())
    }
}

/// The files whose names are not what the configured naming makes of their message.
fn misnamed(config: &Config, history: &History) -> Vec<String> {
    // a scheme that nobody has chosen binds nobody
    if !config.says_naming {
        return Vec::new();
    }
    let differs = |path: &Path, id: &str, message: &str| {
        let expected = config.naming.file_name(id, message);
        path.file_name().is_some_and(|name| name.to_string_lossy() != expected)
    };
    history
        .revisions()
        .iter()
        .filter(|it| !it.header.message.is_empty() && differs(&it.path, it.id(), &it.header.message))
        .map(|it| it.path.display().to_string())
        .collect()
}

/// Writes the safe forms into the file of a new revision. Gives how many there were.
pub fn gentle(context: &Context, config: &Config, path: &Path) -> Result<usize, Failure> {
    let mut gathered = Gathered::default();
    gathered.history(context, config, std::slice::from_ref(&path.to_owned()), &[], false)?;
    let options = configured(&config.lint, Some(config), None)?;
    let mut found = lint(&gathered.sources, &gathered.looked_at, &options);
    mend(&mut gathered, &mut found, &options, Mend { all: false, in_transaction: false })
}

/// What is mended.
#[derive(Clone, Copy)]
struct Mend {
    /// Also what needs a second thought.
    all: bool,
    /// Files that are no revisions run in one transaction each.
    in_transaction: bool,
}

/// Applies fixes until there are none left, and writes the files. Gives how many were applied.
fn mend(
    gathered: &mut Gathered,
    found: &mut Vec<Finding>,
    options: &Options,
    how: Mend,
) -> Result<usize, Failure> {
    let mut total = 0;
    // a fix may bring another one, such as a lock that then has a transaction of its own; ten rounds are plenty
    for _ in 0..10 {
        let mut applied = 0;
        for index in 0..gathered.sources.len() {
            let own: Vec<&Finding> = found.iter().filter(|finding| finding.source == index).collect();
            let (text, count) = fix::apply(&gathered.sources[index].text, &own, how.all);
            if count > 0 {
                applied += count;
                let name = gathered.sources[index].name.clone();
                gathered.sources[index] = Source::read(name, text, how.in_transaction);
            }
        }
        if applied == 0 {
            break;
        }
        total += applied;
        *found = lint(&gathered.sources, &gathered.looked_at, options);
    }
    if total > 0 {
        write(gathered)?;
    }
    Ok(total)
}

fn write(gathered: &Gathered) -> Result<(), Failure> {
    for (index, source) in gathered.sources.iter().enumerate().filter(|(index, _)| gathered.looked_at[*index])
    {
        let Some(path) = &gathered.paths[index] else { continue };
        if read(path)? != source.text {
            std::fs::write(path, &source.text).map_err(|e| {
                Failure::new("cannot-write", format!("{} cannot be written: {e}", path.display()))
            })?;
        }
    }
    Ok(())
}
