//! Rows of tables and views, and of what stands on them.

use cutover_core::catalog::{Id, Kind, Name};
use cutover_core::object::Definition;
use cutover_core::object::column::{Column, Generated, NotNull};
use cutover_core::object::common::{Common, Unjudged};
use cutover_core::object::constraint::{Constraint, ConstraintKind, Timing};
use cutover_core::object::index::Index;
use cutover_core::object::locale::Statistics;
use cutover_core::object::on_table::{Firing, Policy, Rule, Trigger};
use cutover_core::object::privilege::Grants;
use cutover_core::object::sequence::Sequence;
use cutover_core::object::table::{ReplicaIdentity, Table};
use cutover_core::object::types;
use cutover_core::object::view::{MaterializedView, View};

use super::builder::{self, Builder};
use super::code::{self, Oid};
use super::row::Row;

pub fn relation(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, mut id, owner)) = builder.head(code::RELATION, Kind::Table, row) else { return };
    let grants = row.json();
    let (kind, persistence) = (row.text(), row.text());
    let (mut options, toast) = (row.list(), row.list());
    options.extend(toast.into_iter().map(|option| format!("toast.{option}")));
    let options = builder.options(&options);
    let (access_method, tablespace) = (row.opt().map(Name::from), row.opt().map(Name::from));
    let (row_security, force_row_security, identity) = (row.is(), row.is(), row.text());
    let partition_by = row.opt().map(Name::from);
    if let Some(bound) = row.opt() {
        builder.partitions.push((oid, bound.into()));
    }
    if let Some(of) = row.maybe_number() {
        builder.typed.push((oid, of));
    }
    let query: Name = row.text().trim_end_matches(';').trim().into();
    let is_populated = Unjudged(row.is());
    id.kind = match kind {
        "f" => Kind::ForeignTable,
        "v" => Kind::View,
        "m" => Kind::MaterializedView,
        _ => Kind::Table,
    };
    let definition: Definition = match id.kind {
        Kind::View => View { columns: Vec::new(), query, options }.into(),
        Kind::MaterializedView => {
            let (columns, clustered_on) = (Vec::new(), None);
            MaterializedView {
                columns,
                query,
                options,
                access_method,
                tablespace,
                clustered_on,
                is_populated,
            }
            .into()
        }
        _ => Table {
            unlogged: persistence == "u",
            partition_by,
            access_method,
            tablespace,
            options,
            row_security,
            force_row_security,
            replica_identity: match identity {
                "f" => ReplicaIdentity::Full,
                "n" if kind != "f" => ReplicaIdentity::Nothing,
                _ => ReplicaIdentity::Default,
            },
            ..Table::default()
        }
        .into(),
    };
    // of another session
    if persistence != "t" {
        let common = builder.common(owner, grants);
        builder.add(code::RELATION, oid, id, common, definition);
    }
}

pub fn inheritance(builder: &mut Builder, row: &mut Row<'_>) {
    let (child, parent) = (row.number(), row.number());
    builder.parents.entry(child).or_default().push(parent);
}

pub fn foreign_table(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, server, options) = (row.number(), row.text().into(), row.list());
    let options = builder.options(&options);
    if let Some(table) = builder.table_mut(oid) {
        table.foreign = Some((server, options));
    }
}

pub fn not_null(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, relation, number) = (row.number(), row.number(), row.number());
    let known_as = builder.name(row.text());
    let (no_inherit, not_valid, is_inherited) = (row.is(), !row.is(), Unjudged(row.is()));
    let comment = builder.comments.get(&(code::CONSTRAINT, oid, 0)).cloned();
    let not_null =
        NotNull { name: None, no_inherit, not_valid, is_inherited, known_as: Unjudged(known_as), comment };
    builder.not_nulls.insert((relation, number), not_null);
}

