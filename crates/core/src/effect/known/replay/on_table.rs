//! What stands on a table and is called when its rows are: triggers, policies and rules.

use std::sync::Arc;

use cutover_sql::tree::{
    self, AlterPolicyStmt, CmdType, CreatePolicyStmt, CreateTrigStmt, Node, NodeEnum, RuleStmt,
};

use super::super::{Event, Known, Mentions, Policy, Rule, Trigger};
use crate::effect::query;

impl Known {
    pub(super) fn create_trigger(&mut self, it: &CreateTrigStmt) {
        let Some(table) = it.relation.as_ref().map(|rel| self.resolve(rel)) else { return };
        let (schema, function) = tree::qualified(&it.funcname);
        let function = self.routine_named(schema, function);
        let mut uses: Vec<String> = tree::texts(&it.columns).into_iter().map(str::to_owned).collect();
        let when = tree::boxed(it.when_clause.as_deref()).map(tree::columns).unwrap_or_default();
        uses.extend(when.into_iter().map(str::to_owned));
        let events = [(1 << 2, Event::Insert), (1 << 3, Event::Delete), (1 << 4, Event::Update)];
        let events = events.into_iter().chain([(1 << 5, Event::Truncate)]);
        let trigger = Trigger {
            name: it.trigname.clone(),
            function,
            columns: tree::texts(&it.columns).into_iter().map(str::to_owned).collect(),
            // the bits of TRIGGER_TYPE_INSERT and its like in pg_trigger.h
            events: events.filter(|(bit, _)| it.events & bit != 0).map(|(_, event)| event).collect(),
            row: it.row,
            sure: it.when_clause.is_none() && !it.initdeferred,
            instead: it.timing & (1 << 6) != 0,
            enabled: true,
            uses,
            made: self.era,
        };
        for table in if it.row { self.tree(&table) } else { vec![table] } {
            let relation = self.mention(&table);
            let old = relation.triggers.iter().position(|old| old.name == trigger.name);
            let made = old.map_or(trigger.made, |at| relation.triggers.remove(at).made);
            relation.triggers.push(Trigger { made, ..trigger.clone() });
        }
    }

    pub(super) fn create_policy(&mut self, it: &CreatePolicyStmt) {
        let Some(table) = it.table.as_ref().map(|rel| self.resolve(rel)) else { return };
        let mut policy = Policy {
            name: it.policy_name.clone(),
            uses: Vec::new(),
            reads: Vec::new(),
            event: match it.cmd_name.as_str() {
                "select" => Some(Event::Select),
                "insert" => Some(Event::Insert),
                "update" => Some(Event::Update),
                "delete" => Some(Event::Delete),
                _ => None,
            },
            roles: roles(&it.roles),
            names: Mentions::default(),
            made: self.era,
        };
        self.say(&mut policy, [&it.qual, &it.with_check]);
        self.mention(&table).policies.push(policy);
    }

    pub(super) fn alter_policy(&mut self, it: &AlterPolicyStmt) {
        let Some(table) = it.table.as_ref().map(|rel| self.resolve(rel)) else { return };
        let Some(at) =
            self.get(&table).and_then(|t| t.policies.iter().position(|p| p.name == it.policy_name))
        else {
            return;
        };
        let mut policy = self.mention(&table).policies.swap_remove(at);
        if !it.roles.is_empty() {
            policy.roles = roles(&it.roles);
        }
        // what one expression was made of is not taken out when the other stays
        self.say(&mut policy, [&it.qual, &it.with_check]);
        self.mention(&table).policies.push(policy);
    }

    fn say(&self, policy: &mut Policy, expressions: [&Option<Box<Node>>; 2]) {
        for expression in expressions.into_iter().filter_map(|e| tree::boxed(e.as_deref())) {
            policy.uses.extend(tree::columns(expression).into_iter().map(str::to_owned));
            policy.reads.extend(query::uses(self, expression).into_iter().map(|one| one.relation));
            policy.names.extend(self.mentions(expression));
        }
    }

    pub(super) fn create_rule(&mut self, it: &RuleStmt) {
        let Some(table) = it.relation.as_ref().map(|rel| self.resolve(rel)) else { return };
        let condition = tree::boxed(it.where_clause.as_deref());
        let mut names = condition.map(|it| self.mentions(it)).unwrap_or_default();
        let actions: Vec<Arc<NodeEnum>> =
            it.actions.iter().filter_map(tree::inner).map(|action| Arc::new(action.clone())).collect();
        actions.iter().for_each(|action| names.extend(self.mentions(action)));
        let event = match it.event() {
            CmdType::CmdInsert => Event::Insert,
            CmdType::CmdUpdate => Event::Update,
            CmdType::CmdDelete => Event::Delete,
            _ => Event::Select,
        };
        let instead = it.instead && condition.is_none();
        let rule = Rule { name: it.rulename.clone(), event, instead, actions, names };
        let relation = self.mention(&table);
        relation.rules.retain(|old| old.name != rule.name);
        relation.rules.push(rule);
    }
}

/// The roles of a policy; none where everybody is meant.
fn roles(nodes: &[Node]) -> Vec<String> {
    let each = nodes.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::RoleSpec(role) => Some(role),
        _ => None,
    });
    let each: Vec<&tree::RoleSpec> = each.collect();
    match each.iter().any(|role| role.roletype() == tree::RoleSpecType::RolespecPublic) {
        true => Vec::new(),
        false => each.into_iter().map(|role| role.rolename.clone()).collect(),
    }
}
