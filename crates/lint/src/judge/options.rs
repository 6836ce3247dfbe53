//! How to look: the server's version, which rules, how bad.

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Settings;
use crate::finding::Level;
use crate::rule::Rule;

/// How to look.
#[derive(Clone, Debug)]
pub struct Options {
    /// Major version of the server that it will run on.
    pub major: u32,
    /// Rules that are off.
    pub off: BTreeSet<String>,
    /// Rules that are on although they are usually off.
    pub on: BTreeSet<String>,
    /// Levels that differ from the rules' own.
    pub levels: BTreeMap<String, Level>,
    /// What is looked at runs in one go: what one revision makes is nobody's yet in the next.
    pub one_run: bool,
    /// Where names without a schema are looked for.
    pub search_path: Vec<String>,
    /// What the caller knows of the files.
    pub settings: Settings,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            major: 15,
            off: BTreeSet::new(),
            on: BTreeSet::new(),
            levels: BTreeMap::new(),
            one_run: false,
            search_path: vec!["public".into()],
            settings: Settings::default(),
        }
    }
}

impl Options {
    /// Whether a rule is looked for.
    pub(crate) fn has(&self, rule: &Rule) -> bool {
        (rule.is_on() || self.on.contains(rule.id)) && !self.off.contains(rule.id)
    }
}
