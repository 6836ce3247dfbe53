//! The columns that a query gives, as far as its text and the known tables tell: their names and types.
//!
//! Source: `FigureColname` in `parse_target.c`; `checkViewColumns` in `view.c` for what a view keeps.

use cutover_sql::tree::{self, AExprKind, NodeEnum, RangeVar, SelectStmt, SubLinkType, ViewStmt};

use super::{Column, DataType, Known, Mentions, Rel};

/// A column that a query gives.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Output {
    name: String,
    /// Its type, where it can be told.
    data_type: Option<DataType>,
}

/// What can be read from in FROM: its name there, and its columns.
type Source = (String, Vec<Output>);

impl Known {
    /// The columns of a view, or nothing where one of them cannot be told; those of which only the type cannot be told
    /// have one without a name.
    pub fn outputs(&self, query: Option<&NodeEnum>, aliases: &[tree::Node]) -> Option<Vec<Column>> {
        let Some(NodeEnum::SelectStmt(query)) = query else { return None };
        let mut outputs = self.of_query(query)?;
        for (output, alias) in outputs.iter_mut().zip(tree::texts(aliases)) {
            alias.clone_into(&mut output.name);
        }
        let column = |output: Output| Column {
            name: output.name,
            data_type: output.data_type.unwrap_or_else(|| DataType::own("")),
            not_null: false,
            default: false,
            default_text: String::new(),
            default_made: self.era,
            identity: false,
            generated: None,
            names: Mentions::default(),
            made: self.era,
        };
        Some(outputs.into_iter().map(column).collect())
    }

    /// Why PostgreSQL would refuse the columns of a view in place of those that it has.
    pub fn refuses_outputs(&self, view: &Rel, it: &ViewStmt) -> Option<String> {
        let new = self.outputs(tree::boxed(it.query.as_deref()), &it.aliases)?;
        let old = self.get(view)?.columns.as_ref()?;
        for (at, column) in old.iter().enumerate() {
            let Some(other) = new.get(at) else {
                return Some(format!("{view} has a column {} that would go", column.name));
            };
            if column.name != other.name {
                return Some(format!("a column of {view} is {}, and would be {}", column.name, other.name));
            }
            let (was, is) = (&column.data_type, &other.data_type);
            if differ(was, is) {
                return Some(format!("{view}.{} is {was}, and would be {is}", column.name));
            }
        }
        None
    }

    fn of_query(&self, it: &SelectStmt) -> Option<Vec<Output>> {
        if let (Some(left), Some(right)) = (&it.larg, &it.rarg) {
            // the names are those of the first; the types are put together
            let (left, right) = (self.of_query(left)?, self.of_query(right));
            let same = |at: usize, of: &DataType| {
                right.as_ref().and_then(|all| all.get(at)?.data_type.as_ref()) == Some(of)
            };
            let each = left.into_iter().enumerate().map(|(at, output)| Output {
                data_type: output.data_type.filter(|of| same(at, of)),
                ..output
            });
            return Some(each.collect());
        }
        if let Some(NodeEnum::List(row)) = it.values_lists.first().and_then(tree::inner) {
            let columns =
                (1..=row.items.len()).map(|at| Output { name: format!("column{at}"), data_type: None });
            return Some(columns.collect());
        }
        let with: Vec<&str> = it
            .with_clause
            .iter()
            .flat_map(|with| &with.ctes)
            .filter_map(|node| match tree::inner(node)? {
                NodeEnum::CommonTableExpr(cte) => Some(cte.ctename.as_str()),
                _ => None,
            })
            .collect();
        let sources = self.sources(it, &with);
        let mut outputs = Vec::new();
        for node in &it.target_list {
            let NodeEnum::ResTarget(target) = tree::inner(node)? else { return None };
            let value = tree::boxed(target.val.as_deref())?;
            if let NodeEnum::ColumnRef(column) = value
                && matches!(column.fields.last().and_then(tree::inner), Some(NodeEnum::AStar(_)))
            {
                let of = tree::texts(&column.fields).last().copied();
                outputs.extend(star(sources.as_deref()?, of)?);
                continue;
            }
            let name = if target.name.is_empty() { figure(value)?.0 } else { target.name.clone() };
            outputs.push(Output { name, data_type: self.type_in(value, sources.as_deref()) });
        }
        Some(outputs)
    }

    /// What FROM reads; nothing where something of it is not known.
    fn sources(&self, it: &SelectStmt, with: &[&str]) -> Option<Vec<Source>> {
        let mut found = Vec::new();
        for node in &it.from_clause {
            self.source(tree::inner(node)?, with, &mut found)?;
        }
        Some(found)
    }

