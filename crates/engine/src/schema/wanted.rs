//! What somebody wants a schema to be, and how much of it that says.

use std::collections::HashSet;
use std::sync::Arc;

use cutover_core::catalog::{Catalog, Kind, Pattern};
use cutover_core::diff::Wish;

/// A wanted schema.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What is wanted.
    catalog: Arc<Catalog>,
    /// The kinds that it speaks for; nothing when it speaks for all. What is of another kind stays as it is.
    speaks_for: Option<HashSet<Kind>>,
    /// What the rest was, when it was read.
    base: Option<Catalog>,
    /// What it says of former names.
    pub hints: Vec<Wish>,
}

impl Wanted {
    /// One that speaks for everything.
    pub fn whole(catalog: Catalog) -> Self {
        Self { catalog: Arc::new(catalog), speaks_for: None, base: None, hints: Vec::new() }
    }

    /// One that speaks for some kinds, read with `base`.
    pub fn of_kinds(catalog: Catalog, kinds: HashSet<Kind>, base: Catalog) -> Self {
        // the namespaces of its tables come with them, and none goes
        let catalog =
            catalog.filtered(|object| kinds.contains(&object.id.kind) || object.id.kind == Kind::Namespace);
        Self { catalog: Arc::new(catalog), speaks_for: Some(kinds), base: Some(base), hints: Vec::new() }
    }

    /// Without what patterns name.
    #[must_use]
    pub fn without(self, patterns: &[Pattern]) -> Self {
        if patterns.is_empty() {
            return self;
        }
        Self { catalog: Arc::new(Catalog::clone(&self.catalog).without(patterns)), ..self }
    }

    /// The same with what is said of former names.
    #[must_use]
    pub fn hinted(self, hints: Vec<Wish>) -> Self {
        Self { hints, ..self }
    }

    /// What is wanted, over what the models were read with.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        self.base.as_ref().map_or_else(|| Arc::clone(&self.catalog), |base| self.over(base))
    }

    /// What is wanted where this is.
    #[must_use]
    pub fn over(&self, base: &Catalog) -> Arc<Catalog> {
        match &self.speaks_for {
            None => Arc::clone(&self.catalog),
            Some(kinds) => {
                let rest = base.clone().filtered_alone(|object| !kinds.contains(&object.id.kind));
                Arc::new(Catalog::clone(&self.catalog).with(rest))
            }
        }
    }
}
