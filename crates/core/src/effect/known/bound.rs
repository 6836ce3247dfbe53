//! What checks and the bounds of partitions say, read from their trees.
//!
//! Source: `get_qual_from_partbound` in `partbounds.c`, whose constraint a partition's rows must follow.

use cutover_sql::tree::{
    self, AExprKind, BoolExprType, NodeEnum, NullTestType, PartitionBoundSpec, PartitionRangeDatumKind,
};

use super::claim::{Claim, Op};
use super::replay::without_places;
use super::value::Value;
use super::{DataType, Known, Rel, Relation, Strategy, TypeKind};
use crate::effect::bounds;

/// The bound of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// `DEFAULT`.
    pub is_default: bool,
    /// What it says of a row, where that is understood; never for a default partition, of which the others say it.
    pub says: Option<Claim>,
    /// The condition of the rows that are in it, as SQL, where the bounds are plain constants of one column.
    pub inside: Option<String>,
    /// And of those that are not.
    pub outside: Option<String>,
}

/// An expression as the parser has it, wherever it stands.
fn term(node: &NodeEnum) -> String {
    match node {
        NodeEnum::ColumnRef(it) => it.fields.last().and_then(tree::text).unwrap_or_default().to_owned(),
        // the server writes so where it compares another kind of text
        NodeEnum::TypeCast(it) if tree::boxed(it.arg.as_deref()).is_some_and(is_column) && is_text(it) => {
            tree::boxed(it.arg.as_deref()).map(term).unwrap_or_default()
        }
        other => without_places(&format!("{other:?}")),
    }
}

impl Known {
    /// What a check of a table says.
    pub fn claim(&self, table: &Rel, node: &NodeEnum) -> Claim {
        match node {
            NodeEnum::BoolExpr(it) => {
                let parts =
                    it.args.iter().filter_map(tree::inner).map(|part| self.claim(table, part)).collect();
                match it.boolop() {
                    BoolExprType::AndExpr => Claim::All(parts),
                    BoolExprType::OrExpr => Claim::Any(parts),
                    BoolExprType::NotExpr => {
                        let inner = parts.first().and_then(Claim::negated);
                        inner.unwrap_or_else(|| Claim::Other(term(node)))
                    }
                    BoolExprType::Undefined => Claim::Other(term(node)),
                }
            }
            NodeEnum::NullTest(it) => match tree::boxed(it.arg.as_deref()) {
                Some(of) if it.nulltesttype() == NullTestType::IsNull => Claim::Null(term(of)),
                Some(of) => Claim::NotNull(term(of)),
                None => Claim::Other(term(node)),
            },
            NodeEnum::AExpr(it) => self.comparison(table, it).unwrap_or_else(|| Claim::Other(term(node))),
            _ => Claim::Other(term(node)),
        }
    }

    fn comparison(&self, table: &Rel, it: &tree::AExpr) -> Option<Claim> {
        let (left, right) = (tree::boxed(it.lexpr.as_deref())?, tree::boxed(it.rexpr.as_deref())?);
        let op = Op::named(tree::qualified(&it.name).1);
        match it.kind() {
            AExprKind::AexprOp => {
                if let Some(value) = self.constant(table, left, right) {
                    return Some(Claim::Is(term(left), op?, value));
                }
                Some(Claim::Is(term(right), op?.flipped(), self.constant(table, right, left)?))
            }
            AExprKind::AexprIn => {
                let NodeEnum::List(list) = right else { return None };
                let one_of = self.one_of(table, left, &list.items)?;
                if op? == Op::Equal { Some(one_of) } else { one_of.negated() }
            }
            AExprKind::AexprOpAny if op? == Op::Equal => match array(right) {
                NodeEnum::AArrayExpr(array) => self.one_of(table, left, &array.elements),
                _ => None,
            },
            AExprKind::AexprOpAll if op? == Op::Unequal => match array(right) {
                NodeEnum::AArrayExpr(array) => self.one_of(table, left, &array.elements)?.negated(),
                _ => None,
            },
            AExprKind::AexprBetween => {
                let NodeEnum::List(list) = right else { return None };
                let [from, to] = &list.items[..] else { return None };
                let value = |node| self.constant(table, left, tree::inner(node)?);
                let name = term(left);
                Some(Claim::All(vec![
                    Claim::Is(name.clone(), Op::AtLeast, value(from)?),
                    Claim::Is(name, Op::AtMost, value(to)?),
                ]))
            }
            _ => None,
        }
    }

