//! What a schema is after a statement: each kind of statement, as far as effects hang on it.
//!
//! A statement that would fail changes what it can; that it fails is told elsewhere.

mod alter;
mod code;
mod column;
mod constraint;
mod index;
mod object;
mod on_table;
mod partition;
mod remove;
mod rename;
mod sequence;
mod table;
mod view;

pub use column::{collation_of, default_text, is_serial};
pub use constraint::{not_null_columns, without_places};
pub use index::{index_of, is_same_index};

use std::sync::Arc;

use cutover_sql::tree::{self, NodeEnum};

use super::Known;
use crate::catalog::Catalog;
use crate::diff::{self, Options};

impl Known {
    /// What is known of a schema that PostgreSQL reported, by the DDL that would make it.
    pub fn from_catalog(catalog: &Catalog) -> Self {
        let mut known = Self::new(catalog.server / 10_000);
        let options = Options { plain: true, ..Options::default() };
        for action in diff::plan(&Catalog::empty(catalog), catalog, &options) {
            for statement in &action.statements {
                known.apply_text(statement);
            }
        }
        known.complete = true;
        known
    }

    /// Applies the statements of a text; what does not parse is left out.
    pub fn apply_text(&mut self, text: &str) {
        let range = cutover_sql::span::Span::new(0, text.len());
        for (_, node) in cutover_sql::statement::parse_what_can(text, range).0 {
            self.apply(&node);
        }
    }

    /// Applies a statement.
    pub fn apply(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::CreateStmt(it) => self.create_table(it),
            NodeEnum::CreateForeignTableStmt(it) => {
                if let Some(base) = &it.base_stmt {
                    self.create_table(base);
                    let name = base.relation.as_ref().map(|rel| self.resolve(rel));
                    if let Some(table) = name.and_then(|name| self.relations.get_mut(&name)) {
                        table.kind = super::Kind::Foreign;
                        table.server = Some(it.servername.clone());
                    }
                }
            }
            NodeEnum::CreateForeignServerStmt(it) => {
                self.servers.insert(it.servername.clone(), it.fdwname.clone());
            }
            NodeEnum::PrepareStmt(it) => {
                if let Some(query) = tree::boxed(it.query.as_deref()) {
                    self.prepared.insert(it.name.clone(), Arc::new(query.clone()));
                }
            }
            NodeEnum::DeallocateStmt(it) if it.isall => self.prepared.clear(),
            NodeEnum::DeallocateStmt(it) => {
                self.prepared.remove(&it.name);
            }
            NodeEnum::AlterOwnerStmt(it) => {
                let name = it.relation.as_ref().map(|rel| self.resolve(rel));
                if let (Some(name), Some(role)) = (name, &it.newowner) {
                    self.own(&name, &role.rolename);
                }
            }
            NodeEnum::CreateOpClassStmt(it) => self.create_operator_class(it),
            NodeEnum::CreateTableAsStmt(it) => self.create_table_as(it),
            NodeEnum::SelectStmt(it) => {
                if let Some(into) = &it.into_clause {
                    self.select_into(into);
                } else if it.from_clause.is_empty() {
                    self.set_variable(node);
                }
            }
            NodeEnum::AlterTableStmt(it) => self.alter_table(it),
            NodeEnum::IndexStmt(it) => {
                let table = it.relation.as_ref().map(|rel| self.resolve(rel));
                if let Some(table) = table {
                    self.create_index(&table, it);
                }
            }
            NodeEnum::ViewStmt(it) => self.create_view(it),
            NodeEnum::CreateSeqStmt(it) => self.create_sequence(it),
            NodeEnum::AlterSeqStmt(it) => self.alter_sequence(it),
            NodeEnum::DropStmt(it) => self.drop(it),
            NodeEnum::RenameStmt(it) => self.rename(it),
            NodeEnum::AlterObjectSchemaStmt(it) => self.set_schema(it),
            NodeEnum::CreateTrigStmt(it) => self.create_trigger(it),
            NodeEnum::CreatePolicyStmt(it) => self.create_policy(it),
            NodeEnum::RuleStmt(it) => self.create_rule(it),
            NodeEnum::AlterPolicyStmt(it) => self.alter_policy(it),
            NodeEnum::CreateEnumStmt(it) => self.create_enum(it),
            NodeEnum::AlterEnumStmt(it) => self.alter_enum(it),
            NodeEnum::CreateDomainStmt(it) => self.create_domain(it),
            NodeEnum::AlterDomainStmt(it) => self.alter_domain(it),
            NodeEnum::CompositeTypeStmt(it) => self.create_composite(it),
            NodeEnum::CreateRangeStmt(it) => self.create_type(&it.type_name),
            NodeEnum::DefineStmt(it) => self.define(it),
            NodeEnum::CreateFunctionStmt(it) => self.create_routine(it),
            NodeEnum::AlterFunctionStmt(it) => self.alter_routine(it),
            NodeEnum::CreateSchemaStmt(it) => self.create_schema(it),
            NodeEnum::CreateExtensionStmt(it) => {
                self.extensions.entry(it.extname.clone()).or_insert(self.era);
            }
            NodeEnum::CreatePublicationStmt(it) => self.create_publication(it),
            NodeEnum::AlterPublicationStmt(it) => self.alter_publication(it),
            NodeEnum::CreateStatsStmt(it) => self.create_statistics(it),
            NodeEnum::InsertStmt(it) => self.fill(it.relation.as_ref()),
            NodeEnum::CopyStmt(it) if it.is_from => self.fill(it.relation.as_ref()),
            NodeEnum::TruncateStmt(it) => {
                for node in &it.relations {
                    let (schema, name) = tree::name_of(node);
                    let name = self.named(schema, name);
                    if let Some(relation) = self.relations.get_mut(&name) {
                        relation.filled = false;
                    }
                }
            }
            NodeEnum::RefreshMatViewStmt(it) => {
                let name = it.relation.as_ref().map(|rel| self.resolve(rel));
                if let Some(view) = name.and_then(|name| self.relations.get_mut(&name)) {
                    view.populated = !it.skip_data;
                }
            }
            NodeEnum::ClusterStmt(it) => {
                let table = it.relation.as_ref().map(|rel| self.resolve(rel));
                if let Some(table) = table.filter(|_| !it.indexname.is_empty()) {
                    let index = table.sibling(it.indexname.clone());
                    if let Some(table) = self.relations.get_mut(&table) {
                        table.clustered = Some(index);
                    }
                }
            }
            NodeEnum::VariableSetStmt(_) => self.set_variable(node),
            NodeEnum::SecLabelStmt(_) => {}
            _ => {}
        }
    }

    fn fill(&mut self, relation: Option<&tree::RangeVar>) {
        let name = relation.map(|rel| self.resolve(rel));
        if let Some(relation) = name.and_then(|name| self.relations.get_mut(&name)) {
            relation.filled = true;
        }
    }
}
