//! What a replay and a look at the live database say about the files, as conclusions with their evidence.

use std::collections::BTreeSet;

use cutover_core::adopt::script;
use cutover_core::catalog::{Catalog, Kind};
use cutover_core::diff::{Change, How};
use cutover_core::report::{Conclusion, Weight};

use super::applied::{Applied, Found, State};
use super::attempt::{Failed, Why};
use super::order::quoted;
use super::replay::Step;
use super::{File, FoundOrder, Hidden, Live};

/// What the replay says.
pub fn of_replay(
    files: &[File],
    found: &FoundOrder,
    roles: &[String],
    live: Option<&Live>,
) -> Vec<Conclusion> {
    let mut all = Vec::new();
    let lacking = lacking(&found.replay.steps);
    let server = found.replay.bench.session.facts.version / 10_000;
    for step in &found.replay.steps {
        let file = &files[step.file];
        for failed in &step.outcome.failed {
            all.extend(of_failure(file, failed, &step.outcome.failed, &lacking, server));
        }
        for hidden in step.outcome.hidden.iter().filter(|hidden| hidden.differs()) {
            all.push(of_hidden(files, &found.replay.steps, step, hidden, live));
        }
        all.extend(of_back(file, step));
    }
    all.extend(found.deferrals.iter().map(|it| of_deferral(files, it)));
    all.extend(roles.iter().map(|role| of_role(files, role, live)));
    all
}

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

fn of_failure(
    file: &File,
    failed: &Failed,
    others: &[Failed],
    lacking: &[String],
    server: u32,
) -> Option<Conclusion> {
    let item = &file.items[failed.item];
    let statement = item.title(&file.part().sql);
    let new = |id, weight, text: String| {
        Conclusion::new(id, weight, file.path(), text).at(file.path(), item.line).because(statement.clone())
    };
    let left_out = "it is left out of the revision, as a comment with the reason";
    Some(match &failed.why {
        // what is no statement is told by who reads the folder
        Why::NotRun => match item.what {
            script::What::TakenBack(_) => new(
                "taken-back",
                Weight::Warning,
                "the file runs this statement and takes it back with a ROLLBACK".to_owned(),
            )
            .next(left_out),
            script::What::Statement(_) => new("not-in-a-revision", Weight::Warning, failed.message.clone())
                .next(format!("run it by hand where it is needed; {left_out}")),
            script::What::Control(_) | script::What::Meta(_) | script::What::Broken(_) => return None,
        },
        Why::Extension(name) => new(
            "missing-extension",
            Weight::Warning,
            format!("the extension {name} is not installed beside the scratch server"),
        )
        .because(format!("PostgreSQL {server}: {}", failed.message))
        .next(format!(
            "install {} and run adopt again; until then what needs it is left out of the revisions",
            package(name, server)
        )),
        Why::Missing if !lacking.is_empty() && is_of_extension(file, failed, others) => new(
            "needs-extension",
            Weight::Warning,
            format!("a statement needs the extension {}, which is not installed here", lacking.join(" or ")),
        )
        .because(format!("PostgreSQL: {}", failed.message))
        .next(left_out),
        Why::Missing => new(
            "statement-fails",
            Weight::Error,
            "a statement needs something that no file makes, in whatever order they run".to_owned(),
        )
        .because(format!("PostgreSQL: {}", failed.message))
        .because(script::stays(&file.items, failed.item))
        .next(left_out),
        Why::Refused => {
            new("statement-fails", Weight::Error, "PostgreSQL refuses a statement in any order".to_owned())
                .because(format!("PostgreSQL: {}", failed.message))
                .because(script::stays(&file.items, failed.item))
                .next(left_out)
        }
    })
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

fn of_hidden(
    files: &[File],
    steps: &[Step],
    step: &Step,
    hidden: &Hidden,
    live: Option<&Live>,
) -> Conclusion {
    let file = &files[step.file];
    let first = steps.iter().take_while(|it| it.file != step.file).find(|it| {
        let names = &files[it.file].names;
        names.creates.iter().any(|named| {
            named.name == hidden.table.1 && named.schema.as_ref().is_none_or(|it| *it == hidden.table.0)
        })
    });
    let first = first.map_or("an earlier file", |it| files[it.file].path());
    let text = format!(
        "IF NOT EXISTS hides another definition of {}: the one of {first} counts, as it comes first",
        hidden.path()
    );
    let mut one = Conclusion::new("hidden-definition", Weight::Warning, file.path(), text)
        .at(file.path(), file.items[hidden.item].line)
        .because(file.items[hidden.item].title(&file.part().sql));
    for line in hidden.lines() {
        one = one.because(line);
    }
    let has = |live: &Live, columns: &[(String, String)], others: &[(String, String)]| {
        let there = columns_of(&live.catalog, hidden);
        let only: Vec<&String> = columns
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !others.iter().any(|(other, _)| other == *name))
            .collect();
        !only.is_empty() && only.iter().all(|name| there.contains(name))
    };
    if let Some(live) = live {
        let mine = has(live, &hidden.wanted, &hidden.there);
        let theirs = has(live, &hidden.there, &hidden.wanted);
        one = match (mine, theirs) {
            (true, false) => one.because(format!(
                "{} has the columns of {}: there it was applied before {first}",
                live.name,
                file.path()
            )),
            (false, true) => one.because(format!("{} has the columns of {first}", live.name)),
            (true, true) | (false, false) => one,
        };
    }
    one.next(
        "decide which definition is meant; the revisions keep both statements, and the second does nothing",
    )
}

