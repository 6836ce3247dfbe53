//! What a check or the bound of a partition says of a row, and whether one follows from another.
//!
//! It proves what PostgreSQL proves, for constants that can be compared here, and nothing else: where it is not sure, it
//! does not prove, and rows are read. Source: `predicate_implied_by` in `predtest.c`, in its weak form: a check that is
//! NULL holds.

use super::value::Value;

/// What is said of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// All of these.
    All(Vec<Claim>),
    /// One of these at least.
    Any(Vec<Claim>),
    /// How a column, or an expression as the parser has it, compares with a constant.
    Is(String, Op, Value),
    /// `IS NULL`.
    Null(String),
    /// `IS NOT NULL`.
    NotNull(String),
    /// Something else, as the parser has it.
    Other(String),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Equal,
    /// `>=`
    AtLeast,
    /// `>`
    Greater,
    /// `<>`
    Unequal,
}

impl Op {
    /// The operator of a name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "<" => Self::Less,
            "<=" => Self::AtMost,
            "=" => Self::Equal,
            ">=" => Self::AtLeast,
            ">" => Self::Greater,
            "<>" => Self::Unequal,
            _ => return None,
        })
    }

    /// With its sides changed over.
    pub fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::AtMost => Self::AtLeast,
            Self::AtLeast => Self::AtMost,
            Self::Greater => Self::Less,
            Self::Equal | Self::Unequal => self,
        }
    }

    /// What holds when it does not.
    pub fn negated(self) -> Self {
        match self {
            Self::Less => Self::AtLeast,
            Self::AtMost => Self::Greater,
            Self::Equal => Self::Unequal,
            Self::AtLeast => Self::Less,
            Self::Greater => Self::AtMost,
            Self::Unequal => Self::Equal,
        }
    }
}

impl Claim {
    /// What says nothing.
    pub fn nothing() -> Self {
        Self::All(Vec::new())
    }

    /// One of several values; PostgreSQL looks into lists of up to a hundred.
    pub fn one_of(term: &str, values: Vec<Value>) -> Self {
        const LONGEST: usize = 100;
        if values.len() > LONGEST {
            return Self::Other(format!("{term} IN {values:?}"));
        }
        let each = values.into_iter().map(|value| Self::Is(term.to_owned(), Op::Equal, value));
        Self::Any(each.collect())
    }

    /// What holds when this does not, as `negate_clause` has it; nothing for what is not understood.
    pub fn negated(&self) -> Option<Self> {
        Some(match self {
            Self::All(parts) => Self::Any(parts.iter().map(Self::negated).collect::<Option<_>>()?),
            Self::Any(parts) => Self::All(parts.iter().map(Self::negated).collect::<Option<_>>()?),
            Self::Is(term, op, value) => Self::Is(term.clone(), op.negated(), value.clone()),
            Self::Null(term) => Self::NotNull(term.clone()),
            Self::NotNull(term) => Self::Null(term.clone()),
            Self::Other(_) => return None,
        })
    }

    /// Whether every row of which this holds is one of which `other` holds, as far as PostgreSQL sees it.
    pub fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All(parts)) => parts.iter().all(|part| self.implies(part)),
            (Self::All(mine), Self::Any(parts)) => {
                parts.iter().any(|part| self.implies(part)) || mine.iter().any(|one| one.implies(other))
            }
            (Self::Any(mine), Self::Any(parts)) => {
                mine.iter().all(|one| parts.iter().any(|part| one.implies(part)))
            }
            (_, Self::Any(parts)) => parts.iter().any(|part| self.implies(part)),
            (Self::All(mine), _) => mine.iter().any(|one| one.implies(other)),
            (Self::Any(mine), _) => !mine.is_empty() && mine.iter().all(|one| one.implies(other)),
            (Self::Is(term, op, value), Self::Is(of, than, bound)) => {
                term == of && follows(*op, value, *than, bound)
            }
            // what compares NULL is NULL, and a check that is NULL holds
            (Self::Null(term), Self::Is(of, _, _)) => term == of,
            _ => self == other,
        }
    }

    /// Puts a new name of a column where the old one stands.
    pub fn rename(&mut self, old: &str, new: &str) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().for_each(|part| part.rename(old, new)),
            Self::Is(term, _, _) | Self::Null(term) | Self::NotNull(term) => {
                if term == old {
                    new.clone_into(term);
                } else {
                    *term = renamed(term, old, new);
                }
            }
            Self::Other(text) => *text = renamed(text, old, new),
        }
    }

    /// Forgets what is said of a column by comparing it: its type is another now. Only numbers are what they were.
    pub fn forget(&mut self, column: &str, numbers_stay: bool) {
        match self {
            Self::All(parts) => parts.iter_mut().for_each(|part| part.forget(column, numbers_stay)),
            Self::Any(parts) => {
                let before = parts.clone();
                parts.iter_mut().for_each(|part| part.forget(column, numbers_stay));
                if *parts != before {
                    *self = Self::nothing();
                }
            }
            Self::Is(_, _, Value::Number(..)) if numbers_stay => {}
            Self::Is(term, _, _) if names(term, column) => *self = Self::nothing(),
            Self::Other(text) if names(text, column) => *self = Self::nothing(),
            Self::Is(..) | Self::Other(_) | Self::Null(_) | Self::NotNull(_) => {}
        }
    }
}

