//! Partitions: their bounds, and what they have of their parents.

use cutover_sql::tree::{self, NodeEnum, PartitionBoundSpec, PartitionSpec, PartitionStrategy};

use super::super::{Bound, Constraint, ConstraintKind, Index, Known, Rel, Strategy, Trigger};
use super::index::is_same_index;

impl Known {
    pub(super) fn set_partition(&mut self, name: &Rel, bound: &PartitionBoundSpec) {
        let parent = self.get(name).and_then(|table| table.parents.first().cloned());
        let partition = parent.map(|parent| self.bound_of(&parent, bound));
        if let Some(table) = self.relations.get_mut(name) {
            let unknown = Bound { is_default: bound.is_default, says: None, inside: None, outside: None };
            table.partition = Some(partition.unwrap_or(unknown));
        }
    }

    /// A partition has the keys, indexes and foreign keys of its parent.
    pub(super) fn copy_keys(&mut self, name: &Rel, parent: &Rel) {
        let Some(above) = self.get(parent) else { return };
        let constraints = above.constraints.clone();
        let triggers: Vec<Trigger> = above.triggers.iter().filter(|trigger| trigger.row).cloned().collect();
        let indexes: Vec<(Rel, Index)> =
            self.indexes(parent).map(|(rel, index)| (rel.clone(), index.clone())).collect();
        let own = self.mention(name);
        own.triggers.retain(|own| triggers.iter().all(|trigger| trigger.name != own.name));
        own.triggers.extend(triggers);
        for constraint in constraints {
            match &constraint.kind {
                ConstraintKind::ForeignKey { .. } => {
                    let has = self.get(name).is_some_and(|t| {
                        t.constraints
                            .iter()
                            .any(|c| c.kind == constraint.kind && c.columns == constraint.columns)
                    });
                    if !has {
                        self.push_constraint(name, Constraint { made: self.era, ..constraint });
                    }
                }
                ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => {
                    let above = parent.sibling(constraint.name.clone());
                    self.key_of_partition(name, &constraint, &above);
                }
                ConstraintKind::Check { .. } | ConstraintKind::NotNull => {}
            }
        }
        for (above, index) in indexes.into_iter().filter(|(_, index)| !index.constraint) {
            self.index_of_partition(name, &above, &index);
        }
    }

    pub(super) fn key_of_partition(&mut self, name: &Rel, constraint: &Constraint, above: &Rel) {
        let same = self.indexes(name).find(|(_, index)| {
            index.constraint && index.part_of.is_none() && index.columns == constraint.columns
        });
        let own = same.map(|(rel, _)| rel.clone());
        let own = match own {
            Some(own) => own,
            None => {
                let columns = constraint.columns.clone();
                self.add_key(name, constraint.kind.clone(), &columns, "", None)
            }
        };
        if let Some(index) = self.relations.get_mut(&own).and_then(|it| it.index.as_mut()) {
            index.part_of = Some(above.clone());
        }
    }

    pub(super) fn index_of_partition(&mut self, name: &Rel, above: &Rel, index: &Index) {
        let same = self.indexes(name).find(|(_, own)| own.part_of.is_none() && is_same_index(own, index));
        let own = match same.map(|(rel, _)| rel.clone()) {
            Some(own) => own,
            None => {
                let own = self.free_index_name(name, &index.columns, "idx");
                self.put_index(name, own.clone(), index.clone());
                own
            }
        };
        if let Some(index) = self.relations.get_mut(&own).and_then(|it| it.index.as_mut()) {
            index.part_of = Some(above.clone());
        }
    }
}

/// How a table is partitioned and by which columns, and whether an expression is among them.
pub(super) fn partition_key(spec: &PartitionSpec) -> (Option<Strategy>, Vec<String>, bool) {
    let strategy = match spec.strategy() {
        PartitionStrategy::List => Some(Strategy::List),
        PartitionStrategy::Range => Some(Strategy::Range),
        PartitionStrategy::Hash => Some(Strategy::Hash),
        PartitionStrategy::Undefined => None,
    };
    let (mut columns, mut expression_in_it) = (Vec::new(), false);
    for node in &spec.part_params {
        let Some(NodeEnum::PartitionElem(element)) = tree::inner(node) else { continue };
        match tree::boxed(element.expr.as_deref()) {
            Some(expression) => {
                expression_in_it = true;
                columns.extend(tree::columns(expression).into_iter().map(str::to_owned));
            }
            None => columns.push(element.name.clone()),
        }
    }
    (strategy, columns, expression_in_it)
}
