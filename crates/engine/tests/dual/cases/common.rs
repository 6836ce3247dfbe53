//! What several cases need.

use std::sync::{Mutex, PoisonError};

/// Roles are the server's and not the database's: one case with roles at a time.
pub fn one_at_a_time(story: impl FnOnce()) {
    static ROLES: Mutex<()> = Mutex::new(());
    let _guard = ROLES.lock().unwrap_or_else(PoisonError::into_inner);
    story();
}
