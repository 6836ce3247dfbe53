//! New names: what is told (`users.name=full_name`), what it means in a catalog, and the statements for it.

use cutover_sql::ident::{quote_ident, quote_literal};
use serde::Serialize;

use super::Action;
use crate::catalog::{Catalog, Id, Kind, Name, Thing};
use crate::object::Definition;
use crate::object::ops::Verb;

/// Something gets another name and is what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rename {
    /// An object, to another name or namespace.
    Object {
        /// What it is called.
        from: Id,
        /// What it will be called.
        to: Id,
    },
    /// A column, or an attribute of a composite type.
    Column {
        /// The table, view or type.
        of: Id,
        /// What it is called.
        from: Name,
        /// What it will be called.
        to: Name,
    },
    /// A value of an enum.
    Value {
        /// The enum.
        of: Id,
        /// What it is called.
        from: Name,
        /// What it will be called.
        to: Name,
    },
}

/// What somebody says of a rename. Names are parts: namespace, table, column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// What it is called.
    pub from: Vec<String>,
    /// What it will be called; the last part alone is enough.
    pub to: Vec<String>,
}

/// Why a wish means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    /// Not of the form `OLD=NEW`.
    #[error("\"{0}\" is not of the form OLD=NEW")]
    Form(String),
    /// What is there has no such thing.
    #[error("there is no {0} that could be renamed")]
    NoOld(String),
    /// What is wanted has no such thing.
    #[error("{old} is there, but what is wanted has no {new}")]
    NoNew {
        /// What is there.
        old: String,
        /// What was looked for.
        new: String,
    },
    /// The new name is another one's, still.
    #[error("{old} cannot be called {new}: that name is taken")]
    Taken {
        /// What is there.
        old: String,
        /// The new name.
        new: String,
        /// What is meant.
        rename: Box<Rename>,
    },
    /// It names several things.
    #[error("\"{old}\" can be {}", .meant.join(" or "))]
    Several {
        /// What was written.
        old: String,
        /// What it can be.
        meant: Vec<String>,
    },
}

impl Wish {
    /// Reads `OLD=NEW`. Names are taken as they are; double quotes are for names with dots in them.
    ///
    /// # Errors
    /// When there is no `=`, or a name is empty.
    pub fn parse(text: &str) -> Result<Self, RenameError> {
        let form = || RenameError::Form(text.to_owned());
        let mut sides = split(text, '=').into_iter();
        let (Some(from), Some(to), None) = (sides.next(), sides.next(), sides.next()) else {
            return Err(form());
        };
        let (from, to) = (Self::parts(&from), Self::parts(&to));
        if from.iter().chain(&to).any(String::is_empty) { Err(form()) } else { Ok(Self { from, to }) }
    }

    /// The parts of a dotted name.
    pub fn parts(text: &str) -> Vec<String> {
        let clean = |part: String| {
            let part = part.trim();
            match part.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(inner) => inner.replace("\"\"", "\""),
                None => part.to_owned(),
            }
        };
        split(text, '.').into_iter().map(clean).collect()
    }

    /// What it means between two catalogs.
    ///
    /// # Errors
    /// When it is nothing, or more than one thing.
    pub fn resolve(&self, from: &Catalog, to: &Catalog) -> Result<Rename, RenameError> {
        let mut there = Vec::new();
        for object in from.objects() {
            let id = &object.id;
            if is_called(id, &self.from) && can_be_renamed(id.kind) {
                there.push(self.object(id));
            }
            let Some((last, of)) = self.from.split_last() else { continue };
            if id.kind.is_part_of_table() || !is_called(id, of) {
                continue;
            }
            let (old, new) = (Name::from(last.as_str()), self.new_name());
            if columns(&object.definition).any(|name| *name == old) {
                there.push(Rename::Column { of: id.clone(), from: old, to: new });
            } else if let Definition::Enum(it) = &object.definition
                && it.labels.contains(&old)
            {
                there.push(Rename::Value { of: id.clone(), from: old, to: new });
            }
        }
        let wanted: Vec<&Rename> = there.iter().filter(|rename| rename.back().is_in(to)).collect();
        match (wanted.as_slice(), there.first()) {
            ([one], _) if one.back().is_in(from) => {
                let (old, new) = (one.old(), one.new_name());
                Err(RenameError::Taken { old, new, rename: Box::new((*one).clone()) })
            }
            ([one], _) => Ok((*one).clone()),
            ([], None) => Err(RenameError::NoOld(self.from.join("."))),
            ([], Some(first)) => Err(RenameError::NoNew { old: first.old(), new: self.to.join(".") }),
            (several, _) => {
                let meant = several.iter().map(|it| it.old()).collect();
                Err(RenameError::Several { old: self.from.join("."), meant })
            }
        }
    }

    fn new_name(&self) -> Name {
        self.to.last().map_or("", String::as_str).into()
    }

    /// The rename of an object; what stands on a table stays there.
    fn object(&self, id: &Id) -> Rename {
        let mut to = id.clone();
        if id.kind.is_part_of_table() {
            to.detail = self.new_name();
        } else {
            to.name = self.new_name();
            if let [namespace, _] = self.to.as_slice() {
                to.namespace = namespace.as_str().into();
            }
        }
        Rename::Object { from: id.clone(), to }
    }
}