fn columns_of(catalog: &Catalog, hidden: &Hidden) -> Vec<String> {
    let of = |it: &&cutover_core::object::Object| {
        it.id.kind == Kind::Table && *it.id.namespace == hidden.table.0 && *it.id.name == hidden.table.1
    };
    let table = catalog.objects().iter().find(of);
    let columns = table.map(|it| it.definition.columns()).unwrap_or_default();
    columns.iter().map(|column| column.name.to_string()).collect()
}

fn of_back(file: &File, step: &Step) -> Option<Conclusion> {
    let back = file.change.back.as_ref()?;
    let failed = step.back.first_error()?;
    let item = &file.back[failed.item];
    let text = format!("the way back of {} does not run after it", file.path());
    Some(
        Conclusion::new("way-back-fails", Weight::Warning, back.path.as_str(), text)
            .at(back.path.as_str(), item.line)
            .because(item.title(&back.sql))
            .because(format!("PostgreSQL: {}", failed.message))
            .next("the statement is left out of the downgrade, as a comment with the reason"),
    )
}

fn of_deferral(files: &[File], it: &super::Deferral) -> Conclusion {
    let file = &files[it.file];
    let item = &file.items[it.failed.item];
    let after = it.waited_for.map(|(file, _)| files[file].path());
    let text = match after {
        Some(after) => format!("its number is lower than that of {after}, which it needs"),
        None => "it cannot run where its number puts it".to_owned(),
    };
    let mut one = Conclusion::new("order-differs", Weight::Warning, file.path(), text)
        .at(file.path(), item.line)
        .because(format!("{}:{}: {}", file.path(), item.line, item.title(&file.part().sql)))
        .because(format!("PostgreSQL: {}", it.failed.message));
    if let Some((maker, Some(at))) = it.waited_for {
        let maker = &files[maker];
        let made = &maker.items[at];
        one = one.because(format!("{}:{}: {}", maker.path(), made.line, made.title(&maker.part().sql)));
    }
    one.next("the revisions stand in the order that works")
}

fn of_role(files: &[File], role: &str, live: Option<&Live>) -> Conclusion {
    let text = format!("the role {role} is needed, and no file creates it");
    let mut one = Conclusion::new("missing-role", Weight::Warning, role, text);
    'found: for file in files {
        for item in &file.items {
            if let Some((_, node)) = item.statement()
                && cutover_core::adopt::needs::roles(node).iter().any(|it| it == role)
            {
                one = one.at(file.path(), item.line).because(item.title(&file.part().sql));
                break 'found;
            }
        }
    }
    if let Some(live) = live {
        let has = live.roles.iter().any(|it| it == role);
        let words = if has { "has it" } else { "does not have it either" };
        one = one.because(format!("the server of {} {words}", live.name));
        if !has {
            return one.next(format!(
                "a first revision creates it; a stamp runs nothing, so create it on the server of {} by hand",
                live.name
            ));
        }
    }
    one.next("a first revision creates it where it is not there: roles are of the whole server")
}

