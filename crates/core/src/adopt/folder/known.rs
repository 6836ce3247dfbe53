//! Passwords that stand in a file: whoever can read the repository knows them.
//!
//! Where they stand in a statement is known to `adopt::password`.

use cutover_sql::statement::Statement;
use cutover_sql::tree::NodeEnum;

use super::control::title;
use super::examine::Where;
use crate::adopt::password::cleared;
use crate::report::{Conclusion, Weight};

/// Looks at a statement.
pub(super) fn check(statement: &Statement, tree: &NodeEnum, sql: &str, at: &Where) -> Option<Conclusion> {
    let may_have_one = matches!(
        tree,
        NodeEnum::CreateRoleStmt(_)
            | NodeEnum::AlterRoleStmt(_)
            | NodeEnum::DoStmt(_)
            | NodeEnum::CreateUserMappingStmt(_)
            | NodeEnum::AlterUserMappingStmt(_)
            | NodeEnum::CreateForeignServerStmt(_)
            | NodeEnum::AlterForeignServerStmt(_)
    );
    let found = may_have_one.then(|| cleared(statement.span.text(sql))).flatten()?;
    let text = format!("the password of {} stands in the file", found.whose.join(" and "));
    Some(
        Conclusion::new("password-in-file", Weight::Warning, at.path, text)
            .at(at.path, at.line(statement.line))
            .because(title(statement, sql))
            .next("choose another one: who can read the file knows this one; the revision is written without it, so set it by hand"),
    )
}