    fn source(&self, node: &NodeEnum, with: &[&str], found: &mut Vec<Source>) -> Option<()> {
        match node {
            NodeEnum::RangeVar(it) => found.push(self.source_of(it, with)?),
            // USING and NATURAL put columns together, an alias hides the names
            NodeEnum::JoinExpr(it) if it.using_clause.is_empty() && !it.is_natural && it.alias.is_none() => {
                self.source(tree::boxed(it.larg.as_deref())?, with, found)?;
                self.source(tree::boxed(it.rarg.as_deref())?, with, found)?;
            }
            NodeEnum::RangeSubselect(it) => {
                let alias = it.alias.as_ref().filter(|alias| alias.colnames.is_empty())?;
                let NodeEnum::SelectStmt(query) = tree::boxed(it.subquery.as_deref())? else { return None };
                found.push((alias.aliasname.clone(), self.of_query(query)?));
            }
            _ => return None,
        }
        Some(())
    }

    fn source_of(&self, it: &RangeVar, with: &[&str]) -> Option<Source> {
        let alias = it.alias.as_ref();
        let is_common = it.schemaname.is_empty() && with.contains(&it.relname.as_str());
        if is_common || alias.is_some_and(|alias| !alias.colnames.is_empty()) {
            return None;
        }
        let columns = self.get(&self.resolve(it))?.columns.as_ref()?;
        let columns = columns.iter().map(|c| Output {
            name: c.name.clone(),
            data_type: Some(c.data_type.clone()).filter(|of| !of.name.is_empty()),
        });
        Some((alias.map_or(&it.relname, |alias| &alias.aliasname).clone(), columns.collect()))
    }

    fn type_in(&self, value: &NodeEnum, sources: Option<&[Source]>) -> Option<DataType> {
        match value {
            NodeEnum::TypeCast(cast) => Some(self.data_type(cast.type_name.as_ref())),
            NodeEnum::ColumnRef(column) => {
                let parts = tree::texts(&column.fields);
                let (name, of) = (parts.last()?, parts.len().checked_sub(2).map(|at| parts[at]));
                let mut columns = sources?
                    .iter()
                    .filter(|(source, _)| of.is_none_or(|of| of == source))
                    .flat_map(|(_, columns)| columns)
                    .filter(|column| column.name == *name);
                let found = columns.next()?;
                found.data_type.clone().filter(|_| columns.next().is_none())
            }
            _ => None,
        }
    }
}

fn star(sources: &[Source], of: Option<&str>) -> Option<Vec<Output>> {
    let wanted: Vec<&Source> =
        sources.iter().filter(|(source, _)| of.is_none_or(|of| of == source)).collect();
    (!wanted.is_empty()).then(|| wanted.into_iter().flat_map(|(_, columns)| columns.clone()).collect())
}

/// Whether two types are surely not the same. A name without a schema may be a type that nobody has seen made.
fn differ(a: &DataType, b: &DataType) -> bool {
    let known = !a.name.is_empty() && !b.name.is_empty();
    known
        && a.schema.is_some() == b.schema.is_some()
        && (&a.schema, &a.name, &a.mods, a.array) != (&b.schema, &b.name, &b.mods, b.array)
}

/// The name that a column without one gets, and whether a better one may come from around it.
fn figure(node: &NodeEnum) -> Option<(String, bool)> {
    let sure = |name: &str| Some((name.to_owned(), true));
    match node {
        NodeEnum::ColumnRef(it) => sure(it.fields.last().and_then(tree::text)?),
        NodeEnum::FuncCall(it) => sure(tree::qualified(&it.funcname).1),
        NodeEnum::TypeCast(it) => match tree::boxed(it.arg.as_deref()).and_then(figure)? {
            (name, true) => Some((name, true)),
            (_, false) => Some((tree::qualified(&it.type_name.as_ref()?.names).1.to_owned(), false)),
        },
        NodeEnum::CollateClause(it) => figure(tree::boxed(it.arg.as_deref())?),
        NodeEnum::CaseExpr(it) => match tree::boxed(it.defresult.as_deref()).and_then(figure) {
            Some((name, true)) => Some((name, true)),
            _ => Some(("case".into(), false)),
        },
        NodeEnum::CoalesceExpr(_) => sure("coalesce"),
        NodeEnum::AArrayExpr(_) => sure("array"),
        NodeEnum::RowExpr(_) => sure("row"),
        NodeEnum::AExpr(it) if it.kind() == AExprKind::AexprNullif => sure("nullif"),
        NodeEnum::SubLink(it) if it.sub_link_type() == SubLinkType::ExistsSublink => sure("exists"),
        NodeEnum::AConst(_)
        | NodeEnum::AExpr(_)
        | NodeEnum::BoolExpr(_)
        | NodeEnum::NullTest(_)
        | NodeEnum::BooleanTest(_) => Some(("?column?".into(), false)),
        _ => None,
    }
}
