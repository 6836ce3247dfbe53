//! A schema that can be changed at random: a list of objects that name each other, and their SQL.

use std::fmt::Write as _;

/// A type of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    /// One of PostgreSQL's own, as SQL has it.
    Of(&'static str),
    /// One of the schema, by name; an array of it.
    Named(String, bool),
}

impl Ty {
    /// As SQL has it.
    pub fn sql(&self) -> String {
        match self {
            Self::Of(name) => (*name).to_owned(),
            Self::Named(name, is_array) => format!("{name}{}", if *is_array { "[]" } else { "" }),
        }
    }

    /// A whole number.
    pub fn is_int(&self) -> bool {
        matches!(self, Self::Of("int" | "bigint" | "smallint"))
    }

    /// A text.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Of("text")) || matches!(self, Self::Of(name) if name.starts_with("varchar"))
    }
}

/// What a column has when nothing is said.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// NULL.
    Nothing,
    /// A constant, one of two.
    Constant(bool),
    /// The next value of a sequence.
    Sequence(String),
    /// What a function gives.
    Function(String),
    /// Twice another column, and it cannot be written.
    Twice(String),
    /// `GENERATED ALWAYS`, or `BY DEFAULT`.
    Identity(bool),
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Col {
    /// Its name, quoted.
    pub name: &'static str,
    /// Its type.
    pub ty: Ty,
    /// `NOT NULL`.
    pub not_null: bool,
    /// Its default and the like.
    pub fill: Fill,
    /// `COLLATE "C"`, for texts.
    pub collate: bool,
    /// Its comment.
    pub comment: bool,
    /// `SET STATISTICS`.
    pub statistics: bool,
}

/// What a table is.
#[derive(Clone, Debug, PartialEq)]
pub enum Sort {
    /// One by itself.
    Plain,
    /// One that is partitioned by a list of this column's values.
    Partitioned(&'static str),
    /// A partition of another, for a value, or for all others.
    Partition(String, Option<i32>),
    /// A child of another.
    Child(String),
    /// One of a foreign server.
    Foreign,
}

/// What an object is.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Enum {
        labels: Vec<&'static str>,
    },
    Domain {
        base: &'static str,
        check: bool,
        not_null: bool,
    },
    Composite {
        attributes: Vec<(&'static str, Ty)>,
    },
    Sequence {
        increment: i32,
        cycle: bool,
        owner: Option<(String, &'static str)>,
    },
    Function {
        gives: Ty,
        takes: Option<&'static str>,
        word: &'static str,
        cost: i32,
    },
    TriggerFunction {
        body: bool,
    },
    Aggregate {
        initial: i32,
    },
    Table {
        columns: Vec<Col>,
        sort: Sort,
        unlogged: bool,
        fill_factor: bool,
        security: bool,
        replica: bool,
    },
    View {
        of: String,
        columns: Vec<&'static str>,
        filter: bool,
        barrier: bool,
        stored: bool,
    },
    Index {
        of: String,
        columns: Vec<&'static str>,
        unique: bool,
        partial: bool,
        method: &'static str,
        down: bool,
    },
    Key {
        of: String,
        columns: Vec<&'static str>,
        primary: bool,
        deferrable: bool,
    },
    Check {
        of: String,
        column: &'static str,
        limit: i32,
        not_valid: bool,
    },
    Reference {
        of: String,
        column: &'static str,
        to: String,
        action: &'static str,
        deferrable: bool,
    },
    Trigger {
        of: String,
        function: String,
        event: &'static str,
        state: &'static str,
    },
    Policy {
        of: String,
        command: &'static str,
        check: bool,
    },
    Rule {
        of: String,
    },
    Statistics {
        of: String,
        columns: Vec<&'static str>,
        kinds: &'static str,
    },
    Publication {
        of: Vec<String>,
        operations: &'static str,
    },
    Grant {
        on: String,
        what: &'static str,
    },
    Collation,
    Configuration {
        parser: bool,
    },
    Server {
        option: i32,
    },
}

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Its name, with the schema where it has one.
    pub name: String,
    /// Its comment.
    pub comment: bool,
    /// What it is.
    pub what: What,
}

/// A schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// All that is in it.
    pub objects: Vec<Object>,
}

impl Schema {
    /// An object by name and kind.
    pub fn find(&self, name: &str) -> Option<&Object> {
        self.objects.iter().find(|o| o.name == name)
    }

