//! Names of files and ids: two files with one number, ids that another tool has no room for.

use std::collections::BTreeMap;

use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;

use super::survey::Survey;

/// How long an id may be where Alembic keeps it: `alembic_version.version_num` is `varchar(32)`
/// (<https://alembic.sqlalchemy.org/en/latest/cookbook.html>).
pub const ALEMBIC_ROOM: usize = 32;

/// Finds numbers that several files begin with, and ids that are long.
pub fn check(survey: &Survey) -> Vec<Conclusion> {
    let mut found = duplicates(survey);
    for index in 0..survey.history.graph().len() {
        let id = survey.history.graph().id(index);
        let length = id.chars().count();
        if length > ALEMBIC_ROOM {
            let text = format!(
                "the id has {length} characters; Cutover does not mind, Alembic's version table has room for {ALEMBIC_ROOM}"
            );
            found.push(survey.about(index, survey.id_offset(index), "long-id", Weight::Note, text));
        }
    }
    found
}

fn duplicates(survey: &Survey) -> Vec<Conclusion> {
    let mut by_number: BTreeMap<String, Vec<Index>> = BTreeMap::new();
    for (index, revision) in survey.history.revisions().iter().enumerate() {
        let stem = revision.path.file_stem().map(|it| it.to_string_lossy().into_owned());
        if let Some(number) = stem.as_deref().and_then(number) {
            by_number.entry(number).or_default().push(index);
        }
    }
    let several = by_number.into_iter().filter(|(_, all)| all.len() > 1);
    let conclude = |(number, all): (String, Vec<Index>)| {
        let text =
            format!("{} files begin with the number {number}: which of them is meant is a guess", all.len());
        let last = all[all.len() - 1];
        let mut found = survey.about(last, 0, "duplicate-number", Weight::Warning, text);
        found.evidence = all.iter().map(|index| survey.path(*index)).collect();
        found.next(
            "give the newer one the next number, in its name, its --@ revision line and where it is revised",
        )
    };
    several.map(conclude).collect()
}

/// The number that a file's name begins with, without its zeros: `0004b_x`, `v4_x` and `4-x` are 4 all of them. Dates, times and
/// hashes are no numbers.
pub fn number(stem: &str) -> Option<String> {
    let mut parts = stem.split(['_', '-', '.']);
    let first = parts.next()?;
    let is_date =
        parts.next().is_some_and(|next| !next.is_empty() && next.bytes().all(|byte| byte.is_ascii_digit()));
    let rest = first.trim_start_matches(['v', 'V']);
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let tail = &rest[digits..];
    let is_number =
        (1..=6).contains(&digits) && tail.len() <= 1 && tail.chars().all(|c| c.is_ascii_alphabetic());
    (is_number && !is_date).then(|| match rest[..digits].trim_start_matches('0') {
        "" => "0".to_owned(),
        number => number.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_told_from_dates_and_hashes() {
        let of = |stem: &str| number(stem).unwrap_or_else(|| "-".into());
        let stems = [
            "0004_a",
            "4-b",
            "v004_c",
            "0004b_d",
            "20251120T1015_e",
            "3f9a1c20_f",
            "00_g",
            "x_h",
            "2024-10-25_i",
        ];
        assert_eq!(stems.map(of), ["4", "4", "4", "4", "-", "-", "0", "-", "-"]);
    }
}
