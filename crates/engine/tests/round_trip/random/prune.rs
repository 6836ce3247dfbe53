//! What has to go when what it needs has gone.

use super::schema::{Col, Fill, Object, Schema, Sort, Ty, What};

pub(super) fn is_table(schema: &Schema, name: &str) -> bool {
    matches!(schema.find(name).map(|o| &o.what), Some(What::Table { sort, .. }) if *sort != Sort::Foreign)
}

/// Takes out what is not possible: what names something that is not there, and what PostgreSQL refuses.
pub fn prune(schema: &mut Schema) {
    loop {
        let before = schema.clone();
        for object in &mut schema.objects {
            if let What::Table { columns, .. } = &mut object.what {
                mend_columns(&before, columns);
            }
        }
        let now = schema.clone();
        schema.objects.retain(|object| is_possible(&now, object));
        if *schema == before {
            return;
        }
    }
}

fn mend_columns(schema: &Schema, columns: &mut [Col]) {
    let all: Vec<Col> = columns.to_vec();
    for c in columns {
        let exists = |ty: &Ty| match ty {
            Ty::Of(_) => true,
            Ty::Named(name, is_array) => schema.find(name).is_some_and(|o| match &o.what {
                What::Enum { .. } => true,
                What::Domain { .. } | What::Composite { .. } => !is_array,
                _ => false,
            }),
        };
        if !exists(&c.ty) {
            c.ty = Ty::Of("int");
        }
        let fits = match &c.fill {
            Fill::Nothing | Fill::Constant(_) => true,
            Fill::Sequence(name) => {
                c.ty.is_int()
                    && matches!(schema.find(name).map(|o| &o.what), Some(What::Sequence { owner: None, .. }))
            }
            Fill::Function(name) => schema.find(name).is_some_and(
                |o| matches!(&o.what, What::Function { gives, takes: None, .. } if *gives == c.ty),
            ),
            Fill::Twice(other) => {
                let base = all.iter().find(|it| it.name == other.as_str());
                matches!(c.ty, Ty::Of("bigint"))
                    && base.is_some_and(|b| {
                        b.name != c.name && matches!(b.ty, Ty::Of("int")) && !matches!(b.fill, Fill::Twice(_))
                    })
            }
            Fill::Identity(_) => c.ty.is_int(),
        };
        if !fits {
            c.fill = Fill::Nothing;
        }
        c.not_null |= matches!(c.fill, Fill::Identity(_));
    }
}

/// Whether a column can be in a key: its type has an order.
fn has_order(schema: &Schema, of: &str, name: &str) -> bool {
    schema.columns(of).iter().any(|c| {
        c.name == name
            && match &c.ty {
                Ty::Of(_) => true,
                Ty::Named(ty, _) => !matches!(schema.find(ty).map(|o| &o.what), Some(What::Composite { .. })),
            }
    })
}

fn sort_of<'a>(schema: &'a Schema, name: &str) -> Option<&'a Sort> {
    match schema.find(name).map(|o| &o.what) {
        Some(What::Table { sort, .. }) => Some(sort),
        _ => None,
    }
}

