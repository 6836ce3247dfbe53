//! The operations of what goes, changes and comes, not yet in order. A table is created with its defaults and constraints
//! in it, but for those that are split off.

use std::collections::HashMap;

use super::graph;
use super::plan::Splits;
use super::rights;
use super::work::{State, Work};
use crate::catalog::{Catalog, Dependency, Id, Kind, Name, Part, Thing};
use crate::object::column::Generated;
use crate::object::common::{self, Common, Unjudged};
use crate::object::constraint::{Constraint, ConstraintKind};
use crate::object::data_type::BaseType;
use crate::object::ops::{Op, Ops, Stage, Verb};
use crate::object::table::Table;
use crate::object::{Definition, Object};

/// Operations, and whose removal takes whose along.
#[derive(Debug, Default)]
pub struct Written {
    /// The operations.
    pub ops: Vec<Op>,
    /// Which part of an object an operation has in it: defaults and constraints of a new table.
    pub within: HashMap<usize, Vec<Thing>>,
    /// Objects that go with another thing, and which.
    pub absorbed: HashMap<Id, Thing>,
    /// Operations that only name a type, for the functions that it needs.
    pub shells: HashMap<Id, usize>,
}

struct Writer<'w, 'a> {
    work: &'w Work<'a>,
    splits: &'w Splits,
    written: Written,
    /// The constraints of each table, afterwards.
    constraints: HashMap<Id, Vec<&'a Object>>,
}

impl Written {
    /// Writes what the work asks for.
    pub fn new(work: &Work<'_>, splits: &Splits) -> Self {
        Writer::new(work, splits).write()
    }
}

impl<'w, 'a> Writer<'w, 'a> {
    fn new(work: &'w Work<'a>, splits: &'w Splits) -> Self {
        let mut constraints: HashMap<Id, Vec<&'a Object>> = HashMap::new();
        let creates = |id: &Id| matches!(work.states.get(id), Some(State::Created | State::Anew));
        if work.states.keys().any(|id| matches!(id.kind, Kind::Table | Kind::ForeignTable) && creates(id)) {
            for object in work.sides.to.objects().iter().filter(|o| o.id.kind == Kind::Constraint) {
                if let Some(table) = object.belongs_to().filter(|table| creates(table)) {
                    constraints.entry(table).or_default().push(object);
                }
            }
        }
        Self { work, splits, written: Written::default(), constraints }
    }

