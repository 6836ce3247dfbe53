//! A value that old programs write and new ones cannot take: changed on its way into the row.
//!
//! Knows neither types nor tables beyond the names it is given; the expressions are the recipe's.

use cutover_sql::ident::quote_ident;

use super::name::tagged;
use super::{Dual, Function, Setting, Table, Trigger};

/// A column whose value is replaced in rows that are written.
///
/// `when` is the condition of the trigger and says `NEW.` before columns; so rows that have nothing to be mended call no
/// function. `value` is plain SQL over the columns of the row; functions outside `pg_catalog` with their schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// Names and rights.
    pub setting: Setting,
    /// The table.
    pub table: Table,
    /// The column.
    pub column: String,
    /// Which rows.
    pub when: String,
    /// What it becomes.
    pub value: String,
}

/// NULL in a column becomes this value.
pub fn fill(setting: &Setting, table: &Table, column: &str, value: &str) -> Dual {
    let when = format!("NEW.{} IS NULL", quote_ident(column));
    let mend = Mend {
        setting: setting.clone(),
        table: table.clone(),
        column: column.to_owned(),
        when,
        value: value.to_owned(),
    };
    mend.dual()
}

impl Mend {
    /// The triggers. They run after other BEFORE triggers, by their names.
    pub fn dual(&self) -> Dual {
        let mut dual = Dual::new();
        let parts = [self.table.name.as_str(), self.column.as_str()];
        let function = self.table.function(&self.setting.rollout, &parts);
        dual.create.push(self.probe());
        dual.function(&Function {
            name: function.clone(),
            about: format!(
                "Mends {} of {} in rows that are written.",
                quote_ident(&self.column),
                self.table.sql()
            ),
            declare: Vec::new(),
            body: format!(
                "    SELECT ({}) INTO NEW.{} FROM (SELECT NEW.*) AS given;\n    RETURN NEW;\n",
                self.value,
                quote_ident(&self.column)
            ),
            setting: &self.setting,
        });
        let trigger = Trigger {
            name: self.table.last(&self.setting.rollout, &parts, "mend"),
            on: &self.table,
            event: "BEFORE INSERT OR UPDATE",
            each: "ROW",
            when: Some(self.when.clone()),
            function: &function,
        };
        dual.trigger(&self.setting, &trigger);
        dual
    }

    /// Fails now, and not at the first write, when the expression does not work under the function's `search_path`.
    fn probe(&self) -> String {
        let body = format!(
            "
-- Plans the expression as the trigger will, and reads no row.
DECLARE
    path text := current_setting('search_path');
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    PERFORM ({}) FROM (SELECT * FROM {} LIMIT 0) AS given;
    PERFORM set_config('search_path', path, true);
END
",
            self.value,
            self.table.sql()
        );
        format!("DO {}", tagged(&body))
    }
}
