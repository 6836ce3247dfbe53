//! What an expression or a definition names besides tables and columns: what `DROP ... CASCADE` follows.

use std::collections::BTreeSet;

use cutover_sql::tree::{self, NodeEnum, TypeName};

use super::{Known, Named, Rel};

/// Something that is no relation, and that others may need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// A function or a procedure, of any arguments.
    Routine(Rel),
    /// A sequence, by `nextval`.
    Sequence(Rel),
    /// A type or a domain.
    Type(Rel),
    /// A collation.
    Collation(Rel),
    /// An operator.
    Operator(Rel),
    /// An operator class.
    OperatorClass(Rel),
    /// A text search configuration.
    TextSearch(Rel),
}

impl Object {
    /// Its name.
    pub fn name(&self) -> &Rel {
        match self {
            Self::Routine(rel)
            | Self::Sequence(rel)
            | Self::Type(rel)
            | Self::Collation(rel)
            | Self::Operator(rel)
            | Self::OperatorClass(rel)
            | Self::TextSearch(rel) => rel,
        }
    }
}

/// What something names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions(BTreeSet<Object>);

impl Mentions {
    /// Whether something is named.
    pub fn has(&self, object: &Object) -> bool {
        self.0.contains(object)
    }

    /// All that is named.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.0.iter()
    }

    /// Adds one more.
    pub fn add(&mut self, object: Object) {
        self.0.insert(object);
    }

    /// Adds what another names.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Puts a new name where the old one stands.
    pub fn rename(&mut self, old: &Object, new: &Object) {
        if self.0.remove(old) {
            self.0.insert(new.clone());
        }
    }
}

impl Known {
    /// What a query or an expression names.
    pub fn mentions(&self, node: &NodeEnum) -> Mentions {
        let mut found = Mentions::default();
        tree::visit(node, &mut |node| match node {
            NodeEnum::FuncCall(call) => self.of_call(call, &mut found),
            NodeEnum::TypeCast(cast) => {
                self.of_type(cast.type_name.as_ref(), &mut found);
                let arg = cast.arg.as_deref().and_then(literal);
                if let (Some(text), Some(to)) = (arg, &cast.type_name)
                    && tree::qualified(&to.names).1 == "regconfig"
                {
                    found.add(self.text_search_by(text));
                }
            }
            NodeEnum::CollateClause(it) => found.add(self.collation(&it.collname)),
            NodeEnum::AExpr(it) => found.add(self.operator(&it.name)),
            _ => {}
        });
        found
    }

    fn of_call(&self, call: &tree::FuncCall, found: &mut Mentions) {
        let (schema, name) = tree::qualified(&call.funcname);
        found.add(Object::Routine(self.routine_named(schema, name)));
        let Some(text) = call.args.first().and_then(literal) else { return };
        match name {
            "nextval" => found.add(Object::Sequence(self.written_name(text))),
            "to_tsvector"
            | "to_tsquery"
            | "plainto_tsquery"
            | "phraseto_tsquery"
            | "websearch_to_tsquery"
            | "ts_headline" => found.add(self.text_search_by(text)),
            _ => {}
        }
    }

    /// The type that a definition names, if somebody made it.
    pub fn of_type(&self, name: Option<&TypeName>, found: &mut Mentions) {
        if let Some(user) = self.data_type(name).user() {
            found.add(Object::Type(user));
        }
    }

    /// The collation of a name.
    pub fn collation(&self, name: &[tree::Node]) -> Object {
        self.other(name, Object::Collation)
    }

    /// The operator of a name.
    pub fn operator(&self, name: &[tree::Node]) -> Object {
        self.other(name, Object::Operator)
    }

    /// The operator class of a name.
    pub fn operator_class(&self, name: &[tree::Node]) -> Object {
        self.other(name, Object::OperatorClass)
    }

    fn text_search_by(&self, written: &str) -> Object {
        let (schema, name) = match written.rsplit_once('.') {
            Some((schema, name)) => (Some(schema), name),
            None => (None, written),
        };
        self.other_named(schema, name, Object::TextSearch)
    }

    /// What `DROP` means that is no relation, no type and no routine, and that others may name.
    pub fn other_of(&self, kind: tree::ObjectType, node: &tree::Node) -> Option<Object> {
        let parts = match tree::inner(node) {
            Some(NodeEnum::List(list)) => &list.items[..],
            Some(NodeEnum::ObjectWithArgs(it)) => &it.objname[..],
            _ => std::slice::from_ref(node),
        };
        Some(match kind {
            tree::ObjectType::ObjectCollation => self.collation(parts),
            tree::ObjectType::ObjectOperator => self.operator(parts),
            tree::ObjectType::ObjectTsconfiguration => self.other(parts, Object::TextSearch),
            // the access method is the first part
            tree::ObjectType::ObjectOpclass => self.operator_class(parts.get(1..)?),
            _ => return None,
        })
    }

    /// What a name means that was given to something of `others`.
    fn other(&self, name: &[tree::Node], kind: fn(Rel) -> Object) -> Object {
        let (schema, name) = tree::qualified(name);
        self.other_named(schema, name, kind)
    }

    fn other_named(&self, schema: Option<&str>, name: &str, kind: fn(Rel) -> Object) -> Object {
        match schema {
            Some(schema) => kind(Rel::new(schema, name)),
            None => {
                let is_there = |rel: &dyn Named| {
                    let (schema, name) = rel.parts();
                    !self.others.is_empty() && self.others.contains_key(&kind(Rel::new(schema, name)))
                };
                kind(self.find(name, is_there))
            }
        }
    }

    /// The relation that a text means, as in `nextval('s.q')`.
    pub fn written_name(&self, written: &str) -> Rel {
        match written.rsplit_once('.') {
            Some((schema, name)) => self.named(Some(schema.trim_matches('"')), name.trim_matches('"')),
            None => self.named(None, written.trim_matches('"')),
        }
    }
}

/// The text of a constant, whatever it is cast to.
pub fn literal(node: &tree::Node) -> Option<&str> {
    match tree::inner(node)? {
        NodeEnum::AConst(it) => match it.val.as_ref()? {
            tree::a_const::Val::Sval(text) => Some(&text.sval),
            _ => None,
        },
        NodeEnum::TypeCast(it) => literal(it.arg.as_deref()?),
        _ => None,
    }
}
