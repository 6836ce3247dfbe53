//! The two sides of a join table, as the catalog has them, and why a join table cannot be collapsed.
//!
//! It knows what is there and what is asked for, and writes the SQL that names both sides; the rollout is next door.

use cutover_sql::ident::quote_ident;

use crate::catalog::{Id, Kind};
use crate::object::Definition;
use crate::object::column::Generated;
use crate::object::table::Table;
use crate::rollout::dual::{Dual, Link, Same, Table as Name};
use crate::rollout::recipe::read::{ForeignKey, OnDelete, and, list, said};
use crate::rollout::recipe::{Given, Refusal, Target};

/// A join table and its two sides.
pub struct Links<'a> {
    target: Target<'a>,
    /// The join table.
    pub join: &'a Id,
    /// The table that gets the column.
    pub child: &'a Id,
    /// The join table's foreign key to it.
    pub to_child: ForeignKey,
    /// The join table's foreign key to the other table.
    pub to_parent: ForeignKey,
    /// The new columns, in the order of that key.
    pub columns: Vec<String>,
    /// What a delete in the other table does from now on.
    pub on_delete: OnDelete,
    /// The key that a backfill of the child goes by, as SQL has it.
    pub walk: Vec<String>,
    /// Columns of the join table and what new code's links have there.
    fill: Vec<(String, String)>,
    /// What goes along with the join table, because somebody said so.
    discarded: Vec<String>,
}

impl<'a> Links<'a> {
    /// Finds both sides.
    ///
    /// # Errors
    /// When the join table cannot be collapsed, or it is not clear what into.
    pub fn find(given: &Given, target: &Target<'a>) -> Result<Self, Refusal> {
        let (join, table) = target.table(given.need("table")?)?;
        let (child, into) = target.table(given.need("into")?)?;
        plain(join, table, "join table")?;
        plain(child, into, "table that gets the column")?;
        let keys = target.foreign_keys(join);
        let to_child =
            choose(&keys, given.get("child-key"), "child-key", |key| key.to == *child, join, &said(child))?;
        let others = |key: &ForeignKey| key.id != to_child.id;
        let to_parent =
            choose(&keys, given.get("parent-key"), "parent-key", others, join, "the other table")?;
        let columns = match given.all("column") {
            [] => to_parent.columns.clone(),
            names => names.iter().map(|name| name_of(name)).collect::<Result<_, _>>()?,
        };
        let on_delete = on_delete(given, join, &to_child, &to_parent)?;
        let walk = target.walk(child, into);
        let links = Self {
            target: *target,
            join,
            child,
            to_child,
            to_parent,
            columns,
            on_delete,
            walk,
            fill: fills(given)?,
            discarded: given.all("discard").to_vec(),
        };
        links.check(table, into)?;
        Ok(links)
    }

    fn check(&self, table: &Table, into: &Table) -> Result<(), Refusal> {
        if self.columns.len() != self.to_parent.columns.len() {
            let (many, need) = (self.columns.len(), self.to_parent.columns.len());
            return Err(Refusal::new(format!(
                "the key to {} has {need} columns, and {many} names were given",
                said(&self.to_parent.to)
            ))
            .help("give --column once for each, in the order of the key"));
        }
        if let Some(taken) = self.columns.iter().find(|name| into.column(name).is_some()) {
            return Err(Refusal::new(format!("{} has a column {taken} already", said(self.child)))
                .help("choose another name: --column NAME"));
        }
        let both = || self.to_child.columns.iter().chain(&self.to_parent.columns);
        let nullable = both().find(|name| table.column(name).is_some_and(|c| c.not_null.is_none()));
        if let Some(name) = nullable {
            return Err(Refusal::new(format!(
                "{}.{name} can be NULL: such a row links nothing, and has no place in a column",
                said(self.join)
            ))
            .help("delete those rows and make it NOT NULL first: rollout new add-not-null"));
        }
        if let Some((id, _)) = self.target.referring(self.join).next() {
            return Err(Refusal::new(format!("{id} refers to {}, which is to go", said(self.join)))
                .help("let it refer to something else, or drop it, first"));
        }
        self.check_columns(table)?;
        self.check_code()
    }

