//! What is known of types and routines.

use std::fmt;
use std::sync::Arc;

use cutover_sql::tree::NodeEnum;

use super::Rel;

/// A type as a column has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DataType {
    /// The schema; `None` for the types that PostgreSQL has.
    pub schema: Option<String>,
    /// The name in `pg_type`: `int4`, not `integer`.
    pub name: String,
    /// What is in parentheses.
    pub mods: Vec<i64>,
    /// Whether it is an array.
    pub array: bool,
    /// The collation, if it was given.
    pub collation: Option<String>,
}

impl DataType {
    /// One of PostgreSQL's own types without more.
    pub fn own(name: &str) -> Self {
        Self { schema: None, name: name.into(), mods: Vec::new(), array: false, collation: None }
    }

    /// Whether it is one of PostgreSQL's own, of this name.
    pub fn is(&self, name: &str) -> bool {
        self.schema.is_none() && !self.array && self.name == name
    }

    /// Its name, if it is not one of PostgreSQL's own.
    pub fn user(&self) -> Option<Rel> {
        self.schema.as_ref().map(|schema| Rel::new(schema.clone(), self.name.clone()))
    }
}

/// As SQL writes it.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match (self.schema.as_deref(), self.name.as_str()) {
            (None, "int2") => "smallint",
            (None, "int4") => "integer",
            (None, "int8") => "bigint",
            (None, "float4") => "real",
            (None, "float8") => "double precision",
            (None, "bool") => "boolean",
            (None, "bpchar") => "char",
            (None, name) => name,
            (Some(schema), name) => {
                let path = Rel::new(schema, name).to_string();
                return write!(f, "{path}{}", if self.array { "[]" } else { "" });
            }
        };
        f.write_str(name)?;
        let mods: Vec<String> = match self.name.as_str() {
            "interval" => self.mods.iter().skip(1).map(ToString::to_string).collect(),
            _ => self.mods.iter().map(ToString::to_string).collect(),
        };
        if !mods.is_empty() {
            write!(f, "({})", mods.join(", "))?;
        }
        f.write_str(if self.array { "[]" } else { "" })
    }
}

/// A type that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// When it was made.
    pub made: u32,
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// An enum with its labels and when each was added.
    Enum(Vec<(String, u32)>),
    /// A domain.
    Domain {
        /// What it is made of.
        base: DataType,
        /// Its constraints by name, and whether all values follow each.
        constraints: Vec<(String, bool)>,
        /// How much its default may change, if it has one.
        default: Option<Volatility>,
        /// `NOT NULL`.
        not_null: bool,
    },
    /// Anything else.
    Other,
}

/// A routine.
#[derive(Clone, Debug)]
pub struct Routine {
    /// Whether it is a procedure, called by `CALL`.
    pub procedure: bool,
    /// How much its result may change.
    pub volatility: Volatility,
    /// What it gives back: the same text for the same result.
    pub returns: String,
    /// The types of its arguments, as written.
    pub arguments: Vec<String>,
    /// What its arguments are called; empty for one without a name.
    pub names: Vec<String>,
    /// How many of them have a default.
    pub defaults: usize,
    /// Its language.
    pub language: String,
    /// The text between the dollars.
    pub body: String,
    /// The body of `RETURN` and `BEGIN ATOMIC`, which is no text.
    pub atomic: Vec<Arc<NodeEnum>>,
    /// What that body reads, and the columns that it names.
    pub reads: Vec<(Rel, Vec<String>)>,
    /// When it was made.
    pub made: u32,
}

/// How much the result of a function may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// Never.
    Immutable,
    /// Not within one statement.
    Stable,
    /// At any call.
    Volatile,
}