    fn one_of(&self, table: &Rel, left: &NodeEnum, items: &[tree::Node]) -> Option<Claim> {
        let values = items.iter().map(|item| self.constant(table, left, tree::inner(item)?));
        Some(Claim::one_of(&term(left), values.collect::<Option<_>>()?))
    }

    /// A constant that a column is compared with.
    fn constant(&self, table: &Rel, column: &NodeEnum, value: &NodeEnum) -> Option<Value> {
        let (it, is_text) = match column {
            NodeEnum::ColumnRef(it) => (it, false),
            NodeEnum::TypeCast(cast) if is_text(cast) => match tree::boxed(cast.arg.as_deref())? {
                NodeEnum::ColumnRef(it) => (it, true),
                _ => return None,
            },
            _ => return None,
        };
        let name = it.fields.last().and_then(tree::text)?;
        let data_type = &self.get(table)?.column(name)?.data_type;
        // a number as text compares in another way
        if is_text && !is_string(&data_type.name) { None } else { self.value(data_type, value) }
    }

    fn value(&self, data_type: &DataType, node: &NodeEnum) -> Option<Value> {
        match node {
            NodeEnum::TypeCast(it) => {
                // another type compares in another way
                let cast = self.data_type(it.type_name.as_ref());
                let same = cast.name == data_type.name
                    || (is_string(&cast.name) && is_string(&data_type.name))
                    || (is_whole(&cast.name) && is_whole(&data_type.name));
                same.then(|| self.value(data_type, tree::boxed(it.arg.as_deref())?))?
            }
            NodeEnum::AConst(it) => {
                let text = match it.val.as_ref()? {
                    tree::a_const::Val::Ival(value) => value.ival.to_string(),
                    tree::a_const::Val::Fval(value) => value.fval.clone(),
                    tree::a_const::Val::Sval(value) => value.sval.clone(),
                    tree::a_const::Val::Boolval(value) => value.boolval.to_string(),
                    tree::a_const::Val::Bsval(_) => return None,
                };
                match self.made_type(data_type).map(|it| &it.kind) {
                    Some(TypeKind::Enum(_)) if !data_type.array => Some(Value::label(&text)),
                    Some(TypeKind::Domain { base, .. }) if !data_type.array => self.value(base, node),
                    _ => Value::of(data_type, &text, self.utc),
                }
            }
            // the parser writes a negative number so only where it is one of several
            NodeEnum::AExpr(it) if it.lexpr.is_none() && tree::qualified(&it.name).1 == "-" => {
                let inner = self.value(data_type, tree::boxed(it.rexpr.as_deref())?)?;
                match inner {
                    Value::Number(negative, whole, part) => Some(Value::Number(!negative, whole, part)),
                    Value::Ordered(_) | Value::Same(_) => None,
                }
            }
            _ => None,
        }
    }

    /// The bound of a partition of `parent`.
    pub(super) fn bound_of(&self, parent: &Rel, bound: &PartitionBoundSpec) -> Bound {
        let above = self.get(parent);
        Bound {
            is_default: bound.is_default,
            says: if bound.is_default { None } else { self.bound_claim(parent, bound) },
            inside: above.and_then(|above| bounds::inside(above, bound)),
            outside: above.and_then(|above| bounds::outside(above, bound)),
        }
    }

    /// What a bound says of the rows of a partition of `parent`.
    pub fn bound_claim(&self, parent: &Rel, bound: &PartitionBoundSpec) -> Option<Claim> {
        let above = self.get(parent)?;
        if bound.is_default {
            return self.default_claim(parent, None);
        }
        if above.partition_expression {
            return None;
        }
        let keys: Vec<(&str, &DataType)> = above
            .partition_key
            .iter()
            .map(|key| Some((key.as_str(), &above.column(key)?.data_type)))
            .collect::<Option<_>>()?;
        match above.strategy? {
            Strategy::List => self.list_claim(*keys.first()?, &bound.listdatums),
            Strategy::Range => self.range_claim(&keys, bound),
            // nobody writes a check that says so
            Strategy::Hash => None,
        }
    }

