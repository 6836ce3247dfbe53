//! Differences as lines of evidence.

use cutover_core::diff::{Change, How};

use crate::schema::trial::{Fault, When};

/// How many objects of a fault are named.
const MOST: usize = 12;

/// What is not as it was.
pub fn fault(fault: &Fault) -> Vec<String> {
    let when = match fault.when {
        When::Down => "after the downgrade, beside before the upgrade",
        When::UpAgain => "after the second upgrade, beside after the first",
    };
    let mut lines = vec![format!("{when}:")];
    lines.extend(fault.changes.iter().take(MOST).flat_map(change));
    if fault.changes.len() > MOST {
        lines.push(format!("and {} more", fault.changes.len() - MOST));
    }
    lines.extend(fault.rows.iter().map(|(table, were, are)| match were == are {
        true => format!("~ rows of {table}: {were}, with other values"),
        false => format!("~ rows of {table}: {were} -> {are}"),
    }));
    lines
}

fn change(change: &Change) -> Vec<String> {
    match &change.how {
        How::Created => vec![format!("+ {} is left over", change.id)],
        How::Dropped => vec![format!("- {} is missing", change.id)],
        How::Altered { differences } => {
            differences.iter().map(|it| format!("~ {} {}", change.id, it.words())).collect()
        }
    }
}
