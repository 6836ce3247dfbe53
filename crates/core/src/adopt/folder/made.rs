//! What a statement creates, drops and renames, as far as two files can do so to the same thing.
//!
//! Read off the tree alone; whether something is there is not known here.

use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{
    self, AlterTableCmd, AlterTableType, DropBehavior, FunctionParameterMode, Node, NodeEnum, ObjectType,
    RangeVar, RenameStmt, TypeName, boxed, inner,
};

/// Kinds of things that have names of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Tables, views, indexes and sequences share their names.
    Relation,
    Type,
    Routine,
    Schema,
    Extension,
    /// Of a table: the name is that of the table, a point and its own.
    Column,
    Constraint,
    Trigger,
    Policy,
    Rule,
    Statistics,
    Role,
    Publication,
    EventTrigger,
}

/// A thing with a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Object {
    pub kind: Kind,
    /// Empty for what is in no schema.
    pub schema: String,
    /// As SQL writes it; what is of a table has the table's name before it, and a point.
    pub name: String,
}

impl Object {
    /// As people write it.
    pub fn told(&self) -> String {
        match self.schema.as_str() {
            "" | "public" => self.name.clone(),
            schema => format!("{}.{}", quote_ident(schema), self.name),
        }
    }

    /// Whether it goes when `table` goes.
    pub fn is_of(&self, table: &Self) -> bool {
        let is_part =
            matches!(self.kind, Kind::Column | Kind::Constraint | Kind::Trigger | Kind::Policy | Kind::Rule);
        is_part
            && self.schema == table.schema
            && self.name.strip_prefix(&table.name).is_some_and(|it| it.starts_with('.'))
    }
}

/// What a statement does to one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// It creates it.
    Make {
        object: Object,
        /// What it is, for people: `table`.
        word: &'static str,
        /// Whether it does nothing when there is one.
        if_not_exists: bool,
        /// Whether it takes the place of one.
        replaces: bool,
        /// Where it belongs to a table that the same name can be dropped with.
        of: Option<Object>,
    },
    /// It drops it, and with CASCADE what depends on it.
    Drop { object: Object, cascades: bool },
    /// It has another name, or another schema, from then on.
    Rename(Object, Object),
}

/// What a statement does; `schema` is where names without one go.
pub(super) fn acts(node: &NodeEnum, schema: &str) -> Vec<Act> {
    let names = Names { schema };
    match node {
        NodeEnum::CreateStmt(it) => {
            names.table(it.relation.as_ref(), "table", it.if_not_exists, &it.table_elts)
        }
        NodeEnum::CreateForeignTableStmt(it) => it.base_stmt.as_ref().map_or(Vec::new(), |it| {
            names.table(it.relation.as_ref(), "foreign table", it.if_not_exists, &it.table_elts)
        }),
        NodeEnum::CreateTableAsStmt(it) => {
            let word = if it.objtype() == ObjectType::ObjectMatview { "materialized view" } else { "table" };
            let rel = it.into.as_ref().and_then(|it| it.rel.as_ref());
            names.table(rel, word, it.if_not_exists, &[])
        }
        NodeEnum::SelectStmt(it) => {
            let rel = it.into_clause.as_ref().and_then(|it| it.rel.as_ref());
            names.table(rel, "table", false, &[])
        }
        NodeEnum::ViewStmt(it) => match it.view.as_ref().filter(|it| it.relpersistence != "t") {
            Some(view) => vec![make(names.relation(view), "view", (false, it.replace))],
            None => Vec::new(),
        },
        NodeEnum::CreateSeqStmt(it) => names.table(it.sequence.as_ref(), "sequence", it.if_not_exists, &[]),
        NodeEnum::IndexStmt(it) if !it.idxname.is_empty() => match &it.relation {
            Some(table) => {
                let name = Object { name: quoted(&it.idxname), ..names.relation(table) };
                let act = make(name, "index", (it.if_not_exists, false));
                vec![with_table(act, names.relation(table))]
            }
            None => Vec::new(),
        },
        NodeEnum::AlterTableStmt(it) => match &it.relation {
            Some(table) => it.cmds.iter().filter_map(|cmd| names.alter(table, inner(cmd)?)).collect(),
            None => Vec::new(),
        },
        NodeEnum::RenameStmt(it) => names.rename(it).into_iter().collect(),
        NodeEnum::AlterObjectSchemaStmt(it) => match &it.relation {
            Some(table) => {
                let old = names.relation(table);
                let new = Object { schema: it.newschema.clone(), ..old.clone() };
                vec![Act::Rename(old, new)]
            }
            None => Vec::new(),
        },
        NodeEnum::DropStmt(it) => {
            let cascades = it.behavior() == DropBehavior::DropCascade;
            let objects = it.objects.iter().filter_map(|node| names.dropped(it.remove_type(), node));
            objects.map(|object| Act::Drop { object, cascades }).collect()
        }
        NodeEnum::DropRoleStmt(it) => {
            let role = |node: &Node| match inner(node)? {
                NodeEnum::RoleSpec(it) => {
                    Some(Act::Drop { object: free(Kind::Role, &it.rolename), cascades: false })
                }
                _ => None,
            };
            it.roles.iter().filter_map(role).collect()
        }
        _ => names.other(node).into_iter().collect(),
    }
}

