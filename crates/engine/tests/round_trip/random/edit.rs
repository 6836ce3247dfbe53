//! Random edits of a schema, and what has to go when what it needs has gone.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};

use super::schema::{Col, Fill, Object, Schema, Sort, Ty, What};

const RELATIONS: [&str; 7] =
    ["public.r1", "public.r2", "app.r3", "app.r4", "public.\"Re L\"", "public.r6", "app.\"select\""];
const TYPES: [&str; 4] = ["public.ty1", "app.ty2", "public.\"Ty 3\"", "public.ty4"];
const FUNCTIONS: [&str; 4] = ["public.f1", "app.f2", "public.\"F 3\"", "public.f4"];
const COLUMNS: [&str; 8] = ["a", "b", "c", "d", "\"order\"", "\"Two Words\"", "e", "f"];
const PLAIN: [&str; 16] = [
    "int",
    "int",
    "bigint",
    "smallint",
    "text",
    "text",
    "varchar(20)",
    "varchar(40)",
    "numeric(10,2)",
    "numeric",
    "boolean",
    "date",
    "timestamptz",
    "uuid",
    "jsonb",
    "int[]",
];
const LABELS: [&str; 6] = ["new", "open", "done", "late", "it is", "x"];

/// Changes a schema once.
pub fn edit(schema: &mut Schema, random: &mut StdRng) {
    match random.random_range(0..10) {
        0..=3 => add(schema, random),
        4 => remove(schema, random),
        5..=8 => change(schema, random),
        _ => {
            if let Some(object) = schema.objects.iter_mut().choose(random) {
                object.comment = !object.comment;
            }
        }
    }
    prune(schema);
}

fn remove(schema: &mut Schema, random: &mut StdRng) {
    if !schema.objects.is_empty() {
        let at = random.random_range(0..schema.objects.len());
        schema.objects.remove(at);
    }
}

fn add(schema: &mut Schema, random: &mut StdRng) {
    let (name, what) = match random.random_range(0..34) {
        0..=6 => (pick(&RELATIONS, random), table(schema, random)),
        7 => (pick(&TYPES, random), What::Enum { labels: labels(random) }),
        8 => {
            let base = ["int", "text", "numeric(10,2)"].choose(random).copied().unwrap_or("int");
            (
                pick(&TYPES, random),
                What::Domain { base, check: random.random(), not_null: random.random_bool(0.2) },
            )
        }
        9 => {
            let count = random.random_range(1..4);
            let attributes = COLUMNS[..count].iter().map(|c| (*c, Ty::Of(plain(random)))).collect();
            (pick(&TYPES, random), What::Composite { attributes })
        }
        10 | 11 => (pick(&RELATIONS, random), sequence(schema, random)),
        12 | 13 => (pick(&FUNCTIONS, random), function(schema, random)),
        14 => (pick(&FUNCTIONS, random), What::TriggerFunction { body: random.random() }),
        15 => (pick(&FUNCTIONS, random), What::Aggregate { initial: random.random_range(0..2) }),
        16..=18 => (pick(&RELATIONS, random), view(schema, random)),
        31 => ("app.co".into(), What::Collation),
        32 => ("public.conf".into(), What::Configuration { parser: random.random() }),
        33 => ("srv".into(), What::Server { option: random.random_range(0..2) }),
        30 => {
            let tables = schema.objects.iter().filter(|o| is_table(schema, &o.name)).map(|o| o.name.clone());
            let of = tables.filter(|_| random.random()).collect();
            let operations = ["insert", "insert, update", "delete, truncate"].choose(random).copied();
            ("pub".into(), What::Publication { of, operations: operations.unwrap_or("insert") })
        }
        kind => {
            let Some(of) =
                schema.objects.iter().filter(|o| !schema.columns(&o.name).is_empty()).choose(random)
            else {
                return;
            };
            let of = of.name.clone();
            let namespace = of.split('.').next().unwrap_or("public").to_owned();
            let number = random.random_range(1..4);
            let own = |letter: &str| format!("{namespace}.{letter}{}_{number}", of.len());
            match kind {
                19..=21 => (own("i"), index(schema, &of, random)),
                22 | 23 => (own("k"), key(schema, &of, random)),
                24 => (own("c"), check(schema, &of, random)),
                25 => (own("r"), reference(schema, &of, random)),
                26 => (own("t"), trigger(schema, &of, random)),
                27 => (own("p"), policy(&of, random)),
                28 => {
                    if random.random() {
                        (own("u"), What::Rule { of })
                    } else {
                        (own("s"), statistics(schema, &of, random))
                    }
                }
                _ => {
                    let what = ["SELECT", "INSERT, UPDATE", "ALL"].choose(random).copied().unwrap_or("ALL");
                    (own("g"), What::Grant { on: of, what })
                }
            }
        }
    };
    // a name that is taken is taken over by the new one, of another kind as it may be
    schema.objects.retain(|o| o.name != name);
    schema.objects.push(Object { name, comment: random.random_bool(0.2), what });
}

