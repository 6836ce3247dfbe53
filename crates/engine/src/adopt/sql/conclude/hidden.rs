//! Definitions that `IF NOT EXISTS` hides, and which of the two the live database has.

use cutover_core::catalog::{Catalog, Kind};
use cutover_core::report::{Conclusion, Weight};

use crate::adopt::sql::replay::Step;
use crate::adopt::sql::{File, Hidden, Live};

/// A definition that came second. Which files there are before it says who came first.
pub(super) fn of_hidden(
    files: &[File],
    steps: &[Step],
    step: &Step,
    hidden: &Hidden,
    live: Option<&Live>,
) -> Conclusion {
    let file = &files[step.file];
    let first = steps.iter().take_while(|it| it.file != step.file).find(|it| {
        let names = &files[it.file].names;
        names.creates.iter().any(|named| {
            named.name == hidden.table.1 && named.schema.as_ref().is_none_or(|it| *it == hidden.table.0)
        })
    });
    let first = first.map_or("an earlier file", |it| files[it.file].path());
    let text = format!(
        "IF NOT EXISTS hides another definition of {}: the one of {first} counts, as it comes first",
        hidden.path()
    );
    let mut one = Conclusion::new("hidden-definition", Weight::Warning, file.path(), text)
        .at(file.path(), file.items[hidden.item].line)
        .because(file.items[hidden.item].title(&file.part().sql));
    for line in hidden.lines() {
        one = one.because(line);
    }
    let has = |live: &Live, columns: &[(String, String)], others: &[(String, String)]| {
        let there = columns_of(&live.catalog, hidden);
        let only: Vec<&String> = columns
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !others.iter().any(|(other, _)| other == *name))
            .collect();
        !only.is_empty() && only.iter().all(|name| there.contains(name))
    };
    if let Some(live) = live {
        let mine = has(live, &hidden.wanted, &hidden.there);
        let theirs = has(live, &hidden.there, &hidden.wanted);
        one = match (mine, theirs) {
            (true, false) => one.because(format!(
                "{} has the columns of {}: there it was applied before {first}",
                live.name,
                file.path()
            )),
            (false, true) => one.because(format!("{} has the columns of {first}", live.name)),
            (true, true) | (false, false) => one,
        };
    }
    one.next(
        "decide which definition is meant; the revisions keep both statements, and the second does nothing",
    )
}

fn columns_of(catalog: &Catalog, hidden: &Hidden) -> Vec<String> {
    let of = |it: &&cutover_core::object::Object| {
        it.id.kind == Kind::Table && *it.id.namespace == hidden.table.0 && *it.id.name == hidden.table.1
    };
    let table = catalog.objects().iter().find(of);
    let columns = table.map(|it| it.definition.columns()).unwrap_or_default();
    columns.iter().map(|column| column.name.to_string()).collect()
}
