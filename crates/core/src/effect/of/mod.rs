//! The effects of each family of statements.

mod alter;
mod assignment;
mod attach;
mod calls;
pub mod column;
pub mod constraint;
mod dependents;
mod drop;
mod index;
mod level;
mod maintenance;
mod other;
mod query;
mod rename;
pub mod retype;
mod rights;
mod rows;
mod types;
mod view;

use cutover_sql::tree::{self, NodeEnum, RangeVar};

use super::known::{Kind, Known, Rel};
use super::{Break, Effects, Loss, Mode, Rewrite, Scan};

/// What is gathered while a statement is looked at.
pub(crate) struct Work<'k> {
    /// The schema before.
    pub known: &'k Known,
    /// What was found.
    pub out: Effects,
    /// The routines that call each other down to here.
    inside: Vec<Rel>,
}

impl<'k> Work<'k> {
    pub fn new(known: &'k Known) -> Self {
        Self { known, out: Effects::default(), inside: Vec::new() }
    }

    /// Adds what `look` finds, as what may come to pass or not unless it is sure.
    fn either(&mut self, sure: bool, look: impl FnOnce(&mut Work<'_>)) {
        let mut work = Work { known: self.known, out: Effects::default(), inside: self.inside.clone() };
        look(&mut work);
        self.out.add(if sure { work.out } else { work.out.perhaps() });
    }

    pub fn done(mut self) -> Effects {
        dedup(&mut self.out.rewrites);
        dedup(&mut self.out.scans);
        dedup(&mut self.out.breaks);
        self.out.rebuilds.sort();
        self.out.rebuilds.dedup();
        // what is written anew is read on the way
        let rewritten: Vec<Rel> = self.out.rewrites.iter().map(|(rel, _)| rel.clone()).collect();
        self.out.scans.retain(|(rel, _)| !rewritten.contains(rel));
        self.out
    }

    /// Dispatches; a new kind of statement has its place here.
    pub fn statement(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::AlterTableStmt(it) => self.alter_table(it),
            NodeEnum::CreateStmt(it) => self.create_table(it),
            NodeEnum::IndexStmt(it) => self.create_index(it),
            NodeEnum::DropStmt(it) => self.drop(it),
            NodeEnum::RenameStmt(it) => self.rename(it),
            NodeEnum::AlterObjectSchemaStmt(it) => self.set_schema(it),
            NodeEnum::ViewStmt(_) | NodeEnum::CreateTableAsStmt(_) | NodeEnum::RefreshMatViewStmt(_) => {
                self.view(node)
            }
            NodeEnum::SelectStmt(_)
            | NodeEnum::InsertStmt(_)
            | NodeEnum::UpdateStmt(_)
            | NodeEnum::DeleteStmt(_)
            | NodeEnum::MergeStmt(_)
            | NodeEnum::CopyStmt(_)
            | NodeEnum::ExplainStmt(_)
            | NodeEnum::PrepareStmt(_)
            | NodeEnum::ExecuteStmt(_)
            | NodeEnum::DeclareCursorStmt(_)
            | NodeEnum::CallStmt(_)
            | NodeEnum::ReturnStmt(_)
            | NodeEnum::DoStmt(_) => self.query(node),
            NodeEnum::CreateFunctionStmt(it) => self.create_function(it),
            NodeEnum::TruncateStmt(_)
            | NodeEnum::VacuumStmt(_)
            | NodeEnum::ClusterStmt(_)
            | NodeEnum::ReindexStmt(_)
            | NodeEnum::LockStmt(_) => self.maintenance(node),
            NodeEnum::AlterDomainStmt(_) | NodeEnum::AlterEnumStmt(_) | NodeEnum::AlterTypeStmt(_) => {
                self.types(node)
            }
            NodeEnum::GrantStmt(_)
            | NodeEnum::AlterOwnerStmt(_)
            | NodeEnum::CommentStmt(_)
            | NodeEnum::GrantRoleStmt(_) => {
                self.rights(node);
            }
            _ => self.other(node),
        }
    }

    /// Whether a relation can be there: what is not known is, unless everything is known.
    pub fn exists(&self, relation: &Rel) -> bool {
        self.known.get(relation).is_some() || !self.known.complete
    }

    pub fn kind(&self, relation: &Rel) -> Kind {
        self.known.get(relation).map_or(Kind::Table, |it| it.kind)
    }

    pub fn lock(&mut self, relation: &Rel, mode: Mode) {
        if self.exists(relation) {
            let held = self.out.locks.entry(relation.clone()).or_insert(mode);
            *held = (*held).max(mode);
        }
    }

    pub fn lock_written(&mut self, written: Option<&RangeVar>, mode: Mode) -> Option<Rel> {
        let relation = self.known.resolve(written?);
        self.lock(&relation, mode);
        Some(relation)
    }

    pub fn lock_indexes(&mut self, table: &Rel, mode: Mode) {
        for index in self.known.get(table).map(|it| it.indexes.clone()).unwrap_or_default() {
            self.lock(&index, mode);
        }
    }

    /// Reads all rows, where there are some.
    pub fn scan(&mut self, relation: &Rel, cause: Scan) {
        if self.exists(relation) && self.kind(relation).has_storage() {
            self.out.scans.push((relation.clone(), cause));
        }
    }

    /// Writes the file anew, and the indexes with it.
    pub fn rewrite(&mut self, relation: &Rel, cause: Rewrite) {
        if !self.exists(relation) || !self.kind(relation).has_storage() {
            return;
        }
        self.out.rewrites.push((relation.clone(), cause));
        for index in self.known.get(relation).map(|it| it.indexes.clone()).unwrap_or_default() {
            self.lock(&index, Mode::AccessExclusive);
            self.out.rebuilds.push(index);
        }
    }

    /// What is perhaps locked.
    pub fn perhaps(&mut self, relation: &Rel, mode: Mode) {
        if self.exists(relation) {
            let held = self.out.perhaps.entry(relation.clone()).or_insert(mode);
            *held = (*held).max(mode);
        }
    }

    pub fn breaks(&mut self, what: Break) {
        self.out.breaks.push(what);
    }

    pub fn loses(&mut self, what: Loss) {
        self.out.losses.push(what);
    }

    pub fn unknown(&mut self, what: impl Into<String>) {
        self.out.unknown.push(what.into());
    }

    /// The relation and what inherits from it, as `ONLY` says.
    pub fn tree(&self, relation: &Rel, inherits: bool) -> Vec<Rel> {
        if inherits { self.known.tree(relation) } else { vec![relation.clone()] }
    }

    /// The relation that a list of names means.
    pub fn named(&self, node: &tree::Node) -> Rel {
        let (schema, name) = tree::name_of(node);
        self.known.named(schema, name)
    }
}

fn dedup<T: PartialEq>(list: &mut Vec<T>) {
    let mut at = 0;
    while at < list.len() {
        if list[..at].contains(&list[at]) {
            list.remove(at);
        } else {
            at += 1;
        }
    }
}
