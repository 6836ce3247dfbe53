//! dbmate: both ways in a file, below `-- migrate:up` and `-- migrate:down`, with `transaction:false` where it is meant.
//!
//! Source: <https://github.com/amacneil/dbmate#creating-migrations>.

use super::section::{Mark, Sections, apart, comment};

/// Whether a text is one of dbmate's.
pub(super) fn is_one(text: &str) -> bool {
    text.lines().any(|line| matches!(mark(line), Some(Mark::Up(_))))
}

/// Its two ways.
pub(super) fn sections(text: &str) -> Sections {
    apart(text, mark)
}

fn mark(line: &str) -> Option<Mark> {
    let rest = comment(line, "migrate:")?;
    let mut words = rest.split_whitespace();
    let way = words.next()?;
    let is_transactional = !words.any(|it| it.eq_ignore_ascii_case("transaction:false"));
    match way {
        "up" => Some(Mark::Up(is_transactional)),
        "down" => Some(Mark::Down(is_transactional)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_keep_their_lines() {
        let text = "-- a\r\n-- migrate:up transaction:false\r\nA;\r\n\r\n--migrate:down\r\nB;\r\n";
        let found = sections(text);
        let told =
            |it: Option<super::super::section::Section>| it.map(|it| (it.line, it.sql, it.is_transactional));
        assert_eq!(told(found.up), Some((3, "A;\r\n\r\n".into(), false)));
        assert_eq!(told(found.down), Some((6, "B;\r\n".into(), true)));
        assert_eq!(found.outside, None);
        assert_eq!(sections("x;\n-- migrate:up\nA;\n").outside, Some(1));
        // a second one goes on, on its own line
        let twice = sections("-- migrate:up\nA;\n-- migrate:down\nB;\n-- migrate:up\nC;\n");
        assert_eq!(told(twice.up), Some((2, "A;\n\n\n\nC;\n".into(), true)));
    }
}
