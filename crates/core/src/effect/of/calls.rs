//! The functions that a statement calls, and the code that they run.

use cutover_sql::tree::{self, CreateFunctionStmt, NodeEnum, SelectStmt};

use super::{Effects, Mode, Rel, Work};
use crate::effect::code::{self, Code};
use crate::effect::known::{Routine, literal};

/// Calls that are looked into, one within the other.
const DEPTH: usize = 8;

impl Work<'_> {
    /// The functions that an expression calls, as far as somebody made them.
    pub(super) fn calls(&mut self, node: &NodeEnum) {
        let mut called: Vec<&[tree::Node]> = Vec::new();
        let mut sequences: Vec<&str> = Vec::new();
        tree::visit(node, &mut |node| {
            let NodeEnum::FuncCall(call) = node else { return };
            called.push(&call.funcname);
            let (_, name) = tree::qualified(&call.funcname);
            if matches!(name, "nextval" | "setval" | "currval")
                && let Some(text) = call.args.first().and_then(literal)
            {
                sequences.push(text);
            }
        });
        for name in called {
            self.call(name);
        }
        for text in sequences {
            let sequence = self.known.written_name(text);
            if self.known.get(&sequence).is_some() {
                self.perhaps(&sequence, Mode::RowExclusive);
            }
        }
    }

    /// A query that reads no table is there for the functions that it calls.
    pub(super) fn called_alone(&mut self, it: &SelectStmt) {
        let is_table = |node: &&NodeEnum| !matches!(node, NodeEnum::RangeFunction(_));
        if it.larg.is_some() || it.from_clause.iter().filter_map(tree::inner).any(|node| is_table(&node)) {
            return;
        }
        let mut called: Vec<&[tree::Node]> = Vec::new();
        for node in it.target_list.iter().chain(&it.from_clause).filter_map(tree::inner) {
            tree::visit(node, &mut |node| {
                if let NodeEnum::FuncCall(call) = node
                    && call.funcname.len() > 1
                {
                    called.push(&call.funcname);
                }
            });
        }
        called.into_iter().for_each(|name| self.not_known(name));
    }

    /// What a routine does that nobody has seen the text of; PostgreSQL's own are known to its documentation.
    pub(super) fn not_known(&mut self, name: &[tree::Node]) {
        let schema = tree::qualified(name).0;
        let (routines, full) = self.known.called(name);
        if routines.is_empty() && !matches!(schema, Some("pg_catalog" | "information_schema")) {
            self.unknown(format!("{full}: its text is not known"));
        }
    }

    /// A function or a procedure that a name means; which of several of that name is not looked at.
    pub(super) fn call(&mut self, name: &[tree::Node]) {
        let (_, full) = self.known.called(name);
        self.run_routine(&full, true);
    }

    /// What a routine runs.
    pub(super) fn run_routine(&mut self, name: &Rel, sure: bool) {
        if self.inside.len() >= DEPTH || self.inside.contains(name) {
            return;
        }
        let codes: Vec<Code> = self.known.routines(name).iter().map(code::of_routine).collect();
        self.inside.push(name.clone());
        let sure = sure && codes.len() == 1;
        for code in codes {
            self.code(code, &name.to_string(), sure);
        }
        self.inside.pop();
    }

    /// What the text of a routine or a DO block says.
    pub(super) fn code(&mut self, code: Code, what: &str, sure: bool) {
        let mut after = None;
        for run in &code.runs {
            let known = after.as_ref().unwrap_or(self.known);
            let mut work = Work { known, out: Effects::default(), inside: self.inside.clone() };
            work.statement(&run.tree);
            let found = work.done();
            self.out.add(if sure && run.sure { found } else { found.perhaps() });
            if !is_rows(&run.tree) {
                after.get_or_insert_with(|| self.known.clone()).apply(&run.tree);
            }
        }
        self.out.blind |= !code.unknown.is_empty();
        for unknown in code.unknown {
            self.unknown(format!("{what}: {unknown}"));
        }
    }

    /// The body of a function in SQL is looked at when it is made: what it names is locked as a query would.
    pub(super) fn create_function(&mut self, it: &CreateFunctionStmt) {
        let routine = self.known.routine_of(it);
        if it.replace {
            self.replaced(it, &routine);
        }
        // what it means is not known before its arguments are
        let is_open = routine.arguments.iter().any(|argument| argument.starts_with("any"));
        let is_text = routine.atomic.is_empty();
        if routine.language != "sql" || is_open || (is_text && !self.known.checks_bodies) {
            return;
        }
        for run in code::of_routine(&routine).runs {
            self.parsed(&run.tree);
        }
    }

    /// A routine of the same arguments has to give the same back, under the same names.
    fn replaced(&mut self, it: &CreateFunctionStmt, new: &Routine) {
        let (routines, name) = self.known.called(&it.funcname);
        let Some(old) = routines.iter().find(|old| old.arguments == new.arguments) else { return };
        let renamed = old.names.iter().zip(&new.names).find(|(old, new)| !old.is_empty() && old != new);
        if old.procedure != new.procedure {
            let word = if old.procedure { "procedure" } else { "function" };
            self.out.fails.push(format!("{name} is a {word}"));
        } else if old.returns != new.returns {
            let of = |returns: &str| if returns.is_empty() { "nothing".into() } else { returns.to_owned() };
            self.out.fails.push(format!(
                "{name} returns {}, and would return {}",
                of(&old.returns),
                of(&new.returns)
            ));
        } else if let Some((old, _)) = renamed {
            self.out.fails.push(format!("an argument of {name} is called {old}"));
        } else if new.defaults < old.defaults {
            self.out.fails.push(format!("an argument of {name} has a default that would go"));
        }
    }
}

/// Whether a statement is about rows and leaves the schema as it is.
fn is_rows(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::SelectStmt(it) => it.into_clause.is_none(),
        NodeEnum::InsertStmt(_)
        | NodeEnum::UpdateStmt(_)
        | NodeEnum::DeleteStmt(_)
        | NodeEnum::MergeStmt(_)
        | NodeEnum::CallStmt(_)
        | NodeEnum::ReturnStmt(_) => true,
        _ => false,
    }
}