/// Makes something else of an object, most often in one thing only.
fn change(schema: &mut Schema, random: &mut StdRng) {
    let whole = schema.clone();
    let Some(object) = schema.objects.iter_mut().choose(random) else { return };
    let new = match &object.what {
        What::Enum { labels: old } if random.random() => {
            let mut labels = old.clone();
            let left: Vec<&'static str> = LABELS.into_iter().filter(|l| !old.contains(l)).collect();
            if let Some(label) = left.choose(random) {
                labels.insert(random.random_range(0..=labels.len()), label);
            }
            What::Enum { labels }
        }
        What::Enum { .. } => What::Enum { labels: labels(random) },
        What::Domain { base, check, not_null } => {
            What::Domain { base, check: !check, not_null: *not_null ^ random.random_bool(0.3) }
        }
        What::Composite { attributes } => {
            let mut attributes = attributes.clone();
            match random.random_range(0..3) {
                0 if attributes.len() > 1 => drop(attributes.remove(0)),
                1 => attributes[0].1 = Ty::Of(plain(random)),
                _ => {
                    if let Some(c) = COLUMNS.iter().find(|c| attributes.iter().all(|(n, _)| n != *c)) {
                        attributes.push((c, Ty::Of(plain(random))));
                    }
                }
            }
            What::Composite { attributes }
        }
        What::Sequence { .. } => sequence(&whole, random),
        What::Function { gives, takes, .. } if random.random() => {
            let word = ["IMMUTABLE", "STABLE STRICT", "VOLATILE"].choose(random).copied().unwrap_or("STABLE");
            What::Function { gives: gives.clone(), takes: *takes, word, cost: random.random_range(1..4) }
        }
        What::Function { .. } => function(&whole, random),
        What::TriggerFunction { body } => What::TriggerFunction { body: !body },
        What::Aggregate { initial } => What::Aggregate { initial: 1 - initial },
        What::Table { columns, sort, unlogged, fill_factor, security, replica } => {
            let mut columns = columns.clone();
            let (mut sort, mut flags) = (sort.clone(), [*unlogged, *fill_factor, *security, *replica]);
            match random.random_range(0..8) {
                0 | 1 => columns.extend(column(&whole, &columns, random)),
                2 if columns.len() > 1 => drop(columns.remove(random.random_range(0..columns.len()))),
                3..=5 => {
                    if let Some(it) = columns.iter_mut().choose(random) {
                        change_column(&whole, it, random);
                    }
                }
                6 => flags[random.random_range(0..4)] ^= true,
                _ => {
                    if let Sort::Partition(_, bound) = &mut sort {
                        *bound = random.random_bool(0.8).then(|| random.random_range(0..5));
                    }
                }
            }
            let [unlogged, fill_factor, security, replica] = flags;
            What::Table { columns, sort, unlogged, fill_factor, security, replica }
        }
        What::View { of, columns, filter, barrier, stored } => {
            let (of, mut columns, stored) = (of.clone(), columns.clone(), *stored);
            let all: Vec<&'static str> = whole.columns(&of).iter().map(|c| c.name).collect();
            if let Some(more) = all.choose(random).filter(|c| !columns.contains(c)) {
                columns.push(more);
            }
            What::View { of, columns, filter: filter ^ random.random::<bool>(), barrier: !barrier, stored }
        }
        What::Index { of, .. } => index(&whole, of, random),
        What::Key { of, .. } => key(&whole, of, random),
        What::Check { of, column, limit, not_valid } => {
            let limit = limit + random.random_range(0..2);
            What::Check { of: of.clone(), column, limit, not_valid: !not_valid }
        }
        What::Reference { of, .. } => reference(&whole, of, random),
        What::Trigger { of, .. } => trigger(&whole, of, random),
        What::Policy { of, .. } => policy(of, random),
        What::Statistics { of, .. } => statistics(&whole, of, random),
        What::Publication { of, operations } => {
            let of = of.iter().filter(|_| random.random()).cloned().collect();
            What::Publication { of, operations }
        }
        What::Grant { on, .. } => What::Grant { on: on.clone(), what: "DELETE" },
        What::Configuration { parser } => What::Configuration { parser: !parser },
        What::Server { option } => What::Server { option: option + 1 },
        other @ (What::Rule { .. } | What::Collation) => other.clone(),
    };
    object.what = new;
}

