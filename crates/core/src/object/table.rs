//! A table: ordinary, partitioned, partition, typed, inheriting or foreign.

use cutover_sql::ident::{qualified, quote_ident};
use serde::{Deserialize, Serialize};

use super::column::{Column, Columns, Without};
use super::common::{self, Options};
use super::ops::{Fit, Loss, Ops, Sides, Stage, Verb};
use super::{Define, Definition};
use crate::catalog::{Catalog, Id, Kind, Name, Thing};

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its columns.
    pub columns: Columns,
    /// Whether a crash empties it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unlogged: bool,
    /// `RANGE (at)`, when it is partitioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_by: Option<Name>,
    /// Whose partition it is, and `FOR VALUES …` or `DEFAULT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_of: Option<(Id, Name)>,
    /// Tables that it inherits from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<Id>,
    /// The composite type that it is a table of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_type: Option<Id>,
    /// The access method, when it is not `heap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<Name>,
    /// The tablespace, when it is not the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<Name>,
    /// Storage parameters, `toast.` ones included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
    /// What replication tells rows apart by.
    #[serde(default, skip_serializing_if = "ReplicaIdentity::is_default")]
    pub replica_identity: ReplicaIdentity,
    /// The index that `CLUSTER` goes by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clustered_on: Option<Name>,
    /// Whether policies hold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub row_security: bool,
    /// Whether they hold for the owner, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force_row_security: bool,
    /// Triggers that it has from its parent and that fire otherwise there: name and state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trigger_states: Vec<(Name, Name)>,
    /// Server and options, when it is a foreign table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<(Name, Options)>,
}

/// `REPLICA IDENTITY`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaIdentity {
    /// The primary key.
    #[default]
    Default,
    /// All columns.
    Full,
    /// Nothing.
    Nothing,
    /// A unique index.
    Index(Name),
}

impl ReplicaIdentity {
    fn is_default(&self) -> bool {
        *self == Self::Default
    }

    fn clause(&self) -> String {
        match self {
            Self::Default => "DEFAULT".into(),
            Self::Full => "FULL".into(),
            Self::Nothing => "NOTHING".into(),
            Self::Index(name) => format!("USING INDEX {}", quote_ident(name)),
        }
    }
}