/// What the table of what is applied says.
pub fn of_applied(
    files: &[File],
    applied: &[Applied],
    open: &BTreeSet<usize>,
    name: &str,
) -> Vec<Conclusion> {
    let mut all = Vec::new();
    for (at, (file, it)) in files.iter().zip(applied).enumerate() {
        let (there, of) = it.counts();
        let new = |id, weight, text: String| Conclusion::new(id, weight, file.path(), text);
        match it.state {
            State::All => {}
            State::Some => {
                let text = format!("only a part of it is in {name}: {there} of {of} effects");
                let mut one = new("partly-applied", Weight::Warning, text);
                for effect in &it.effects {
                    match &effect.found {
                        Found::Absent => one = one.because(format!("absent: {}", effect.effect)),
                        Found::Different { differences } => {
                            one = one.because(format!(
                                "different: {} ({})",
                                effect.effect,
                                differences.join("; ")
                            ));
                        }
                        Found::Present | Found::ChangedAgain { .. } | Found::Unknown => {}
                    }
                }
                all.push(one.next("the reconciling revision brings the chain to what is there"));
            }
            State::None => {
                let text = format!("it was never applied to {name}: none of its {of} effects is there");
                all.push(
                    new("not-applied", Weight::Warning, text)
                        .next("it becomes a revision after the stamp, which the next upgrade runs"),
                );
            }
            State::CannotTell => {
                let text =
                    format!("it leaves nothing behind by which one could tell whether {name} has had it");
                let next = if open.contains(&at) {
                    "it stands after the stamp, as the file beside it was not applied; if it was, stamp it, too"
                } else {
                    "it is taken to be applied, as the file beside it is; if it was not, run it by hand"
                };
                all.push(new("cannot-tell", Weight::Warning, text).next(next));
            }
        }
    }
    all
}

/// A table in which another tool keeps what it ran, where the reconciling revision would create it.
pub fn of_tool_table(change: &Change, live: &Live) -> Option<Conclusion> {
    const TABLES: [&str; 7] = [
        "flyway_schema_history",
        "schema_version",
        "schema_migrations",
        "goose_db_version",
        "alembic_version",
        "__diesel_schema_migrations",
        "_prisma_migrations",
    ];
    if change.id.kind != Kind::Table || !TABLES.contains(&&*change.id.name) || change.how != How::Created {
        return None;
    }
    let text = format!(
        "another tool keeps in {} of {} what it ran, and the reconciling revision creates that table",
        change.id.path(),
        live.name
    );
    let next = format!(
        "to leave it out, remove the revisions, write ignore = [\"{}\"] in cutover.toml, and adopt again",
        change.id.path()
    );
    Some(Conclusion::new("tool-table", Weight::Warning, change.id.path(), text).next(next))
}

/// What the replay of the revisions says.
pub fn of_proof(proof: &super::Proof, name: Option<&str>) -> Vec<Conclusion> {
    let mut all = Vec::new();
    if let Some((id, message)) = &proof.failed {
        let text = "the revision does not run after those before it, so nothing was written".to_owned();
        all.push(
            Conclusion::new("revision-fails", Weight::Error, id.as_str(), text).because(message.as_str()),
        );
    }
    if let (Some(name), Some(differences)) = (name, &proof.differences)
        && !differences.is_empty()
    {
        let text =
            format!("the revisions do not lead to what is in {name}: {} differ", objects(differences.len()));
        let one = Conclusion::new("not-equal", Weight::Error, name, text);
        all.push(differences.iter().fold(one, |one, change| one.because(super::history::summary(change))));
    }
    for (id, changes, rows) in &proof.one_way {
        let text = "going up, down and up again does not lead back".to_owned();
        let one = Conclusion::new("way-back-differs", Weight::Warning, id.as_str(), text);
        let one = changes.iter().fold(one, |one, change| one.because(super::history::summary(change)));
        let one = rows.iter().fold(one, |one, line| one.because(line.as_str()));
        all.push(one.next("mend its downgrade; edits to it do not count as edits of an applied file"));
    }
    all
}

/// `1 object`, `2 objects`.
pub fn objects(number: usize) -> String {
    if number == 1 { "1 object".to_owned() } else { format!("{number} objects") }
}