pub fn column(builder: &mut Builder, row: &mut Row<'_>) {
    let (relation, number): (Oid, i32) = (row.number(), row.number());
    let (name, data_type) = (builder.name(row.text()), builder.name(row.text()));
    let collation = builder.maybe(row.opt());
    if let Some(oid) = row.maybe_number() {
        builder.defaults.insert(oid, (relation, number));
    }
    let default = builder.maybe(row.opt());
    let generated = match row.text() {
        "s" => Generated::Stored,
        "v" => Generated::Virtual,
        _ => Generated::No,
    };
    let is_not_null = row.is();
    let identity = builder::identity(row.text(), &data_type);
    let storage = row.opt().map(storage_word).map(Name::from);
    let compression = row.opt().map(|letter| Name::from(if letter == "l" { "lz4" } else { "pglz" }));
    let statistics = row.maybe_number();
    let (options, foreign_options) = (row.list(), row.list());
    let (options, foreign_options) = (builder.options(&options), builder.options(&foreign_options));
    let grants = row.json::<Vec<String>>().map(|items| Grants::parse(items.iter().map(String::as_str)));
    let is_inherited = Unjudged(row.is());
    let not_null = not_null_of(builder, relation, number, &name, is_not_null);
    let comment = builder.comments.get(&(code::RELATION, relation, number)).cloned();
    let column = Column {
        name,
        data_type,
        collation,
        default,
        generated,
        not_null,
        identity,
        storage,
        compression,
        statistics,
        options,
        foreign_options,
        comment,
        grants: Unjudged(grants),
        is_inherited,
    };
    builder.add_column(relation, number, column);
}

/// The NOT NULL of a column, with its name when that is not the usual one.
fn not_null_of(builder: &mut Builder, relation: Oid, number: i32, column: &str, is: bool) -> Option<NotNull> {
    let Some(mut not_null) = builder.not_nulls.remove(&(relation, number)) else {
        return is.then(NotNull::default);
    };
    let table = builder.id(code::RELATION, relation)?;
    let usual = types::made_name(&table.name, column, "not_null");
    if *not_null.known_as.0 != *usual {
        not_null.name = Some(not_null.known_as.0.clone());
    }
    Some(not_null)
}

fn storage_word(letter: &str) -> &'static str {
    match letter {
        "p" => "PLAIN",
        "e" => "EXTERNAL",
        "m" => "MAIN",
        _ => "EXTENDED",
    }
}

pub fn sequence(builder: &mut Builder, row: &mut Row<'_>) {
    let head = builder.head(code::RELATION, Kind::Sequence, row);
    let Some((oid, id, owner)) = head else { return };
    let (grants, persistence) = (row.json(), row.text());
    let data_type = builder.name(row.text());
    let (start, increment, min, max, cache) =
        (row.number(), row.number(), row.number(), row.number(), row.number());
    let cycle = row.is();
    let unlogged = persistence == "u";
    let sequence = Sequence { data_type, start, increment, min, max, cache, cycle, unlogged, owned_by: None };
    match (row.text(), row.number(), row.number()) {
        // an identity's: a part of its column
        ("i", table, number) => {
            builder.identities.push((table, number, id.name, Sequence { unlogged: false, ..sequence }))
        }
        (kind, table, number) => {
            let common = builder.common(owner, grants);
            builder.add(code::RELATION, oid, id, common, sequence);
            if kind == "a" {
                builder.owned.push((oid, table, number));
            }
        }
    }
}

