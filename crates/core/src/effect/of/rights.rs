//! Privileges, owners and comments.

use cutover_sql::tree::{self, AlterOwnerStmt, CommentStmt, GrantStmt, NodeEnum, ObjectType};

use super::{Break, Mode, Rel, Work};

impl Work<'_> {
    pub(super) fn rights(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::GrantStmt(it) => self.grant(it),
            NodeEnum::GrantRoleStmt(it) if !it.is_grant => {
                self.breaks(Break::Revoked { on: "what the role may".into() });
            }
            NodeEnum::AlterOwnerStmt(it) => self.owner(it),
            NodeEnum::CommentStmt(it) => self.comment(it),
            _ => {}
        }
    }

    fn grant(&mut self, it: &GrantStmt) {
        let is_table = matches!(it.objtype(), ObjectType::ObjectTable | ObjectType::ObjectSequence);
        let relations = if is_table { self.written(&it.objects) } else { Vec::new() };
        // since 18 it keeps the object from being dropped meanwhile
        if self.known.major >= 18 {
            for relation in &relations {
                self.lock(relation, Mode::AccessShare);
            }
        }
        if !it.is_grant {
            let on: Vec<String> = match relations.is_empty() {
                true => it.objects.iter().map(|node| tree::name_of(node).1.to_owned()).collect(),
                false => relations.iter().map(Rel::to_string).collect(),
            };
            self.breaks(Break::Revoked { on: on.join(", ") });
        }
    }

    fn owner(&mut self, it: &AlterOwnerStmt) {
        if let Some(name) = it.relation.as_ref().map(|rel| self.known.resolve(rel)) {
            self.lock(&name, Mode::AccessExclusive);
        }
        if it.object_type() == ObjectType::ObjectType
            && let Some((schema, name)) = it.object.as_deref().map(tree::name_of)
        {
            let name = self.known.type_named(schema, name);
            if self.known.get(&name).is_some() {
                self.lock(&name, Mode::AccessExclusive);
            }
        }
    }

    fn comment(&mut self, it: &CommentStmt) {
        let Some(object) = it.object.as_deref() else { return };
        match it.objtype() {
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectSequence
            | ObjectType::ObjectIndex => {
                let name = self.named(object);
                self.lock(&name, Mode::ShareUpdateExclusive);
            }
            ObjectType::ObjectColumn => {
                if let Some((table, _)) = self.known.on_what(object) {
                    self.lock(&table, Mode::ShareUpdateExclusive);
                }
            }
            ObjectType::ObjectTabconstraint
            | ObjectType::ObjectTrigger
            | ObjectType::ObjectRule
            | ObjectType::ObjectPolicy => {
                if let Some((table, _)) = self.known.on_what(object) {
                    self.lock(&table, Mode::AccessShare);
                }
            }
            _ => {}
        }
    }
}
