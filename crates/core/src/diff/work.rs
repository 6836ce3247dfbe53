//! What has to be done to which object: created, altered, dropped, or made anew, and what that means for
//! the objects that need it.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::Options;
use super::change::pairs;
use crate::catalog::{Catalog, Dependency, Id, Kind, Part, Thing};
use crate::object::column::Generated;
use crate::object::ops::{Fit, Op, Ops, Sides, Verb};
use crate::object::table::Table;
use crate::object::{Definition, Object, common, types};

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is new.
    Created,
    /// It goes.
    Dropped,
    /// It is dropped and created.
    Anew,
    /// It is altered.
    Altered,
}

/// Why a thing is in the way of those that need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// It is dropped, or dropped and created.
    Gone,
    /// Its type changes, which PostgreSQL refuses while a view and the like use it.
    Retyped,
}

/// All that has to be done.
#[derive(Debug)]
pub struct Work<'a> {
    /// Both catalogs.
    pub sides: Sides<'a>,
    /// What is compared.
    pub options: &'a Options,
    /// What becomes of the objects that do not stay as they are.
    pub states: HashMap<&'a Id, State>,
    /// Operations on the altered ones.
    pub altered: HashMap<&'a Id, Vec<Op>>,
    /// Defaults that are taken away while what they need is made anew.
    pub aside: HashSet<Thing>,
    /// Columns whose type is made anew under them.
    pub converted: HashSet<Thing>,
    /// Types that are made anew while columns have them: renamed, and dropped at the end.
    pub swapped: HashSet<Id>,
    needed_by: HashMap<&'a Id, Vec<&'a Dependency>>,
    /// What stands on what; known when somebody asks.
    standing: OnceCell<HashMap<Id, Vec<&'a Object>>>,
    wanted: HashSet<(&'a Thing, &'a Thing)>,
    wanted_whole: HashSet<(&'a Id, &'a Id)>,
}

impl<'a> Work<'a> {
    /// Finds out.
    pub fn new(from: &'a Catalog, to: &'a Catalog, options: &'a Options) -> Self {
        let sides = Sides { from, to };
        let mut work = Self {
            sides,
            options,
            states: HashMap::new(),
            altered: HashMap::new(),
            aside: HashSet::new(),
            converted: HashSet::new(),
            swapped: HashSet::new(),
            needed_by: HashMap::new(),
            standing: OnceCell::new(),
            wanted: HashSet::new(),
            wanted_whole: HashSet::new(),
        };
        let pairs = pairs(from, to, options);
        if pairs.is_empty() {
            return work;
        }
        for dependency in from.dependencies() {
            work.needed_by.entry(&dependency.to.id).or_default().push(dependency);
        }
        work.wanted = to.dependencies().iter().map(|d| (&d.from, &d.to)).collect();
        work.wanted_whole = to.dependencies().iter().map(|d| (&d.from.id, &d.to.id)).collect();
        pairs.into_iter().for_each(|pair| work.begin(pair));
        work.spread();
        work
    }

    fn begin(&mut self, pair: (Option<&'a Object>, Option<&'a Object>)) {
        match pair {
            // the parent's is made anew, and this one with it
            (Some(before), Some(after)) if after.is_inherited() && self.comes_by_itself(before) => {}
            (Some(before), Some(after)) => match self.alter(before, after) {
                Some(ops) => {
                    self.states.insert(&before.id, State::Altered);
                    self.altered.insert(&before.id, ops);
                }
                None => drop(self.states.insert(&before.id, State::Anew)),
            },
            (Some(before), None) if !self.comes_by_itself(before) => {
                self.states.insert(&before.id, State::Dropped);
            }
            (None, Some(after)) if !self.comes_by_itself(after) => {
                self.states.insert(&after.id, State::Created);
            }
            _ => {}
        }
    }

    /// The operations that alter an object; nothing when it has to be made anew.
    fn alter(&self, before: &Object, after: &Object) -> Option<Vec<Op>> {
        let mut ops = Ops::default();
        if before.definition != after.definition {
            match before.definition.alter(&after.definition, &before.id, self.sides, &mut ops) {
                Fit::Altered => {}
                Fit::Anew => return None,
            }
        }
        common::comment(&before.id, before.common.comment.as_ref(), after.common.comment.as_ref(), &mut ops);
        let follows = before.definition.has_owner_of_table() && after.definition.has_owner_of_table();
        if self.options.owners && !follows {
            common::owner(&before.id, &before.common.owner.0, &after.common.owner.0, &mut ops);
        }
        if self.options.grants {
            common::grants(&before.id, &before.common, &after.common, self.sides.major(), &mut ops);
            common::column_grants(
                &before.id,
                before.definition.columns(),
                after.definition.columns(),
                &mut ops,
            );
        }
        Some(ops.list)
    }

