//! What stands on the old columns, and the same for their successors.

use super::{Carried, Pair, Sides, Twin, TwinIndex, TwinNotNull, TwinRule};
use crate::catalog::Id;
use crate::object::Definition;
use crate::object::column::{Generated, Identity};
use crate::object::common::{Unjudged, options_list};
use crate::object::constraint::{Constraint, ConstraintKind};
use crate::object::index::Index;
use crate::object::table::{ReplicaIdentity, Table};
use crate::object::types::made_name;
use crate::rollout::recipe::names::Names;
use crate::rollout::recipe::not_null::Steps;
use crate::rollout::recipe::online::{NewConstraint, NewIndex, is_partitioned};
use crate::rollout::recipe::{Refusal, Target, dependents, shape, within};
use cutover_sql::ident::quote_ident;

type Map = Vec<(String, String)>;

/// A successor that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The old column.
    pub old: String,
    /// The name of the successor until it takes over.
    pub new: String,
    /// Its type.
    pub data_type: String,
    /// As [`Pair::forward`].
    pub forward: String,
    /// As [`Pair::backward`].
    pub backward: String,
}

impl<'a> Twin<'a> {
    /// Looks at all that stands on the columns.
    ///
    /// # Errors
    /// When something stands there that cannot be made anew while the table is in use.
    pub fn scan(
        target: Target<'a>,
        names: &mut Names,
        id: &'a Id,
        table: &'a Table,
        rollout: &str,
        wanted: &[Wanted],
        successors: &[(Id, Vec<(String, String)>)],
    ) -> Result<Self, Refusal> {
        shape::own(&target, id, table)?;
        let mut pairs = Vec::new();
        for it in wanted {
            pairs.push(pair(&target, id, table, it)?);
        }
        let mut twin = Self { pairs, ..Self::bare(target, id, table, rollout) };
        twin.indexes(names)?;
        twin.constraints(names, successors)?;
        if successors.is_empty() {
            twin.nobody_refers()?;
        }
        twin.not_nulls(names);
        twin.fixed()?;
        Ok(twin)
    }

    /// A table without pairs: for what is said of columns alone.
    pub fn bare(target: Target<'a>, id: &'a Id, table: &'a Table, rollout: &str) -> Self {
        Self {
            target,
            id,
            table,
            rollout: rollout.to_owned(),
            pairs: Vec::new(),
            indexes: Vec::new(),
            primary: None,
            rules: Vec::new(),
            not_nulls: Vec::new(),
            referring: Vec::new(),
        }
    }

    /// The names of the indexes and constraints that stand on a column.
    ///
    /// # Errors
    /// As [`Twin::scan`].
    pub fn standing(
        target: Target<'a>,
        names: &mut Names,
        id: &'a Id,
        table: &'a Table,
        pair: Pair,
    ) -> Result<Vec<String>, Refusal> {
        let mut twin = Self { pairs: vec![pair], ..Self::bare(target, id, table, "") };
        twin.indexes(names)?;
        twin.constraints(names, &[])?;
        twin.nobody_refers()?;
        let indexes =
            twin.indexes.iter().chain(&twin.primary).map(|it| format!("the index {}", it.index.old.name));
        let rules = twin.rules.iter().map(|it| format!("the constraint {}", it.rule.old.name));
        Ok(indexes.chain(rules).collect())
    }

    /// The names of the columns at each time.
    pub fn maps(&self) -> Sides<Map> {
        let map = |to: &dyn Fn(&Pair) -> String| {
            self.pairs.iter().map(|pair| (pair.old.name.to_string(), to(pair))).collect()
        };
        Sides {
            old: Vec::new(),
            new: map(&|pair| pair.new.name.to_string()),
            aside: map(&|pair| pair.aside.clone()),
        }
    }