    fn write(mut self) -> Written {
        let mut ids: Vec<(&'a Id, State)> =
            self.work.states.iter().map(|(id, state)| (*id, *state)).collect();
        ids.sort();
        for (id, state) in &ids {
            match state {
                State::Dropped | State::Anew => self.remove(id),
                State::Altered => {
                    let ops = self.work.altered.get(id).into_iter().flatten().cloned();
                    self.written.ops.extend(ops);
                }
                State::Created => {}
            }
        }
        for (id, state) in ids {
            if matches!(state, State::Created | State::Anew) {
                self.create(id, state);
            }
        }
        self.set_aside();
        self.convert();
        self.written
    }

    /// Drops an object, unless something that goes takes it along.
    fn remove(&mut self, id: &'a Id) {
        let Some(object) = self.work.sides.from.get(id) else { return };
        // a circle of tables is cut at a foreign key, one of views at a rule
        let apart = self.splits.parts.contains(id);
        if let Some(thing) = self.taken_by(object).filter(|_| !apart) {
            self.written.absorbed.insert(id.clone(), thing);
            return;
        }
        let mut ops = Ops::default();
        match &object.definition {
            _ if self.work.swapped.contains(id) => swap(object, &mut ops),
            Definition::View(view) if self.splits.emptied.contains(id) => {
                let sql = view.stand_in(id).replacen("CREATE VIEW", "CREATE OR REPLACE VIEW", 1);
                ops.alter(id, "needs nothing any more", sql).at(Stage::First);
                object.definition.remove(id, &mut ops);
            }
            definition => {
                self.drop_defaults(id, definition, &mut ops);
                definition.remove(id, &mut ops);
            }
        }
        self.written.ops.append(&mut ops.list);
    }

    /// A default goes before its table where it needs what needs the table.
    fn drop_defaults(&self, id: &Id, definition: &Definition, ops: &mut Ops) {
        for column in definition.columns().iter().filter(|column| column.generated == Generated::No) {
            let thing = Thing::default(id, &column.name);
            if self.splits.defaults.contains(&thing) && column.default.is_some() {
                let sql = graph::alter_column(id, &column.name, "DROP DEFAULT");
                ops.push(Verb::Drop, thing.clone(), format!("drop {thing}"), sql);
            }
        }
    }

    /// What takes an object along when it goes: what it stands on, or a column that it is of.
    fn taken_by(&self, object: &Object) -> Option<Thing> {
        let goes = |id: &Id| matches!(self.work.states.get(id), Some(State::Dropped | State::Anew));
        // a partition that leaves keeps what was attached to its parent's
        let leaves = object.belongs_to().is_some_and(|table| self.leaves(&table));
        let owners = object.owners().into_iter().take(if leaves { 1 } else { usize::MAX });
        if let Some(owner) = owners.into_iter().find(|owner| goes(owner)) {
            return Some(Thing::whole(&owner));
        }
        if object.id.kind == Kind::Function
            && let Some(id) = self.is_of_type(&object.id)
        {
            return Some(Thing::whole(&id));
        }
        if let Definition::Sequence(sequence) = &object.definition {
            let (table, column) = sequence.owned_by.as_ref()?;
            let thing = Thing::column(table, column);
            return self.drops_column(&thing).then_some(thing);
        }
        if !matches!(object.id.kind, Kind::Index | Kind::Constraint | Kind::Statistics) {
            return None;
        }
        let table = object.belongs_to()?;
        // a column that others refer to does not go while they do, in the same table either
        if object.definition.as_constraint().is_some_and(|it| it.references.as_ref() == Some(&table)) {
            return None;
        }
        let dependencies = self.work.sides.from.dependencies();
        let first = dependencies.partition_point(|d| d.from.id < object.id);
        let own = dependencies[first..].iter().take_while(|d| d.from.id == object.id);
        own.map(|d| &d.to).find(|to| to.id == table && self.drops_column(to)).cloned()
    }

    /// Whether a table stays and is no partition any more, or another's.
    fn leaves(&self, table: &Id) -> bool {
        let after = self.work.sides.to.definition(table).and_then(Definition::as_table);
        let stays = self.work.states.get(table) == Some(&State::Altered);
        let (Some(before), Some(after)) = (self.work.table_before(table).filter(|_| stays), after) else {
            return false;
        };
        before.partition_of.is_some() && before.partition_of != after.partition_of
    }

    /// The type that goes and that a function is made for: a base type, or a range that the function
    /// brings into its canonical form.
    fn is_of_type(&self, function: &Id) -> Option<Id> {
        let dependencies = self.work.sides.from.dependencies();
        let first = dependencies.partition_point(|d| d.from.id < *function);
        let mut needs = dependencies[first..].iter().take_while(|d| d.from.id == *function).map(|d| &d.to.id);
        let needs_it = |id: &Id| {
            let back = Dependency { from: Thing::whole(id), to: Thing::whole(function) };
            dependencies.binary_search(&back).is_ok()
        };
        needs
            .find(|id| {
                (id.kind == Kind::BaseType || id.kind == Kind::Range && needs_it(id))
                    && matches!(self.work.states.get(id), Some(State::Dropped | State::Anew))
            })
            .cloned()
    }

    fn drops_column(&self, thing: &Thing) -> bool {
        let Part::Column(name) = &thing.part else { return false };
        let ops = self.work.altered.get(&thing.id).into_iter().flatten();
        ops.into_iter().any(|op| op.verb == Verb::Drop && op.thing == *thing)
            || self.regenerated(&thing.id, name)
    }

    /// Whether a generated column is dropped and added, because its expression needs what is made anew.
    fn regenerated(&self, table: &Id, column: &Name) -> bool {
        let is_generated = self
            .work
            .table_before(table)
            .and_then(|table| table.column(column))
            .is_some_and(|column| column.generated != Generated::No);
        is_generated && self.work.aside.contains(&Thing::default(table, column))
    }

    fn create(&mut self, id: &'a Id, state: State) {
        let Some(object) = self.work.sides.to.get(id) else { return };
        if self.is_inlined(object) {
            return;
        }
        let mut ops = Ops::default();
        match &object.definition {
            Definition::Table(table) => self.create_table(object, table, &mut ops),
            Definition::View(view) if self.splits.views.contains(id) => {
                ops.create(id, view.stand_in(id));
                view.complete(id, &mut ops);
            }
            Definition::BaseType(_) | Definition::Range(_) if self.splits.shells.contains(id) => {
                self.written.shells.insert(id.clone(), self.written.ops.len());
                ops.push(Verb::Create, Thing::whole(id), format!("name {id}"), BaseType::shell(id));
                object.definition.create(id, self.work.sides, &mut ops);
            }
            _ => object.definition.create(id, self.work.sides, &mut ops),
        }
        object.dress(&mut ops);
        self.grant(object, state, &mut ops);
        self.written.ops.append(&mut ops.list);
    }

    /// Who may do what with a new object: what is wanted; with one made anew, what was there.
    fn grant(&self, object: &Object, state: State, ops: &mut Ops) {
        let before = self.work.sides.from.get(&object.id).filter(|_| state == State::Anew);
        let wanted = match (before, self.work.options.grants) {
            (_, true) | (None, false) => object,
            (Some(before), false) => before,
        };
        if before.is_none() && !self.work.options.grants {
            return;
        }
        let owner =
            if self.work.options.owners { wanted.common.owner.clone() } else { object.common.owner.clone() };
        let grants = Unjudged(rights::in_force(self.work.sides.from, &object.id, &owner.0));
        let new = Common { owner, grants, ..Common::default() };
        let after = Common { owner: new.owner.clone(), ..wanted.common.clone() };
        common::grants(&object.id, &new, &after, self.work.sides.major(), ops);
        common::column_grants(&object.id, &[], wanted.definition.columns(), ops);
        if self.work.options.owners && !object.definition.has_owner_of_table() {
            common::owner(&object.id, "", &wanted.common.owner.0, ops);
        }
    }

    fn create_table(&mut self, object: &'a Object, table: &'a Table, ops: &mut Ops) {
        let id = &object.id;
        let own = self.constraints.get(id).cloned().unwrap_or_default();
        let mut within = Vec::new();
        let (mut clauses, mut afterwards) = (Vec::new(), Ops::default());
        for constraint in own {
            let Some(it) = constraint.definition.as_constraint() else { continue };
            if !self.fits_in(constraint, it, table) {
                continue;
            }
            clauses.push((it.kind, it.clause(&constraint.id)));
            within.push(Thing::whole(&constraint.id));
            if !it.is_inherited.0 {
                it.after_creation(&constraint.id, self.work.sides, &mut afterwards);
                constraint.dress(&mut afterwards);
            }
        }
        clauses.sort();
        let clauses: Vec<String> = clauses.into_iter().map(|(_, clause)| clause).collect();
        let left_out: Vec<Name> = table
            .columns
            .iter()
            .filter(|c| self.splits.defaults.contains(&Thing::default(id, &c.name)))
            .map(|c| c.name.clone())
            .collect();
        within.extend(
            table.columns.iter().filter(|c| !left_out.contains(&c.name)).map(|c| Thing::default(id, &c.name)),
        );
        self.written.within.insert(self.written.ops.len(), within);
        table.create_with(id, &clauses, &left_out, self.work.sides, ops);
        for column in table.columns.iter().filter(|c| left_out.contains(&c.name)) {
            default_op(id, column, ops);
        }
        self.own_defaults(id, table, ops);
        table.attach(id, ops);
        ops.list.append(&mut afterwards.list);
        table.fire_triggers(&[], id, self.work.sides, ops);
    }

    /// Defaults of inherited columns that are not the parents'.
    fn own_defaults(&self, id: &Id, table: &Table, ops: &mut Ops) {
        let parents = table.inherits.iter().filter_map(|it| self.work.sides.to.definition(it)?.as_table());
        let parents: Vec<&Table> = parents.collect();
        for column in table.columns.iter().filter(|c| c.is_inherited.0 && c.generated == Generated::No) {
            let of_parent = parents.iter().find_map(|parent| parent.column(&column.name));
            let Some(before) = of_parent.filter(|it| it.default != column.default) else { continue };
            if column.default.is_some() {
                default_op(id, column, ops);
            } else if before.generated == Generated::No {
                let thing = Thing::default(id, &column.name);
                let sql = graph::alter_column(id, &column.name, "DROP DEFAULT");
                ops.push(Verb::Alter, thing.clone(), format!("{thing}: none"), sql);
            }
        }
    }

    /// Whether a constraint is written within its new table.
    fn fits_in(&self, object: &Object, it: &Constraint, table: &Table) -> bool {
        let comes_by_parent = it.is_inherited.0 && table.partition_of.is_none();
        let splits = self.splits.parts.contains(&object.id) || self.is_a_double(object, it);
        // CREATE TABLE takes a foreign key that was never checked for one that holds
        !comes_by_parent
            && !splits
            && !it.not_valid
            && (it.kind != ConstraintKind::ForeignKey || !it.not_enforced)
    }

    /// Whether CREATE TABLE would take a unique constraint for the same as another one.
    fn is_a_double(&self, object: &Object, it: &Constraint) -> bool {
        let columns = |it: &Constraint| {
            let text = it.definition.trim_start_matches("PRIMARY KEY").trim_start_matches("UNIQUE");
            text.trim().to_owned()
        };
        let same = |other: &&Object| {
            other.id != object.id
                && other.definition.as_constraint().is_some_and(|o| {
                    let first = (o.kind, &other.id.detail) < (it.kind, &object.id.detail);
                    first && o.kind.has_index() && columns(o) == columns(it)
                })
        };
        let own = it.table.0.as_ref().and_then(|table| self.constraints.get(table));
        it.kind == ConstraintKind::Unique && own.is_some_and(|own| own.iter().any(same))
    }

    /// Whether its new table brings an object along.
    fn is_inlined(&self, object: &Object) -> bool {
        let Some(it) = object.definition.as_constraint() else { return false };
        let Some(id) = object.belongs_to() else { return false };
        let creates = matches!(self.work.states.get(&id), Some(State::Created | State::Anew));
        let table = self.work.sides.to.definition(&id).and_then(Definition::as_table);
        creates && table.is_some_and(|table| self.fits_in(object, it, table) || it.is_inherited.0)
    }

    /// Takes defaults away and gives them back; generated columns as a whole.
    fn set_aside(&mut self) {
        let mut aside: Vec<&Thing> = self.work.aside.iter().collect();
        aside.sort();
        for thing in aside {
            let Part::Default(name) = &thing.part else { continue };
            let Some(object) = self.work.sides.to.get(&thing.id) else { continue };
            let Some(column) = object.definition.columns().iter().find(|c| c.name == *name) else { continue };
            let altered = self.work.altered.get(&thing.id).into_iter().flatten();
            let already = altered
                .filter(|op| op.thing.part == thing.part || op.thing.part == Part::Column(name.clone()));
            let mut ops = Ops::default();
            if self.regenerated(&thing.id, name) {
                if already.clone().all(|op| op.verb != Verb::Drop) {
                    crate::object::table::drop_column(&thing.id, name, &mut ops);
                    ops.list.iter_mut().for_each(|op| op.loss = None);
                    crate::object::table::add_column(&thing.id, column, &mut ops);
                    let column = Part::Column(name.clone());
                    self.written.ops.retain(|op| {
                        op.thing.id != thing.id || op.thing.part != thing.part && op.thing.part != column
                    });
                }
            } else if already.clone().all(|op| op.thing.part != thing.part) {
                let sql = graph::alter_column(&thing.id, name, "DROP DEFAULT");
                ops.push(Verb::Drop, thing.clone(), format!("{thing}: steps aside"), sql);
                default_op(&thing.id, column, &mut ops);
            }
            self.written.ops.append(&mut ops.list);
        }
    }

    /// Moves columns to the new type of the name that their type had.
    fn convert(&mut self) {
        let mut converted: Vec<&Thing> = self.work.converted.iter().collect();
        converted.sort();
        for thing in converted {
            let Part::Column(name) = &thing.part else { continue };
            let side = |catalog: &'a Catalog| {
                catalog.definition(&thing.id).and_then(Definition::as_table).and_then(|t| t.column(name))
            };
            let (Some(before), Some(after)) = (side(self.work.sides.from), side(self.work.sides.to)) else {
                continue;
            };
            // a change to yet another type is written already
            if after.is_inherited.0 || before.data_type != after.data_type {
                continue;
            }
            let mut ops = Ops::default();
            let plain = before.default.is_some() && before.generated == Generated::No;
            if plain {
                let sql = graph::alter_column(&thing.id, name, "DROP DEFAULT");
                ops.push(Verb::Drop, thing.clone(), format!("{thing}: its default steps aside"), sql);
                ops.list.iter_mut().for_each(|op| op.verb = Verb::Alter);
            }
            let column = cutover_sql::ident::quote_ident(name);
            let (to, array) = (&after.data_type, after.data_type.ends_with("[]"));
            let text = if array { "text[]" } else { "text" };
            let tail = format!("TYPE {to} USING {column}::{text}::{to}");
            let sql = graph::alter_column(&thing.id, name, &tail);
            ops.push(Verb::Alter, thing.clone(), format!("{thing}: moves to the new {to}"), sql);
            let comes = after.generated == Generated::No && after.default != before.default;
            if (plain || comes)
                && let Some(default) = &after.default
            {
                let sql = graph::alter_column(&thing.id, name, &format!("SET DEFAULT {default}"));
                ops.push(Verb::Alter, thing.clone(), format!("{thing}: default {default}"), sql);
            }
            // what else was to be said of the default is said now
            self.written.ops.retain(|op| op.thing != Thing::default(&thing.id, name));
            self.written.ops.append(&mut ops.list);
        }
    }
}