    /// Whether a constraint comes and goes with a parent's, and not with a statement of its own.
    fn comes_by_itself(&self, object: &Object) -> bool {
        let parents = |catalog: &'a Catalog, id: &Id| {
            let table = catalog.definition(id).and_then(Definition::as_table)?;
            Some((table.partition_of.as_ref(), &table.inherits))
        };
        object.is_inherited()
            && object.belongs_to().is_some_and(|table| {
                let (before, after) = (parents(self.sides.from, &table), parents(self.sides.to, &table));
                before.is_none() || after.is_none() || before == after
            })
    }

    /// Follows the dependencies from what goes or changes its type to what needs it.
    fn spread(&mut self) {
        let mut open: Vec<(Thing, Why)> = Vec::new();
        let states: Vec<(&'a Id, State)> = self.states.iter().map(|(id, state)| (*id, *state)).collect();
        for (id, state) in states {
            match state {
                State::Dropped => open.push((Thing::whole(id), Why::Gone)),
                State::Anew => self.make_anew(id, &mut open),
                State::Altered => open.extend(self.moved_columns(id)),
                State::Created => {}
            }
        }
        let mut seen = HashSet::new();
        while let Some((thing, why)) = open.pop() {
            if !seen.insert(thing.clone()) {
                continue;
            }
            let Some((id, _)) = self.needed_by.get_key_value(&thing.id) else { continue };
            for dependency in self.needed_by[*id].clone() {
                let hit = thing.part == Part::Whole || dependency.to == thing;
                if hit && !is_ownership(dependency) {
                    self.answer(dependency, why, &mut open);
                }
            }
        }
    }

    /// The columns of an altered table that go, or whose type changes.
    fn moved_columns(&self, id: &Id) -> Vec<(Thing, Why)> {
        let ops = self.altered.get(id).into_iter().flatten();
        let dropped = ops.filter(|op| op.verb == Verb::Drop).map(|op| (op.thing.clone(), Why::Gone));
        let mut moved: Vec<(Thing, Why)> = dropped.collect();
        let (Some(before), Some(after)) = (self.sides.from.definition(id), self.sides.to.definition(id))
        else {
            return moved;
        };
        if before.as_table().is_some() {
            for column in before.columns() {
                let other = after.columns().iter().find(|other| other.name == column.name);
                if other.is_some_and(|o| o.data_type != column.data_type || o.collation != column.collation) {
                    moved.push((Thing::column(id, &column.name), Why::Retyped));
                }
            }
        }
        moved
    }

    /// An object goes and comes back: so does what stands on it.
    fn make_anew(&mut self, id: &'a Id, open: &mut Vec<(Thing, Why)>) {
        if self.sides.from.get(id).is_some_and(|object| self.comes_by_itself(object)) {
            return;
        }
        self.states.insert(id, State::Anew);
        self.altered.remove(id);
        open.push((Thing::whole(id), Why::Gone));
        if id.kind.is_relation() || matches!(id.kind, Kind::Index | Kind::Constraint) {
            for object in self.standing_on(id) {
                let state = self.states.get(&object.id);
                if self.sides.to.get(&object.id).is_some() && state != Some(&State::Anew) {
                    self.make_anew(&object.id, open);
                }
            }
        }
    }

    /// What stands on an object, before.
    fn standing_on(&self, id: &Id) -> Vec<&'a Object> {
        let all = self.standing.get_or_init(|| {
            let mut all: HashMap<Id, Vec<&'a Object>> = HashMap::new();
            for object in self.sides.from.objects() {
                object.owners().into_iter().for_each(|owner| all.entry(owner).or_default().push(object));
            }
            all
        });
        all.get(id).cloned().unwrap_or_default()
    }

    /// What something does when what it needs goes or changes its type.
    fn answer(&mut self, dependency: &'a Dependency, why: Why, open: &mut Vec<(Thing, Why)>) {
        let (user, needed) = (&dependency.from, &dependency.to);
        let state = self.states.get(&user.id).copied();
        if matches!(state, Some(State::Dropped | State::Anew | State::Created))
            || self.sides.to.get(&user.id).is_none()
        {
            return;
        }
        // what is made anew has other parts afterwards
        let still = match self.states.get(&needed.id) {
            Some(State::Anew) => self.wanted_whole.contains(&(&user.id, &needed.id)),
            _ => self.wanted.contains(&(user, needed)),
        };
        // another kind of type under the same name
        let keeps_type = || {
            let Part::Column(name) = &user.part else { return false };
            let of = |catalog: &'a Catalog| {
                let column = catalog.definition(&user.id)?.columns().iter().find(|c| c.name == *name)?;
                Some(&column.data_type)
            };
            needed.id.kind.is_type() && of(self.sides.from).is_some_and(|it| Some(it) == of(self.sides.to))
        };
        // another kind of relation under the same name: the user's own change does not part the two
        let keeps_name = || {
            let same = |kind: &Kind| Id { kind: *kind, ..needed.id.clone() };
            let relations = Kind::ALL.iter().filter(|kind| kind.is_relation() && **kind != needed.id.kind);
            needed.id.kind.is_relation()
                && relations.map(same).any(|id| self.wanted_whole.contains(&(&user.id, &id)))
        };
        // it has changed so that it needs the other no longer
        if !still
            && !keeps_type()
            && !keeps_name()
            && self.altered.get(&user.id).is_some_and(|ops| ops.iter().any(|op| touches(&op.thing, user)))
        {
            return;
        }
        match &user.part {
            Part::Default(column) => self.put_aside(&user.id, column, open),
            Part::Column(_) if user.id.kind == Kind::Table && needed.id.kind.is_type() => {
                if why == Why::Gone {
                    self.swapped.insert(needed.id.clone());
                    self.converted.insert(user.clone());
                    open.push((user.clone(), Why::Retyped));
                }
            }
            _ => {
                if self.yields(&user.id, needed, why) {
                    self.make_anew(&user.id, open);
                }
            }
        }
    }

    /// Whether an object as a whole has to be made anew.
    fn yields(&self, user: &Id, needed: &Thing, why: Why) -> bool {
        match user.kind {
            // they have rows
            Kind::Table | Kind::Sequence | Kind::Namespace | Kind::Extension => false,
            // PostgreSQL builds them again itself when a column's type changes
            Kind::Index | Kind::Statistics => why == Why::Gone,
            Kind::Constraint => why == Why::Gone || self.is_foreign_key_broken(user, needed),
            _ => true,
        }
    }

    /// Whether a change of type leaves a foreign key's two sides without an operator between them
    /// while the first of the two has changed.
    fn is_foreign_key_broken(&self, id: &Id, column: &Thing) -> bool {
        let Part::Column(name) = &column.part else { return false };
        let find = |catalog: &'a Catalog| {
            let table = catalog.definition(&column.id).and_then(Definition::as_table)?;
            table.column(name).map(|column| &column.data_type)
        };
        let constraint = self.sides.from.definition(id).and_then(Definition::as_constraint);
        let is_foreign = constraint.is_some_and(|it| it.references.is_some());
        let types = find(self.sides.from).zip(find(self.sides.to));
        let near =
            types.is_some_and(|(a, b)| types::casts_by_assignment(a, b) && types::casts_by_assignment(b, a));
        is_foreign && (!near || self.converted.contains(column))
    }

    /// A default goes and comes back; a generated column as a whole, whose values come back with it.
    fn put_aside(&mut self, table: &'a Id, column: &crate::catalog::Name, open: &mut Vec<(Thing, Why)>) {
        let definition = self.sides.from.definition(table).and_then(Definition::as_table);
        let generated =
            definition.and_then(|t| t.column(column)).is_some_and(|c| c.generated != Generated::No);
        let thing = Thing::default(table, column);
        if self.aside.insert(thing) && generated {
            open.push((Thing::column(table, column), Why::Gone));
        }
    }

    /// An object's table on the side that is there.
    pub fn table_before(&self, id: &Id) -> Option<&'a Table> {
        self.sides.from.definition(id).and_then(Definition::as_table)
    }
}

/// Whether an operation on one thing changes what another needs.
fn touches(op: &Thing, user: &Thing) -> bool {
    op.id == user.id
        && match (&op.part, &user.part) {
            (a, b) if a == b => true,
            (Part::Column(a), Part::Default(b)) | (Part::Default(a), Part::Column(b)) => a == b,
            (Part::Whole, Part::Whole | Part::Column(_) | Part::Default(_)) => op.id.kind != Kind::Table,
            _ => false,
        }
}

/// A sequence goes along with its column; it does not need it.
pub fn is_ownership(dependency: &Dependency) -> bool {
    dependency.from.id.kind == Kind::Sequence && dependency.to.id.kind.is_relation()
}
