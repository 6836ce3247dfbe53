//! What is in a database, as text: by PostgreSQL's own `pg_dump` and `psql`.

use std::process::Command;

use cutover_engine::server::{Binaries, Cluster, Scratch};

/// Something with PostgreSQL's programs at hand.
pub trait Programs {
    /// The programs.
    fn programs(&self) -> &Binaries;
}

impl Programs for Scratch {
    fn programs(&self) -> &Binaries {
        self.cluster().binaries()
    }
}

impl Programs for Cluster {
    fn programs(&self) -> &Binaries {
        self.binaries()
    }
}

/// Schema and rows of a database, without the ledger. Rows are sorted, so that only their values
/// count.
pub fn dump(server: &impl Programs, url: &str) -> String {
    let text =
        run(server, "pg_dump", &["--inserts", "--no-owner", "--exclude-schema=cutover", "--dbname", url]);
    let lines = text.lines().filter(|l| !l.starts_with("\\restrict") && !l.starts_with("\\unrestrict"));
    let (mut rows, schema): (Vec<&str>, Vec<&str>) = lines.partition(|l| l.starts_with("INSERT INTO"));
    rows.sort_unstable();
    let schema: Vec<&str> = schema.into_iter().filter(|l| !l.is_empty()).collect();
    format!("{}\n{}", schema.join("\n"), rows.join("\n"))
}

/// The schema of a database as `pg_dump` writes it: its lines in order, without what is between them, so that the
/// order of columns and objects does not count.
pub fn schema_lines(server: &impl Programs, url: &str) -> Vec<String> {
    let text = run(server, "pg_dump", &["--schema-only", "--no-owner", "--dbname", url]);
    // options are kept in the order in which they were set
    let sorted = |line: &str| {
        let mut items: Vec<&str> =
            line.split(&[' ', ',', '(', ')', ';']).filter(|item| !item.is_empty()).collect();
        items.sort_unstable();
        items.join(" ")
    };
    let plain = |line: &str| {
        let line = line.trim().trim_end_matches([',', ';', ' ']);
        if line.contains("WITH (") || line.starts_with("CREATE STATISTICS") {
            sorted(line)
        } else {
            line.to_owned()
        }
    };
    // no comment and the standard one are the same to us
    let is_standard = |line: &str| line.starts_with("COMMENT ON SCHEMA public IS ''");
    let wanted = |line: &&str| {
        !line.starts_with("--") && !line.starts_with("\\") && !line.trim().is_empty() && !is_standard(line)
    };
    let mut lines: Vec<String> = text.lines().filter(wanted).map(plain).collect();
    lines.sort();
    lines
}

/// The schema of a database as `pg_dump` writes it, with owners and privileges, in its order.
pub fn schema_text(server: &impl Programs, url: &str) -> String {
    let text = run(server, "pg_dump", &["--schema-only", "--dbname", url]);
    let lines =
        text.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A dump without what differs from run to run: times and random ids.
pub fn masked(dump: &str) -> String {
    dump.split('\'')
        .enumerate()
        .map(|(at, part)| if at % 2 == 1 && is_time(part) { "<time>" } else { part })
        .collect::<Vec<_>>()
        .join("'")
}

/// `2026-11-21 00:16:50.123+00`.
fn is_time(text: &str) -> bool {
    let shape: String = text.chars().take(19).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00 00:00:00"
}

/// Runs SQL in psql; gives its rows, columns separated by `|`.
pub fn psql(server: &impl Programs, url: &str, sql: &str) -> String {
    run(server, "psql", &["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]).trim_end().to_owned()
}

fn run(server: &impl Programs, tool: &str, args: &[&str]) -> String {
    let program = server.programs().tool(tool);
    let output = Command::new(program).args(args).output().unwrap();
    assert!(output.status.success(), "{tool} failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
