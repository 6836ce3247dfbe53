//! Random edits of a schema.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};

use super::make::{
    COLUMNS, FUNCTIONS, LABELS, RELATIONS, TYPES, check, column, fill, function, index, key, labels, pick,
    plain, policy, reference, sequence, statistics, table, trigger, ty, view,
};
use super::prune::{is_table, prune};
use super::schema::{Col, Object, Schema, Sort, Ty, What};

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
