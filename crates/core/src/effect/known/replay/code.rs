//! Functions and procedures.

use std::sync::Arc;

use cutover_sql::tree::{
    self, AlterFunctionStmt, CreateFunctionStmt, DefElem, DefineStmt, FunctionParameterMode, Node, NodeEnum,
};

use super::super::{Known, Rel, Routine, Volatility};
use crate::effect::query;

impl Known {
    /// The routine that a name means.
    pub fn routine_named(&self, schema: Option<&str>, name: &str) -> Rel {
        match schema {
            Some(schema) => Rel::new(schema, name),
            None => self.find(name, |rel| self.routines.contains_key(rel)),
        }
    }

    pub(super) fn create_routine(&mut self, it: &CreateFunctionStmt) {
        let (schema, name) = tree::qualified(&it.funcname);
        let name = Rel::new(schema.unwrap_or_else(|| self.creation_schema()), name);
        let routine = self.routine_of(it);
        let all = self.routines.get_or_insert_with(name, Vec::new);
        let mut made = self.era;
        all.retain(|old| {
            let same = old.arguments == routine.arguments;
            if same {
                made = old.made;
            }
            !same
        });
        all.push(Routine { made, ..routine });
    }

    /// `CREATE AGGREGATE`: called like a function.
    pub(super) fn create_aggregate(&mut self, it: &DefineStmt) {
        let (schema, name) = tree::qualified(&it.defnames);
        let name = Rel::new(schema.unwrap_or_else(|| self.creation_schema()), name);
        let Some(NodeEnum::List(list)) = it.args.first().and_then(tree::inner) else { return };
        let arguments = list.items.iter().filter_map(|node| match tree::inner(node)? {
            NodeEnum::FunctionParameter(it) => Some(self.data_type(it.arg_type.as_ref()).to_string()),
            _ => None,
        });
        let routine = Routine {
            procedure: false,
            volatility: Volatility::Immutable,
            returns: String::new(),
            arguments: arguments.collect(),
            names: Vec::new(),
            defaults: 0,
            // what it calls is found by its own name
            language: "sql".into(),
            body: String::new(),
            atomic: Vec::new(),
            reads: Vec::new(),
            made: self.era,
        };
        self.routines.get_or_insert_with(name, Vec::new).push(routine);
    }

    /// What a statement says of its routine.
    pub fn routine_of(&self, it: &CreateFunctionStmt) -> Routine {
        let mut routine = Routine {
            procedure: it.is_procedure,
            volatility: Volatility::Volatile,
            returns: it.return_type.as_ref().map(|name| returned(self, name)).unwrap_or_default(),
            arguments: Vec::new(),
            names: Vec::new(),
            defaults: 0,
            language: "sql".into(),
            body: String::new(),
            reads: tree::boxed(it.sql_body.as_deref())
                .map(|body| query::reads(self, body))
                .unwrap_or_default(),
            atomic: it.sql_body.as_deref().and_then(tree::inner).map(statements).unwrap_or_default(),
            made: self.era,
        };
        let mut columns = Vec::new();
        for node in &it.parameters {
            let Some(NodeEnum::FunctionParameter(parameter)) = tree::inner(node) else { continue };
            let data_type = self.data_type(parameter.arg_type.as_ref()).to_string();
            let mode = parameter.mode();
            let comes_back = matches!(
                mode,
                FunctionParameterMode::FuncParamOut
                    | FunctionParameterMode::FuncParamInout
                    | FunctionParameterMode::FuncParamTable
            );
            if comes_back {
                columns.push((parameter.name.clone(), data_type.clone()));
            }
            if !comes_back || mode == FunctionParameterMode::FuncParamInout {
                routine.arguments.push(data_type);
                routine.names.push(parameter.name.clone());
                routine.defaults += usize::from(parameter.defexpr.is_some());
            }
        }
        routine.returns = with_columns(routine.returns, &columns);
        for option in options(&it.options) {
            routine.take(option);
        }
        routine
    }

    pub(super) fn alter_routine(&mut self, it: &AlterFunctionStmt) {
        let Some(function) = &it.func else { return };
        let (schema, name) = tree::qualified(&function.objname);
        let name = self.routine_named(schema, name);
        let arguments = self.arguments(function);
        for routine in self.routines.get_mut(&name).into_iter().flatten() {
            if function.args_unspecified || routine.arguments == arguments {
                options(&it.actions).for_each(|option| routine.take(option));
            }
        }
    }

    pub(super) fn drop_routine(&mut self, node: &Node) {
        let Some(NodeEnum::ObjectWithArgs(it)) = tree::inner(node) else { return };
        let (schema, name) = tree::qualified(&it.objname);
        let name = self.routine_named(schema, name);
        let arguments = self.arguments(it);
        if let Some(routines) = self.routines.get_mut(&name) {
            routines.retain(|routine| !(it.args_unspecified || routine.arguments == arguments));
            if routines.is_empty() {
                self.routines.remove(&name);
            }
        }
    }

    /// The types of the arguments that an object is named with.
    pub fn arguments(&self, it: &tree::ObjectWithArgs) -> Vec<String> {
        let types = it.objargs.iter().filter_map(|node| match tree::inner(node)? {
            NodeEnum::TypeName(name) => Some(self.data_type(Some(name)).to_string()),
            _ => None,
        });
        types.collect()
    }
}

/// The statements of a body that is no text: one, or a list of lists.
fn statements(body: &NodeEnum) -> Vec<Arc<NodeEnum>> {
    match body {
        NodeEnum::List(list) => list.items.iter().filter_map(tree::inner).flat_map(statements).collect(),
        statement => vec![Arc::new(statement.clone())],
    }
}

fn returned(known: &Known, name: &tree::TypeName) -> String {
    let set = if name.setof { "SETOF " } else { "" };
    format!("{set}{}", known.data_type(Some(name)))
}

/// One column that comes back is a result without a name, several are a row.
fn with_columns(written: String, columns: &[(String, String)]) -> String {
    match columns {
        [] => written,
        [(_, data_type)] if written.is_empty() => data_type.clone(),
        [_] => written,
        _ => {
            let set = if written.starts_with("SETOF ") { "SETOF " } else { "" };
            let columns: Vec<String> = columns.iter().map(|(name, of)| format!("{name} {of}")).collect();
            format!("{set}({})", columns.join(", "))
        }
    }
}

fn options(nodes: &[Node]) -> impl Iterator<Item = &DefElem> {
    nodes.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::DefElem(it) => Some(it.as_ref()),
        _ => None,
    })
}

impl Routine {
    fn take(&mut self, option: &DefElem) {
        let argument = option.arg.as_deref();
        match option.defname.as_str() {
            "volatility" => {
                self.volatility = match argument.and_then(tree::text) {
                    Some("immutable") => Volatility::Immutable,
                    Some("stable") => Volatility::Stable,
                    _ => Volatility::Volatile,
                };
            }
            "language" => {
                if let Some(language) = argument.and_then(tree::text) {
                    language.clone_into(&mut self.language);
                }
            }
            "as" => {
                if let Some(NodeEnum::List(list)) = tree::boxed(argument)
                    && let Some(body) = list.items.first().and_then(tree::text)
                {
                    body.clone_into(&mut self.body);
                }
            }
            _ => {}
        }
    }
}
