//! New indexes, and the names that they get.

use cutover_sql::tree::{self, IndexStmt, NodeEnum, SortByDir, SortByNulls};

use super::super::{Index, Kind, Known, Mentions, Rel, Relation, object_name};
use super::table::said;

impl Known {
    pub(super) fn create_index(&mut self, table: &Rel, it: &IndexStmt) {
        let mut index = index_of(it);
        index.names = self.names_of_index(it);
        let name = match it.idxname.as_str() {
            "" => self.free_index_name(table, &index.columns, "idx"),
            name => table.sibling(super::super::cut(name, super::super::LONGEST)),
        };
        if self.relations.contains_key(&name) {
            return;
        }
        self.mention(table);
        self.put_index(table, name.clone(), index.clone());
        if let Some(relation) = self.relations.get_mut(&name) {
            relation.tablespace = said(&it.table_space);
        }
        let only = it.relation.as_ref().is_some_and(|rel| !rel.inh);
        if !only && self.get(table).is_some_and(|it| it.kind == Kind::Partitioned) {
            let partitions: Vec<Rel> = self.get(table).map(|it| it.children.clone()).unwrap_or_default();
            for partition in partitions {
                self.index_of_partition(&partition, &name, &index);
            }
        }
    }

    fn names_of_index(&self, it: &IndexStmt) -> Mentions {
        let mut names =
            tree::boxed(it.where_clause.as_deref()).map(|it| self.mentions(it)).unwrap_or_default();
        for node in it.index_params.iter().filter_map(tree::inner) {
            let NodeEnum::IndexElem(element) = node else { continue };
            names
                .extend(tree::boxed(element.expr.as_deref()).map(|it| self.mentions(it)).unwrap_or_default());
            if !element.collation.is_empty() {
                names.add(self.collation(&element.collation));
            }
            if !element.opclass.is_empty() {
                names.add(self.operator_class(&element.opclass));
            }
        }
        names
    }

    pub(super) fn put_index(&mut self, table: &Rel, name: Rel, index: Index) {
        let mut relation = Relation::new(Kind::Index, self.era);
        relation.of = Some((table.clone(), String::new()));
        relation.index = Some(index);
        let was_there = self.relations.insert(name.clone(), relation).is_some();
        if let Some(it) = self.relations.get_mut(table)
            && !(was_there && it.indexes.contains(&name))
        {
            it.indexes.push(name);
        }
    }

    /// The name that PostgreSQL gives to an index that was written without one.
    pub fn free_index_name(&self, table: &Rel, columns: &[String], label: &str) -> Rel {
        let named: Vec<&str> =
            columns.iter().map(|c| if c.is_empty() { "expr" } else { c.as_str() }).collect();
        let base = object_name(&table.name, &named.join("_"), label);
        table.sibling(self.free_name(&table.schema, &base))
    }

    pub(super) fn free_name(&self, schema: &str, base: &str) -> String {
        let taken = |name: &String| self.relations.contains_key(&Rel::new(schema, name.clone()));
        let mut names = (0..).map(|n| if n == 0 { base.to_owned() } else { format!("{base}{n}") });
        names.find(|name| !taken(name)).unwrap_or_else(|| base.to_owned())
    }
}

/// What a statement says of its index; what it names is not resolved yet.
pub fn index_of(it: &IndexStmt) -> Index {
    let mut index = Index {
        unique: it.unique,
        columns: Vec::new(),
        uses: Vec::new(),
        computed: Vec::new(),
        expression: false,
        partial: it.where_clause.is_some(),
        plain: is_plain(it),
        unusual: it.index_params.iter().filter_map(tree::inner).any(is_unusual),
        method: it.access_method.clone(),
        constraint: false,
        part_of: None,
        names: Mentions::default(),
    };
    let add = |list: &mut Vec<String>, name: &str| {
        if !list.iter().any(|n| n == name) {
            list.push(name.to_owned());
        }
    };
    for (node, is_key) in
        it.index_params.iter().map(|n| (n, true)).chain(it.index_including_params.iter().map(|n| (n, false)))
    {
        let Some(NodeEnum::IndexElem(element)) = tree::inner(node) else { continue };
        match tree::boxed(element.expr.as_deref()) {
            Some(expression) => {
                index.expression = true;
                for name in tree::columns(expression) {
                    add(&mut index.uses, name);
                    add(&mut index.computed, name);
                }
            }
            None => add(&mut index.uses, &element.name),
        }
        if is_key {
            index.columns.push(element.name.clone());
        }
    }
    for name in tree::boxed(it.where_clause.as_deref()).map(tree::columns).unwrap_or_default() {
        add(&mut index.uses, name);
        add(&mut index.computed, name);
    }
    index
}

fn is_plain(it: &IndexStmt) -> bool {
    it.where_clause.is_none()
        && it.index_including_params.is_empty()
        && it.options.is_empty()
        && it.table_space.is_empty()
        && !it.nulls_not_distinct
        && it.index_params.iter().all(|node| match tree::inner(node) {
            Some(NodeEnum::IndexElem(element)) => {
                element.expr.is_none()
                    && element.collation.is_empty()
                    && element.opclass.is_empty()
                    && element.ordering() == tree::SortByDir::SortbyDefault
                    && element.nulls_ordering() == tree::SortByNulls::SortbyNullsDefault
            }
            _ => false,
        })
}

/// Whether a key of an index says how it is compared or sorted.
fn is_unusual(node: &NodeEnum) -> bool {
    let NodeEnum::IndexElem(it) = node else { return false };
    !it.opclass.is_empty()
        || !it.collation.is_empty()
        || it.ordering() == SortByDir::SortbyDesc
        || matches!(it.nulls_ordering(), SortByNulls::SortbyNullsFirst | SortByNulls::SortbyNullsLast)
}

/// Whether an index of a partition can be taken for that of the parent.
pub fn is_same_index(own: &Index, above: &Index) -> bool {
    own.columns == above.columns
        && own.unique == above.unique
        && own.method == above.method
        && own.partial == above.partial
        && own.uses == above.uses
}
