//! Foreign data wrappers, servers and user mappings.

use cutover_sql::ident::{quote_ident, quote_literal};
use serde::{Deserialize, Serialize};

use super::Define;
use super::common::{self, Options};
use super::ops::{Fit, Ops, Sides};
use crate::catalog::{Id, Name};

/// A foreign data wrapper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignDataWrapper {
    /// Its handler, as SQL has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<Name>,
    /// Its validator, as SQL has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator: Option<Name>,
    /// Its options.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
}

impl Define for ForeignDataWrapper {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let mut sql = format!("CREATE FOREIGN DATA WRAPPER {}", id.path());
        for (word, function) in [("HANDLER", &self.handler), ("VALIDATOR", &self.validator)] {
            if let Some(function) = function {
                sql += &format!(" {word} {function}");
            }
        }
        ops.create(id, sql + &common::foreign_options(&self.options));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        let mut tail = String::new();
        let functions =
            [("HANDLER", &self.handler, &to.handler), ("VALIDATOR", &self.validator, &to.validator)];
        for (word, before, after) in functions {
            match after {
                after if after == before => {}
                Some(function) => tail += &format!(" {word} {function}"),
                None => tail += &format!(" NO {word}"),
            }
        }
        if let Some(options) = common::foreign_options_change(&self.options, &to.options) {
            tail += &format!(" {options}");
        }
        if !tail.is_empty() {
            ops.alter(id, "definition", format!("ALTER FOREIGN DATA WRAPPER {}{tail}", id.path()));
        }
        Fit::Altered
    }
}

/// A foreign server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its wrapper.
    pub wrapper: Name,
    /// Its type.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub server_type: Option<Name>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Name>,
    /// Its options, without secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
}

impl Define for Server {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let mut sql = format!("CREATE SERVER {}", id.path());
        for (word, value) in [("TYPE", &self.server_type), ("VERSION", &self.version)] {
            if let Some(value) = value {
                sql += &format!(" {word} {}", quote_literal(value));
            }
        }
        let (wrapper, options) = (quote_ident(&self.wrapper), common::foreign_options(&self.options));
        ops.create(id, format!("{sql} FOREIGN DATA WRAPPER {wrapper}{options}"));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if self.wrapper != to.wrapper || self.server_type != to.server_type {
            return Fit::Anew;
        }
        let mut tail = String::new();
        if self.version != to.version {
            let version = to.version.as_ref().map_or("NULL".into(), |version| quote_literal(version));
            tail += &format!(" VERSION {version}");
        }
        if let Some(options) = common::foreign_options_change(&self.options, &to.options) {
            tail += &format!(" {options}");
        }
        if !tail.is_empty() {
            ops.alter(id, "definition", format!("ALTER SERVER {}{tail}", id.path()));
        }
        Fit::Altered
    }
}

/// A user mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserMapping {
    /// Its options, without secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
}

impl Define for UserMapping {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(
            id,
            format!("CREATE USER MAPPING {}{}", id.address(), common::foreign_options(&self.options)),
        );
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if let Some(options) = common::foreign_options_change(&self.options, &to.options) {
            ops.alter(id, "options", format!("ALTER USER MAPPING {} {options}", id.address()));
        }
        Fit::Altered
    }
}

/// Whether an option's value is a secret, which is neither read nor written.
pub fn is_secret(option: &str) -> bool {
    matches!(option, "password" | "passfile" | "sslpassword" | "secret" | "token" | "sslkey" | "passcode")
}