    /// The columns of a table, its parent's with it.
    pub fn columns(&self, name: &str) -> Vec<&Col> {
        let Some(What::Table { columns, sort, .. }) = self.find(name).map(|o| &o.what) else {
            return Vec::new();
        };
        let parent = match sort {
            Sort::Partition(parent, _) | Sort::Child(parent) => self.find(parent).map(|o| &o.what),
            Sort::Plain | Sort::Partitioned(_) | Sort::Foreign => None,
        };
        let inherited = match parent {
            Some(What::Table { columns, .. }) => columns.as_slice(),
            _ => &[],
        };
        inherited.iter().chain(columns).collect()
    }

    /// What loads it, in an order that works.
    pub fn sql(&self) -> String {
        let mut sorted: Vec<&Object> = self.objects.iter().collect();
        sorted.sort_by_key(|o| (rank(&o.what), o.name.clone()));
        let mut sql = String::from("CREATE SCHEMA app;\n");
        for object in sorted {
            self.write(object, &mut sql);
        }
        sql
    }

    fn write(&self, object: &Object, sql: &mut String) {
        let name = &object.name;
        let (own, text) = (name.rsplit('.').next().unwrap_or(name), body(self, object));
        *sql += &text;
        let noun = match &object.what {
            What::Enum { .. } | What::Composite { .. } => format!("TYPE {name}"),
            What::Domain { .. } => format!("DOMAIN {name}"),
            What::Sequence { .. } => format!("SEQUENCE {name}"),
            What::Function { takes, .. } => format!("FUNCTION {name}({})", takes.unwrap_or("")),
            What::TriggerFunction { .. } => format!("FUNCTION {name}()"),
            What::Aggregate { .. } => format!("AGGREGATE {name}(int)"),
            What::Table { sort: Sort::Foreign, .. } => format!("FOREIGN TABLE {name}"),
            What::Table { .. } => format!("TABLE {name}"),
            What::View { stored: true, .. } => format!("MATERIALIZED VIEW {name}"),
            What::View { .. } => format!("VIEW {name}"),
            What::Index { .. } => format!("INDEX {name}"),
            What::Key { of, .. } | What::Check { of, .. } | What::Reference { of, .. } => {
                format!("CONSTRAINT {own} ON {of}")
            }
            What::Trigger { of, .. } => format!("TRIGGER {own} ON {of}"),
            What::Policy { of, .. } => format!("POLICY {own} ON {of}"),
            What::Rule { of } => format!("RULE {own} ON {of}"),
            What::Statistics { .. } => format!("STATISTICS {name}"),
            What::Publication { .. } => format!("PUBLICATION {own}"),
            What::Collation => format!("COLLATION {name}"),
            What::Configuration { .. } => format!("TEXT SEARCH CONFIGURATION {name}"),
            What::Server { .. } => format!("SERVER {own}"),
            What::Grant { .. } => return,
        };
        if object.comment {
            let _ = writeln!(sql, "COMMENT ON {noun} IS 'about {own}';");
        }
    }
}

/// Where an object stands among those that it needs or that need it.
fn rank(what: &What) -> u32 {
    match what {
        What::Server { .. } | What::Collation | What::Enum { .. } => 0,
        What::Domain { .. } | What::Composite { .. } => 1,
        What::Sequence { owner: None, .. } | What::Function { .. } => 2,
        What::TriggerFunction { .. } | What::Aggregate { .. } | What::Configuration { .. } => 2,
        What::Table { sort: Sort::Plain | Sort::Partitioned(_) | Sort::Foreign, .. } => 3,
        What::Table { .. } => 4,
        What::Sequence { .. } => 5,
        What::Key { .. } => 6,
        What::Reference { .. } | What::Check { .. } | What::Index { .. } => 7,
        What::View { stored: false, .. } => 8,
        What::View { .. } => 9,
        What::Trigger { .. } | What::Policy { .. } | What::Rule { .. } | What::Statistics { .. } => 10,
        What::Publication { .. } | What::Grant { .. } => 11,
    }
}