impl Table {
    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| *column.name == *name)
    }

    /// `CREATE TABLE` with these constraints in it and without these defaults, and what has to be
    /// said afterwards. A partition is made as a table and attached by [`Table::attach`]: that locks
    /// its parent less.
    pub fn create_with(
        &self,
        id: &Id,
        constraints: &[String],
        left_out: &[Name],
        sides: Sides<'_>,
        ops: &mut Ops,
    ) {
        let word = if self.unlogged { "UNLOGGED " } else { "" };
        let noun = id.kind.noun();
        let mut sql = format!("CREATE {word}{noun} {}", id.path());
        sql += &self.body(id, constraints, left_out, sides.to);
        sql += &self.tail();
        ops.create(id, sql);
        self.columns.iter().for_each(|column| column.settings(id, ops));
        for column in
            self.columns.iter().filter(|column| !self.inherits.is_empty() && !left_out.contains(&column.name))
        {
            column.override_parents(&parents_columns(self, &column.name, sides.to), id, sides, ops);
        }
        self.settings_from(&Self::default(), id, ops);
    }

    fn body(&self, id: &Id, constraints: &[String], left_out: &[Name], catalog: &Catalog) -> String {
        let without = |column: &Column| Without {
            default: left_out.contains(&column.name),
            identity: self.partition_of.is_some() && column.is_inherited.0,
            inherited_not_null: !self.inherits.is_empty(),
        };
        let mut items: Vec<String> = Vec::new();
        if let Some(of) = &self.of_type {
            let typed = self.columns.iter().filter_map(|column| {
                let tail = column.tail(id, without(column));
                (!tail.is_empty()).then(|| format!("{} WITH OPTIONS{tail}", quote_ident(&column.name)))
            });
            items.extend(typed);
            items.extend_from_slice(constraints);
            let list = if items.is_empty() { String::new() } else { list(&items) };
            return format!(" OF {}{list}", of.path());
        }
        // an inherited column comes by itself; where the parents' defaults differ, one has to be said
        let disputed = |column: &Column| {
            let columns = parents_columns(self, &column.name, catalog);
            let mut defaults: Vec<&Name> = columns.iter().filter_map(|c| c.default.as_ref()).collect();
            defaults.dedup();
            defaults.len() > 1
        };
        let is_own = |c: &&Column| self.inherits.is_empty() || !c.is_inherited.0 || disputed(c);
        let (own, parents): (Vec<&Column>, Vec<&Column>) = self.columns.iter().partition(is_own);
        items.extend(own.iter().map(|column| column.sql(id, without(column))));
        items.extend(parents.iter().filter_map(|c| c.not_null.as_ref()?.of_table(&c.name)));
        items.extend_from_slice(constraints);
        list(&items)
    }

    fn tail(&self) -> String {
        let mut sql = String::new();
        if !self.inherits.is_empty() {
            let parents: Vec<String> = self.inherits.iter().map(Id::path).collect();
            sql += &format!("\nINHERITS ({})", parents.join(", "));
        }
        if let Some(key) = &self.partition_by {
            sql += &format!("\nPARTITION BY {key}");
        }
        if let Some(method) = &self.access_method {
            sql += &format!("\nUSING {}", quote_ident(method));
        }
        if !self.options.is_empty() {
            sql += &format!("\nWITH ({})", common::options_list(&self.options));
        }
        if let Some(tablespace) = &self.tablespace {
            sql += &format!("\nTABLESPACE {}", quote_ident(tablespace));
        }
        if let Some((server, options)) = &self.foreign {
            sql += &format!("\nSERVER {}{}", quote_ident(server), common::foreign_options(options));
        }
        sql
    }

    /// Makes it a partition of its parent.
    pub fn attach(&self, id: &Id, ops: &mut Ops) {
        let Some((parent, bound)) = &self.partition_of else { return };
        let sql = format!("ALTER TABLE {} ATTACH PARTITION {} {bound}", parent.path(), id.path());
        ops.alter(id, format!("partition of {}", parent.path()), sql)
            .needs([Thing::whole(parent)])
            .at(Stage::Attach);
    }

    fn detach(&self, id: &Id, ops: &mut Ops) {
        let Some((parent, _)) = &self.partition_of else { return };
        let start = format!("ALTER TABLE {} DETACH PARTITION {}", parent.path(), id.path());
        ops.alter(id, format!("no partition of {}", parent.path()), start).at(Stage::First);
    }

    /// What `ALTER TABLE` sets without touching a row.
    fn settings_from(&self, from: &Self, id: &Id, ops: &mut Ops) {
        let mut set = |what: &str, tail: String| {
            ops.alter(id, what, format!("ALTER TABLE {} {tail}", id.path()));
        };
        if self.row_security != from.row_security {
            set(
                "row security",
                format!("{} ROW LEVEL SECURITY", if self.row_security { "ENABLE" } else { "DISABLE" }),
            );
        }
        if self.force_row_security != from.force_row_security {
            let word = if self.force_row_security { "FORCE" } else { "NO FORCE" };
            set("row security of the owner", format!("{word} ROW LEVEL SECURITY"));
        }
        // one by an index is said where the index is created
        if self.replica_identity != from.replica_identity
            && !matches!(self.replica_identity, ReplicaIdentity::Index(_))
        {
            set("replica identity", format!("REPLICA IDENTITY {}", self.replica_identity.clause()));
        }
        if self.clustered_on.is_none() && from.clustered_on.is_some() {
            set("cluster", "SET WITHOUT CLUSTER".into());
        }
    }

    /// What names one of its indexes, when that index is new or the choice is.
    pub fn index_settings(&self, id: &Id, index: &str, thing: &Thing, ops: &mut Ops) {
        let mut set = |what: &str, tail: String| {
            let title = format!("{id}: {what}");
            ops.push(Verb::Alter, thing.clone(), title, format!("ALTER TABLE {} {tail}", id.path()));
        };
        if matches!(&self.replica_identity, ReplicaIdentity::Index(name) if **name == *index) {
            set("replica identity", format!("REPLICA IDENTITY {}", self.replica_identity.clause()));
        }
        if self.clustered_on.as_deref() == Some(index) {
            set("cluster", format!("CLUSTER ON {}", quote_ident(index)));
        }
    }

    fn alter_storage(&self, to: &Self, id: &Id, ops: &mut Ops) {
        let mut set = |what: &str, tail: String| {
            ops.alter(id, what, format!("ALTER TABLE {} {tail}", id.path()));
        };
        if self.unlogged != to.unlogged {
            set("persistence", format!("SET {}", if to.unlogged { "UNLOGGED" } else { "LOGGED" }));
        }
        if self.access_method != to.access_method {
            let method = to.access_method.as_deref().unwrap_or("heap");
            set("access method", format!("SET ACCESS METHOD {}", quote_ident(method)));
        }
        if self.tablespace != to.tablespace {
            let tablespace = to.tablespace.as_deref().unwrap_or("pg_default");
            set("tablespace", format!("SET TABLESPACE {}", quote_ident(tablespace)));
        }
        for tail in common::options_change(&self.options, &to.options) {
            set("storage parameters", tail);
        }
    }

    fn alter_parents(&self, to: &Self, id: &Id, ops: &mut Ops) {
        let path = id.path();
        for gone in self.inherits.iter().filter(|parent| !to.inherits.contains(parent)) {
            let sql = format!("ALTER TABLE {path} NO INHERIT {}", gone.path());
            ops.alter(id, "inheritance", sql).at(Stage::First);
        }
        for new in to.inherits.iter().filter(|parent| !self.inherits.contains(parent)) {
            let sql = format!("ALTER TABLE {path} INHERIT {}", new.path());
            ops.alter(id, "inheritance", sql).needs([Thing::whole(new)]).at(Stage::Attach);
        }
        match (&self.of_type, &to.of_type) {
            (Some(_), None) => {
                ops.alter(id, "type", format!("ALTER TABLE {path} NOT OF")).at(Stage::First);
            }
            (before, Some(after)) if before.as_ref() != Some(after) => {
                let sql = format!("ALTER TABLE {path} OF {}", after.path());
                ops.alter(id, "type", sql).needs([Thing::whole(after)]).at(Stage::Attach);
            }
            _ => {}
        }
    }

    /// Triggers that it has from its parent fire as they should here, when they did as in `from`.
    pub fn fire_triggers(&self, from: &[(Name, Name)], id: &Id, sides: Sides<'_>, ops: &mut Ops) {
        let trigger = |name: &Name| {
            // the trigger is that of the table at the top, or of one in between
            let mut table = self;
            loop {
                let (parent, _) = table.partition_of.as_ref()?;
                let (namespace, relation) = (parent.namespace.clone(), parent.name.clone());
                let trigger = Id::detailed(Kind::Trigger, namespace, relation, name.clone());
                match sides.to.definition(parent).and_then(Definition::as_table) {
                    Some(next) if sides.to.get(&trigger).is_none() => table = next,
                    _ => return Some(trigger),
                }
            }
        };
        let mut fire = |name: &Name, words: &str| {
            let sql = format!("ALTER TABLE {} {words} TRIGGER {}", id.path(), quote_ident(name));
            ops.alter(id, "trigger", sql)
                .needs(trigger(name).iter().map(Thing::whole))
                .at(Stage::AttachIndex);
        };
        for (name, state) in self.trigger_states.iter().filter(|state| !from.contains(state)) {
            fire(name, state);
        }
        for (name, _) in from.iter().filter(|(n, _)| !self.trigger_states.iter().any(|(m, _)| n == m)) {
            if trigger(name).is_some_and(|trigger| sides.to.get(&trigger).is_some()) {
                fire(name, "ENABLE");
            }
        }
    }

    /// Whether a column that it is partitioned by gets another type, which no server does.
    fn retypes_its_key(&self, to: &Self) -> bool {
        let Some(key) = &self.partition_by else { return false };
        let retyped = self
            .columns
            .iter()
            .filter(|column| to.column(&column.name).is_none_or(|other| other.data_type != column.data_type));
        let words: Vec<&str> = key.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        retyped.into_iter().any(|column| words.contains(&&*column.name))
    }

    /// Whether the changes of the parents go through it: it stays under them.
    fn has_parents_of(&self, to: &Self) -> bool {
        self.partition_of == to.partition_of && self.inherits == to.inherits
    }

    fn alter_foreign(&self, to: &Self, id: &Id, ops: &mut Ops) {
        if let (Some((_, before)), Some((_, after))) = (&self.foreign, &to.foreign)
            && let Some(tail) = common::foreign_options_change(before, after)
        {
            ops.alter(id, "options", format!("ALTER FOREIGN TABLE {} {tail}", id.path()));
        }
    }

    fn alter_columns(&self, to: &Self, id: &Id, sides: Sides<'_>, ops: &mut Ops) {
        // what its type gains and loses, a typed table gains and loses
        let typed = to.of_type.is_some() && self.of_type == to.of_type;
        for gone in self.columns.iter().filter(|column| to.column(&column.name).is_none()) {
            let by_parents = self.has_parents_of(to) && parents_drop(self, &gone.name, sides);
            if !(typed || by_parents) {
                drop_column(id, &gone.name, ops);
            }
        }
        for column in to.columns.iter() {
            match self.column(&column.name) {
                None if typed => {}
                None => match parent_column(to, &column.name, sides.to)
                    .filter(|_| column.is_inherited.0 && self.has_parents_of(to))
                {
                    // ADD COLUMN on the parent has brought it
                    Some(parent) => column.alter_from(&brought(parent, column), id, sides, ops),
                    None => add_column(id, column, ops),
                },
                Some(before) => {
                    let stays = self.has_parents_of(to);
                    let mut before =
                        if stays { before.moved_along(column, self, to, sides) } else { before.clone() };
                    if typed {
                        before.data_type = column.data_type.clone();
                        before.collation = column.collation.clone();
                    }
                    if before == *column {
                        continue;
                    }
                    if column.can_come_from(&before, sides.major()) {
                        column.alter_from(&before, id, sides, ops);
                    } else {
                        drop_column(id, &column.name, ops);
                        add_column(id, column, ops);
                    }
                }
            }
        }
    }
}

