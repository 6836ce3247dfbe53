//! The steps that all recipes with successors of columns share, up to the cut over.

use super::Refusal;
use super::twin::{Side, Twin};
use super::{Given, clients, shape, within};
use crate::object::column::Column;
use crate::rollout::draft::{Block, Part};
use crate::rollout::phase::Phase;
use cutover_sql::ident::{quote_ident, quote_literal};

/// The successors are added, written, filled in, compared, and get what the old columns have.
///
/// # Errors
/// When an expression cannot be read or the table has no key to go through it by.
pub fn beside(twin: &Twin<'_>, title: &str) -> Result<Vec<Part>, Refusal> {
    let dual = twin.dual()?;
    let mut add = twin.add_columns(twin.pairs.iter().map(|pair| &pair.new));
    add.extend(twin.constant_defaults());
    let olds: Vec<String> = twin.pairs.iter().map(|p| shape::named(twin.id, &p.old.name)).collect();
    let news: Vec<String> = twin.pairs.iter().map(|p| shape::named(twin.id, &p.new.name)).collect();
    let (olds, news) = (olds.join(", "), news.join(", "));
    let mut parts = vec![
        Part::new(Phase::Expand, title)
            .prose("Why: it is empty and nobody knows it yet.\n\nSafe: without a default in ADD COLUMN no row is touched; ACCESS EXCLUSIVE lasts for changes of the catalog.")
            .up([Block::Sql(add)])
            .down([Block::Sql(twin.drop_columns(twin.pairs.iter().map(|pair| &*pair.new.name)))]),
        Part::new(Phase::DualWrite, format!("Write both {olds} and {news}"))
            .prose("Why before the backfill: what old programs write between the two would be missing.\n\nSafe: CREATE TRIGGER takes SHARE ROW EXCLUSIVE for a change of the catalog; the triggers change the row before it is written.")
            .up([Block::Sql(dual.create)])
            .down([Block::Sql(dual.drop)]),
        Part::new(Phase::Backfill, format!("Fill in {news}"))
            .prose("Safe: in batches by the key of the table. It can run again at any time: it touches only rows that have no value yet.")
            .up([twin.backfill()?])
            .allow("empty-downgrade", "the column goes with the first revision; a value in it hurts nobody"),
        Part::new(Phase::Validate, format!("Compare {olds} and {news}"))
            .prose("Why: programs that read the new column must see what is in the old one.\n\nSafe: it reads the table as a query does.")
            .up([twin.guard(true)?])
            .up([Block::sql([format!(
                "-- the planner knows nothing of a new column\nANALYZE {} ({})",
                twin.id.path(),
                twin.pairs.iter().map(|p| quote_ident(&p.new.name)).collect::<Vec<_>>().join(", ")
            )])]),
    ];
    let up = twin.build_indexes(Side::New);
    if !up.is_empty() {
        parts.push(
            Part::new(Phase::Validate, format!("Indexes on {news}"))
                .prose("Why now: after the backfill an index is built faster and is smaller.\n\nSafe: they are built while reads and writes go on. Their names are for the time of the rollout.")
                .up(up)
                .up(twin.analyze())
                .down(twin.drop_indexes(Side::New)),
        );
    }
    let up = twin.build_rules(Side::New);
    if !up.is_empty() {
        let mut part = Part::new(Phase::Validate, format!("The constraints of {olds} hold for {news}"))
            .prose("Safe: each is NOT VALID first, which reads no row, and is then validated under SHARE UPDATE EXCLUSIVE, beside reads and writes.")
            .up(up)
            .down(twin.drop_rules(Side::New));
        if twin.has_foreign_key() {
            part = part.allow("drop-locks-referenced-table", "a change of the catalog on both, for a moment");
        }
        parts.push(part);
    }
    Ok(parts)
}

