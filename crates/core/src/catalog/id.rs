//! What an object is called: its kind and its name, as SQL addresses it.

use std::fmt;
use std::sync::Arc;

use cutover_sql::ident::{qualified, quote_ident};
use serde::{Deserialize, Serialize};

/// A name, shared by everything that uses it.
pub type Name = Arc<str>;

/// What SQL knows of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The words for it (`DROP …`, `COMMENT ON …`).
    pub noun: &'static str,
    /// Whether a role owns it.
    pub is_owned: bool,
    /// The words of `GRANT … ON`, and the letters of the owner's rights when nothing was ever said
    /// (<https://www.postgresql.org/docs/current/ddl-priv.html>).
    pub grants: Option<(&'static str, &'static str)>,
    /// Whether everybody may use it when nothing was ever said.
    pub is_public: bool,
}

impl Facts {
    const fn of(noun: &'static str) -> Self {
        Self { noun, is_owned: false, grants: None, is_public: false }
    }

    const fn owned(self) -> Self {
        Self { is_owned: true, ..self }
    }

    const fn grants(self, on: &'static str, letters: &'static str) -> Self {
        Self { grants: Some((on, letters)), ..self }
    }

    const fn public(self) -> Self {
        Self { is_public: true, ..self }
    }
}

macro_rules! kinds {
    ($(#[doc = $doc:literal] $kind:ident = $facts:expr;)+) => {
        /// The kinds of objects, in the order in which a schema is best read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $(#[doc = $doc] $kind,)+ }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// What SQL knows of the kind.
            pub fn facts(self) -> Facts {
                match self { $(Self::$kind => $facts,)+ }
            }
        }
    };
}

kinds! {
    #[doc = "A schema; the word means something else here."]
    Namespace = Facts::of("SCHEMA").owned().grants("SCHEMA", "UC");
    #[doc = "An extension."]
    Extension = Facts::of("EXTENSION");
    #[doc = "A procedural language."]
    Language = Facts::of("LANGUAGE").owned().grants("LANGUAGE", "U").public();
    #[doc = "A table or index access method."]
    AccessMethod = Facts::of("ACCESS METHOD");
    #[doc = "A collation."]
    Collation = Facts::of("COLLATION").owned();
    #[doc = "An enum type."]
    Enum = Facts::of("TYPE").owned().grants("TYPE", "U").public();
    #[doc = "A composite type that stands alone."]
    Composite = Facts::of("TYPE").owned().grants("TYPE", "U").public();
    #[doc = "A range type, with its multirange."]
    Range = Facts::of("TYPE").owned().grants("TYPE", "U").public();
    #[doc = "A base type."]
    BaseType = Facts::of("TYPE").owned().grants("TYPE", "U").public();
    #[doc = "A domain."]
    Domain = Facts::of("DOMAIN").owned().grants("TYPE", "U").public();
    #[doc = "A foreign data wrapper."]
    ForeignDataWrapper = Facts::of("FOREIGN DATA WRAPPER").owned().grants("FOREIGN DATA WRAPPER", "U");
    #[doc = "A foreign server."]
    Server = Facts::of("SERVER").owned().grants("FOREIGN SERVER", "U");
    #[doc = "A user mapping."]
    UserMapping = Facts::of("USER MAPPING");
    #[doc = "A sequence that is not an identity's."]
    Sequence = Facts::of("SEQUENCE").owned().grants("SEQUENCE", "rwU");
    #[doc = "A table, partitioned or not."]
    Table = Facts::of("TABLE").owned().grants("TABLE", "arwdDxtm");
    #[doc = "A foreign table."]
    ForeignTable = Facts::of("FOREIGN TABLE").owned().grants("TABLE", "arwdDxtm");
    #[doc = "A table constraint."]
    Constraint = Facts::of("CONSTRAINT");
    #[doc = "An index that no constraint owns."]
    Index = Facts::of("INDEX");
    #[doc = "A statistics object."]
    Statistics = Facts::of("STATISTICS").owned();
    #[doc = "A function."]
    Function = Facts::of("FUNCTION").owned().grants("FUNCTION", "X").public();
    #[doc = "A procedure."]
    Procedure = Facts::of("PROCEDURE").owned().grants("PROCEDURE", "X").public();
    #[doc = "An aggregate."]
    Aggregate = Facts::of("AGGREGATE").owned().grants("FUNCTION", "X").public();
    #[doc = "An operator."]
    Operator = Facts::of("OPERATOR").owned();
    #[doc = "An operator family."]
    OperatorFamily = Facts::of("OPERATOR FAMILY").owned();
    #[doc = "An operator class."]
    OperatorClass = Facts::of("OPERATOR CLASS").owned();
    #[doc = "A cast."]
    Cast = Facts::of("CAST");
    #[doc = "A transform."]
    Transform = Facts::of("TRANSFORM");
    #[doc = "A conversion between encodings."]
    Conversion = Facts::of("CONVERSION").owned();
    #[doc = "A text search parser."]
    TsParser = Facts::of("TEXT SEARCH PARSER");
    #[doc = "A text search template."]
    TsTemplate = Facts::of("TEXT SEARCH TEMPLATE");
    #[doc = "A text search dictionary."]
    TsDictionary = Facts::of("TEXT SEARCH DICTIONARY").owned();
    #[doc = "A text search configuration."]
    TsConfiguration = Facts::of("TEXT SEARCH CONFIGURATION").owned();
    #[doc = "A view."]
    View = Facts::of("VIEW").owned().grants("TABLE", "arwdDxtm");
    #[doc = "A materialized view."]
    MaterializedView = Facts::of("MATERIALIZED VIEW").owned().grants("TABLE", "arwdDxtm");
    #[doc = "A rule that is not a view's own."]
    Rule = Facts::of("RULE");
    #[doc = "A trigger."]
    Trigger = Facts::of("TRIGGER");
    #[doc = "A row security policy."]
    Policy = Facts::of("POLICY");
    #[doc = "An event trigger."]
    EventTrigger = Facts::of("EVENT TRIGGER").owned();
    #[doc = "A publication."]
    Publication = Facts::of("PUBLICATION").owned();
    #[doc = "A subscription."]
    Subscription = Facts::of("SUBSCRIPTION").owned();
    #[doc = "Privileges that objects get when they are created."]
    DefaultPrivileges = Facts::of("DEFAULT PRIVILEGES");
}

