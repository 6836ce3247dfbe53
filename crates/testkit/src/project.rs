//! A throw-away project folder, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A project in a folder of its own.
#[derive(Debug)]
pub struct Project {
    folder: TempDir,
    program: PathBuf,
    url: Option<String>,
}

/// A program that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Exit code; -1 after a signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Project {
    /// An empty project that works on the database at `url`, or on its private server. `program`
    /// is the binary under test: `env!("CARGO_BIN_EXE_cutover")`.
    pub fn new(program: &str, url: Option<&str>) -> Self {
        let folder = TempDir::with_prefix("cutover-test-").unwrap();
        std::fs::create_dir(folder.path().join("migrations")).unwrap();
        std::fs::write(folder.path().join("cutover.toml"), "").unwrap();
        Self { folder, program: program.into(), url: url.map(str::to_owned) }
    }

    /// A copy of `examples/planner`.
    pub fn planner(program: &str, url: Option<&str>) -> Self {
        Self::example("planner", program, url)
    }

    /// The revisions of an example, in a project of their own.
    pub fn example(name: &str, program: &str, url: Option<&str>) -> Self {
        let project = Self::new(program, url);
        let from = crate::repository().join("examples").join(name).join("migrations");
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, project.migrations().join(path.file_name().unwrap())).unwrap();
        }
        project
    }

    /// The project's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of its revisions.
    pub fn migrations(&self) -> PathBuf {
        self.folder().join("migrations")
    }

    /// Writes a file below the project's folder.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(self.folder().join(name), text).unwrap();
    }

    /// Writes a revision with these sections.
    pub fn revision(&self, id: &str, revises: &str, upgrade: &str, downgrade: &str) {
        let text = format!(
            "--@ revision {id}\n--@ revises {revises}\n\n-- Revision {id}\n\n--@ upgrade\n{upgrade}\n\n--@ downgrade\n{downgrade}\n"
        );
        self.write(&format!("migrations/{id}_test.sql"), &text);
    }

    /// The program with arguments, in the project's folder and a clean environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(self.folder()).stdin(Stdio::null());
        for name in ["DATABASE_URL", "CUTOVER_ENV", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD"]
        {
            command.env_remove(name);
        }
        command.env("NO_COLOR", "1").env("HOME", self.folder());
        if let Some(url) = &self.url {
            command.env("DATABASE_URL", url);
        }
        command
    }

    /// Runs it to its end.
    pub fn run(&self, args: &[&str]) -> Finished {
        let output = self.command(args).output().unwrap();
        Finished {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs it and expects it to succeed; gives its standard output.
    pub fn ok(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(done.code, 0, "cutover {} failed:\n{}{}", args.join(" "), done.out, done.err);
        done.out
    }

    /// Runs it and expects it to fail with a code; gives its standard error.
    pub fn fails(&self, args: &[&str], code: i32) -> String {
        let done = self.run(args);
        assert_eq!(done.code, code, "cutover {} should fail:\n{}{}", args.join(" "), done.out, done.err);
        done.err
    }

    /// Runs it with `--format json` and gives the document and the exit code.
    pub fn json(&self, args: &[&str]) -> (serde_json::Value, i32) {
        let done = self.run(&[args, &["--format", "json"]].concat());
        let value = serde_json::from_str(&done.out).unwrap_or_else(|e| {
            panic!("cutover {} printed no JSON ({e}):\n{}{}", args.join(" "), done.out, done.err)
        });
        (value, done.code)
    }

    /// Starts it and lets it run.
    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}
