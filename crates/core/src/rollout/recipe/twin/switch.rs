//! The successor takes over: names, keys, defaults, identities, sequences, each in one transaction of changes to the catalog.

use cutover_sql::ident::{qualified, quote_ident, quote_literal};

use super::{Pair, Side, Twin, TwinIndex};
use crate::catalog::Id;
use crate::object::Definition;
use crate::object::column::Identity;
use crate::object::sequence::Sequence;
use crate::rollout::recipe::online::NewIndex;
use crate::rollout::recipe::shape;

impl Twin<'_> {
    fn alter(&self, tail: &str) -> String {
        format!("ALTER TABLE {} {tail}", self.id.path())
    }

    fn column(&self, name: &str, tail: &str) -> String {
        self.alter(&format!("ALTER COLUMN {} {tail}", quote_ident(name)))
    }

    /// Everything that stands on one side gets the names of the other. SHARE UPDATE EXCLUSIVE for an index, ACCESS EXCLUSIVE for a
    /// constraint, for a change of the catalog.
    pub fn rename(&self, from: Side, to: Side) -> Vec<String> {
        let mut statements = Vec::new();
        for it in &self.indexes {
            let (from, to) = (it.index.at(from), it.index.at(to));
            if it.constraint.is_some() {
                statements.push(self.rename_constraint(self.id, &from.name, &to.name));
            } else {
                statements.extend(rename_index(from, to));
            }
        }
        for it in &self.rules {
            // that of the old columns is gone while they are exchanged, and one to the same table is made anew then
            let gone = from == Side::Aside || to == Side::Aside;
            let own = it.rule.old.definition.contains(&format!("REFERENCES {}(", self.id.path()));
            if it.within && (gone || own && (from, to) == (Side::Old, Side::New)) {
                continue;
            }
            let (from, to) = (&it.rule.at(from).name, &it.rule.at(to).name);
            statements.push(self.rename_constraint(self.id, from, to));
            if !it.recurses {
                let parts = shape::partitions(&self.target, self.id);
                statements.extend(parts.iter().map(|(part, _)| self.rename_constraint(part, from, to)));
            }
        }
        statements
    }

    /// From 18 on NOT NULL has a name.
    pub fn rename_not_nulls(&self, from: Side, to: Side) -> Vec<String> {
        let names = self.not_nulls.iter().filter_map(|it| {
            let known_as = it.known_as.as_ref()?;
            let name = |side: Side| match side {
                Side::Old => known_as.clone(),
                Side::New => it.new.constraint.name.clone(),
                Side::Aside => it.aside.constraint.name.clone(),
            };
            Some((name(from), name(to)))
        });
        names.map(|(from, to)| self.rename_constraint(self.id, &from, &to)).collect()
    }

    fn rename_constraint(&self, table: &Id, from: &str, to: &str) -> String {
        format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", table.path(), quote_ident(from), quote_ident(to))
    }

    /// The primary key goes; its index goes with it.
    pub fn drop_primary(&self) -> Vec<String> {
        let drop =
            |it: &TwinIndex| self.alter(&format!("DROP CONSTRAINT {}", quote_ident(&it.index.old.name)));
        self.primary.iter().map(drop).collect()
    }

    /// The primary key is the index of that side, which gets its name: a change of the catalog, for all columns are NOT NULL.
    pub fn add_primary(&self, side: Side) -> Vec<String> {
        let Some(it) = &self.primary else { return Vec::new() };
        let (name, index) = (&it.index.old.name, &it.index.at(side).name);
        let mut statements: Vec<String> =
            it.constraint.iter().map(|carried| self.carry(name, index, *carried)).collect();
        if let Some(comment) = &it.comment {
            statements.push(format!(
                "COMMENT ON CONSTRAINT {} ON {} IS {}",
                quote_ident(name),
                self.id.path(),
                quote_literal(comment)
            ));
        }
        statements
    }

    /// Default, identity and sequence of the old column go to its successor, or back; `from` and `to` are the names that the
    /// columns have now. What an identity has counted is carried over.
    /// With `stays` the one that they are taken from is there afterwards.
    pub fn move_values(
        &self,
        names: impl Fn(&Pair) -> (String, String),
        forward: bool,
        stays: bool,
    ) -> Vec<String> {
        let mut statements = Vec::new();
        for pair in &self.pairs {
            let (from, to) = names(pair);
            let kind = if forward { &pair.new.data_type } else { &pair.old.data_type };
            if let Some(default) = &pair.old.default {
                statements.push(self.column(&to, &format!("SET DEFAULT {default}")));
                if stays {
                    statements.push(self.column(&from, "DROP DEFAULT"));
                }
            }
            for (sequence, it) in self.owned(&pair.old.name) {
                let grown = ["smallint", "integer"].contains(&&*it.data_type) && **kind == *"bigint";
                let back = !forward && *pair.new.data_type == *"bigint" && *it.data_type != *"bigint";
                if (forward && grown) || back {
                    let kind = if forward { "bigint" } else { &it.data_type };
                    statements.push(format!("ALTER SEQUENCE {} AS {kind}", sequence.path()));
                }
                statements.push(format!(
                    "ALTER SEQUENCE {} OWNED BY {}.{}",
                    sequence.path(),
                    self.id.path(),
                    quote_ident(&to)
                ));
            }
            if let Some(identity) = &pair.old.identity {
                statements.extend(self.move_identity(pair, identity, &from, &to, forward));
            }
        }
        statements
    }

    /// An identity cannot change its column: it goes and comes, and its value is kept in settings of the transaction.
    fn move_identity(
        &self,
        pair: &Pair,
        identity: &Identity,
        from: &str,
        to: &str,
        forward: bool,
    ) -> Vec<String> {
        let name = identity.name(self.id, &pair.old.name);
        let path = qualified(&[&*self.id.namespace, &*name]);
        let kind = if forward { &pair.new.data_type } else { &pair.old.data_type };
        let mut sequence = Sequence { data_type: kind.clone(), ..identity.sequence.clone() };
        sequence = sequence.retyped(&identity.sequence);
        let mut options = sequence.differing_options(kind);
        options.insert(0, format!("SEQUENCE NAME {path}"));
        let always = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
        vec![
            format!(
                "SELECT set_config('cutover.last', last_value::text, true), set_config('cutover.called', is_called::text, true) FROM {path}"
            ),
            self.column(from, "DROP IDENTITY"),
            self.column(to, &format!("ADD GENERATED {always} AS IDENTITY ({})", options.join(" "))),
            format!(
                "SELECT setval({}, current_setting('cutover.last')::bigint, current_setting('cutover.called')::boolean)",
                quote_literal(&path)
            ),
        ]
    }

    /// The sequences that go along with a column.
    fn owned(&self, column: &str) -> Vec<(&Id, &Sequence)> {
        let objects = self.target.catalog.objects().iter();
        objects
            .filter_map(|object| match &object.definition {
                Definition::Sequence(it) => {
                    let (table, name) = it.owned_by.as_ref()?;
                    (table == self.id && **name == *column).then_some((&object.id, &**it))
                }
                _ => None,
            })
            .collect()
    }

    /// The old columns are set aside, and their successors take their names, with all that stands on both.
    pub fn swap(&self) -> Vec<String> {
        let mut statements = self.drop_primary();
        for pair in &self.pairs {
            statements.push(self.rename_column(&pair.old.name, &pair.aside));
            statements.push(self.rename_column(&pair.new.name, &pair.old.name));
            if pair.old.not_null.is_some() && pair.old.identity.is_none() {
                statements.push(self.column(&pair.aside, "DROP NOT NULL"));
            }
        }
        statements.extend(self.move_values(
            |pair| (pair.aside.clone(), pair.old.name.to_string()),
            true,
            true,
        ));
        for pair in self.pairs.iter().filter(|pair| pair.old.identity.is_some()) {
            // an identity is NOT NULL for as long as it is one
            statements.push(self.column(&pair.aside, "DROP NOT NULL"));
        }
        statements.extend(self.rename(Side::Old, Side::Aside));
        statements.extend(self.rename(Side::New, Side::Old));
        statements.extend(self.rename_not_nulls(Side::New, Side::Old));
        statements.extend(self.add_primary(Side::New));
        statements
    }

    /// The foreign keys to it, which hang on the key that is exchanged, are made anew around this; new and changed rows keep to
    /// them without a gap. Gives the statements before, those after, and those that validate, each a step.
    pub fn referring_again(&self) -> (Vec<String>, Vec<String>, Vec<String>) {
        let each = |sql: fn(&super::Referring) -> String| self.referring.iter().map(sql).collect();
        if self.primary.is_none() {
            return (Vec::new(), Vec::new(), Vec::new());
        }
        (
            each(|it| format!("ALTER TABLE {} DROP CONSTRAINT {}", it.from.path(), quote_ident(&it.now))),
            each(|it| {
                let (table, name) = (it.from.path(), quote_ident(&it.back));
                format!("ALTER TABLE {table} ADD CONSTRAINT {name} {} NOT VALID", it.definition)
            }),
            each(|it| {
                format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", it.from.path(), quote_ident(&it.back))
            }),
        )
    }

    /// Undoes [`Twin::swap`]; the indexes of the primary key, of both sides, and NOT NULL of what was set aside are there again.
    pub fn swap_back(&self) -> Vec<String> {
        let mut statements = self.drop_primary();
        for pair in &self.pairs {
            statements.push(self.rename_column(&pair.old.name, &pair.new.name));
            statements.push(self.rename_column(&pair.aside, &pair.old.name));
        }
        statements.extend(self.move_values(
            |pair| (pair.new.name.to_string(), pair.old.name.to_string()),
            false,
            true,
        ));
        statements.extend(self.rename(Side::Old, Side::New));
        statements.extend(self.rename(Side::Aside, Side::Old));
        statements.extend(self.rename_not_nulls(Side::Old, Side::New));
        statements.extend(self.rename_not_nulls(Side::Aside, Side::Old));
        statements.extend(self.add_primary(Side::Aside));
        statements
    }

    fn rename_column(&self, from: &str, to: &str) -> String {
        self.alter(&format!("RENAME COLUMN {} TO {}", quote_ident(from), quote_ident(to)))
    }
}

fn rename_index(from: &NewIndex, to: &NewIndex) -> Vec<String> {
    let one = |path: String, name: &str| format!("ALTER INDEX {path} RENAME TO {}", quote_ident(name));
    let mut statements = vec![one(from.path(), &to.name)];
    for ((part, from), (_, to)) in from.parts.iter().zip(&to.parts) {
        statements.push(one(qualified(&[&*part.namespace, from]), to));
    }
    statements
}