impl Twin<'_> {
    /// A default of the successor that is a constant: in a statement of its own it touches no row.
    pub fn constant_defaults(&self) -> Vec<String> {
        let defaults = self.pairs.iter().filter_map(|pair| {
            let default = pair.new.default.as_ref()?;
            let name = quote_ident(&pair.new.name);
            Some(format!("ALTER TABLE {} ALTER COLUMN {name} SET DEFAULT {default}", self.id.path()))
        });
        defaults.collect()
    }

    /// Statistics for indexes on expressions, which have some of their own. SHARE UPDATE EXCLUSIVE.
    pub fn analyze(&self) -> Vec<Block> {
        let mut items = self.indexes.iter().flat_map(|it| within::items(&it.index.old.tail));
        if items.any(|item| item.contains('(')) {
            vec![Block::sql([format!("ANALYZE {}", self.id.path())])]
        } else {
            Vec::new()
        }
    }

    /// Whether a foreign key stands on the columns.
    pub fn has_foreign_key(&self) -> bool {
        self.rules.iter().any(|it| !it.within && it.rule.old.definition.starts_with("FOREIGN KEY"))
    }

    /// [`Twin::build_indexes`] without the primary key's.
    pub fn build_indexes_but_primary(&self, side: Side) -> Vec<Block> {
        Self { primary: None, ..self.clone() }.build_indexes(side)
    }
}

