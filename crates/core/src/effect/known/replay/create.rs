//! New tables, columns, constraints, indexes, views and sequences.

use cutover_sql::tree::{
    self, ColumnDef, ConstrType, CreateSeqStmt, CreateStmt, CreateTableAsStmt, IndexStmt, IntoClause,
    NodeEnum, PartitionBoundSpec, PartitionSpec, PartitionStrategy, RangeVar, ViewStmt,
};

use super::super::{
    Bound, Column, Constraint, ConstraintKind, DataType, Generated, Index, Kind, Known, Rel, Relation,
    Strategy, TypeKind, object_name,
};
use crate::effect::query;

impl Known {
    /// Where something that is made under a name goes.
    pub(super) fn new_name(&self, name: &RangeVar) -> Rel {
        let schema = tree::schema(name).unwrap_or_else(|| self.creation_schema());
        Rel::new(schema, super::super::cut(&name.relname, super::super::LONGEST))
    }

    pub(super) fn create_table(&mut self, it: &CreateStmt) {
        let Some(written) = &it.relation else { return };
        let name = self.new_name(written);
        if self.relations.contains_key(&name) {
            return;
        }
        let kind = if it.partspec.is_some() { Kind::Partitioned } else { Kind::Table };
        let mut table = Relation::new(kind, self.era);
        table.columns = Some(Vec::new());
        table.unlogged = written.relpersistence == "u";
        table.temporary = written.relpersistence == "t" || written.schemaname == "pg_temp";
        table.access_method = said(&it.access_method);
        table.tablespace = said(&it.tablespacename);
        if let Some(spec) = &it.partspec {
            (table.strategy, table.partition_key) = partition_key(spec);
        }
        self.relations.insert(name.clone(), table);
        let parents: Vec<Rel> = it.inh_relations.iter().filter_map(|node| self.written(node)).collect();
        for parent in &parents {
            self.inherit(&name, parent);
        }
        if let (Some(bound), Some(parent)) = (&it.partbound, parents.first()) {
            self.set_partition(&name, bound);
            self.copy_keys(&name, &parent.clone());
        }
        if let Some(of) = &it.of_typename {
            let (schema, of) = tree::qualified(&of.names);
            let of = self.named(schema, of);
            let columns = self.get(&of).and_then(|composite| composite.columns.clone());
            if let Some(table) = self.relations.get_mut(&name) {
                table.columns = columns;
            }
        }
        for node in it.table_elts.iter().filter_map(tree::inner) {
            match node {
                NodeEnum::ColumnDef(column) => self.add_column(&name, column),
                NodeEnum::TableLikeClause(like) => self.like(&name, like),
                _ => {}
            }
        }
        for node in it.table_elts.iter().chain(&it.constraints).filter_map(tree::inner) {
            if let NodeEnum::Constraint(constraint) = node {
                self.add_constraint(&name, constraint, None);
            }
        }
    }

    /// `LIKE other INCLUDING ...`: columns and, when asked for, what is on them.
    fn like(&mut self, name: &Rel, like: &tree::TableLikeClause) {
        const DEFAULTS: u32 = 1 << 3;
        const CONSTRAINTS: u32 = 1 << 2;
        const INDEXES: u32 = 1 << 6;
        let Some(other) = like.relation.as_ref().map(|rel| self.resolve(rel)) else { return };
        let Some(source) = self.get(&other).cloned() else {
            if let Some(table) = self.relations.get_mut(name) {
                table.columns = None;
            }
            return;
        };
        let Some(table) = self.relations.get_mut(name) else { return };
        for mut column in source.columns.into_iter().flatten() {
            if like.options & DEFAULTS == 0 {
                (column.default, column.identity, column.generated) = (false, false, None);
            }
            table.columns.get_or_insert_default().push(column);
        }
        let wanted = |constraint: &Constraint| {
            let option = if constraint.has_index() { INDEXES } else { CONSTRAINTS };
            like.options & option != 0 && !matches!(constraint.kind, ConstraintKind::ForeignKey { .. })
        };
        for constraint in source.constraints.into_iter().filter(wanted) {
            if constraint.has_index() {
                self.add_key(name, constraint.kind, &constraint.columns, "", None);
            } else {
                self.put_constraint(name, constraint);
            }
        }
    }

