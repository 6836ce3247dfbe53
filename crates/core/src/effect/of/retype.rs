//! Whether a new type of a column needs its rows written anew.
//!
//! Source: `ATColumnChangeRequiresRewrite` in `tablecmds.c`; the binary coercible casts of `pg_cast`; the support
//! functions `varchar_support`, `numeric_support`, `varbit_support`, `temporal` and `interval_support`.

use cutover_sql::tree::{self, NodeEnum};

use crate::effect::known::{DataType, Known, TypeKind};

/// What a change of type needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Retype {
    /// The rows are written anew.
    pub rewrites: bool,
    /// Indexes on the column have other operators, or another collation.
    pub reindexes: bool,
    /// A value may not fit, or lose a part.
    pub narrows: bool,
    /// It hangs on the time zone of the session.
    pub by_time_zone: bool,
}

const REWRITES: Retype = Retype { rewrites: true, reindexes: true, narrows: false, by_time_zone: false };

/// What it takes to make `new` of `old`, by `using` if that was written.
pub fn retype(
    known: &Known,
    old: Option<&DataType>,
    new: &DataType,
    using: Option<&NodeEnum>,
    column: &str,
) -> Retype {
    let Some(old) = old else {
        // nobody knows what it was
        return Retype { narrows: false, ..REWRITES };
    };
    let direct = using.is_none_or(|using| is_column(known, using, column, new));
    if !direct {
        return Retype { narrows: narrows(old, new), ..REWRITES };
    }
    let mut change = steps(known, old, new);
    if using.is_some() && change.by_time_zone {
        change.rewrites = true;
    }
    // a type without COLLATE has its own again
    if new.collation != old.collation {
        change.reindexes = true;
    }
    change.narrows = narrows(old, new);
    change
}

/// `USING column` and `USING column::new` say what would be done anyway.
fn is_column(known: &Known, using: &NodeEnum, column: &str, new: &DataType) -> bool {
    match using {
        NodeEnum::ColumnRef(it) => it.fields.last().and_then(tree::text) == Some(column),
        NodeEnum::TypeCast(it) => {
            known.data_type(it.type_name.as_ref()) == (DataType { collation: None, ..new.clone() })
                && tree::boxed(it.arg.as_deref()).is_some_and(|arg| is_column(known, arg, column, new))
        }
        _ => false,
    }
}

fn steps(known: &Known, old: &DataType, new: &DataType) -> Retype {
    let free = Retype::default();
    let reindexes = Retype { reindexes: true, ..free };
    // through domains: out of one is free, into one is free when it has no constraints
    if let Some(TypeKind::Domain { base, .. }) = known.made_type(new).map(|it| &it.kind)
        && !new.array
        && old.user() != new.user()
    {
        if known.is_constrained(new) {
            return REWRITES;
        }
        return steps(known, old, base);
    }
    if let Some(TypeKind::Domain { base, .. }) = known.made_type(old).map(|it| &it.kind)
        && !old.array
        && old.user() != new.user()
    {
        return steps(known, base, new);
    }
    if old.schema == new.schema && old.name == new.name && old.array == new.array {
        return if fits(old, new) { free } else { REWRITES };
    }
    // citext is text with other operators, wherever it was installed
    let is_citext = |it: &DataType| it.name == "citext" && !it.array;
    let is_text =
        |it: &DataType| it.schema.is_none() && !it.array && matches!(it.name.as_str(), "text" | "varchar");
    if (is_citext(old) && is_text(new) && new.mods.is_empty()) || (is_text(old) && is_citext(new)) {
        return reindexes;
    }
    if old.schema.is_some() || new.schema.is_some() || old.array || new.array {
        return REWRITES;
    }
    let unbounded = new.mods.is_empty();
    const OIDS: [&str; 13] = [
        "int4",
        "oid",
        "regclass",
        "regcollation",
        "regconfig",
        "regdictionary",
        "regnamespace",
        "regoper",
        "regoperator",
        "regproc",
        "regprocedure",
        "regrole",
        "regtype",
    ];
    let (from, to) = (old.name.as_str(), new.name.as_str());
    match (from, to) {
        ("varchar", "text") => free,
        ("text", "varchar") if unbounded => free,
        ("xml", "text") => reindexes,
        ("xml", "varchar") if unbounded => reindexes,
        ("cidr", "inet") => free,
        // not `char`, which is char(1), but the type without a length
        ("text" | "varchar" | "xml", "bpchar") if unbounded => reindexes,
        // `bit` is bit(1), too
        ("bit", "varbit") | ("varbit", "bit") if unbounded => reindexes,
        // between the two the wall clock stays when the session is in UTC; otherwise each value is another
        ("timestamp", "timestamptz") | ("timestamptz", "timestamp") if fits_time(old, new) => Retype {
            rewrites: !known.utc || known.major < 12,
            reindexes: true,
            narrows: false,
            by_time_zone: true,
        },
        _ if OIDS.contains(&from) && OIDS.contains(&to) && binary(from, to) => reindexes,
        _ => REWRITES,
    }
}

