//! The partitioned table beside the old one: what makes it the same, and the exchange of the two. It knows what is there
//! and writes SQL; the rollout is next door.

use cutover_sql::ident::quote_ident;

use super::keys::{Incoming, Unique, fits, incoming, too_short, uniques};
use super::scheme::{Scheme, name_of};
use crate::catalog::{Id, Kind};
use crate::object::column::Generated;
use crate::object::common;
use crate::object::constraint::ConstraintKind;
use crate::object::index::Index;
use crate::object::table::Table;
use crate::object::types::made_name;
use crate::object::{Definition, Object};
use crate::rollout::draft::Block;
use crate::rollout::dual::{Mirror, Setting, Table as Name};
use crate::rollout::recipe::parts::{beside, rename_table, sql};
use crate::rollout::recipe::read::{self, ForeignKey, created, list, said};
use crate::rollout::recipe::{Given, Refusal, Target};

/// What the table beside the old one is called before the exchange, and the old one after it.
pub const NEXT: &str = "next";
const ASIDE: &str = "old";

/// A table and the partitioned one beside it.
pub struct Copy<'a> {
    target: &'a Target<'a>,
    /// The table.
    pub id: &'a Id,
    table: &'a Table,
    object: &'a Object,
    /// How it is divided.
    pub scheme: Scheme,
    /// Keys and unique indexes with their columns in the partitioned table.
    unique: Vec<Unique<'a>>,
    /// Those of them that are longer there.
    pub extended: Vec<String>,
    indexes: Vec<(&'a Id, &'a Index)>,
    outgoing: Vec<ForeignKey>,
    /// Foreign keys of other tables.
    pub incoming: Vec<Incoming>,
    /// The key that the backfill goes by, as SQL has it.
    pub walk: Vec<String>,
    /// From the old table to the partitioned one.
    pub forth: Mirror,
    /// The other way, after the exchange.
    pub back: Mirror,
    again: Vec<(&'a Id, String)>,
}

impl<'a> Copy<'a> {
    /// Looks at the table.
    ///
    /// # Errors
    /// When it cannot be done, with the reason.
    pub fn plan(
        given: &Given,
        target: &'a Target<'a>,
        rollout: &str,
        id: &'a Id,
        table: &'a Table,
    ) -> Result<Self, Refusal> {
        fits(target, id, table)?;
        let object =
            target.catalog.get(id).ok_or_else(|| Refusal::new(format!("there is no table {}", said(id))))?;
        let scheme = Scheme::read(given, table)?;
        let mut unique = uniques(target, id)?;
        let extended = too_short(&unique, &scheme, given, id)?;
        for it in &mut unique {
            let lacking: Vec<String> =
                scheme.columns.iter().filter(|c| !it.columns.contains(c)).cloned().collect();
            it.columns.extend(lacking);
        }
        let key = target.keys(id, table).into_iter().next().ok_or_else(|| {
            Refusal::new(format!(
                "{} has no key of columns that are NOT NULL: its rows cannot be told apart",
                said(id)
            ))
            .help("give it a primary key first")
        })?;
        let next = Id { name: made_name(&id.name, "", NEXT).into(), ..id.clone() };
        let aside = Id { name: made_name(&id.name, "", ASIDE).into(), ..id.clone() };
        let made: Vec<Id> = scheme
            .parts
            .iter()
            .map(|p| Id { name: made_name(&id.name, "", &p.suffix).into(), ..id.clone() })
            .collect();
        if let Some(taken) =
            [&next, &aside].into_iter().chain(&made).find(|it| target.is_taken(&it.namespace, &it.name))
        {
            return Err(Refusal::new(format!("there is something called {} already", said(taken)))
                .help("a rollout of this table may be under way; rename what is there otherwise"));
        }
        let longer: Vec<String> =
            key.iter().chain(scheme.columns.iter().filter(|c| !key.contains(c))).cloned().collect();
        let mirror = |from: &Id, to: &Id, key: &[String]| Mirror {
            setting: Setting::of(rollout),
            from: Name::new(&*from.namespace, &*from.name),
            to: Name::new(&*to.namespace, &*to.name),
            key: key.to_vec(),
            columns: copied(table).filter(|name| !key.contains(name)).collect(),
        };
        let outgoing: Vec<ForeignKey> = target.foreign_keys(id);
        if let Some(own) = outgoing.iter().find(|key| key.to == *id) {
            return Err(Refusal::new(format!(
                "{} refers to its own table, whose rows are copied in another order than they came",
                own.id
            ))
            .help("drop it before the rollout and add it again behind it: rollout new add-foreign-key"));
        }
        Ok(Self {
            target,
            id,
            table,
            object,
            unique,
            extended,
            indexes: target.indexes(id).filter(|(_, index)| !index.unique).collect(),
            incoming: incoming(target, id, &scheme, &next)?,
            outgoing,
            walk: key.iter().map(|name| quote_ident(name).into_owned()).collect(),
            forth: mirror(id, &next, &longer),
            back: mirror(id, &aside, &key),
            again: read::written_again(target, id)?,
            scheme,
        })
    }