    fn indexes(&mut self, names: &mut Names) -> Result<(), Refusal> {
        let maps = self.maps();
        for (id, index) in self.target.indexes(self.id).filter(|(_, it)| it.part_of.is_none()) {
            let predicate = |map: &Map| match &index.predicate {
                Some(text) => within::expression(text, map).map(Some),
                None => Some(None),
            };
            let tail = |map: &Map| {
                let definition = within::lists(&index.definition, &[map])?;
                Some(tail(index, &definition, predicate(map)?.as_deref()))
            };
            let unreadable =
                || Refusal::new(format!("the definition of the index {} cannot be read", id.path()));
            let (old, new, aside) = (
                tail(&maps.old).ok_or_else(unreadable)?,
                tail(&maps.new).ok_or_else(unreadable)?,
                tail(&maps.aside).ok_or_else(unreadable)?,
            );
            if old == new {
                continue;
            }
            if self.table.clustered_on.as_ref() == Some(&id.name) {
                return Err(Refusal::new(format!("{} is clustered on {}", self.id.path(), id.name))
                    .help("ALTER TABLE ... SET WITHOUT CLUSTER first"));
            }
            self.replicated_by(&id.name)?;
            let parts = parts_of(&self.target, self.id, id);
            let named = |names: &mut Names, after: &str, tail: String| NewIndex {
                table: self.id.clone(),
                name: names.relation(self.id, &id.name, after),
                unique: index.unique,
                tail,
                parts: parts
                    .iter()
                    .map(|(part, name)| (part.clone(), names.relation(part, name, after)))
                    .collect(),
            };
            let index = Sides {
                new: named(names, "_new", new),
                aside: named(names, "_old", aside),
                old: NewIndex {
                    table: self.id.clone(),
                    name: id.name.to_string(),
                    unique: index.unique,
                    tail: old,
                    parts: parts.clone(),
                },
            };
            let comment = self.target.catalog.get(id).and_then(|o| o.common.comment.clone());
            self.indexes.push(TwinIndex { index, comment: comment.map(|c| c.to_string()), constraint: None });
        }
        Ok(())
    }

