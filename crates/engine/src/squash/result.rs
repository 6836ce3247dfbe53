//! What a stretch leads to: the difference between the schema before and after it as DDL, and the rows that it leaves behind.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutover_core::catalog::{Catalog, Kind};
use cutover_core::diff::{self, Action, Options};
use cutover_core::object::Definition;
use cutover_core::object::ops::{Loss, Verb};
use cutover_core::revision::stretch::Stretch;

use super::{Draft, SquashError, Way, rows};
use crate::schema::rename::{Answer, Told};
use crate::schema::{Wanted, Workshop};

/// What is compared, and written: all of it.
pub(super) fn everything(plain: bool) -> Options {
    Options { grants: true, owners: true, plain }
}

/// Writes it.
///
/// # Errors
/// For rows that no result says.
pub(super) async fn result(
    stretch: &Stretch,
    renames: &[diff::Wish],
    way: Way<'_>,
    workshop: &Workshop,
) -> Result<Draft, SquashError> {
    let Way { before, after, volatile, user } = way;
    let rows = rows::left_behind(stretch, before, after, &volatile)?;
    let from_nothing = stretch.below.is_empty();
    let options = Options { owners: has_other_owner(&after.catalog, &user), ..everything(from_nothing) };
    let wanted = Wanted::whole(after.catalog.clone()).hinted(renames.to_vec());
    let here = Arc::new(before.catalog.clone());
    let mut ask = |_: &diff::Candidate| Answer::Dropped;
    let settled = workshop.settle(Arc::clone(&here), &wanted, &Told::default(), &options, &mut ask).await?;
    let up = anybodys(settled.up(&options), &user);
    if let Some(lost) = up.iter().find(|action| loses_renamed(action, renames)) {
        return Err(SquashError::Renamed(lost.title.trim_start_matches("drop ").to_owned()));
    }
    let down = anybodys(workshop.way_back(&settled, &here, &options).await?, &user);
    // rows that were there may refer to the new ones
    let (late, up): (Vec<Action>, Vec<Action>) = match from_nothing {
        true => (Vec::new(), up),
        false => late(up),
    };
    let mut text = sections(&after.catalog, &up) + &rows::insert_text(before, after, &rows);
    if !late.is_empty() {
        text += &format!("\n{}", sections(&before.catalog, &late));
    }
    Ok(Draft {
        up: text,
        down: rows::delete_text(before, &rows) + &sections(&before.catalog, &down),
        rows: rows.iter().map(|it| (it.table.path(), it.rows.len())).collect(),
        volatile: rows::kept(&rows, volatile),
    })
}

fn has_other_owner(catalog: &Catalog, own: &str) -> bool {
    let owned = catalog.objects().iter().filter(|object| object.id.kind.facts().is_owned);
    owned
        .map(|object| &*object.common.owner.0)
        .any(|owner| !owner.is_empty() && owner != own && owner != "pg_database_owner")
}

/// Without what names the role of the scratch server: elsewhere it is whoever runs the revision.
fn anybodys(actions: Vec<Action>, own: &str) -> Vec<Action> {
    let own = cutover_sql::ident::quote_ident(own).into_owned();
    let (owner, default) = (format!(" OWNER TO {own}"), format!("ALTER DEFAULT PRIVILEGES FOR ROLE {own} "));
    let mut kept = Vec::new();
    for mut action in actions {
        action.statements.retain(|sql| !sql.ends_with(&owner));
        for sql in &mut action.statements {
            if let Some(rest) = sql.strip_prefix(&default) {
                *sql = format!("ALTER DEFAULT PRIVILEGES {rest}");
            }
        }
        if !action.statements.is_empty() {
            kept.push(action);
        }
    }
    kept
}

/// The foreign keys, and what is said of them, apart from the rest.
fn late(actions: Vec<Action>) -> (Vec<Action>, Vec<Action>) {
    let is_key = |action: &&Action| action.statements.iter().any(|sql| sql.contains(" FOREIGN KEY "));
    let is_alone = |action: &&Action| action.object.starts_with("constraint ");
    let keys: BTreeSet<String> =
        actions.iter().filter(is_alone).filter(is_key).map(|action| action.object.clone()).collect();
    actions.into_iter().partition(|action| keys.contains(&action.object) && action.verb != Verb::Drop)
}

/// Whether an action drops what the files rename.
fn loses_renamed(action: &Action, renames: &[diff::Wish]) -> bool {
    let is_of = |wish: &diff::Wish| {
        let name = cutover_sql::ident::qualified(&wish.from);
        action.title.ends_with(&format!(" {name}")) || action.title.ends_with(&format!(".{name}"))
    };
    action.loss == Some(Loss::Data) && renames.iter().any(is_of)
}

/// The statements. What scans a table gets a transaction of its own, so that nothing is locked meanwhile.
fn sections(catalog: &Catalog, actions: &[Action]) -> String {
    let has_code = catalog.objects().iter().any(|object| {
        matches!(object.definition, Definition::Routine(_)) && object.id.kind != Kind::Aggregate
    });
    // bodies may name what comes later
    let start = if has_code { "SET LOCAL check_function_bodies = off;\n\n" } else { "" };
    let text = format!("{start}{}", diff::script(actions));
    let scans = |line: &str| line.contains(" VALIDATE CONSTRAINT ") && line.starts_with("ALTER TABLE ");
    let mut out = String::new();
    for line in text.lines() {
        if scans(line) {
            out += "--@ sql\n";
        }
        out += line;
        out.push('\n');
    }
    out
}