    pub(super) fn inherit(&mut self, child: &Rel, parent: &Rel) {
        let above = self.get(parent).map(|it| (it.columns.clone(), it.constraints.clone()));
        if let Some(it) = self.relations.get_mut(parent)
            && !it.children.contains(child)
        {
            it.children.push(child.clone());
        }
        let era = self.era;
        let Some(table) = self.relations.get_mut(child) else { return };
        if !table.parents.contains(parent) {
            table.parents.push(parent.clone());
        }
        let Some((columns, constraints)) = above else {
            table.columns = None;
            return;
        };
        if let (Some(own), Some(columns)) = (&mut table.columns, columns) {
            for column in columns {
                if !own.iter().any(|c| c.name == column.name) {
                    own.push(column);
                }
            }
        }
        for constraint in constraints {
            let passes = matches!(constraint.kind, ConstraintKind::Check { .. }) && !constraint.no_inherit;
            if passes && table.constraint(&constraint.name).is_none() {
                table.constraints.push(Constraint { made: era, ..constraint });
            }
        }
    }

    pub(super) fn set_partition(&mut self, name: &Rel, bound: &PartitionBoundSpec) {
        if let Some(table) = self.relations.get_mut(name) {
            table.partition = Some(Bound { is_default: bound.is_default, text: bound_text(bound) });
        }
    }

