//! Settings of the session: `SET`, `set_config`.

use cutover_sql::tree::{self, NodeEnum, VariableSetKind, a_const};

/// A setting that a statement sets.
pub struct Setting {
    /// Its name, in small letters.
    pub name: String,
    /// Its values as text.
    pub values: Vec<String>,
    /// Whether it ends with the transaction.
    pub local: bool,
}

impl Setting {
    /// Whether it sets this to that.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.name == name && matches!(&self.values[..], [only] if only.eq_ignore_ascii_case(value))
    }

    /// Whether its value is a time of nothing: `0`, `0ms`, `'0 s'`.
    pub fn is_zero(&self) -> bool {
        matches!(&self.values[..], [only] if milliseconds(only) == Some(0))
    }
}

/// A time as a setting has it, which means milliseconds where it has no unit. Source: `convert_to_base_unit`.
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let number: f64 = text[..text.len() - unit.len()].trim().parse().ok()?;
    let factor = match unit {
        "us" => 0.001,
        "" | "ms" => 1.0,
        "s" => 1000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    let value = (number * factor).round();
    // the settings are 32 bits wide
    (0.0..=f64::from(i32::MAX)).contains(&value).then_some(value as u64)
}

/// What a statement sets.
pub fn setting(node: &NodeEnum) -> Option<Setting> {
    match node {
        NodeEnum::VariableSetStmt(it) if it.kind() == VariableSetKind::VarSetValue => Some(Setting {
            name: it.name.to_ascii_lowercase(),
            values: it.args.iter().filter_map(text).collect(),
            local: it.is_local,
        }),
        NodeEnum::SelectStmt(_) => {
            let mut found = None;
            tree::visit(node, &mut |node| {
                if let NodeEnum::FuncCall(call) = node
                    && tree::qualified(&call.funcname).1 == "set_config"
                    && let [name, value, local] = &call.args[..]
                    && let (Some(name), Some(value)) = (text(name), text(value))
                {
                    let local = text(local).is_none_or(|text| text != "false");
                    let values = value.split(',').map(|part| part.trim().to_owned()).collect();
                    found = Some(Setting { name: name.to_ascii_lowercase(), values, local });
                }
            });
            found
        }
        _ => None,
    }
}

/// The name of a setting that a statement gives back: `RESET`, `SET ... TO DEFAULT`; `all` for all of them.
pub fn given_back(node: &NodeEnum) -> Option<String> {
    match node {
        NodeEnum::VariableSetStmt(it) => match it.kind() {
            VariableSetKind::VarReset | VariableSetKind::VarSetDefault => Some(it.name.to_ascii_lowercase()),
            VariableSetKind::VarResetAll => Some("all".into()),
            _ => None,
        },
        _ => None,
    }
}

fn text(node: &tree::Node) -> Option<String> {
    match tree::inner(node)? {
        NodeEnum::AConst(it) => match it.val.as_ref()? {
            a_const::Val::Sval(value) => Some(value.sval.clone()),
            a_const::Val::Ival(value) => Some(value.ival.to_string()),
            a_const::Val::Fval(value) => Some(value.fval.clone()),
            a_const::Val::Boolval(value) => Some(value.boolval.to_string()),
            a_const::Val::Bsval(_) => None,
        },
        NodeEnum::TypeCast(it) => text(it.arg.as_deref()?),
        _ => None,
    }
}
