//! The file of a baseline.

use cutover_core::catalog::{Id, Kind, Name};
use cutover_engine::baseline::Baseline;
use cutover_engine::session::Session;
use cutover_sql::document::Header;
use cutover_sql::ident::quote_ident;

use super::Args;
use crate::new_files::{NewFile, unplaced};

/// The file: what it stands for is its prose.
pub(super) fn file(args: &Args, draft: &Baseline, session: &Session) -> NewFile {
    let facts = &session.facts;
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d").to_string();
    let mut prose = format!(
        "{}\n\nThe schema of the database {} (PostgreSQL {}) on {today}: {}.\nIt stands for a database that was there before: there it is stamped, and runs on new databases only.\n",
        args.message.trim(),
        facts.database,
        facts.version_text.split(' ').next().unwrap_or_default(),
        counts(draft),
    );
    if !draft.roles.is_empty() {
        let names: Vec<&Name> = draft.roles.iter().collect();
        prose +=
            &format!("\nRoles that have to be there first, as no revision makes them: {}.\n", list(&names));
    }
    if !draft.extensions.is_empty() {
        let names: Vec<&Name> = draft.extensions.iter().collect();
        prose += &format!("\nExtensions that the server has to have: {}.\n", list(&names));
    }
    let irreversible = "it stands for a database that was there before: undoing it would drop all of it";
    let header = Header {
        // a name may have one in it, and it would end the comment
        prose: prose.trim_end().replace('\r', " "),
        irreversible: (!args.with_downgrade).then(|| unplaced(irreversible.to_owned())),
        ..Header::default()
    };
    let down = if args.with_downgrade { draft.down.clone() } else { String::new() };
    let body = Some((draft.up.clone(), down));
    NewFile { title: args.message.clone(), id: args.id.clone(), parents: Vec::new(), header, body }
}

fn list(names: &[&Name]) -> String {
    names.iter().map(|name| quote_ident(name)).collect::<Vec<_>>().join(", ")
}

/// `12 tables, 3 views, ...`, of the kinds that people count.
pub(super) fn counts(draft: &Baseline) -> String {
    let counted = [
        (Kind::Namespace, "schema"),
        (Kind::Table, "table"),
        (Kind::View, "view"),
        (Kind::MaterializedView, "materialized view"),
        (Kind::Index, "index"),
        (Kind::Function, "function"),
        (Kind::Trigger, "trigger"),
        (Kind::Enum, "enum"),
        (Kind::Sequence, "sequence"),
        (Kind::Policy, "policy"),
    ];
    let counts = draft.catalog.counts();
    let public = Id::global(Kind::Namespace, "public".into());
    let many = |kind| {
        let many = counts.iter().find(|(it, _)| *it == kind).map_or(0, |(_, many)| *many);
        // everybody has that one
        many - usize::from(kind == Kind::Namespace && draft.catalog.get(&public).is_some())
    };
    let parts: Vec<String> = counted
        .iter()
        .filter(|(kind, _)| many(*kind) > 0)
        .map(|(kind, noun)| match (many(*kind), *noun) {
            (1, noun) => format!("1 {noun}"),
            (many, "policy") => format!("{many} policies"),
            (many, "index") => format!("{many} indexes"),
            (many, noun) => format!("{many} {noun}s"),
        })
        .collect();
    if parts.is_empty() { "no table".into() } else { parts.join(", ") }
}
