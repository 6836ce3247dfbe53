//! An `ALTER TABLE` taken apart: each subcommand and each constraint that it adds, with its tree and its text.

mod text;

use cutover_core::effect::known::{Kind, Relation};
use cutover_core::effect::{Mode, Rel, Rewrite, Scan, new_column_rewrites};
use cutover_sql::ident::qualified;
use cutover_sql::span::Span;
use cutover_sql::tree::{
    self, AlterTableCmd, AlterTableStmt, AlterTableType, ColumnDef, ConstrType, Constraint, NodeEnum,
    ObjectType,
};

use crate::context::Place;
use crate::look::commands::commands;

/// An `ALTER TABLE`.
pub struct Alter<'p> {
    /// Where it stands.
    pub place: &'p Place<'p>,
    /// Its tree.
    pub tree: &'p AlterTableStmt,
    /// The table.
    pub table: &'p Rel,
    /// Its subcommands.
    pub commands: Vec<Command<'p>>,
    /// `ALTER TABLE name`, as it is written; nothing where the text could not be taken apart.
    head: Option<&'p str>,
}

/// What is worked out once for all rules that look at an `ALTER TABLE`.
pub(crate) struct Apart {
    table: Rel,
    /// The head and the subcommands; nothing where the text could not be taken apart.
    parts: Option<(Span, Vec<Span>)>,
}

/// A subcommand.
pub struct Command<'p> {
    /// Its tree.
    pub tree: &'p AlterTableCmd,
    /// Where it stands in the file; the statement's place where the text could not be taken apart.
    pub span: Span,
}

/// A constraint that is added, at the table or at a new column.
pub struct Added<'p> {
    /// Which subcommand adds it.
    pub command: usize,
    /// The new column that it is written at.
    pub column: Option<&'p ColumnDef>,
    /// It, with what is written behind it.
    pub it: Constraint,
    /// Where it stands, with its name and with what is written behind it.
    pub span: Span,
}

impl<'p> Command<'p> {
    /// What it does.
    pub fn kind(&self) -> AlterTableType {
        self.tree.subtype()
    }

    /// The column that it adds.
    pub fn new_column(&self) -> Option<&'p ColumnDef> {
        match (self.kind(), tree::boxed(self.tree.def.as_deref())) {
            (AlterTableType::AtAddColumn, Some(NodeEnum::ColumnDef(column))) => Some(column),
            _ => None,
        }
    }

    /// The constraint that it adds to the table.
    pub fn new_constraint(&self) -> Option<&'p Constraint> {
        match (self.kind(), tree::boxed(self.tree.def.as_deref())) {
            (AlterTableType::AtAddConstraint, Some(NodeEnum::Constraint(constraint))) => Some(constraint),
            _ => None,
        }
    }
}

impl Added<'_> {
    /// The columns that it is about: those of the constraint, or the new one.
    pub fn columns(&self) -> Vec<String> {
        let list = match self.it.contype() {
            ConstrType::ConstrForeign => &self.it.fk_attrs,
            _ => &self.it.keys,
        };
        match self.column {
            Some(column) => vec![column.colname.clone()],
            None => tree::texts(list).into_iter().map(str::to_owned).collect(),
        }
    }
}

impl<'p> Alter<'p> {
    /// Takes a statement apart, if it is an `ALTER TABLE`.
    pub fn read(place: &'p Place<'p>) -> Option<Self> {
        let NodeEnum::AlterTableStmt(it) = place.tree() else { return None };
        let apart = place.apart(|| {
            let written = it.relation.as_ref().filter(|_| it.objtype() == ObjectType::ObjectTable)?;
            let parts = text::spans(place, written, it.cmds.len());
            Some(Apart { table: place.known.resolve(written), parts })
        })?;
        let span = |at: usize| apart.parts.as_ref().map_or(place.span(), |(_, spans)| spans[at]);
        let trees = commands(place.tree()).enumerate();
        let commands = trees.map(|(at, tree)| Command { tree, span: span(at) }).collect();
        let head = apart.parts.as_ref().map(|(head, _)| head.text(&place.source.text));
        Some(Self { place, tree: it, table: &apart.table, commands, head })
    }