    /// A partition has the keys, indexes and foreign keys of its parent.
    pub(super) fn copy_keys(&mut self, name: &Rel, parent: &Rel) {
        let Some(above) = self.get(parent) else { return };
        let constraints = above.constraints.clone();
        let indexes: Vec<(Rel, Index)> =
            self.indexes(parent).map(|(rel, index)| (rel.clone(), index.clone())).collect();
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

    fn key_of_partition(&mut self, name: &Rel, constraint: &Constraint, above: &Rel) {
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

    fn index_of_partition(&mut self, name: &Rel, above: &Rel, index: &Index) {
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

    /// A column, with the constraints that are written at it.
    pub(super) fn add_column(&mut self, name: &Rel, it: &ColumnDef) {
        let column = self.column_of(it);
        let identity = column.identity;
        let serial = it.type_name.as_ref().is_some_and(is_serial);
        let children = self.tree(name);
        for table in &children {
            if let Some(columns) = self.relations.get_mut(table).and_then(|table| table.columns.as_mut()) {
                match columns.iter_mut().find(|c| c.name == column.name) {
                    Some(own) => {
                        own.default |= column.default;
                        own.not_null |= column.not_null;
                    }
                    None => columns.push(column.clone()),
                }
            }
        }
        if identity || serial {
            let sequence =
                name.sibling(self.free_name(&name.schema, &object_name(&name.name, &it.colname, "seq")));
            let mut relation = Relation::new(Kind::Sequence, self.era);
            relation.of = Some((name.clone(), it.colname.clone()));
            self.relations.insert(sequence.clone(), relation);
            if let Some(table) = self.relations.get_mut(name) {
                table.sequences.push(sequence);
            }
        }
        for node in it.constraints.iter().filter_map(tree::inner) {
            if let NodeEnum::Constraint(constraint) = node {
                self.add_constraint(name, constraint, Some(&it.colname));
            }
        }
    }

    /// What a definition says of its column.
    pub fn column_of(&self, it: &ColumnDef) -> Column {
        let mut column = Column {
            name: it.colname.clone(),
            data_type: self.data_type(it.type_name.as_ref()),
            not_null: it.is_not_null,
            default: it.raw_default.is_some(),
            identity: false,
            generated: None,
            made: self.era,
        };
        if it.type_name.as_ref().is_some_and(is_serial) {
            let name = match column.data_type.name.as_str() {
                "smallserial" | "serial2" => "int2",
                "bigserial" | "serial8" => "int8",
                _ => "int4",
            };
            column = Column { data_type: DataType::own(name), not_null: true, default: true, ..column };
        }
        for node in it.constraints.iter().filter_map(tree::inner) {
            let NodeEnum::Constraint(constraint) = node else { continue };
            match constraint.contype() {
                ConstrType::ConstrNotnull | ConstrType::ConstrPrimary => column.not_null = true,
                ConstrType::ConstrDefault => column.default = true,
                ConstrType::ConstrIdentity => {
                    (column.identity, column.default, column.not_null) = (true, true, true);
                }
                ConstrType::ConstrGenerated => {
                    let uses =
                        tree::boxed(constraint.raw_expr.as_deref()).map(tree::columns).unwrap_or_default();
                    column.generated = Some(Generated {
                        stored: constraint.generated_kind != "v",
                        uses: uses.into_iter().map(str::to_owned).collect(),
                    });
                    column.default = true;
                }
                _ => {}
            }
        }
        column
    }

    /// A constraint of a table, or of one of its columns.
    pub(super) fn add_constraint(&mut self, table: &Rel, it: &tree::Constraint, column: Option<&str>) {
        let valid = !it.skip_validation;
        let own = |nodes: &[tree::Node]| -> Vec<String> {
            match column {
                Some(column) => vec![column.to_owned()],
                None => tree::texts(nodes).into_iter().map(str::to_owned).collect(),
            }
        };
        let push = |known: &mut Self, kind, columns: Vec<String>, label: &str| {
            let first = columns.first().map_or("", String::as_str);
            let first = if label == "check" && column.is_none() && columns.len() != 1 { "" } else { first };
            let all = columns.join("_");
            let middle = if label == "fkey" { all.as_str() } else { first };
            let name = known.constraint_name(table, &it.conname, middle, label);
            let made = known.era;
            let enforced = it.is_enforced || !matches!(label, "check" | "fkey");
            let constraint = Constraint {
                name,
                kind,
                columns,
                valid: valid && enforced,
                enforced,
                no_inherit: it.is_no_inherit,
                made,
            };
            known.push_constraint(table, constraint);
        };
        match it.contype() {
            ConstrType::ConstrCheck => {
                let expression = tree::boxed(it.raw_expr.as_deref());
                let kind = ConstraintKind::Check {
                    not_null: expression.map(not_null_columns).unwrap_or_default(),
                    text: expression
                        .map(|node| format!("{node:?}"))
                        .map(|t| without_places(&t))
                        .unwrap_or_default(),
                };
                let columns = expression.map(tree::columns).unwrap_or_default();
                push(self, kind, columns.into_iter().map(str::to_owned).collect(), "check");
            }
            ConstrType::ConstrForeign => {
                let Some(to) = it.pktable.as_ref().map(|rel| self.resolve(rel)) else { return };
                let columns = tree::texts(&it.pk_attrs).into_iter().map(str::to_owned).collect();
                push(self, ConstraintKind::ForeignKey { to, columns }, own(&it.fk_attrs), "fkey");
            }
            ConstrType::ConstrNotnull => {
                let columns = own(&it.keys);
                if valid {
                    self.set_not_null(table, &columns, true);
                }
                if self.major >= 18 {
                    push(self, ConstraintKind::NotNull, columns, "not_null");
                }
            }
            ConstrType::ConstrPrimary => {
                self.key(table, ConstraintKind::PrimaryKey, &own(&it.keys), it);
            }
            ConstrType::ConstrUnique => {
                self.key(table, ConstraintKind::Unique, &own(&it.keys), it);
            }
            ConstrType::ConstrExclusion => {
                let columns: Vec<String> = it
                    .exclusions
                    .iter()
                    .filter_map(|pair| match tree::inner(pair)? {
                        NodeEnum::List(list) => match tree::inner(list.items.first()?)? {
                            NodeEnum::IndexElem(element) => Some(element.name.clone()),
                            _ => None,
                        },
                        _ => None,
                    })
                    .collect();
                self.key(table, ConstraintKind::Exclusion, &columns, it);
            }
            _ => {}
        }
    }

    fn key(&mut self, table: &Rel, kind: ConstraintKind, columns: &[String], it: &tree::Constraint) {
        if it.indexname.is_empty() {
            self.add_key(table, kind, columns, &it.conname, None);
        } else {
            let index = table.sibling(it.indexname.clone());
            let columns = self
                .get(&index)
                .and_then(|rel| rel.index.as_ref())
                .map(|i| i.columns.clone())
                .unwrap_or_default();
            self.add_key(table, kind, &columns, &it.conname, Some(index));
        }
    }

    /// A key with its index, here and on the partitions; gives the index's name.
    fn add_key(
        &mut self,
        table: &Rel,
        kind: ConstraintKind,
        columns: &[String],
        name: &str,
        index: Option<Rel>,
    ) -> Rel {
        let label = match kind {
            ConstraintKind::PrimaryKey => "pkey",
            ConstraintKind::Exclusion => "excl",
            _ => "key",
        };
        let middle = if kind == ConstraintKind::PrimaryKey { String::new() } else { columns.join("_") };
        let unnamed_from_index = index.as_ref().filter(|_| name.is_empty()).map(|rel| rel.name.clone());
        let name = match unnamed_from_index {
            Some(name) => name,
            None => self.constraint_name(table, name, &middle, label),
        };
        if kind == ConstraintKind::PrimaryKey {
            self.set_not_null(table, columns, true);
        }
        let own = table.sibling(name.clone());
        match index {
            Some(index) if index != own => self.rename_relation(&index, &own),
            Some(_) => {}
            None => {
                let index = Index {
                    unique: kind != ConstraintKind::Exclusion,
                    columns: columns.to_vec(),
                    uses: columns.to_vec(),
                    computed: Vec::new(),
                    expression: false,
                    partial: false,
                    method: if kind == ConstraintKind::Exclusion { "gist" } else { "btree" }.into(),
                    constraint: true,
                    part_of: None,
                };
                self.put_index(table, own.clone(), index);
            }
        }
        if let Some(index) = self.relations.get_mut(&own).and_then(|it| it.index.as_mut()) {
            index.constraint = true;
        }
        let made = self.era;
        let columns = columns.to_vec();
        let constraint =
            Constraint { name, kind, columns, valid: true, enforced: true, no_inherit: false, made };
        self.put_constraint(table, constraint.clone());
        let partitions: Vec<Rel> = self.get(table).map(|it| it.children.clone()).unwrap_or_default();
        if self.get(table).is_some_and(|it| it.kind == Kind::Partitioned) {
            for partition in partitions {
                self.key_of_partition(&partition, &constraint, &own);
            }
        }
        own
    }

    /// The name that PostgreSQL gives to a constraint that was written without one: of the table, `middle` (the
    /// columns with `_` between, nothing for a primary key) and `label` (`check`, `fkey`, `key`, `pkey`, `excl`).
    pub fn constraint_name(&self, table: &Rel, given: &str, middle: &str, label: &str) -> String {
        if !given.is_empty() {
            return given.to_owned();
        }
        let base = object_name(&table.name, middle, label);
        let taken = |name: &str| {
            self.get(table).is_some_and(|it| it.constraint(name).is_some())
                || (matches!(label, "pkey" | "key" | "excl")
                    && self.relations.contains_key(&table.sibling(name)))
        };
        (0..)
            .map(|n| if n == 0 { base.clone() } else { format!("{base}{n}") })
            .find(|n| !taken(n))
            .unwrap_or(base)
    }

    /// A constraint on a table and, where it is passed on, on those that inherit.
    pub(super) fn push_constraint(&mut self, table: &Rel, constraint: Constraint) {
        let passes = match constraint.kind {
            ConstraintKind::Check { .. } | ConstraintKind::NotNull => !constraint.no_inherit,
            ConstraintKind::ForeignKey { .. } => {
                self.get(table).is_some_and(|it| it.kind == Kind::Partitioned)
            }
            ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => false,
        };
        let tables = if passes { self.tree(table) } else { vec![table.clone()] };
        for table in tables {
            self.put_constraint(&table, constraint.clone());
        }
    }

    fn put_constraint(&mut self, table: &Rel, constraint: Constraint) {
        if let ConstraintKind::ForeignKey { to, .. } = &constraint.kind
            && let Some(other) = self.relations.get_mut(to)
            && !other.referenced_by.contains(table)
        {
            other.referenced_by.push(table.clone());
        }
        // a table that is only mentioned is there from now on, with what is said of it
        let relation = self.mention(table);
        if relation.constraint(&constraint.name).is_none() {
            relation.constraints.push(constraint);
        }
    }

    /// A relation that statements name and that nothing made: it was there before, and its columns are unknown.
    pub(super) fn mention(&mut self, name: &Rel) -> &mut Relation {
        self.relations.entry(name.clone()).or_insert_with(|| Relation::new(Kind::Table, 0))
    }

    pub(super) fn set_not_null(&mut self, table: &Rel, columns: &[String], not_null: bool) {
        for table in self.tree(table) {
            for column in columns {
                if let Some(column) = self.relations.get_mut(&table).and_then(|it| it.column_mut(column)) {
                    column.not_null = not_null;
                }
            }
        }
    }

    pub(super) fn create_index(&mut self, table: &Rel, it: &IndexStmt) {
        let index = index_of(it);
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

    fn put_index(&mut self, table: &Rel, name: Rel, index: Index) {
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

    fn free_name(&self, schema: &str, base: &str) -> String {
        let taken = |name: &String| self.relations.contains_key(&Rel::new(schema, name.clone()));
        let mut names = (0..).map(|n| if n == 0 { base.to_owned() } else { format!("{base}{n}") });
        names.find(|name| !taken(name)).unwrap_or_else(|| base.to_owned())
    }

    pub(super) fn create_view(&mut self, it: &ViewStmt) {
        let (Some(written), Some(query)) = (&it.view, tree::boxed(it.query.as_deref())) else { return };
        let name = self.new_name(written);
        let made = self.get(&name).map_or(self.era, |old| old.made);
        self.forget_reads(&name);
        let mut view = Relation::new(Kind::View, made);
        if let Some(old) = self.relations.remove(&name) {
            view.read_by = old.read_by;
            view.triggers = old.triggers;
            view.rules = old.rules;
        }
        self.set_reads(name, view, query);
    }

    pub(super) fn set_reads(&mut self, name: Rel, mut view: Relation, query: &NodeEnum) {
        view.reads = query::reads(self, query);
        for (read, _) in &view.reads {
            if let Some(it) = self.relations.get_mut(read)
                && !it.read_by.contains(&name)
            {
                it.read_by.push(name.clone());
            }
        }
        self.relations.insert(name, view);
    }

    pub(super) fn create_table_as(&mut self, it: &CreateTableAsStmt) {
        let Some(into) = &it.into else { return };
        let Some(written) = &into.rel else { return };
        let name = self.new_name(written);
        if self.relations.contains_key(&name) {
            return;
        }
        if it.objtype() == tree::ObjectType::ObjectMatview {
            let mut view = Relation::new(Kind::MaterializedView, self.era);
            view.populated = !into.skip_data;
            view.tablespace = said(&into.table_space_name);
            if let Some(query) = tree::boxed(it.query.as_deref()) {
                self.set_reads(name, view, query);
            }
        } else {
            self.select_into(into);
        }
    }

    pub(super) fn select_into(&mut self, into: &IntoClause) {
        let Some(written) = &into.rel else { return };
        let name = self.new_name(written);
        let mut table = Relation::new(Kind::Table, self.era);
        table.temporary = written.relpersistence == "t";
        table.unlogged = written.relpersistence == "u";
        table.tablespace = said(&into.table_space_name);
        table.filled = !into.skip_data;
        self.relations.entry(name).or_insert(table);
    }

    pub(super) fn create_sequence(&mut self, it: &CreateSeqStmt) {
        let Some(written) = &it.sequence else { return };
        let name = self.new_name(written);
        let made = self.era;
        self.relations.entry(name.clone()).or_insert_with(|| Relation::new(Kind::Sequence, made));
        self.own_sequence(&name, &it.options);
    }

    pub(super) fn alter_sequence(&mut self, it: &tree::AlterSeqStmt) {
        if let Some(name) = it.sequence.as_ref().map(|rel| self.resolve(rel)) {
            self.own_sequence(&name, &it.options);
        }
    }

    fn own_sequence(&mut self, name: &Rel, options: &[tree::Node]) {
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

    pub(super) fn written(&self, node: &tree::Node) -> Option<Rel> {
        match tree::inner(node)? {
            NodeEnum::RangeVar(rel) => Some(self.resolve(rel)),
            _ => None,
        }
    }
}

/// A name, if it was written.
fn said(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}

/// Whether a type is one of the `serial` words.
pub fn is_serial(name: &tree::TypeName) -> bool {
    matches!(
        tree::qualified(&name.names),
        (None, "serial" | "serial4" | "bigserial" | "serial8" | "smallserial" | "serial2")
    )
}

/// What a statement says of its index.
pub fn index_of(it: &IndexStmt) -> Index {
    let mut index = Index {
        unique: it.unique,
        columns: Vec::new(),
        uses: Vec::new(),
        computed: Vec::new(),
        expression: false,
        partial: it.where_clause.is_some(),
        method: it.access_method.clone(),
        constraint: false,
        part_of: None,
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

/// Whether an index of a partition can be taken for that of the parent.
pub fn is_same_index(own: &Index, above: &Index) -> bool {
    own.columns == above.columns
        && own.unique == above.unique
        && own.method == above.method
        && own.partial == above.partial
        && own.uses == above.uses
}

fn partition_key(spec: &PartitionSpec) -> (Option<Strategy>, Vec<String>) {
    let strategy = match spec.strategy() {
        PartitionStrategy::List => Some(Strategy::List),
        PartitionStrategy::Range => Some(Strategy::Range),
        PartitionStrategy::Hash => Some(Strategy::Hash),
        PartitionStrategy::Undefined => None,
    };
    let mut columns = Vec::new();
    for node in &spec.part_params {
        let Some(NodeEnum::PartitionElem(element)) = tree::inner(node) else { continue };
        match tree::boxed(element.expr.as_deref()) {
            Some(expression) => columns.extend(tree::columns(expression).into_iter().map(str::to_owned)),
            None => columns.push(element.name.clone()),
        }
    }
    (strategy, columns)
}

/// A bound as text that is the same for the same bound.
pub fn bound_text(bound: &PartitionBoundSpec) -> String {
    without_places(&format!("{:?}{:?}{:?}", bound.listdatums, bound.lowerdatums, bound.upperdatums))
}

/// The text of a tree without where things stand.
pub fn without_places(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("location: ") {
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| c == '-' || c.is_ascii_digit());
    }
    out + rest
}

/// The columns of which a check says, for every row, that they are not NULL: `a IS NOT NULL AND ...`.
pub fn not_null_columns(node: &NodeEnum) -> Vec<String> {
    match node {
        NodeEnum::NullTest(test) if test.nulltesttype() == tree::NullTestType::IsNotNull => {
            match tree::boxed(test.arg.as_deref()) {
                Some(NodeEnum::ColumnRef(column)) => {
                    column.fields.last().and_then(tree::text).map(str::to_owned).into_iter().collect()
                }
                _ => Vec::new(),
            }
        }
        NodeEnum::BoolExpr(it) if it.boolop() == tree::BoolExprType::AndExpr => {
            it.args.iter().filter_map(tree::inner).flat_map(not_null_columns).collect()
        }
        _ => Vec::new(),
    }
}

impl Known {
    /// Whether a domain refuses values: it, or one that it is made of, has a constraint.
    pub fn is_constrained(&self, data_type: &DataType) -> bool {
        match self.made_type(data_type).map(|it| &it.kind) {
            Some(TypeKind::Domain { base, constraints, .. }) => {
                !constraints.is_empty() || self.is_constrained(base)
            }
            Some(TypeKind::Enum(_) | TypeKind::Other) | None => false,
        }
    }
}
