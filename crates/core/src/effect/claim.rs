//! What a check says of single columns, and whether one such claim follows from another.
//!
//! Source: the proofs of `predtest.c`, as far as they are needed for the bounds of partitions. Everything that is not
//! understood proves nothing.

use std::cmp::Ordering;

use cutover_sql::span::Span;
use cutover_sql::tree::{self, AExpr, AExprKind, BoolExprType, Node, NodeEnum, a_const};

use super::known::{ConstraintKind, Known, Rel};

/// A claim about the columns of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A column is not NULL.
    NotNull(String),
    /// A column is NULL.
    Null(String),
    /// A column compares so with a constant, unless it is NULL.
    Compare(String, Comparison, String),
    /// All of them hold.
    All(Vec<Claim>),
    /// One of them holds.
    Any(Vec<Claim>),
    /// Something else.
    Other,
}

/// How a column compares with a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    Differs,
    /// `<`
    Below,
    /// `<=`
    UpTo,
    /// `>`
    Above,
    /// `>=`
    From,
}

impl Comparison {
    fn of(operator: &str) -> Option<Self> {
        Some(match operator {
            "=" => Self::Equal,
            "<>" | "!=" => Self::Differs,
            "<" => Self::Below,
            "<=" => Self::UpTo,
            ">" => Self::Above,
            ">=" => Self::From,
            _ => return None,
        })
    }

    /// With the sides changed.
    fn turned(self) -> Self {
        match self {
            Self::Below => Self::Above,
            Self::UpTo => Self::From,
            Self::Above => Self::Below,
            Self::From => Self::UpTo,
            Self::Equal | Self::Differs => self,
        }
    }
}

impl Claim {
    /// What an expression says.
    pub fn of(node: &NodeEnum) -> Self {
        match node {
            NodeEnum::NullTest(it) => match tree::boxed(it.arg.as_deref()).and_then(column) {
                Some(column) if it.nulltesttype() == tree::NullTestType::IsNull => Self::Null(column),
                Some(column) => Self::NotNull(column),
                None => Self::Other,
            },
            NodeEnum::BoolExpr(it) => {
                let parts = it.args.iter().filter_map(tree::inner).map(Self::of).collect();
                match it.boolop() {
                    BoolExprType::AndExpr => Self::All(parts),
                    BoolExprType::OrExpr => Self::Any(parts),
                    BoolExprType::NotExpr | BoolExprType::Undefined => Self::Other,
                }
            }
            NodeEnum::AExpr(it) => Self::of_operator(it).unwrap_or(Self::Other),
            _ => Self::Other,
        }
    }

    fn of_operator(it: &AExpr) -> Option<Self> {
        let operator = Comparison::of(it.name.last().and_then(tree::text)?);
        let (left, right) = (tree::boxed(it.lexpr.as_deref())?, tree::boxed(it.rexpr.as_deref())?);
        let compare =
            |how, value: &Node| Some(Self::Compare(column(left)?, how, constant(tree::inner(value)?)?));
        match it.kind() {
            AExprKind::AexprOp => match (column(left), constant(right)) {
                (Some(column), Some(value)) => Some(Self::Compare(column, operator?, value)),
                _ => Some(Self::Compare(column(right)?, operator?.turned(), constant(left)?)),
            },
            AExprKind::AexprIn | AExprKind::AexprOpAny | AExprKind::AexprOpAll => {
                let values = match right {
                    NodeEnum::List(list) => &list.items,
                    NodeEnum::AArrayExpr(array) => &array.elements,
                    _ => return None,
                };
                let each =
                    values.iter().map(|value| compare(operator?, value)).collect::<Option<Vec<_>>>()?;
                // NOT IN comes with the operator <>
                let all = it.kind() == AExprKind::AexprOpAll
                    || it.kind() == AExprKind::AexprIn && operator? == Comparison::Differs;
                Some(if all { Self::All(each) } else { Self::Any(each) })
            }
            AExprKind::AexprBetween => {
                let NodeEnum::List(ends) = right else { return None };
                let [low, high] = &ends.items[..] else { return None };
                Some(Self::All(vec![compare(Comparison::From, low)?, compare(Comparison::UpTo, high)?]))
            }
            _ => None,
        }
    }

    /// Whether another claim holds wherever this one does. A comparison with NULL passes a check, so that nothing says
    /// of itself that a column is not NULL.
    pub fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All(parts)) => parts.iter().all(|part| self.implies(part)),
            (Self::Any(cases), _) => cases.iter().all(|case| case.implies(other)),
            (_, Self::Any(cases)) if cases.iter().any(|case| self.implies(case)) => true,
            (Self::All(parts), _) => parts.iter().any(|part| part.implies(other)),
            (Self::Compare(one, how, value), Self::Compare(two, wanted, bound)) => {
                one == two && follows(*how, value, *wanted, bound)
            }
            (Self::NotNull(_) | Self::Null(_), _) => self == other,
            (Self::Compare(..) | Self::Other, _) => false,
        }
    }

    /// A column gets another name.
    pub fn rename(&mut self, old: &str, new: &str) {
        match self {
            Self::NotNull(column) | Self::Null(column) | Self::Compare(column, ..) => {
                if column == old {
                    new.clone_into(column);
                }
            }
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().for_each(|part| part.rename(old, new)),
            Self::Other => {}
        }
    }
}

