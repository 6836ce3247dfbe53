//! How a unique or primary key is made without building its index under the strongest lock.

use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{self, AlterTableType, ConstrType, IndexElem, IndexStmt, Node, NodeEnum};

use crate::finding::Fix;
use crate::fix::{constraint_name, not_null, safe};
use crate::look::alter::{Added, Alter};

/// What to do for a partitioned table.
pub const PARTITIONED: &str =
    "make it for each partition, with CREATE UNIQUE INDEX CONCURRENTLY and USING INDEX, then for the whole";

/// A key that is added, whose index is built now: written without `USING INDEX`, on a table that was there.
pub fn built<'p>(alter: &Alter<'p>, kind: ConstrType) -> Vec<Added<'p>> {
    let mut added = alter.added();
    added.retain(|it| it.it.contype() == kind && it.it.indexname.is_empty());
    added
}

/// The index first, then the key that takes it over; what else the statement does comes before. `nullable` are the
/// columns of a primary key that have to be proven to have no NULL.
pub fn fix(alter: &Alter<'_>, added: &Added<'_>, nullable: &[String]) -> Option<Fix> {
    let (name, is_sure) = constraint_name::of(alter, added)?;
    let at_known = alter.place.known.get(alter.table).is_some();
    if alter.is_partitioned()
        || added.it.without_overlaps
        || alter.is_perhaps_there(added)
        || (alter.tree.missing_ok && !at_known)
        || !alter.can_come_after(added.command)
        || refers_to_itself(alter)
    {
        return None;
    }
    let mut statements: Vec<String> = before(alter, added)?.into_iter().collect();
    let mut last = alter.command(&constraint(added, &name))?;
    if !nullable.is_empty() {
        let proof = not_null::proof(alter, nullable)?;
        statements.extend(proof.steps);
        if let Some(drop) = proof.drop {
            last = format!("{last};\n{drop}");
        }
    }
    statements.extend([index(alter, added, &name)?, last]);
    let mut fix = safe::steps(alter.place, "build the index concurrently, then take it over", &statements)?;
    fix.safe = is_sure;
    Some(fix)
}

/// The statement without the key. `Some(None)` where nothing is left of it.
#[expect(clippy::option_option, reason = "no text, and a text that could not be taken apart")]
fn before(alter: &Alter<'_>, added: &Added<'_>) -> Option<Option<String>> {
    let mut commands = alter.texts();
    commands[added.command] = match added.column {
        None => None,
        Some(column) => {
            let others = tree::column_constraints(column);
            let has_it = others.iter().any(|it| it.contype() == ConstrType::ConstrNotnull);
            // a primary key makes it NOT NULL
            let needs = added.it.contype() == ConstrType::ConstrPrimary && !has_it;
            let rest = alter.cut(added, alter.text(added.command))?;
            Some(if needs { format!("{rest} NOT NULL") } else { rest })
        }
    };
    if commands.iter().all(Option::is_none) {
        return Some(None);
    }
    alter.with(&commands).map(Some)
}

/// A foreign key to the same table may need the key.
fn refers_to_itself(alter: &Alter<'_>) -> bool {
    alter
        .added()
        .iter()
        .any(|it| it.it.pktable.as_ref().is_some_and(|to| alter.place.known.resolve(to) == *alter.table))
}

fn index(alter: &Alter<'_>, added: &Added<'_>, name: &str) -> Option<String> {
    let element = |name: String| {
        let element = IndexElem { name, ordering: 1, nulls_ordering: 1, ..IndexElem::default() };
        Node { node: Some(NodeEnum::IndexElem(Box::new(element))) }
    };
    let mut relation = alter.tree.relation.clone()?;
    relation.inh = true;
    let included = tree::texts(&added.it.including).into_iter().map(|name| element(name.to_owned()));
    let statement = IndexStmt {
        idxname: name.to_owned(),
        relation: Some(relation),
        table_space: added.it.indexspace.clone(),
        index_params: added.columns().into_iter().map(element).collect(),
        index_including_params: included.collect(),
        options: added.it.options.clone(),
        unique: true,
        nulls_not_distinct: added.it.nulls_not_distinct,
        concurrent: true,
        ..IndexStmt::default()
    };
    tree::to_sql(&NodeEnum::IndexStmt(Box::new(statement)))
}

fn constraint(added: &Added<'_>, name: &str) -> String {
    let name = quote_ident(name);
    let what = if added.it.contype() == ConstrType::ConstrPrimary { "PRIMARY KEY" } else { "UNIQUE" };
    let deferrable = if added.it.deferrable { " DEFERRABLE" } else { "" };
    let deferred = if added.it.initdeferred { " INITIALLY DEFERRED" } else { "" };
    format!("ADD CONSTRAINT {name} {what} USING INDEX {name}{deferrable}{deferred}")
}

impl Alter<'_> {
    /// Whether a subcommand can as well run after the others, in a transaction of its own.
    pub fn can_come_after(&self, command: usize) -> bool {
        let others = self.commands.iter().enumerate().filter(|(at, _)| *at != command);
        others.map(|(_, other)| other.kind()).all(|kind| {
            matches!(
                kind,
                AlterTableType::AtAddColumn
                    | AlterTableType::AtDropColumn
                    | AlterTableType::AtColumnDefault
                    | AlterTableType::AtSetNotNull
                    | AlterTableType::AtDropNotNull
                    | AlterTableType::AtSetStatistics
                    | AlterTableType::AtSetStorage
                    | AlterTableType::AtSetCompression
                    | AlterTableType::AtAlterColumnType
                    | AlterTableType::AtAddConstraint
                    | AlterTableType::AtDropConstraint
                    | AlterTableType::AtSetRelOptions
                    | AlterTableType::AtResetRelOptions
            )
        })
    }
}