fn names(term: &str, column: &str) -> bool {
    term == column || term.contains(&format!("{column:?}"))
}

fn renamed(text: &str, old: &str, new: &str) -> String {
    text.replace(&format!("{old:?}"), &format!("{new:?}"))
}

/// Whether `x op value` makes `x than bound`.
fn follows(op: Op, value: &Value, than: Op, bound: &Value) -> bool {
    if (op, than) == (Op::Equal, Op::Unequal) {
        return value.differs(bound);
    }
    let Some(order) = value.compare(bound) else { return false };
    match (op, than) {
        (Op::Equal, Op::Less) => order.is_lt(),
        (Op::Equal, Op::AtMost) => order.is_le(),
        (Op::Equal, Op::Equal) => order.is_eq(),
        (Op::Equal, Op::AtLeast) => order.is_ge(),
        (Op::Equal, Op::Greater) => order.is_gt(),
        (Op::Greater, Op::Greater | Op::AtLeast | Op::Unequal) | (Op::AtLeast, Op::AtLeast) => order.is_ge(),
        (Op::AtLeast, Op::Greater | Op::Unequal) => order.is_gt(),
        (Op::Less, Op::Less | Op::AtMost | Op::Unequal) | (Op::AtMost, Op::AtMost) => order.is_le(),
        (Op::AtMost, Op::Less | Op::Unequal) => order.is_lt(),
        (Op::Unequal, Op::Unequal) => order.is_eq(),
        (Op::Equal | Op::Unequal, _)
        | (Op::Greater | Op::AtLeast, Op::Less | Op::AtMost | Op::Equal)
        | (Op::Less | Op::AtMost, Op::Greater | Op::AtLeast | Op::Equal) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Claim, Op, Value};

    fn is(op: &str, number: &str) -> Claim {
        let value = Value::number(number).expect("a number");
        Claim::Is("k".into(), Op::named(op).expect("an operator"), value)
    }

    fn range(from: &str, to: &str) -> Claim {
        Claim::All(vec![Claim::NotNull("k".into()), is(">=", from), is("<", to)])
    }

    #[test]
    fn a_narrower_range_is_in_a_wider_one() {
        assert!(range("20", "30").implies(&range("20", "30")));
        assert!(range("20", "25").implies(&range("10", "30.5")));
        assert!(!range("20", "31").implies(&range("20", "30")));
        assert!(!Claim::All(vec![is(">=", "20"), is("<", "30")]).implies(&range("20", "30")));
        // as PostgreSQL, which knows nothing of integers having neighbours
        assert!(!is(">", "19").implies(&is(">=", "20")));
    }

    #[test]
    fn what_is_outside_is_not_inside() {
        let out = range("20", "30").negated().expect("it is understood");
        assert!(is(">=", "30").implies(&out));
        assert!(is("<", "20").implies(&out));
        assert!(!is(">", "20").implies(&out));
        let list = Claim::All(vec![
            Claim::NotNull("k".into()),
            Claim::one_of(
                "k",
                vec![Value::number("1").expect("a number"), Value::number("2").expect("a number")],
            ),
        ]);
        let out = list.negated().expect("it is understood");
        assert!(is("=", "3").implies(&out));
        assert!(is("<", "1").implies(&out));
        assert!(!is("=", "2").implies(&out));
        assert!(!is(">", "1").implies(&out));
        assert!(is("=", "2").implies(&Claim::one_of("k", vec![Value::number("2").expect("a number")])));
    }
}
