//! One file of the folder: whose rules it follows, its number, its words, and what part it plays.
//!
//! Only this file's name and text count here; what it goes with is found in `pair`.

use super::number::Number;
use super::{Layout, Source, dbmate, drizzle, flyway, goose, marked, plain};

/// What part a file plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A change, and where its way back is in the same file, that too.
    Forward,
    /// The way back of another file. Some names say so only when there is such a file: `005_shut_down.sql`.
    Back {
        /// Whether the name says so by itself.
        is_sure: bool,
    },
    /// It runs again whenever it was edited.
    Repeatable,
    /// It stands for all changes up to its number.
    Baseline,
    /// It looks whether a change was done.
    Verify,
    /// Its tool runs it before or after others.
    Callback,
}

/// A file of the folder.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its path.
    pub path: String,
    /// Its text, without a byte order mark.
    pub text: String,
    /// Whose rules it follows.
    pub style: Layout,
    /// Its number.
    pub number: Option<Number>,
    /// The words of its name behind the number, in lower case, with `_` between them, without those of its role.
    pub slug: String,
    /// The words of its name behind the number, as they are.
    pub message: String,
    /// What part it plays.
    pub role: Role,
    /// The folder that it is in, but for folders that only say the role.
    pub group: String,
    /// Its place, where something other than its name says it.
    pub rank: Option<usize>,
    /// What its tool calls it, where that is not in its name.
    pub called: Option<String>,
}

/// What a file's name says.
pub(super) struct Named {
    pub number: Option<Number>,
    /// The words behind the number, without those of the role.
    pub words: String,
    /// All words behind the number.
    pub message: String,
    pub role: Role,
    pub group: String,
}

