//! The settings of a session that decide what a statement means. Knows nothing of steps and transactions: who follows
//! them says when a session is what it was.

use cutover_sql::tree::{self, NodeEnum, SelectStmt, VariableSetKind, VariableSetStmt, a_const};

use super::Known;

/// What of a session decides what a statement means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    search_path: Vec<String>,
    utc: bool,
    role: Option<String>,
    checks_bodies: bool,
}

impl Known {
    /// The session as it is before the next statement.
    pub fn session(&self) -> Session {
        Session {
            search_path: self.search_path.clone(),
            utc: self.utc,
            role: self.role.clone(),
            checks_bodies: self.checks_bodies,
        }
    }

    /// From now on the session is this one: Cutover gives its session back what it had after each step, and a
    /// transaction that ends forgets what was `SET LOCAL`.
    pub fn set_session(&mut self, session: &Session) {
        self.search_path.clone_from(&session.search_path);
        self.role.clone_from(&session.role);
        (self.utc, self.checks_bodies) = (session.utc, session.checks_bodies);
    }

    /// Takes in what a statement says of settings, whether it is `LOCAL` or not.
    pub(super) fn set_variable(&mut self, node: &NodeEnum) {
        let mut session = self.session();
        session.see(node, true);
        self.set_session(&session);
    }
}

impl Session {
    /// Takes in what a statement sets: `SET`, `RESET` and `SELECT set_config(...)`; what ends with the transaction only
    /// if `local` says so.
    pub fn see(&mut self, node: &NodeEnum, local: bool) {
        match node {
            NodeEnum::VariableSetStmt(it) if local || !it.is_local => self.variable(it),
            NodeEnum::SelectStmt(it) => {
                for [name, value, is_local] in set_configs(it) {
                    if local || is_local.starts_with(['f', 'F', 'n', 'N', '0']) {
                        let values = value.split(',').map(|part| part.trim().trim_matches('"'));
                        self.set(&name.to_ascii_lowercase(), &values.collect::<Vec<_>>());
                    }
                }
            }
            _ => {}
        }
    }

    fn variable(&mut self, it: &VariableSetStmt) {
        match (it.kind(), it.name.as_str()) {
            (VariableSetKind::VarSetValue, name) => {
                let values: Vec<String> = it.args.iter().filter_map(text).collect();
                self.set(name, &values.iter().map(String::as_str).collect::<Vec<_>>());
            }
            (VariableSetKind::VarSetDefault | VariableSetKind::VarReset, "search_path") => {
                self.search_path = vec!["public".into()];
            }
            (
                VariableSetKind::VarSetDefault | VariableSetKind::VarReset,
                "role" | "session_authorization",
            ) => self.role = None,
            _ => {}
        }
    }

    fn set(&mut self, name: &str, values: &[&str]) {
        let first = values.first().copied();
        match name {
            "search_path" => {
                let real = values.iter().filter(|name| !matches!(**name, "" | "$user" | "pg_catalog"));
                self.search_path = real.map(|name| (*name).to_owned()).collect();
            }
            "role" | "session_authorization" => {
                self.role = first.filter(|role| *role != "none").map(str::to_owned);
            }
            "check_function_bodies" => {
                self.checks_bodies = !matches!(first, Some("off" | "false" | "no" | "0"));
            }
            "timezone" => {
                self.utc = first.is_some_and(|zone| {
                    ["utc", "etc/utc", "gmt", "uct", "zulu"].iter().any(|utc| zone.eq_ignore_ascii_case(utc))
                });
            }
            _ => {}
        }
    }
}

/// The arguments of `set_config` where it is what a query gives, with constants.
fn set_configs(it: &SelectStmt) -> impl Iterator<Item = [String; 3]> {
    it.target_list.iter().filter_map(|target| {
        let NodeEnum::ResTarget(target) = tree::inner(target)? else { return None };
        let Some(NodeEnum::FuncCall(call)) = tree::boxed(target.val.as_deref()) else { return None };
        let [name, value, local] = &call.args[..] else { return None };
        let is_it = tree::qualified(&call.funcname).1 == "set_config";
        is_it.then_some([text(name)?, text(value)?, text(local)?])
    })
}

fn text(node: &tree::Node) -> Option<String> {
    match tree::inner(node)? {
        NodeEnum::AConst(value) => match value.val.as_ref()? {
            a_const::Val::Sval(text) => Some(text.sval.clone()),
            a_const::Val::Boolval(value) => Some(value.boolval.to_string()),
            _ => None,
        },
        NodeEnum::TypeCast(it) => text(it.arg.as_deref()?),
        _ => None,
    }
}
