//! What is known of data types by their names: which change into which by themselves, and the names
//! that the server makes up.
//!
//! Types that are not built in are taken for strangers; their conversion is spelled out.

/// The longest name, in bytes (`NAMEDATALEN - 1`).
const NAME_LENGTH: usize = 63;

/// A type name without its modifier and array brackets: `character varying` of
/// `character varying(20)[]`.
pub fn base(data_type: &str) -> String {
    let element = data_type.trim_end_matches("[]");
    match (element.find('('), element.find(')')) {
        // "timestamp(3) with time zone"
        (Some(open), Some(close)) if open < close => format!("{}{}", &element[..open], &element[close + 1..]),
        _ => element.to_owned(),
    }
}

/// The numbers of a modifier: `[10, 2]` of `numeric(10,2)`.
fn modifier(data_type: &str) -> Vec<i64> {
    let inside = data_type.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    inside.map_or_else(Vec::new, |(inside, _)| {
        inside.split(',').filter_map(|n| n.trim().parse().ok()).collect()
    })
}

fn is_array(data_type: &str) -> bool {
    data_type.ends_with("[]")
}

const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
const STRINGS: [&str; 5] = ["text", "character varying", "character", "bpchar", "name"];
const MOMENTS: [&str; 3] = ["date", "timestamp without time zone", "timestamp with time zone"];

/// Pairs with an assignment cast beside those within a family (`pg_cast.castcontext`).
const PAIRS: [(&str, &str); 19] = [
    ("cidr", "inet"),
    ("inet", "cidr"),
    ("json", "jsonb"),
    ("jsonb", "json"),
    ("bit", "bit varying"),
    ("bit varying", "bit"),
    ("macaddr", "macaddr8"),
    ("macaddr8", "macaddr"),
    ("integer", "oid"),
    ("bigint", "oid"),
    ("oid", "integer"),
    ("oid", "bigint"),
    ("integer", "money"),
    ("bigint", "money"),
    ("numeric", "money"),
    ("money", "numeric"),
    ("time without time zone", "interval"),
    ("interval", "time without time zone"),
    ("time without time zone", "time with time zone"),
];

/// Whether a column changes from one type to the other without `USING`.
pub fn casts_by_assignment(from: &str, to: &str) -> bool {
    if is_array(from) != is_array(to) {
        return !is_array(to) && STRINGS[..2].contains(&base(to).as_str());
    }
    let (from, to) = (base(from), base(to));
    let both = |family: &[&str]| family.contains(&from.as_str()) && family.contains(&to.as_str());
    from == to
        || both(&NUMBERS)
        || both(&STRINGS)
        || both(&MOMENTS)
        || STRINGS[..3].contains(&to.as_str())
        || PAIRS.contains(&(from.as_str(), to.as_str()))
}

/// Whether a default stays as it is written when its column changes like this.
pub fn keeps_default(from: &str, to: &str) -> bool {
    base(from) == base(to) && is_array(from) == is_array(to)
}

/// The expression that turns a column of one type into the other.
pub fn conversion(column: &str, from: &str, to: &str) -> String {
    let direct = STRINGS.contains(&base(from).as_str())
        || matches!(
            (base(from).as_str(), base(to).as_str()),
            ("integer", "boolean") | ("boolean", "integer")
        );
    if is_array(to) && !is_array(from) {
        let element = to.trim_end_matches("[]");
        let value =
            if base(from) == base(to) { column.to_owned() } else { conversion(column, from, element) };
        return format!("CASE WHEN {column} IS NOT NULL THEN ARRAY[{value}]::{to} END");
    }
    if direct && is_array(from) == is_array(to) {
        format!("{column}::{to}")
    } else {
        format!("{column}::text::{to}")
    }
}

/// Whether there may be values that do not fit the new type.
pub fn narrows(from: &str, to: &str) -> bool {
    let (base_from, base_to) = (base(from), base(to));
    let (limits_from, limits_to) = (modifier(from), modifier(to));
    if is_array(from) != is_array(to) {
        return !matches!(base_to.as_str(), "text" | "character varying") || !limits_to.is_empty();
    }
    let rank = |name: &str| NUMBERS.iter().position(|n| *n == name);
    match (base_from.as_str(), base_to.as_str()) {
        (_, "text") => false,
        (a, b) if a == b => match (limits_from.as_slice(), limits_to.as_slice()) {
            (_, []) => false,
            ([], _) => true,
            // numeric(p,s): digits before the point and behind it
            ([p, s], [q, t]) => q - t < p - s || t < s,
            ([n, ..], [m, ..]) => m < n,
        },
        (a, "character varying") if STRINGS.contains(&a) => match (limits_from.first(), limits_to.first()) {
            (_, None) => false,
            (Some(n), Some(m)) => m < n,
            (None, Some(_)) => true,
        },
        (a, b) if rank(a).is_some() && rank(b).is_some() => rank(b) < rank(a) || !limits_to.is_empty(),
        ("date", "timestamp without time zone" | "timestamp with time zone")
        | ("timestamp without time zone", "timestamp with time zone")
        | ("timestamp with time zone", "timestamp without time zone")
        | ("cidr", "inet")
        | ("json", "jsonb")
        | ("jsonb", "json")
        | ("bit", "bit varying") => false,
        _ => true,
    }
}

/// What `SET STORAGE` has to say on a server without `DEFAULT`, before 16.
pub fn default_storage(data_type: &str) -> &'static str {
    if is_array(data_type) {
        return "EXTENDED";
    }
    match base(data_type).as_str() {
        "numeric" | "inet" | "cidr" => "MAIN",
        _ => "EXTENDED",
    }
}

/// The name that the server makes of a table, a column and a label, such as `orders_id_seq`
/// (`makeObjectName` in PostgreSQL's `indexcmds.c`: the longer of the two names is cut).
pub fn made_name(table: &str, column: &str, label: &str) -> String {
    let parts = if column.is_empty() { 1 } else { 2 };
    let overhead = parts + label.len();
    let room = NAME_LENGTH.saturating_sub(overhead);
    let (mut first, mut second) = (table.len(), column.len());
    while first + second > room {
        if first > second { first -= 1 } else { second -= 1 }
    }
    let (table, column) = (clip(table, first), clip(column, second));
    if column.is_empty() { format!("{table}_{label}") } else { format!("{table}_{column}_{label}") }
}

/// The beginning of a text, of at most so many bytes and whole characters.
fn clip(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_have_no_modifier() {
        assert_eq!(base("character varying(20)[]"), "character varying");
        assert_eq!(base("timestamp(3) with time zone"), "timestamp with time zone");
    }

    #[test]
    fn narrower_is_what_may_not_fit() {
        for (from, to) in [
            ("integer", "bigint"),
            ("character varying(10)", "character varying(20)"),
            ("character varying(10)", "text"),
            ("numeric(10,2)", "numeric(12,2)"),
            ("uuid", "text"),
        ] {
            assert!(!narrows(from, to), "{from} to {to}");
            assert!(narrows(to, from), "{to} to {from}");
        }
    }

    #[test]
    fn made_names_are_cut_as_the_server_cuts_them() {
        assert_eq!(made_name("t", "c", "seq"), "t_c_seq");
        let long = "a".repeat(70);
        assert_eq!(made_name(&long, "b", "seq").len(), 63);
    }
}
