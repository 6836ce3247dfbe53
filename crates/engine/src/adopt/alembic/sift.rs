//! Which of the recorded statements belong to a revision: not what Alembic writes into its own table, not what drivers ask
//! when they connect, not what only reads.

use std::collections::BTreeSet;

use cutover_sql::parse::parse;
use cutover_sql::span::Span;
use cutover_sql::tree::{self, NodeEnum, VariableSetKind};

use super::journal::Phase;

/// Alembic's own table.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct VersionTable {
    /// Its schema, if `env.py` says one.
    pub schema: Option<String>,
    /// Its name.
    pub table: String,
}

impl VersionTable {
    /// The pattern by which `ignore` of the configuration leaves it out of a comparison.
    pub fn pattern(&self) -> String {
        let name: Vec<&str> = self.schema.iter().chain([&self.table]).map(String::as_str).collect();
        format!("table {}", name.join("."))
    }
}

impl Default for VersionTable {
    fn default() -> Self {
        Self { schema: None, table: "alembic_version".into() }
    }
}

/// What becomes of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is a part of the revision.
    Kept,
    /// It sets something for the rest of its session.
    Session,
    /// It resets everything that was set.
    Reset,
    /// It has no effect; the user's own tables that it reads.
    Read(Vec<String>),
    /// It is about Alembic's own table.
    OfAlembic,
    /// It is of no consequence.
    Dropped,
}

/// What is needed to judge.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// Alembic's table.
    pub version: VersionTable,
    /// Functions that have no effect: PostgreSQL's own but for a few, and those that their makers declared so.
    pub pure: BTreeSet<String>,
}

/// Functions of PostgreSQL's that do something, whatever else they are.
const EFFECTIVE: &[&str] = &[
    "nextval",
    "setval",
    "set_config",
    "setseed",
    "lo_create",
    "lo_creat",
    "lo_import",
    "lo_unlink",
    "lo_put",
    "lo_from_bytea",
    "lowrite",
    "lo_open",
    "lo_truncate",
    "lo_truncate64",
    "pg_notify",
    "pg_reload_conf",
    "pg_replication_origin_create",
    "pg_create_logical_replication_slot",
    "pg_create_physical_replication_slot",
    "pg_drop_replication_slot",
    "pg_logical_emit_message",
    "pg_import_system_collations",
    "gin_clean_pending_list",
    "brin_summarize_new_values",
];

/// Settings of a session that say how long to wait and what to print; Cutover has its own.
const OPERATIONAL: &[&str] = &[
    "lock_timeout",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "deadlock_timeout",
    "application_name",
    "client_min_messages",
    "client_encoding",
    "jit",
    "transaction_timeout",
];

impl Sieve {
    /// What becomes of a statement.
    pub fn fate(&self, sql: &str, phase: Phase) -> Fate {
        let Some(node) = tree_of(sql) else { return Fate::Kept };
        let relations = relations(&node);
        if !relations.is_empty() && relations.iter().all(|it| self.is_version(it)) {
            return Fate::OfAlembic;
        }
        match &node {
            NodeEnum::SelectStmt(_) if !self.has_effect(&node) => Fate::Read(self.read(&relations)),
            NodeEnum::VariableShowStmt(_)
            | NodeEnum::ExplainStmt(_)
            | NodeEnum::DeallocateStmt(_)
            | NodeEnum::ListenStmt(_)
            | NodeEnum::UnlistenStmt(_)
            | NodeEnum::ClosePortalStmt(_)
            | NodeEnum::FetchStmt(_) => Fate::Dropped,
            NodeEnum::DeclareCursorStmt(_) => Fate::Read(self.read(&relations)),
            NodeEnum::CopyStmt(it) if !it.is_from && !it.is_program => Fate::Read(self.read(&relations)),
            NodeEnum::DiscardStmt(_) => Fate::Reset,
            NodeEnum::VariableSetStmt(it) => match it.kind() {
                VariableSetKind::VarResetAll => Fate::Reset,
                // SET TRANSACTION: a transaction of ours has begun already
                VariableSetKind::VarSetMulti => Fate::Dropped,
                _ if phase == Phase::Around && OPERATIONAL.contains(&it.name.as_str()) => Fate::Dropped,
                _ if it.name == "client_encoding" => Fate::Dropped,
                // in env.py it goes before everything that follows
                _ if it.is_local && phase == Phase::Revision => Fate::Kept,
                _ => Fate::Session,
            },
            _ => Fate::Kept,
        }
    }

