//! What a statement's syntax tree says about how it can run.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    self, AlterSubscriptionType, AlterTableType, DiscardMode, Node, ObjectType, RangeVar, ReindexObjectType,
    TransactionStmtKind, VariableSetKind,
};

use crate::lex::{TokenKind, tokens};

/// How a statement can run, and what it does to the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traits {
    /// Whether it can be part of a transaction.
    pub transaction: Transaction,
    /// The value that `ALTER TYPE ... ADD VALUE` adds.
    pub adds_enum_value: Option<EnumValue>,
    /// The enum type that it creates: schema and name.
    pub creates_type: Option<(Option<String>, String)>,
    /// What it does to the session's settings, and to who acts in it.
    pub session: SessionChange,
    /// Its leading key words: `CREATE UNIQUE INDEX CONCURRENTLY`.
    pub tag: String,
    /// What follows them, shortened: most often the name of the object.
    pub subject: Option<String>,
}

/// Whether a statement can be part of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// It can.
    Inside,
    /// PostgreSQL refuses it there.
    Outside(Outside),
    /// It begins or ends one: `BEGIN`, `COMMIT`, `SAVEPOINT`, ...
    Control(String),
}

/// A relation's name as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The schema, if it was given.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
}

/// The statements that PostgreSQL refuses inside a transaction block: the callers of
/// `PreventInTransactionBlock` in PostgreSQL 18's `utility.c`, `vacuum.c`, `cluster.c`,
/// `indexcmds.c`, `subscriptioncmds.c`, `tablecmds.c` and `partition` code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// `CREATE INDEX CONCURRENTLY`.
    CreateIndexConcurrently {
        /// The name, if it was given.
        index: Option<String>,
        /// The table.
        table: Name,
        /// Whether `IF NOT EXISTS` was given.
        if_not_exists: bool,
    },
    /// `DROP INDEX CONCURRENTLY`, which takes one index.
    DropIndexConcurrently {
        /// The index.
        index: Name,
        /// Whether `IF EXISTS` was given.
        if_exists: bool,
    },
    /// `REINDEX ... CONCURRENTLY`.
    ReindexConcurrently {
        /// `INDEX`, `TABLE`, `SCHEMA`, `DATABASE` or `SYSTEM`.
        target: String,
        /// What, if it was named.
        name: Option<Name>,
    },
    /// `REINDEX SCHEMA`, `DATABASE` or `SYSTEM`.
    Reindex {
        /// `SCHEMA`, `DATABASE` or `SYSTEM`.
        target: String,
    },
    /// `ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY`. `FINALIZE` can be in a transaction.
    DetachPartitionConcurrently {
        /// The partitioned table.
        parent: Name,
        /// The partition.
        partition: Name,
    },
    /// `VACUUM`.
    Vacuum,
    /// `CREATE DATABASE`.
    CreateDatabase {
        /// Its name.
        name: String,
    },
    /// `DROP DATABASE`.
    DropDatabase {
        /// Its name.
        name: String,
    },
    /// `ALTER DATABASE ... SET TABLESPACE`.
    AlterDatabaseTablespace,
    /// `CREATE TABLESPACE`.
    CreateTablespace {
        /// Its name.
        name: String,
    },
    /// `DROP TABLESPACE`.
    DropTablespace {
        /// Its name.
        name: String,
    },
    /// `ALTER SYSTEM`.
    AlterSystem,
    /// `CLUSTER` without a table, which does every table in a transaction of its own.
    Cluster,
    /// Subscriptions, whose slot on the publisher no transaction can take back.
    Subscription {
        /// Its name.
        name: String,
        /// Whether it is dropped.
        drop: bool,
    },
    /// `DISCARD ALL`.
    Discard,
}

/// A value that is added to an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumValue {
    /// The schema of the type, if it was given.
    pub schema: Option<String>,
    /// The type.
    pub type_name: String,
    /// The new label.
    pub label: String,
}

/// What a statement does to the session's settings, and to who acts in it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum SessionChange {
    /// Nothing that outlives its transaction, and the same role acts.
    None,
    /// Another role may act until the transaction ends: `SET LOCAL ROLE`, or a function that may do so.
    ActsAs,
    /// It sets something, or runs code that may.
    Sets,
    /// It resets everything: `RESET ALL`, `DISCARD ALL`.
    ResetsAll,
}

