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

/// A value as it is written: by itself, and the type that has to be said with it, if any.
#[derive(Debug)]
struct Literal {
    text: String,
    of_type: String,
}

impl Literal {
    fn bare(text: impl Into<String>) -> Self {
        Self { text: text.into(), of_type: String::new() }
    }

    /// Before what follows it in the statement: a cast there says the type well enough.
    fn before(&self, rest: &str) -> String {
        match rest.strip_prefix("::") {
            Some(cast) if is_said(&self.of_type, cast) => self.text.clone(),
            _ if self.of_type.is_empty() => self.text.clone(),
            _ => format!("{}::{}", self.text, self.of_type),
        }
    }
}

/// What types are called besides.
const ALIASES: &[(&str, &str)] = &[
    ("character varying", "varchar"),
    ("double precision", "float"),
    ("timestamp without time zone", "timestamp"),
    ("timestamp with time zone", "timestamptz"),
    ("time without time zone", "time"),
];

const INTEGERS: &[&str] = &["smallint", "integer", "bigint"];

/// Whether a cast that follows is to the type itself, or from one size of numbers to another.
fn is_said(of_type: &str, cast: &str) -> bool {
    let is = |name: &str| {
        let Some(head) = cast.get(..name.len()) else { return false };
        let rest = &cast[name.len()..];
        let goes_on = rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '[' | '.'));
        (head == name || !name.contains('"') && head.eq_ignore_ascii_case(name))
            && !goes_on
            && !rest.to_ascii_lowercase().starts_with(" with ")
    };
    let alias = ALIASES.iter().find(|it| it.0 == of_type).is_some_and(|it| is(it.1));
    alias || is(of_type) || INTEGERS.contains(&of_type) && INTEGERS.iter().any(|it| is(it))
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

    async fn literal(&mut self, param: &Param, client: &Client) -> Result<Literal, SessionError> {
        let of_type = match param.oid {
            // unknown is what a bare literal is
            0 | 705 => String::new(),
            oid => self.name(oid, client).await?,
        };
        let text = match &param.value {
            None => return Ok(Literal { text: "NULL".into(), of_type }),
            Some(bytes) if param.is_binary => read(param.oid, bytes, client).await?,
            Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        };
        Ok(match param.oid {
            // a number of the usual type is itself, and so is truth
            23 if !text.starts_with('-') => Literal::bare(text),
            16 if text == "t" || text == "true" => Literal::bare("true"),
            16 if text == "f" || text == "false" => Literal::bare("false"),
            _ => Literal { text: quote_literal(&text), of_type },
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
fn filled(sql: &str, literals: &[Literal]) -> String {
    let mut out = String::new();
    for token in tokens(sql) {
        let word = token.span.text(sql);
        let number = (token.kind == TokenKind::Param).then(|| word[1..].parse::<usize>().ok()).flatten();
        match number.and_then(|number| literals.get(number.checked_sub(1)?)) {
            Some(literal) => out += &literal.before(&sql[token.span.end..]),
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
        let literals = ["'a$2'", "5"].map(Literal::bare);
        assert_eq!(
            filled("SELECT '$1', $1, $x$ $2 $x$, $2::int -- $1", &literals),
            "SELECT '$1', 'a$2', $x$ $2 $x$, 5::int -- $1"
        );
    }

    #[test]
    fn a_type_is_said_once() {
        let one = |of_type: &str, sql: &str| {
            filled(sql, &[Literal { text: "'1'".into(), of_type: of_type.into() }])
        };
        assert_eq!(one("character varying", "$1::VARCHAR"), "'1'::VARCHAR");
        assert_eq!(one("smallint", "$1::BIGINT, 2"), "'1'::BIGINT, 2");
        assert_eq!(one("numeric", "$1::NUMERIC(20, 6)"), "'1'::NUMERIC(20, 6)");
        assert_eq!(
            one("timestamp without time zone", "$1::TIMESTAMP WITHOUT TIME ZONE"),
            "'1'::TIMESTAMP WITHOUT TIME ZONE"
        );
        assert_eq!(
            one("timestamp without time zone", "$1::TIMESTAMP WITH TIME ZONE"),
            "'1'::timestamp without time zone::TIMESTAMP WITH TIME ZONE"
        );
        assert_eq!(one("integer", "$1::INTEGER[]"), "'1'::integer::INTEGER[]");
        assert_eq!(one("integer", "$1 + 1"), "'1'::integer + 1");
        assert_eq!(one("", "$1::text"), "'1'::text");
    }
}
