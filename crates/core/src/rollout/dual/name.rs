//! Names of functions and triggers, within PostgreSQL's 63 bytes, and texts that cannot break out of where they stand.

use cutover_sql::ident::qualified;

/// The longest identifier, in bytes (`NAMEDATALEN - 1`).
const LONGEST: usize = 63;

/// A table, or a function: its schema and its name, as they are and not as SQL quotes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The schema.
    pub schema: String,
    /// The name.
    pub name: String,
}

impl Table {
    /// A table.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }

    /// Its name in SQL, with its schema.
    pub fn sql(&self) -> String {
        qualified(&[&self.schema, &self.name])
    }

    /// A trigger of a rollout on this table, that runs after all others (BEFORE ROW).
    pub(super) fn last(&self, rollout: &str, parts: &[&str], event: &str) -> String {
        self.trigger("zz_cutover_", rollout, parts, event)
    }

    /// A trigger of a rollout on this table that runs before all others, foreign keys (`RI_...`) included.
    pub(super) fn first(&self, rollout: &str, parts: &[&str], event: &str) -> String {
        self.trigger("CUTOVER_", rollout, parts, event)
    }

    fn trigger(&self, before: &str, rollout: &str, parts: &[&str], event: &str) -> String {
        let mut all = vec![rollout];
        all.extend(parts);
        identifier(before, &all, &format!("_{event}"))
    }

    /// A function of a rollout in the schema of this table.
    pub(super) fn function(&self, rollout: &str, parts: &[&str]) -> Self {
        let mut all = vec!["cutover", rollout];
        all.extend(parts);
        Self::new(&self.schema, identifier("", &all, ""))
    }
}

/// A name made of parts, all in letters that need no quotes. What had to be changed or cut has a hash at its end, so
/// that two names stay two.
pub(super) fn identifier(before: &str, parts: &[&str], after: &str) -> String {
    let whole = parts.join("_");
    let plain: String =
        whole.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' }).collect();
    let room = LONGEST - before.len() - after.len();
    let lossless = whole.bytes().zip(plain.bytes()).all(|(a, b)| a == b || a == b'-');
    if lossless && whole.len() == plain.len() && plain.len() <= room {
        return format!("{before}{plain}{after}");
    }
    let hash = format!("_{:08x}", hash(&whole));
    let cut: String = plain.chars().take(room - hash.len()).collect();
    format!("{before}{}{hash}{after}", cut.trim_end_matches('_'))
}

/// FNV-1a, 32 bits: the names only have to differ among the triggers of one schema.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Lines of a comment; a name with a line break in it stays inside.
pub(super) fn comment(text: &str, indent: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut lines = vec![String::new()];
    for word in clean.split_whitespace() {
        let last = lines.len() - 1;
        if lines[last].len() + word.len() > 100 && !lines[last].is_empty() {
            lines.push(word.to_owned());
        } else {
            let space = if lines[last].is_empty() { "" } else { " " };
            lines[last] = format!("{}{space}{word}", lines[last]);
        }
    }
    lines.iter().map(|line| format!("{indent}-- {line}\n")).collect()
}

/// A dollar-quoted text, with a tag that is not in it.
pub(super) fn tagged(text: &str) -> String {
    let mut tag = "$dual$".to_owned();
    for n in 2.. {
        if !text.contains(&tag) {
            break;
        }
        tag = format!("$dual{n}$");
    }
    format!("{tag}{text}{tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_is_of() {
        assert_eq!(
            identifier("zz_", &["cutover", "retire-links", "plan"], "_insert"),
            "zz_cutover_retire_links_plan_insert"
        );
    }

    #[test]
    fn what_had_to_be_changed_or_cut_stays_two_names() {
        let (a, b) = ("x".repeat(80), "x".repeat(81));
        for (one, other) in [("Plan", "plan"), ("pläne", "pl__ne"), (a.as_str(), b.as_str())] {
            let names = [one, other].map(|n| identifier("zz_", &["cutover", n], "_update"));
            assert_ne!(names[0], names[1]);
            assert!(names.iter().all(|n| n.len() <= LONGEST), "{names:?}");
        }
    }

    #[test]
    fn no_name_and_no_expression_ends_a_comment_or_a_body() {
        assert_eq!(comment("of a\nDROP TABLE b;", ""), "-- of a DROP TABLE b;\n");
        assert_eq!(tagged("'$dual$'"), "$dual2$'$dual$'$dual2$");
    }
}
