//! What a replay and a look at the live database say about the files, as conclusions with their evidence.

mod applied;
mod failure;
mod hidden;
mod proof;
mod theirs;

use cutover_core::report::{Conclusion, Weight};

use super::replay::Step;
use super::{File, FoundOrder, Live};

pub use applied::of_applied;
pub use failure::package;
pub use proof::of_proof;
pub use theirs::of_theirs;

/// What the replay says.
pub fn of_replay(
    files: &[File],
    found: &FoundOrder,
    roles: &[String],
    live: Option<&Live>,
) -> Vec<Conclusion> {
    let mut all = Vec::new();
    let around = failure::Around {
        lacking: failure::lacking(&found.replay.steps),
        server: found.replay.bench.session.facts.version / 10_000,
    };
    for step in &found.replay.steps {
        let file = &files[step.file];
        for failed in &step.outcome.failed {
            all.extend(failure::of_failure(file, failed, &step.outcome.failed, &around));
        }
        for hidden in step.outcome.hidden.iter().filter(|hidden| hidden.differs()) {
            all.push(hidden::of_hidden(files, &found.replay.steps, step, hidden, live));
        }
        all.extend(of_back(file, step));
    }
    all.extend(found.deferrals.iter().map(|it| of_deferral(files, it)));
    all.extend(roles.iter().map(|role| of_role(files, role, live)));
    all
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