fn body(schema: &Schema, object: &Object) -> String {
    let name = &object.name;
    let own = name.rsplit('.').next().unwrap_or(name);
    let word = |is: bool, word: &'static str| if is { word } else { "" };
    match &object.what {
        What::Enum { labels } => format!("CREATE TYPE {name} AS ENUM ('{}');\n", labels.join("', '")),
        What::Domain { base, check, not_null } => format!(
            "CREATE DOMAIN {name} AS {base}{}{};\n",
            word(*not_null, " NOT NULL"),
            word(*check, " CONSTRAINT sane CHECK (VALUE IS NOT NULL)")
        ),
        What::Composite { attributes } => {
            let list: Vec<String> = attributes.iter().map(|(n, t)| format!("{n} {}", t.sql())).collect();
            format!("CREATE TYPE {name} AS ({});\n", list.join(", "))
        }
        What::Sequence { increment, cycle, owner } => {
            let owned = owner.as_ref().map_or(String::new(), |(t, c)| format!(" OWNED BY {t}.{c}"));
            format!("CREATE SEQUENCE {name} INCREMENT {increment}{}{owned};\n", word(*cycle, " CYCLE"))
        }
        What::Function { gives, takes, word, cost } => {
            let (takes, gives) = (takes.unwrap_or(""), gives.sql());
            format!(
                "CREATE FUNCTION {name}({takes}) RETURNS {gives} LANGUAGE sql {word} COST {cost} AS 'SELECT NULL::{gives}';\n"
            )
        }
        What::TriggerFunction { body } => format!(
            "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {}RETURN NEW; END';\n",
            word(*body, "PERFORM 1; ")
        ),
        What::Aggregate { initial } => {
            format!("CREATE AGGREGATE {name}(int) (SFUNC = int4pl, STYPE = int, INITCOND = '{initial}');\n")
        }
        What::Table { columns, sort, unlogged, fill_factor, security, replica } => {
            let list: Vec<String> = columns.iter().map(column).collect();
            let mut sql = match sort {
                Sort::Partition(parent, bound) => {
                    let bound = bound.map_or("DEFAULT".into(), |v| format!("FOR VALUES IN ({v})"));
                    format!("CREATE TABLE {name} PARTITION OF {parent} {bound}")
                }
                Sort::Foreign => format!("CREATE FOREIGN TABLE {name} ({}) SERVER srv", list.join(", ")),
                Sort::Child(parent) => {
                    format!("CREATE TABLE {name} ({}) INHERITS ({parent})", list.join(", "))
                }
                Sort::Partitioned(by) => {
                    format!("CREATE TABLE {name} ({}) PARTITION BY LIST ({by})", list.join(", "))
                }
                Sort::Plain => {
                    format!("CREATE {}TABLE {name} ({})", word(*unlogged, "UNLOGGED "), list.join(", "))
                }
            };
            let whole = matches!(sort, Sort::Plain | Sort::Child(_) | Sort::Partition(..));
            sql += word(*fill_factor && whole, " WITH (fillfactor = 70)");
            sql += ";\n";
            if *sort != Sort::Foreign {
                sql += &on(*security, format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\n"));
                sql += &on(*replica && whole, format!("ALTER TABLE {name} REPLICA IDENTITY FULL;\n"));
            }
            for c in columns {
                sql += &on(c.comment, format!("COMMENT ON COLUMN {name}.{} IS 'a column';\n", c.name));
                let table = if *sort == Sort::Foreign { "FOREIGN TABLE" } else { "TABLE" };
                let tail = format!("ALTER COLUMN {} SET STATISTICS 50;\n", c.name);
                sql += &on(c.statistics, format!("ALTER {table} {name} {tail}"));
            }
            sql
        }
        What::View { of, columns, filter, barrier, stored } => {
            let list: Vec<String> = columns.iter().map(|c| format!("{c}::text AS {c}")).collect();
            let filter = if *filter { format!(" WHERE {} IS NOT NULL", columns[0]) } else { String::new() };
            let barrier = word(*barrier && !stored, " WITH (security_barrier)");
            let noun = if *stored { "MATERIALIZED VIEW" } else { "VIEW" };
            format!("CREATE {noun} {name}{barrier} AS SELECT {} FROM {of}{filter};\n", list.join(", "))
        }
        What::Index { of, columns, unique, partial, method, down } => {
            let items: Vec<String> = columns
                .iter()
                .map(|c| format!("{c}{}", word(*down && *method == "btree", " DESC")))
                .collect();
            let filter = if *partial { format!(" WHERE {} IS NOT NULL", columns[0]) } else { String::new() };
            let unique = word(*unique && *method == "btree", "UNIQUE ");
            format!("CREATE {unique}INDEX {own} ON {of} USING {method} ({}){filter};\n", items.join(", "))
        }
        What::Key { of, columns, primary, deferrable } => {
            let kind = if *primary { "PRIMARY KEY" } else { "UNIQUE" };
            let later = word(*deferrable, " DEFERRABLE");
            format!("ALTER TABLE {of} ADD CONSTRAINT {own} {kind} ({}){later};\n", columns.join(", "))
        }
        What::Check { of, column, limit, not_valid } => {
            let later = word(*not_valid, " NOT VALID");
            let table = if schema.columns(of).is_empty() { "TABLE" } else { kind_of(schema, of) };
            format!(
                "ALTER {table} {of} ADD CONSTRAINT {own} CHECK (length({column}::text) < {limit}){later};\n"
            )
        }
        What::Reference { of, column, to, action, deferrable } => {
            let later = word(*deferrable, " DEFERRABLE INITIALLY DEFERRED");
            format!(
                "ALTER TABLE {of} ADD CONSTRAINT {own} FOREIGN KEY ({column}) REFERENCES {to}{action}{later};\n"
            )
        }
        What::Trigger { of, function, event, state } => {
            let state = if state.is_empty() {
                String::new()
            } else {
                format!("ALTER TABLE {of} {state} TRIGGER {own};\n")
            };
            format!(
                "CREATE TRIGGER {own} {event} ON {of} FOR EACH ROW EXECUTE FUNCTION {function}();\n{state}"
            )
        }
        What::Policy { of, command, check } => {
            let check = word(*check && *command != "SELECT", " WITH CHECK (true)");
            let using = word(*command != "INSERT", " USING (true)");
            let check = if *command == "INSERT" { " WITH CHECK (true)" } else { check };
            format!("CREATE POLICY {own} ON {of} FOR {command}{using}{check};\n")
        }
        What::Rule { of } => format!("CREATE RULE {own} AS ON UPDATE TO {of} DO ALSO SELECT 1;\n"),
        What::Statistics { of, columns, kinds } => {
            format!("CREATE STATISTICS {name} ({kinds}) ON {} FROM {of};\n", columns.join(", "))
        }
        What::Publication { of, operations } => {
            let tables = if of.is_empty() { String::new() } else { format!(" FOR TABLE {}", of.join(", ")) };
            format!("CREATE PUBLICATION {own}{tables} WITH (publish = '{operations}');\n")
        }
        What::Grant { on, what } => format!("GRANT {what} ON {on} TO app_reader;\n"),
        What::Collation => format!("CREATE COLLATION {name} (locale = 'C');\n"),
        What::Configuration { parser } => {
            let tail = on(
                *parser,
                format!("ALTER TEXT SEARCH CONFIGURATION {name} ADD MAPPING FOR word, int WITH simple;\n"),
            );
            format!("CREATE TEXT SEARCH CONFIGURATION {name} (PARSER = \"default\");\n{tail}")
        }
        What::Server { option } => {
            format!(
                "CREATE FOREIGN DATA WRAPPER fdw;\nCREATE SERVER {own} FOREIGN DATA WRAPPER fdw OPTIONS (host 'h{option}');\n"
            )
        }
    }
}

fn kind_of(schema: &Schema, table: &str) -> &'static str {
    match schema.find(table).map(|o| &o.what) {
        Some(What::Table { sort: Sort::Foreign, .. }) => "FOREIGN TABLE",
        _ => "TABLE",
    }
}

