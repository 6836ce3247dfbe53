//! Takes the foreign keys out of a `CREATE TABLE`, for tables that refer to each other in a circle.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, ConstrType, Constraint, CreateStmt, Node, ObjectType,
    ParseResult, RawStmt,
};

use crate::parse;
use crate::span::Span;

/// A `CREATE TABLE` without its foreign keys, and the statements that add them; nothing when it is no such statement or
/// has none.
pub fn apart(sql: &str) -> Option<(String, Vec<String>)> {
    let mut statements = parse::parse(sql, Span::new(0, sql.len())).ok()?;
    let [RawStmt { stmt: Some(statement), .. }] = statements.as_mut_slice() else { return None };
    let Some(NodeEnum::CreateStmt(create)) = &mut statement.node else { return None };
    let keys = take(create);
    if keys.is_empty() {
        return None;
    }
    let alters: Option<Vec<String>> = keys.into_iter().map(|key| text(add(create, key))).collect();
    let create = NodeEnum::CreateStmt(create.clone());
    Some((text(create)?, alters?))
}

/// Removes the foreign keys from a table's columns and constraints.
fn take(create: &mut CreateStmt) -> Vec<Constraint> {
    let mut keys = Vec::new();
    let elements = std::mem::take(&mut create.table_elts);
    for mut element in elements {
        match &mut element.node {
            Some(NodeEnum::Constraint(constraint)) if constraint.contype() == ConstrType::ConstrForeign => {
                keys.push(constraint.as_ref().clone());
                continue;
            }
            Some(NodeEnum::ColumnDef(column)) => {
                let mut kept = Vec::new();
                let mut own: Option<Constraint> = None;
                for node in std::mem::take(&mut column.constraints) {
                    let Some(NodeEnum::Constraint(constraint)) = &node.node else { continue };
                    // what follows a key says when it is checked
                    match (constraint.contype(), &mut own) {
                        (ConstrType::ConstrForeign, _) => {
                            keys.extend(own.take());
                            let name = pg_query::protobuf::String { sval: column.colname.clone() };
                            let attribute = Node { node: Some(NodeEnum::String(name)) };
                            own =
                                Some(Constraint { fk_attrs: vec![attribute], ..constraint.as_ref().clone() });
                        }
                        (ConstrType::ConstrAttrDeferrable, Some(key)) => key.deferrable = true,
                        (ConstrType::ConstrAttrDeferred, Some(key)) => key.initdeferred = true,
                        (ConstrType::ConstrAttrNotDeferrable | ConstrType::ConstrAttrImmediate, Some(_)) => {}
                        _ => {
                            keys.extend(own.take());
                            kept.push(node);
                        }
                    }
                }
                keys.extend(own);
                column.constraints = kept;
            }
            _ => {}
        }
        create.table_elts.push(element);
    }
    keys
}

/// `ALTER TABLE … ADD FOREIGN KEY …`.
fn add(create: &CreateStmt, key: Constraint) -> NodeEnum {
    let command = AlterTableCmd {
        subtype: AlterTableType::AtAddConstraint.into(),
        def: Some(Box::new(Node { node: Some(NodeEnum::Constraint(Box::new(key))) })),
        behavior: pg_query::protobuf::DropBehavior::DropRestrict.into(),
        ..AlterTableCmd::default()
    };
    NodeEnum::AlterTableStmt(AlterTableStmt {
        relation: create.relation.clone(),
        cmds: vec![Node { node: Some(NodeEnum::AlterTableCmd(Box::new(command))) }],
        objtype: ObjectType::ObjectTable.into(),
        missing_ok: false,
    })
}

fn text(node: NodeEnum) -> Option<String> {
    let statement =
        RawStmt { stmt: Some(Box::new(Node { node: Some(node) })), stmt_location: 0, stmt_len: 0 };
    let tree = ParseResult { version: 0, stmts: vec![statement] };
    pg_query::deparse(&tree, pg_query::DeparseOptions::default()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_columns_and_of_the_table_come_apart() {
        let sql = "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL REFERENCES b ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, \
            c int, d int, CONSTRAINT two FOREIGN KEY (c, d) REFERENCES s.c (x, y) MATCH FULL)";
        let found = apart(sql);
        let (create, keys) = found.unwrap_or_default();
        assert_eq!(create, "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL, c int, d int)");
        assert_eq!(
            keys,
            [
                "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
                "ALTER TABLE a ADD CONSTRAINT two FOREIGN KEY (c, d) REFERENCES s.c (x, y) MATCH FULL",
            ]
        );
        assert_eq!(apart("CREATE TABLE a (id int)"), None);
        assert_eq!(apart("SELECT 1"), None);
    }
}
