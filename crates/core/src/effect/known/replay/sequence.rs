//! Sequences, and who owns them.

use cutover_sql::tree::{self, CreateSeqStmt, NodeEnum};

use super::super::{Kind, Known, Rel, Relation, TEMPORARY};

impl Known {
    pub(super) fn create_sequence(&mut self, it: &CreateSeqStmt) {
        let Some(written) = &it.sequence else { return };
        let name = self.new_name(written);
        let mut sequence = Relation::new(Kind::Sequence, self.era);
        sequence.counts_in = Some("int8".into());
        sequence.temporary = name.schema == TEMPORARY;
        sequence.unlogged = written.relpersistence == "u";
        self.relations.get_or_insert_with(name.clone(), || sequence);
        self.own_sequence(&name, &it.options);
    }

    pub(super) fn alter_sequence(&mut self, it: &tree::AlterSeqStmt) {
        if let Some(name) = it.sequence.as_ref().map(|rel| self.resolve(rel)) {
            self.own_sequence(&name, &it.options);
        }
    }

    pub(super) fn own_sequence(&mut self, name: &Rel, options: &[tree::Node]) {
        if let Some(NodeEnum::TypeName(written)) =
            tree::option(options, "as").and_then(|it| tree::boxed(it.arg.as_deref()))
        {
            let counts_in = self.data_type(Some(written)).name;
            if let Some(it) = self.relations.get_mut(name) {
                it.counts_in = Some(counts_in);
            }
        }
        let Some(owner) = tree::option(options, "owned_by") else { return };
        let Some(NodeEnum::List(list)) = tree::boxed(owner.arg.as_deref()) else { return };
        let parts = tree::texts(&list.items);
        let owner = match parts[..] {
            [schema, table, column] => Some((Rel::new(schema, table), column.to_owned())),
            [table, column] => Some((self.named(None, table), column.to_owned())),
            _ => None,
        };
        if let Some((table, _)) = &owner
            && let Some(it) = self.relations.get_mut(table)
            && !it.sequences.contains(name)
        {
            it.sequences.push(name.clone());
        }
        if let Some(it) = self.relations.get_mut(name) {
            it.of = owner;
        }
    }
}
