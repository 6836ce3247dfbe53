//! Files that have to do with the same thing: both create it, alike or not, or one drops what another creates.
//!
//! In the order of the files; what a live database has of it is not known here.

use std::collections::HashMap;

use cutover_sql::statement::Statement;
use cutover_sql::tree::{NodeEnum, VariableSetKind, a_const, inner};

use super::control::undone;
use super::definition;
use super::examine::Examined;
use super::made::{Act, Kind, Object, acts};
use crate::report::{Conclusion, Weight};
use crate::usage::has_word;

/// A statement of a file.
#[derive(Clone, Copy)]
struct At<'e> {
    path: &'e str,
    line: usize,
    node: &'e NodeEnum,
    text: &'e str,
}

/// Who made a thing.
struct Made<'e> {
    at: At<'e>,
    word: &'static str,
    if_not_exists: bool,
    of: Option<Object>,
}

/// Looks at the files in their order.
pub(super) fn check(files: &[&Examined]) -> Vec<Conclusion> {
    let mut walk = Walk { made: HashMap::new(), dropped: Vec::new(), found: Vec::new() };
    for file in files {
        // a file is run by a session of its own
        let mut schema = "public".to_owned();
        let undone = undone(&file.statements);
        let is_kept = |it: &(usize, _)| !undone.iter().any(|range| range.contains(&it.0));
        for (_, (statement, node)) in file.statements.iter().enumerate().filter(is_kept) {
            if let Some(path) = search_path(node) {
                schema = path;
            }
            let text = statement.span.text(&file.part.sql);
            let at = At { path: &file.part.path, line: line(file, statement), node, text };
            for act in acts(node, &schema) {
                walk.act(act, at);
            }
        }
        walk.end();
    }
    walk.found
}

fn line(file: &Examined, statement: &Statement) -> usize {
    file.part.line + statement.line - 1
}

/// The schema that `SET search_path` puts first.
fn search_path(node: &NodeEnum) -> Option<String> {
    let NodeEnum::VariableSetStmt(set) = node else { return None };
    if set.name != "search_path" || set.kind() != VariableSetKind::VarSetValue {
        return None;
    }
    let names = set.args.iter().filter_map(|it| match inner(it)? {
        NodeEnum::AConst(it) => match it.val.as_ref()? {
            a_const::Val::Sval(it) => Some(it.sval.as_str()),
            _ => None,
        },
        _ => None,
    });
    names.filter(|it| *it != "$user" && !it.is_empty()).map(str::to_owned).next()
}

struct Walk<'e> {
    made: HashMap<Object, Made<'e>>,
    /// What the file has dropped that others made.
    dropped: Vec<(Object, Made<'e>, At<'e>)>,
    found: Vec<Conclusion>,
}

impl<'e> Walk<'e> {
    fn act(&mut self, act: Act, at: At<'e>) {
        match act {
            Act::Make { object, word, if_not_exists, replaces, of } => {
                self.make(object, Made { at, word, if_not_exists, of }, replaces);
            }
            Act::Drop { object, cascades } => self.drop(&object, cascades, at),
            Act::Rename(old, new) => self.rename(&old, &new),
        }
    }

    fn make(&mut self, object: Object, new: Made<'e>, replaces: bool) {
        // a column of a table that is created is told with the table
        let is_told_with_table =
            object.kind == Kind::Column && !matches!(new.at.node, NodeEnum::AlterTableStmt(_));
        match self.made.get(&object) {
            None => {}
            Some(_) if is_told_with_table => return,
            Some(_) if replaces => {}
            Some(old) => {
                self.found.push(again(&object, old, &new));
                return;
            }
        }
        // behind IF NOT EXISTS the columns of a table that is there are not made
        let has_table =
            |of: &Object| self.made.get(of).is_some_and(|it| !std::ptr::eq(it.at.node, new.at.node));
        if is_told_with_table && new.of.as_ref().is_some_and(has_table) {
            return;
        }
        self.made.insert(object, new);
    }

    fn drop(&mut self, object: &Object, cascades: bool, at: At<'e>) {
        // a function may be dropped without its arguments
        let is_routine = |it: &Object| it.kind == Kind::Routine && it.schema == object.schema;
        let is_overload =
            |it: &Object| it.name.strip_prefix(&object.name).is_some_and(|rest| rest.starts_with('('));
        let named =
            |it: &&Object| *it == object || object.kind == Kind::Routine && is_routine(it) && is_overload(it);
        let key = self.made.keys().find(named).cloned().unwrap_or_else(|| object.clone());
        let made = self.made.remove(&key);
        self.forget_parts(&key);
        if cascades {
            self.forget_users(&key);
        }
        if let Some(made) = made.filter(|it| it.at.path != at.path) {
            self.dropped.push((key, made, at));
        }
    }

