//! What the replay of the revisions that were written says.

use cutover_core::report::{Conclusion, Weight, count};

use crate::adopt::sql::Proof;
use crate::adopt::sql::history::summary;

/// What the replay of the revisions says.
pub fn of_proof(proof: &Proof, name: Option<&str>) -> Vec<Conclusion> {
    let mut all = Vec::new();
    if let Some((id, message)) = &proof.failed {
        let text = "the revision does not run after those before it, so nothing was written".to_owned();
        all.push(
            Conclusion::new("revision-fails", Weight::Error, id.as_str(), text).because(message.as_str()),
        );
    }
    if let (Some(name), Some(differences)) = (name, &proof.differences)
        && !differences.is_empty()
    {
        let text = format!(
            "the revisions do not lead to what is in {name}: {} differ",
            count(differences.len(), "object")
        );
        let one = Conclusion::new("not-equal", Weight::Error, name, text);
        all.push(differences.iter().fold(one, |one, change| one.because(summary(change))));
    }
    for (id, changes, rows) in &proof.one_way {
        let text = "going up, down and up again does not lead back".to_owned();
        let one = Conclusion::new("way-back-differs", Weight::Warning, id.as_str(), text);
        let one = changes.iter().fold(one, |one, change| one.because(summary(change)));
        let one = rows.iter().fold(one, |one, line| one.because(line.as_str()));
        all.push(one.next("mend its downgrade; edits to it do not count as edits of an applied file"));
    }
    all
}