impl Kind {
    /// The words for it in SQL.
    pub fn noun(self) -> &'static str {
        self.facts().noun
    }

    /// Whether it stands inside of a table and is named within it.
    pub fn is_part_of_table(self) -> bool {
        matches!(self, Self::Constraint | Self::Rule | Self::Trigger | Self::Policy)
    }

    /// Whether it has rows, columns and a name among tables and views.
    pub fn is_relation(self) -> bool {
        matches!(self, Self::Table | Self::ForeignTable | Self::View | Self::MaterializedView)
    }

    /// Whether it is a data type.
    pub fn is_type(self) -> bool {
        matches!(self, Self::Enum | Self::Composite | Self::Range | Self::BaseType | Self::Domain)
    }
}

/// An object's identity. Two catalogs mean the same object by the same id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Id {
    /// Its kind.
    pub kind: Kind,
    /// The namespace that it, or the table it belongs to, is in; empty where there is none.
    pub namespace: Name,
    /// Its name; for what belongs to a table (trigger, rule, policy, constraint) the table's.
    pub name: Name,
    /// What tells it apart: argument types, operand types, the access method; for what belongs to a
    /// table its own name. Types are as SQL has them, the rest is as the catalog has it.
    pub detail: Name,
}

impl Id {
    /// An object that is named by its name alone.
    pub fn global(kind: Kind, name: Name) -> Self {
        Self { kind, namespace: "".into(), name, detail: "".into() }
    }

    /// An object in a namespace.
    pub fn of(kind: Kind, namespace: Name, name: Name) -> Self {
        Self { kind, namespace, name, detail: "".into() }
    }

    /// An object in a namespace with what tells it apart.
    pub fn detailed(kind: Kind, namespace: Name, name: Name, detail: Name) -> Self {
        Self { kind, namespace, name, detail }
    }

    /// `namespace.name`, quoted; the name alone where there is no namespace.
    pub fn path(&self) -> String {
        if self.namespace.is_empty() {
            quote_ident(&self.name).into_owned()
        } else {
            qualified(&[&self.namespace, &self.name])
        }
    }

