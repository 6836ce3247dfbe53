//! Applies the fixes of findings, and writes the files.

use cutover_lint::{Finding, Options, Source, fix, lint};

use super::gather::{Gathered, read};
use crate::failure::Failure;

/// What is mended.
#[derive(Clone, Copy)]
pub struct Mend {
    /// Also what needs a second thought.
    pub all: bool,
    /// Files that are no revisions run in one transaction each.
    pub in_transaction: bool,
}

/// Applies fixes until there are none left, and writes the files. Gives how many were applied.
pub fn mend(
    gathered: &Gathered,
    sources: &mut [Source],
    found: &mut Vec<Finding>,
    options: &Options,
    how: Mend,
) -> Result<usize, Failure> {
    let mut total = 0;
    // a fix may bring another one, such as a lock that then has a transaction of its own; ten rounds are plenty
    for _ in 0..10 {
        let mut applied = 0;
        for (index, source) in sources.iter_mut().enumerate() {
            let own: Vec<&Finding> = found.iter().filter(|finding| finding.source == index).collect();
            let (text, count) = fix::apply(&source.text, &own, how.all);
            if count > 0 {
                applied += count;
                *source = Source::read(source.name.clone(), text, how.in_transaction);
            }
        }
        if applied == 0 {
            break;
        }
        total += applied;
        *found = lint(sources, &gathered.looked_at, options);
    }
    if total > 0 {
        write(gathered, sources)?;
    }
    Ok(total)
}

fn write(gathered: &Gathered, sources: &[Source]) -> Result<(), Failure> {
    for (index, source) in sources.iter().enumerate().filter(|(index, _)| gathered.looked_at[*index]) {
        let Some(path) = &gathered.paths[index] else { continue };
        if read(path)? != source.text {
            std::fs::write(path, &source.text).map_err(|e| {
                Failure::new("cannot-write", format!("{} cannot be written: {e}", path.display()))
            })?;
        }
    }
    Ok(())
}
