//! The schema that a history leads to, kept between runs: it is a function of the revisions' files and the server.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use cutover_core::catalog::Catalog;
use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;
use cutover_sql::checksum;

use super::{SchemaError, Workshop, cache_dir, replay};
use crate::history::History;
use crate::session::Settings;

/// How many schemas are kept; the ones that were not asked for longest go first.
const MOST: usize = 20;

impl Workshop {
    /// The schema after these revisions on an empty database: kept from the last time, or replayed now.
    ///
    /// # Errors
    /// The first statement that fails.
    pub async fn schema_of(
        &self,
        history: &History,
        revisions: &[Index],
        settings: &Settings,
    ) -> Result<Catalog, SchemaError> {
        let place = self.place(history, revisions, settings);
        if let Some(kept) = place.as_deref().and_then(read) {
            return Ok(kept);
        }
        let bench = self.bench(None).await?;
        replay::exactly(history, Direction::Upgrade, revisions, settings, &bench.session).await?;
        let catalog = bench.catalog().await?;
        if let Some(place) = place {
            keep(&place, &catalog);
        }
        Ok(catalog)
    }

    /// The file that the schema is kept in; none when it depends on more than the files say: on programs.
    fn place(&self, history: &History, revisions: &[Index], settings: &Settings) -> Option<PathBuf> {
        let postgres = self.scratch.binaries().tool("postgres");
        let since = postgres.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let mut key = format!(
            "{} {} {} {}",
            env!("CARGO_PKG_VERSION"),
            postgres.display(),
            since.as_nanos(),
            settings.search_path
        );
        // a new build of this program may read more
        let own = std::env::current_exe().ok()?.metadata().ok()?;
        key += &format!(" {} {:?}", own.len(), own.modified().ok()?);
        for index in revisions {
            let revision = history.revision(*index);
            if revision.text.lines().any(|line| line.starts_with("--@ run ")) {
                return None;
            }
            key += &format!("\n{} {}", history.graph().id(*index), revision.content_hash);
        }
        let name = checksum::content_hash(key.as_bytes());
        Some(cache_dir().join("schemas").join(format!("{name}.json")))
    }
}

fn read(path: &Path) -> Option<Catalog> {
    let bytes = std::fs::read(path).ok()?;
    let catalog = serde_json::from_slice(&bytes).ok()?;
    // it has been asked for
    let file = std::fs::File::options().write(true).open(path).ok()?;
    let _ = file.set_modified(std::time::SystemTime::now());
    Some(catalog)
}

/// Keeps a schema. What cannot be kept is replayed again the next time.
fn keep(path: &Path, catalog: &Catalog) {
    let Some(folder) = path.parent() else { return };
    let Ok(text) = serde_json::to_vec(catalog) else { return };
    if std::fs::create_dir_all(folder).is_err() {
        return;
    }
    // another run may keep the same at this moment
    let part = folder.join(format!("part-{}", std::process::id()));
    if std::fs::write(&part, text).is_ok() && std::fs::rename(&part, path).is_err() {
        let _ = std::fs::remove_file(&part);
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut all: Vec<_> = entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    all.sort();
    let extra = all.len().saturating_sub(MOST);
    for (_, old) in all.into_iter().take(extra) {
        let _ = std::fs::remove_file(old);
    }
}
