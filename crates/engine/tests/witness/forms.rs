//! A form of statement without a case is a failed test: the parser's own lists say which there are.
//!
//! What no user can write stands in the lists below, with the reason; what stands there and is written in a case is
//! wrong, too.

use std::collections::BTreeSet;

use cutover_sql::span::Span;
use cutover_sql::statement;
use cutover_sql::tree::{self, AlterTableType, Node, NodeEnum, ObjectType};
use prost::Message as _;

use super::case::Area;

/// Subcommands of ALTER TABLE that the server makes for itself.
const SUBCOMMANDS: &[(&[&str], &str)] = &[
    (&["AtAddColumnToView"], "CREATE OR REPLACE VIEW makes it"),
    (&["AtCookedColumnDefault"], "the default of a table made by LIKE, which is parsed already"),
    (&["AtAddIndex", "AtAddIndexConstraint"], "parse analysis makes it of ADD CONSTRAINT"),
    (
        &[
            "AtReAddIndex",
            "AtReAddConstraint",
            "AtReAddDomainConstraint",
            "AtReAddComment",
            "AtReAddStatistics",
        ],
        "ALTER COLUMN TYPE makes again what hangs on the column",
    ),
    (&["AtReplaceRelOptions"], "CREATE OR REPLACE VIEW makes it"),
];

/// Nodes whose names end as those of statements.
const STATEMENTS: &[(&[&str], &str)] = &[
    (&["RawStmt"], "the parser's wrapper of each statement"),
    (&["PlassignStmt"], "an assignment in PL/pgSQL"),
    (&["ReturnStmt"], "the body of a function"),
    (&["SetOperationStmt"], "parse analysis makes it of UNION"),
    (&["ReplicaIdentityStmt"], "a part of ALTER TABLE"),
    (&["SecLabelStmt"], "needs a provider of labels, which no server here has"),
];

/// What no such statement can name: parts of other objects, and what the server has for its own use.
const PARTS: &[&str] = &[
    "ObjectAmop",
    "ObjectAmproc",
    "ObjectDefault",
    "ObjectDefacl",
    "ObjectPublicationNamespace",
    "ObjectPublicationRel",
    "ObjectUserMapping",
];

/// What PostgreSQL has no such statement for, by verb, besides [`PARTS`], and why.
const OBJECTS: &[(&str, &str, &[&str])] = &[
    (
        "DROP",
        "columns, constraints and defaults go by ALTER, and the rest by statements of their own kind (DROP ROLE)",
        &[
            "ObjectAttribute",
            "ObjectColumn",
            "ObjectDatabase",
            "ObjectDomconstraint",
            "ObjectLargeobject",
            "ObjectParameterAcl",
            "ObjectRole",
            "ObjectSubscription",
            "ObjectTabconstraint",
            "ObjectTablespace",
        ],
    ),
    (
        "RENAME",
        "these have no name of their own, or keep it",
        &[
            "ObjectAccessMethod",
            "ObjectCast",
            "ObjectExtension",
            "ObjectLargeobject",
            "ObjectOperator",
            "ObjectParameterAcl",
            "ObjectTransform",
        ],
    ),
    (
        "SET SCHEMA",
        "these are in no schema, or in that of their table",
        &[
            "ObjectAccessMethod",
            "ObjectAttribute",
            "ObjectCast",
            "ObjectColumn",
            "ObjectDatabase",
            "ObjectDomconstraint",
            "ObjectEventTrigger",
            "ObjectFdw",
            "ObjectForeignServer",
            "ObjectIndex",
            "ObjectLanguage",
            "ObjectLargeobject",
            "ObjectParameterAcl",
            "ObjectPolicy",
            "ObjectPublication",
            "ObjectRole",
            "ObjectRule",
            "ObjectSchema",
            "ObjectSubscription",
            "ObjectTabconstraint",
            "ObjectTablespace",
            "ObjectTransform",
            "ObjectTrigger",
        ],
    ),
    (
        "OWNER",
        "these have no owner, or that of their table",
        &[
            "ObjectAccessMethod",
            "ObjectAttribute",
            "ObjectCast",
            "ObjectColumn",
            "ObjectDomconstraint",
            "ObjectExtension",
            "ObjectParameterAcl",
            "ObjectPolicy",
            "ObjectRole",
            "ObjectRule",
            "ObjectTabconstraint",
            "ObjectTransform",
            "ObjectTrigger",
            "ObjectTsparser",
            "ObjectTstemplate",
        ],
    ),
    ("COMMENT", "nobody can say anything of these", &["ObjectAttribute", "ObjectParameterAcl"]),
    (
        "GRANT",
        "nobody grants anything on these: a view is granted as a table",
        &[
            "ObjectAccessMethod",
            "ObjectAggregate",
            "ObjectAttribute",
            "ObjectCast",
            "ObjectColumn",
            "ObjectCollation",
            "ObjectConversion",
            "ObjectDomconstraint",
            "ObjectEventTrigger",
            "ObjectExtension",
            "ObjectForeignTable",
            "ObjectIndex",
            "ObjectMatview",
            "ObjectOpclass",
            "ObjectOperator",
            "ObjectOpfamily",
            "ObjectPolicy",
            "ObjectPublication",
            "ObjectRole",
            "ObjectRule",
            "ObjectSubscription",
            "ObjectStatisticExt",
            "ObjectTabconstraint",
            "ObjectTransform",
            "ObjectTrigger",
            "ObjectTsconfiguration",
            "ObjectTsdictionary",
            "ObjectTsparser",
            "ObjectTstemplate",
            "ObjectView",
        ],
    ),
];