fn change_column(schema: &Schema, it: &mut Col, random: &mut StdRng) {
    match random.random_range(0..7) {
        0 | 1 => it.ty = ty(schema, random),
        2 => it.not_null = !it.not_null,
        3 | 4 => it.fill = fill(schema, &it.ty, random),
        5 => it.comment = !it.comment,
        _ => {
            it.collate = !it.collate;
            it.statistics = !it.statistics;
        }
    }
}

fn pick(names: &[&str], random: &mut StdRng) -> String {
    names.choose(random).copied().unwrap_or_default().to_owned()
}

fn plain(random: &mut StdRng) -> &'static str {
    PLAIN.choose(random).copied().unwrap_or("int")
}

fn labels(random: &mut StdRng) -> Vec<&'static str> {
    let count = random.random_range(1..5);
    let mut labels: Vec<&'static str> = LABELS.choose_multiple(random, count).copied().collect();
    if random.random() {
        labels.sort_unstable();
    }
    labels
}

fn ty(schema: &Schema, random: &mut StdRng) -> Ty {
    let is_type =
        |o: &&Object| matches!(o.what, What::Enum { .. } | What::Domain { .. } | What::Composite { .. });
    match schema.objects.iter().filter(is_type).choose(random) {
        Some(o) if random.random_bool(0.3) => {
            Ty::Named(o.name.clone(), matches!(o.what, What::Enum { .. }) && random.random_bool(0.3))
        }
        _ => Ty::Of(plain(random)),
    }
}

fn fill(schema: &Schema, ty: &Ty, random: &mut StdRng) -> Fill {
    let named = |is: &dyn Fn(&What) -> bool, random: &mut StdRng| {
        schema.objects.iter().filter(|o| is(&o.what)).choose(random).map(|o| o.name.clone())
    };
    match random.random_range(0..8) {
        0 | 1 => Fill::Constant(random.random()),
        2 if ty.is_int() => Fill::Identity(random.random()),
        3 if ty.is_int() => {
            named(&|w| matches!(w, What::Sequence { .. }), random).map_or(Fill::Nothing, Fill::Sequence)
        }
        4 => {
            let fits = |w: &What| matches!(w, What::Function { gives, takes: None, .. } if gives == ty);
            named(&fits, random).map_or(Fill::Nothing, Fill::Function)
        }
        5 if matches!(ty, Ty::Of("bigint")) => Fill::Twice("a".into()),
        _ => Fill::Nothing,
    }
}

fn column(schema: &Schema, others: &[Col], random: &mut StdRng) -> Option<Col> {
    let name = COLUMNS.iter().filter(|name| others.iter().all(|c| c.name != **name)).choose(random)?;
    let ty = ty(schema, random);
    let fill = fill(schema, &ty, random);
    let not_null = random.random_bool(0.3) || matches!(fill, Fill::Identity(_));
    let (comment, statistics) = (random.random_bool(0.1), random.random_bool(0.1));
    Some(Col { name, ty, not_null, fill, collate: random.random_bool(0.1), comment, statistics })
}

fn table(schema: &Schema, random: &mut StdRng) -> What {
    let mut columns = Vec::new();
    for _ in 0..random.random_range(1..5) {
        columns.extend(column(schema, &columns, random));
    }
    let tables = |is: &dyn Fn(&Sort) -> bool, random: &mut StdRng| {
        let of = schema.objects.iter().filter(|o| matches!(&o.what, What::Table { sort, .. } if is(sort)));
        of.choose(random).map(|o| o.name.clone())
    };
    let sort = match random.random_range(0..12) {
        0 | 1 => {
            columns.insert(
                0,
                Col {
                    name: "k",
                    ty: Ty::Of("int"),
                    not_null: false,
                    fill: Fill::Nothing,
                    collate: false,
                    comment: false,
                    statistics: false,
                },
            );
            Sort::Partitioned("k")
        }
        2..=4 => match tables(&|s| matches!(s, Sort::Partitioned(_)), random) {
            Some(parent) => {
                columns.clear();
                Sort::Partition(parent, random.random_bool(0.8).then(|| random.random_range(0..5)))
            }
            None => Sort::Plain,
        },
        5 => tables(&|s| matches!(s, Sort::Plain), random).map_or(Sort::Plain, Sort::Child),
        6 if schema.find("srv").is_some() => Sort::Foreign,
        _ => Sort::Plain,
    };
    let mut flag = || random.random_bool(0.15);
    What::Table { columns, sort, unlogged: flag(), fill_factor: flag(), security: flag(), replica: flag() }
}

