//! What is to be said of a revision that was taken over: what cannot be carried over as text, what is not as it seems, with
//! the evidence of each.

use cutover_core::adopt::password;
use cutover_core::adopt::secret::masked;
use cutover_core::report::{Conclusion, Weight};

use super::beginning;
use super::blocks::Blocks;
use super::host::{Raised, Ran, Script, Sign};
use super::project::Project;
use super::prove::{Difference, Proof};
use super::write::Back;

/// All that was seen of one revision.
#[derive(Debug)]
pub(super) struct Seen {
    pub script: Script,
    pub id: String,
    pub is_skipped: bool,
    /// Whether its Python goes on running.
    pub is_run: bool,
    /// Whether Alembic's table did not say afterwards that it is applied.
    pub is_lost: bool,
    pub raised: Option<Raised>,
    pub ran: Ran,
    pub up: Blocks,
    pub back: Back,
    pub raised_back: Option<Raised>,
    /// What Alembic's own way back does not bring back.
    pub restores: Difference,
    pub proof: Proof,
    pub proof_back: Proof,
}

/// The longest id that Alembic's own column takes.
const LONGEST_ID: usize = 32;

/// How much of a statement is shown.
const SHOWN: usize = 300;

/// Everything, in no order.
pub(super) fn all(project: &Project, seen: &[Seen]) -> Vec<Conclusion> {
    let mut found: Vec<Conclusion> = seen.iter().flat_map(|it| of(project, it)).collect();
    found.extend(beginning::missing(seen));
    let mut led: Vec<&[String; 4]> = seen.iter().flat_map(|it| &it.ran.led).collect();
    led.sort();
    led.dedup();
    found.extend(led.into_iter().map(|[host, port, database, user]| {
        let port = if port.is_empty() { String::new() } else { format!(":{port}") };
        let text =
            format!("connections to {database} at {host}{port} as {user} were led to the scratch server");
        Conclusion::new("led", Weight::Note, "env.py", text)
    }));
    found
}

/// What is to be said of a search path that `env.py` sets.
pub(super) fn pinned(path: &str) -> Conclusion {
    let text = format!("env.py sets search_path to {path}, and the revisions are meant to run under it");
    let next = format!("cutover.toml has to say so: search_path = {}", serde_json::Value::from(path));
    Conclusion::new("search-path", Weight::Note, "env.py", text).next(next)
}

/// Whether the Python of a revision says more than the text that was taken from it.
pub(super) fn says_more(seen: &Seen) -> bool {
    !seen.up.asked.is_empty()
        || !seen.ran.seen.is_empty()
        || seen.script.scan.iter().any(|it| it.kind != "reads-rows" && it.kind != "commits")
        || seen.raised.is_some()
        || seen.is_skipped
        || seen.is_run
        || matches!(seen.proof, Proof::Differs(_) | Proof::Fails(_))
}

fn of(project: &Project, seen: &Seen) -> Vec<Conclusion> {
    let path = project.shown(&seen.script.path);
    let about = Speaker { seen, path, project };
    let mut found = Vec::new();
    found.extend(about.broken());
    if seen.is_run {
        found.push(about.runs());
    } else {
        found.extend(about.reads_rows());
    }
    found.extend(about.signs());
    found.extend(about.lost());
    found.extend(about.roles());
    found.extend(about.passwords());
    found.extend(about.around());
    found.extend(about.ids());
    found.extend(about.back());
    found.extend(about.proofs());
    found
}

struct Speaker<'a> {
    project: &'a Project,
    seen: &'a Seen,
    path: String,
}

