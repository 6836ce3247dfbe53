//! `replace-materialized-view`: another query for a materialized view, without a moment in which it is not there. It knows
//! no database.

use cutover_sql::document::Expect;
use cutover_sql::ident::{quote_ident, quote_literal};
use cutover_sql::parse;
use cutover_sql::span::Span;
use cutover_sql::tree::NodeEnum;

use super::clients::Deploy;
use super::parts::{beside, sql, unused};
use super::read::{and, created, said, slug, written_again};
use super::{Argument, Given, Recipe, Refusal, Target};
use crate::catalog::Id;
use crate::object::common::Unjudged;
use crate::object::common::comment_sql;
use crate::object::index::Index;
use crate::object::types::made_name;
use crate::object::view::MaterializedView;
use crate::object::{Definition, Object};
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::phase::Phase;

pub const RECIPE: Recipe = Recipe {
    name: "replace-materialized-view",
    summary: "Give a materialized view another query, without a moment in which it is empty or gone",
    about: "\
A materialized view cannot be given another query. So the next version is made beside it, with its indexes, rights and comments, and \
filled while the old one is read; a guard compares the columns of both. Then the names are swapped in one transaction, and the views \
and functions that read it are written again in the same one, so that they read the next version. The old one stays for a while under \
another name: going back fills it again and swaps the names once more.

Filling takes ACCESS SHARE on what the query reads, which nobody waits for. The swap is a change of the catalog.

What it refuses: materialized views, rules and policies that read it, because they cannot be written anew in place.",
    example: "replace-materialized-view totals --query \"SELECT day, sum(amount) AS total FROM orders GROUP BY day\"",
    arguments: &[
        Argument::place("view", "VIEW", "The materialized view"),
        Argument::needed("query", "SQL", "Its new query"),
        Argument::many("drop-column", "NAME", "A column that the new query has no longer"),
        Argument::many("client", "OWNER", "Who deploys code that reads a column that goes: one deploy each, in any order"),
        Argument::option("unused-for", "TIME", "How long the old version is kept, unused [default: 7 days]"),
    ],
    draft,
};

/// Both versions, by their names.
struct Versions<'a> {
    target: &'a Target<'a>,
    object: &'a Object,
    view: &'a MaterializedView,
    query: String,
    gone: Vec<String>,
    /// The indexes that the next version has as well, and those that it has not.
    kept: Vec<(&'a Id, &'a Index)>,
    lost: Vec<(&'a Id, &'a Index)>,
}

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (object, view) = target.materialized_view(given.need("view")?)?;
    let query = select(given.need("query")?)?;
    let mut gone = Vec::new();
    for name in given.all("drop-column") {
        let name = super::names::chosen(name)?;
        if !view.columns.iter().any(|column| *column.name == *name) {
            return Err(Refusal::new(format!("{} has no column {name}", said(&object.id))));
        }
        gone.push(name);
    }
    let names = |index: &Index| {
        gone.iter().any(|name| {
            let columns = super::read::index_columns(&index.definition);
            columns.map_or_else(|| crate::usage::has_word(&index.definition, name), |all| all.contains(name))
        })
    };
    let (lost, kept) = target.indexes(&object.id).partition(|(_, index)| names(index));
    let versions = Versions { target, object, view, query, gone, kept, lost };
    versions.check()?;
    let gate = unused(given, "table", versions.path(PREVIOUS))?;
    let mut parts = vec![versions.made(), versions.filled()];
    if !versions.gone.is_empty() {
        parts.extend(versions.clients().parts(given.all("client")));
    }
    parts.push(versions.swapped());
    parts.push(versions.contract().requires(gate));
    Ok(Draft { rollout: given.rollout_or(slug(&format!("replace {}", object.id.name))), parts })
}

const NEXT: &str = "next";
const PREVIOUS: &str = "previous";

/// The query, if it is one.
fn select(text: &str) -> Result<String, Refusal> {
    let text = text.trim().trim_end_matches(';').trim_end();
    let wrong = |why: String| Refusal::new(format!("--query {why}")).help("write one SELECT");
    let found = parse::parse(text, Span::new(0, text.len()))
        .map_err(|error| wrong(format!("is no SQL: {}", error.message)))?;
    match &found[..] {
        [one] if matches!(one.stmt.as_ref().and_then(|s| s.node.as_ref()), Some(NodeEnum::SelectStmt(_))) => {
            Ok(text.to_owned())
        }
        _ => Err(wrong("is not one SELECT".into())),
    }
}

