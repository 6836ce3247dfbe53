//! Types, enums and domains.

use cutover_sql::tree::{self, AlterDomainStmt, NodeEnum};

use super::{Break, Mode, Rel, Scan, Work};
use crate::effect::known::{Kind, TypeKind};

impl Work<'_> {
    pub(super) fn types(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::AlterDomainStmt(it) => self.alter_domain(it),
            NodeEnum::AlterEnumStmt(it) if !it.old_val.is_empty() => {
                let (schema, name) = tree::qualified(&it.type_name);
                let name = self.known.type_named(schema, name);
                self.breaks(Break::Renamed {
                    what: "enum value",
                    from: format!("{name}.{}", it.old_val),
                    to: it.new_val.clone(),
                });
            }
            _ => {}
        }
    }

    fn alter_domain(&mut self, it: &AlterDomainStmt) {
        let (schema, name) = tree::qualified(&it.type_name);
        let name = self.known.type_named(schema, name);
        let checks = match it.subtype.as_str() {
            "C" => match tree::boxed(it.def.as_deref()) {
                Some(NodeEnum::Constraint(constraint)) => !constraint.skip_validation,
                _ => true,
            },
            "O" => match self.known.type_of(&name).map(|it| &it.kind) {
                Some(TypeKind::Domain { not_null, .. }) => !not_null,
                Some(TypeKind::Enum(_) | TypeKind::Other) | None => true,
            },
            "V" => self.is_open(&name, &it.name),
            _ => false,
        };
        if !checks {
            return;
        }
        // a partitioned table has no rows, and a view none of its own
        let tables: Vec<Rel> = self
            .known
            .tables_with(&name)
            .into_iter()
            .map(|(table, _)| table.clone())
            .filter(|table| matches!(self.kind(table), Kind::Table | Kind::MaterializedView))
            .collect();
        for table in tables {
            self.lock(&table, Mode::Share);
            self.scan(&table, Scan::Domain);
        }
        if it.subtype != "V" {
            let what = format!("the new constraint of {name}");
            self.breaks(Break::Refuses { table: name, what });
        }
    }

    /// Whether a constraint of a domain is not known to hold everywhere.
    fn is_open(&self, domain: &Rel, constraint: &str) -> bool {
        match self.known.type_of(domain).map(|it| &it.kind) {
            // a constraint that is valid is looked at again all the same
            Some(TypeKind::Domain { constraints, .. }) => {
                constraints.iter().any(|(name, _)| name == constraint)
            }
            Some(TypeKind::Enum(_) | TypeKind::Other) | None => true,
        }
    }
}