/// A type that columns have: it steps aside, the columns move to the new one, and it goes.
fn swap(object: &Object, ops: &mut Ops) {
    let id = &object.id;
    let old = old_name(id);
    let sql = format!("ALTER TYPE {} RENAME TO {}", id.path(), cutover_sql::ident::quote_ident(&old.name));
    ops.push(Verb::Alter, Thing::whole(id), format!("{id}: steps aside"), sql).at(Stage::First);
    ops.push(
        Verb::Drop,
        Thing::whole(id),
        format!("drop the former {id}"),
        format!("DROP TYPE {}", old.path()),
    );
}

/// The name of a type that has stepped aside.
pub fn old_name(id: &Id) -> Id {
    let name = crate::object::types::made_name(&id.name, "", "former");
    Id { name: name.into(), ..id.clone() }
}

/// Gives a column its default.
fn default_op(table: &Id, column: &crate::object::column::Column, ops: &mut Ops) {
    if let Some(default) = column.default.as_ref().filter(|_| column.generated == Generated::No) {
        let thing = Thing::default(table, &column.name);
        let title = format!("{thing}: {default}");
        let sql = graph::alter_column(table, &column.name, &format!("SET DEFAULT {default}"));
        ops.push(Verb::Create, thing, title, sql);
    }
}