    /// The partitioned table before the exchange, as SQL has it.
    pub fn next(&self) -> String {
        beside(self.id, &made_name(&self.id.name, "", NEXT))
    }

    /// The old table after the exchange, as SQL has it.
    pub fn aside(&self) -> String {
        beside(self.id, &made_name(&self.id.name, "", ASIDE))
    }

    /// What is written again, in words.
    pub fn written_again(&self) -> Vec<String> {
        self.again.iter().map(|(id, _)| id.to_string()).collect()
    }

    /// Whether the user has triggers on it.
    pub fn has_triggers(&self) -> bool {
        self.target.triggers(self.id).next().is_some()
    }

    /// Everything of the partitioned table but its foreign keys. Nobody knows it, so no lock of it is waited for.
    pub fn create(&self) -> Vec<String> {
        let next = self.next();
        let likes = ["DEFAULTS", "CONSTRAINTS", "GENERATED", "IDENTITY", "STORAGE", "COMMENTS"];
        let mut like: Vec<String> = likes.iter().map(|what| format!("INCLUDING {what}")).collect();
        if self.target.major >= 14 {
            like.push("INCLUDING COMPRESSION".into());
        }
        let mut all = vec![format!(
            "CREATE TABLE {next} (\n    LIKE {} {}\n) PARTITION BY {}",
            self.id.path(),
            like.join(" "),
            self.scheme.by
        )];
        all.push(format!("ALTER TABLE {next} OWNER TO {}", quote_ident(&self.object.common.owner.0)));
        let options = match &self.table.options[..] {
            [] => String::new(),
            _ => format!(" WITH ({})", common::options_list(&self.table.options)),
        };
        all.extend(self.scheme.parts.iter().map(|piece| {
            let part = format!("{}.{}", quote_ident(&self.id.namespace), name_of(&self.id.name, piece));
            format!("CREATE TABLE {part} PARTITION OF {next} {}{options}", piece.values)
        }));
        all.extend(self.unique.iter().map(|unique| self.unique_sql(unique, &next)));
        for (index_id, index) in &self.indexes {
            let own = Id { name: made_name(&index_id.name, "", NEXT).into(), ..(*index_id).clone() };
            let of =
                Index { table: self.next_id(), on_partitioned: common::Unjudged(false), ..(*index).clone() };
            all.extend(created(&Definition::from(of), &own, self.target));
        }
        all.extend(self.target.grants_like(self.id, &next, "arwdDxtm"));
        all.extend(self.policies(&next));
        if self.object.common.comment.is_some() {
            all.push(common::comment_sql(&format!("TABLE {next}"), self.object.common.comment.as_ref()));
        }
        all
    }

    fn next_id(&self) -> Id {
        Id { name: made_name(&self.id.name, "", NEXT).into(), ..self.id.clone() }
    }

    fn unique_sql(&self, unique: &Unique<'_>, next: &str) -> String {
        let name = made_name(unique.name, "", NEXT);
        let (name, columns) = (quote_ident(&name), list(&unique.columns));
        match unique.constraint {
            None => format!("CREATE UNIQUE INDEX {name} ON {next} ({columns})"),
            Some(it) => {
                let kind = if it.kind == ConstraintKind::PrimaryKey { "PRIMARY KEY" } else { "UNIQUE" };
                format!("ALTER TABLE {next} ADD CONSTRAINT {name} {kind} ({columns}){}", it.timing.clause())
            }
        }
    }

