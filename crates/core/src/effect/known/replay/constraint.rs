//! New constraints, and the names that they get.

use cutover_sql::tree::{self, ConstrType, NodeEnum};

use super::super::{Claim, Constraint, ConstraintKind, Index, Kind, Known, Mentions, Rel, object_name};

impl Known {
    /// A constraint of a table, or of one of its columns.
    pub(super) fn add_constraint(&mut self, table: &Rel, it: &tree::Constraint, column: Option<&str>) {
        let valid = !it.skip_validation;
        let own = |nodes: &[tree::Node]| -> Vec<String> {
            match column {
                Some(column) => vec![column.to_owned()],
                None => tree::texts(nodes).into_iter().map(str::to_owned).collect(),
            }
        };
        let expression = tree::boxed(it.raw_expr.as_deref());
        let push = |known: &mut Self, kind, columns: Vec<String>, label: &str| {
            let first = columns.first().map_or("", String::as_str);
            let first = if label == "check" && columns.len() != 1 { "" } else { first };
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
                names: expression.map(|it| known.mentions(it)).unwrap_or_default(),
                made,
            };
            known.push_constraint(table, constraint);
        };
        match it.contype() {
            ConstrType::ConstrCheck => {
                let kind = ConstraintKind::Check {
                    not_null: expression.map(not_null_columns).unwrap_or_default(),
                    text: expression
                        .map(|node| format!("{node:?}"))
                        .map(|t| without_places(&t))
                        .unwrap_or_default(),
                    says: expression.map_or_else(Claim::nothing, |node| self.claim(table, node)),
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
                    self.set_not_null(table, &columns, true, it.is_no_inherit);
                }
                if self.major >= 18 {
                    push(self, ConstraintKind::NotNull, columns, "not_null");
                }
            }
            ConstrType::ConstrPrimary => {
                self.key(table, ConstraintKind::PrimaryKey, &own(&it.keys), it);
                self.key_is_plain(table, it);
            }
            ConstrType::ConstrUnique => {
                self.key(table, ConstraintKind::Unique, &own(&it.keys), it);
                self.key_is_plain(table, it);
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

    pub(super) fn key(
        &mut self,
        table: &Rel,
        kind: ConstraintKind,
        columns: &[String],
        it: &tree::Constraint,
    ) {
        if it.indexname.is_empty() {
            // included columns are in the name as well
            let mut named = columns.to_vec();
            named.extend(tree::texts(&it.including).into_iter().map(str::to_owned));
            let name = match kind {
                ConstraintKind::Unique => self.constraint_name(table, &it.conname, &named.join("_"), "key"),
                _ => it.conname.clone(),
            };
            self.add_key(table, kind, columns, &name, None);
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

    /// Remembers of the key that was made last whether there is more to its index than its columns.
    fn key_is_plain(&mut self, table: &Rel, it: &tree::Constraint) {
        let plain = it.including.is_empty()
            && it.options.is_empty()
            && it.indexspace.is_empty()
            && !it.deferrable
            && !it.nulls_not_distinct;
        let last = self.get(table).and_then(|table| table.indexes.last().cloned());
        let made = last.filter(|_| it.indexname.is_empty() && !plain);
        if let Some(index) = made.and_then(|index| self.relations.get_mut(&index)?.index.as_mut()) {
            index.plain = false;
        }
    }

    /// A key with its index, here and on the partitions; gives the index's name.
    pub(super) fn add_key(
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
            self.set_not_null(table, columns, true, false);
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
                    plain: kind != ConstraintKind::Exclusion,
                    unusual: false,
                    method: if kind == ConstraintKind::Exclusion { "gist" } else { "btree" }.into(),
                    constraint: true,
                    part_of: None,
                    names: Mentions::default(),
                };
                self.put_index(table, own.clone(), index);
            }
        }
        if let Some(index) = self.relations.get_mut(&own).and_then(|it| it.index.as_mut()) {
            index.constraint = true;
        }
        let made = self.era;
        let columns = columns.to_vec();
        let constraint = Constraint {
            name,
            kind,
            columns,
            valid: true,
            enforced: true,
            no_inherit: false,
            names: Mentions::default(),
            made,
        };
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
        // no other constraint of the schema has it
        let taken = |name: &str| {
            self.relations().any(|(rel, it)| rel.schema == table.schema && it.constraint(name).is_some())
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

    pub(super) fn put_constraint(&mut self, table: &Rel, constraint: Constraint) {
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
