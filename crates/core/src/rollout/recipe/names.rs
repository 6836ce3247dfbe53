//! Names that a rollout makes up: within PostgreSQL's length, and nobody else's.

use std::collections::HashSet;

use super::{Refusal, Target};
use crate::catalog::{Id, Name};
use crate::object::table::Table;

/// The longest identifier, in bytes (`NAMEDATALEN - 1`).
pub const LONGEST: usize = 63;

/// The names of relations, and of the constraints of tables, that are taken.
#[derive(Clone, Debug)]
pub struct Names {
    relations: HashSet<(Name, Name)>,
    constraints: HashSet<(Name, Name, Name)>,
}

impl Names {
    /// Those of a target.
    pub fn of(target: &Target<'_>) -> Self {
        let objects = || target.catalog.objects().iter();
        let relations = objects()
            .flat_map(crate::object::Object::slots)
            .filter(|(space, ..)| *space == 'r')
            .map(|(_, namespace, name)| (namespace, name))
            .collect();
        let constraints = objects()
            .filter(|object| object.definition.as_constraint().is_some())
            .map(|object| (object.id.namespace.clone(), object.id.name.clone(), object.id.detail.clone()))
            .collect();
        Self { relations, constraints }
    }

    /// A new name for a relation in the namespace of a table: `name_after`, cut and numbered where it has to be.
    pub fn relation(&mut self, table: &Id, name: &str, after: &str) -> String {
        let free = |candidate: &str, set: &HashSet<(Name, Name)>| {
            !set.contains(&(table.namespace.clone(), candidate.into()))
        };
        let found = candidates(name, after).find(|c| free(c, &self.relations)).unwrap_or_default();
        self.relations.insert((table.namespace.clone(), found.as_str().into()));
        found
    }

    /// A new name for a constraint of a table; its index could have it as well.
    pub fn constraint(&mut self, table: &Id, name: &str, after: &str) -> String {
        let of = |candidate: &str| (table.namespace.clone(), table.name.clone(), Name::from(candidate));
        let found = candidates(name, after)
            .find(|c| {
                !self.constraints.contains(&of(c))
                    && !self.relations.contains(&(table.namespace.clone(), c.as_str().into()))
            })
            .unwrap_or_default();
        self.constraints.insert(of(&found));
        found
    }

    /// A name that no column of a table has.
    pub fn column(table: &Table, name: &str, after: &str) -> String {
        candidates(name, after).find(|c| table.column(c).is_none()).unwrap_or_default()
    }

    /// Whether a relation of that name is in the namespace of a table.
    pub fn has_relation(&self, table: &Id, name: &str) -> bool {
        self.relations.contains(&(table.namespace.clone(), name.into()))
    }

    /// Whether a table has a constraint of that name.
    pub fn has_constraint(&self, table: &Id, name: &str) -> bool {
        self.constraints.contains(&(table.namespace.clone(), table.name.clone(), name.into()))
    }
}

/// `name_new`, `name_new2`, ...; the name is cut so that the rest fits.
fn candidates(name: &str, after: &str) -> impl Iterator<Item = String> {
    (1..).map(move |number: u32| {
        let tail = if number == 1 { after.to_owned() } else { format!("{after}{number}") };
        let room = LONGEST - tail.len();
        let end = (0..=room.min(name.len())).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
        format!("{}{tail}", &name[..end])
    })
}

/// A single name that the user chose, as it is without quotes.
///
/// # Errors
/// When it is none, or longer than PostgreSQL keeps.
pub fn chosen(text: &str) -> Result<String, Refusal> {
    let parts = cutover_sql::ident::split_qualified(text).unwrap_or_default();
    let [name] = &parts[..] else {
        return Err(Refusal::new(format!("\"{text}\" is no name")).help(
            "write it as SQL does, with quotes where it needs them and without a schema: \"Order no\"",
        ));
    };
    if name.len() > LONGEST {
        return Err(Refusal::new(format!(
            "the name {name} has {} bytes, and PostgreSQL keeps {LONGEST}",
            name.len()
        ))
        .help("choose a shorter one"));
    }
    Ok(name.clone())
}
