//! What a statement creates, alters, drops and uses, by name: why one file has to come before another.
//!
//! Bodies of functions in languages that the server does not look into are not looked into here either. What a name
//! means is not known, so it is compared without its schema where one side gives none.

mod walk;

use std::collections::BTreeSet;

use cutover_sql::tree::{self, NodeEnum};
use serde::Serialize;

use crate::adopt::script::Item;

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// A table, view, sequence, index.
    Relation,
    /// A column; its name stands alone.
    Column,
    /// A type or domain.
    Type,
    /// A function, procedure or aggregate.
    Routine,
    /// A schema.
    Schema,
    /// A role.
    Role,
    /// An extension.
    Extension,
}

/// An object as it is named in a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Named {
    /// What it is.
    pub sort: Sort,
    /// Its schema, where that was written.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

impl Named {
    fn of(sort: Sort, (schema, name): (Option<&str>, &str)) -> Self {
        Self { sort, schema: schema.map(str::to_owned), name: name.to_owned() }
    }

    /// Whether both may be the same object. A table is also the type of its rows.
    pub fn may_be(&self, other: &Self) -> bool {
        let sorts = [self.sort, other.sort];
        let is_sort = self.sort == other.sort || sorts == [Sort::Relation, Sort::Type];
        let is_schema = match (&self.schema, &other.schema) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        is_sort && is_schema && self.name == other.name
    }

    /// Whether it is a table, or named like one.
    pub fn is_relation(&self) -> bool {
        self.sort == Sort::Relation
    }

    /// For people: `mart.daily`.
    pub fn path(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What a statement names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Names {
    /// What is there after it and was not before.
    pub creates: BTreeSet<Named>,
    /// What it changes.
    pub alters: BTreeSet<Named>,
    /// What it drops.
    pub drops: BTreeSet<Named>,
    /// What has to be there.
    pub uses: BTreeSet<Named>,
}

impl Names {
    /// Whether it makes something of this name, as it stands in an error message: `mart.daily`, `rollout`.
    pub fn makes(&self, name: &str) -> bool {
        let last = name.rsplit('.').next().unwrap_or(name).trim_matches('"');
        self.creates.iter().any(|it| it.name == last)
    }
}

/// What all statements of a file name. What it creates itself it does not need.
pub fn of_items(items: &[Item]) -> Names {
    let mut all = Names::default();
    for (_, node) in items.iter().filter_map(Item::statement) {
        let one = of(node);
        all.uses.extend(one.uses.into_iter().filter(|used| !all.creates.iter().any(|it| it.may_be(used))));
        all.creates.extend(one.creates);
        all.alters.extend(one.alters);
        all.drops.extend(one.drops);
    }
    all
}

/// What a statement names.
pub fn of(node: &NodeEnum) -> Names {
    let mut names = Names::default();
    names.statement(node);
    tree::visit(node, &mut |node| match node {
        NodeEnum::RangeVar(it) => names.use_relation(Some(it)),
        NodeEnum::FuncCall(it) => names.use_name(Sort::Routine, tree::qualified(&it.funcname)),
        NodeEnum::TypeCast(it) => names.use_type(it.type_name.as_ref()),
        _ => {}
    });
    let creates = names.creates.clone();
    names.uses.retain(|used| !creates.contains(used));
    names
}

/// The roles that a statement needs.
pub fn roles(node: &NodeEnum) -> Vec<String> {
    let names = of(node);
    names.uses.into_iter().filter(|it| it.sort == Sort::Role).map(|it| it.name).collect()
}

/// The roles that a statement creates.
pub fn created_role(node: &NodeEnum) -> Option<&str> {
    match node {
        NodeEnum::CreateRoleStmt(it) => Some(&it.role),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use cutover_sql::span::Span;
    use cutover_sql::statement::parse_all;

    use super::*;

    fn names(sql: &str) -> Names {
        let all = parse_all(sql, Span::new(0, sql.len())).expect("it is SQL");
        of(&all[0].1)
    }

    fn shown(set: &BTreeSet<Named>) -> Vec<String> {
        set.iter().map(|it| format!("{:?} {}", it.sort, it.path())).collect()
    }

    #[test]
    fn a_table_needs_its_types_and_the_tables_it_refers_to() {
        let it =
            names("CREATE TABLE shop.item (id int REFERENCES shop.kind, path ltree, n int CHECK (ok(n)))");
        assert_eq!(shown(&it.creates)[0], "Relation shop.item");
        for used in ["Relation shop.kind", "Type ltree", "Routine ok", "Schema shop"] {
            assert!(shown(&it.uses).contains(&used.to_owned()), "{:?}", shown(&it.uses));
        }
    }

    #[test]
    fn a_grant_needs_its_role_and_its_object() {
        let it = names("GRANT SELECT ON a.b, c TO reader, PUBLIC, CURRENT_USER");
        assert_eq!(shown(&it.uses), ["Relation c", "Relation a.b", "Role reader"]);
    }

    #[test]
    fn a_view_needs_what_its_query_reads() {
        let it = names("CREATE MATERIALIZED VIEW m AS SELECT f(a.x) FROM a JOIN s.b USING (id)");
        for used in ["Relation a", "Relation s.b", "Routine f"] {
            assert!(shown(&it.uses).contains(&used.to_owned()), "{:?}", shown(&it.uses));
        }
    }

    #[test]
    fn an_error_message_finds_who_makes_the_object() {
        let it = names("ALTER TABLE flags ADD COLUMN rollout int");
        assert!(it.makes("rollout") && !it.makes("flags"));
        assert!(names("CREATE VIEW mart.daily AS SELECT 1").makes("mart.daily"));
    }
}
