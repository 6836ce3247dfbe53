//! What was seen, as text.

use cutover_engine::trace::{Name, Observed};

use super::case::Case;

/// One case.
pub fn told(case: &Case, observed: &Observed) -> String {
    let line = |sql: &str| sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = format!("== {}: {}\n", case.area, case.name);
    if !case.prepare.is_empty() {
        text.push_str(&format!("prepare   {}\n", line(&case.prepare)));
    }
    let alone = if case.is_alone { " (alone)" } else { "" };
    text.push_str(&format!("statement {}{alone}\n", line(&case.statement)));
    let named = |name: &Name| {
        let kind = observed.kinds.get(name).copied().unwrap_or('?');
        format!("{}.{} ({kind})", name.0, name.1)
    };
    for (name, mode) in &observed.locks {
        text.push_str(&format!("  lock {} {mode}\n", named(name)));
    }
    let sets =
        [("rewritten", &observed.rewritten), ("rebuilt", &observed.rebuilt), ("scanned", &observed.scanned)];
    for (word, set) in sets {
        for name in set {
            text.push_str(&format!("  {word} {}\n", named(name)));
        }
    }
    text.push('\n');
    text
}

/// Writes the text of all cases into the folder that `CUTOVER_WITNESS_OUT` names, if it names one.
pub fn keep(major: u32, report: &str) {
    if let Some(folder) = std::env::var_os("CUTOVER_WITNESS_OUT") {
        std::fs::create_dir_all(&folder).unwrap();
        let path = std::path::Path::new(&folder).join(format!("observed-{major}.txt"));
        std::fs::write(path, report).unwrap();
    }
}