    /// What is known of the table.
    pub fn relation(&self) -> Option<&'p Relation> {
        self.place.known.get(self.table)
    }

    /// Whether its columns and constraints are known.
    pub fn is_known(&self) -> bool {
        self.relation().is_some_and(|it| it.columns.is_some())
    }

    /// Whether its rows are in partitions.
    pub fn is_partitioned(&self) -> bool {
        self.relation().is_some_and(|it| it.kind == Kind::Partitioned)
    }

    /// Whether it is known to stand alone: nothing inherits from it, and it from nothing.
    pub fn stands_alone(&self) -> bool {
        self.is_known() && self.relation().is_some_and(|it| it.children.is_empty() && it.parents.is_empty())
    }

    /// The table in a message, with its partitions.
    pub fn called(&self) -> String {
        match self.relation() {
            Some(it) if it.kind == Kind::Partitioned => format!("{} and its partitions", self.table),
            Some(_) | None => self.table.to_string(),
        }
    }

    /// The table's name as SQL, with the schema if it is written with one.
    pub fn path(&self) -> String {
        let written = self.tree.relation.as_ref();
        match written.and_then(tree::schema) {
            Some(schema) => qualified(&[schema, &self.table.name]),
            None => qualified(&[&self.table.name]),
        }
    }

    /// Another subcommand of the same table.
    pub fn command(&self, text: &str) -> Option<String> {
        Some(format!("{} {text}", self.head?))
    }

    /// The text of a subcommand.
    pub fn text(&self, command: usize) -> &'p str {
        self.commands[command].span.text(&self.place.source.text)
    }

    /// The statement with other subcommands: one is left out where there is no text for it. Nothing if none is left.
    pub fn with(&self, commands: &[Option<String>]) -> Option<String> {
        let text = &self.place.source.text;
        self.head?;
        let lead = Span::new(self.place.span().start, self.commands.first()?.span.start);
        let mut out = lead.text(text).to_owned();
        let mut behind: Option<&Command<'_>> = None;
        for (at, command) in commands.iter().enumerate().filter_map(|(at, it)| Some((at, it.as_deref()?))) {
            // what stands between two, with its comments
            if let Some(before) = behind {
                out.push_str(Span::new(before.span.end, self.following(before)).text(text));
            }
            out.push_str(command);
            behind = self.commands.get(at);
        }
        behind.is_some().then_some(out)
    }

    /// Where the subcommand behind one begins.
    fn following(&self, command: &Command<'_>) -> usize {
        let starts = self.commands.iter().map(|it| it.span.start);
        starts.filter(|start| *start >= command.span.end).min().unwrap_or(command.span.end)
    }

    /// The texts of all subcommands, as they are.
    pub fn texts(&self) -> Vec<Option<String>> {
        (0..self.commands.len()).map(|at| Some(self.text(at).to_owned())).collect()
    }

    /// Whether a subcommand does something: `ADD COLUMN` of a column that is there does not.
    pub fn takes_place(&self, command: usize) -> bool {
        self.commands[command]
            .new_column()
            .is_none_or(|column| self.relation().is_none_or(|table| table.column(&column.colname).is_none()))
    }

    /// Whether a new column can be one that is there already, so that its constraints may not come.
    pub fn is_perhaps_there(&self, added: &Added<'_>) -> bool {
        self.commands[added.command].tree.missing_ok && !self.is_known()
    }

    /// Whether it reads all rows of a table that was there, for this.
    pub fn scans(&self, why: Scan) -> bool {
        self.place.effects.scans.iter().any(|(rel, cause)| *cause == why && self.place.is_old(rel))
    }

    /// The same for an index, which is built as well where the table is written anew.
    pub fn builds(&self, why: Scan) -> bool {
        let rewrites = self.place.effects.rewrites.iter().any(|(rel, _)| self.place.is_old(rel));
        self.scans(why) || (rewrites && self.place.is_old(self.table))
    }

    /// Whether it writes a table anew that was there, for this.
    pub fn rewrites(&self, why: Rewrite) -> bool {
        self.place.rewritten(why).next().is_some()
    }

    /// The new columns that write a table anew that was there, for this, with their subcommands.
    pub fn columns_that_rewrite(&self, why: Rewrite) -> Vec<(usize, &'p ColumnDef)> {
        if !self.rewrites(why) || !self.place.effects.fails.is_empty() {
            return Vec::new();
        }
        let columns = self.commands.iter().enumerate().filter_map(|(at, it)| Some((at, it.new_column()?)));
        let does = |(at, column): &(usize, &ColumnDef)| {
            self.takes_place(*at) && new_column_rewrites(self.place.known, column) == Some(why)
        };
        columns.filter(does).collect()
    }

    /// The mode that it locks the table in.
    pub fn mode(&self) -> Mode {
        self.place.effects.mode(self.table).unwrap_or(Mode::AccessExclusive)
    }

    /// Who waits for it, and until when: `reads and writes on orders wait until ...: it takes ACCESS EXCLUSIVE`.
    pub fn waits(&self, until: &str) -> String {
        let mode = self.mode();
        format!("{} on {} wait until {until}: it takes {mode}", mode.blocks(), self.called())
    }

    /// The constraints that it adds.
    pub fn added(&self) -> Vec<Added<'p>> {
        let mut found = Vec::new();
        for (command, it) in self.commands.iter().enumerate() {
            if let Some(constraint) = it.new_constraint() {
                let start = self.place.at(constraint.location).clamp(it.span.start, it.span.end);
                let span = Span::new(start, it.span.end);
                found.push(Added { command, column: None, it: constraint.clone(), span });
            } else if let Some(column) = it.new_column().filter(|_| self.takes_place(command)) {
                for constraint in tree::column_constraints(column) {
                    let span = self.column_span(it, column, &constraint);
                    found.push(Added { command, column: Some(column), it: constraint, span });
                }
            }
        }
        found
    }

    /// Where a constraint of a new column stands: up to the next one.
    fn column_span(&self, command: &Command<'_>, column: &ColumnDef, it: &Constraint) -> Span {
        let start = self.place.at(it.location);
        let others = tree::column_constraints(column).into_iter().map(|other| other.location);
        let collation = column.coll_clause.as_ref().map(|clause| clause.location);
        let next = others.chain(collation).map(|at| self.place.at(at)).filter(|at| *at > start).min();
        let end = next.unwrap_or(command.span.end).min(command.span.end);
        let text = &self.place.source.text;
        Span::new(start, text::end_of_words(text, Span::new(start.min(end), end)))
    }

    /// The text of a subcommand without a constraint of its column. The text may be shorter behind the constraint.
    pub fn cut(&self, added: &Added<'_>, text: &str) -> Option<String> {
        let whole = self.commands[added.command].span;
        let (start, end) =
            (added.span.start.checked_sub(whole.start)?, added.span.end.checked_sub(whole.start)?);
        Some(format!("{}{}", text.get(..start)?.trim_end(), text.get(end..)?))
    }
}
