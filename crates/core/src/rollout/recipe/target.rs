//! What a recipe may ask of the target: its catalog, and how to refuse.

use cutover_sql::nearest::nearest;

use crate::catalog::{Catalog, Id, Kind};
use crate::object::Definition;
use crate::object::column::Column;
use crate::object::constraint::{Constraint, ConstraintKind};
use crate::object::index::Index;
use crate::object::table::Table;

/// The schema that a rollout is written for.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// All that is in it, before the rollout.
    pub catalog: &'a Catalog,
    /// The major version of the server.
    pub major: u32,
}

/// Why a recipe cannot do it, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// The reason.
    pub why: String,
    /// The next step.
    pub help: Option<String>,
}

impl Refusal {
    /// A reason.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), help: None }
    }

    /// With what to do instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl<'a> Target<'a> {
    /// A table by its name as SQL has it (`shop."Order"`); without a namespace it is looked for in public, then
    /// everywhere, where it must be the only one.
    ///
    /// # Errors
    /// When there is none, with the nearest name, or several.
    pub fn table(&self, name: &str) -> Result<(&'a Id, &'a Table), Refusal> {
        let parts = parts(name)?;
        let tables = || self.catalog.objects().iter().filter(|object| object.id.kind == Kind::Table);
        let fits = |id: &Id| match &parts[..] {
            [table] => *id.name == **table,
            [namespace, table] => *id.namespace == **namespace && *id.name == **table,
            _ => false,
        };
        let mut found: Vec<_> = tables().filter(|object| fits(&object.id)).collect();
        if found.len() > 1 {
            found.retain(|object| &*object.id.namespace == "public");
        }
        match found[..] {
            [object] => match &object.definition {
                Definition::Table(table) => Ok((&object.id, table)),
                _ => Err(Refusal::new(format!("{name} is no table"))),
            },
            [] => {
                let refusal = Refusal::new(format!("there is no table {name}"));
                let last = parts.last().map(String::as_str).unwrap_or_default();
                Err(match nearest(last, tables().map(|object| &*object.id.name)) {
                    Some(near) => refusal.help(format!("did you mean {near}?")),
                    None => refusal.help("name it as SQL does, with its schema: shop.orders"),
                })
            }
            _ => Err(Refusal::new(format!("there are several tables {name}"))
                .help("name it with its schema: shop.orders")),
        }
    }

    /// A column of a table by its name as SQL has it.
    ///
    /// # Errors
    /// When there is none, with the nearest name.
    pub fn column(&self, id: &Id, table: &'a Table, name: &str) -> Result<&'a Column, Refusal> {
        let [name] = &parts(name)?[..] else {
            return Err(Refusal::new(format!("{name} is no column's name")));
        };
        table.column(name).ok_or_else(|| {
            let refusal = Refusal::new(format!("table {} has no column {name}", id.path()));
            match nearest(name, table.columns.iter().map(|c| &*c.name)) {
                Some(near) => refusal.help(format!("did you mean {near}?")),
                None => refusal,
            }
        })
    }

    /// `TABLE.COLUMN`, `SCHEMA.TABLE.COLUMN`, as SQL has it.
    ///
    /// # Errors
    /// When either is not there.
    pub fn table_column(&self, name: &str) -> Result<(&'a Id, &'a Table, &'a Column), Refusal> {
        let mut parts = parts(name)?;
        let column = parts.pop().unwrap_or_default();
        if parts.is_empty() {
            return Err(
                Refusal::new(format!("{name} does not say the table")).help(format!("write TABLE.{name}"))
            );
        }
        let (id, table) = self.table(&cutover_sql::ident::qualified(&parts))?;
        let column = self.column(id, table, &cutover_sql::ident::quote_ident(&column))?;
        Ok((id, table, column))
    }

    /// The constraints of a table, by name.
    pub fn constraints(&self, table: &Id) -> impl Iterator<Item = (&'a Id, &'a Constraint)> {
        let table = table.clone();
        self.catalog.objects().iter().filter_map(move |object| match &object.definition {
            Definition::Constraint(it) if object.belongs_to().as_ref() == Some(&table) => {
                Some((&object.id, &**it))
            }
            _ => None,
        })
    }

    /// The indexes of a table that no constraint owns, by name.
    pub fn indexes(&self, table: &Id) -> impl Iterator<Item = (&'a Id, &'a Index)> {
        let table = table.clone();
        self.catalog.objects().iter().filter_map(move |object| match &object.definition {
            Definition::Index(it) if it.table == table => Some((&object.id, &**it)),
            _ => None,
        })
    }

    /// Foreign keys of any table that refer to this one.
    pub fn referring(&self, table: &Id) -> impl Iterator<Item = (&'a Id, &'a Constraint)> {
        let table = table.clone();
        self.catalog.objects().iter().filter_map(move |object| match &object.definition {
            Definition::Constraint(it)
                if it.kind == ConstraintKind::ForeignKey && it.references.as_ref() == Some(&table) =>
            {
                Some((&object.id, &**it))
            }
            _ => None,
        })
    }
}

/// A name as SQL has it, as its parts.
fn parts(name: &str) -> Result<Vec<String>, Refusal> {
    cutover_sql::ident::split_qualified(name).ok_or_else(|| {
        Refusal::new(format!("\"{name}\" is no name")).help("quote it as SQL does: shop.\"Order\"")
    })
}
