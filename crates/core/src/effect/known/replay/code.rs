//! Functions and procedures.

use cutover_sql::tree::{
    self, AlterFunctionStmt, CreateFunctionStmt, DefElem, FunctionParameterMode, Node, NodeEnum,
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
        let all = self.routines.entry(name).or_default();
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

    /// What a statement says of its routine.
    pub fn routine_of(&self, it: &CreateFunctionStmt) -> Routine {
        let mut routine = Routine {
            volatility: Volatility::Volatile,
            returns: it.return_type.as_ref().map(|name| returned(self, name)).unwrap_or_default(),
            arguments: Vec::new(),
            language: "sql".into(),
            body: String::new(),
            reads: tree::boxed(it.sql_body.as_deref())
                .map(|body| query::reads(self, body))
                .unwrap_or_default(),
            made: self.era,
        };
        let mut columns = Vec::new();
        for node in &it.parameters {
            let Some(NodeEnum::FunctionParameter(parameter)) = tree::inner(node) else { continue };
            let data_type = self.data_type(parameter.arg_type.as_ref()).to_string();
            match parameter.mode() {
                FunctionParameterMode::FuncParamOut | FunctionParameterMode::FuncParamTable => {
                    columns.push(format!("{} {data_type}", parameter.name));
                }
                _ => routine.arguments.push(data_type),
            }
        }
        if !columns.is_empty() {
            routine.returns = format!("{} ({})", routine.returns, columns.join(", "));
        }
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

fn returned(known: &Known, name: &tree::TypeName) -> String {
    let set = if name.setof { "SETOF " } else { "" };
    format!("{set}{}", known.data_type(Some(name)))
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
