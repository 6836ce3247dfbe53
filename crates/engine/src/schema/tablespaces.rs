//! Tablespaces that statements name: they belong to a server, and a scratch server has none of them.

use std::collections::BTreeSet;

use cutover_sql::lex::{TokenKind, tokens};
use tokio_postgres::error::SqlState;

use crate::session::{Session, SessionError};

/// The tablespaces that SQL names and does not make, as it writes them.
pub fn named(sql: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if !sql.to_ascii_uppercase().contains("TABLESPACE") {
        return found;
    }
    let words: Vec<(TokenKind, &str)> = tokens(sql)
        .filter(|token| !token.is_blank())
        .map(|token| (token.kind, token.span.text(sql)))
        .collect();
    for (at, pair) in words.windows(2).enumerate() {
        let is = |at: usize, word: &str| words.get(at).is_some_and(|it| it.1.eq_ignore_ascii_case(word));
        let is_own = at > 0 && ["CREATE", "DROP", "ALTER", "ON"].iter().any(|word| is(at - 1, word));
        let is_name = pair[1].1.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '"');
        let is_word = pair[0].0 == TokenKind::Word && pair[0].1.eq_ignore_ascii_case("TABLESPACE");
        if is_word && is_name && !is_own && !pair[1].1.starts_with("pg_") {
            found.insert(pair[1].1.to_owned());
        }
    }
    found
}

/// Makes those on a scratch server that are not there, within its own folder
/// (<https://www.postgresql.org/docs/current/runtime-config-developer.html#GUC-ALLOW-IN-PLACE-TABLESPACES>). A server without that
/// setting says what is missing when it is used.
///
/// # Errors
/// When the connection is lost.
pub(super) async fn make(names: &BTreeSet<String>, session: &Session) -> Result<(), SessionError> {
    let client = session.client();
    for name in names {
        if client.batch_execute("SET allow_in_place_tablespaces = on").await.is_err() {
            return Ok(());
        }
        let done = client.batch_execute(&format!("CREATE TABLESPACE {name} LOCATION ''")).await;
        let what = "making a tablespace";
        client
            .batch_execute("RESET allow_in_place_tablespaces")
            .await
            .map_err(|source| SessionError::Query { what, source })?;
        match done {
            Err(source) if source.code() != Some(&SqlState::DUPLICATE_OBJECT) => {
                return Err(SessionError::Query { what, source });
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tablespaces_are_named_by_what_uses_them() {
        let of = |sql: &str| named(sql).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(
            of("CREATE TABLE t (id int PRIMARY KEY USING INDEX TABLESPACE \"Fast one\") TABLESPACE slow"),
            "\"Fast one\" slow"
        );
        assert_eq!(of("ALTER TABLE t SET TABLESPACE pg_default"), "");
        assert_eq!(of("CREATE TABLESPACE x LOCATION '/x'; SELECT 'TABLESPACE y'"), "");
        assert_eq!(of("SET default_tablespace = z"), "");
    }
}