/// What the cases are made of.
#[derive(Default)]
struct Forms {
    subcommands: BTreeSet<String>,
    statements: BTreeSet<String>,
    objects: BTreeSet<(&'static str, String)>,
}

impl Forms {
    fn of_cases() -> Self {
        let mut forms = Self::default();
        for case in Area::every().iter().flat_map(|area| &area.cases) {
            let text = &case.statement;
            for (_, node) in statement::parse_what_can(text, Span::new(0, text.len())).0 {
                forms.take(&node);
            }
        }
        forms
    }

    fn take(&mut self, node: &NodeEnum) {
        self.statements.insert(name(node));
        let mut object = |verb, kind: ObjectType| self.objects.insert((verb, format!("{kind:?}")));
        match node {
            NodeEnum::AlterTableStmt(it) => {
                for command in it.cmds.iter().filter_map(tree::inner) {
                    if let NodeEnum::AlterTableCmd(command) = command {
                        self.subcommands.insert(format!("{:?}", command.subtype()));
                        // the owner of a relation is one of ALTER TABLE's subcommands
                        if command.subtype() == AlterTableType::AtChangeOwner {
                            self.objects.insert(("OWNER", format!("{:?}", it.objtype())));
                        }
                    }
                }
            }
            NodeEnum::DropStmt(it) => _ = object("DROP", it.remove_type()),
            NodeEnum::RenameStmt(it) => _ = object("RENAME", it.rename_type()),
            NodeEnum::AlterObjectSchemaStmt(it) => _ = object("SET SCHEMA", it.object_type()),
            NodeEnum::AlterOwnerStmt(it) => _ = object("OWNER", it.object_type()),
            NodeEnum::CommentStmt(it) => _ = object("COMMENT", it.objtype()),
            NodeEnum::GrantStmt(it) => _ = object("GRANT", it.objtype()),
            _ => {}
        }
    }
}

/// The name of a node's kind.
fn name(node: &NodeEnum) -> String {
    let text = format!("{node:?}");
    text.split_once('(').map_or(text.as_str(), |(name, _)| name).to_owned()
}

/// The names of an enum of the parser.
fn names<T: TryFrom<i32> + std::fmt::Debug>() -> Vec<String> {
    (1..).map_while(|number| T::try_from(number).ok()).map(|it| format!("{it:?}")).collect()
}

/// The kinds of nodes that are statements: an empty one of each kind is read.
fn statements() -> Vec<String> {
    const LAST: u32 = 1_000;
    let mut found = Vec::new();
    for tag in 1..LAST {
        let mut bytes = Vec::new();
        prost::encoding::encode_key(tag, prost::encoding::WireType::LengthDelimited, &mut bytes);
        bytes.push(0);
        let node = Node::decode(&bytes[..]).ok().and_then(|node| node.node);
        found.extend(node.as_ref().map(name).filter(|name| name.ends_with("Stmt")));
    }
    assert!(found.len() > 100, "the parser's nodes are not read any more");
    found
}

fn missing(
    what: &str,
    all: &[String],
    seen: impl Fn(&str) -> bool,
    never: impl Fn(&str) -> bool,
) -> impl Iterator<Item = String> {
    let wrong: Vec<String> = all
        .iter()
        .filter_map(|form| match (seen(form), never(form)) {
            (false, false) => Some(format!("{what} {form}: no case")),
            (true, true) => Some(format!("{what} {form}: a case, although nobody can write it")),
            (true, false) | (false, true) => None,
        })
        .collect();
    wrong.into_iter()
}

#[test]
fn every_form_of_statement_has_a_case() {
    let forms = Forms::of_cases();
    let listed = |list: &[(&[&str], &str)], form: &str| list.iter().any(|(names, _)| names.contains(&form));
    let subcommands = names::<AlterTableType>();
    let mut wrong: Vec<String> = missing(
        "ALTER TABLE",
        &subcommands,
        |form| forms.subcommands.contains(form),
        |form| listed(SUBCOMMANDS, form),
    )
    .collect();
    let kinds = statements();
    wrong.extend(missing(
        "statement",
        &kinds,
        |form| forms.statements.contains(form),
        |form| listed(STATEMENTS, form),
    ));
    let objects = names::<ObjectType>();
    for (verb, _, never) in OBJECTS {
        wrong.extend(missing(
            verb,
            &objects,
            |form| forms.objects.contains(&(*verb, form.to_owned())),
            |form| never.contains(&form) || PARTS.contains(&form),
        ));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
