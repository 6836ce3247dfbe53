//! `rename-table`: another name for a table, and the old one goes on as a view. It knows no database.

use cutover_sql::ident::quote_ident;

use super::clients::Deploy;
use super::parts::{beside, rename_table, sql, unused};
use super::read::{and, said, slug};
use super::{Argument, Given, Recipe, Refusal, Target};
use crate::catalog::Id;
use crate::object::common::comment_sql;
use crate::object::table::Table;
use crate::rollout::draft::{Draft, Part};
use crate::rollout::phase::Phase;

pub const RECIPE: Recipe = Recipe {
    name: "rename-table",
    summary: "Give a table another name, while code uses both names",
    about: "\
The table gets its new name and a view takes the old one, in one transaction: a change of the catalog, whatever the size of the \
table. The view is one that PostgreSQL writes through by itself, so code that knows the old name reads and writes the same rows: \
SELECT with row locks, INSERT with defaults and ON CONFLICT (columns), UPDATE, DELETE, RETURNING. From PostgreSQL 15 on rights and \
policies are those of whoever uses it. When all code knows the new name, the view is dropped.

What a view cannot do, and old code must not need while both names are there: COPY, TRUNCATE, ON CONFLICT ON CONSTRAINT, MERGE before \
PostgreSQL 17, the columns ctid, xmin and tableoid, and pg_get_serial_sequence. Sequences, indexes and constraints keep their names.

What it refuses: a table that is published for logical replication, which goes by names, and policies before PostgreSQL 15.",
    example: "rename-table customer account --client backend --client reports",
    arguments: &[
        Argument::place("table", "TABLE", "The table"),
        Argument::place("to", "NAME", "Its new name"),
        Argument::many("client", "OWNER", "Who deploys code that uses it: one deploy each, in any order"),
        Argument::option("unused-for", "TIME", "How long nothing may have used the old name before it goes [default: 7 days]"),
    ],
    draft,
};

/// Both names.
struct Names<'a> {
    target: &'a Target<'a>,
    id: &'a Id,
    table: &'a Table,
    to: String,
}

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table) = target.table(given.need("table")?)?;
    let to = super::names::chosen(given.need("to")?)?;
    let names = Names { target, id, table, to };
    names.check()?;
    let gate = unused(given, "table", id.path())?;
    let mut parts = vec![names.renamed()];
    parts.extend(names.clients().parts(given.all("client")));
    parts.push(names.contract().requires(gate));
    Ok(Draft { rollout: given.rollout_or(slug(&format!("rename {} to {}", id.name, names.to))), parts })
}

impl Names<'_> {
    fn check(&self) -> Result<(), Refusal> {
        let table = said(self.id);
        if self.target.is_taken(&self.id.namespace, &self.to) {
            return Err(Refusal::new(format!("there is something called {} already", self.new_path()))
                .help("choose another name"));
        }
        if let Some(publication) = self.target.publications(self.id).first() {
            return Err(Refusal::new(format!("{publication} has {table}, and a subscriber looks for a table of the name that the publisher says"))
                .help("rename it at the subscribers first, or take it out of the publication; then write the rollout"));
        }
        if self.table.row_security && self.target.major < 15 {
            return Err(Refusal::new(format!(
                "{table} has policies, and before PostgreSQL 15 they do not hold for who comes through a view"
            ))
            .help("rename it in a window without clients, or after the upgrade of the server"));
        }
        Ok(())
    }

    /// The table by its new name, as SQL has it.
    fn new_path(&self) -> String {
        beside(self.id, &self.to)
    }

    /// The new name for a sentence.
    fn new_said(&self) -> String {
        said(&Id { name: self.to.as_str().into(), ..self.id.clone() })
    }

    /// The view under the old name; CREATE VIEW takes no lock that anybody waits for.
    fn view(&self) -> Vec<String> {
        let old = self.id.path();
        let columns: Vec<_> = self.table.columns.iter().map(|c| quote_ident(&c.name)).collect();
        let invoker = if self.target.major >= 15 { " WITH (security_invoker = true)" } else { "" };
        let mut all = vec![format!(
            "CREATE VIEW {old}{invoker} AS\nSELECT {}\nFROM {}",
            columns.join(", "),
            self.new_path()
        )];
        if let Some(object) = self.target.catalog.get(self.id) {
            all.push(format!("ALTER VIEW {old} OWNER TO {}", quote_ident(&object.common.owner.0)));
        }
        all.extend(self.target.grants_like(self.id, &old, "arwd"));
        let text = format!("The old name of {}.", self.new_said());
        all.push(comment_sql(&format!("VIEW {old}"), Some(&text.as_str().into())));
        all
    }

    /// RENAME takes ACCESS EXCLUSIVE, and nothing is read or written under it
    /// (<https://www.postgresql.org/docs/current/sql-altertable.html>); the view is there when the lock goes.
    fn renamed(&self) -> Part {
        let (old, new) = (said(self.id), self.new_said());
        let mut up = vec![rename_table(&self.id.path(), &self.to)];
        up.extend(self.view());
        Part::new(Phase::Expand, format!("Rename {old} to {new}, and keep the old name as a view"))
            .prose(format!(
                "Why: from here on both names are the same rows. The view comes first to the old code and not to the new one, because new \
                 code is the one that can be tried before it runs.\n\n\
                 Safe: a change of the catalog in one transaction: nobody sees the one without the other. Old code goes on with \
                 SELECT, FOR UPDATE, INSERT, ON CONFLICT (columns), UPDATE, DELETE and RETURNING.\n\n\
                 Mind: through a view there is no COPY, TRUNCATE, ON CONFLICT ON CONSTRAINT, no ctid, xmin or tableoid, and before \
                 PostgreSQL 17 no MERGE. Look whether the old code of {old} needs one of them."
            ))
            .up([sql(up)])
            .down([sql([format!("DROP VIEW {}", self.id.path()), rename_table(&self.new_path(), &self.id.name)])])
            .allow("rename-table", "a view has the old name in the same transaction")
            .allow("drop-view", "the table gets its name back in the same transaction")
    }

    fn clients(&self) -> Deploy<'static> {
        let (old, new) = (said(self.id), self.new_said());
        Deploy {
            who: "code",
            does: format!("names {new} and no longer {old}"),
            undoes: format!("names {old} again"),
            prose: format!(
                "Why: {old} is a name for a while only.\n\n\
                 Safe: nothing runs here. Old and new versions use the same rows for as long as it takes."
            ),
        }
    }

    fn contract(&self) -> Part {
        let (old, new) = (said(self.id), self.new_said());
        let routines = self.target.naming(&self.id.name);
        let also = if routines.is_empty() {
            String::new()
        } else {
            let texts: Vec<String> = routines.iter().map(ToString::to_string).collect();
            format!(
                "\n\nMind: {old} stands in the text of {}. Write them anew with {new} first.",
                and(&texts)
            )
        };
        Part::new(Phase::Contract, format!("Drop the old name {old}"))
            .prose(format!(
                "Why: all code names {new}.\n\n\
                 Safe: the gate shows that nothing uses the old name. The rows stay, and going back makes the view again.{also}"
            ))
            .up([sql([format!("DROP VIEW {}", self.id.path())])])
            .down([sql(self.view())])
            .allow("drop-view", "behind a gate that says that nothing uses it")
    }
}