impl Column {
    /// How a child's column is when the changes of its parents have gone through it: what recurses
    /// in `ALTER TABLE` is already as the parent's.
    fn moved_along(&self, column: &Self, from: &Table, to: &Table, sides: Sides<'_>) -> Self {
        let mut moved = self.clone();
        if !column.is_inherited.0 {
            return moved;
        }
        let mut parent =
            (parent_column(from, &self.name, sides.from), parent_column(to, &self.name, sides.to));
        let now = parent.1;
        let mut tables = (parents(from, sides.from), parents(to, sides.to));
        while let ((Some(before), Some(after)), Some(now)) = (parent, now) {
            if before.data_type != after.data_type || before.collation != after.collation {
                moved.data_type = now.data_type.clone();
                moved.collation = now.collation.clone();
            }
            if before.default != after.default || before.generated != after.generated {
                moved.default = now.default.clone();
                moved.generated = now.generated;
            }
            if before.not_null != after.not_null {
                moved.not_null = now.not_null.clone();
            }
            if before.statistics != after.statistics {
                moved.statistics = now.statistics;
            }
            if before.storage != after.storage {
                moved.storage = now.storage.clone();
            }
            if before.identity != after.identity {
                moved.identity = column.identity.clone();
            }
            let up = |list: &[&Table], catalog| {
                let parent = list.iter().find(|t| t.column(&self.name).is_some())?;
                let column = parent_column(parent, &self.name, catalog);
                Some((column, parents(parent, catalog)))
            };
            let (Some(next_from), Some(next_to)) = (up(&tables.0, sides.from), up(&tables.1, sides.to))
            else {
                break;
            };
            parent = (next_from.0, next_to.0);
            tables = (next_from.1, next_to.1);
        }
        moved
    }
}