    /// What else is in the join table has to come from somewhere, and goes somewhere.
    fn check_columns(&self, table: &Table) -> Result<(), Refusal> {
        let linking =
            |name: &str| self.to_child.columns.iter().chain(&self.to_parent.columns).any(|c| c == name);
        for column in table.columns.iter().filter(|c| !linking(&c.name)) {
            let name = &column.name;
            let fills_itself =
                column.default.is_some() || column.identity.is_some() || column.generated != Generated::No;
            let is_key = fills_itself
                && self.target.keys(self.join, table).iter().any(|key| key[..] == [name.to_string()]);
            if column.not_null.is_some()
                && !fills_itself
                && !self.fill.iter().any(|(filled, _)| **filled == **name)
            {
                return Err(Refusal::new(format!(
                    "{}.{name} needs a value, and new code that sets {} has none for it",
                    said(self.join),
                    self.column()
                ))
                .help(format!(
                    "give an expression over the columns of {}: --fill {name}=EXPRESSION",
                    said(self.child)
                )));
            }
            if !is_key && !self.discarded.iter().any(|d| **d == **name) {
                return Err(Refusal::new(format!(
                    "what is in {}.{name} would be lost with the table",
                    said(self.join)
                ))
                .help(format!(
                    "move it to {} first (rollout new move-column), or say that it may go: --discard {name}",
                    said(self.child)
                )));
            }
        }
        match self.fill.iter().find(|(name, _)| table.column(name).is_none()) {
            Some((name, _)) => Err(Refusal::new(format!("{} has no column {name} to fill", said(self.join)))),
            None => Ok(()),
        }
    }

    /// Code in the database that runs on the join table, or reads it.
    fn check_code(&self) -> Result<(), Refusal> {
        for kind in [Kind::Trigger, Kind::Policy, Kind::Rule] {
            let ids = self.target.standing(self.join, kind).map(|object| &object.id);
            if let Some(id) = ids.into_iter().find(|id| !self.discarded.iter().any(|d| **d == *id.detail)) {
                return Err(Refusal::new(format!(
                    "{id} goes with the table, and nothing does on {} what it does",
                    said(self.child)
                ))
                .help(format!(
                    "make one for {} if it is needed, then say that it may go: --discard {}",
                    said(self.child),
                    id.own_name()
                )));
            }
        }
        match self.target.dependents(self.join)[..] {
            [] => Ok(()),
            [first, ..] => Err(Refusal::new(format!("{first} needs {}, which is to go", said(self.join)))
                .help(format!("let it read the links in another way first, or drop it and make it again on {} after the rollout", self.column()))),
        }
    }

    /// `recommendation.plan_id`, for a sentence.
    pub fn column(&self) -> String {
        format!("{}.{}", said(self.child), list(&self.columns))
    }

    /// The new columns with their types: those of what they refer to.
    pub fn added(&self) -> Vec<String> {
        let parent =
            self.target.catalog.definition(&self.to_parent.to).map(Definition::columns).unwrap_or_default();
        let pairs = self.columns.iter().zip(&self.to_parent.referenced);
        pairs
            .map(|(name, of)| {
                let like = parent.iter().find(|column| *column.name == **of);
                let data_type = like.map_or("bigint", |column| &*column.data_type);
                let collation = like
                    .and_then(|c| c.collation.as_ref())
                    .map(|c| format!(" COLLATE {c}"))
                    .unwrap_or_default();
                format!("{} {data_type}{collation}", quote_ident(name))
            })
            .collect()
    }

    /// A key that changes is followed as the join table follows it, and it is checked when the join table's is: old code
    /// that relies on that writes the column through the triggers.
    pub fn like_the_old_key(&self) -> String {
        let on_update = match self.to_parent.on_update {
            OnDelete::NoAction => String::new(),
            action => format!(" ON UPDATE {}", action.as_str()),
        };
        on_update + self.to_parent.timing.clause()
    }

    /// The join table's columns for the new ones.
    pub fn values(&self, alias: &str) -> String {
        columns(alias, &self.to_parent.columns)
    }

    /// Which link is which row's.
    pub fn on(&self, join: &str, child: &str) -> String {
        let pairs = self.to_child.columns.iter().zip(&self.to_child.referenced);
        let terms: Vec<String> = pairs
            .map(|(here, there)| format!("{join}.{} = {child}.{}", quote_ident(here), quote_ident(there)))
            .collect();
        terms.join(" AND ")
    }

    /// The new columns are all NULL.
    pub fn empty(&self, alias: &str) -> String {
        let terms: Vec<String> =
            self.columns.iter().map(|c| format!("{alias}.{} IS NULL", quote_ident(c))).collect();
        terms.join(" AND ")
    }

    /// The new columns get the values of the link.
    pub fn assignments(&self) -> String {
        let pairs = self.columns.iter().zip(&self.to_parent.columns);
        let all: Vec<String> =
            pairs.map(|(new, old)| format!("{} = j.{}", quote_ident(new), quote_ident(old))).collect();
        all.join(", ")
    }