pub fn constraint(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, name, relation): (Oid, _, Oid) = (row.number(), builder.name(row.text()), row.number());
    let kind = match row.text() {
        "p" => ConstraintKind::PrimaryKey,
        "u" => ConstraintKind::Unique,
        "x" => ConstraintKind::Exclusion,
        "f" => ConstraintKind::ForeignKey,
        _ => ConstraintKind::Check,
    };
    let definition = plain_definition(row.text());
    let (deferrable, deferred, valid, enforced) = (row.is(), row.is(), row.is(), row.is());
    let (is_inherited, refers_to, carrier) = (Unjudged(row.is()), row.number::<Oid>(), row.number::<Oid>());
    let (columns, referred) = (row.numbers::<i32>(), row.numbers::<i32>());
    let (on_partitioned, options, tablespace) = (Unjudged(row.is()), row.list(), row.opt().map(Name::from));
    // only that of an exclusion is not at the end of its definition
    let predicate = row.opt().map(|condition| format!("({condition})"));
    let definition = if kind == ConstraintKind::Exclusion {
        without_tail(&definition, &options, None, predicate.as_deref())
    } else {
        definition
    };
    let Some(table) = builder.id(code::RELATION, relation) else { return };
    let options = builder.options(&options);
    let mut constraint = Constraint {
        kind,
        definition: builder.name(&definition),
        timing: match (deferrable, deferred) {
            (_, true) => Timing::Deferred,
            (true, false) => Timing::Deferrable,
            (false, false) => Timing::Immediate,
        },
        not_valid: !valid && enforced,
        not_enforced: !enforced,
        options,
        tablespace,
        predicate: builder.maybe(predicate.as_deref()),
        index_comment: builder
            .comments
            .get(&(code::RELATION, carrier, 0))
            .cloned()
            .filter(|_| kind.has_index()),
        references: builder.id(code::RELATION, refers_to),
        part_of: None,
        is_inherited,
        on_partitioned,
        table: Unjudged(Some(table.clone())),
    };
    // a partition's key is an object of its own, which is attached to its parent's
    constraint.is_inherited.0 &= !kind.has_index();
    let id = Id::detailed(Kind::Constraint, table.namespace, table.name, name);
    builder.uses.extend(columns.iter().map(|number| ((code::CONSTRAINT, oid), relation, *number)));
    builder.uses.extend(referred.iter().map(|number| ((code::CONSTRAINT, oid), refers_to, *number)));
    if kind == ConstraintKind::ForeignKey {
        builder.needs.push((code::CONSTRAINT, oid, 0, code::RELATION, carrier, 0));
        builder.needs.push((code::CONSTRAINT, oid, 0, code::RELATION, refers_to, 0));
    }
    builder.add(code::CONSTRAINT, oid, id, Common::default(), constraint);
}

/// A definition without what has fields of its own.
fn plain_definition(text: &str) -> String {
    let mut rest = text;
    loop {
        let tails = [" NOT VALID", " NOT ENFORCED", " INITIALLY DEFERRED", " DEFERRABLE"];
        match tails.iter().find_map(|tail| rest.strip_suffix(tail)) {
            Some(shorter) => rest = shorter,
            None => return rest.to_owned(),
        }
    }
}

pub fn index(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, name, _namespace, relation): (Oid, _, Oid, Oid) =
        (row.number(), builder.name(row.text()), row.number(), row.number());
    let (unique, valid, identifies, clustered) = (row.is(), row.is(), row.is(), row.is());
    let constraint: Option<Oid> = row.maybe_number();
    let (definition, predicate) = (row.text(), row.opt());
    let (options, tablespace) = (row.list(), row.opt());
    let (columns, on_partitioned) = (row.numbers::<i32>(), row.is());
    let statistics = row.json::<Vec<(i32, i32)>>().unwrap_or_default();
    let Some(table) = builder.id(code::RELATION, relation) else { return };
    match builder.get_mut(code::RELATION, relation).map(|object| &mut object.definition) {
        Some(Definition::Table(table)) => {
            if identifies {
                table.replica_identity = ReplicaIdentity::Index(name.clone());
            }
            if clustered {
                table.clustered_on = Some(name.clone());
            }
        }
        Some(Definition::MaterializedView(view)) if clustered => view.clustered_on = Some(name.clone()),
        _ => {}
    }
    if let Some(constraint) = constraint {
        // whoever needs the index needs the constraint
        if let Some(slot) = builder.slots.get(&(code::CONSTRAINT, constraint)).copied() {
            builder.slots.insert((code::RELATION, oid), slot);
        }
        // those that it only includes, too
        builder.uses.extend(
            columns.iter().filter(|n| **n > 0).map(|n| ((code::CONSTRAINT, constraint), relation, *n)),
        );
        return;
    }
    let index = Index {
        definition: index_definition(definition, &table, &options, tablespace, predicate).into(),
        unique,
        predicate: builder.maybe(predicate),
        options: builder.options(&options),
        tablespace: builder.maybe(tablespace),
        // one of a partitioned table is invalid until the partitions have theirs
        invalid: !valid && !on_partitioned,
        part_of: None,
        statistics,
        on_partitioned: Unjudged(on_partitioned),
        table: table.clone(),
    };
    builder.uses.extend(columns.iter().filter(|n| **n > 0).map(|n| ((code::RELATION, oid), relation, *n)));
    let id = Id::of(Kind::Index, table.namespace, name);
    builder.add(code::RELATION, oid, id, Common::default(), index);
}

