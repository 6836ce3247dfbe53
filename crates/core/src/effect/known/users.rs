//! Who needs what: what goes along when something is dropped with `CASCADE`.

use super::{Known, Object, Rel, Relation};

/// Something that names an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum User {
    /// The default of a column.
    Default(Rel, String),
    /// A column: it is generated, or has the collation.
    Column(Rel, String),
    /// A constraint of a table.
    Constraint(Rel, String),
    /// An index.
    Index(Rel),
    /// A view.
    View(Rel),
    /// A policy of a table.
    Policy(Rel, String),
    /// A trigger of a table.
    Trigger(Rel, String),
    /// A rule of a table.
    Rule(Rel, String),
}

impl Known {
    /// All that name an object, by the name of the relation; or that name what is made of it, as an operator is of its
    /// function.
    pub fn users_of(&self, object: &Object) -> Vec<User> {
        let mut objects = vec![object.clone()];
        let mut at = 0;
        while at < objects.len() {
            let made_of_it = self.others.iter().filter(|(_, of)| of.has(&objects[at]));
            let mut more: Vec<Object> = made_of_it.map(|(other, _)| other.clone()).collect();
            more.sort();
            more.retain(|other| !objects.contains(other));
            objects.extend(more);
            at += 1;
        }
        objects.iter().flat_map(|object| self.direct_users_of(object)).collect()
    }

    /// Those that name the object itself.
    fn direct_users_of(&self, object: &Object) -> Vec<User> {
        let each = self.relations.iter().map(|(name, it)| (name, users_in(name, it, object)));
        let mut found: Vec<(&Rel, Vec<User>)> = each.filter(|(_, users)| !users.is_empty()).collect();
        found.sort_by_key(|(name, _)| *name);
        found.into_iter().flat_map(|(_, users)| users).collect()
    }

    /// What is in a schema and is no relation.
    pub fn objects_in(&self, schema: &str) -> Vec<Object> {
        let is_in = |rel: &&Rel| rel.schema == schema;
        let routines = self.routines.keys().filter(is_in).cloned().map(Object::Routine);
        let types = self.types.keys().filter(is_in).cloned().map(Object::Type);
        let others = self.others.keys().filter(|object| object.name().schema == schema).cloned();
        let mut found: Vec<Object> = routines.chain(types).chain(others).collect();
        found.sort();
        found.dedup();
        found
    }

    /// Puts a new name of an object wherever the old one stands.
    pub(super) fn rename_object(&mut self, old: &Object, new: &Object) {
        if let Some(of) = self.others.remove(old) {
            self.others.insert(new.clone(), of);
        }
        self.others.values_mut().for_each(|of| of.rename(old, new));
        for it in self.relations.values_mut() {
            for column in it.columns.iter_mut().flatten() {
                column.names.rename(old, new);
                if let (Object::Collation(from), Object::Collation(to)) = (old, new)
                    && column.data_type.collation.as_ref() == Some(&from.name)
                {
                    column.data_type.collation = Some(to.name.clone());
                }
            }
            it.constraints.iter_mut().for_each(|c| c.names.rename(old, new));
            it.index.iter_mut().for_each(|index| index.names.rename(old, new));
            it.names.rename(old, new);
            it.policies.iter_mut().for_each(|policy| policy.names.rename(old, new));
            it.rules.iter_mut().for_each(|rule| rule.names.rename(old, new));
            if let (Object::Routine(from), Object::Routine(to)) = (old, new) {
                let triggers = it.triggers.iter_mut().filter(|trigger| trigger.function == *from);
                triggers.for_each(|trigger| trigger.function = to.clone());
            }
        }
    }
}

/// What of a relation names an object.
fn users_in(name: &Rel, it: &Relation, object: &Object) -> Vec<User> {
    let mut found = Vec::new();
    for column in it.columns.iter().flatten() {
        let of = || (name.clone(), column.name.clone());
        let collated = matches!(object, Object::Collation(rel) if column.data_type.collation.as_ref() == Some(&rel.name));
        if collated || (column.names.has(object) && column.generated.is_some()) {
            found.push(User::Column(of().0, of().1));
        } else if column.names.has(object) {
            found.push(User::Default(of().0, of().1));
        }
    }
    let constraints = it.constraints.iter().filter(|c| c.names.has(object));
    found.extend(constraints.map(|c| User::Constraint(name.clone(), c.name.clone())));
    if it.index.as_ref().is_some_and(|index| index.names.has(object)) {
        found.push(User::Index(name.clone()));
    }
    if it.names.has(object) {
        found.push(User::View(name.clone()));
    }
    let policies = it.policies.iter().filter(|policy| policy.names.has(object));
    found.extend(policies.map(|policy| User::Policy(name.clone(), policy.name.clone())));
    let called = |function: &Rel| matches!(object, Object::Routine(routine) if routine == function);
    let triggers = it.triggers.iter().filter(|trigger| called(&trigger.function));
    found.extend(triggers.map(|trigger| User::Trigger(name.clone(), trigger.name.clone())));
    let rules = it.rules.iter().filter(|rule| rule.names.has(object));
    found.extend(rules.map(|rule| User::Rule(name.clone(), rule.name.clone())));
    found
}
