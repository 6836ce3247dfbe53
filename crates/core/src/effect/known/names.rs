//! Names of relations, types and routines, resolved; and the names that PostgreSQL chooses.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};

use cutover_sql::ident::qualified;
use serde::{Serialize, Serializer};

/// The longest name that PostgreSQL keeps, in bytes (`NAMEDATALEN - 1`).
pub const LONGEST: usize = 63;

/// The name of a relation, a type or a routine, with its schema.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rel {
    /// The schema.
    pub schema: String,
    /// The name.
    pub name: String,
}

impl Rel {
    /// A name in a schema.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }

    /// Another name in the same schema.
    pub fn sibling(&self, name: impl Into<String>) -> Self {
        Self::new(self.schema.clone(), name)
    }

    /// As SQL, always with the schema.
    pub fn path(&self) -> String {
        qualified(&[&self.schema, &self.name])
    }
}

/// A name with its schema, also one that nothing was made of: a map by [`Rel`] is looked into without a copy. It is
/// the same, and has the same hash, as the `Rel` of its parts.
pub(super) trait Named {
    /// The schema and the name.
    fn parts(&self) -> (&str, &str);
}

impl Named for Rel {
    fn parts(&self) -> (&str, &str) {
        (&self.schema, &self.name)
    }
}

impl Named for (&str, &str) {
    fn parts(&self) -> (&str, &str) {
        *self
    }
}

impl<'a> Borrow<dyn Named + 'a> for Rel {
    fn borrow(&self) -> &(dyn Named + 'a) {
        self
    }
}

impl Hash for dyn Named + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl PartialEq for dyn Named + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn Named + '_ {}

/// As people write it: without the schema where that is `public`.
impl fmt::Display for Rel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.schema == "public" {
            f.write_str(&qualified(&[&self.name]))
        } else {
            f.write_str(&self.path())
        }
    }
}

impl Serialize for Rel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The name that PostgreSQL makes of a table, a column and a label such as `fkey`: what is too long is cut,
/// the longer of the two first. Source: `makeObjectName` in `indexcmds.c`.
pub fn object_name(first: &str, second: &str, label: &str) -> String {
    let overhead = label.len() + usize::from(!label.is_empty()) + usize::from(!second.is_empty());
    let room = LONGEST.saturating_sub(overhead);
    let (mut a, mut b) = (first.len(), second.len());
    while a + b > room {
        if a > b { a -= 1 } else { b -= 1 }
    }
    let parts = [cut(first, a), cut(second, b), label];
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// A name as PostgreSQL keeps it: cut at 63 bytes, between characters.
pub fn cut(name: &str, bytes: usize) -> &str {
    let mut end = bytes.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    use super::{Named, Rel, object_name};

    #[test]
    fn a_name_is_found_by_its_parts() {
        let hash = |it: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            it(&mut hasher);
            hasher.finish()
        };
        let name = Rel::new("planner", "task");
        let parts: &dyn Named = &("planner", "task");
        assert_eq!(hash(&|hasher| name.hash(hasher)), hash(&|hasher| parts.hash(hasher)));
        let borrowed: &dyn Named = std::borrow::Borrow::borrow(&name);
        assert!(borrowed == parts);
        assert!(borrowed != &("plannert", "ask") as &dyn Named);
    }

    #[test]
    fn long_names_are_cut_as_postgresql_does() {
        assert_eq!(object_name("orders", "customer_id", "fkey"), "orders_customer_id_fkey");
        assert_eq!(object_name("orders", "", "pkey"), "orders_pkey");
        let (long, column) = ("t".repeat(60), "c".repeat(20));
        assert_eq!(object_name(&long, &column, "key"), format!("{}_{}_key", "t".repeat(38), "c".repeat(20)));
    }
}
