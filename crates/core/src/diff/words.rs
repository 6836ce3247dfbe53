//! What differs of an object, in words of one line: for people, in trees, in reports and beside conclusions.

use serde_json::Value;

use super::Difference;
use crate::object::privilege::{self, Right};

/// From which length on a value is cut.
const LONG: usize = 100;

impl Difference {
    /// One line: `+ columns.note: text`, `- comment: old`, `columns.price.type: integer -> bigint`.
    pub fn words(&self) -> String {
        // those of everybody have no name
        let attribute = match self.attribute.strip_suffix("privileges.") {
            Some(before) => format!("{before}privileges.PUBLIC"),
            None => self.attribute.clone(),
        };
        let is_right = self.attribute.split('.').any(|part| part == "privileges");
        let brief = |value: &Value| rights(value).filter(|_| is_right).unwrap_or_else(|| brief(value));
        match (&self.from, &self.to) {
            (None, Some(to)) => format!("+ {}: {}", attribute, brief(to)).trim_end_matches(": ").to_owned(),
            (Some(from), None) => {
                format!("- {}: {}", attribute, brief(from)).trim_end_matches(": ").to_owned()
            }
            (Some(from), Some(to)) => format!("{}: {} -> {}", attribute, brief(from), brief(to)),
            (None, None) => attribute,
        }
    }
}

/// What says nothing to people.
const UNSAID: [&str; 5] = ["name", "type", "is_inherited", "grants", "known_as"];

/// Rights as PostgreSQL calls them: `SELECT, INSERT with grant option`; with whom, where there are several.
fn rights(value: &Value) -> Option<String> {
    let of = |list: &Value| -> Option<String> {
        let rights: Vec<Right> = serde_json::from_value(list.clone()).ok()?;
        let word = |(letter, handed_on): &Right| {
            let option = if *handed_on { " with grant option" } else { "" };
            format!("{}{option}", privilege::word(*letter))
        };
        Some(rights.iter().map(word).collect::<Vec<_>>().join(", "))
    };
    match value {
        Value::Object(map) => {
            let each = map.iter().map(|(name, list)| {
                let name = if name.is_empty() { "PUBLIC" } else { name };
                of(list).map(|rights| format!("{name}: {rights}"))
            });
            Some(each.collect::<Option<Vec<_>>>()?.join("; "))
        }
        list => of(list),
    }
}

/// A value in a line: texts without quotes, a column by its type and what else is said of it.
fn brief(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.replace('\n', " "),
        Value::Object(map) => {
            let mut words: Vec<String> = map.get("type").map(brief).into_iter().collect();
            let rest = map.iter().filter(|(name, _)| !UNSAID.contains(&name.as_str()));
            words.extend(rest.map(|(name, value)| match value {
                Value::Object(_) => [name.clone(), brief(value)].join(" ").trim_end().to_owned(),
                value => format!("{name} {}", brief(value)),
            }));
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
        let not_null =
            json!({ "name": "a", "type": "text", "not_null": { "is_inherited": false, "known_as": "" } });
        assert_eq!(of(None, Some(&not_null)), "+ columns.a: text, not_null");
        assert_eq!(of(Some(&json!("a\nb")), Some(&json!(true))), "columns.a: a b -> true");
    }

    #[test]
    fn rights_are_words() {
        let rights = json!([["r", false], ["a", true]]);
        let one = Difference { attribute: "privileges.app".into(), from: None, to: Some(rights.clone()) };
        assert_eq!(one.words(), "+ privileges.app: SELECT, INSERT with grant option");
        let everybody =
            Difference { attribute: "privileges.".into(), from: Some(json!([["X", false]])), to: None };
        assert_eq!(everybody.words(), "- privileges.PUBLIC: EXECUTE");
        let all = Difference { attribute: "privileges".into(), from: Some(json!({ "": rights })), to: None };
        assert_eq!(all.words(), "- privileges: PUBLIC: SELECT, INSERT with grant option");
    }
}
