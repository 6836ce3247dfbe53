//! Numbers in sentences.

use std::fmt::Display;

/// `1 row`, `2 rows`.
pub fn count<N: Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let ending = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{ending}")
}
