//! Random objects, and the names that they choose from.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};

use super::prune::is_table;
use super::schema::{Col, Fill, Object, Schema, Sort, Ty, What};

pub(super) const RELATIONS: [&str; 7] =
    ["public.r1", "public.r2", "app.r3", "app.r4", "public.\"Re L\"", "public.r6", "app.\"select\""];
pub(super) const TYPES: [&str; 4] = ["public.ty1", "app.ty2", "public.\"Ty 3\"", "public.ty4"];
pub(super) const FUNCTIONS: [&str; 4] = ["public.f1", "app.f2", "public.\"F 3\"", "public.f4"];
pub(super) const COLUMNS: [&str; 8] = ["a", "b", "c", "d", "\"order\"", "\"Two Words\"", "e", "f"];
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
pub(super) const LABELS: [&str; 6] = ["new", "open", "done", "late", "it is", "x"];

pub(super) fn pick(names: &[&str], random: &mut StdRng) -> String {
    names.choose(random).copied().unwrap_or_default().to_owned()
}

pub(super) fn plain(random: &mut StdRng) -> &'static str {
    PLAIN.choose(random).copied().unwrap_or("int")
}

pub(super) fn labels(random: &mut StdRng) -> Vec<&'static str> {
    let count = random.random_range(1..5);
    let mut labels: Vec<&'static str> = LABELS.choose_multiple(random, count).copied().collect();
    if random.random() {
        labels.sort_unstable();
    }
    labels
}

pub(super) fn ty(schema: &Schema, random: &mut StdRng) -> Ty {
    let is_type =
        |o: &&Object| matches!(o.what, What::Enum { .. } | What::Domain { .. } | What::Composite { .. });
    match schema.objects.iter().filter(is_type).choose(random) {
        Some(o) if random.random_bool(0.3) => {
            Ty::Named(o.name.clone(), matches!(o.what, What::Enum { .. }) && random.random_bool(0.3))
        }
        _ => Ty::Of(plain(random)),
    }
}

pub(super) fn fill(schema: &Schema, ty: &Ty, random: &mut StdRng) -> Fill {
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

pub(super) fn column(schema: &Schema, others: &[Col], random: &mut StdRng) -> Option<Col> {
    let name = COLUMNS.iter().filter(|name| others.iter().all(|c| c.name != **name)).choose(random)?;
    let ty = ty(schema, random);
    let fill = fill(schema, &ty, random);
    let not_null = random.random_bool(0.3) || matches!(fill, Fill::Identity(_));
    let (comment, statistics) = (random.random_bool(0.1), random.random_bool(0.1));
    Some(Col { name, ty, not_null, fill, collate: random.random_bool(0.1), comment, statistics })
}

pub(super) fn table(schema: &Schema, random: &mut StdRng) -> What {
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

pub(super) fn sequence(schema: &Schema, random: &mut StdRng) -> What {
    let owner = schema
        .objects
        .iter()
        .filter(|o| is_table(schema, &o.name))
        .choose(random)
        .filter(|_| random.random_bool(0.3));
    let owner = owner.and_then(|o| Some((o.name.clone(), schema.columns(&o.name).choose(random)?.name)));
    What::Sequence { increment: random.random_range(1..4), cycle: random.random(), owner }
}

pub(super) fn function(schema: &Schema, random: &mut StdRng) -> What {
    let word = ["IMMUTABLE", "STABLE STRICT", "VOLATILE"].choose(random).copied().unwrap_or("STABLE");
    let takes = [None, None, Some("int"), Some("text")].choose(random).copied().flatten();
    What::Function { gives: ty(schema, random), takes, word, cost: random.random_range(1..4) }
}

pub(super) fn names(schema: &Schema, of: &str, most: usize, random: &mut StdRng) -> Vec<&'static str> {
    let all: Vec<&'static str> = schema.columns(of).iter().map(|c| c.name).collect();
    let count = random.random_range(1..=most);
    all.choose_multiple(random, count).copied().collect()
}

pub(super) fn view(schema: &Schema, random: &mut StdRng) -> What {
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

pub(super) fn index(schema: &Schema, of: &str, random: &mut StdRng) -> What {
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

pub(super) fn key(schema: &Schema, of: &str, random: &mut StdRng) -> What {
    let (columns, primary) = (names(schema, of, 2, random), random.random());
    What::Key { of: of.into(), columns, primary, deferrable: random.random_bool(0.2) }
}

pub(super) fn check(schema: &Schema, of: &str, random: &mut StdRng) -> What {
    let column = names(schema, of, 1, random)[0];
    What::Check {
        of: of.into(),
        column,
        limit: random.random_range(1..4),
        not_valid: random.random_bool(0.3),
    }
}

pub(super) fn reference(schema: &Schema, of: &str, random: &mut StdRng) -> What {
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

pub(super) fn trigger(schema: &Schema, of: &str, random: &mut StdRng) -> What {
    let functions = schema.objects.iter().filter(|o| matches!(o.what, What::TriggerFunction { .. }));
    let function = functions.choose(random).map(|o| o.name.clone()).unwrap_or_default();
    let event = ["AFTER INSERT", "AFTER UPDATE OR DELETE"].choose(random).copied().unwrap_or("AFTER INSERT");
    let state = ["", "", "DISABLE", "ENABLE ALWAYS"].choose(random).copied().unwrap_or("");
    What::Trigger { of: of.into(), function, event, state }
}

pub(super) fn policy(of: &str, random: &mut StdRng) -> What {
    let command = ["ALL", "SELECT", "INSERT", "UPDATE"].choose(random).copied().unwrap_or("ALL");
    What::Policy { of: of.into(), command, check: random.random() }
}

pub(super) fn statistics(schema: &Schema, of: &str, random: &mut StdRng) -> What {
    let columns = names(schema, of, 3, random);
    let kinds = ["ndistinct", "dependencies, ndistinct"].choose(random).copied().unwrap_or("ndistinct");
    What::Statistics { of: of.into(), columns, kinds }
}