    fn constraints(&mut self, names: &mut Names, successors: &[(Id, Map)]) -> Result<(), Refusal> {
        let maps = self.maps();
        let none = Map::new();
        let own: Vec<_> = self.target.constraints(self.id).filter(|(_, it)| it.part_of.is_none()).collect();
        for (id, it) in own {
            let beyond = it.references.as_ref().and_then(|to| successors.iter().find(|(of, _)| of == to));
            let texts = |map: &Map, new: bool| match it.kind {
                ConstraintKind::Check => {
                    let inside = dependents::check(&it.definition);
                    Some(it.definition.replacen(inside, &within::expression(inside, map)?, 1))
                }
                ConstraintKind::ForeignKey => {
                    // a table that refers to itself has its own columns in both lists
                    let to: &Map = match beyond {
                        _ if it.references.as_ref() == Some(self.id) => map,
                        Some((_, map)) if new => map,
                        _ => &none,
                    };
                    within::lists(&it.definition, &[map, to, map])
                }
                ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => {
                    within::lists(&it.definition, &[map])
                }
            };
            let unreadable = || Refusal::new(format!("the definition of {} cannot be read", id.detail));
            let (new, aside) = (
                texts(&maps.new, true).ok_or_else(unreadable)?,
                texts(&maps.aside, false).ok_or_else(unreadable)?,
            );
            if new == *it.definition {
                continue;
            }
            let comment = self.target.catalog.get(id).and_then(|o| o.common.comment.as_ref());
            let comment = comment.map(|c| c.to_string());
            match it.kind {
                ConstraintKind::Exclusion => {
                    return Err(Refusal::new(format!(
                        "the exclusion constraint {} cannot be built while the table is in use",
                        id.detail
                    ))
                    .help("write the revisions by hand, for a time without writers"));
                }
                ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
                    self.key(names, id, it, [&it.definition, &new, &aside], comment)?;
                }
                ConstraintKind::Check | ConstraintKind::ForeignKey => {
                    self.rule(names, id, it, [&it.definition, &new, &aside], comment, beyond.is_some());
                }
            }
        }
        Ok(())
    }

    fn key(
        &mut self,
        names: &mut Names,
        id: &Id,
        it: &Constraint,
        texts: [&str; 3],
        comment: Option<String>,
    ) -> Result<(), Refusal> {
        if is_partitioned(&self.target, self.id) {
            return Err(Refusal::new(format!(
                "the key {} is one of a partitioned table, which cannot be exchanged in one step",
                id.detail
            ))
            .help("make a new partitioned table beside it, with the recipe partition-table"));
        }
        if self.table.clustered_on.as_ref() == Some(&id.detail) {
            return Err(Refusal::new(format!("{} is clustered on {}", self.id.path(), id.detail))
                .help("ALTER TABLE ... SET WITHOUT CLUSTER first"));
        }
        self.replicated_by(&id.detail)?;
        let index = |name: String, text: &str| {
            let rest = text.strip_prefix("PRIMARY KEY ").or(text.strip_prefix("UNIQUE ")).unwrap_or(text);
            let (nulls, rest) = match rest.strip_prefix("NULLS NOT DISTINCT ") {
                Some(rest) => (" NULLS NOT DISTINCT", rest),
                None => ("", rest),
            };
            // NULLS NOT DISTINCT stands behind the columns and INCLUDE of an index
            let options = if it.options.is_empty() {
                String::new()
            } else {
                format!(" WITH ({})", options_list(&it.options))
            };
            let space =
                it.tablespace.as_ref().map(|t| format!(" TABLESPACE {}", quote_ident(t))).unwrap_or_default();
            NewIndex {
                table: self.id.clone(),
                name,
                unique: true,
                tail: format!("{rest}{nulls}{options}{space}"),
                parts: Vec::new(),
            }
        };
        let index = Sides {
            new: index(names.relation(self.id, &id.detail, "_new"), texts[1]),
            aside: index(names.relation(self.id, &id.detail, "_old"), texts[2]),
            old: index(id.detail.to_string(), texts[0]),
        };
        let word = if it.kind == ConstraintKind::PrimaryKey { "PRIMARY KEY" } else { "UNIQUE" };
        let constraint = Some(Carried { word, timing: it.timing.clause() });
        let twin = TwinIndex { index, comment, constraint };
        if it.kind == ConstraintKind::PrimaryKey {
            self.primary = Some(twin);
        } else {
            self.indexes.push(twin);
        }
        Ok(())
    }

    fn rule(
        &mut self,
        names: &mut Names,
        id: &Id,
        it: &Constraint,
        texts: [&str; 3],
        comment: Option<String>,
        beyond: bool,
    ) {
        let within = beyond && it.kind == ConstraintKind::ForeignKey;
        let make = |name: String, text: &str| {
            let text = format!("{text}{}", it.timing.clause());
            if it.kind == ConstraintKind::Check {
                NewConstraint::check(self.id, &name, text)
            } else {
                NewConstraint::foreign_key(&self.target, self.id, &name, text)
            }
        };
        let rule = Sides {
            new: make(names.constraint(self.id, &id.detail, "_new"), texts[1]),
            aside: make(names.constraint(self.id, &id.detail, "_old"), texts[2]),
            old: make(id.detail.to_string(), texts[0]),
        };
        self.rules.push(TwinRule { rule, comment, recurses: it.kind == ConstraintKind::Check, within });
    }

    fn nobody_refers(&self) -> Result<(), Refusal> {
        let map = self.maps().new;
        for (other, it) in
            self.target.referring(self.id).filter(|(_, it)| it.table.0.as_ref() != Some(self.id))
        {
            if within::lists(&it.definition, &[&[], &map, &[]]).is_none_or(|new| new != *it.definition) {
                return Err(Refusal::new(format!(
                    "the foreign key {} of {} refers to it",
                    other.detail,
                    other.path()
                ))
                .help("drop that foreign key first and add it again at the end (recipe add-foreign-key); a key that becomes bigint has a recipe of its own, int-to-bigint"));
            }
        }
        Ok(())
    }

    fn not_nulls(&mut self, names: &mut Names) {
        for pair in self.pairs.clone() {
            let Some(not_null) = pair.old.not_null.as_ref().filter(|n| !n.not_valid) else { continue };
            let known_as = (self.target.major >= 18).then(|| not_null.known_as.0.to_string());
            let mut plan =
                |column: &str, name: Option<&str>| Steps::plan(&self.target, names, self.id, column, name);
            let (new, aside) = (plan(&pair.new.name, None), plan(&pair.aside, None));
            let old = plan(&pair.old.name, known_as.as_deref());
            self.not_nulls.push(TwinNotNull { known_as, new, aside, old });
        }
    }

    /// Refuses what cannot be given to a successor.
    fn fixed(&self) -> Result<(), Refusal> {
        for pair in &self.pairs {
            if pair.old.generated != Generated::No {
                return Err(Refusal::new(format!("{} is generated", shape::named(self.id, &pair.old.name))));
            }
        }
        Ok(())
    }

    fn replicated_by(&self, index: &str) -> Result<(), Refusal> {
        if matches!(&self.table.replica_identity, ReplicaIdentity::Index(name) if **name == *index) {
            return Err(Refusal::new(format!("{index} is the replica identity of {}", self.id.path()))
                .help("choose another one first: ALTER TABLE ... REPLICA IDENTITY"));
        }
        Ok(())
    }
}

