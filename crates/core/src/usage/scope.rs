//! The relations that a name in a query can stand for: one level for each SELECT or other statement around it.
//!
//! Knows names only; what they are is decided by who fills it.

/// What an item of FROM is, seen from what is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The watched table.
    Wanted,
    /// Another relation; whether it has a column of the watched name.
    Other {
        /// It has.
        has_column: bool,
    },
    /// A subquery, a function, a CTE: its columns are not known.
    Unknown,
}

/// One item of FROM, under the name that it has in the statement.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// Alias, or name.
    pub name: &'a str,
    /// What it is.
    pub kind: Kind,
}

/// The levels, the outermost first.
#[derive(Debug, Default)]
pub struct Scopes<'a>(Vec<Vec<Item<'a>>>);

impl<'a> Scopes<'a> {
    /// Goes into a statement.
    pub fn enter(&mut self, items: Vec<Item<'a>>) {
        self.0.push(items);
    }

    /// Leaves it.
    pub fn leave(&mut self) {
        self.0.pop();
    }

    /// Whether `*` here has the columns of the watched table.
    pub fn star(&self) -> bool {
        self.0.last().is_some_and(|items| items.iter().any(|it| it.kind == Kind::Wanted))
    }

    /// What a qualifier stands for: the nearest item of that name.
    pub fn alias(&self, name: &str) -> Option<Kind> {
        self.0.iter().rev().find_map(|items| items.iter().find(|it| it.name == name)).map(|it| it.kind)
    }

    /// Whether the unqualified name of the watched column can be the watched one here.
    pub fn column(&self) -> bool {
        for items in self.0.iter().rev() {
            if items.iter().any(|it| it.kind == Kind::Wanted) {
                return true;
            }
            if items.iter().any(|it| it.kind == (Kind::Other { has_column: true })) {
                return false;
            }
        }
        false
    }
}
