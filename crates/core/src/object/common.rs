//! What objects of all kinds have: a comment, an owner, privileges, options.

use cutover_sql::ident::{quote_ident, quote_literal};
use serde::{Deserialize, Serialize};

use super::column::Column;
use super::ops::{Ops, Verb};
use super::privilege::{self, Grants, Target};
use crate::catalog::{Id, Kind, Name, Thing};

/// A value that is known and not compared: it follows from something else that is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unjudged<T>(pub T);

impl<T> PartialEq for Unjudged<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Unjudged<T> {}

/// `name=value` settings (`reloptions`, options of foreign things), sorted by name.
pub type Options = Vec<(Name, Name)>;

/// What every object has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Common {
    /// `COMMENT ON`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
    /// The role that owns it; empty where nobody does.
    pub owner: Unjudged<Name>,
    /// Who may do what, when that was ever said.
    pub grants: Unjudged<Option<Grants>>,
}

/// Sets or removes an object's comment.
pub fn comment(id: &Id, from: Option<&Name>, to: Option<&Name>, ops: &mut Ops) {
    // not an object for COMMENT ON
    // what it has when nobody has said anything
    let standard: Name = "standard public schema".into();
    let is_public = id.kind == Kind::Namespace && *id.name == *"public";
    let to = if is_public { to.or(Some(&standard)) } else { to };
    if from != to
        && !(is_public && from.is_none() && to == Some(&standard))
        && !matches!(id.kind, Kind::UserMapping | Kind::DefaultPrivileges)
    {
        ops.alter(id, "comment", comment_sql(&format!("{} {}", id.kind.noun(), id.address()), to));
    }
}

/// Sets or removes the comment of a column.
pub fn column_comment(id: &Id, column: &Name, to: Option<&Name>, ops: &mut Ops) {
    let thing = Thing::column(id, column);
    let title = format!("{thing}: comment");
    ops.push(Verb::Alter, thing, title, column_comment_sql(id, column, to));
}

/// `COMMENT ON COLUMN`.
pub fn column_comment_sql(id: &Id, column: &str, to: Option<&Name>) -> String {
    comment_sql(&format!("COLUMN {}.{}", id.path(), quote_ident(column)), to)
}

/// `COMMENT ON … IS …`.
pub fn comment_sql(target: &str, to: Option<&Name>) -> String {
    let text = to.map_or("NULL".to_owned(), |text| quote_literal(text));
    format!("COMMENT ON {target} IS {text}")
}

/// Gives an object to another owner.
pub fn owner(id: &Id, from: &str, to: &str, ops: &mut Ops) {
    if from != to && !to.is_empty() && id.kind.facts().is_owned {
        let sql = format!("ALTER {} {} OWNER TO {}", id.kind.noun(), id.address(), quote_ident(to));
        ops.alter(id, format!("owner {}", quote_ident(to)), sql);
    }
}

/// Grants and revokes what makes one set of privileges of the other.
pub fn grants(id: &Id, from: &Common, to: &Common, major: u32, ops: &mut Ops) {
    let Some(target) = privilege::target(id) else { return };
    let before = privilege::effective(id.kind, major, &from.owner.0, from.grants.0.as_ref());
    let after = privilege::effective(id.kind, major, &to.owner.0, to.grants.0.as_ref());
    // a right of the owner goes along with the ownership
    let before = privilege::given_to(before, &from.owner.0, &to.owner.0);
    for sql in privilege::statements(&target, &before, &after) {
        ops.alter(id, "privileges", sql);
    }
}

/// Grants and revokes on columns.
pub fn column_grants(id: &Id, from: &[Column], to: &[Column], ops: &mut Ops) {
    for column in to {
        let before = from.iter().find(|other| other.name == column.name);
        let rights = |column: Option<&Column>| {
            column.and_then(|c| c.grants.0.as_ref()).map(|grants| grants.0.clone()).unwrap_or_default()
        };
        let target = Target {
            on: format!("TABLE {}", id.path()),
            column: Some(quote_ident(&column.name).into_owned()),
        };
        for sql in privilege::statements(&target, &rights(before), &rights(Some(column))) {
            let thing = Thing::column(id, &column.name);
            let title = format!("{thing}: privileges");
            ops.push(Verb::Alter, thing, title, sql);
        }
    }
}

/// `name = value, …` as `WITH (…)` and `SET (…)` take them.
pub fn options_list(options: &Options) -> String {
    let items: Vec<String> = options.iter().map(|(name, value)| option(name, value)).collect();
    items.join(", ")
}

fn option(name: &str, value: &str) -> String {
    // toast.autovacuum_enabled is two names
    let name: Vec<_> = name.split('.').map(quote_ident).collect();
    let name = name.join(".");
    let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c));
    let number = value.parse::<f64>().is_ok();
    let word = value.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    if plain && (number || word) {
        format!("{name}={value}")
    } else {
        format!("{name}={}", quote_literal(value))
    }
}

/// The statements' tails that make one list of options of the other: `SET (…)`, `RESET (…)`.
pub fn options_change(from: &Options, to: &Options) -> Vec<String> {
    let changed: Options = to.iter().filter(|option| !from.contains(option)).cloned().collect();
    let gone = from.iter().filter(|(name, _)| !to.iter().any(|(other, _)| other == name));
    let gone: Vec<String> =
        gone.map(|(name, _)| name.split('.').map(quote_ident).collect::<Vec<_>>().join(".")).collect();
    let mut tails = Vec::new();
    if !gone.is_empty() {
        tails.push(format!("RESET ({})", gone.join(", ")));
    }
    if !changed.is_empty() {
        tails.push(format!("SET ({})", options_list(&changed)));
    }
    tails
}

/// `OPTIONS (name 'value', …)` of foreign things; empty without options.
pub fn foreign_options(options: &Options) -> String {
    if options.is_empty() {
        return String::new();
    }
    let items: Vec<String> = options
        .iter()
        .map(|(name, value)| format!("{} {}", quote_ident(name), quote_literal(value)))
        .collect();
    format!(" OPTIONS ({})", items.join(", "))
}

/// `OPTIONS (ADD …, SET …, DROP …)` that makes one list of the other; nothing when they are equal.
pub fn foreign_options_change(from: &Options, to: &Options) -> Option<String> {
    let find =
        |list: &Options, name: &str| list.iter().find(|(other, _)| **other == *name).map(|(_, v)| v.clone());
    let mut items = Vec::new();
    for (name, value) in to {
        let verb = match find(from, name) {
            None => "ADD",
            Some(old) if old != *value => "SET",
            Some(_) => continue,
        };
        items.push(format!("{verb} {} {}", quote_ident(name), quote_literal(value)));
    }
    let gone = from.iter().filter(|(name, _)| find(to, name).is_none());
    items.extend(gone.map(|(name, _)| format!("DROP {}", quote_ident(name))));
    (!items.is_empty()).then(|| format!("OPTIONS ({})", items.join(", ")))
}
