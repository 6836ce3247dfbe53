//! Collations and conversions between encodings; statistics objects.

use cutover_sql::ident::quote_literal;
use serde::{Deserialize, Serialize};

use super::Define;
use super::ops::{Fit, Ops, Sides};
use super::routine::properties;
use crate::catalog::{Id, Name};

/// A collation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collation {
    /// `provider = icu` and so on, as SQL has them.
    pub properties: Vec<(Name, Name)>,
}

impl Define for Collation {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, format!("CREATE COLLATION {} ({})", id.path(), properties(&self.properties, ", ")));
    }
}

/// A conversion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// Whether it is the one that is taken by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_default: bool,
    /// The encoding of the source.
    pub from: Name,
    /// The encoding of the result.
    pub to: Name,
    /// Its function, as SQL has it.
    pub function: Name,
}

impl Define for Conversion {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let default = if self.is_default { "DEFAULT " } else { "" };
        let (from, to) = (quote_literal(&self.from), quote_literal(&self.to));
        ops.create(
            id,
            format!("CREATE {default}CONVERSION {} FOR {from} TO {to} FROM {}", id.path(), self.function),
        );
    }
}

/// A statistics object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// As `pg_get_statisticsobjdef` writes it.
    pub definition: Name,
    /// Its statistics target, when it was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<i32>,
    /// The table.
    pub table: Id,
}

impl Statistics {
    fn set_target(&self, id: &Id, ops: &mut Ops) {
        let target = self.target.unwrap_or(-1);
        ops.alter(id, "statistics target", format!("ALTER STATISTICS {} SET STATISTICS {target}", id.path()));
    }
}

impl Define for Statistics {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, &*self.definition);
        if self.target.is_some() {
            self.set_target(id, ops);
        }
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if self.definition != to.definition {
            return Fit::Anew;
        }
        if self.target != to.target {
            to.set_target(id, ops);
        }
        Fit::Altered
    }
}