    /// Rows with more than one link.
    pub fn several(&self) -> String {
        let key = list(&self.to_child.columns);
        format!(
            "SELECT {key}, count(*)\nFROM {}\nGROUP BY {key}\nHAVING count(*) > 1\nLIMIT 10",
            self.join.path()
        )
    }

    /// Rows of which the column and the join table say different things.
    pub fn differing(&self) -> String {
        let (old, new) = (self.values("j"), columns("c", &self.columns));
        let key = columns("c", &self.to_child.referenced);
        let pairs = self.to_parent.columns.iter().zip(&self.columns);
        let differs: Vec<String> = pairs
            .map(|(j, c)| format!("j.{} IS DISTINCT FROM c.{}", quote_ident(j), quote_ident(c)))
            .collect();
        format!(
            "SELECT {key}, {old}, {new}\nFROM {} AS c FULL JOIN {} AS j ON {}\nWHERE {}\nLIMIT 10",
            self.child.path(),
            self.join.path(),
            self.on("j", "c"),
            differs.join(" OR ")
        )
    }

    /// The triggers that keep both equal, while the join table has this name.
    pub fn dual(&self, rollout: &str, join: &str) -> Dual {
        let same = |here: &[String], there: &[String]| {
            here.iter().zip(there).map(|(h, t)| Same::new(h, t)).collect()
        };
        let name = |id: &Id| Name::new(&*id.namespace, &*id.name);
        let decides = matches!(self.on_delete, OnDelete::Cascade | OnDelete::SetNull);
        let link = Link {
            setting: super::setting(rollout),
            table: name(self.child),
            join: Name::new(&*self.join.namespace, join),
            key: same(&self.to_child.referenced, &self.to_child.columns),
            value: same(&self.columns, &self.to_parent.columns),
            more: self.fill.clone(),
            target: decides.then(|| (name(&self.to_parent.to), self.to_parent.referenced.clone())),
        };
        link.dual()
    }

    /// The user's triggers of the child that an UPDATE runs.
    pub fn update_triggers(&self) -> Vec<String> {
        let runs = |object: &&crate::object::Object| matches!(&object.definition, Definition::Trigger(it) if it.definition.contains("UPDATE"));
        self.target.triggers(self.child).filter(runs).map(|object| object.id.own_name()).collect()
    }

    /// All foreign keys of the join table: that to the table that is used most last.
    pub fn keys(&self) -> Vec<String> {
        self.target.foreign_keys(self.join).iter().map(|key| key.id.detail.to_string()).collect()
    }

    /// What takes everybody's rights on the join table away but its owner's, and what gives them back.
    pub fn rights(&self) -> (Vec<String>, Vec<String>) {
        self.target.revoked(self.join)
    }

    /// Why the column is added, and what changes with it.
    pub fn why_expand(&self) -> String {
        let (child, parent, join) = (said(self.child), said(&self.to_parent.to), said(self.join));
        let action = match self.on_delete {
            OnDelete::Cascade => format!(
                "\n\nMind: from the dual write on, a delete in {parent} deletes the rows of {child} that belong to it, whoever deletes. \
                 {join} alone would have left them without a link."
            ),
            OnDelete::SetNull => {
                format!("\n\nA delete in {parent} leaves the rows of {child} without a link, as {join} does.")
            }
            OnDelete::Restrict | OnDelete::NoAction | OnDelete::SetDefault => {
                format!(
                    "\n\nA delete in {parent} is refused while rows of {child} belong to it, as with {join}."
                )
            }
        };
        format!(
            "Why: a row of {child} belongs to one row of {parent}; {join} can say more than that, and costs a join and a delete of its own.\n\n\
             Safe: nothing that runs names the column. It is added without a value, so no row is touched; the index is built beside \
             the writers; the foreign key is checked for new rows first and for the old ones, all of them NULL, in a transaction of its own.{action}"
        )
    }

    /// What goes with the join table, for a sentence of its own.
    pub fn goes_too(&self) -> String {
        let mut goes: Vec<String> = self.discarded.clone();
        let published = self.target.publications(self.join);
        goes.extend(published.iter().map(|id| format!("its place in {id}")));
        if goes.is_empty() { String::new() } else { format!(" With it go {}.", and(&goes)) }
    }
}

/// `x.a, x.b`.
fn columns(alias: &str, names: &[String]) -> String {
    let all: Vec<String> = names.iter().map(|name| format!("{alias}.{}", quote_ident(name))).collect();
    all.join(", ")
}