    /// What goes with a thing, whether it is said or not.
    fn forget_parts(&mut self, key: &Object) {
        let is_part = |it: &Object, made: &Made<'_>| match key.kind {
            Kind::Schema => it.schema == key.name.trim_matches('"'),
            Kind::Relation => it.is_of(key) || made.of.as_ref() == Some(key),
            Kind::Type
            | Kind::Routine
            | Kind::Extension
            | Kind::Column
            | Kind::Constraint
            | Kind::Trigger
            | Kind::Policy
            | Kind::Rule
            | Kind::Statistics
            | Kind::Role
            | Kind::Publication
            | Kind::EventTrigger => false,
        };
        self.made.retain(|it, made| !is_part(it, made));
    }

    /// What CASCADE may take along: views and the like whose statement has the name. One too many is no harm: then two
    /// files that create it are not told here, and the second one fails when it is tried.
    fn forget_users(&mut self, key: &Object) {
        let mut gone = vec![key.clone()];
        while let Some(object) = gone.pop() {
            let name = object.name.rsplit('.').next().unwrap_or("");
            let name = name.split('(').next().unwrap_or(name).trim_matches('"');
            let goes = |made: &Made<'_>| {
                ["view", "materialized view", "function", "procedure", "trigger", "policy", "rule", "domain"]
                    .contains(&made.word)
                    && has_word(made.at.text, name)
            };
            let users: Vec<Object> =
                self.made.iter().filter(|it| goes(it.1)).map(|it| it.0.clone()).collect();
            for user in users {
                self.made.remove(&user);
                self.forget_parts(&user);
                gone.push(user);
            }
        }
    }

    /// The end of a file: what it has dropped and not made again.
    fn end(&mut self) {
        let all = std::mem::take(&mut self.dropped);
        let gone: Vec<_> = all.into_iter().filter(|it| !self.made.contains_key(&it.0)).collect();
        let Some((object, made, at)) = gone.first() else { return };
        let text = match gone.len() {
            1 => format!("it drops {} {}, which {} creates", made.word, object.told(), made.at.path),
            count => format!("it drops {count} things that other files create"),
        };
        let line = |(object, made, at): &(Object, Made<'_>, At<'_>)| {
            format!(
                "line {}: {} {}, created at {}:{}",
                at.line,
                made.word,
                object.told(),
                made.at.path,
                made.at.line
            )
        };
        let lines: Vec<String> = gone.iter().map(line).collect();
        self.found.push(
            Conclusion::new("drops-of-other", Weight::Note, at.path, text)
                .at(at.path, at.line)
                .because(lines.join("\n")),
        );
    }

    fn rename(&mut self, old: &Object, new: &Object) {
        let moved: Vec<Object> = self.made.keys().filter(|it| *it == old || it.is_of(old)).cloned().collect();
        for key in moved {
            let Some(made) = self.made.remove(&key) else { continue };
            let name = format!("{}{}", new.name, &key.name[old.name.len()..]);
            self.made.insert(Object { schema: new.schema.clone(), name, ..key }, made);
        }
        for made in self.made.values_mut().filter(|it| it.of.as_ref() == Some(old)) {
            made.of = Some(new.clone());
        }
    }
}

/// What it means that something is created that is there already.
fn again(object: &Object, old: &Made<'_>, new: &Made<'_>) -> Conclusion {
    let first = format!("{}:{}", old.at.path, old.at.line);
    let second = format!("{}:{}", new.at.path, new.at.line);
    let difference = difference(object, old, new, (&first, &second));
    let told = format!("{} {}", new.word, object.told());
    let (id, weight, text, next) = match (new.if_not_exists, difference.is_empty()) {
        (true, true) => (
            "created-twice",
            Weight::Note,
            format!("it creates {told} again, as {first} does; IF NOT EXISTS passes over it"),
            None,
        ),
        (true, false) => (
            "contradiction",
            Weight::Error,
            format!(
                "IF NOT EXISTS hides that {told} is another one here than in {first}; whichever file runs first counts"
            ),
            Some("look which one the live database has; the other file's difference is a change of its own"),
        ),
        (false, is_same) => {
            let alike = if is_same { "in the same way" } else { "in another way" };
            (
                "overlap",
                Weight::Error,
                format!(
                    "it creates {told}, which {first} creates already, {alike}; whichever file runs second fails"
                ),
                Some("look which of the two was applied, and take the statement out of the other"),
            )
        }
    };
    let found = Conclusion::new(id, weight, new.at.path, text).at(new.at.path, new.at.line);
    let found = difference.into_iter().fold(found, Conclusion::because);
    next.into_iter().fold(found, Conclusion::next)
}

/// How the two differ, a line each.
fn difference(object: &Object, old: &Made<'_>, new: &Made<'_>, names: (&str, &str)) -> Vec<String> {
    if old.word != new.word {
        return vec![format!("{}: {}", names.0, old.word), format!("{}: {}", names.1, new.word)];
    }
    if object.kind != Kind::Column {
        return definition::difference(old.at.node, new.at.node, names);
    }
    let name = object.name.rsplit('.').next().unwrap_or("").trim_matches('"');
    match (definition::column(old.at.node, name), definition::column(new.at.node, name)) {
        (Some(a), Some(b)) => definition::columns(a, b, names),
        _ => Vec::new(),
    }
}
