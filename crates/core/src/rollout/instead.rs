//! Changes of a schema that are better carried through as rollouts: types for which a table would be written anew while
//! nobody can read it.

use std::collections::BTreeSet;

use cutover_sql::ident::{qualified, quote_ident};
use cutover_sql::parse::parse;
use cutover_sql::span::Span;
use cutover_sql::tree::inner;

use super::draft::Draft;
use super::recipe::{self, Given, Refusal, Target};
use crate::catalog::{Catalog, Id};
use crate::effect::{Known, Rewrite, effects};
use crate::object::column::Column;
use crate::object::constraint::{Constraint, ConstraintKind};
use crate::object::{Definition, Object};

/// What is to be done at once, and what in steps.
#[derive(Debug)]
pub struct Instead {
    /// The wanted schema, but for what the rollouts do.
    pub to: Catalog,
    /// The rollouts.
    pub drafts: Vec<Draft>,
    /// Columns whose type changes at once all the same, and why no rollout can do it.
    pub refused: Vec<(String, Refusal)>,
}

/// A column that gets another type.
struct Retyped<'a> {
    table: &'a Id,
    before: &'a Column,
    after: &'a Column,
}

/// Takes out of the way from one schema to another what rewrites a table, and drafts a rollout for it.
pub fn instead(from: &Catalog, to: &Catalog) -> Instead {
    let target = Target { catalog: from, major: from.server / 10_000 };
    let known = Known::from_catalog(from);
    let rewriting: Vec<Retyped<'_>> =
        retyped(from, to).into_iter().filter(|it| it.rewrites(&known)).collect();
    let mut carried: BTreeSet<(Id, String)> = BTreeSet::new();
    let mut drafts = Vec::new();
    let mut refused = Vec::new();
    // a key first: it takes along what refers to it
    for it in &rewriting {
        if carried.contains(&it.key()) {
            continue;
        }
        if let Ok(draft) = it.as_key(&target) {
            drafts.push(draft);
            carried.insert(it.key());
            let along = rewriting.iter().filter(|other| other.refers_to(&target, it));
            carried.extend(along.map(Retyped::key));
        }
    }
    for it in &rewriting {
        if carried.contains(&it.key()) {
            continue;
        }
        match it.by_itself(&target) {
            Ok(draft) => {
                drafts.push(draft);
                carried.insert(it.key());
            }
            Err(refusal) => refused.push((it.name(), refusal)),
        }
    }
    Instead { to: without(from, to, &carried), drafts, refused }
}

fn retyped<'a>(from: &'a Catalog, to: &'a Catalog) -> Vec<Retyped<'a>> {
    let mut found = Vec::new();
    for object in from.objects() {
        let (Some(before), Some(after)) =
            (object.definition.as_table(), to.definition(&object.id).and_then(Definition::as_table))
        else {
            continue;
        };
        for column in before.columns.iter() {
            if let Some(other) = after.column(&column.name)
                && other.data_type != column.data_type
            {
                found.push(Retyped { table: &object.id, before: column, after: other });
            }
        }
    }
    found
}

impl Retyped<'_> {
    fn key(&self) -> (Id, String) {
        (self.table.clone(), self.before.name.to_string())
    }

    /// `shop.orders.total`, as SQL has it.
    fn name(&self) -> String {
        qualified(&[&*self.table.namespace, &*self.table.name, &*self.before.name])
    }

    fn rewrites(&self, known: &Known) -> bool {
        let sql = format!(
            "ALTER TABLE {} ALTER COLUMN {} TYPE {}",
            self.table.path(),
            quote_ident(&self.before.name),
            self.after.data_type
        );
        let Ok(trees) = parse(&sql, Span::new(0, sql.len())) else { return false };
        trees
            .iter()
            .filter_map(|raw| inner(raw.stmt.as_deref()?))
            .any(|tree| effects(known, tree).rewrites.iter().any(|(_, cause)| *cause == Rewrite::Type))
    }

    fn as_key(&self, target: &Target<'_>) -> Result<Draft, Refusal> {
        let own = quote_ident(&self.before.name);
        let is_key = |it: &Constraint| {
            it.kind == ConstraintKind::PrimaryKey
                && listed(&it.definition, "PRIMARY KEY (").any(|column| column == own)
        };
        if &*self.after.data_type != "bigint" || !target.constraints(self.table).any(|(_, it)| is_key(it)) {
            return Err(Refusal::new("it is no key that becomes bigint"));
        }
        draft("int-to-bigint", &Given::default().with("column", [self.name()]), target)
    }

    fn by_itself(&self, target: &Target<'_>) -> Result<Draft, Refusal> {
        let given =
            Given::default().with("column", [self.name()]).with("type", [self.after.data_type.to_string()]);
        draft("change-type", &given, target)
    }

    /// Whether it is a column of a foreign key to another's table.
    fn refers_to(&self, target: &Target<'_>, other: &Self) -> bool {
        let own = quote_ident(&self.before.name);
        target.referring(other.table).any(|(id, constraint)| {
            id.namespace == self.table.namespace
                && id.name == self.table.name
                && listed(&constraint.definition, "FOREIGN KEY (").any(|column| column == own)
        })
    }
}

/// The columns that a definition names behind its first words, as SQL has them.
fn listed<'d>(definition: &'d str, words: &str) -> impl Iterator<Item = &'d str> {
    let columns = definition.strip_prefix(words).and_then(|rest| rest.split_once(')'));
    columns.into_iter().flat_map(|(columns, _)| columns.split(", "))
}

fn draft(name: &str, given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let recipe = recipe::find(name).ok_or_else(|| Refusal::new(format!("there is no recipe {name}")))?;
    (recipe.draft)(given, target)
}

/// The wanted schema with the types that these columns have now, and the defaults that go with them.
fn without(from: &Catalog, to: &Catalog, carried: &BTreeSet<(Id, String)>) -> Catalog {
    let objects = to.objects().iter().map(|object| {
        let (Definition::Table(table), Some(before)) =
            (&object.definition, from.definition(&object.id).and_then(Definition::as_table))
        else {
            return object.clone();
        };
        let mut table = table.clone();
        for column in &mut table.columns.0 {
            let is_carried = carried.contains(&(object.id.clone(), column.name.to_string()));
            if let Some(old) = before.column(&column.name).filter(|_| is_carried) {
                *column = Column { comment: column.comment.clone(), ..old.clone() };
            }
        }
        Object { definition: Definition::Table(table), ..object.clone() }
    });
    let mut catalog = Catalog::new(to.server, objects.collect(), to.dependencies().to_vec());
    catalog.not_compared = to.not_compared.clone();
    catalog
}