fn name_of(text: &str) -> Result<String, Refusal> {
    match cutover_sql::ident::split_qualified(text).as_deref() {
        Some([name]) => Ok(name.clone()),
        _ => Err(Refusal::new(format!("{text} is no column's name")).help("quote it as SQL does: \"Plan\"")),
    }
}

/// A table whose rows are all its own.
fn plain(id: &Id, table: &Table, what: &str) -> Result<(), Refusal> {
    let partitioned = table.partition_by.is_some() || table.partition_of.is_some();
    if partitioned || !table.inherits.is_empty() {
        return Err(Refusal::new(format!("the {what}, {}, is partitioned, a partition, or inherits", said(id)))
            .help("an index cannot be built there beside writers in one step; write the rollout by hand after this recipe's pattern"));
    }
    if table.force_row_security {
        return Err(Refusal::new(format!("the policies of {} hold for its owner as well, and so for the triggers that would keep both sides equal", said(id)))
            .help("use --team-dual-writes after ALTER TABLE ... NO FORCE ROW LEVEL SECURITY, or write the rollout by hand"));
    }
    Ok(())
}

/// The foreign key that is meant.
fn choose(
    keys: &[ForeignKey],
    named: Option<&str>,
    option: &str,
    fits: impl Fn(&ForeignKey) -> bool,
    join: &Id,
    to: &str,
) -> Result<ForeignKey, Refusal> {
    let fitting: Vec<&ForeignKey> = keys.iter().filter(|key| fits(key)).collect();
    let wanted =
        |key: &&&ForeignKey| named.is_none_or(|name| *key.id.detail == *name || key.id.own_name() == name);
    let found: Vec<&&ForeignKey> = fitting.iter().filter(wanted).collect();
    match (&found[..], &fitting[..]) {
        ([one], _) => Ok((**one).clone()),
        ([], []) => Err(Refusal::new(format!("{} has no foreign key to {to}", said(join)))
            .help("add it first: rollout new add-foreign-key")),
        (_, all) => {
            let names: Vec<String> = all.iter().map(|key| key.id.own_name()).collect();
            Err(Refusal::new(format!("{} has several foreign keys to {to}: {}", said(join), and(&names)))
                .help(format!("say which: --{option} {}", names[0])))
        }
    }
}

/// During the rollout both worlds hold: what one of them refuses fails for the code of the other.
fn on_delete(
    given: &Given,
    join: &Id,
    to_child: &ForeignKey,
    to_parent: &ForeignKey,
) -> Result<OnDelete, Refusal> {
    if to_child.on_delete != OnDelete::Cascade {
        return Err(Refusal::new(format!(
            "{} refuses to delete a row that has a link, and new code, which knows no links, would run into it",
            to_child.id
        ))
        .help("replace it by one with ON DELETE CASCADE first: added NOT VALID beside it, validated, then the old one dropped"));
    }
    let usual = match to_parent.on_delete {
        OnDelete::Cascade => OnDelete::SetNull,
        other => other,
    };
    let Some(text) = given.get("on-delete") else { return Ok(usual) };
    let asked = OnDelete::parse(text).filter(|action| *action != OnDelete::SetDefault);
    let asked = asked.ok_or_else(|| {
        Refusal::new(format!("--on-delete {text} is not known"))
            .help("write cascade, set-null, restrict or no-action")
    })?;
    let refuses = |action: OnDelete| matches!(action, OnDelete::NoAction | OnDelete::Restrict);
    match (refuses(to_parent.on_delete), refuses(asked)) {
        (true, false) => Err(Refusal::new(format!(
            "{} refuses to delete a row of {} that has links, so ON DELETE {} would not hold while {} is there",
            to_parent.id, said(&to_parent.to), asked.as_str(), said(join)
        ))
        .help("leave --on-delete out, and change the column's foreign key after the rollout")),
        (false, true) => Err(Refusal::new(format!(
            "old code deletes rows of {} that have links, and ON DELETE {} would refuse it", said(&to_parent.to), asked.as_str()
        ))
        .help("use cascade or set-null, and change the column's foreign key after the rollout")),
        _ => Ok(asked),
    }
}

/// `COLUMN=EXPRESSION`, taken apart.
fn fills(given: &Given) -> Result<Vec<(String, String)>, Refusal> {
    let fill = |text: &String| {
        let (name, expression) =
            text.split_once('=').filter(|(_, e)| !e.trim().is_empty()).ok_or_else(|| {
                Refusal::new(format!("--fill {text} does not say what with"))
                    .help("write --fill COLUMN=EXPRESSION")
            })?;
        Ok((name_of(name.trim())?, expression.trim().to_owned()))
    };
    given.all("fill").iter().map(fill).collect()
}