impl Rename {
    /// Whether a catalog has what is renamed, by its old name.
    fn is_in(&self, catalog: &Catalog) -> bool {
        match self {
            Self::Object { from, .. } => catalog.get(from).is_some(),
            Self::Column { of, from, .. } => {
                catalog.definition(of).is_some_and(|it| columns(it).any(|name| name == from))
            }
            Self::Value { of, from, .. } => {
                matches!(catalog.definition(of), Some(Definition::Enum(it)) if it.labels.contains(from))
            }
        }
    }

    /// Whether these parts name what is renamed, by its old name.
    pub fn is_called(&self, parts: &[String]) -> bool {
        match self {
            Self::Object { from, .. } => is_called(from, parts),
            Self::Column { of, from, .. } | Self::Value { of, from, .. } => {
                parts.split_last().is_some_and(|(last, of_parts)| **from == **last && is_called(of, of_parts))
            }
        }
    }

    /// The other way.
    #[must_use]
    pub fn back(&self) -> Self {
        match self.clone() {
            Self::Object { from, to } => Self::Object { from: to, to: from },
            Self::Column { of, from, to } => Self::Column { of, from: to, to: from },
            Self::Value { of, from, to } => Self::Value { of, from: to, to: from },
        }
    }

    /// The same to another name, for a while: two things exchange their names.
    #[must_use]
    pub fn aside(mut self, name: &str) -> Self {
        match &mut self {
            Self::Object { to, .. } if to.kind.is_part_of_table() => to.detail = name.into(),
            Self::Object { to, .. } => to.name = name.into(),
            Self::Column { to, .. } | Self::Value { to, .. } => *to = name.into(),
        }
        self
    }

    /// Its object as it is called before.
    pub fn id(&self) -> &Id {
        match self {
            Self::Object { from, .. } => from,
            Self::Column { of, .. } | Self::Value { of, .. } => of,
        }
    }

    /// What it is called, for people: `column shop.users.name`.
    pub fn old(&self) -> String {
        match self {
            Self::Object { from, .. } => from.to_string(),
            Self::Column { of, from, .. } => format!("column {}.{}", of.path(), quote_ident(from)),
            Self::Value { of, from, .. } => format!("value {} of {of}", quote_literal(from)),
        }
    }

    /// What it will be called: the name, with the namespace where that is another.
    pub fn new_name(&self) -> String {
        match self {
            Self::Object { from, to } if from.namespace != to.namespace => to.path(),
            Self::Object { to, .. } => to.own_name(),
            Self::Column { to, .. } => quote_ident(to).into_owned(),
            Self::Value { to, .. } => quote_literal(to),
        }
    }