/// Reads the traits off a syntax tree; `text` is the statement.
pub fn of(node: &NodeEnum, text: &str) -> Traits {
    let (tag, subject) = title(text);
    let mut traits = Traits {
        transaction: transaction(node),
        adds_enum_value: None,
        creates_type: None,
        session: session(node, text),
        tag,
        subject,
    };
    match node {
        NodeEnum::AlterEnumStmt(alter) if alter.old_val.is_empty() => {
            let (schema, type_name) = name_list(&alter.type_name);
            let label = alter.new_val.clone();
            traits.adds_enum_value = Some(EnumValue { schema, type_name, label });
        }
        NodeEnum::CreateEnumStmt(create) => {
            traits.creates_type = Some(name_list(&create.type_name));
        }
        _ => {}
    }
    traits
}

fn transaction(node: &NodeEnum) -> Transaction {
    if let NodeEnum::TransactionStmt(stmt) = node {
        return Transaction::Control(verb(stmt.kind()).to_owned());
    }
    outside(node).map_or(Transaction::Inside, Transaction::Outside)
}

fn verb(kind: TransactionStmtKind) -> &'static str {
    match kind {
        TransactionStmtKind::Undefined | TransactionStmtKind::TransStmtBegin => "BEGIN",
        TransactionStmtKind::TransStmtStart => "START TRANSACTION",
        TransactionStmtKind::TransStmtCommit => "COMMIT",
        TransactionStmtKind::TransStmtRollback => "ROLLBACK",
        TransactionStmtKind::TransStmtSavepoint => "SAVEPOINT",
        TransactionStmtKind::TransStmtRelease => "RELEASE SAVEPOINT",
        TransactionStmtKind::TransStmtRollbackTo => "ROLLBACK TO SAVEPOINT",
        TransactionStmtKind::TransStmtPrepare => "PREPARE TRANSACTION",
        TransactionStmtKind::TransStmtCommitPrepared => "COMMIT PREPARED",
        TransactionStmtKind::TransStmtRollbackPrepared => "ROLLBACK PREPARED",
    }
}

fn outside(node: &NodeEnum) -> Option<Outside> {
    match node {
        NodeEnum::IndexStmt(stmt) if stmt.concurrent => Some(Outside::CreateIndexConcurrently {
            index: some(&stmt.idxname),
            table: relation(stmt.relation.as_ref()),
            if_not_exists: stmt.if_not_exists,
        }),
        NodeEnum::DropStmt(stmt) if stmt.concurrent && stmt.remove_type() == ObjectType::ObjectIndex => {
            let (schema, name) = stmt.objects.first().map(list_name).unwrap_or_default();
            let index = Name { schema, name };
            Some(Outside::DropIndexConcurrently { index, if_exists: stmt.missing_ok })
        }
        NodeEnum::ReindexStmt(stmt) => reindex(stmt),
        NodeEnum::AlterTableStmt(stmt) => detach(stmt),
        NodeEnum::VacuumStmt(stmt) if stmt.is_vacuumcmd => Some(Outside::Vacuum),
        NodeEnum::CreatedbStmt(stmt) => Some(Outside::CreateDatabase { name: stmt.dbname.clone() }),
        NodeEnum::DropdbStmt(stmt) => Some(Outside::DropDatabase { name: stmt.dbname.clone() }),
        NodeEnum::AlterDatabaseStmt(stmt) if option(&stmt.options, "tablespace").is_some() => {
            Some(Outside::AlterDatabaseTablespace)
        }
        NodeEnum::CreateTableSpaceStmt(stmt) => {
            Some(Outside::CreateTablespace { name: stmt.tablespacename.clone() })
        }
        NodeEnum::DropTableSpaceStmt(stmt) => {
            Some(Outside::DropTablespace { name: stmt.tablespacename.clone() })
        }
        NodeEnum::AlterSystemStmt(_) => Some(Outside::AlterSystem),
        NodeEnum::ClusterStmt(stmt) if stmt.relation.is_none() => Some(Outside::Cluster),
        NodeEnum::DiscardStmt(stmt) if stmt.target() == DiscardMode::DiscardAll => Some(Outside::Discard),
        _ => subscription(node),
    }
}