fn is_possible(schema: &Schema, object: &Object) -> bool {
    let sort = |of: &str| sort_of(schema, of);
    let has = |of: &str, names: &[&'static str]| {
        !names.is_empty() && names.iter().all(|name| schema.columns(of).iter().any(|c| c.name == *name))
    };
    // a unique index of a partitioned table has the key of the partitions in it
    let unique = |of: &str, names: &[&'static str]| match sort(of) {
        Some(Sort::Partitioned(by)) => names.contains(by),
        Some(Sort::Plain) => true,
        _ => false,
    };
    let children = |of: &str| {
        schema.objects.iter().any(|o| matches!(&o.what, What::Table { sort: Sort::Child(p), .. } if p == of))
    };
    let unlogged =
        |of: &str| matches!(schema.find(of).map(|o| &o.what), Some(What::Table { unlogged: true, .. }));
    match &object.what {
        What::Table { columns, sort: own, unlogged: is_unlogged, .. } => match own {
            Sort::Plain => !columns.is_empty(),
            Sort::Partitioned(by) => {
                !is_unlogged
                    && columns
                        .iter()
                        .any(|c| c.name == *by && c.ty == Ty::Of("int") && matches!(c.fill, Fill::Nothing))
                    && columns.iter().all(|c| !matches!(c.fill, Fill::Identity(_)))
            }
            Sort::Foreign => {
                schema.find("srv").is_some()
                    && columns.iter().all(|c| !matches!(c.fill, Fill::Identity(_) | Fill::Twice(_)))
            }
            Sort::Partition(parent, bound) => {
                let first = schema.objects.iter().find(|o| matches!(&o.what, What::Table { sort: Sort::Partition(p, b), .. } if p == parent && b == bound));
                matches!(sort(parent), Some(Sort::Partitioned(_)))
                    && columns.is_empty()
                    && first.is_some_and(|o| o.name == object.name)
                    && !is_unlogged
            }
            Sort::Child(parent) => {
                let of_parent = schema.columns(parent);
                matches!(sort(parent), Some(Sort::Plain))
                    && *parent != object.name
                    && unlogged(parent) == *is_unlogged
                    && columns.iter().all(|c| of_parent.iter().all(|p| p.name != c.name))
                    && of_parent.iter().all(|p| !matches!(p.fill, Fill::Identity(_)))
            }
        },
        What::Sequence { owner: Some((table, column)), .. } => {
            let namespace = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
            is_table(schema, table)
                && has(table, &[column])
                && namespace(table) == namespace(&object.name)
                && !unlogged(table)
                && schema
                    .columns(table)
                    .iter()
                    .any(|c| c.name == *column && !matches!(c.fill, Fill::Identity(_)))
                && !matches!(sort(table), Some(Sort::Partition(..) | Sort::Child(_)))
        }
        What::Function { gives, .. } => match gives {
            Ty::Of(_) => true,
            Ty::Named(name, _) => schema
                .find(name)
                .is_some_and(|o| matches!(o.what, What::Enum { .. } | What::Domain { not_null: false, .. })),
        },
        What::View { of, columns, stored, .. } => {
            has(of, columns) && !(*stored && sort(of) == Some(&Sort::Foreign))
        }
        What::Index { of, columns, unique: is_unique, method, .. } => {
            let is = matches!(sort(of), Some(Sort::Plain | Sort::Partitioned(_)));
            is && has(of, columns)
                && columns.iter().all(|c| has_order(schema, of, c))
                && (!*is_unique || *method != "btree" || matches!(sort(of), Some(Sort::Plain)))
        }
        What::Key { of, columns, primary, .. } => {
            let first = schema
                .objects
                .iter()
                .find(|o| matches!(&o.what, What::Key { of: other, primary: true, .. } if other == of));
            let only = !primary || first.is_some_and(|o| o.name == object.name);
            unique(of, columns)
                && has(of, columns)
                && only
                && !(children(of) && *primary)
                && columns.iter().all(|c| has_order(schema, of, c))
        }
        What::Check { of, column, not_valid, .. } => {
            is_table(schema, of)
                && has(of, &[column])
                && !matches!(sort(of), Some(Sort::Partition(..) | Sort::Child(_)))
                && !(*not_valid && (children(of) || matches!(sort(of), Some(Sort::Partitioned(_)))))
        }
        What::Reference { of, column, to, .. } => {
            let key = schema.objects.iter().find_map(|o| match &o.what {
                What::Key { of, columns, primary: true, deferrable: false }
                    if of == to && columns.len() == 1 =>
                {
                    Some(columns[0])
                }
                _ => None,
            });
            let ty = |table: &str, column: &str| {
                schema
                    .columns(table)
                    .iter()
                    .find(|c| c.name == column)
                    .map(|c| (c.ty.clone(), c.collate, matches!(c.fill, Fill::Twice(_))))
            };
            let plain = |of: &str| matches!(sort(of), Some(Sort::Plain));
            plain(of)
                && plain(to)
                && key
                    .is_some_and(|key| ty(to, key) == ty(of, column) && ty(of, column).is_some_and(|t| !t.2))
                && unlogged(of) == unlogged(to)
        }
        What::Trigger { of, function, .. } => {
            matches!(sort(of), Some(Sort::Plain | Sort::Partitioned(_)))
                && matches!(schema.find(function).map(|o| &o.what), Some(What::TriggerFunction { .. }))
        }
        What::Policy { of, .. } => is_table(schema, of),
        What::Rule { of } => matches!(sort(of), Some(Sort::Plain)),
        What::Statistics { of, columns, .. } => {
            columns.len() > 1
                && has(of, columns)
                && matches!(sort(of), Some(Sort::Plain))
                && columns.iter().all(|c| has_order(schema, of, c))
                && schema.columns(of).iter().all(|c| !matches!(c.fill, Fill::Twice(_)))
        }
        What::Publication { of, .. } => of.iter().all(|t| is_table(schema, t) && !unlogged(t)),
        What::Grant { on, .. } => {
            schema.find(on).is_some_and(|o| matches!(&o.what, What::Table { .. } | What::View { .. }))
        }
        What::Enum { labels } => !labels.is_empty(),
        What::Composite { attributes } => !attributes.is_empty(),
        What::Sequence { owner: None, .. }
        | What::Domain { .. }
        | What::TriggerFunction { .. }
        | What::Aggregate { .. }
        | What::Collation
        | What::Configuration { .. }
        | What::Server { .. } => true,
    }
}
