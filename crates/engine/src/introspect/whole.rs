//! Rows of what stands in a database beside the contents of its namespaces.

use cutover_core::catalog::{Id, Kind, Name};
use cutover_core::object::Definition;
use cutover_core::object::common::{Common, Unjudged};
use cutover_core::object::database::{
    AccessMethod, DefaultPrivileges, EventTrigger, Extension, Language, Namespace,
};
use cutover_core::object::foreign::{self, ForeignDataWrapper, Server, UserMapping};
use cutover_core::object::on_table::Firing;
use cutover_core::object::privilege::Grants;
use cutover_core::object::replication::{Publication, Subscription};
use cutover_core::object::text_search::{TsConfiguration, TsDictionary, TsFunctions};

use super::builder::Builder;
use super::code::{self, Oid};
use super::row::Row;

pub fn namespace(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, name, owner, grants) = (row.number(), row.text(), row.number(), row.json());
    let name = builder.name(name);
    builder.namespaces.insert(oid, name.clone());
    if builder.is_member(code::NAMESPACE, oid) {
        return;
    }
    let common = builder.common(owner, grants);
    builder.add(code::NAMESPACE, oid, Id::global(Kind::Namespace, name), common, Namespace {});
}

pub fn role(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, name) = (row.number(), row.text());
    let name = builder.name(name);
    builder.roles.insert(oid, name);
}

pub fn comment(builder: &mut Builder, row: &mut Row<'_>) {
    let (class, oid, number, text) = (row.number(), row.number(), row.number(), row.text());
    // what initdb says of the namespace public
    if class == code::NAMESPACE && text == "standard public schema" {
        return;
    }
    builder.comments.insert((class, oid, number), text.into());
}

pub fn extension(builder: &mut Builder, row: &mut Row<'_>) {
    let oid = row.number();
    let (name, version, namespace) =
        (builder.name(row.text()), builder.name(row.text()), builder.name(row.text()));
    let id = Id::global(Kind::Extension, name);
    builder.extensions.insert(oid, id.clone());
    let definition = Extension { version, namespace, is_relocatable: Unjudged(row.is()) };
    builder.add(code::EXTENSION, oid, id, Common::default(), definition);
}

pub fn member(builder: &mut Builder, row: &mut Row<'_>) {
    let (class, oid, extension) = (row.number(), row.number(), row.number());
    builder.members.insert((class, oid), extension);
}

pub fn language(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, name, owner, grants) = (row.number(), row.text(), row.number(), row.json());
    if builder.is_member(code::LANGUAGE, oid) {
        return;
    }
    let (trusted, functions) = (row.is(), row.text().into());
    let id = Id::global(Kind::Language, builder.name(name));
    let common = builder.common(owner, grants);
    builder.add(code::LANGUAGE, oid, id, common, Language { trusted, functions });
}

pub fn access_method(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, name, of, handler) = (row.number(), row.text(), row.text().into(), row.text().into());
    if !builder.is_member(code::ACCESS_METHOD, oid) {
        let id = Id::global(Kind::AccessMethod, builder.name(name));
        builder.add(code::ACCESS_METHOD, oid, id, Common::default(), AccessMethod { of, handler });
    }
}

pub fn text_search(builder: &mut Builder, row: &mut Row<'_>) {
    let (class, kind) = match row.text() {
        "parser" => (code::TS_PARSER, Kind::TsParser),
        "template" => (code::TS_TEMPLATE, Kind::TsTemplate),
        "dictionary" => (code::TS_DICTIONARY, Kind::TsDictionary),
        _ => (code::TS_CONFIGURATION, Kind::TsConfiguration),
    };
    let Some((oid, id, owner)) = builder.head(class, kind, row) else { return };
    let of: Name = row.text().into();
    let properties = row.json::<Vec<(String, Option<String>)>>().unwrap_or_default();
    let properties = builder.properties(properties);
    let definition: Definition = match kind {
        Kind::TsDictionary => TsDictionary { template: of, options: dictionary_options(row.text()) }.into(),
        Kind::TsConfiguration => TsConfiguration { parser: of, mappings: properties }.into(),
        _ => TsFunctions { properties }.into(),
    };
    let common = builder.common(owner, None);
    builder.add(class, oid, id, common, definition);
}

/// `language = 'english', stopwords = 'english'`, as `dictinitoption` has it.
fn dictionary_options(text: &str) -> Vec<(Name, Name)> {
    let mut options = Vec::new();
    let mut rest = text;
    while let Some((name, tail)) = rest.split_once(" = ") {
        let end = literal_end(tail);
        options.push((name.trim_start_matches(", ").into(), tail[..end].into()));
        rest = &tail[end..];
    }
    options.sort();
    options
}

/// Where a literal, `'…'` or `E'…'`, or a bare word ends.
fn literal_end(text: &str) -> usize {
    let Some(open) = text.find('\'').filter(|open| *open <= 1) else {
        return text.find(", ").unwrap_or(text.len());
    };
    let mut at = open + 1;
    while let Some(quote) = text[at..].find('\'') {
        at += quote + 1;
        if !text[at..].starts_with('\'') {
            return at;
        }
        at += 1;
    }
    text.len()
}

pub fn event_trigger(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, name, owner, event) = (row.number(), row.text(), row.number(), row.text().into());
    if builder.is_member(code::EVENT_TRIGGER, oid) {
        return;
    }
    let tags = row.list().into_iter().map(Name::from).collect();
    let (function, firing) = (row.text().into(), Firing::from_letter(row.text()));
    let id = Id::global(Kind::EventTrigger, builder.name(name));
    let common = builder.common(owner, None);
    builder.add(code::EVENT_TRIGGER, oid, id, common, EventTrigger { event, tags, function, firing });
}