impl Versions<'_> {
    fn check(&self) -> Result<(), Refusal> {
        for label in [NEXT, PREVIOUS] {
            let name = made_name(&self.object.id.name, "", label);
            if self.target.is_taken(&self.object.id.namespace, &name) {
                return Err(Refusal::new(format!(
                    "there is something called {} already",
                    beside(&self.object.id, &name)
                ))
                .help("a rollout of this view may be under way; rename what is there otherwise"));
            }
        }
        written_again(self.target, &self.object.id).map(|_| ())
    }

    /// A version's name, as SQL has it.
    fn path(&self, label: &str) -> String {
        self.id(label).path()
    }

    fn id(&self, label: &str) -> Id {
        Id { name: made_name(&self.object.id.name, "", label).into(), ..self.object.id.clone() }
    }

    /// What creates a version beside the one that is read, not filled, with its indexes.
    fn version(&self, label: &str, view: MaterializedView, indexes: &[(&Id, &Index)]) -> Vec<String> {
        let id = self.id(label);
        let path = id.path();
        let mut all = created(
            &Definition::from(MaterializedView { is_populated: Unjudged(false), ..view }),
            &id,
            self.target,
        );
        all.push(format!(
            "ALTER MATERIALIZED VIEW {path} OWNER TO {}",
            quote_ident(&self.object.common.owner.0)
        ));
        all.extend(self.target.grants_like(&self.object.id, &path, "rm"));
        if self.object.common.comment.is_some() {
            all.push(comment_sql(&format!("MATERIALIZED VIEW {path}"), self.object.common.comment.as_ref()));
        }
        for (index_id, index) in indexes {
            let own = Id { name: made_name(&index_id.name, "", label).into(), ..(*index_id).clone() };
            all.extend(created(
                &Definition::from(Index { table: id.clone(), ..(*index).clone() }),
                &own,
                self.target,
            ));
        }
        all
    }

    /// Everything is made on a relation that nobody knows.
    fn made(&self) -> Part {
        let (view, next) = (said(&self.object.id), self.path(NEXT));
        let columns =
            self.view.columns.iter().filter(|c| !self.gone.contains(&c.name.to_string())).cloned().collect();
        let version = MaterializedView {
            query: self.query.as_str().into(),
            columns,
            clustered_on: None,
            ..self.view.clone()
        };
        let lost: Vec<&str> = self.lost.iter().map(|(id, _)| &*id.name).collect();
        let also = if lost.is_empty() {
            String::new()
        } else {
            format!(" It has no {}: a column of them is gone.", and(&lost))
        };
        Part::new(Phase::Expand, format!("Make the next version of {view}"))
            .prose(format!(
                "Why: a materialized view cannot be given another query.\n\n\
                 Safe: nobody knows {next}, and it is empty yet. It has the rights, the comments and the indexes of {view}.{also} The guard says \
                 which columns differ before anybody reads them."
            ))
            .up([
                sql(self.version(NEXT, version, &self.kept)),
                Block::Guard { text: format!("the next version has the columns of {view}"), expect: Expect::NoRows, query: self.differing() },
            ])
            .down([sql([format!("DROP MATERIALIZED VIEW IF EXISTS {next}")])])
            .allow("drop-materialized-view", "nobody reads it yet")
    }

    /// Columns that the next version lacks, or has at another place or with another type.
    fn differing(&self) -> String {
        let relation = |path: String| format!("{}::regclass", quote_literal(&path));
        let place = if self.gone.is_empty() { ("n.attnum, ", "o.attnum, ") } else { ("", "") };
        let but: Vec<String> = self.gone.iter().map(|name| quote_literal(name)).collect();
        let but = if but.is_empty() {
            String::new()
        } else {
            format!("\n    AND o.attname NOT IN ({})", but.join(", "))
        };
        format!(
            "SELECT o.attname, format_type(o.atttypid, o.atttypmod) AS wanted, format_type(n.atttypid, n.atttypmod) AS found\n\
             FROM pg_attribute AS o LEFT JOIN pg_attribute AS n ON n.attrelid = {} AND n.attname = o.attname AND NOT n.attisdropped\n\
             WHERE o.attrelid = {} AND o.attnum > 0 AND NOT o.attisdropped{but}\n    \
             AND ({}n.atttypid, n.atttypmod, n.attcollation) IS DISTINCT FROM ({}o.atttypid, o.atttypmod, o.attcollation)",
            relation(self.path(NEXT)),
            relation(self.object.id.path()),
            place.0,
            place.1
        )
    }

    fn filled(&self) -> Part {
        let next = self.path(NEXT);
        Part::new(Phase::Backfill, format!("Fill the next version of {}", said(&self.object.id)))
            .prose(format!(
                "Why: to see how long it takes, and what is in it, while the old version is read: look at {next} before going on.\n\n\
                 Safe: it takes ACCESS SHARE on what the query reads, which nobody waits for, and its own lock on what nobody knows. It is \
                 one statement: while it runs, vacuum cannot remove what it may still see."
            ))
            .up([sql([format!("REFRESH MATERIALIZED VIEW {next}")])])
            .allow("refresh-without-concurrently", "nobody reads it yet")
            .allow("empty-downgrade", "it goes with the revision that made it")
    }

    fn clients(&self) -> Deploy<'static> {
        let (view, gone) = (said(&self.object.id), and(&self.gone));
        Deploy {
            who: "code",
            does: format!("reads {gone} of {view} no longer"),
            undoes: format!("may read {gone} of {view} again"),
            prose: format!("Why: the next version of {view} has no {gone}.\n\nSafe: nothing runs here."),
        }
    }

    /// What exchanges the version that is read for another one, which is at `from`; what was read is at `aside` then.
    ///
    /// RENAME takes ACCESS EXCLUSIVE, of an index SHARE UPDATE EXCLUSIVE; CREATE OR REPLACE VIEW ACCESS EXCLUSIVE on the view:
    /// changes of the catalog, in one transaction.
    fn exchange(&self, from: &str, aside: &str) -> Vec<String> {
        let name = &self.object.id.name;
        let rename =
            |noun: &str, path: String, to: &str| format!("ALTER {noun} {path} RENAME TO {}", quote_ident(to));
        let mut all = vec![
            rename("MATERIALIZED VIEW", self.object.id.path(), &made_name(name, "", aside)),
            rename("MATERIALIZED VIEW", self.path(from), name),
        ];
        let lost = |label: &str| if label == PREVIOUS { &self.lost[..] } else { &[] };
        let other = |id: &Id, label: &str| made_name(&id.name, "", label);
        for (id, _) in self.kept.iter().chain(lost(aside)) {
            all.push(rename("INDEX", id.path(), &other(id, aside)));
        }
        for (id, _) in self.kept.iter().chain(lost(from)) {
            all.push(rename("INDEX", beside(id, &other(id, from)), &id.name));
        }
        all.extend(self.dependents());
        all
    }

    /// Views and functions that read it, written again.
    fn dependents(&self) -> Vec<String> {
        let all = written_again(self.target, &self.object.id).unwrap_or_default();
        all.into_iter().map(|(_, sql)| sql).collect()
    }

    fn swapped(&self) -> Part {
        let view = said(&self.object.id);
        let refresh = |label: &str| sql([format!("REFRESH MATERIALIZED VIEW {}", self.path(label))]);
        let read_by: Vec<String> =
            self.target.dependents(&self.object.id).iter().map(ToString::to_string).collect();
        let also = if read_by.is_empty() {
            String::new()
        } else {
            format!(" {} are written again, and read the next version.", and(&read_by))
        };
        Part::new(Phase::CutOver, format!("Let the next version be {view}"))
            .prose(format!(
                "Why: from here on whoever reads {view} reads the new query, and what refreshes {view} refreshes it.\n\n\
                 Safe: the next version is filled once more, unseen; then the names are exchanged, a change of the catalog in one transaction.{also} \
                 The old version stays as {}, and going back fills it before it is read.",
                said(&self.id(PREVIOUS))
            ))
            .up([refresh(NEXT), sql(self.exchange(NEXT, PREVIOUS))])
            .down([refresh(PREVIOUS), sql(self.exchange(PREVIOUS, NEXT))])
            .allow("refresh-without-concurrently", "nobody reads that version")
            .allow("rename-view", "another version takes the name in the same transaction")
            .allow("rename-table", "another version takes the name in the same transaction")
            .allow("strong-locks-in-one-transaction", "there must be no moment without the view; changes of the catalog only, under the lock timeout")
    }

    fn contract(&self) -> Part {
        let (view, previous) = (said(&self.object.id), self.path(PREVIOUS));
        let all: Vec<(&Id, &Index)> = self.target.indexes(&self.object.id).collect();
        let version = MaterializedView { clustered_on: None, ..self.view.clone() };
        Part::new(Phase::Contract, format!("Drop the old version of {view}"))
            .prose(format!(
                "Why: the new query has been read for a while.\n\n\
                 Safe: the gate shows that nothing reads {previous}. Going back makes it again, and fills it before it is read."
            ))
            .up([sql([format!("DROP MATERIALIZED VIEW {previous}")])])
            .down([sql(self.version(PREVIOUS, version, &all))])
            .allow("drop-materialized-view", "behind a gate that says that nothing reads it")
    }
}
