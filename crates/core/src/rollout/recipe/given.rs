//! What the user gave a recipe.

use std::collections::BTreeMap;

use super::Refusal;

/// One thing that a recipe takes.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// Its name: `table` is given by its place, `by` as `--by`.
    pub name: &'static str,
    /// How it is given.
    pub form: Form,
    /// The word that stands for its value in the help: `TABLE`.
    pub value: &'static str,
    /// What it is.
    pub help: &'static str,
}

/// How an argument is given.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// By its place; it must be there.
    Place,
    /// By its place at the end, one or more.
    Places,
    /// `--name VALUE`, if at all.
    Option,
    /// `--name VALUE`; it must be there.
    Needed,
    /// `--name VALUE`, any number of times.
    Many,
    /// `--name`.
    Flag,
}

impl Argument {
    /// An argument that stands at its place.
    pub const fn place(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self { name, form: Form::Place, value, help }
    }

    /// An option that may be left out.
    pub const fn option(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self { name, form: Form::Option, value, help }
    }

    /// An option that must be there.
    pub const fn needed(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self { name, form: Form::Needed, value, help }
    }

    /// An option that may be there many times.
    pub const fn many(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self { name, form: Form::Many, value, help }
    }

    /// A switch.
    pub const fn flag(name: &'static str, help: &'static str) -> Self {
        Self { name, form: Form::Flag, value: "", help }
    }
}

/// The values, by the names of their arguments. A flag that was given has an empty list.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The name of the rollout, if one was chosen.
    pub rollout: Option<String>,
    values: BTreeMap<String, Vec<String>>,
}

impl Given {
    /// With these values for an argument.
    #[must_use]
    pub fn with<S: Into<String>>(mut self, name: &str, values: impl IntoIterator<Item = S>) -> Self {
        self.values.insert(name.to_owned(), values.into_iter().map(Into::into).collect());
        self
    }

    /// The value of an argument, if it was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.first().map(String::as_str)
    }

    /// The value of an argument that must be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::new(format!("{name} was not given")))
    }

    /// All values of an argument.
    pub fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a flag was given.
    pub fn flag(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The rollout's name: the one that was chosen, or this.
    pub fn rollout_or(&self, name: impl Into<String>) -> String {
        self.rollout.clone().unwrap_or_else(|| name.into())
    }
}