fn make(object: Object, word: &'static str, (if_not_exists, replaces): (bool, bool)) -> Act {
    Act::Make { object, word, if_not_exists, replaces, of: None }
}

fn with_table(act: Act, table: Object) -> Act {
    match act {
        Act::Make { object, word, if_not_exists, replaces, of: _ } => {
            Act::Make { object, word, if_not_exists, replaces, of: Some(table) }
        }
        Act::Drop { .. } | Act::Rename(..) => act,
    }
}

fn quoted(name: &str) -> String {
    quote_ident(name).into_owned()
}

/// What is in no schema.
fn free(kind: Kind, name: &str) -> Object {
    Object { kind, schema: String::new(), name: quoted(name) }
}

struct Names<'s> {
    schema: &'s str,
}

impl Names<'_> {
    fn object(&self, kind: Kind, (schema, name): (Option<&str>, &str)) -> Object {
        Object { kind, schema: schema.unwrap_or(self.schema).to_owned(), name: quoted(name) }
    }

    fn relation(&self, range: &RangeVar) -> Object {
        self.object(Kind::Relation, (tree::schema(range), &range.relname))
    }

    /// A thing of a table.
    fn part(&self, kind: Kind, table: &RangeVar, name: &str) -> Object {
        let table = self.relation(table);
        Object { kind, name: format!("{}.{}", table.name, quoted(name)), ..table }
    }

    /// A relation with its columns. Temporary ones are nobody else's.
    fn table(
        &self,
        range: Option<&RangeVar>,
        word: &'static str,
        if_not_exists: bool,
        elements: &[Node],
    ) -> Vec<Act> {
        let Some(range) = range.filter(|it| it.relpersistence != "t") else { return Vec::new() };
        let table = self.relation(range);
        let column = |node: &Node| match inner(node)? {
            NodeEnum::ColumnDef(it) => Some(with_table(
                make(self.part(Kind::Column, range, &it.colname), "column", (if_not_exists, false)),
                table.clone(),
            )),
            _ => None,
        };
        let mut acts = vec![make(table.clone(), word, (if_not_exists, false))];
        acts.extend(elements.iter().filter_map(column));
        acts
    }

    fn alter(&self, table: &RangeVar, cmd: &NodeEnum) -> Option<Act> {
        let NodeEnum::AlterTableCmd(cmd) = cmd else { return None };
        self.command(table, cmd).map(|act| with_table(act, self.relation(table)))
    }

    fn command(&self, table: &RangeVar, cmd: &AlterTableCmd) -> Option<Act> {
        match (cmd.subtype(), boxed(cmd.def.as_deref())) {
            (AlterTableType::AtAddColumn, Some(NodeEnum::ColumnDef(it))) => {
                Some(make(self.part(Kind::Column, table, &it.colname), "column", (cmd.missing_ok, false)))
            }
            (AlterTableType::AtAddConstraint, Some(NodeEnum::Constraint(it))) if !it.conname.is_empty() => {
                Some(make(self.part(Kind::Constraint, table, &it.conname), "constraint", (false, false)))
            }
            (AlterTableType::AtDropColumn, _) => Some(Act::Drop {
                object: self.part(Kind::Column, table, &cmd.name),
                cascades: cmd.behavior() == DropBehavior::DropCascade,
            }),
            (AlterTableType::AtDropConstraint, _) => Some(Act::Drop {
                object: self.part(Kind::Constraint, table, &cmd.name),
                cascades: cmd.behavior() == DropBehavior::DropCascade,
            }),
            _ => None,
        }
    }

    fn rename(&self, it: &RenameStmt) -> Option<Act> {
        let kind = match it.rename_type() {
            ObjectType::ObjectColumn => Kind::Column,
            ObjectType::ObjectTabconstraint => Kind::Constraint,
            ObjectType::ObjectTrigger => Kind::Trigger,
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectIndex
            | ObjectType::ObjectSequence
            | ObjectType::ObjectForeignTable => {
                let old = self.relation(it.relation.as_ref()?);
                let new = Object { name: quoted(&it.newname), ..old.clone() };
                return Some(Act::Rename(old, new));
            }
            ObjectType::ObjectType => {
                let old = self.object(Kind::Type, tree::name_of(it.object.as_deref()?));
                let new = Object { name: quoted(&it.newname), ..old.clone() };
                return Some(Act::Rename(old, new));
            }
            ObjectType::ObjectSchema => {
                return Some(Act::Rename(free(Kind::Schema, &it.subname), free(Kind::Schema, &it.newname)));
            }
            _ => return None,
        };
        let table = it.relation.as_ref()?;
        Some(Act::Rename(self.part(kind, table, &it.subname), self.part(kind, table, &it.newname)))
    }

    fn dropped(&self, kind: ObjectType, node: &Node) -> Option<Object> {
        let name = tree::name_of(node);
        let kind = match kind {
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectIndex
            | ObjectType::ObjectSequence
            | ObjectType::ObjectForeignTable => Kind::Relation,
            ObjectType::ObjectType | ObjectType::ObjectDomain => Kind::Type,
            ObjectType::ObjectSchema => return Some(free(Kind::Schema, name.1)),
            ObjectType::ObjectExtension => return Some(free(Kind::Extension, name.1)),
            ObjectType::ObjectPublication => return Some(free(Kind::Publication, name.1)),
            ObjectType::ObjectEventTrigger => return Some(free(Kind::EventTrigger, name.1)),
            ObjectType::ObjectStatisticExt => Kind::Statistics,
            ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine => {
                let NodeEnum::ObjectWithArgs(it) = inner(node)? else { return None };
                // without arguments it is the only one of its name
                let args = (!it.args_unspecified).then(|| types(it.objargs.iter().filter_map(inner)));
                return Some(self.routine(name, args.as_deref()));
            }
            ObjectType::ObjectTrigger => return self.of_table(Kind::Trigger, node),
            ObjectType::ObjectPolicy => return self.of_table(Kind::Policy, node),
            ObjectType::ObjectRule => return self.of_table(Kind::Rule, node),
            _ => return None,
        };
        Some(self.object(kind, name))
    }

    /// A thing that is named by a list: the table, and its own name.
    fn of_table(&self, kind: Kind, node: &Node) -> Option<Object> {
        let NodeEnum::List(list) = inner(node)? else { return None };
        let names = tree::texts(&list.items);
        let (own, table) = names.split_last()?;
        let (schema, table) = match table {
            [schema, table] => (Some(*schema), *table),
            [table] => (None, *table),
            _ => return None,
        };
        let table = self.object(kind, (schema, table));
        Some(Object { name: format!("{}.{}", table.name, quoted(own)), ..table })
    }

    fn routine(&self, name: (Option<&str>, &str), args: Option<&str>) -> Object {
        let object = self.object(Kind::Routine, name);
        Object {
            name: args.map_or_else(|| object.name.clone(), |args| format!("{}({args})", object.name)),
            ..object
        }
    }

    fn other(&self, node: &NodeEnum) -> Option<Act> {
        let no = (false, false);
        let of_type = |names: &[Node]| self.object(Kind::Type, tree::qualified(names));
        Some(match node {
            NodeEnum::CreateEnumStmt(it) => make(of_type(&it.type_name), "type", no),
            NodeEnum::CreateRangeStmt(it) => make(of_type(&it.type_name), "type", no),
            NodeEnum::CreateDomainStmt(it) => make(of_type(&it.domainname), "domain", no),
            NodeEnum::CompositeTypeStmt(it) => {
                let name = it.typevar.as_ref()?;
                make(self.object(Kind::Type, (tree::schema(name), &name.relname)), "type", no)
            }
            NodeEnum::CreateSchemaStmt(it) if !it.schemaname.is_empty() => {
                make(free(Kind::Schema, &it.schemaname), "schema", (it.if_not_exists, false))
            }
            NodeEnum::CreateExtensionStmt(it) => {
                make(free(Kind::Extension, &it.extname), "extension", (it.if_not_exists, false))
            }
            NodeEnum::CreateRoleStmt(it) => make(free(Kind::Role, &it.role), "role", no),
            NodeEnum::CreatePublicationStmt(it) => {
                make(free(Kind::Publication, &it.pubname), "publication", no)
            }
            NodeEnum::CreateEventTrigStmt(it) => {
                make(free(Kind::EventTrigger, &it.trigname), "event trigger", no)
            }
            NodeEnum::CreateStatsStmt(it) if !it.defnames.is_empty() => make(
                self.object(Kind::Statistics, tree::qualified(&it.defnames)),
                "statistics",
                (it.if_not_exists, false),
            ),
            NodeEnum::CreateTrigStmt(it) => make(
                self.part(Kind::Trigger, it.relation.as_ref()?, &it.trigname),
                "trigger",
                (false, it.replace),
            ),
            NodeEnum::CreatePolicyStmt(it) => {
                make(self.part(Kind::Policy, it.table.as_ref()?, &it.policy_name), "policy", no)
            }
            NodeEnum::RuleStmt(it) => {
                make(self.part(Kind::Rule, it.relation.as_ref()?, &it.rulename), "rule", (false, it.replace))
            }
            NodeEnum::CreateFunctionStmt(it) => {
                let args = it.parameters.iter().filter_map(|node| match inner(node)? {
                    NodeEnum::FunctionParameter(it) => Some(it),
                    _ => None,
                });
                let is_input = |mode| {
                    !matches!(
                        mode,
                        FunctionParameterMode::FuncParamOut | FunctionParameterMode::FuncParamTable
                    )
                };
                let texts: Vec<String> = args
                    .filter(|it| is_input(it.mode()))
                    .filter_map(|it| Some(data_type(it.arg_type.as_ref()?)))
                    .collect();
                let word = if it.is_procedure { "procedure" } else { "function" };
                make(
                    self.routine(tree::qualified(&it.funcname), Some(&texts.join(", "))),
                    word,
                    (false, it.replace),
                )
            }
            _ => return None,
        })
    }
}

fn types<'a>(nodes: impl Iterator<Item = &'a NodeEnum>) -> String {
    let text = |node: &NodeEnum| match node {
        NodeEnum::TypeName(it) => data_type(it),
        _ => String::new(),
    };
    nodes.map(text).collect::<Vec<_>>().join(", ")
}

fn data_type(name: &TypeName) -> String {
    let (schema, own) = tree::qualified(&name.names);
    let schema = schema.filter(|it| *it != "pg_catalog").map(|it| format!("{it}.")).unwrap_or_default();
    format!("{schema}{own}{}", "[]".repeat(name.array_bounds.len().min(1)))
}
