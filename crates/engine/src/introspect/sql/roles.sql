SELECT oid, rolname FROM pg_roles
