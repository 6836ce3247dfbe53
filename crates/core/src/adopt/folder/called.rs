//! What a tool calls a change in the table in which it keeps what it ran: a version, the name of a file or folder, a time.
//!
//! What such a table says is read elsewhere, see `adopt::told`.

use super::Layout;
use super::entry::{Entry, Role};
use super::plain::change_name;
use crate::adopt::told::version;

/// The name; nothing for a file that is not the tool's.
pub(super) fn name(entry: &Entry, layout: Layout) -> Option<String> {
    if entry.style != layout {
        return None;
    }
    let file = entry.path.rsplit('/').next().unwrap_or(&entry.path);
    let number = || entry.number.as_ref().map(|it| version(&it.written));
    match layout {
        Layout::Plain => None,
        Layout::Flyway if entry.role == Role::Repeatable => Some(file.to_owned()),
        Layout::Flyway | Layout::GolangMigrate | Layout::Goose => number(),
        // only the digits at the front count
        Layout::Dbmate => Some(version(file.split(|c: char| !c.is_ascii_digit()).next()?)),
        Layout::Prisma => change_name(&entry.path).map(str::to_owned),
        Layout::Drizzle => entry.called.clone(),
    }
}