    fn is_version(&self, name: &(Option<String>, String)) -> bool {
        let same_schema = name.0.is_none() || self.version.schema.is_none() || name.0 == self.version.schema;
        name.1 == self.version.table && same_schema
    }

    /// The user's own relations among these, each once.
    fn read(&self, relations: &[(Option<String>, String)]) -> Vec<String> {
        let is_system = |(schema, name): &(Option<String>, String)| match schema.as_deref() {
            Some("pg_catalog" | "information_schema") => true,
            Some(_) => false,
            None => name.starts_with("pg_"),
        };
        let theirs = relations.iter().filter(|it| !is_system(it) && !self.is_version(it));
        let names: BTreeSet<String> = theirs.map(|(_, name)| name.clone()).collect();
        names.into_iter().collect()
    }

    /// Whether a query does more than read.
    fn has_effect(&self, node: &NodeEnum) -> bool {
        let mut found = false;
        tree::visit(node, &mut |node| {
            found |= match node {
                NodeEnum::InsertStmt(_)
                | NodeEnum::UpdateStmt(_)
                | NodeEnum::DeleteStmt(_)
                | NodeEnum::MergeStmt(_)
                | NodeEnum::IntoClause(_) => true,
                NodeEnum::SelectStmt(it) => it.into_clause.is_some(),
                NodeEnum::FuncCall(it) => self.is_effective(tree::qualified(&it.funcname)),
                _ => false,
            };
        });
        // how a driver turns compilation off before it looks at types
        found && !is_of_driver(node)
    }

    fn is_effective(&self, (schema, name): (Option<&str>, &str)) -> bool {
        if name.contains("advisory") {
            return false;
        }
        let ours = matches!(schema, None | Some("pg_catalog" | "information_schema"));
        EFFECTIVE.contains(&name) && ours || !self.pure.contains(name)
    }
}

fn is_of_driver(node: &NodeEnum) -> bool {
    let mut is_jit = false;
    tree::visit(node, &mut |node| {
        if let NodeEnum::AConst(it) = node {
            is_jit |= matches!(&it.val, Some(tree::a_const::Val::Sval(text)) if text.sval == "jit");
        }
    });
    is_jit
}

/// The value of a `SET search_path`, as SQL has it.
pub(super) fn search_path(sql: &str) -> Option<String> {
    use cutover_sql::ident::quote_ident;
    let NodeEnum::VariableSetStmt(it) = tree_of(sql)? else { return None };
    if it.name != "search_path" || it.kind() != VariableSetKind::VarSetValue {
        return None;
    }
    let text = |node: &tree::Node| match tree::inner(node) {
        Some(NodeEnum::AConst(value)) => match &value.val {
            Some(tree::a_const::Val::Sval(text)) => Some(quote_ident(&text.sval).into_owned()),
            _ => None,
        },
        _ => None,
    };
    let parts: Option<Vec<String>> = it.args.iter().map(text).collect();
    Some(parts?.join(", "))
}

fn tree_of(sql: &str) -> Option<NodeEnum> {
    let trees = parse(sql, Span::new(0, sql.len())).ok()?;
    trees.into_iter().next()?.stmt?.node
}