fn on(is: bool, text: String) -> String {
    if is { text } else { String::new() }
}

fn column(c: &Col) -> String {
    let mut sql = format!("{} {}", c.name, c.ty.sql());
    if c.collate && c.ty.is_text() {
        sql += " COLLATE \"C\"";
    }
    sql += &match &c.fill {
        Fill::Nothing => String::new(),
        Fill::Constant(first) => format!(" DEFAULT {}", constant(&c.ty, *first)),
        Fill::Sequence(name) => format!(" DEFAULT nextval('{name}')"),
        Fill::Function(name) => format!(" DEFAULT {name}()"),
        Fill::Twice(other) => format!(" GENERATED ALWAYS AS ({other} * 2) STORED"),
        Fill::Identity(true) => " GENERATED ALWAYS AS IDENTITY".into(),
        Fill::Identity(false) => " GENERATED BY DEFAULT AS IDENTITY".into(),
    };
    if c.not_null {
        sql += " NOT NULL";
    }
    sql
}

/// A value of a type, one of two where there are two.
pub fn constant(ty: &Ty, first: bool) -> String {
    let Ty::Of(name) = ty else { return "NULL".into() };
    let (a, b) = match *name {
        "int" | "bigint" | "smallint" | "numeric(10,2)" | "numeric" | "real" => ("1", "2"),
        "boolean" => ("true", "false"),
        "date" => ("'2024-01-01'", "'2024-02-01'"),
        "timestamptz" => ("now()", "'2024-01-01 00:00:00+00'"),
        "uuid" => ("'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'"),
        "jsonb" => ("'{}'", "'[]'"),
        "int[]" | "text[]" => ("'{}'", "'{1}'"),
        _ => ("'a'", "'it''s'"),
    };
    if first { a } else { b }.to_owned()
}
