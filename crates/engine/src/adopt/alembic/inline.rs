//! A statement with parameters as a statement without: each value as a literal of the type that it was sent as.
//!
//! What a driver sends in binary, the server itself turns into text: no form of any type is known here.

use std::collections::HashMap;

use bytes::BytesMut;
use cutover_sql::ident::quote_literal;
use cutover_sql::lex::{TokenKind, tokens};
use tokio_postgres::Client;
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type};

use super::journal::{Done, Param};
use crate::session::{SessionError, rows};

const WHAT: &str = "reading the parameters of a statement";

/// Values as literals, with the names of types that were asked for already.
#[derive(Debug, Default)]
pub(super) struct Inliner {
    names: HashMap<u32, String>,
}

/// Bytes that are sent as they are.
#[derive(Debug)]
struct Raw<'a>(&'a [u8]);

impl ToSql for Raw<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Binary
    }

    fn to_sql_checked(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.to_sql(ty, out)
    }
}

impl Inliner {
    /// The statement with its values in it.
    ///
    /// # Errors
    /// When the server does not read a value.
    pub async fn inline(&mut self, done: &Done, client: &Client) -> Result<String, SessionError> {
        if done.params.is_empty() {
            return Ok(done.sql.clone());
        }
        let mut literals = Vec::new();
        for param in &done.params {
            literals.push(self.literal(param, client).await?);
        }
        Ok(filled(&done.sql, &literals))
    }

    async fn literal(&mut self, param: &Param, client: &Client) -> Result<String, SessionError> {
        let cast = match param.oid {
            // unknown is what a bare literal is
            0 | 705 => String::new(),
            oid => format!("::{}", self.name(oid, client).await?),
        };
        let text = match &param.value {
            None => return Ok(format!("NULL{cast}")),
            Some(bytes) if param.is_binary => read(param.oid, bytes, client).await?,
            Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        };
        Ok(match param.oid {
            // a number of the usual type is itself, and so is truth
            23 if !text.starts_with('-') => text,
            16 if text == "t" || text == "true" => "true".into(),
            16 if text == "f" || text == "false" => "false".into(),
            25 => quote_literal(&text) + "::text",
            _ => quote_literal(&text) + &cast,
        })
    }

    /// The name of a type, with its schema where it is not PostgreSQL's.
    async fn name(&mut self, oid: u32, client: &Client) -> Result<String, SessionError> {
        if let Some(name) = self.names.get(&oid) {
            return Ok(name.clone());
        }
        let found = rows(client, &format!("SELECT format_type({oid}, NULL)"), WHAT).await?;
        let name = found.first().and_then(|row| row.get(0)).unwrap_or("text").to_owned();
        self.names.insert(oid, name.clone());
        Ok(name)
    }
}

async fn read(oid: u32, bytes: &[u8], client: &Client) -> Result<String, SessionError> {
    let failed = |source| SessionError::Query { what: WHAT, source };
    let unknown = || Type::new("parameter".into(), oid, Kind::Simple, "pg_catalog".into());
    let of_type = Type::from_oid(oid).unwrap_or_else(unknown);
    let statement = client.prepare_typed("SELECT ($1)::text", &[of_type]).await.map_err(failed)?;
    let row = client.query_one(&statement, &[&Raw(bytes)]).await.map_err(failed)?;
    Ok(row.try_get::<_, Option<String>>(0).map_err(failed)?.unwrap_or_default())
}

/// Puts literals where the places for parameters are.
fn filled(sql: &str, literals: &[String]) -> String {
    let mut out = String::new();
    for token in tokens(sql) {
        let word = token.span.text(sql);
        let number = (token.kind == TokenKind::Param).then(|| word[1..].parse::<usize>().ok()).flatten();
        match number.and_then(|number| literals.get(number.checked_sub(1)?)) {
            Some(literal) => out += literal,
            None => out += word,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parameters_are_replaced() {
        let literals: Vec<String> = ["'a$2'", "5"].map(Into::into).into();
        assert_eq!(
            filled("SELECT '$1', $1, $x$ $2 $x$, $2::int -- $1", &literals),
            "SELECT '$1', 'a$2', $x$ $2 $x$, 5::int -- $1"
        );
    }
}