/// The relations that a statement names, without those that it names itself in WITH.
fn relations(node: &NodeEnum) -> Vec<(Option<String>, String)> {
    let mut found: Vec<(Option<String>, String)> = Vec::new();
    let mut own: BTreeSet<String> = BTreeSet::new();
    let mut add =
        |(schema, name): (Option<&str>, &str)| found.push((schema.map(str::to_owned), name.to_owned()));
    tree::visit(node, &mut |node| match node {
        NodeEnum::RangeVar(it) => add((tree::schema(it), &it.relname)),
        NodeEnum::CommonTableExpr(it) => drop(own.insert(it.ctename.clone())),
        NodeEnum::DropStmt(it) => it.objects.iter().for_each(|object| add(tree::name_of(object))),
        NodeEnum::InsertStmt(it) => it.relation.iter().for_each(|it| add((tree::schema(it), &it.relname))),
        NodeEnum::UpdateStmt(it) => it.relation.iter().for_each(|it| add((tree::schema(it), &it.relname))),
        NodeEnum::DeleteStmt(it) => it.relation.iter().for_each(|it| add((tree::schema(it), &it.relname))),
        NodeEnum::CreateStmt(it) => it.relation.iter().for_each(|it| add((tree::schema(it), &it.relname))),
        NodeEnum::AlterTableStmt(it) => {
            it.relation.iter().for_each(|it| add((tree::schema(it), &it.relname)))
        }
        NodeEnum::CopyStmt(it) => it.relation.iter().for_each(|it| add((tree::schema(it), &it.relname))),
        _ => {}
    });
    found.retain(|(schema, name)| schema.is_some() || !own.contains(name));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(sql: &str) -> Fate {
        let pure = ["count", "now", "version", "pg_table_is_visible", "current_schema"];
        let sieve = Sieve { pure: pure.iter().map(|it| (*it).to_owned()).collect(), ..Sieve::default() };
        sieve.fate(sql, Phase::Revision)
    }

    #[test]
    fn what_only_reads_is_told_from_what_acts() {
        assert_eq!(fate("SELECT pg_catalog.version()"), Fate::Read(vec![]));
        assert_eq!(
            fate("SELECT relname FROM pg_catalog.pg_class WHERE pg_table_is_visible(oid)"),
            Fate::Read(vec![])
        );
        assert_eq!(
            fate("WITH x AS (SELECT 1) SELECT count(*) FROM x, shop.item"),
            Fate::Read(vec!["item".into()])
        );
        assert_eq!(fate("SELECT setval('item_id_seq', 5)"), Fate::Kept);
        assert_eq!(fate("SELECT app.rebuild()"), Fate::Kept);
        assert_eq!(fate("SELECT * INTO b FROM a"), Fate::Kept);
        assert_eq!(fate("WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone"), Fate::Kept);
        assert_eq!(fate("INSERT INTO a SELECT * FROM b"), Fate::Kept);
    }

    #[test]
    fn alembics_own_table_is_left_out() {
        for sql in [
            "UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a'",
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
            "INSERT INTO public.alembic_version (version_num) VALUES ('a')",
            "SELECT alembic_version.version_num FROM alembic_version",
            "ALTER TABLE alembic_version ALTER COLUMN version_num TYPE varchar(64)",
            "DROP TABLE alembic_version",
        ] {
            assert_eq!(fate(sql), Fate::OfAlembic, "{sql}");
        }
        assert_eq!(fate("DROP TABLE a"), Fate::Kept);
    }

    #[test]
    fn a_search_path_is_read_from_its_statement() {
        assert_eq!(
            search_path("SET search_path TO acme, \"Public\", \"$user\"").as_deref(),
            Some("acme, \"Public\", \"$user\"")
        );
        assert_eq!(search_path("SET LOCAL search_path = 'acme'").as_deref(), Some("acme"));
        assert_eq!(search_path("SET role TO acme"), None);
        assert_eq!(search_path("SET search_path TO DEFAULT"), None);
    }

    #[test]
    fn settings_of_a_session_go_on_and_local_ones_stay() {
        assert_eq!(fate("SET search_path TO app"), Fate::Session);
        assert_eq!(fate("SET LOCAL check_function_bodies = off"), Fate::Kept);
        assert_eq!(fate("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"), Fate::Dropped);
        assert_eq!(fate("RESET ALL"), Fate::Reset);
    }
}