impl Speaker<'_> {
    fn say(&self, id: &'static str, weight: Weight, text: impl Into<String>) -> Conclusion {
        Conclusion::new(id, weight, self.seen.script.id.clone(), text)
    }

    /// At the first line that the scan of the Python has of a kind.
    fn placed(&self, conclusion: Conclusion, kind: &str) -> Conclusion {
        match self.seen.script.scan.iter().find(|it| it.kind == kind) {
            Some(sign) => conclusion.at(self.path.clone(), sign.line).because(line(sign)),
            None => conclusion.at(self.path.clone(), 1),
        }
    }

    fn broken(&self) -> Option<Conclusion> {
        if self.seen.is_skipped {
            return Some(
                self.say("skipped", Weight::Note, "it was not run, and its revision is empty")
                    .at(self.path.clone(), 1),
            );
        }
        let raised = self.seen.raised.as_ref()?;
        let first = raised.message.lines().next().unwrap_or_default();
        let text =
            format!("its upgrade fails on a database that has what the revisions before it made: {first}");
        let line = raised.line.as_ref().map_or(1, |it| it.line);
        let mut found = self.say("upgrade-fails", Weight::Error, text).at(self.path.clone(), line);
        for (sql, message) in &self.seen.up.failures {
            found = found.because(format!("{}\n{message}", short(sql)));
        }
        if self.seen.up.failures.is_empty() {
            found = found.because(raised.traceback.trim_end().to_owned());
        }
        let is_outside =
            self.seen.ran.seen.iter().any(|it| it.0 != "opens") && raised.kind == "PermissionError";
        let let_it =
            if is_outside { "let it with --allow-outside, where that does no harm; or " } else { "" };
        Some(found.next(format!(
            "{let_it}mend it, or leave it out with --skip {}: its revision is written empty then",
            self.seen.script.id
        )))
    }

    fn runs(&self) -> Conclusion {
        let text =
            "its Python is run as it is, beside the revision: it does what it finds to do in each database";
        self.say("runs-python", Weight::Note, text)
            .at(self.path.clone(), 1)
            .next("where the revision is run, CUTOVER_PYTHON names a Python with Alembic and what the revision imports")
    }

    fn reads_rows(&self) -> Option<Conclusion> {
        let first = self.seen.up.asked.first()?;
        let text = format!(
            "it reads rows of {} in Python, and what it does next may hang on what it finds: here it found those of a scratch database",
            names(&first.tables)
        );
        let mut found = self.placed(self.say("reads-rows", Weight::Warning, text), "reads-rows");
        for asked in &self.seen.up.asked {
            found = found.because(format!("{}\nanswer: {}", short(&asked.sql), asked.tag));
        }
        Some(found.next(format!(
            "write what it does with the rows as SQL, or have its Python run as a step of the revision: --run {}",
            self.seen.script.id
        )))
    }

    /// What the Python does besides SQL: seen while it ran, and read in its text.
    fn signs(&self) -> Vec<Conclusion> {
        let texts = [
            ("reads-file", "opens", "what it does hangs on a file outside of the revision"),
            ("calls-out", "starts", "it calls something outside of the database"),
            ("imports-application", "", "it imports the application, and does whatever that does today"),
            ("reads-environment", "", "what it does hangs on the environment that it runs in"),
        ];
        let mut found = Vec::new();
        for (kind, verb, text) in texts {
            let signs: Vec<&Sign> = self.seen.script.scan.iter().filter(|it| it.kind == kind).collect();
            let is_this = |what: &str| what == verb || (verb == "starts" && what == "connects");
            let live: Vec<String> = self
                .seen
                .ran
                .seen
                .iter()
                .filter(|it| is_this(&it.0))
                .map(|(what, it)| format!("it {what} {}", self.project.shown(it)))
                .collect();
            if signs.is_empty() && live.is_empty() {
                continue;
            }
            let id = match kind {
                "reads-file" => "reads-file",
                "calls-out" => "calls-out",
                "imports-application" => "imports-application",
                _ => "reads-environment",
            };
            let mut one = self.say(id, Weight::Warning, text);
            one = one.at(self.path.clone(), signs.first().map_or(1, |it| it.line));
            one = signs.iter().fold(one, |one, sign| one.because(line(sign)));
            one = live.into_iter().fold(one, Conclusion::because);
            found.push(one.next("the SQL is what it did now; look whether that is what it did then"));
        }
        found
    }

    fn lost(&self) -> Vec<Conclusion> {
        let mut found = Vec::new();
        if self.seen.is_lost {
            let text =
                "it ended the transaction itself: what it did is there, and Alembic's table does not say so";
            let one = self.placed(self.say("version-lost", Weight::Warning, text), "commits");
            found.push(one.next("nothing here: its revision has a transaction of its own for each part"));
        }
        if !self.seen.up.undone.is_empty() && self.seen.raised.is_none() {
            let text = "part of what it ran was rolled back in the end, and is not in its revision";
            let one = self.say("rolled-back", Weight::Warning, text).at(self.path.clone(), 1);
            found.push(self.seen.up.undone.iter().fold(one, |one, sql| one.because(short(sql))));
        }
        if !self.seen.up.of_alembic.is_empty() {
            let text = "it changes Alembic's own table, which is no part of the history here";
            let one = self.say("alembic-table", Weight::Note, text).at(self.path.clone(), 1);
            found.push(self.seen.up.of_alembic.iter().fold(one, |one, sql| one.because(short(sql))));
        }
        found
    }

    fn roles(&self) -> Option<Conclusion> {
        let all = self.seen.up.blocks.iter().flatten();
        let words = ["create role", "create user", "drop role", "alter role", "create group"];
        let is_role =
            |sql: &str| words.iter().any(|it| sql.trim_start().to_ascii_lowercase().starts_with(it));
        let roles: Vec<&str> = all.map(|it| it.sql.as_str()).filter(|sql| is_role(sql)).collect();
        let text = "it creates or changes roles, which belong to the server and not to the database: a second database there fails";
        let one = self.say("roles", Weight::Warning, text).at(self.path.clone(), 1);
        (!roles.is_empty()).then(|| roles.into_iter().fold(one, |one, sql| one.because(short(sql))))
    }

    /// Passwords, at the first line of the Python that has the word.
    fn passwords(&self) -> Option<Conclusion> {
        let back = match &self.seen.back {
            Back::Blocks(blocks) => blocks.blocks.iter(),
            Back::None(_) => [].iter(),
        };
        let lines = self.seen.up.blocks.iter().chain(back).flatten();
        let found: Vec<(&str, String)> = lines
            .filter_map(|it| Some((it.sql.as_str(), password::cleared(&it.sql)?.whose.join(" and "))))
            .collect();
        let (_, whose) = found.first()?;
        let source = std::fs::read_to_string(&self.seen.script.path).unwrap_or_default();
        let line = source.lines().position(|line| line.to_ascii_lowercase().contains("password"));
        let text = format!("it sets the password of {whose}, which stands in the file or is read by it");
        let one = self.say("password-in-file", Weight::Warning, text);
        let one = one.at(self.path.clone(), line.map_or(1, |at| at + 1));
        let one = found.iter().fold(one, |one, (sql, _)| one.because(short(sql)));
        Some(one.next("choose another one where it stands in the file; the revision is written without it, so set it by hand"))
    }

    fn around(&self) -> Option<Conclusion> {
        let text = "the database is changed before the revisions run, by env.py or by --prepare; that is written into this one, which is the first that saw it";
        let one = self.say("env-changes", Weight::Note, text);
        (!self.seen.up.around.is_empty())
            .then(|| self.seen.up.around.iter().fold(one, |one, sql| one.because(short(sql))))
    }

    fn ids(&self) -> Vec<Conclusion> {
        let (old, new) = (&self.seen.script.id, &self.seen.id);
        let mut found = Vec::new();
        if old != new {
            let text = format!("its id cannot be a name in a target; here it is {new}");
            found.push(self.say("id-changed", Weight::Note, text).at(self.path.clone(), 1));
        }
        if old.chars().count() > LONGEST_ID {
            let text = format!(
                "its id has {} characters, and Alembic's own column takes {LONGEST_ID}: it cannot be applied to a database whose column nobody widened",
                old.chars().count()
            );
            found.push(self.say("long-id", Weight::Note, text).at(self.path.clone(), 1));
        }
        if self.seen.script.empty_up
            && self.seen.up.is_empty()
            && self.seen.script.revises.len() < 2
            && !self.seen.is_skipped
        {
            let text = "it does nothing: its upgrade is empty";
            found.push(self.say("does-nothing", Weight::Note, text).at(self.path.clone(), 1));
        }
        found
    }

    fn back(&self) -> Option<Conclusion> {
        if let Back::None(why) = &self.seen.back {
            let line = self.seen.raised_back.as_ref().and_then(|it| it.line.as_ref()).map_or(1, |it| it.line);
            return Some(
                self.say("irreversible", Weight::Note, format!("there is no way back: {why}"))
                    .at(self.path.clone(), line),
            );
        }
        if self.seen.restores.is_empty() || self.seen.raised.is_some() {
            return None;
        }
        let text = "its downgrade does not bring back what was there (+ is left over, - is missing)";
        let one = self.say("does-not-restore", Weight::Warning, text).at(self.path.clone(), 1);
        Some(self.seen.restores.lines().into_iter().fold(one, Conclusion::because))
    }

    fn proofs(&self) -> Vec<Conclusion> {
        let mut found = Vec::new();
        if self.seen.raised.is_some() {
            // there is nothing of it to be replayed
            return found;
        }
        for (proof, way) in [(&self.seen.proof, "upgrade"), (&self.seen.proof_back, "downgrade")] {
            let one = match proof {
                Proof::Equal => continue,
                Proof::Differs(difference) => {
                    let text = format!(
                        "the replay of its {way} is not what Alembic's was (+ is only in the replay, - only in Alembic's)"
                    );
                    let one = self.say("replay-differs", Weight::Error, text);
                    difference.lines().into_iter().fold(one, Conclusion::because)
                }
                Proof::Fails(message) => self
                    .say("replay-fails", Weight::Error, format!("the replay of its {way} fails"))
                    .because(message.clone()),
            };
            found.push(one.at(self.path.clone(), 1));
        }
        found
    }
}

fn line(sign: &Sign) -> String {
    format!("line {}: {}", sign.line, sign.text)
}

fn names(tables: &[String]) -> String {
    tables.join(", ")
}

/// A statement as evidence: not all of a long one, and no password.
fn short(sql: &str) -> String {
    let sql = masked(sql.trim());
    match sql.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{} ...", sql[..at].trim_end()),
        None => sql.into_owned(),
    }
}
