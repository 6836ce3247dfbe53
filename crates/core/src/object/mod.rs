//! The kinds of objects: what each is, how two of a kind differ, and the DDL between them, side by side.
//!
//! Nothing here knows other objects; what a change of one means for those that need it is
//! [`crate::diff`]'s.

pub mod column;
pub mod common;
pub mod constraint;
pub mod data_type;
pub mod database;
pub mod domain;
pub mod foreign;
pub mod index;
pub mod locale;
pub mod on_table;
pub mod operators;
pub mod ops;
pub mod privilege;
pub mod replication;
pub mod routine;
pub mod sequence;
pub mod table;
pub mod text_search;
pub mod types;
pub mod view;

use serde::{Deserialize, Serialize};

use crate::catalog::{Id, Kind, Name, Thing};
use common::Common;
use ops::{Fit, Ops, Sides};
use table::Table;

/// What every kind knows of itself.
pub trait Define: PartialEq {
    /// Writes what creates it. The first operation is the creation.
    fn create(&self, id: &Id, sides: Sides<'_>, ops: &mut Ops);

    /// Writes what makes `to` of it, if altering can.
    fn alter(&self, to: &Self, id: &Id, sides: Sides<'_>, ops: &mut Ops) -> Fit {
        let _ = (to, id, sides, ops);
        Fit::Anew
    }

    /// Writes what drops it.
    fn remove(&self, id: &Id, ops: &mut Ops) {
        ops.drop(id, format!("DROP {} {}", id.kind.noun(), id.address()));
    }
}

macro_rules! definitions {
    ($($variant:ident($type:ty),)+) => {
        /// What an object is, by kind.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "each is said at its type")]
        pub enum Definition { $($variant(Box<$type>),)+ }

        impl Definition {
            /// Writes what creates it.
            pub fn create(&self, id: &Id, sides: Sides<'_>, ops: &mut Ops) {
                match self { $(Self::$variant(it) => it.create(id, sides, ops),)+ }
            }

            /// Writes what drops it.
            pub fn remove(&self, id: &Id, ops: &mut Ops) {
                match self { $(Self::$variant(it) => it.remove(id, ops),)+ }
            }

            /// Writes what makes `to` of it, if altering can.
            pub fn alter(&self, to: &Self, id: &Id, sides: Sides<'_>, ops: &mut Ops) -> Fit {
                match (self, to) {
                    $((Self::$variant(from), Self::$variant(to)) => from.alter(to, id, sides, ops),)+
                    _ => Fit::Anew,
                }
            }
        }

        $(impl From<$type> for Definition {
            fn from(it: $type) -> Self {
                Self::$variant(Box::new(it))
            }
        })+
    };
}

definitions! {
    Namespace(database::Namespace),
    Extension(database::Extension),
    Language(database::Language),
    AccessMethod(database::AccessMethod),
    EventTrigger(database::EventTrigger),
    DefaultPrivileges(database::DefaultPrivileges),
    Collation(locale::Collation),
    Conversion(locale::Conversion),
    Statistics(locale::Statistics),
    Enum(data_type::Enum),
    Composite(data_type::Composite),
    Range(data_type::Range),
    BaseType(data_type::BaseType),
    Domain(domain::Domain),
    ForeignDataWrapper(foreign::ForeignDataWrapper),
    Server(foreign::Server),
    UserMapping(foreign::UserMapping),
    Sequence(sequence::Sequence),
    Table(table::Table),
    Constraint(constraint::Constraint),
    Index(index::Index),
    Routine(routine::Routine),
    Aggregate(routine::Aggregate),
    Operator(operators::Operator),
    OperatorFamily(operators::OperatorFamily),
    OperatorClass(operators::OperatorClass),
    Cast(operators::Cast),
    Transform(operators::Transform),
    TsFunctions(text_search::TsFunctions),
    TsDictionary(text_search::TsDictionary),
    TsConfiguration(text_search::TsConfiguration),
    View(view::View),
    MaterializedView(view::MaterializedView),
    Rule(on_table::Rule),
    Trigger(on_table::Trigger),
    Policy(on_table::Policy),
    Publication(replication::Publication),
    Subscription(replication::Subscription),
}

impl Definition {
    /// It, if it is a table.
    pub fn as_table(&self) -> Option<&Table> {
        if let Self::Table(table) = self { Some(table) } else { None }
    }

    /// It, if it is a constraint.
    pub fn as_constraint(&self) -> Option<&constraint::Constraint> {
        if let Self::Constraint(it) = self { Some(it) } else { None }
    }