fn pair(target: &Target<'_>, id: &Id, table: &Table, wanted: &Wanted) -> Result<Pair, Refusal> {
    let old = table
        .column(&wanted.old)
        .ok_or_else(|| Refusal::new(format!("there is no column {}", wanted.old)))?;
    shape::replaceable(target, id, table, old)?;
    dependents::none(target, id, &old.name)?;
    let mut new = old.clone();
    new.name = wanted.new.as_str().into();
    let retyped = *old.data_type != *wanted.data_type;
    new.data_type = wanted.data_type.as_str().into();
    if retyped {
        (new.collation, new.storage, new.compression) = (None, None, None);
    }
    new.default = None;
    new.identity = None::<Identity>;
    new.not_null = None;
    new.is_inherited = Unjudged(false);
    let mut aside = made_name("", &old.name, "old").trim_start_matches('_').to_owned();
    while table.column(&aside).is_some() {
        aside.insert(0, '_');
    }
    Ok(Pair {
        old: old.clone(),
        new,
        aside,
        forward: wanted.forward.clone(),
        backward: wanted.backward.clone(),
    })
}

/// The indexes of partitions that are parts of one, with their tables.
fn parts_of(target: &Target<'_>, table: &Id, index: &Id) -> Vec<(Id, String)> {
    let is_below = |it: &Index| {
        let mut above = it.part_of.clone();
        while let Some(id) = above {
            if id == *index {
                return true;
            }
            above = match target.catalog.definition(&id) {
                Some(Definition::Index(it)) => it.part_of.clone(),
                _ => None,
            };
        }
        false
    };
    shape::partitions(target, table)
        .into_iter()
        .filter_map(|(part, _)| {
            let (own, _) = target.indexes(part).find(|(_, it)| is_below(it))?;
            Some((part.clone(), own.name.to_string()))
        })
        .collect()
}

fn tail(index: &Index, definition: &str, predicate: Option<&str>) -> String {
    let mut tail = definition.to_owned();
    if !index.options.is_empty() {
        tail += &format!(" WITH ({})", options_list(&index.options));
    }
    if let Some(tablespace) = &index.tablespace {
        tail += &format!(" TABLESPACE {}", quote_ident(tablespace));
    }
    if let Some(predicate) = predicate {
        tail += &format!(" WHERE {predicate}");
    }
    tail
}
