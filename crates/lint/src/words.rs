//! Lists in sentences.

use std::fmt::Display;

/// `a`, `a and b`, `a, b and c`; of more than four the first three and how many there are besides.
pub(crate) fn list<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    let mut names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    if names.len() > 4 {
        let more = names.len() - 3;
        names.truncate(3);
        names.push(format!("{more} more"));
    }
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// What carries a change through while code of both sorts runs: the recipe, as it is typed.
pub(crate) fn rollout(recipe: &str, arguments: &str) -> String {
    format!("as a rollout, with both forms kept equal: cutover rollout new {recipe} {arguments}")
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn lists_read_as_people_write_them() {
        assert_eq!(list(["a"]), "a");
        assert_eq!(list(["a", "b"]), "a and b");
        assert_eq!(list(["a", "b", "c"]), "a, b and c");
        assert_eq!(list(["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
