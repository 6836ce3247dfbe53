//! What an object is at this moment, as a text, in SQL: the definition as PostgreSQL writes it, not only the name. NULL
//! where it is not there. Written for the session's pinned `search_path`, on which the texts hang.

use cutover_sql::ident::quote_literal;

use crate::catalog::{Id, Kind, Part, Thing};

/// The query of a thing as an expression; nothing for kinds that are looked at only as a part of others.
pub fn look(thing: &Thing) -> Option<String> {
    match (&thing.part, thing.id.kind.is_relation()) {
        (Part::Column(name) | Part::Default(name), true) => Some(column(&thing.id, name)),
        (Part::Column(_) | Part::Default(_) | Part::Whole, _) => object(&thing.id),
    }
}

/// All of the table or view that a thing is, or stands on: what tells databases apart where the thing itself does not.
pub fn look_around(id: &Id) -> Option<String> {
    let relation = match id.kind {
        kind if kind.is_relation() || kind.is_part_of_table() => regclass(id),
        Kind::Index => {
            format!("(SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid = {})", regclass(id))
        }
        _ => return None,
    };
    Some(format!(
        "(SELECT concat_ws(' ', {RELATION}, \
         (SELECT string_agg(concat_ws(' ', a.attname, {ATTRIBUTE}), ', ' ORDER BY a.attname) FROM pg_catalog.pg_attribute a \
         LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), \
         (SELECT string_agg(concat_ws(' ', conname, pg_catalog.pg_get_constraintdef(oid)), ', ' ORDER BY conname) FROM pg_catalog.pg_constraint WHERE conrelid = c.oid), \
         (SELECT string_agg(concat_ws(' ', pg_catalog.pg_get_indexdef(indexrelid), indisvalid), ', ' ORDER BY indexrelid::pg_catalog.regclass::text) FROM pg_catalog.pg_index WHERE indrelid = c.oid)) \
         FROM pg_catalog.pg_class c WHERE c.oid = {relation})"
    ))
}

const RELATION: &str = "c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, \
    c.reloptions::text, pg_catalog.pg_get_expr(c.relpartbound, c.oid), \
    (SELECT string_agg(inhparent::pg_catalog.regclass::text, ', ' ORDER BY inhseqno) FROM pg_catalog.pg_inherits WHERE inhrelid = c.oid), \
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END, \
    pg_catalog.obj_description(c.oid, 'pg_class')";

const ATTRIBUTE: &str = "pg_catalog.format_type(a.atttypid, a.atttypmod), \
    (SELECT 'COLLATE ' || k.collname FROM pg_catalog.pg_collation k, pg_catalog.pg_type t \
     WHERE k.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <> t.typcollation), \
    CASE WHEN a.attnotnull THEN 'NOT NULL' END, 'DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), \
    'IDENTITY ' || nullif(a.attidentity::text, ''), 'GENERATED ' || nullif(a.attgenerated::text, ''), \
    a.attstorage, a.attoptions::text, 'COMMENT ' || pg_catalog.col_description(a.attrelid, a.attnum)";

fn regclass(id: &Id) -> String {
    format!("pg_catalog.to_regclass({})", quote_literal(&id.path()))
}

fn column(table: &Id, name: &str) -> String {
    format!(
        "(SELECT concat_ws(' ', {ATTRIBUTE}) FROM pg_catalog.pg_attribute a \
         LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE a.attrelid = {} AND a.attname = {} AND NOT a.attisdropped)",
        regclass(table),
        quote_literal(name)
    )
}

fn object(id: &Id) -> Option<String> {
    Some(match id.kind {
        Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView => relation(id),
        Kind::Constraint => constraint(id),
        Kind::Trigger => trigger(id),
        Kind::Rule => rule(id),
        Kind::Policy => policy(id),
        Kind::Index => index(id),
        Kind::Sequence => sequence(id),
        Kind::Function | Kind::Procedure => function(id),
        Kind::Enum => enumeration(id),
        Kind::Domain => domain(id),
        Kind::Composite => composite(id),
        Kind::Namespace => namespace(id),
        Kind::Extension => extension(id),
        Kind::Statistics => statistics(id),
        Kind::Language
        | Kind::AccessMethod
        | Kind::Collation
        | Kind::Range
        | Kind::BaseType
        | Kind::ForeignDataWrapper
        | Kind::Server
        | Kind::UserMapping
        | Kind::Aggregate
        | Kind::Operator
        | Kind::OperatorFamily
        | Kind::OperatorClass
        | Kind::Cast
        | Kind::Transform
        | Kind::Conversion
        | Kind::TsParser
        | Kind::TsTemplate
        | Kind::TsDictionary
        | Kind::TsConfiguration
        | Kind::EventTrigger
        | Kind::Publication
        | Kind::Subscription
        | Kind::DefaultPrivileges => return None,
    })
}

/// With its comment: `what` is an expression over `o`, a row of `catalog`.
fn described(what: &str, catalog: &str, from: &str) -> String {
    format!(
        "(SELECT concat_ws(' ', {what}, 'COMMENT ' || pg_catalog.obj_description(o.oid, '{catalog}')) FROM pg_catalog.{catalog} o WHERE {from})"
    )
}

