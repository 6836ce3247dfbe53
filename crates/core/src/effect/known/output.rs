//! The columns that a query gives, as far as its text and the known tables tell: their names and types.
//!
//! Source: `FigureColname` in `parse_target.c`; `checkViewColumns` in `view.c` for what a view keeps.

use cutover_sql::tree::{self, AExprKind, NodeEnum, RangeVar, SelectStmt, SubLinkType, ViewStmt};

use super::{DataType, Known, Rel};

/// A column of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its type, where it can be told.
    pub data_type: Option<DataType>,
}

/// What can be read from in FROM: its name there, and its columns.
type Source = (String, Vec<Output>);

impl Known {
    /// The columns of a view, or nothing where one of them cannot be told.
    pub fn outputs(&self, it: &ViewStmt) -> Option<Vec<Output>> {
        let Some(NodeEnum::SelectStmt(query)) = tree::boxed(it.query.as_deref()) else { return None };
        let mut outputs = self.of_query(query)?;
        for (output, alias) in outputs.iter_mut().zip(tree::texts(&it.aliases)) {
            alias.clone_into(&mut output.name);
        }
        Some(outputs)
    }

    /// Why PostgreSQL would refuse the columns of a view in place of those that it has.
    pub fn refuses_outputs(&self, view: &Rel, it: &ViewStmt) -> Option<String> {
        let (old, new) = (self.get(view)?.outputs.as_ref()?, self.outputs(it)?);
        for (at, column) in old.iter().enumerate() {
            let Some(other) = new.get(at) else {
                return Some(format!("{view} has a column {} that would go", column.name));
            };
            if column.name != other.name {
                return Some(format!("a column of {view} is {}, and would be {}", column.name, other.name));
            }
            if let (Some(was), Some(is)) = (&column.data_type, &other.data_type)
                && differ(was, is)
            {
                return Some(format!("{view}.{} is {was}, and would be {is}", column.name));
            }
        }
        None
    }

    fn of_query(&self, it: &SelectStmt) -> Option<Vec<Output>> {
        if let Some(left) = &it.larg {
            // the names are those of the first; the types are put together
            let left = self.of_query(left)?;
            return Some(left.into_iter().map(|output| Output { data_type: None, ..output }).collect());
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
        let relation = self.get(&self.resolve(it))?;
        let columns = match (&relation.columns, &relation.outputs) {
            (Some(columns), _) => columns
                .iter()
                .map(|c| Output { name: c.name.clone(), data_type: Some(c.data_type.clone()) })
                .collect(),
            (None, Some(outputs)) => outputs.clone(),
            (None, None) => return None,
        };
        Some((alias.map_or(&it.relname, |alias| &alias.aliasname).clone(), columns))
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
    a.schema.is_some() == b.schema.is_some()
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