fn sequence(schema: &Schema, random: &mut StdRng) -> What {
    let owner = schema
        .objects
        .iter()
        .filter(|o| is_table(schema, &o.name))
        .choose(random)
        .filter(|_| random.random_bool(0.3));
    let owner = owner.and_then(|o| Some((o.name.clone(), schema.columns(&o.name).choose(random)?.name)));
    What::Sequence { increment: random.random_range(1..4), cycle: random.random(), owner }
}

fn function(schema: &Schema, random: &mut StdRng) -> What {
    let word = ["IMMUTABLE", "STABLE STRICT", "VOLATILE"].choose(random).copied().unwrap_or("STABLE");
    let takes = [None, None, Some("int"), Some("text")].choose(random).copied().flatten();
    What::Function { gives: ty(schema, random), takes, word, cost: random.random_range(1..4) }
}

fn names(schema: &Schema, of: &str, most: usize, random: &mut StdRng) -> Vec<&'static str> {
    let all: Vec<&'static str> = schema.columns(of).iter().map(|c| c.name).collect();
    let count = random.random_range(1..=most);
    all.choose_multiple(random, count).copied().collect()
}

fn view(schema: &Schema, random: &mut StdRng) -> What {
    let of = schema.objects.iter().filter(|o| !schema.columns(&o.name).is_empty()).choose(random);
    let of = of.map(|o| o.name.clone()).unwrap_or_default();
    let columns = names(schema, &of, 3, random);
    What::View {
        of,
        columns,
        filter: random.random(),
        barrier: random.random(),
        stored: random.random_bool(0.3),
    }
}

fn index(schema: &Schema, of: &str, random: &mut StdRng) -> What {
    let method = ["btree", "btree", "hash"].choose(random).copied().unwrap_or("btree");
    let columns = names(schema, of, if method == "hash" { 1 } else { 3 }, random);
    let unique = random.random_bool(0.2);
    What::Index {
        of: of.into(),
        columns,
        unique,
        partial: random.random_bool(0.3),
        method,
        down: random.random_bool(0.3),
    }
}

fn key(schema: &Schema, of: &str, random: &mut StdRng) -> What {
    let (columns, primary) = (names(schema, of, 2, random), random.random());
    What::Key { of: of.into(), columns, primary, deferrable: random.random_bool(0.2) }
}

fn check(schema: &Schema, of: &str, random: &mut StdRng) -> What {
    let column = names(schema, of, 1, random)[0];
    What::Check {
        of: of.into(),
        column,
        limit: random.random_range(1..4),
        not_valid: random.random_bool(0.3),
    }
}

fn reference(schema: &Schema, of: &str, random: &mut StdRng) -> What {
    let keys = schema.objects.iter().filter_map(|o| match &o.what {
        What::Key { of, columns, primary: true, .. } if columns.len() == 1 => Some((of.clone(), columns[0])),
        _ => None,
    });
    let (to, _) = keys.choose(random).unwrap_or_default();
    let action = ["", " ON DELETE CASCADE", " ON UPDATE SET NULL"].choose(random).copied().unwrap_or("");
    What::Reference {
        of: of.into(),
        column: names(schema, of, 1, random)[0],
        to,
        action,
        deferrable: random.random_bool(0.2),
    }
}

fn trigger(schema: &Schema, of: &str, random: &mut StdRng) -> What {
    let functions = schema.objects.iter().filter(|o| matches!(o.what, What::TriggerFunction { .. }));
    let function = functions.choose(random).map(|o| o.name.clone()).unwrap_or_default();
    let event = ["AFTER INSERT", "AFTER UPDATE OR DELETE"].choose(random).copied().unwrap_or("AFTER INSERT");
    let state = ["", "", "DISABLE", "ENABLE ALWAYS"].choose(random).copied().unwrap_or("");
    What::Trigger { of: of.into(), function, event, state }
}

fn policy(of: &str, random: &mut StdRng) -> What {
    let command = ["ALL", "SELECT", "INSERT", "UPDATE"].choose(random).copied().unwrap_or("ALL");
    What::Policy { of: of.into(), command, check: random.random() }
}

fn statistics(schema: &Schema, of: &str, random: &mut StdRng) -> What {
    let columns = names(schema, of, 3, random);
    let kinds = ["ndistinct", "dependencies, ndistinct"].choose(random).copied().unwrap_or("ndistinct");
    What::Statistics { of: of.into(), columns, kinds }
}

fn is_table(schema: &Schema, name: &str) -> bool {
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
