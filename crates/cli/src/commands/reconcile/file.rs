//! The revision's file.

use cutover_core::diff::Change;
use cutover_engine::reconcile::Reconciled;
use cutover_sql::document::Header;

use super::read::Read;
use super::{Args, To};
use crate::changes;
use crate::new_files::{NewFile, unplaced};
use crate::renames;

/// The file: what was different where is its prose.
pub(super) fn file(
    args: &Args,
    to: To,
    read: &[Read],
    differences: &[Vec<Change>],
    draft: &Reconciled,
    parents: Vec<String>,
) -> NewFile {
    let title = args.message.clone().unwrap_or_else(|| format!("Reconcile with {}", to.words()));
    let header = Header {
        // a name may have one in it, and it would end the comment
        prose: prose(&title, to, read, differences).trim_end().replace('\r', " "),
        irreversible: draft.irreversible.clone().map(unplaced),
        ..Header::default()
    };
    let body = Some((draft.up.clone(), draft.down.clone()));
    NewFile { title, id: args.id.clone(), parents, header, body }
}

/// What was different where.
fn prose(title: &str, to: To, read: &[Read], differences: &[Vec<Change>]) -> String {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d").to_string();
    let mut prose = format!(
        "{}\n\nBrings each database to the schema of {}. What was different on {today} (+ was missing, - was too much):\n",
        title.trim(),
        to.words()
    );
    for (it, changes) in read.iter().zip(differences) {
        prose += &format!("\n{}:\n", it.source.name);
        let mut lines = renames::lines(&it.source.renames) + &changes::tree(changes);
        if lines.is_empty() {
            lines = "nothing\n".to_owned();
        }
        lines.lines().for_each(|line| prose += &format!("  {line}\n"));
        if !it.no_roles.is_empty() {
            let names: Vec<&str> = it.no_roles.iter().map(|name| &**name).collect();
            prose += &format!("  roles that have to be there first: {}\n", names.join(", "));
        }
    }
    prose
}