    fn policies(&self, next: &str) -> Vec<String> {
        let policies = self.target.standing(self.id, Kind::Policy);
        let mut all: Vec<String> = policies
            .flat_map(|policy| {
                created(
                    &policy.definition,
                    &Id { name: self.next_id().name, ..policy.id.clone() },
                    self.target,
                )
            })
            .collect();
        if self.table.row_security {
            all.push(format!("ALTER TABLE {next} ENABLE ROW LEVEL SECURITY"));
        }
        all
    }

    /// The table's own foreign keys, on the partitioned one.
    pub fn foreign_keys(&self) -> Vec<String> {
        let clauses =
            self.target.constraints(self.id).filter(|(_, it)| it.kind == ConstraintKind::ForeignKey);
        clauses.map(|(id, it)| format!("ALTER TABLE {} ADD {}", self.next(), it.clause(id))).collect()
    }

    /// Drops them again.
    pub fn drop_foreign_keys(&self) -> Vec<String> {
        let drop = |key: &ForeignKey| {
            format!("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}", self.next(), key.id.own_name())
        };
        self.outgoing.iter().map(drop).collect()
    }

    /// Drops those of the old table after the exchange.
    pub fn drop_old_foreign_keys(&self) -> Vec<String> {
        let drop =
            |key: &ForeignKey| format!("ALTER TABLE {} DROP CONSTRAINT {}", self.aside(), key.id.own_name());
        self.outgoing.iter().map(drop).collect()
    }

    /// Rows that one of both has and the other has not, or with other values: it compares bytes, which works for types
    /// without equality, too (<https://www.postgresql.org/docs/current/functions-comparisons.html>).
    pub fn differing(&self) -> String {
        let key = &self.forth.key;
        let on: Vec<String> = key.iter().map(|c| format!("n.{0} = o.{0}", quote_ident(c))).collect();
        let row = |alias: &str| -> String {
            let all: Vec<String> = key
                .iter()
                .chain(&self.forth.columns)
                .map(|c| format!("{alias}.{}", quote_ident(c)))
                .collect();
            format!("ROW({})", all.join(", "))
        };
        let first = quote_ident(&key[0]);
        format!(
            "SELECT {}, {}\nFROM {} AS o FULL JOIN {} AS n ON {}\nWHERE o.{first} IS NULL OR n.{first} IS NULL OR record_image_ne({}, {})\nLIMIT 10",
            of("o", key),
            of("n", key),
            self.id.path(),
            self.next(),
            on.join(" AND "),
            row("o"),
            row("n")
        )
    }

