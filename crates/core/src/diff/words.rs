//! What differs of an object, in words of one line: for people, in trees, in reports and beside conclusions.

use serde_json::Value;

use super::Difference;

/// From which length on a value is cut.
const LONG: usize = 100;

impl Difference {
    /// One line: `+ columns.note: text`, `- comment: old`, `columns.price.type: integer -> bigint`.
    pub fn words(&self) -> String {
        match (&self.from, &self.to) {
            (None, Some(to)) => format!("+ {}: {}", self.attribute, brief(to)),
            (Some(from), None) => format!("- {}: {}", self.attribute, brief(from)),
            (Some(from), Some(to)) => format!("{}: {} -> {}", self.attribute, brief(from), brief(to)),
            (None, None) => self.attribute.clone(),
        }
    }
}

/// A value in a line: texts without quotes, a column by its type and what else is said of it.
fn brief(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.replace('\n', " "),
        Value::Object(map) if map.contains_key("type") => {
            let mut words: Vec<String> = vec![brief(&map["type"])];
            let rest = map
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "name" | "type" | "is_inherited" | "grants"));
            words.extend(rest.map(|(name, value)| format!("{name} {}", brief(value))));
            words.join(", ")
        }
        other => other.to_string(),
    };
    match text.char_indices().nth(LONG) {
        Some((at, _)) => format!("{} ...", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_column_is_its_type_and_no_json() {
        let column =
            json!({ "name": "a", "type": "text", "grants": null, "is_inherited": false, "default": "'x'" });
        let of = |from: Option<&Value>, to: Option<&Value>| {
            let (from, to) = (from.cloned(), to.cloned());
            Difference { attribute: "columns.a".into(), from, to }.words()
        };
        assert_eq!(of(None, Some(&column)), "+ columns.a: text, default 'x'");
        assert_eq!(of(Some(&column), None), "- columns.a: text, default 'x'");
        assert_eq!(of(Some(&json!("a\nb")), Some(&json!(true))), "columns.a: a b -> true");
    }
}
