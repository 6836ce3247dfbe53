//! Catalogs of two servers made comparable: who owns things is another role on each.

use cutover_core::catalog::{Catalog, Kind};
use cutover_core::object::privilege::{self, Grants};

/// A catalog whose objects belong to `owner`, who has what their own owners had.
pub fn owned(catalog: &Catalog, owner: &str) -> Catalog {
    let objects = catalog.objects().iter().cloned().map(|mut object| {
        let was = object.common.owner.0.clone();
        let is_public = object.id.kind == Kind::Namespace && *object.id.name == *"public";
        // since 15 the schema public of a new database is this role's
        let owner = if is_public && catalog.server >= 150_000 { "pg_database_owner" } else { owner };
        if was.is_empty() || *was == *owner {
            return object;
        }
        let major = catalog.server / 10_000;
        let rights = privilege::effective(object.id.kind, major, &was, object.common.grants.0.as_ref());
        if object.common.grants.0.is_some() {
            object.common.grants.0 = Some(Grants(privilege::given_to(rights, &was, owner)));
        }
        object.common.owner.0 = owner.into();
        object
    });
    let mut same = Catalog::new(catalog.server, objects.collect(), catalog.dependencies().to_vec());
    same.not_compared.clone_from(&catalog.not_compared);
    same
}