/// A column that `ADD COLUMN` on a parent has added to a child.
fn brought(parent: &Column, child: &Column) -> Column {
    Column {
        comment: None,
        statistics: None,
        options: Vec::new(),
        identity: child.identity.clone(),
        storage: None,
        compression: None,
        ..parent.clone()
    }
}

/// The tables that a table gets columns from.
fn parents<'a>(table: &Table, catalog: &'a Catalog) -> Vec<&'a Table> {
    let ids = table.partition_of.iter().map(|(parent, _)| parent).chain(&table.inherits);
    ids.filter_map(|id| catalog.definition(id).and_then(Definition::as_table)).collect()
}

fn parent_column<'a>(table: &Table, name: &str, catalog: &'a Catalog) -> Option<&'a Column> {
    parents(table, catalog).into_iter().find_map(|parent| parent.column(name))
}

/// A column as each parent has it.
fn parents_columns<'a>(table: &Table, name: &str, catalog: &'a Catalog) -> Vec<&'a Column> {
    parents(table, catalog).into_iter().filter_map(|parent| parent.column(name)).collect()
}

/// Whether a parent drops this column, and the children's with it.
fn parents_drop(table: &Table, name: &str, sides: Sides<'_>) -> bool {
    let ids = table.partition_of.iter().map(|(parent, _)| parent).chain(&table.inherits);
    let inherited = table.column(name).is_some_and(|column| column.is_inherited.0);
    inherited
        && ids.into_iter().any(|id| {
            let side = |catalog: &Catalog| {
                catalog.definition(id).and_then(Definition::as_table).map(|t| t.column(name).is_some())
            };
            side(sides.from) == Some(true) && side(sides.to) == Some(false)
        })
}