    /// The exchange, and its way back. ACCESS EXCLUSIVE on the table is waited for before anything else is locked.
    pub fn exchange(&self) -> (Vec<String>, Vec<Block>) {
        let table = self.id.path();
        let lock = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        let mut up = vec![lock.clone()];
        up.extend(self.forth.dual().drop);
        up.extend(self.take_over(NEXT));
        up.extend(self.user_triggers(false));
        up.extend(self.names(ASIDE, NEXT));
        up.extend(self.owned_by());
        up.extend(self.user_triggers(true));
        up.extend(self.back.dual().create);
        up.extend(self.again.iter().map(|(_, sql)| sql.clone()));
        for key in &self.incoming {
            up.push(format!("ALTER TABLE {} DROP CONSTRAINT {}", key.table.path(), quote_ident(&key.name)));
            up.push(format!(
                "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
                key.table.path(),
                quote_ident(&key.next),
                quote_ident(&key.name)
            ));
        }
        let mut down = vec![lock];
        down.extend(self.back.dual().drop);
        down.extend(self.take_over(ASIDE));
        down.extend(self.user_triggers(false));
        for key in &self.incoming {
            down.push(format!(
                "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
                key.table.path(),
                quote_ident(&key.name),
                quote_ident(&key.next)
            ));
        }
        down.extend(self.names(NEXT, ASIDE));
        down.extend(self.owned_by());
        down.extend(self.user_triggers(true));
        down.extend(self.forth.dual().create);
        down.extend(self.again.iter().map(|(_, sql)| sql.clone()));
        down.extend(
            self.incoming
                .iter()
                .map(|key| format!("ALTER TABLE {} ADD {} NOT VALID", key.table.path(), key.clause)),
        );
        let mut blocks = vec![sql(down)];
        blocks.extend(self.incoming.iter().map(|key| {
            sql([format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", key.table.path(), quote_ident(&key.name))])
        }));
        (up, blocks)
    }

    /// The table goes to one name and the table at another name takes its own; so do keys and indexes.
    fn names(&self, away: &str, from: &str) -> Vec<String> {
        let name = &self.id.name;
        let (gone, come) =
            (beside(self.id, &made_name(name, "", away)), beside(self.id, &made_name(name, "", from)));
        let rename = |table: &str, unique: &Unique<'_>, old: &str, new: &str| match unique.constraint {
            Some(_) => {
                format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", quote_ident(old), quote_ident(new))
            }
            None => format!("ALTER INDEX {} RENAME TO {}", beside(self.id, old), quote_ident(new)),
        };
        let mut all =
            vec![rename_table(&self.id.path(), &made_name(name, "", away)), rename_table(&come, name)];
        all.extend(self.unique.iter().map(|it| rename(&gone, it, it.name, &made_name(it.name, "", away))));
        all.extend(
            self.unique.iter().map(|it| rename(&self.id.path(), it, &made_name(it.name, "", from), it.name)),
        );
        for (old, new) in [(None, Some(away)), (Some(from), None)] {
            let called = |id: &Id, label: Option<&str>| {
                label.map_or_else(|| id.name.to_string(), |label| made_name(&id.name, "", label))
            };
            all.extend(self.indexes.iter().map(|(id, _)| {
                format!(
                    "ALTER INDEX {} RENAME TO {}",
                    beside(id, &called(id, old)),
                    quote_ident(&called(id, new))
                )
            }));
        }
        let rename = |from: String, to: &str| {
            format!("ALTER SEQUENCE {} RENAME TO {}", beside(self.id, &from), quote_ident(to))
        };
        for (sequence, column) in self.identities() {
            all.push(rename(sequence.clone(), &self.sequence(&sequence, &column, away)));
            all.push(rename(self.sequence(&sequence, &column, from), &sequence));
        }
        all
    }

    /// Identities: the sequence and the column.
    fn identities(&self) -> Vec<(String, String)> {
        let all = self
            .table
            .columns
            .iter()
            .filter_map(|c| Some((c.identity.as_ref()?.name(self.id, &c.name), c.name.to_string())));
        all.collect()
    }

    /// The sequence of an identity of one of the other tables: the server chooses the name of a new one.
    fn sequence(&self, own: &str, column: &str, label: &str) -> String {
        if label == NEXT {
            made_name(&made_name(&self.id.name, "", NEXT), column, "seq")
        } else {
            made_name(own, "", label)
        }
    }

    /// An identity goes on where that of the table is.
    fn take_over(&self, label: &str) -> Vec<String> {
        let path = |name: &str| cutover_sql::ident::quote_literal(&beside(self.id, name));
        let all = self.identities().into_iter().map(|(own, column)| {
            let other = self.sequence(&own, &column, label);
            format!("SELECT setval({}, nextval({}), false)", path(&other), path(&own))
        });
        all.collect()
    }

    /// A sequence of a serial column belongs to the table that is not dropped.
    fn owned_by(&self) -> Vec<String> {
        let own = self.target.catalog.objects().iter().filter_map(|object| match &object.definition {
            Definition::Sequence(it) => it
                .owned_by
                .as_ref()
                .filter(|(table, _)| table == self.id)
                .map(|(_, column)| (&object.id, column)),
            _ => None,
        });
        own.map(|(id, column)| {
            format!("ALTER SEQUENCE {} OWNED BY {}.{}", id.path(), self.id.path(), quote_ident(column))
        })
        .collect()
    }

    /// The user's triggers are on the table that has the name, and on no other: or they would run twice for a write.
    fn user_triggers(&self, create: bool) -> Vec<String> {
        let triggers = self.target.triggers(self.id);
        if create {
            return triggers
                .flat_map(|trigger| created(&trigger.definition, &trigger.id, self.target))
                .collect();
        }
        triggers.map(|trigger| format!("DROP TRIGGER {}", trigger.id.address())).collect()
    }
}

/// `x.a, x.b`.
fn of(alias: &str, columns: &[String]) -> String {
    let all: Vec<String> = columns.iter().map(|c| format!("{alias}.{}", quote_ident(c))).collect();
    all.join(", ")
}

/// Columns that a write can say.
fn copied(table: &Table) -> impl Iterator<Item = String> {
    table.columns.iter().filter(|c| c.generated == Generated::No).map(|c| c.name.to_string())
}