impl Known {
    /// Whether the valid checks of a table, and its columns that cannot be NULL, say that a condition holds.
    pub fn proves(&self, table: &Rel, condition: &str) -> bool {
        let Some(relation) = self.get(table) else { return false };
        let checks = relation.constraints.iter().filter(|c| c.valid && c.enforced);
        let mut facts: Vec<Claim> = checks
            .filter_map(|c| match &c.kind {
                ConstraintKind::Check { claim, .. } => Some(claim.clone()),
                _ => None,
            })
            .collect();
        let columns = relation.columns.iter().flatten().filter(|column| column.not_null);
        facts.extend(columns.map(|column| Claim::NotNull(column.name.clone())));
        let text = format!("SELECT WHERE {condition}");
        let parsed = cutover_sql::statement::parse_what_can(&text, Span::new(0, text.len())).0;
        let Some((_, NodeEnum::SelectStmt(query))) = parsed.first() else { return false };
        let wanted = tree::boxed(query.where_clause.as_deref()).map(Claim::of);
        wanted.is_some_and(|wanted| Claim::All(facts).implies(&wanted))
    }
}

/// A column, also one that is only called another kind of text.
fn column(node: &NodeEnum) -> Option<String> {
    match node {
        NodeEnum::ColumnRef(it) => it.fields.last().and_then(tree::text).map(str::to_owned),
        NodeEnum::TypeCast(it) => {
            let (_, name) = tree::qualified(&it.type_name.as_ref()?.names);
            matches!(name, "text" | "varchar").then(|| column(tree::boxed(it.arg.as_deref())?))?
        }
        _ => None,
    }
}

fn constant(node: &NodeEnum) -> Option<String> {
    match node {
        NodeEnum::AConst(it) => match it.val.as_ref()? {
            a_const::Val::Ival(value) => Some(value.ival.to_string()),
            a_const::Val::Fval(value) => Some(value.fval.clone()),
            a_const::Val::Boolval(value) => Some(value.boolval.to_string()),
            a_const::Val::Sval(value) => Some(value.sval.clone()),
            a_const::Val::Bsval(_) => None,
        },
        NodeEnum::TypeCast(it) => constant(tree::boxed(it.arg.as_deref())?),
        _ => None,
    }
}

/// Whether `how value` is never true where `wanted bound` is false.
fn follows(how: Comparison, value: &str, wanted: Comparison, bound: &str) -> bool {
    use Comparison as C;
    let Some(order) = compare(value, bound) else {
        // two words that are not the same
        return how == C::Equal && wanted == C::Differs && is_word(value) && is_word(bound);
    };
    match wanted {
        C::Equal => how == C::Equal && order.is_eq(),
        C::From => match how {
            C::From | C::Above | C::Equal => order.is_ge(),
            C::Differs | C::Below | C::UpTo => false,
        },
        C::Above => match how {
            C::Above => order.is_ge(),
            C::From | C::Equal => order.is_gt(),
            C::Differs | C::Below | C::UpTo => false,
        },
        C::UpTo => match how {
            C::UpTo | C::Below | C::Equal => order.is_le(),
            C::Differs | C::Above | C::From => false,
        },
        C::Below => match how {
            C::Below => order.is_le(),
            C::UpTo | C::Equal => order.is_lt(),
            C::Differs | C::Above | C::From => false,
        },
        C::Differs => match how {
            C::Differs => order.is_eq(),
            C::Equal => order.is_ne(),
            C::Above => order.is_ge(),
            C::From => order.is_gt(),
            C::Below => order.is_le(),
            C::UpTo => order.is_lt(),
        },
    }
}

fn is_word(value: &str) -> bool {
    value.chars().all(char::is_alphabetic)
}

/// The order of two constants whose type is not known: numbers, and dates from the year down to the same digit.
fn compare(one: &str, two: &str) -> Option<Ordering> {
    if one == two {
        return Some(Ordering::Equal);
    }
    if let (Ok(one), Ok(two)) = (one.parse::<i128>(), two.parse::<i128>()) {
        return Some(one.cmp(&two));
    }
    let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
    if is_number(one)
        && is_number(two)
        && let (Ok(one), Ok(two)) = (one.parse::<f64>(), two.parse::<f64>())
    {
        return one.partial_cmp(&two);
    }
    let is_date = |text: &str| {
        let mut chars = text.chars();
        chars.by_ref().take(4).all(|c| c.is_ascii_digit()) && chars.next() == Some('-')
    };
    let same_shape = one.len() == two.len()
        && one.chars().zip(two.chars()).all(|(a, b)| a == b || a.is_ascii_digit() && b.is_ascii_digit());
    (is_date(one) && is_date(two) && same_shape).then(|| one.cmp(two))
}

#[cfg(test)]
mod tests {
    use super::Known;
    use super::Rel;

    fn proves(check: &str, condition: &str) -> bool {
        let mut known = Known::new(15);
        known.apply_text(&format!("CREATE TABLE t (k int NOT NULL, n int, CHECK ({check}))"));
        known.proves(&Rel::new("public", "t"), condition)
    }

    #[test]
    fn what_follows_is_proven() {
        assert!(proves("k >= 3 AND k < 5", "k IS NOT NULL AND k >= 1 AND k < 5"));
        assert!(proves("k BETWEEN 3 AND 4", "k >= 3 AND k < 5"));
        assert!(proves("k IN (1, 2)", "k IN (1, 2, 3)"));
        assert!(proves("k = 7", "k IS NULL OR k <> 8"));
        assert!(proves("n IS NOT NULL AND n < 10", "n IS NOT NULL AND n < 10"));
        assert!(proves("k >= 100", "k IS NULL OR k < 10 OR k >= 20"));
    }

    #[test]
    fn what_does_not_is_not() {
        assert!(!proves("k >= 3 AND k <= 5", "k >= 3 AND k < 5"));
        assert!(!proves("n < 10", "n IS NOT NULL AND n < 10"));
        assert!(!proves("k < 3 OR n = 1", "k < 3"));
        assert!(!proves("k IN (1, 2)", "k = 1"));
        assert!(!proves("k + 1 < 3", "k < 3"));
    }
}
