//! Catalogs of two servers made comparable: who owns things is another role on each.

use cutover_core::catalog::Catalog;
use cutover_core::reconcile::{self, usual_owner};

/// A catalog whose objects belong to `owner`, who has what their own owners had.
pub fn owned(catalog: &Catalog, owner: &str) -> Catalog {
    reconcile::owned(catalog, |object| Some(usual_owner(object, owner, catalog.server)))
}