    /// What a default partition says: none of what the others say.
    pub fn default_claim(&self, parent: &Rel, without: Option<&Rel>) -> Option<Claim> {
        let others = self.get(parent)?.children.iter().filter(|child| Some(*child) != without);
        let bounds = others.filter_map(|child| self.get(child)?.partition.as_ref());
        let each = bounds.filter(|bound| !bound.is_default).map(|bound| bound.says.as_ref()?.negated());
        Some(Claim::All(each.collect::<Option<_>>()?))
    }

    fn list_claim(&self, (key, data_type): (&str, &DataType), values: &[tree::Node]) -> Option<Claim> {
        let (mut found, mut null) = (Vec::new(), false);
        for value in values.iter().filter_map(tree::inner) {
            if tree::is_null(value) {
                null = true;
            } else {
                found.push(self.value(data_type, value)?);
            }
        }
        let is_empty = found.is_empty();
        let one_of = Claim::one_of(key, found);
        let key = key.to_owned();
        Some(match (null, is_empty) {
            (true, true) => Claim::Null(key),
            (true, false) => Claim::Any(vec![Claim::Null(key), one_of]),
            (false, _) => Claim::All(vec![Claim::NotNull(key), one_of]),
        })
    }

    /// `(a, b) >= lower AND (a, b) < upper`, as `get_qual_for_range` takes it apart.
    fn range_claim(&self, keys: &[(&str, &DataType)], bound: &PartitionBoundSpec) -> Option<Claim> {
        let ends = |nodes: &[tree::Node]| -> Option<Vec<End>> {
            let each = nodes.iter().zip(keys).map(|(node, (_, data_type))| self.end(data_type, node));
            each.collect()
        };
        let (lower, upper) = (ends(&bound.lowerdatums)?, ends(&bound.upperdatums)?);
        if lower.len() != keys.len() || upper.len() != keys.len() {
            return None;
        }
        let names: Vec<&str> = keys.iter().map(|(key, _)| *key).collect();
        let mut all: Vec<Claim> = names.iter().map(|key| Claim::NotNull((*key).to_owned())).collect();
        let mut start = 0;
        while let (Some(End::At(low)), Some(End::At(high))) = (lower.get(start), upper.get(start))
            && low == high
        {
            all.push(Claim::Is(names[start].to_owned(), Op::Equal, low.clone()));
            start += 1;
        }
        all.extend(arms(&names, &lower, start, true));
        all.extend(arms(&names, &upper, start, false));
        Some(Claim::All(all))
    }

    fn end(&self, data_type: &DataType, node: &tree::Node) -> Option<End> {
        match tree::inner(node)? {
            NodeEnum::PartitionRangeDatum(it) => Some(match it.kind() {
                PartitionRangeDatumKind::PartitionRangeDatumMinvalue => End::Min,
                PartitionRangeDatumKind::PartitionRangeDatumMaxvalue => End::Max,
                _ => End::At(self.value(data_type, tree::boxed(it.value.as_deref())?)?),
            }),
            NodeEnum::ColumnRef(it) => match it.fields.last().and_then(tree::text)? {
                "minvalue" => Some(End::Min),
                "maxvalue" => Some(End::Max),
                _ => None,
            },
            value => Some(End::At(self.value(data_type, value)?)),
        }
    }

    /// What the valid checks of a table and its NOT NULL columns say together.
    pub fn facts(&self, table: &Relation) -> Claim {
        let mut all: Vec<Claim> = table.constraints.iter().filter_map(|c| c.says().cloned()).collect();
        let not_null = table.columns.iter().flatten().filter(|column| column.not_null);
        all.extend(not_null.map(|column| Claim::NotNull(column.name.clone())));
        Claim::All(all)
    }
}

/// One key of an end of a range.
enum End {
    /// `MINVALUE`
    Min,
    /// `MAXVALUE`
    Max,
    /// A value.
    At(Value),
}