    /// As `--rename` takes it.
    pub fn wish(&self) -> String {
        let part = |name: &Name| {
            if name.contains(['.', '=', '"']) {
                format!("\"{}\"", name.replace('"', "\"\""))
            } else {
                name.to_string()
            }
        };
        let path = |id: &Id| {
            let mut parts = vec![&id.namespace, &id.name];
            if id.kind.is_part_of_table() {
                parts.push(&id.detail);
            }
            parts.retain(|name| !name.is_empty() && ***name != *"public");
            parts.into_iter().map(part).collect::<Vec<_>>().join(".")
        };
        match self {
            Self::Object { from, to } if from.kind.is_part_of_table() => {
                format!("{}={}", path(from), part(&to.detail))
            }
            Self::Object { from, to } => format!("{}={}", path(from), path(to)),
            Self::Column { of, from, to } | Self::Value { of, from, to } => {
                format!("{}.{}={}", path(of), part(from), part(to))
            }
        }
    }

    /// The statements. They take ACCESS EXCLUSIVE for a moment (an index SHARE UPDATE EXCLUSIVE) and touch no row.
    pub fn statements(&self) -> Vec<String> {
        match self {
            Self::Object { from, to } if from.kind == Kind::Constraint => {
                let (path, old) = (from.path(), quote_ident(&from.detail));
                vec![format!("ALTER TABLE {path} RENAME CONSTRAINT {old} TO {}", quote_ident(&to.detail))]
            }
            Self::Object { from, to } => {
                let mut statements = Vec::new();
                let noun = from.kind.noun();
                let mut here = from.clone();
                if from.namespace != to.namespace {
                    let namespace = quote_ident(&to.namespace);
                    statements.push(format!("ALTER {noun} {} SET SCHEMA {namespace}", from.address()));
                    here.namespace = to.namespace.clone();
                }
                if from.own_name() != to.own_name() {
                    statements.push(format!("ALTER {noun} {} RENAME TO {}", here.address(), to.own_name()));
                }
                statements
            }
            Self::Column { of, from, to } => {
                let (word, tail) = match of.kind {
                    // the tables of the type go along
                    Kind::Composite => ("ATTRIBUTE", " CASCADE"),
                    _ => ("COLUMN", ""),
                };
                // a view has no RENAME COLUMN of its own before 13
                let noun = if of.kind == Kind::View { "TABLE" } else { of.kind.noun() };
                let path = of.path();
                let (from, to) = (quote_ident(from), quote_ident(to));
                vec![format!("ALTER {noun} {path} RENAME {word} {from} TO {to}{tail}")]
            }
            Self::Value { of, from, to } => {
                let (from, to) = (quote_literal(from), quote_literal(to));
                vec![format!("ALTER TYPE {} RENAME VALUE {from} TO {to}", of.path())]
            }
        }
    }

    /// It as an action of a plan.
    pub fn action(&self) -> Action {
        Action {
            verb: Verb::Alter,
            title: format!("rename {} to {}", self.old(), self.new_name()),
            statements: self.statements(),
            loss: None,
            object: self.id().to_string(),
            thing: Thing::whole(self.id()),
        }
    }
}

/// Columns, and attributes of composite types.
pub fn columns(definition: &Definition) -> impl Iterator<Item = &Name> {
    let attributes = if let Definition::Composite(it) = definition { it.attributes.as_slice() } else { &[] };
    definition.columns().iter().map(|column| &column.name).chain(attributes.iter().map(|it| &it.name))
}

/// Whether PostgreSQL can rename a kind.
fn can_be_renamed(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Extension
            | Kind::AccessMethod
            | Kind::Cast
            | Kind::Transform
            | Kind::UserMapping
            | Kind::DefaultPrivileges
            | Kind::Operator
    )
}

/// Whether parts of a name are an object's: what is left out in front may be anything.
fn is_called(id: &Id, parts: &[String]) -> bool {
    let mut names: Vec<&str> = vec![&id.namespace, &id.name];
    if id.kind.is_part_of_table() {
        names.push(&id.detail);
    }
    let least = if id.kind.is_part_of_table() { 2 } else { 1 };
    let start = names.len().checked_sub(parts.len());
    parts.len() >= least && start.is_some_and(|start| names[start..].iter().zip(parts).all(|(a, b)| a == b))
}

/// Splits at a character that is not between double quotes.
fn split(text: &str, at: char) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        match pieces.last_mut() {
            Some(last) if c != at || quoted => last.push(c),
            _ => pieces.push(String::new()),
        }
    }
    pieces
}
