//! The life of a rollout on a real server: drafted from the catalog, written as files, linted, run up and down one revision
//! at a time, with writes of old and new code in between.

use cutover_core::catalog::{Catalog, Kind};
use cutover_core::diff;
use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::Target as Goal;
use cutover_core::rollout::draft::{Draft, Part};
use cutover_core::rollout::phase::Phase;
use cutover_core::rollout::recipe::{self, Given, Refusal, Target};
use cutover_engine::connect::{self, ConnParams, Connected, Env};
use cutover_engine::execute::{Gates, Request, Run};
use cutover_engine::history::History;
use cutover_engine::introspect;
use cutover_engine::server::{Scratch, ScratchDatabase};
use cutover_engine::session::{Session, Settings};
use cutover_lint::{Level, Options, Source, lint};
use cutover_sql::document::{Header, Spanned};
use cutover_sql::print;
use cutover_sql::span::Span;
use tokio_postgres::SimpleQueryMessage;

/// The servers that every life is lived on.
pub fn servers() -> Vec<&'static Scratch> {
    std::iter::once(cutover_testkit::server()).chain(cutover_testkit::server_18()).collect()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A database with a schema, and nothing of a rollout yet.
pub struct World {
    runtime: tokio::runtime::Runtime,
    connected: Connected,
    params: ConnParams,
    schema: String,
    major: u32,
    _database: ScratchDatabase,
}

/// A session beside the others.
pub struct Other {
    runtime: tokio::runtime::Runtime,
    connected: Connected,
}

impl Other {
    /// Runs SQL that must succeed.
    pub fn run(&self, sql: &str) {
        self.runtime.block_on(self.connected.client.batch_execute(sql)).unwrap();
    }

