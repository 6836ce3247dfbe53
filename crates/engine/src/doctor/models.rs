//! Models that are not configured: nothing compares the schema with the code.

use cutover_core::report::{Conclusion, Weight};

use crate::config::Config;

/// Says so where it is so.
pub fn check(config: &Config) -> Option<Conclusion> {
    let text =
        "no models are configured: cutover check cannot say whether the schema is what the code expects";
    let found = Conclusion::new("no-models", Weight::Note, "cutover.toml", text);
    config.models.is_empty().then(|| {
        found.next("models = \"schema.sql\", or { sqlalchemy = \"app.models:Base.metadata\" }, { django = \"app.settings\" }")
    })
}
