//! How a check or a foreign key comes to a table that is in use: `NOT VALID`, then `VALIDATE`.

use cutover_sql::ident::quote_ident;
use cutover_sql::tree::ConstrType;

use crate::finding::Fix;
use crate::fix::{constraint_name, safe};
use crate::look::alter::{Added, Alter};

/// The constraints of a kind that are looked at when they come.
pub fn open<'p>(alter: &Alter<'p>, kind: ConstrType) -> Vec<Added<'p>> {
    let mut added = alter.added();
    added.retain(|it| it.it.contype() == kind && !it.it.skip_validation && it.it.is_enforced);
    added
}

/// Each of them not valid, then a look at all of them. `write` makes the subcommand of the constraint's text and its
/// name. What a new column brings along comes behind it, if it is a check; a foreign key comes in a statement of its
/// own, so that the other table is not waited for under the stronger lock.
pub fn fix(
    alter: &Alter<'_>,
    open: &[Added<'_>],
    write: impl Fn(&str, &Added<'_>, &str) -> String,
) -> Option<Fix> {
    let text = &alter.place.source.text;
    let mut commands = alter.texts();
    let (mut later, mut validate, mut is_sure) = (Vec::new(), Vec::new(), true);
    // from the back, so that what is left of a column keeps its places
    for added in open.iter().rev() {
        let (name, sure) = constraint_name::of(alter, added)?;
        if alter.is_perhaps_there(added) || !alter.can_come_after(added.command) {
            return None;
        }
        is_sure &= sure;
        let subcommand = write(added.span.text(text), added, &name);
        let place = commands.get_mut(added.command)?;
        *place = match (added.column, added.it.contype()) {
            (None, _) => Some(subcommand),
            (Some(_), ConstrType::ConstrForeign) => {
                later.push(alter.command(&subcommand)?);
                Some(alter.cut(added, place.as_deref()?)?)
            }
            (Some(_), _) => Some(format!("{}, {subcommand}", alter.cut(added, place.as_deref()?)?)),
        };
        validate.push(format!("VALIDATE CONSTRAINT {}", quote_ident(&name)));
    }
    validate.reverse();
    let mut statements = vec![alter.with(&commands)?];
    statements.extend(later.into_iter().rev());
    statements.push(alter.command(&validate.join(", "))?);
    let mut fix = safe::steps(alter.place, "add it NOT VALID, then validate it", &statements)?;
    fix.safe = is_sure;
    Some(fix)
}
