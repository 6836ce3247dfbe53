//! Text search: parsers, templates, dictionaries and configurations.

use cutover_sql::ident::quote_ident;
use serde::{Deserialize, Serialize};

use super::Define;
use super::ops::{Fit, Ops, Sides};
use super::routine::properties;
use crate::catalog::{Id, Name};

/// A parser or a template: functions only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TsFunctions {
    /// `START = …` and so on.
    pub properties: Vec<(Name, Name)>,
}

impl Define for TsFunctions {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let properties = properties(&self.properties, ", ");
        ops.create(id, format!("CREATE {} {} ({properties})", id.kind.noun(), id.path()));
    }
}

/// A dictionary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TsDictionary {
    /// Its template, as SQL has it.
    pub template: Name,
    /// `name = 'value'`, by name, as SQL has both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<(Name, Name)>,
}

impl Define for TsDictionary {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let mut items = vec![("TEMPLATE".into(), self.template.clone())];
        items.extend(self.options.iter().cloned());
        ops.create(id, format!("CREATE TEXT SEARCH DICTIONARY {} ({})", id.path(), properties(&items, ", ")));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if self.template != to.template {
            return Fit::Anew;
        }
        let mut items: Vec<(Name, Name)> =
            to.options.iter().filter(|option| !self.options.contains(option)).cloned().collect();
        // a name without a value is removed
        let gone = self.options.iter().filter(|(name, _)| !to.options.iter().any(|(other, _)| name == other));
        items.extend(gone.map(|(name, _)| (name.clone(), "".into())));
        if !items.is_empty() {
            let sql = format!("ALTER TEXT SEARCH DICTIONARY {} ({})", id.path(), properties(&items, ", "));
            ops.alter(id, "options", sql);
        }
        Fit::Altered
    }
}

/// A configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TsConfiguration {
    /// Its parser, as SQL has it.
    pub parser: Name,
    /// Token types, each with its dictionaries as SQL has them.
    pub mappings: Vec<(Name, Name)>,
}

impl TsConfiguration {
    fn mapping(id: &Id, verb: &str, token: &Name, dictionaries: &str, ops: &mut Ops) {
        let start = format!("ALTER TEXT SEARCH CONFIGURATION {}", id.path());
        let with = if dictionaries.is_empty() { String::new() } else { format!(" WITH {dictionaries}") };
        let sql = format!("{start} {verb} MAPPING FOR {}{with}", quote_ident(token));
        ops.alter(id, format!("mapping of {token}"), sql);
    }
}

impl Define for TsConfiguration {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, format!("CREATE TEXT SEARCH CONFIGURATION {} (PARSER = {})", id.path(), self.parser));
        for (token, dictionaries) in &self.mappings {
            Self::mapping(id, "ADD", token, dictionaries, ops);
        }
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if self.parser != to.parser {
            return Fit::Anew;
        }
        let find = |list: &[(Name, Name)], token: &Name| {
            list.iter().find(|(t, _)| t == token).map(|(_, d)| d.clone())
        };
        for (token, _) in self.mappings.iter().filter(|(token, _)| find(&to.mappings, token).is_none()) {
            Self::mapping(id, "DROP", token, "", ops);
        }
        for (token, dictionaries) in &to.mappings {
            match find(&self.mappings, token) {
                None => Self::mapping(id, "ADD", token, dictionaries, ops),
                Some(before) if before != *dictionaries => {
                    Self::mapping(id, "ALTER", token, dictionaries, ops)
                }
                Some(_) => {}
            }
        }
        Fit::Altered
    }
}
