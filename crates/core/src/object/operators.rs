//! Operators, their families and classes, casts and transforms.

use cutover_sql::ident::quote_ident;
use serde::{Deserialize, Serialize};

use super::Define;
use super::ops::{Fit, Ops, Sides};
use super::routine::properties;
use crate::catalog::{Id, Name};

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// `FUNCTION = …` and so on; a word without a value is a flag.
    pub properties: Vec<(Name, Name)>,
}

impl Operator {
    fn get(&self, name: &str) -> Option<&Name> {
        self.properties.iter().find(|(other, _)| **other == *name).map(|(_, value)| value)
    }
}

impl Define for Operator {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let name = format!("{}.{}", quote_ident(&id.namespace), id.name);
        let properties = properties(&self.properties, ",\n    ");
        ops.create(id, format!("CREATE OPERATOR {name} (\n    {properties}\n)"));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        let fixed = |operator: &Self| {
            let list = operator.properties.iter().filter(|(name, _)| !matches!(&**name, "RESTRICT" | "JOIN"));
            list.cloned().collect::<Vec<_>>()
        };
        if fixed(self) != fixed(to) {
            return Fit::Anew;
        }
        for name in ["RESTRICT", "JOIN"] {
            if self.get(name) != to.get(name) {
                let value = to.get(name).map_or("NONE", |value| value);
                let sql = format!("ALTER OPERATOR {} SET ({name} = {value})", id.address());
                ops.alter(id, "estimator", sql);
            }
        }
        Fit::Altered
    }
}

/// An operator family, with the members that no class of it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorFamily {
    /// `OPERATOR 1 …`, `FUNCTION 1 (…) …`: what adds each, and the words that drop it.
    pub members: Vec<(Name, Name)>,
}

impl OperatorFamily {
    fn add(members: &[&(Name, Name)], id: &Id, ops: &mut Ops) {
        if !members.is_empty() {
            let items: Vec<&str> = members.iter().map(|(add, _)| &**add).collect();
            let sql = format!("ALTER OPERATOR FAMILY {} ADD\n    {}", id.address(), items.join(",\n    "));
            ops.alter(id, "members", sql);
        }
    }
}

impl Define for OperatorFamily {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, format!("CREATE OPERATOR FAMILY {}", id.address()));
        Self::add(&self.members.iter().collect::<Vec<_>>(), id, ops);
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        let gone: Vec<&str> = self
            .members
            .iter()
            .filter(|member| !to.members.contains(member))
            .map(|(_, drop)| &**drop)
            .collect();
        if !gone.is_empty() {
            ops.alter(
                id,
                "members",
                format!("ALTER OPERATOR FAMILY {} DROP\n    {}", id.address(), gone.join(",\n    ")),
            );
        }
        Self::add(
            &to.members.iter().filter(|member| !self.members.contains(member)).collect::<Vec<_>>(),
            id,
            ops,
        );
        Fit::Altered
    }
}

/// An operator class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorClass {
    /// Whether it is the type's default.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_default: bool,
    /// The type that it is for.
    #[serde(rename = "type")]
    pub data_type: Name,
    /// Its family, as SQL has it.
    pub family: Name,
    /// `OPERATOR 1 …`, `FUNCTION 1 (…) …`, `STORAGE …`.
    pub members: Vec<Name>,
}

impl Define for OperatorClass {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let default = if self.is_default { " DEFAULT" } else { "" };
        let (path, method) = (id.path(), quote_ident(&id.detail));
        let members = self.members.join(",\n    ");
        let (data_type, family) = (&self.data_type, &self.family);
        let start = format!(
            "CREATE OPERATOR CLASS {path}{default} FOR TYPE {data_type} USING {method} FAMILY {family}"
        );
        ops.create(id, format!("{start} AS\n    {members}"));
    }
}

/// A cast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cast {
    /// `WITH FUNCTION …`, `WITHOUT FUNCTION`, `WITH INOUT`, and where it is used by itself.
    pub definition: Name,
}

impl Define for Cast {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, format!("CREATE CAST {} {}", id.address(), self.definition));
    }
}

/// A transform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transform {
    /// `(FROM SQL WITH FUNCTION …, TO SQL WITH FUNCTION …)`.
    pub definition: Name,
}

impl Define for Transform {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, format!("CREATE TRANSFORM {} {}", id.address(), self.definition));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if self != to {
            ops.alter(
                id,
                "functions",
                format!("CREATE OR REPLACE TRANSFORM {} {}", id.address(), to.definition),
            );
        }
        Fit::Altered
    }
}
