//! What is to be said of the tables in which other tools keep what they ran.

use cutover_core::report::{Conclusion, Weight};

use crate::adopt::sql::{File, Live};

/// That they are left out, and what of them no file explains.
pub fn of_theirs(files: &[File], code: &[String], live: &Live) -> Vec<Conclusion> {
    let mut all = Vec::new();
    for other in &live.theirs.left_out {
        let path = other.table.path();
        let text =
            format!("it is the table of {}: it stays out of the revisions and of the proof", other.tool);
        let pattern = live.theirs.pattern(&other.table);
        let next = format!("add \"{pattern}\" to ignore in cutover.toml for as long as {} has it", live.name);
        let one = Conclusion::new("tool-table", Weight::Note, path.as_str(), text).because(other.to_string());
        all.push(one.next(next));
    }
    let Some(told) = &live.theirs.told else { return all };
    let called = files.iter().filter_map(|file| file.change.called.as_deref());
    let called: Vec<&str> = called.chain(code.iter().map(String::as_str)).collect();
    let unknown = told.unknown(&called);
    if !unknown.is_empty() {
        let text = match unknown.len() {
            1 => format!("it has a change of {} that no file of the folder is", told.tool),
            count => format!("it has {count} changes of {} that no file of the folder is", told.tool),
        };
        let one = Conclusion::new("applied-file-missing", Weight::Warning, told.table.as_str(), text);
        let one =
            unknown.iter().fold(one, |one, row| one.because(format!("{}: {}", row.shown, row.said.word())));
        all.push(
            one.next(
                "look for the files; what they did is in the reconciling revision, if it is still there",
            ),
        );
    }
    all
}