fn subscription(node: &NodeEnum) -> Option<Outside> {
    let of = |name: &str, drop| Some(Outside::Subscription { name: name.to_owned(), drop });
    match node {
        // it makes a slot on the publisher, unless it is told not to, or not to connect
        NodeEnum::CreateSubscriptionStmt(stmt)
            if switch(&stmt.options, "create_slot").or_else(|| switch(&stmt.options, "connect"))
                != Some(false) =>
        {
            of(&stmt.subname, false)
        }
        NodeEnum::DropSubscriptionStmt(stmt) => of(&stmt.subname, true),
        NodeEnum::AlterSubscriptionStmt(stmt)
            if matches!(
                stmt.kind(),
                AlterSubscriptionType::AlterSubscriptionRefresh
                    | AlterSubscriptionType::AlterSubscriptionSetPublication
                    | AlterSubscriptionType::AlterSubscriptionAddPublication
                    | AlterSubscriptionType::AlterSubscriptionDropPublication
            ) && switch(&stmt.options, "refresh") != Some(false) =>
        {
            of(&stmt.subname, false)
        }
        // these two change the slot on the publisher; PostgreSQL 17 and 18 brought them
        NodeEnum::AlterSubscriptionStmt(stmt)
            if stmt.kind() == AlterSubscriptionType::AlterSubscriptionOptions
                && (option(&stmt.options, "failover").is_some()
                    || switch(&stmt.options, "two_phase") == Some(false)) =>
        {
            of(&stmt.subname, false)
        }
        _ => None,
    }
}

/// An option of a list; the last one of that name counts.
fn option<'a>(options: &'a [Node], name: &str) -> Option<&'a protobuf::DefElem> {
    options.iter().rev().find_map(|node| match &node.node {
        Some(NodeEnum::DefElem(option)) if option.defname == name => Some(&**option),
        _ => None,
    })
}

/// What a list says of an option that is on or off; nothing when it is not in the list.
fn switch(options: &[Node], name: &str) -> Option<bool> {
    let text = match option(options, name)?.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
        None => return Some(true),
        Some(NodeEnum::Integer(number)) => return Some(number.ival != 0),
        Some(NodeEnum::Boolean(value)) => return Some(value.boolval),
        Some(NodeEnum::String(text)) => text.sval.to_ascii_lowercase(),
        // to the grammar, the word `off` in a WITH list could be a type
        Some(NodeEnum::TypeName(word)) => name_list(&word.names).1,
        Some(_) => return None,
    };
    Some(!matches!(text.as_str(), "false" | "off" | "0"))
}

fn reindex(stmt: &protobuf::ReindexStmt) -> Option<Outside> {
    let target = match stmt.kind() {
        ReindexObjectType::ReindexObjectIndex => "INDEX",
        ReindexObjectType::ReindexObjectTable => "TABLE",
        ReindexObjectType::ReindexObjectSchema => "SCHEMA",
        ReindexObjectType::ReindexObjectDatabase => "DATABASE",
        ReindexObjectType::ReindexObjectSystem | ReindexObjectType::Undefined => "SYSTEM",
    };
    let name = match &stmt.relation {
        Some(relation) => Some(self::relation(Some(relation))),
        None => some(&stmt.name).map(|name| Name { schema: None, name }),
    };
    if switch(&stmt.params, "concurrently") == Some(true) {
        return Some(Outside::ReindexConcurrently { target: target.into(), name });
    }
    (!matches!(target, "INDEX" | "TABLE")).then(|| Outside::Reindex { target: target.into() })
}

fn detach(stmt: &protobuf::AlterTableStmt) -> Option<Outside> {
    stmt.cmds.iter().find_map(|node| {
        let Some(NodeEnum::AlterTableCmd(cmd)) = &node.node else { return None };
        let Some(NodeEnum::PartitionCmd(part)) = cmd.def.as_ref()?.node.as_ref() else { return None };
        (cmd.subtype() == AlterTableType::AtDetachPartition && part.concurrent).then(|| {
            Outside::DetachPartitionConcurrently {
                parent: relation(stmt.relation.as_ref()),
                partition: relation(part.name.as_ref()),
            }
        })
    })
}

