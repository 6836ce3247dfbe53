//! Rows of data types, collations and conversions.

use cutover_core::catalog::{Kind, Name};
use cutover_core::object::Definition;
use cutover_core::object::data_type::{BaseType, Composite, Enum, Range};
use cutover_core::object::domain::{Domain, DomainCheck};
use cutover_core::object::locale::{Collation, Conversion};
use cutover_sql::ident::quote_literal;

use super::builder::{Alias, Builder};
use super::code::{self, Oid};
use super::row::Row;

pub fn collation(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, id, owner)) = builder.head(code::COLLATION, Kind::Collation, row) else { return };
    let (provider, deterministic) = (row.text(), row.is());
    let (collate, ctype, locale, rules) = (row.opt(), row.opt(), row.opt(), row.opt());
    let mut properties: Vec<(Name, Name)> = Vec::new();
    let mut say = |name: &str, value: String| properties.push((name.into(), value.into()));
    say(
        "PROVIDER",
        match provider {
            "i" => "icu",
            "b" => "builtin",
            _ => "libc",
        }
        .into(),
    );
    if let Some(locale) = locale {
        say("LOCALE", quote_literal(locale));
    } else if let (Some(collate), Some(ctype)) = (collate, ctype) {
        if collate == ctype {
            say("LOCALE", quote_literal(collate));
        } else {
            say("LC_COLLATE", quote_literal(collate));
            say("LC_CTYPE", quote_literal(ctype));
        }
    }
    if !deterministic {
        say("DETERMINISTIC", "false".into());
    }
    if let Some(rules) = rules {
        say("RULES", quote_literal(rules));
    }
    let common = builder.common(owner, None);
    builder.add(code::COLLATION, oid, id, common, Collation { properties });
}

pub fn conversion(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, id, owner)) = builder.head(code::CONVERSION, Kind::Conversion, row) else { return };
    let is_default = row.is();
    let (from, to, function) = (row.text().into(), row.text().into(), row.text().into());
    let common = builder.common(owner, None);
    builder.add(code::CONVERSION, oid, id, common, Conversion { is_default, from, to, function });
}

pub fn alias(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, what, of): (Oid, _, Oid) = (row.number(), row.text(), row.number());
    builder.aliases.insert(oid, if what == "r" { Alias::Row(of) } else { Alias::Type(of) });
}

pub fn an_enum(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, id, owner)) = builder.head(code::TYPE, Kind::Enum, row) else { return };
    let (grants, labels) = (row.json(), row.list());
    let common = builder.common(owner, grants);
    let labels = labels.into_iter().map(Name::from).collect();
    builder.add(code::TYPE, oid, id, common, Enum { labels });
}

/// It is a relation and a type at a time.
pub fn composite(builder: &mut Builder, row: &mut Row<'_>) {
    let relation: Oid = row.number();
    let Some((oid, id, owner)) = builder.head(code::TYPE, Kind::Composite, row) else { return };
    let grants = row.json();
    let common = builder.common(owner, grants);
    builder.add(code::TYPE, oid, id, common, Composite { attributes: Vec::new() });
    if let Some(slot) = builder.slots.get(&(code::TYPE, oid)).copied() {
        builder.slots.insert((code::RELATION, relation), slot);
    }
}

pub fn domain(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, id, owner)) = builder.head(code::TYPE, Kind::Domain, row) else { return };
    let grants = row.json();
    let data_type = builder.name(row.text());
    let collation = row.opt().map(Name::from);
    let (default, not_null) = (row.opt().map(Name::from), row.is());
    let common = builder.common(owner, grants);
    let definition = Domain { data_type, collation, default, not_null, checks: Vec::new() };
    builder.add(code::TYPE, oid, id, common, definition);
}

pub fn domain_check(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, domain, name): (Oid, Oid, Name) = (row.number(), row.number(), row.text().into());
    let text = row.text();
    let definition = text.strip_suffix(" NOT VALID").unwrap_or(text).into();
    let comment = builder.comments.get(&(code::CONSTRAINT, oid, 0)).cloned();
    let check = DomainCheck { name, definition, not_valid: !row.is(), comment };
    if let Some(slot) = builder.slots.get(&(code::TYPE, domain)).copied() {
        builder.slots.insert((code::CONSTRAINT, oid), slot);
    }
    if let Some(Definition::Domain(it)) = builder.get_mut(code::TYPE, domain).map(|o| &mut o.definition) {
        it.checks.push(check);
    }
}

pub fn range(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, id, owner)) = builder.head(code::TYPE, Kind::Range, row) else { return };
    let (grants, properties) = (row.json(), row.json().unwrap_or_default());
    let common = builder.common(owner, grants);
    let properties = builder.properties(properties);
    builder.add(code::TYPE, oid, id, common, Range { properties });
}

pub fn base_type(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, id, owner)) = builder.head(code::TYPE, Kind::BaseType, row) else { return };
    let (grants, properties) = (row.json(), row.json().unwrap_or_default());
    let common = builder.common(owner, grants);
    let properties = builder.properties(properties);
    builder.add(code::TYPE, oid, id, common, BaseType { properties });
}
