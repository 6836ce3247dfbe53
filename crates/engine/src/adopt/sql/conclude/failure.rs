//! Statements that do not run: why, what stays of their file, and which package they may need.

use cutover_core::adopt::script;
use cutover_core::report::{Conclusion, Weight};

use crate::adopt::sql::File;
use crate::adopt::sql::attempt::{Failed, Why};
use crate::adopt::sql::order::quoted;
use crate::adopt::sql::replay::Step;

/// Extensions that a file wants and the scratch server does not have.
pub fn lacking(steps: &[Step]) -> Vec<String> {
    let mut names: Vec<String> = steps
        .iter()
        .flat_map(|step| &step.outcome.failed)
        .filter_map(|failed| match &failed.why {
            Why::Extension(name) => Some(name.clone()),
            Why::Missing | Why::Refused | Why::NotRun => None,
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Debian's package of an extension; others are named alike.
pub fn package(extension: &str, major: u32) -> String {
    let name = match extension {
        "postgis" | "postgis_topology" | "postgis_raster" | "postgis_tiger_geocoder" => "postgis-3",
        "vector" => "pgvector",
        "pg_cron" => "cron",
        "pg_partman" => "partman",
        "plpython3u" => return format!("postgresql-plpython3-{major}"),
        "plperl" => return format!("postgresql-plperl-{major}"),
        other => return format!("postgresql-{major}-{}", other.replace('_', "-")),
    };
    format!("postgresql-{major}-{name}")
}

/// What a failure is judged by.
pub(super) struct Around {
    /// Extensions that the scratch server lacks.
    pub lacking: Vec<String>,
    /// The server's major version.
    pub server: u32,
}

const LEFT_OUT: &str = "it is left out of the revision, as a comment with the reason";

/// What is to be said of a statement that did not run; `others` are those of its file.
pub(super) fn of_failure(
    file: &File,
    failed: &Failed,
    others: &[Failed],
    around: &Around,
) -> Option<Conclusion> {
    let item = &file.items[failed.item];
    let statement = item.title(&file.part().sql);
    let new = |id, weight, text: String| {
        Conclusion::new(id, weight, file.path(), text).at(file.path(), item.line).because(statement.clone())
    };
    let says = format!("PostgreSQL: {}", failed.message);
    let fails = |text: &str| {
        let one = new("statement-fails", Weight::Error, text.to_owned()).because(says.clone());
        one.because(script::stays(&file.items, failed.item)).next(LEFT_OUT)
    };
    Some(match &failed.why {
        Why::NotRun => {
            let (id, text, next) = not_run(&item.what, failed)?;
            new(id, Weight::Warning, text).next(next)
        }
        Why::Extension(name) => {
            let text = format!("the extension {name} is not installed beside the scratch server");
            let package = package(name, around.server);
            new("missing-extension", Weight::Warning, text)
                .because(format!("PostgreSQL {}: {}", around.server, failed.message))
                .next(format!(
                    "install {package} and run adopt again; until then what needs it is left out of the revisions"
                ))
        }
        Why::Missing if !around.lacking.is_empty() && is_of_extension(file, failed, others) => {
            let extensions = around.lacking.join(" or ");
            let text = format!("a statement needs the extension {extensions}, which is not installed here");
            new("needs-extension", Weight::Warning, text).because(says).next(LEFT_OUT)
        }
        Why::Missing => fails("a statement needs something that no file makes, in whatever order they run"),
        Why::Refused => fails("PostgreSQL refuses a statement in any order"),
    })
}

/// What is to be said of an item that was not given to the server. What is no statement is told by who reads the folder.
fn not_run(what: &script::What, failed: &Failed) -> Option<(&'static str, String, String)> {
    match what {
        script::What::TakenBack(_) => {
            let text = "the file runs this statement and takes it back with a ROLLBACK".to_owned();
            Some(("taken-back", text, LEFT_OUT.to_owned()))
        }
        script::What::Statement(_) => {
            let next = format!("run it by hand where it is needed; {LEFT_OUT}");
            Some(("not-in-a-revision", failed.message.clone(), next))
        }
        script::What::Control(_) | script::What::Meta(_) | script::What::Broken(_) => None,
    }
}

/// Whether what is missing may be an extension's: a type, a function, an operator, an access method; or what an
/// earlier statement of the file would have made, had it had the extension.
fn is_of_extension(file: &File, failed: &Failed, others: &[Failed]) -> bool {
    let kinds = ["type ", "function ", "operator", "access method", "data type"];
    if kinds.iter().any(|word| failed.message.starts_with(word)) {
        return true;
    }
    let names = quoted(&failed.message);
    let earlier = others.iter().filter(|it| it.item < failed.item && it.why == Why::Missing);
    let mut made = earlier.filter_map(|it| {
        let (_, node) = file.items[it.item].statement()?;
        Some((it, cutover_core::adopt::needs::of(node)))
    });
    made.any(|(it, made)| names.iter().any(|name| made.makes(name)) && is_of_extension(file, it, others))
}