/// `set_config` is looked for in the text: it can stand anywhere in a query. What a function does that a query calls is
/// not seen, and neither is what a `DO` block puts together.
fn session(node: &NodeEnum, text: &str) -> SessionChange {
    match node {
        NodeEnum::DiscardStmt(stmt) if stmt.target() == DiscardMode::DiscardAll => SessionChange::ResetsAll,
        NodeEnum::VariableSetStmt(stmt) => match stmt.kind() {
            VariableSetKind::VarResetAll => SessionChange::ResetsAll,
            _ if stmt.is_local && matches!(&*stmt.name, "role" | "session_authorization") => {
                SessionChange::ActsAs
            }
            _ if stmt.is_local || stmt.name.starts_with("TRANSACTION") => SessionChange::None,
            _ => SessionChange::Sets,
        },
        NodeEnum::DoStmt(_) | NodeEnum::CallStmt(_) => SessionChange::Sets,
        _ if text.contains("set_config") || text.contains("SET_CONFIG") => SessionChange::Sets,
        NodeEnum::SelectStmt(_) | NodeEnum::ExecuteStmt(_) => SessionChange::ActsAs,
        _ => SessionChange::None,
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn relation(range: Option<&RangeVar>) -> Name {
    range.map_or_else(
        || Name { schema: None, name: String::new() },
        |r| Name { schema: some(&r.schemaname), name: r.relname.clone() },
    )
}

fn list_name(node: &Node) -> (Option<String>, String) {
    match &node.node {
        Some(NodeEnum::List(list)) => name_list(&list.items),
        _ => (None, String::new()),
    }
}

/// A qualified name as a list of strings: schema and name.
fn name_list(nodes: &[Node]) -> (Option<String>, String) {
    let mut parts: Vec<String> = nodes
        .iter()
        .filter_map(|n| match &n.node {
            Some(NodeEnum::String(s)) => Some(s.sval.clone()),
            _ => None,
        })
        .collect();
    let name = parts.pop().unwrap_or_default();
    (parts.pop(), name)
}

/// Key words that can stand before the name of what a statement is about.
const LEADING: [&str; 60] = [
    "ADD",
    "AGGREGATE",
    "ALTER",
    "ANALYZE",
    "CALL",
    "CAST",
    "CLASS",
    "COLLATION",
    "COLUMN",
    "COMMENT",
    "CONCURRENTLY",
    "CONSTRAINT",
    "COPY",
    "CREATE",
    "DATABASE",
    "DEFAULT",
    "DELETE",
    "DO",
    "DOMAIN",
    "DROP",
    "EVENT",
    "EXISTS",
    "EXTENSION",
    "FAMILY",
    "FOREIGN",
    "FROM",
    "FUNCTION",
    "GLOBAL",
    "GRANT",
    "IF",
    "INDEX",
    "INSERT",
    "INTO",
    "LOCAL",
    "MATERIALIZED",
    "NOT",
    "ON",
    "OPERATOR",
    "OR",
    "POLICY",
    "PRIVILEGES",
    "PROCEDURE",
    "PUBLICATION",
    "RECURSIVE",
    "REFRESH",
    "REINDEX",
    "REPLACE",
    "REVOKE",
    "RULE",
    "SCHEMA",
    "SELECT",
    "SEQUENCE",
    "SET",
    "STATISTICS",
    "TABLE",
    "TRIGGER",
    "TYPE",
    "UNIQUE",
    "UPDATE",
    "VIEW",
];

/// A statement in two short parts: its leading key words, and what follows up to a parenthesis.
fn title(text: &str) -> (String, Option<String>) {
    const LONGEST: usize = 60;
    let (mut tag, mut subject) = (String::new(), String::new());
    let mut gap = false;
    for token in tokens(text) {
        if token.is_blank() {
            gap = true;
            continue;
        }
        let word = token.span.text(text);
        if subject.is_empty() && token.kind == TokenKind::Word && (tag.is_empty() || leads(word)) {
            push_word(&mut tag, word);
        } else if token.kind == TokenKind::OpenParen || token.kind == TokenKind::DollarString {
            break;
        } else {
            if gap && !subject.is_empty() {
                subject.push(' ');
            }
            subject.push_str(word);
        }
        gap = false;
        // there are no more characters than bytes
        if subject.len() > LONGEST && subject.chars().count() > LONGEST {
            subject = subject.chars().take(LONGEST - 3).chain("...".chars()).collect();
            break;
        }
    }
    let mut words = String::with_capacity(subject.len());
    subject.split_whitespace().for_each(|word| push_word(&mut words, word));
    tag.make_ascii_uppercase();
    (tag, (!words.is_empty()).then_some(words))
}

/// Whether a word can stand before the name of what a statement is about.
fn leads(word: &str) -> bool {
    let upper = word.bytes().map(|byte| byte.to_ascii_uppercase());
    LEADING.binary_search_by(|leading| leading.bytes().cmp(upper.clone())).is_ok()
}

fn push_word(words: &mut String, word: &str) {
    if !words.is_empty() {
        words.push(' ');
    }
    words.push_str(word);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_words_are_sorted_for_the_search() {
        assert!(LEADING.is_sorted());
    }

    #[test]
    fn a_title_is_words_and_a_name() {
        let of = |text| title(text);
        assert_eq!(
            of("create table if not exists a.b (x int)"),
            ("CREATE TABLE IF NOT EXISTS".into(), Some("a.b".into()))
        );
        assert_eq!(of("DO $$ BEGIN END $$"), ("DO".into(), None));
        assert_eq!(of("ALTER TYPE s ADD VALUE 'x'").1.as_deref(), Some("s ADD VALUE 'x'"));
    }
}
