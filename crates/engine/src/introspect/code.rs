//! System catalogs by their oids, which are the same on every server, as `pg_depend` names them.

/// An oid.
pub type Oid = u32;

/// `pg_type`
pub const TYPE: Oid = 1247;
/// `pg_proc`
pub const ROUTINE: Oid = 1255;
/// `pg_class`
pub const RELATION: Oid = 1259;
/// `pg_foreign_server`
pub const SERVER: Oid = 1417;
/// `pg_user_mapping`
pub const USER_MAPPING: Oid = 1418;
/// `pg_foreign_data_wrapper`
pub const WRAPPER: Oid = 2328;
/// `pg_am`
pub const ACCESS_METHOD: Oid = 2601;
/// `pg_attrdef`
pub const DEFAULT: Oid = 2604;
/// `pg_cast`
pub const CAST: Oid = 2605;
/// `pg_constraint`
pub const CONSTRAINT: Oid = 2606;
/// `pg_conversion`
pub const CONVERSION: Oid = 2607;
/// `pg_language`
pub const LANGUAGE: Oid = 2612;
/// `pg_namespace`
pub const NAMESPACE: Oid = 2615;
/// `pg_opclass`
pub const OPERATOR_CLASS: Oid = 2616;
/// `pg_operator`
pub const OPERATOR: Oid = 2617;
/// `pg_rewrite`
pub const RULE: Oid = 2618;
/// `pg_trigger`
pub const TRIGGER: Oid = 2620;
/// `pg_opfamily`
pub const OPERATOR_FAMILY: Oid = 2753;
/// `pg_extension`
pub const EXTENSION: Oid = 3079;
/// `pg_policy`
pub const POLICY: Oid = 3256;
/// `pg_statistic_ext`
pub const STATISTICS: Oid = 3381;
/// `pg_collation`
pub const COLLATION: Oid = 3456;
/// `pg_event_trigger`
pub const EVENT_TRIGGER: Oid = 3466;
/// `pg_transform`
pub const TRANSFORM: Oid = 3576;
/// `pg_ts_dict`
pub const TS_DICTIONARY: Oid = 3600;
/// `pg_ts_parser`
pub const TS_PARSER: Oid = 3601;
/// `pg_ts_config`
pub const TS_CONFIGURATION: Oid = 3602;
/// `pg_ts_template`
pub const TS_TEMPLATE: Oid = 3764;
/// `pg_subscription`
pub const SUBSCRIPTION: Oid = 6100;
/// `pg_publication`
pub const PUBLICATION: Oid = 6104;
/// `pg_publication_rel`
pub const PUBLISHED: Oid = 6106;