    /// The name in the kind's own sense, quoted: of a trigger, not of its table.
    pub fn own_name(&self) -> String {
        let name = if self.kind.is_part_of_table() { &self.detail } else { &self.name };
        quote_ident(name).into_owned()
    }

    /// How SQL addresses it after its noun: `shop.f(integer)`, `audit ON shop.orders`.
    pub fn address(&self) -> String {
        let path = self.path();
        match self.kind {
            Kind::Function | Kind::Procedure | Kind::Aggregate => format!("{path}({})", self.detail),
            Kind::Operator => format!("{}({})", self.operator(), self.detail),
            Kind::OperatorFamily | Kind::OperatorClass => {
                format!("{path} USING {}", quote_ident(&self.detail))
            }
            Kind::Constraint | Kind::Rule | Kind::Trigger | Kind::Policy => {
                format!("{} ON {path}", quote_ident(&self.detail))
            }
            Kind::Cast => format!("({} AS {})", self.name, self.detail),
            Kind::Transform => format!("FOR {} LANGUAGE {}", self.name, quote_ident(&self.detail)),
            Kind::UserMapping => format!("FOR {} SERVER {}", role(&self.detail), quote_ident(&self.name)),
            Kind::Namespace
            | Kind::Extension
            | Kind::Language
            | Kind::AccessMethod
            | Kind::Collation
            | Kind::Enum
            | Kind::Composite
            | Kind::Range
            | Kind::BaseType
            | Kind::Domain
            | Kind::ForeignDataWrapper
            | Kind::Server
            | Kind::Sequence
            | Kind::Table
            | Kind::ForeignTable
            | Kind::Index
            | Kind::Statistics
            | Kind::Conversion
            | Kind::TsParser
            | Kind::TsTemplate
            | Kind::TsDictionary
            | Kind::TsConfiguration
            | Kind::View
            | Kind::MaterializedView
            | Kind::EventTrigger
            | Kind::Publication
            | Kind::Subscription
            | Kind::DefaultPrivileges => path,
        }
    }

    /// An operator's qualified name; its symbol is never quoted.
    fn operator(&self) -> String {
        format!("{}.{}", quote_ident(&self.namespace), self.name)
    }
}

impl fmt::Display for Id {
    /// For people: `table shop.orders`, `default privileges of app in shop on tables`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = match self.kind {
            Kind::Enum => "enum".to_owned(),
            Kind::Composite => "composite type".to_owned(),
            Kind::Range => "range type".to_owned(),
            kind => kind.noun().to_lowercase(),
        };
        if self.kind == Kind::DefaultPrivileges {
            write!(f, "{noun} of {} on {}", quote_ident(&self.name), self.detail.to_lowercase())?;
            return if self.namespace.is_empty() {
                Ok(())
            } else {
                write!(f, " in {}", quote_ident(&self.namespace))
            };
        }
        write!(f, "{noun} {}", self.address())
    }
}

/// A role as SQL has it: `PUBLIC` for the empty name.
pub fn role(name: &str) -> String {
    if name.is_empty() { "PUBLIC".into() } else { quote_ident(name).into_owned() }
}

/// An object, or a part of it that others can depend on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Thing {
    /// The object.
    pub id: Id,
    /// Which part of it.
    pub part: Part,
}

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    /// All of it.
    Whole,
    /// A column of a relation, or an attribute of a composite type.
    Column(Name),
    /// The default or generation expression of a column.
    Default(Name),
}

impl Part {
    /// The column that it is, or is of.
    pub fn column(&self) -> Option<&Name> {
        match self {
            Self::Whole => None,
            Self::Column(name) | Self::Default(name) => Some(name),
        }
    }
}

impl Thing {
    /// An object as a whole.
    pub fn whole(id: &Id) -> Self {
        Self { id: id.clone(), part: Part::Whole }
    }

    /// A column.
    pub fn column(id: &Id, column: &Name) -> Self {
        Self { id: id.clone(), part: Part::Column(column.clone()) }
    }

    /// A column's default.
    pub fn default(id: &Id, column: &Name) -> Self {
        Self { id: id.clone(), part: Part::Default(column.clone()) }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            Part::Whole => self.id.fmt(f),
            Part::Column(name) => write!(f, "column {}.{}", self.id.path(), quote_ident(name)),
            Part::Default(name) => write!(f, "default of {}.{}", self.id.path(), quote_ident(name)),
        }
    }
}