/// The successors take the names of the old columns, table by table, after what has to go `before`; then the old ones go.
///
/// # Errors
/// When an expression cannot be read or a table has no key to go through it by.
pub fn exchange(
    given: &Given,
    twins: &[Twin<'_>],
    path: &str,
    before: Vec<Part>,
) -> Result<Vec<Part>, Refusal> {
    let mut parts = clients::deploys(
        given,
        Phase::CutOver,
        &format!("Everybody can work with both types of {path}"),
        &format!(
            "works with both types of {path}, and prepares a statement again when its result type has changed"
        ),
        &format!("may rely on the old type of {path}"),
        "Why: the next step exchanges the columns between two statements of a program.\n\nSafe: nothing is changed here.",
    );
    // on the way down nobody needs to be waited for: programs that can work with both types work with the old one
    parts.iter_mut().for_each(|part| part.downgrade.clear());
    parts.extend(before);
    for twin in twins.iter().filter(|twin| !twin.pairs.is_empty() || twin.rules.iter().any(|it| it.within)) {
        parts.push(swap(twin)?);
    }
    // behind the exchange somebody has to say that it works: then only the way back is lost
    let done = clients::deploys(
        &Given::default(),
        Phase::CutOver,
        &format!("The new type of {path} has proven itself"),
        &format!(
            "has worked with the new type of {path} for as long as you want to be able to go back in a moment"
        ),
        &format!("still works with the new type of {path}"),
        "Why: until here the way back exchanges the names again and loses nothing (unique indexes are built and foreign keys checked once more, beside reads and writes). Behind it the old column has to be filled in again first.",
    );
    parts.extend(done.into_iter().map(|part| Part { downgrade: Vec::new(), ..part }));
    for twin in twins.iter().filter(|twin| !twin.pairs.is_empty()) {
        parts.push(contract(twin)?);
    }
    Ok(parts)
}

fn swap(twin: &Twin<'_>) -> Result<Part, Refusal> {
    if twin.pairs.is_empty() {
        let part = Part::new(
            Phase::CutOver,
            format!("The new foreign keys of {} get the names of the old ones", twin.id.path()),
        )
        .prose("Safe: changes of the catalog: ACCESS EXCLUSIVE for a moment.")
        .up([Block::Sql(twin.rename(Side::New, Side::Old))])
        .down([Block::Sql(twin.rename(Side::Old, Side::New))]);
        return Ok(part);
    }
    let (before, after) = (twin.dual()?, twin.dual_aside()?);
    let mut up = before.drop.clone();
    up.extend(twin.swap());
    up.extend(after.create.clone());
    let mut down = vec![twin.guard(false)?];
    for it in &twin.not_nulls {
        down.extend(it.aside.whole());
    }
    if let Some(primary) = &twin.primary {
        down.extend(primary.index.aside.create(&twin.target));
        let name = primary.index.new.name.clone();
        down.extend(super::online::NewIndex { name, ..primary.index.old.clone() }.create(&twin.target));
    }
    let (go, come, hold) = twin.referring_again();
    let mut last = go;
    last.extend(after.drop);
    last.extend(twin.swap_back());
    last.extend(before.create);
    last.extend(come);
    last.extend(twin.referring.iter().filter(|_| twin.primary.is_some()).filter_map(|it| {
        let target = format!("CONSTRAINT {} ON {}", quote_ident(&it.back), it.from.path());
        Some(format!("COMMENT ON {target} IS {}", quote_literal(it.comment.as_ref()?)))
    }));
    down.push(Block::Sql(last));
    down.extend(hold.into_iter().map(|sql| Block::sql([sql])));
    let names: Vec<String> = twin.pairs.iter().map(|p| shape::named(twin.id, &p.old.name)).collect();
    let part = Part::new(Phase::CutOver, format!("The columns exchange their names: {}", names.join(", ")))
        .prose("Why in one transaction: a statement sees the old column or the new one, with the same value.\n\nSafe: all of it is changes of the catalog: ACCESS EXCLUSIVE for a moment. From here on what was set aside follows what is written; where the old type cannot have a value it has NULL. The way down stops at its guard then.")
        .up([Block::Sql(up)])
        .down(down);
    let mut part = accepted(twin, part);
    let mut because = |is: bool, rule: &str, why: &str| {
        if is {
            part.allows.push((rule.to_owned(), why.to_owned()));
        }
    };
    because(
        true,
        "rename-column",
        "the same transaction gives the name to the successor, which has the same value",
    );
    let any = |has: fn(&Column) -> bool| twin.pairs.iter().any(|pair| has(&pair.old));
    let successor = "what was set aside follows its successor, which has all of it";
    because(any(|old| old.not_null.is_some()), "drop-not-null", successor);
    because(any(|old| old.default.is_some()), "drop-default", successor);
    let again = twin.primary.is_some() && !twin.referring.is_empty();
    because(again, "drop-foreign-key", "the same transaction adds it again");
    let others = again && twin.referring.iter().any(|it| it.from != *twin.id);
    because(others, "drop-locks-referenced-table", "a change of the catalog on both, for a moment");
    Ok(part)
}

fn contract(twin: &Twin<'_>) -> Result<Part, Refusal> {
    let dual = twin.dual_aside()?;
    let asides: Vec<_> = twin
        .pairs
        .iter()
        .map(|pair| Column { name: pair.aside.as_str().into(), ..pair.old.clone() })
        .collect();
    let mut up = dual.drop.clone();
    up.extend(twin.drop_columns(asides.iter().map(|column| &*column.name)));
    let mut down = vec![Block::Sql(twin.add_columns(asides.iter()).into_iter().chain(dual.create).collect())];
    down.push(twin.backfill_back(Side::Aside)?);
    down.extend(twin.build_indexes_but_primary(Side::Aside));
    down.extend(twin.analyze());
    down.extend(twin.build_rules(Side::Aside));
    let names: Vec<String> = asides.iter().map(|column| shape::named(twin.id, &column.name)).collect();
    let part = Part::new(Phase::Contract, format!("{} goes", names.join(", ")))
        .prose("Why: nobody reads it, and each write keeps it up.\n\nSafe: PostgreSQL touches no row; ACCESS EXCLUSIVE lasts for a change of the catalog. The way down adds it again and fills it in.")
        .up([Block::Sql(up)])
        .down(down)
        .allow("downgrade-loses-data", "the backfill brings the values back from the new column");
    Ok(if twin.has_foreign_key() {
        part.allow("drop-locks-referenced-table", "a change of the catalog on both, for a moment")
    } else {
        part
    })
}

/// What the linter asks of the exchange of what stands on the columns.
pub fn accepted(twin: &Twin<'_>, mut part: Part) -> Part {
    if twin.primary.is_some() {
        part =
            part.allow("drop-primary-key", "the same transaction adds it again, with an index that is there");
    }
    part
}