pub fn publication(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, name, owner, all_tables) = (row.number(), row.text(), row.number(), row.is());
    let options = row.json().unwrap_or_default();
    let options = builder.properties(options);
    let id = Id::global(Kind::Publication, builder.name(name));
    let common = builder.common(owner, None);
    let definition = Publication { all_tables, options, tables: Vec::new(), namespaces: Vec::new() };
    builder.add(code::PUBLICATION, oid, id, common, definition);
}

pub fn published(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, publication, table, rest): (Oid, Oid, Oid, Name) =
        (row.number(), row.number(), row.number(), row.text().into());
    let Some(table_id) = builder.id(code::RELATION, table) else { return };
    if let Some(slot) = builder.slots.get(&(code::PUBLICATION, publication)).copied() {
        builder.slots.insert((code::PUBLISHED, oid), slot);
    }
    builder.needs.push((code::PUBLICATION, publication, 0, code::RELATION, table, 0));
    if let Some(Definition::Publication(it)) =
        builder.get_mut(code::PUBLICATION, publication).map(|o| &mut o.definition)
    {
        it.tables.push((table_id, rest));
        it.tables.sort();
    }
}

pub fn published_namespace(builder: &mut Builder, row: &mut Row<'_>) {
    let (_, publication, namespace): (Oid, Oid, Name) = (row.number(), row.number(), row.text().into());
    if let Some(Definition::Publication(it)) =
        builder.get_mut(code::PUBLICATION, publication).map(|o| &mut o.definition)
    {
        it.namespaces.push(namespace);
    }
}

pub fn subscription(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, name, owner) = (row.number(), row.text(), row.number());
    let Some(connection) = row.opt() else {
        let why = "subscriptions (only a superuser may read where they connect to)".to_owned();
        builder.not_compared.insert(Kind::Subscription, why);
        return;
    };
    let connection = without_password(connection).into();
    let publications = row.list().into_iter().map(Name::from).collect();
    let enabled = row.is();
    let options = row.json().unwrap_or_default();
    let options = builder.properties(options);
    let id = Id::global(Kind::Subscription, builder.name(name));
    let common = builder.common(owner, None);
    builder.add(
        code::SUBSCRIPTION,
        oid,
        id,
        common,
        Subscription { connection, publications, enabled, options },
    );
}

/// A connection string without its password: a secret is neither compared nor written.
fn without_password(connection: &str) -> String {
    if connection.contains("://") {
        return crate::connect::redact(connection);
    }
    let mut kept = Vec::new();
    let mut rest = connection.trim();
    while let Some((name, tail)) = rest.split_once('=') {
        let tail = tail.trim_start();
        let end =
            if tail.starts_with('\'') { literal_end(tail) } else { tail.find(' ').unwrap_or(tail.len()) };
        if !foreign::is_secret(name.trim()) {
            kept.push(format!("{}={}", name.trim(), &tail[..end]));
        }
        rest = tail[end..].trim_start();
    }
    kept.join(" ")
}

pub fn foreign(builder: &mut Builder, row: &mut Row<'_>) {
    let what = row.text();
    let (oid, name) = (row.number(), row.text());
    let (owner, grants, options) = (row.number(), row.json(), row.list());
    let mut options = builder.options(&options);
    options.retain(|(name, _)| !foreign::is_secret(name));
    let (first, second, wrapper) = (row.opt().map(Name::from), row.opt().map(Name::from), row.text());
    let name = builder.name(name);
    let common = builder.common(owner, grants);
    let (class, id, definition): (Oid, Id, Definition) = match what {
        "wrapper" => {
            let definition = ForeignDataWrapper { handler: first, validator: second, options };
            (code::WRAPPER, Id::global(Kind::ForeignDataWrapper, name), definition.into())
        }
        "server" => {
            let definition = Server { wrapper: wrapper.into(), server_type: first, version: second, options };
            (code::SERVER, Id::global(Kind::Server, name), definition.into())
        }
        _ => {
            if second.as_deref() == Some("hidden") {
                let why = "user mappings (only their owners may read them)".to_owned();
                builder.not_compared.insert(Kind::UserMapping, why);
            }
            let id = Id::detailed(Kind::UserMapping, "".into(), name, first.unwrap_or_default());
            (code::USER_MAPPING, id, UserMapping { options }.into())
        }
    };
    if !builder.is_member(class, oid) {
        builder.add(class, oid, id, common, definition);
    }
}

pub fn default_privileges(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, role, namespace, of) = (row.number(), row.number(), row.number::<Oid>(), row.text());
    let Some(role) = builder.roles.get(&role).cloned() else { return };
    let namespace = match namespace {
        0 => Some(builder.name("")),
        oid => builder.namespaces.get(&oid).cloned(),
    };
    let Some(namespace) = namespace else { return };
    let items = row.list();
    let grants = Grants::parse(items.iter().map(String::as_str));
    let id = Id::detailed(Kind::DefaultPrivileges, namespace, role, of.into());
    // pg_default_acl
    builder.add(826, oid, id, Common::default(), DefaultPrivileges { grants });
}

pub fn dependency(builder: &mut Builder, row: &mut Row<'_>) {
    let from = (row.number(), row.number(), row.number());
    let to = (row.number(), row.number(), row.number());
    builder.needs.push((from.0, from.1, from.2, to.0, to.1, to.2));
}
