//! How a column becomes `NOT NULL` without a scan that others wait for.

use cutover_core::effect::known::ConstraintKind;
use cutover_sql::ident::quote_ident;

use crate::look::alter::Alter;

/// What proves that columns have no NULL.
pub struct Proof {
    /// The statements that prove it, each a step of its own.
    pub steps: Vec<String>,
    /// The statement that makes the columns `NOT NULL`, if they are not after those steps.
    pub set: Option<String>,
    /// The statement that takes the helpers away, when the columns are `NOT NULL`. It cannot be a part of the other:
    /// what is dropped goes first.
    pub drop: Option<String>,
}

impl Proof {
    /// All of it; `set` and `drop` are one step.
    pub fn all(self) -> Vec<String> {
        let end: Vec<String> = self.set.into_iter().chain(self.drop).collect();
        let end = (!end.is_empty()).then(|| end.join(";\n"));
        self.steps.into_iter().chain(end).collect()
    }
}

/// The proof for columns of a table. Nothing where there is none, or no column.
pub fn proof(alter: &Alter<'_>, columns: &[String]) -> Option<Proof> {
    let inherits = alter.tree.relation.as_ref().is_some_and(|written| written.inh);
    if columns.is_empty() || (!inherits && !alter.stands_alone()) {
        return None;
    }
    if alter.place.known.major >= 18 && alter.stands_alone() {
        return Some(Proof { steps: by_name(alter, columns)?, set: None, drop: None });
    }
    let known = alter.place.known;
    let helper = |column: &String| known.constraint_name(alter.table, "", column, "not_null_check");
    let each = |write: &dyn Fn(&str, &str) -> String| {
        let parts = columns.iter().map(|column| write(&quote_ident(&helper(column)), &quote_ident(column)));
        alter.command(&parts.collect::<Vec<_>>().join(", "))
    };
    Some(Proof {
        steps: vec![
            each(&|helper, column| {
                format!("ADD CONSTRAINT {helper} CHECK ({column} IS NOT NULL) NOT VALID")
            })?,
            each(&|helper, _| format!("VALIDATE CONSTRAINT {helper}"))?,
        ],
        set: Some(each(&|_, column| format!("ALTER COLUMN {column} SET NOT NULL"))?),
        drop: Some(each(&|helper, _| format!("DROP CONSTRAINT {helper}"))?),
    })
}

/// Since 18 a NOT NULL has a name, and can wait for its look at the rows.
fn by_name(alter: &Alter<'_>, columns: &[String]) -> Option<Vec<String>> {
    let relation = alter.relation()?;
    let (mut add, mut validate) = (Vec::new(), Vec::new());
    for column in columns {
        let there = relation
            .constraints
            .iter()
            .find(|it| it.kind == ConstraintKind::NotNull && it.columns.iter().any(|name| name == column));
        let name = match there {
            Some(there) => there.name.clone(),
            None => {
                let name = alter.place.known.constraint_name(alter.table, "", column, "not_null");
                let (constraint, column) = (quote_ident(&name), quote_ident(column));
                add.push(format!("ADD CONSTRAINT {constraint} NOT NULL {column} NOT VALID"));
                name
            }
        };
        validate.push(format!("VALIDATE CONSTRAINT {}", quote_ident(&name)));
    }
    let mut steps = Vec::new();
    if !add.is_empty() {
        steps.push(alter.command(&add.join(", "))?);
    }
    steps.push(alter.command(&validate.join(", "))?);
    Some(steps)
}