fn on_table(id: &Id, column: &str) -> String {
    format!("o.{column} = {}", regclass(id))
}

fn regtype(id: &Id) -> String {
    format!("o.oid = pg_catalog.to_regtype({})", quote_literal(&id.path()))
}

fn regprocedure(id: &Id) -> String {
    let name = quote_literal(&format!("{}({})", id.path(), id.detail));
    format!("o.oid = pg_catalog.to_regprocedure({name})")
}

fn relation(id: &Id) -> String {
    format!("(SELECT concat_ws(' ', {RELATION}) FROM pg_catalog.pg_class c WHERE c.oid = {})", regclass(id))
}

fn constraint(id: &Id) -> String {
    described(
        "pg_catalog.pg_get_constraintdef(o.oid)",
        "pg_constraint",
        &format!("{} AND o.conname = {}", on_table(id, "conrelid"), quote_literal(&id.detail)),
    )
}

fn trigger(id: &Id) -> String {
    described(
        "pg_catalog.pg_get_triggerdef(o.oid), o.tgenabled",
        "pg_trigger",
        &format!("{} AND o.tgname = {}", on_table(id, "tgrelid"), quote_literal(&id.detail)),
    )
}

fn rule(id: &Id) -> String {
    described(
        "pg_catalog.pg_get_ruledef(o.oid), o.ev_enabled",
        "pg_rewrite",
        &format!("{} AND o.rulename = {}", on_table(id, "ev_class"), quote_literal(&id.detail)),
    )
}

fn policy(id: &Id) -> String {
    described(
        "o.polcmd, o.polpermissive, (SELECT string_agg(r::pg_catalog.regrole::text, ', ' ORDER BY 1) FROM unnest(o.polroles) r), \
             'USING ' || pg_catalog.pg_get_expr(o.polqual, o.polrelid), 'CHECK ' || pg_catalog.pg_get_expr(o.polwithcheck, o.polrelid)",
        "pg_policy",
        &format!("{} AND o.polname = {}", on_table(id, "polrelid"), quote_literal(&id.detail)),
    )
}

fn index(id: &Id) -> String {
    format!(
        "(SELECT concat_ws(' ', pg_catalog.pg_get_indexdef(indexrelid), CASE WHEN NOT indisvalid THEN 'INVALID' END, \
             'COMMENT ' || pg_catalog.obj_description(indexrelid, 'pg_class')) FROM pg_catalog.pg_index WHERE indexrelid = {})",
        regclass(id)
    )
}

fn sequence(id: &Id) -> String {
    format!(
        "(SELECT concat_ws(' ', s.seqtypid::pg_catalog.regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, \
             (SELECT d.refobjid::pg_catalog.regclass || ' ' || d.refobjsubid FROM pg_catalog.pg_depend d \
             WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = s.seqrelid AND d.deptype = 'a'), \
             'COMMENT ' || pg_catalog.obj_description(s.seqrelid, 'pg_class')) FROM pg_catalog.pg_sequence s WHERE s.seqrelid = {})",
        regclass(id)
    )
}

fn function(id: &Id) -> String {
    described(
        "pg_catalog.pg_get_functiondef(o.oid)",
        "pg_proc",
        &format!("{} AND o.prokind <> 'a'", regprocedure(id)),
    )
}

fn enumeration(id: &Id) -> String {
    described(
        "(SELECT string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = o.oid)",
        "pg_type",
        &regtype(id),
    )
}

fn domain(id: &Id) -> String {
    described(
        "pg_catalog.format_type(o.typbasetype, o.typtypmod), o.typnotnull, 'DEFAULT ' || o.typdefault, \
             (SELECT string_agg(concat_ws(' ', k.conname, pg_catalog.pg_get_constraintdef(k.oid)), ', ' ORDER BY k.conname) \
             FROM pg_catalog.pg_constraint k WHERE k.contypid = o.oid)",
        "pg_type",
        &regtype(id),
    )
}

fn composite(id: &Id) -> String {
    described(
        "(SELECT string_agg(a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) \
             FROM pg_catalog.pg_attribute a WHERE a.attrelid = o.typrelid AND a.attnum > 0 AND NOT a.attisdropped)",
        "pg_type",
        &regtype(id),
    )
}

fn namespace(id: &Id) -> String {
    described("'there'", "pg_namespace", &format!("o.nspname = {}", quote_literal(&id.name)))
}

fn extension(id: &Id) -> String {
    described(
        "o.extversion, o.extnamespace::pg_catalog.regnamespace",
        "pg_extension",
        &format!("o.extname = {}", quote_literal(&id.name)),
    )
}

fn statistics(id: &Id) -> String {
    described(
        "pg_catalog.pg_get_statisticsobjdef(o.oid)",
        "pg_statistic_ext",
        &format!(
            "o.stxname = {} AND o.stxnamespace = pg_catalog.to_regnamespace({})",
            quote_literal(&id.name),
            quote_literal(&cutover_sql::ident::quote_ident(&id.namespace))
        ),
    )
}