    /// Waits until a query gives a row.
    pub fn until(&self, sql: &str) {
        let began = std::time::Instant::now();
        while self
            .runtime
            .block_on(self.connected.client.simple_query(sql))
            .unwrap()
            .iter()
            .all(|m| !matches!(m, SimpleQueryMessage::Row(_)))
        {
            assert!(began.elapsed().as_secs() < 30, "never: {sql}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// A rollout of a recipe on its world.
pub struct Life<'w> {
    pub world: &'w World,
    pub draft: Draft,
    history: History,
    order: Vec<Index>,
    /// How many of its revisions are applied.
    pub at: usize,
    _folder: tempfile::TempDir,
}

/// What is in a database: its schema and its rows.
#[derive(Clone, Debug)]
pub struct State {
    pub catalog: Catalog,
    pub rows: Vec<String>,
}

impl World {
    /// A new database with a schema and rows.
    pub fn new(server: &Scratch, schema: &str) -> Self {
        let runtime = runtime();
        let database = runtime.block_on(server.create(None)).unwrap();
        let env: Env<'_> = &|_| None;
        let params = ConnParams::parse(&database.url(), env).unwrap();
        let connected = runtime.block_on(connect::connect(&params)).unwrap();
        let world = Self {
            runtime,
            connected,
            params,
            schema: schema.into(),
            major: server.major(),
            _database: database,
        };
        world.run(schema);
        world
    }

    /// Another session on the same database.
    pub fn other(&self) -> Other {
        let runtime = runtime();
        let connected = runtime.block_on(connect::connect(&self.params)).unwrap();
        Other { runtime, connected }
    }

    /// Runs SQL that must succeed.
    pub fn run(&self, sql: &str) {
        if let Some(message) = self.fails(sql) {
            panic!("{message}\n    in: {sql}");
        }
    }

    /// Runs SQL; the server's message when it fails.
    pub fn fails(&self, sql: &str) -> Option<String> {
        let result = self.runtime.block_on(self.connected.client.batch_execute(sql));
        result.err().map(|e| e.as_db_error().map_or(e.to_string(), |e| e.message().to_owned()))
    }

    /// Rows of a query, their values with bars between them.
    pub fn ask(&self, sql: &str) -> Vec<String> {
        let result = self.runtime.block_on(self.connected.client.simple_query(sql));
        let messages = result.unwrap_or_else(|e| panic!("{e:?}\n    in: {sql}"));
        let row = |m| if let SimpleQueryMessage::Row(r) = m { Some(r) } else { None };
        let rows = messages.into_iter().filter_map(row);
        rows.map(|r| (0..r.len()).map(|i| r.get(i).unwrap_or("NULL")).collect::<Vec<_>>().join("|")).collect()
    }

    /// The schema, without the ledger.
    pub fn catalog(&self) -> Catalog {
        let catalog = self.runtime.block_on(introspect::read(&self.connected.client)).unwrap();
        let ours = |id: &cutover_core::catalog::Id| {
            *id.namespace == *"cutover" || (id.kind == Kind::Namespace && *id.name == *"cutover")
        };
        catalog.filtered(|object| !ours(&object.id))
    }

    /// Schema and rows.
    pub fn state(&self) -> State {
        let catalog = self.catalog();
        let mut rows = Vec::new();
        for object in catalog.objects().iter().filter(|o| o.definition.as_table().is_some()) {
            let path = object.id.path();
            rows.extend(self.ask(&format!(
                "SELECT '{}', t::text FROM ONLY {path} AS t ORDER BY 2",
                path.replace('\'', "''")
            )));
        }
        State { catalog, rows }
    }

    fn drafted(&self, name: &str, given: &Given) -> Result<Draft, Refusal> {
        let catalog = self.catalog();
        let recipe = recipe::find(name).unwrap_or_else(|| panic!("no recipe {name}"));
        (recipe.draft)(given, &Target { catalog: &catalog, major: self.major })
    }

    /// Why a recipe refuses, with its help; panics when it does not.
    pub fn refused(&self, name: &str, given: &Given) -> String {
        match self.drafted(name, given) {
            Err(refusal) => format!("{} / {}", refusal.why, refusal.help.unwrap_or_default()),
            Ok(draft) => panic!("{name} is not refused: {draft:#?}"),
        }
    }

    /// Drafts a rollout and writes its files.
    pub fn rollout(&self, name: &str, given: &Given) -> Life<'_> {
        let draft = self
            .drafted(name, given)
            .unwrap_or_else(|r| panic!("{name} is refused: {} / {:?}", r.why, r.help));
        let folder = tempfile::tempdir().unwrap();
        let files = files(&draft);
        for (name, text) in &files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        if let Ok(keep) = std::env::var("CUTOVER_KEEP_DRAFTS") {
            let keep = std::path::Path::new(&keep).join(format!("{}-{}", draft.rollout, self.major));
            std::fs::create_dir_all(&keep).unwrap();
            files.iter().for_each(|(name, text)| std::fs::write(keep.join(name), text).unwrap());
        }
        let history = History::read(folder.path()).unwrap_or_else(|e| panic!("{e:#?}"));
        let order = (0..draft.parts.len()).map(|at| history.graph().find(&id(at)).unwrap()).collect();
        self.is_lint_clean(&files);
        Life { world: self, draft, history, order, at: 0, _folder: folder }
    }

    /// Our own linter accepts what a recipe wrote.
    fn is_lint_clean(&self, files: &[(String, String)]) {
        let baseline = format!(
            "--@ revision 0000\n--@ revises base\n--@ irreversible \"a baseline\"\n\n-- Baseline\n\n--@ upgrade\n{}\n",
            self.schema
        );
        let mut sources = vec![Source::read("0000.sql", baseline, false)];
        let on_top = |text: &str| text.replace("--@ revises base", "--@ revises 0000");
        sources.extend(files.iter().map(|(name, text)| Source::read(name, on_top(text), false)));
        let looked_at: Vec<bool> = (0..sources.len()).map(|at| at > 0).collect();
        let found = lint(&sources, &looked_at, &Options { major: self.major, ..Options::default() });
        let open = found.iter().filter(|f| f.allowed.is_none() && f.level >= Level::Warning);
        let texts: Vec<String> = open
            .map(|f| {
                format!(
                    "{}: {}: {}: {}",
                    sources[f.source].name,
                    f.rule,
                    f.message,
                    f.span.text(&sources[f.source].text)
                )
            })
            .collect();
        assert!(texts.is_empty(), "{}", texts.join("\n"));
    }
}

fn id(at: usize) -> String {
    format!("{:04}", at + 1)
}

/// The files of a draft: name and text.
fn files(draft: &Draft) -> Vec<(String, String)> {
    let mut parents: Vec<String> = vec!["base".into()];
    let mut level: Vec<String> = Vec::new();
    let mut files = Vec::new();
    for (at, part) in draft.parts.iter().enumerate() {
        if !part.beside && !level.is_empty() {
            parents = std::mem::take(&mut level);
        }
        level.push(id(at));
        files.push((format!("{}_{}.sql", id(at), at), text(draft, part, &id(at), &parents)));
    }
    files
}

fn text(draft: &Draft, part: &Part, id: &str, parents: &[String]) -> String {
    fn spanned<T>(value: T) -> Spanned<T> {
        Spanned { value, span: Span::new(0, 0) }
    }
    let is_base = parents == ["base"];
    let header = Header {
        revision: Some(spanned(id.to_owned())),
        revises: Some(if is_base { Vec::new() } else { parents.iter().cloned().map(spanned).collect() }),
        rollout: Some(spanned((draft.rollout.clone(), part.phase.as_str().to_owned()))),
        owner: part.owner.clone().map(spanned),
        requires: part.requires.iter().cloned().map(spanned).collect(),
        irreversible: part.irreversible.clone().map(spanned),
        allows: part.allows.iter().cloned().map(spanned).collect(),
        prose: format!("{}\n\n{}", part.title, part.prose),
        ..Header::default()
    };
    let (up, down) = part.body();
    let down = if part.irreversible.is_some() { String::new() } else { format!("\n--@ downgrade\n{down}") };
    format!("{}\n--@ upgrade\n{up}{down}", print::header(&header))
}

impl Life<'_> {
    /// Runs the next revision.
    pub fn up(&mut self) {
        self.step(Direction::Upgrade)
            .unwrap_or_else(|e| panic!("revision {} does not go up: {e}", id(self.at)));
    }

    /// Runs the next revision; why it fails.
    pub fn up_fails(&mut self) -> String {
        self.step(Direction::Upgrade).err().unwrap_or_else(|| panic!("revision {} goes up", id(self.at)))
    }

    /// Takes the last revision back.
    pub fn down(&mut self) {
        self.step(Direction::Downgrade)
            .unwrap_or_else(|e| panic!("revision {} does not go down: {e}", id(self.at - 1)));
    }

    fn step(&mut self, direction: Direction) -> Result<(), String> {
        let at = match direction {
            Direction::Upgrade => self.at,
            Direction::Downgrade => self.at - 1,
        };
        let settings = Settings::default();
        let exactly = [self.order[at]];
        let url = self.world.params.url();
        let request = Request {
            history: &self.history,
            direction,
            target: &Goal::heads(),
            by: "test",
            settings: &settings,
            url: &url,
            exactly: Some(&exactly),
            gates: Gates::Ignored,
        };
        let run = async {
            let session = Session::open(&self.world.params).await.map_err(|e| e.to_string())?;
            Run::execute(request, &session, &|_| {}).await.map_err(|e| format!("{e}: {e:?}"))
        };
        self.world.runtime.block_on(run)?;
        self.at = match direction {
            Direction::Upgrade => at + 1,
            Direction::Downgrade => at,
        };
        Ok(())
    }

    /// Goes up or down until the last revision that is applied is the last of a phase.
    pub fn to(&mut self, phase: Phase) {
        let last = self.draft.parts.iter().rposition(|part| part.phase <= phase).unwrap();
        self.go(last + 1);
    }

    /// Goes up or down until so many are applied.
    pub fn go(&mut self, applied: usize) {
        while self.at < applied {
            self.up();
        }
        while self.at > applied {
            self.down();
        }
    }

    /// How many of its revisions can be taken back.
    pub fn reversible(&self) -> usize {
        self.draft.parts.iter().take_while(|part| part.irreversible.is_none()).count()
    }

    /// From every step of its life it goes back to where it began: the schema is as it was at each step, and the rows are
    /// as they were at the beginning.
    pub fn back_from_everywhere(&mut self) {
        self.there_and_back(true);
    }

    /// The same for a rollout that makes rows, which stay.
    pub fn back_from_everywhere_but_rows(&mut self) {
        self.there_and_back(false);
    }

    fn there_and_back(&mut self, with_rows: bool) {
        let mut seen = vec![self.world.state()];
        for upto in 1..=self.reversible() {
            self.up();
            seen.push(self.world.state());
            for back in (0..upto).rev() {
                self.down();
                same_catalog(
                    &seen[back].catalog,
                    &self.world.catalog(),
                    &format!("back at {back} from {upto}"),
                );
            }
            if with_rows {
                same(&seen[0], &self.world.state(), &format!("back from {upto}"));
            }
            self.go(upto);
            same(&seen[upto], &self.world.state(), &format!("at {upto} again"));
        }
        self.go(0);
    }
}

/// Two states are one; else what differs is said.
pub fn same(wanted: &State, found: &State, when: &str) {
    same_catalog(&wanted.catalog, &found.catalog, when);
    let only = |these: &[String], not: &[String]| -> Vec<String> {
        these.iter().filter(|row| !not.contains(row)).take(5).cloned().collect()
    };
    let differ = (only(&wanted.rows, &found.rows), only(&found.rows, &wanted.rows));
    assert!(wanted.rows == found.rows, "rows {when}: wanted {:?}, found {:?}", differ.0, differ.1);
}

/// Two schemas are one; else what differs is said.
pub fn same_catalog(wanted: &Catalog, found: &Catalog, when: &str) {
    let options = diff::Options { grants: true, owners: true, ..diff::Options::default() };
    let changes = diff::plan(found, wanted, &options);
    let titles: Vec<&str> = changes.iter().map(|action| action.title.as_str()).collect();
    assert!(titles.is_empty(), "{when}: {titles:#?}");
}