/// `a > 1 OR (a = 1 AND b >= 2)`: the keys from `start` on against one end of a range.
fn arms(names: &[&str], ends: &[End], start: usize, is_lower: bool) -> Option<Claim> {
    let (strict, open) = if is_lower { (Op::Greater, Op::AtLeast) } else { (Op::Less, Op::AtMost) };
    let (mut arms, mut before) = (Vec::new(), Vec::new());
    for (at, end) in ends.iter().enumerate().skip(start) {
        let End::At(value) = end else { break };
        // what comes behind an end without a value does not count; the upper end itself is outside
        let op = match ends.get(at + 1) {
            None if is_lower => open,
            Some(End::Min) if is_lower => open,
            Some(End::Max) if !is_lower => open,
            None | Some(End::Min | End::Max | End::At(_)) => strict,
        };
        let is = |op| Claim::Is(names[at].to_owned(), op, value.clone());
        arms.push(match before.is_empty() {
            true => is(op),
            false => Claim::All(before.iter().cloned().chain([is(op)]).collect()),
        });
        before.push(is(Op::Equal));
    }
    match arms.len() {
        0 | 1 => arms.pop(),
        _ => Some(Claim::Any(arms)),
    }
}

fn is_column(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::ColumnRef(_))
}

/// Whether something is only called another kind of text.
fn is_text(it: &tree::TypeCast) -> bool {
    let name = it.type_name.as_ref().map(|name| tree::qualified(&name.names).1);
    name.is_some_and(is_string)
}

fn is_string(name: &str) -> bool {
    matches!(name, "text" | "varchar")
}

fn is_whole(name: &str) -> bool {
    matches!(name, "int2" | "int4" | "int8")
}

/// An array without the type that it is cast to.
fn array(node: &NodeEnum) -> &NodeEnum {
    match node {
        NodeEnum::TypeCast(it) => tree::boxed(it.arg.as_deref()).map_or(node, array),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ConstraintKind, Known, Rel};

    fn proves(columns: &str, check: &str, condition: &str) -> bool {
        let (mut known, table) = (Known::new(15), Rel::new("public", "t"));
        known.apply_text(&format!("CREATE TABLE t ({columns}, CHECK ({check}))"));
        let facts = known.facts(known.get(&table).expect("it was made"));
        known.apply_text(&format!("ALTER TABLE t ADD CONSTRAINT wanted CHECK ({condition})"));
        match &known.get(&table).and_then(|it| it.constraint("wanted")).expect("it was added").kind {
            ConstraintKind::Check { says, .. } => facts.implies(says),
            _ => false,
        }
    }

    #[test]
    fn what_follows_is_proven() {
        let numbers = |check, condition| proves("k int NOT NULL, n int", check, condition);
        assert!(numbers("k >= 3 AND k < 5", "k IS NOT NULL AND k >= 1 AND k < 5"));
        assert!(numbers("k BETWEEN 3 AND 4", "k >= 3 AND k < 5"));
        assert!(numbers("k IN (1, 2)", "k IN (1, 2, 3)"));
        assert!(numbers("k = 7", "k IS NULL OR k <> 8"));
        assert!(numbers("n IS NOT NULL AND n < 10", "n IS NOT NULL AND n < 10"));
        assert!(numbers("k >= 100", "k IS NULL OR k < 10 OR k >= 20"));
        let word = |check| proves("w varchar(9) NOT NULL, b bool NOT NULL", check, "w IN ('de', 'fr')");
        assert!(word("w = 'de'"));
        assert!(word("(w)::text = ANY (ARRAY[('de'::character varying)::text, 'fr'::text])"));
        assert!(proves("b bool NOT NULL", "b = true", "b IS NOT NULL AND b = true"));
    }

    #[test]
    fn what_does_not_is_not() {
        let numbers = |check, condition| proves("k int NOT NULL, n int", check, condition);
        assert!(!numbers("k >= 3 AND k <= 5", "k >= 3 AND k < 5"));
        assert!(!numbers("n < 10", "n IS NOT NULL AND n < 10"));
        assert!(!numbers("k < 3 OR n = 1", "k < 3"));
        assert!(!numbers("k IN (1, 2)", "k = 1"));
        assert!(!numbers("k + 1 < 3", "k < 3"));
        assert!(!numbers("(k)::text >= '2'", "k >= 2"));
    }
}