/// Reads one file; nothing when it is no SQL.
pub(super) fn entry(source: &Source) -> Option<Entry> {
    let (folder, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let stem = stem(file)?;
    let text = source.text.trim_start_matches('\u{feff}').to_owned();
    let (style, named) = if let Some(named) = flyway::name(folder, stem) {
        (Layout::Flyway, named)
    } else {
        let named = plain::name(folder, stem);
        let style = match () {
            () if dbmate::is_one(&text) => Layout::Dbmate,
            () if goose::is_one(&text) => Layout::Goose,
            () if is_golang_migrate(stem, &named) => Layout::GolangMigrate,
            () if is_prisma(&source.path) => Layout::Prisma,
            () if drizzle::is_one(&text) => Layout::Drizzle,
            () => Layout::Plain,
        };
        (style, named)
    };
    // both ways are in these files, whatever the name says
    let role = match style {
        Layout::Dbmate | Layout::Goose | Layout::Prisma | Layout::Drizzle => Role::Forward,
        Layout::Plain if marked::is_one(&text) => Role::Forward,
        Layout::Plain | Layout::Flyway | Layout::GolangMigrate => named.role,
    };
    let Named { number, words, message, group, .. } = named;
    let path = source.path.clone();
    let (slug, message) = (slug(&words), sentence(&message));
    Some(Entry { path, text, style, number, slug, message, role, group, rank: None, called: None })
}

/// The name of an SQL file without its ending.
pub(super) fn stem(file: &str) -> Option<&str> {
    let (stem, ending) = file.rsplit_once('.')?;
    let is_sql = ["sql", "pgsql", "psql", "ddl"].iter().any(|it| ending.eq_ignore_ascii_case(it));
    (is_sql && !stem.is_empty()).then_some(stem)
}

/// <https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md>: `{version}_{title}.up.{extension}`.
fn is_golang_migrate(stem: &str, named: &Named) -> bool {
    named.number.is_some() && (stem.ends_with(".up") || stem.ends_with(".down"))
}

/// <https://www.prisma.io/docs/orm/prisma-migrate/understanding-prisma-migrate/migration-histories>
fn is_prisma(path: &str) -> bool {
    path.ends_with("/migration.sql") && plain::change_name(path).is_some()
}

/// Words in lower case with `_` between them.
pub(super) fn slug(words: &str) -> String {
    let parts = words.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty());
    parts.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// Words as they are, with blanks between them.
fn sentence(words: &str) -> String {
    let parts = words.split(['_', '-', '.', ' ']).filter(|it| !it.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, text: &str) -> String {
        let Some(it) = entry(&Source { path: path.into(), text: text.into() }) else {
            return "nothing".into();
        };
        let number = it.number.map(|it| it.written).unwrap_or_default();
        format!("{:?} {:?} {number} {} [{}] in '{}'", it.style, it.role, it.slug, it.message, it.group)
    }

    #[test]
    fn names_say_what_a_file_is() {
        let table = [
            ("001_add_users.sql", "Plain Forward 001 add_users [add users] in ''"),
            (
                "001_add_users_ROLLBACK.sql",
                "Plain Back { is_sure: true } 001 add_users [add users ROLLBACK] in ''",
            ),
            ("rollback_001_x.sql", "Plain Back { is_sure: true } 001 x [x] in ''"),
            ("001_x.rollback.sql", "Plain Back { is_sure: true } 001 x [x] in ''"),
            ("001_x_undo.sql", "Plain Back { is_sure: true } 001 x [x undo] in ''"),
            ("001-x-revert.sql", "Plain Back { is_sure: true } 001 x [x revert] in ''"),
            ("005_shut_down.sql", "Plain Back { is_sure: false } 005 shut [shut down] in ''"),
            ("001_x.down.sql", "GolangMigrate Back { is_sure: true } 001 x [x] in ''"),
            ("001_x.up.sql", "GolangMigrate Forward 001 x [x] in ''"),
            ("db/up/3-y.SQL", "Plain Forward 3 y [y] in 'db'"),
            ("db/down/3-y.sql", "Plain Back { is_sure: true } 3 y [y] in 'db'"),
            ("Rollback/3-y.sql", "Plain Back { is_sure: true } 3 y [y] in ''"),
            ("2024-01-05-x.sql", "Plain Forward 2024-01-05 x [x] in ''"),
            ("v2_x.sql", "Plain Forward 2 x [x] in ''"),
            ("table2_x.sql", "Plain Forward  table2_x [table2 x] in ''"),
            ("V1__Add_users.sql", "Flyway Forward 1 add_users [Add users] in ''"),
            ("V1_1__x.sql", "Flyway Forward 1.1 x [x] in ''"),
            ("V1.1__x.sql", "Flyway Forward 1.1 x [x] in ''"),
            ("U1__x.sql", "Flyway Back { is_sure: true } 1 x [x] in ''"),
            ("R__views.sql", "Flyway Repeatable  views [views] in ''"),
            ("B5__x.sql", "Flyway Baseline 5 x [x] in ''"),
            ("afterMigrate__grants.sql", "Flyway Callback  grants [grants] in ''"),
            ("2024-01-05-103000_users/up.sql", "Plain Forward 2024-01-05-103000 users [users] in ''"),
            (
                "m/2024-01-05-103000_users/down.sql",
                "Plain Back { is_sure: true } 2024-01-05-103000 users [users] in 'm'",
            ),
            ("20240105103000_x/migration.sql", "Prisma Forward 20240105103000 x [x] in ''"),
            ("README.md", "nothing"),
            (".sql", "nothing"),
        ];
        for (path, expected) in table {
            assert_eq!(told(path, "SELECT 1"), expected, "{path}");
        }
    }

    #[test]
    fn texts_say_whose_they_are() {
        assert!(told("1_x_down.sql", "-- migrate:up\n-- migrate:down").starts_with("Dbmate Forward 1"));
        assert!(told("1_x.sql", "\u{feff}-- +goose Up\r\nSELECT 1;").starts_with("Goose Forward 1"));
        assert!(told("1_x.sql", "SELECT '-- migrate:up'").starts_with("Plain"));
        let text = "SELECT 1;--> statement-breakpoint\nSELECT 2;";
        assert!(told("0001_sharp_rollback.sql", text).starts_with("Drizzle Forward 0001"));
    }
}
