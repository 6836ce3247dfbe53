//! New columns.

use cutover_sql::tree::{self, ColumnDef, ConstrType, NodeEnum};

use super::super::{
    Column, DataType, Generated, Kind, Known, Mentions, Object, Rel, Relation, TypeKind, object_name,
};
use super::constraint::without_places;

impl Known {
    /// A column, with the constraints that are written at it.
    pub(super) fn add_column(&mut self, name: &Rel, it: &ColumnDef) {
        let column = self.column_of(it);
        let identity = column.identity;
        let serial = it.type_name.as_ref().is_some_and(is_serial);
        let children = self.tree(name);
        for table in &children {
            if let Some(columns) = self.relations.get_mut(table).and_then(|table| table.columns.as_mut()) {
                match columns.iter_mut().find(|c| c.name == column.name) {
                    Some(own) => {
                        own.default |= column.default;
                        own.names.extend(column.names.clone());
                        own.not_null |= column.not_null;
                    }
                    None => columns.push(column.clone()),
                }
            }
        }
        if identity || serial {
            let sequence =
                name.sibling(self.free_name(&name.schema, &object_name(&name.name, &it.colname, "seq")));
            let mut relation = Relation::new(Kind::Sequence, self.era);
            relation.of = Some((name.clone(), it.colname.clone()));
            relation.counts_in = Some(column.data_type.name.clone());
            self.relations.insert(sequence.clone(), relation);
            if let Some(table) = self.relations.get_mut(name) {
                if let Some(column) = table.column_mut(&it.colname).filter(|_| serial) {
                    column.names.add(Object::Sequence(sequence.clone()));
                }
                table.sequences.push(sequence);
            }
        }
        for constraint in tree::column_constraints(it) {
            self.add_constraint(name, &constraint, Some(&it.colname));
        }
    }

    /// What a definition says of its column.
    pub fn column_of(&self, it: &ColumnDef) -> Column {
        let mut column = Column {
            name: it.colname.clone(),
            data_type: self.data_type(it.type_name.as_ref()),
            not_null: it.is_not_null,
            default: it.raw_default.is_some(),
            default_text: String::new(),
            default_made: self.era,
            identity: false,
            generated: None,
            names: Mentions::default(),
            made: self.era,
        };
        column.data_type.collation = collation_of(it);
        if it.type_name.as_ref().is_some_and(is_serial) {
            let name = match column.data_type.name.as_str() {
                "smallserial" | "serial2" => "int2",
                "bigserial" | "serial8" => "int8",
                _ => "int4",
            };
            column = Column { data_type: DataType::own(name), not_null: true, default: true, ..column };
        }
        for node in it.constraints.iter().filter_map(tree::inner) {
            let NodeEnum::Constraint(constraint) = node else { continue };
            if let Some(expression) = tree::boxed(constraint.raw_expr.as_deref())
                && matches!(constraint.contype(), ConstrType::ConstrDefault | ConstrType::ConstrGenerated)
            {
                column.names = self.mentions(expression);
            }
            match constraint.contype() {
                ConstrType::ConstrNotnull | ConstrType::ConstrPrimary => column.not_null = true,
                // DEFAULT NULL is no default
                ConstrType::ConstrDefault => {
                    let expression = tree::boxed(constraint.raw_expr.as_deref());
                    column.default = !expression.is_some_and(tree::is_null);
                    column.default_text = expression.map(default_text).unwrap_or_default();
                }
                ConstrType::ConstrIdentity => {
                    (column.identity, column.default, column.not_null) = (true, true, true);
                }
                ConstrType::ConstrGenerated => {
                    let uses =
                        tree::boxed(constraint.raw_expr.as_deref()).map(tree::columns).unwrap_or_default();
                    column.generated = Some(Generated {
                        stored: constraint.generated_kind != "v",
                        uses: uses.into_iter().map(str::to_owned).collect(),
                    });
                    column.default = true;
                }
                _ => {}
            }
        }
        column
    }

    /// Columns that become NOT NULL or may be NULL, here and, unless `only`, below.
    pub(super) fn set_not_null(&mut self, table: &Rel, columns: &[String], not_null: bool, only: bool) {
        for table in if only { vec![table.clone()] } else { self.tree(table) } {
            for column in columns {
                if let Some(column) = self.relations.get_mut(&table).and_then(|it| it.column_mut(column)) {
                    column.not_null = not_null;
                }
            }
        }
    }

    /// Whether a domain refuses values: it, or one that it is made of, has a constraint.
    pub fn is_constrained(&self, data_type: &DataType) -> bool {
        match self.made_type(data_type).map(|it| &it.kind) {
            Some(TypeKind::Domain { base, constraints, .. }) => {
                !constraints.is_empty() || self.is_constrained(base)
            }
            Some(TypeKind::Enum(_) | TypeKind::Other) | None => false,
        }
    }
}

/// The collation that a definition writes, if it is not the usual one.
pub fn collation_of(it: &ColumnDef) -> Option<String> {
    let written = it.coll_clause.as_ref().map(|clause| tree::qualified(&clause.collname).1);
    written.filter(|name| *name != "default").map(str::to_owned)
}

/// Whether a type is one of the `serial` words.
pub fn is_serial(name: &tree::TypeName) -> bool {
    matches!(
        tree::qualified(&name.names),
        (None, "serial" | "serial4" | "bigserial" | "serial8" | "smallserial" | "serial2")
    )
}

/// A default as text that is the same for the same default: a constant is one whatever type it is written with.
pub fn default_text(expression: &NodeEnum) -> String {
    let plain = match expression {
        NodeEnum::TypeCast(cast) => match tree::boxed(cast.arg.as_deref()) {
            Some(constant @ NodeEnum::AConst(_)) => constant,
            _ => expression,
        },
        _ => expression,
    };
    without_places(&format!("{plain:?}"))
}