pub(crate) fn add_column(table: &Id, column: &Column, ops: &mut Ops) {
    let thing = Thing::column(table, &column.name);
    let title = format!("add {thing}");
    let sql = format!("ALTER TABLE {} ADD COLUMN {}", table.path(), column.sql(table, Without::default()));
    ops.push(Verb::Create, thing, title, sql);
    column.settings(table, ops);
}

pub(crate) fn drop_column(table: &Id, name: &Name, ops: &mut Ops) {
    let thing = Thing::column(table, name);
    let title = format!("drop {thing}");
    let sql = format!("ALTER TABLE {} DROP COLUMN {}", table.path(), quote_ident(name));
    ops.push(Verb::Drop, thing, title, sql).loses(Loss::Data);
}

/// `(…)` with an item a line.
pub fn list(items: &[String]) -> String {
    if items.is_empty() { " ()".into() } else { format!(" (\n    {}\n)", items.join(",\n    ")) }
}

impl Define for Table {
    fn create(&self, id: &Id, sides: Sides<'_>, ops: &mut Ops) {
        self.create_with(id, &[], &[], sides, ops);
    }

    fn alter(&self, to: &Self, id: &Id, sides: Sides<'_>, ops: &mut Ops) -> Fit {
        let server = |table: &Self| table.foreign.as_ref().map(|(server, _)| server.clone());
        if self.partition_by != to.partition_by || server(self) != server(to) || self.retypes_its_key(to) {
            return Fit::Anew;
        }
        let moves = self.partition_of != to.partition_of;
        if moves {
            self.detach(id, ops);
        }
        self.alter_columns(to, id, sides, ops);
        self.alter_storage(to, id, ops);
        self.alter_parents(to, id, ops);
        self.alter_foreign(to, id, ops);
        to.settings_from(self, id, ops);
        if self.replica_identity != to.replica_identity || self.clustered_on != to.clustered_on {
            for index in to.named_indexes() {
                let mut settings = Ops::default();
                to.index_settings(id, index, &Thing::whole(id), &mut settings);
                for mut op in settings.list {
                    op.needs(index_things(id, index));
                    ops.list.push(op);
                }
            }
        }
        if moves {
            to.attach(id, ops);
        }
        to.fire_triggers(&self.trigger_states, id, sides, ops);
        Fit::Altered
    }

    fn remove(&self, id: &Id, ops: &mut Ops) {
        let drop = format!("DROP {} {}", id.kind.noun(), id.path());
        let Some((parent, _)) = &self.partition_of else {
            ops.drop(id, drop).loses(Loss::Data);
            return;
        };
        // dropping a partition is refused while somebody refers to its parent
        let detach = format!("ALTER TABLE {} DETACH PARTITION {}", parent.path(), id.path());
        ops.drop(id, detach).and(drop).loses(Loss::Data);
    }
}

impl Table {
    /// The indexes that its settings name.
    fn named_indexes(&self) -> Vec<&Name> {
        let mut names: Vec<&Name> = self.clustered_on.iter().collect();
        if let ReplicaIdentity::Index(name) = &self.replica_identity {
            names.push(name);
        }
        names.dedup();
        names
    }
}

/// What an index may be: one of its own, or a constraint's.
fn index_things(table: &Id, index: &Name) -> [Thing; 2] {
    [
        Thing::whole(&Id::of(Kind::Index, table.namespace.clone(), index.clone())),
        Thing::whole(&Id::detailed(
            Kind::Constraint,
            table.namespace.clone(),
            table.name.clone(),
            index.clone(),
        )),
    ]
}

/// `namespace.name` of something in a table's namespace.
pub fn beside(table: &Id, name: &str) -> String {
    qualified(&[&*table.namespace, name])
}
