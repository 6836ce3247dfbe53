//! What a function's body seems to name. PostgreSQL does not know: a body is text until it runs.

use std::collections::HashSet;

use crate::catalog::Id;

/// The names in a text: words, and what is in double quotes.
pub fn words(text: &str) -> HashSet<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let quoted = text.split('"').skip(1).step_by(2);
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).chain(quoted).collect()
}

/// Whether an object's name is among them. Constraints and the like are never named in a body.
pub fn is_named(id: &Id, words: &HashSet<&str>) -> bool {
    let has_name = id.kind.is_relation()
        || id.kind.is_type()
        || matches!(
            id.kind,
            crate::catalog::Kind::Function
                | crate::catalog::Kind::Procedure
                | crate::catalog::Kind::Aggregate
                | crate::catalog::Kind::Sequence
        );
    has_name && words.contains(&*id.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_and_out_of_quotes() {
        let found = words("SELECT count(*) FROM shop.\"My Table\" WHERE a_b = 1");
        for word in ["shop", "My Table", "a_b", "count"] {
            assert!(found.contains(word), "{word}");
        }
    }
}