/// What follows the table in `pg_get_indexdef`, without what has fields of its own.
fn index_definition(
    definition: &str,
    table: &Id,
    options: &[String],
    tablespace: Option<&str>,
    predicate: Option<&str>,
) -> String {
    // a name may have the word in it
    let table = format!(" {} ", table.path());
    let after = definition.find(&table).map_or(0, |at| at + table.len() - 1);
    let start = definition[after..].find(" USING ").map_or(0, |at| after + at + 1);
    without_tail(&definition[start..], options, tablespace, predicate)
}

/// An index's columns, without what is said behind them.
fn without_tail(
    definition: &str,
    options: &[String],
    tablespace: Option<&str>,
    predicate: Option<&str>,
) -> String {
    let mut text = definition.to_owned();
    if let Some(predicate) = predicate {
        let tail = format!(" WHERE {predicate}");
        text = text.strip_suffix(&tail).map_or(text.clone(), str::to_owned);
    }
    if tablespace.is_some()
        && let Some(at) = text.rfind(" TABLESPACE ")
    {
        text.truncate(at);
    }
    if !options.is_empty()
        && let Some(at) = text.rfind(" WITH (")
    {
        text.truncate(at);
    }
    text
}

pub fn statistics(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, id, owner)) = builder.head(code::STATISTICS, Kind::Statistics, row) else { return };
    let (definition, target, relation) = (row.text().into(), row.maybe_number(), row.number());
    let Some(table) = builder.id(code::RELATION, relation) else { return };
    let common = builder.common(owner, None);
    builder.add(code::STATISTICS, oid, id, common, Statistics { definition, target, table });
}

/// A thing that is named within a table: its oid, its id with the table's, and the table's oid.
fn on_table(builder: &mut Builder, kind: Kind, row: &mut Row<'_>) -> (Oid, Option<(Id, Id)>, Oid) {
    let (oid, name, relation) = (row.number(), builder.name(row.text()), row.number());
    let table = builder.id(code::RELATION, relation);
    let ids = table.map(|table| {
        let id = Id::detailed(kind, table.namespace.clone(), table.name.clone(), name);
        (id, table)
    });
    (oid, ids, relation)
}

pub fn rule(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, ids, relation) = on_table(builder, Kind::Rule, row);
    let Some((id, table)) = ids else { return };
    let Some(definition) = row.opt() else {
        // what the rule needs, the view needs
        if let Some(slot) = builder.slots.get(&(code::RELATION, relation)).copied() {
            builder.slots.insert((code::RULE, oid), slot);
        }
        return;
    };
    let definition = definition.trim_end_matches(';').into();
    let rule = Rule { definition, firing: Firing::from_letter(row.text()), table: Unjudged(Some(table)) };
    builder.add(code::RULE, oid, id, Common::default(), rule);
}

pub fn trigger(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, ids, relation) = on_table(builder, Kind::Trigger, row);
    let Some((id, table)) = ids else { return };
    let (definition, firing, is_constraint) = (row.text().into(), Firing::from_letter(row.text()), row.is());
    if row.opt().is_some() {
        // a copy of the parent's, which fires otherwise here
        let state = (id.detail, Name::from(firing.words()));
        if let Some(it) = builder.table_mut(relation) {
            it.trigger_states.push(state);
        }
        return;
    }
    let is_constraint = Unjudged(is_constraint);
    let trigger = Trigger { definition, firing, is_constraint, table: Unjudged(Some(table)) };
    builder.add(code::TRIGGER, oid, id, Common::default(), trigger);
}

pub fn policy(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, ids, _) = on_table(builder, Kind::Policy, row);
    let Some((id, table)) = ids else { return };
    let (command, permissive) = (row.text().into(), row.is());
    let roles = row.numbers::<Oid>();
    let mut roles: Vec<Name> =
        roles.iter().map(|oid| builder.roles.get(oid).cloned().unwrap_or_else(|| "".into())).collect();
    roles.sort();
    let (using, check) = (row.opt().map(Name::from), row.opt().map(Name::from));
    let policy = Policy { command, permissive, roles, using, check, table: Unjudged(Some(table)) };
    builder.add(code::POLICY, oid, id, Common::default(), policy);
}