/// The casts among object identifiers that only put another label on.
fn binary(from: &str, to: &str) -> bool {
    let plain = |name: &str| matches!(name, "int4" | "oid");
    plain(from)
        || plain(to)
        || matches!(
            (from, to),
            ("regproc", "regprocedure")
                | ("regprocedure", "regproc")
                | ("regoper", "regoperator")
                | ("regoperator", "regoper")
        )
}

/// Whether every value of a type fits what is in the parentheses of the same type.
fn fits(old: &DataType, new: &DataType) -> bool {
    if old.mods == new.mods || new.mods.is_empty() && new.name != "bpchar" && new.name != "bit" {
        return true;
    }
    // an array is gone through element by element
    if old.array {
        return false;
    }
    let (Some(before), Some(after)) = (old.mods.first(), new.mods.first()) else {
        return old.mods.is_empty()
            && matches!(new.name.as_str(), "time" | "timetz" | "timestamp" | "timestamptz")
            && fits_time(old, new);
    };
    match new.name.as_str() {
        "varchar" | "varbit" => after >= before,
        "numeric" => {
            let scale = |mods: &[i64]| mods.get(1).copied().unwrap_or(0);
            scale(&old.mods) == scale(&new.mods) && after >= before
        }
        "time" | "timetz" | "timestamp" | "timestamptz" => fits_time(old, new),
        "interval" => {
            let precision = |mods: &[i64]| mods.get(1).copied().unwrap_or(6);
            let everything = |mods: &[i64]| mods.first().is_none_or(|fields| *fields == 0x7FFF);
            precision(&new.mods) >= precision(&old.mods)
                && (everything(&new.mods) || old.mods.first() == new.mods.first())
        }
        _ => false,
    }
}

/// Six digits are all that a time has.
fn fits_time(old: &DataType, new: &DataType) -> bool {
    let digits = |it: &DataType| it.mods.first().copied().unwrap_or(6);
    digits(new) >= digits(old)
}

/// Whether a value of the old type may not be one of the new, or lose a part of itself.
fn narrows(old: &DataType, new: &DataType) -> bool {
    // citext is text, wherever it was installed
    let plain = |it: &DataType| match it.name.as_str() {
        "citext" => DataType { array: it.array, ..DataType::own("text") },
        _ => it.clone(),
    };
    let (old, new) = (&plain(old), &plain(new));
    if old.schema.is_some() || new.schema.is_some() || old.array != new.array {
        return false;
    }
    let rank = |name: &str| match name {
        "int2" => Some(1),
        "int4" => Some(2),
        "int8" => Some(3),
        "numeric" => Some(4),
        "float4" => Some(5),
        "float8" => Some(6),
        _ => None,
    };
    if let (Some(before), Some(after)) = (rank(&old.name), rank(&new.name))
        && before != after
    {
        let to_float = after >= 5 && before <= 4;
        return after < before
            || (to_float && (before >= 3 || after == 5 && before >= 2))
            || (!new.mods.is_empty() && after == 4);
    }
    let text = |name: &str| matches!(name, "text" | "varchar" | "bpchar");
    if text(&old.name) && text(&new.name) {
        let room = |it: &DataType| if it.name == "text" { None } else { it.mods.first().copied() };
        return match (room(old), room(new)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(before), Some(after)) => after < before,
        };
    }
    if text(&old.name) && !text(&new.name) {
        return true;
    }
    if old.name == new.name {
        return match (old.mods.first(), new.mods.first()) {
            _ if old.mods == new.mods => false,
            (_, None) => false,
            (None, Some(digits)) => old.name == "numeric" || *digits < 6,
            (Some(before), Some(after)) if old.name == "numeric" => {
                let scale = |mods: &[i64]| mods.get(1).copied().unwrap_or(0);
                let whole = |first: i64, mods: &[i64]| first - scale(mods);
                scale(&new.mods) < scale(&old.mods) || whole(*after, &new.mods) < whole(*before, &old.mods)
            }
            (Some(before), Some(after)) => after < before,
        };
    }
    matches!(
        (old.name.as_str(), new.name.as_str()),
        ("timestamp" | "timestamptz", "date" | "time" | "timetz")
            | ("jsonb" | "json", "text")
            | ("inet", "cidr")
    ) && new.name != "text"
}
