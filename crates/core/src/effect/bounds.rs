//! The bounds of partitions as checks: what lets PostgreSQL attach a partition without reading its rows.
//!
//! Source: `get_qual_for_range`, `get_qual_for_list` of `partbounds.c`, and the proofs of `predtest.c`.

use cutover_sql::ident::{quote_ident, quote_literal};
use cutover_sql::tree::{self, Node, NodeEnum, PartitionBoundSpec, a_const};

use super::known::{Relation, Strategy};

/// The one column that a table is partitioned by, as SQL.
fn key(parent: &Relation) -> Option<String> {
    match &parent.partition_key[..] {
        [column] if !parent.partition_expression => Some(quote_ident(column).into_owned()),
        _ => None,
    }
}

/// The words of a condition, and of its opposite.
struct Words {
    null: &'static str,
    one: &'static str,
    many: &'static str,
    from: &'static str,
    to: &'static str,
    join: &'static str,
}

const INSIDE: Words = Words { null: "IS NOT NULL", one: "=", many: "IN", from: ">=", to: "<", join: " AND " };
const OUTSIDE: Words =
    Words { null: "IS NULL", one: "<>", many: "NOT IN", from: "<", to: ">=", join: " OR " };

/// What every row within the bounds is like. Nothing where the bounds are not plain constants of one column.
pub fn inside(parent: &Relation, bound: &PartitionBoundSpec) -> Option<String> {
    condition(parent, bound, &INSIDE)
}

/// What every row outside of the bounds is like: those of the default partition.
pub fn outside(parent: &Relation, bound: &PartitionBoundSpec) -> Option<String> {
    condition(parent, bound, &OUTSIDE)
}

fn condition(parent: &Relation, bound: &PartitionBoundSpec, words: &Words) -> Option<String> {
    if bound.is_default {
        return None;
    }
    let key = key(parent)?;
    let mut parts = vec![format!("{key} {}", words.null)];
    match parent.strategy? {
        Strategy::List => {
            let values = bound.listdatums.iter().map(value).collect::<Option<Vec<_>>>()?;
            match &values[..] {
                [] => return None,
                [one] => parts.push(format!("{key} {} {one}", words.one)),
                _ => parts.push(format!("{key} {} ({})", words.many, values.join(", "))),
            }
        }
        Strategy::Range => {
            if let Some(from) = range_end(&bound.lowerdatums, "minvalue")? {
                parts.push(format!("{key} {} {from}", words.from));
            }
            if let Some(to) = range_end(&bound.upperdatums, "maxvalue")? {
                parts.push(format!("{key} {} {to}", words.to));
            }
            if parts.len() == 1 {
                return None;
            }
        }
        Strategy::Hash => return None,
    }
    Some(parts.join(words.join))
}

/// One end of a range: nothing inside where it is open, nothing at all where it is not a constant.
fn range_end(datums: &[Node], open: &str) -> Option<Option<String>> {
    let [datum] = datums else { return None };
    if let Some(NodeEnum::ColumnRef(it)) = tree::inner(datum)
        && it.fields.last().and_then(tree::text) == Some(open)
    {
        return Some(None);
    }
    value(datum).map(Some)
}

/// A constant as SQL; NULL is none, because a list that has it is another condition.
fn value(node: &Node) -> Option<String> {
    let Some(NodeEnum::AConst(it)) = tree::inner(node) else { return None };
    match it.val.as_ref()? {
        a_const::Val::Ival(value) => Some(value.ival.to_string()),
        a_const::Val::Fval(value) => Some(value.fval.clone()),
        a_const::Val::Boolval(value) => Some(value.boolval.to_string()),
        a_const::Val::Sval(value) => Some(quote_literal(&value.sval)),
        a_const::Val::Bsval(_) => None,
    }
}