    /// It, if it is a view.
    pub fn as_view(&self) -> Option<&view::View> {
        if let Self::View(it) = self { Some(it) } else { None }
    }

    /// Whether its owner is that of the table that it goes along with.
    pub fn has_owner_of_table(&self) -> bool {
        matches!(self, Self::Sequence(it) if it.owned_by.is_some())
    }

    /// Its columns, if it has some.
    pub fn columns(&self) -> &[column::Column] {
        match self {
            Self::Table(it) => &it.columns,
            Self::View(it) => &it.columns,
            Self::MaterializedView(it) => &it.columns,
            _ => &[],
        }
    }
}

/// One object of a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// What it is called.
    pub id: Id,
    /// Comment, owner, privileges.
    #[serde(flatten)]
    pub common: Common,
    /// What it is.
    pub definition: Definition,
}

impl Object {
    /// The objects that it goes along with when they are dropped.
    pub fn owners(&self) -> Vec<Id> {
        match &self.definition {
            // a partitioned table takes its partitions along
            Definition::Table(it) => it.partition_of.iter().map(|(parent, _)| parent.clone()).collect(),
            Definition::Constraint(it) => it.table.0.iter().chain(&it.part_of).cloned().collect(),
            Definition::Index(it) => std::iter::once(&it.table).chain(&it.part_of).cloned().collect(),
            Definition::Trigger(it) => it.table.0.iter().cloned().collect(),
            Definition::Rule(it) => it.table.0.iter().cloned().collect(),
            Definition::Policy(it) => it.table.0.iter().cloned().collect(),
            Definition::Sequence(it) => it.owned_by.iter().map(|(table, _)| table.clone()).collect(),
            Definition::Statistics(it) => vec![it.table.clone()],
            _ => Vec::new(),
        }
    }

    /// The table or view that it stands on.
    pub fn belongs_to(&self) -> Option<Id> {
        self.owners().into_iter().next()
    }

    /// Whether it is there only because a parent of its table has it, so that nobody creates it.
    pub fn is_inherited(&self) -> bool {
        self.definition.as_constraint().is_some_and(|it| it.is_inherited.0)
    }

    /// Writes what creates it, with its comment.
    pub fn create(&self, sides: Sides<'_>, ops: &mut Ops) {
        self.definition.create(&self.id, sides, ops);
        self.dress(ops);
    }

    /// Writes what a creation does not say.
    pub fn dress(&self, ops: &mut Ops) {
        common::comment(&self.id, None, self.common.comment.as_ref(), ops);
    }

    /// Names that two objects cannot have at a time: tables, views, indexes and sequences share
    /// theirs, types share theirs with tables.
    pub fn slots(&self) -> Vec<(char, Name, Name)> {
        let slot = |space: char| (space, self.id.namespace.clone(), self.id.name.clone());
        let kind = self.id.kind;
        if let Definition::Table(table) = &self.definition {
            let sequences = table.columns.iter().filter_map(|column| {
                let identity = column.identity.as_ref()?;
                Some(('r', self.id.namespace.clone(), identity.name(&self.id, &column.name).into()))
            });
            return [slot('r'), slot('t')].into_iter().chain(sequences).collect();
        }
        match kind {
            Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView | Kind::Composite => {
                vec![slot('r'), slot('t')]
            }
            // it has no type, and is refused where there is one of its name
            Kind::Sequence => vec![slot('r'), slot('t')],
            Kind::Index => vec![slot('r')],
            Kind::Enum | Kind::Range | Kind::BaseType | Kind::Domain => vec![slot('t')],
            Kind::Function | Kind::Procedure | Kind::Aggregate => {
                let types = self.id.detail.replace(" ORDER BY ", ", ");
                vec![('f', self.id.namespace.clone(), format!("{}({types})", self.id.name).into())]
            }
            Kind::Constraint => {
                let Some(it) = self.definition.as_constraint() else { return Vec::new() };
                // its index has its name
                let index = ('r', self.id.namespace.clone(), self.id.detail.clone());
                // a table has one
                let key = ('k', self.id.namespace.clone(), self.id.name.clone());
                let is_key = it.kind == constraint::ConstraintKind::PrimaryKey;
                let slots = [(it.kind.has_index(), index), (is_key, key)];
                slots.into_iter().filter_map(|(is, slot)| is.then_some(slot)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The things of it that others can need.
    pub fn things(&self) -> Vec<Thing> {
        let mut things = vec![Thing::whole(&self.id)];
        for column in self.definition.columns() {
            things.push(Thing::column(&self.id, &column.name));
            things.push(Thing::default(&self.id, &column.name));
        }
        things
    }
}
