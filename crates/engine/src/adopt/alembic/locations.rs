//! The folders that Alembic's configuration names, read off its text: `script_location` and `version_locations` of every section
//! of `alembic.ini`, and of `[tool.alembic]` in `pyproject.toml`
//! (<https://alembic.sqlalchemy.org/en/latest/branches.html#setting-up-multiple-version-directories>). `%(here)s` stays in them.

use toml::{Table, Value};

/// Those of an `alembic.ini`.
pub(super) fn of_ini(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut section = Section::default();
    let mut last = String::new();
    for line in text.lines() {
        let is_inner = line.starts_with([' ', '\t']);
        let bare = line.trim();
        if bare.starts_with(['#', ';']) || bare.is_empty() {
            continue;
        }
        if bare.starts_with('[') && !is_inner {
            found.extend(std::mem::take(&mut section).folders());
            continue;
        }
        let (key, value) = match bare.split_once(['=', ':']) {
            // a value goes on where a line begins with a blank
            _ if is_inner => (last.clone(), bare),
            Some((key, value)) => (key.trim().to_ascii_lowercase(), value.trim()),
            None => continue,
        };
        section.add(&key, value);
        last = key;
    }
    found.extend(section.folders());
    found
}

/// `[tool.alembic]` of a `pyproject.toml`.
pub(crate) fn of_alembic(text: &str) -> Option<Table> {
    let table: Table = text.parse().ok()?;
    table.get("tool")?.get("alembic")?.as_table().cloned()
}

/// Those of a `pyproject.toml`.
pub(super) fn of_toml(text: &str) -> Vec<String> {
    let alembic = of_alembic(text).unwrap_or_default();
    let get = |key: &str| alembic.get(key);
    let mut found: Vec<String> =
        get("script_location").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    match get("version_locations") {
        Some(Value::String(one)) => found.push(one.clone()),
        Some(Value::Array(all)) => found.extend(all.iter().filter_map(Value::as_str).map(str::to_owned)),
        _ => {}
    }
    found
}

/// What a section of `alembic.ini` says of folders.
#[derive(Debug, Default)]
struct Section {
    script: String,
    versions: String,
    separator: String,
}

impl Section {
    fn add(&mut self, key: &str, value: &str) {
        let place = match key {
            "script_location" => &mut self.script,
            "version_locations" => &mut self.versions,
            "path_separator" | "version_path_separator" => &mut self.separator,
            _ => return,
        };
        if !place.is_empty() {
            place.push('\n');
        }
        place.push_str(value);
    }

    fn folders(self) -> Vec<String> {
        let separators: &[char] = match self.separator.as_str() {
            "space" => &[' '],
            "newline" => &['\n'],
            ":" | "os" => &[':'],
            ";" => &[';'],
            _ => &[' ', ',', '\n'],
        };
        let versions = self.versions.replace("%(script_location)s", &self.script);
        let parts = versions.split(separators).map(str::trim);
        let all = std::iter::once(self.script.as_str()).chain(parts).filter(|it| !it.is_empty());
        all.map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_with_each_separator() {
        let of = |lines: &str| {
            of_ini(&format!("[alembic]\nscript_location = m\n{lines}\n[loggers]\nkeys = root\n"))
        };
        assert_eq!(of("version_locations = a, b  c"), ["m", "a", "b", "c"]);
        assert_eq!(
            of("path_separator = os\nversion_locations = %(here)s/a b:%(script_location)s/c"),
            ["m", "%(here)s/a b", "m/c"]
        );
        assert_eq!(
            of("version_path_separator = newline\nversion_locations =\n  # one\n  a b\n  c\n"),
            ["m", "a b", "c"]
        );
        assert_eq!(of_ini("[one]\nscript_location=1\n[two]\nscript_location: app:two\n"), ["1", "app:two"]);
    }

    #[test]
    fn folders_are_read_from_toml() {
        let text = "[tool.alembic]\nscript_location = \"%(here)s/m\"\nversion_locations = [\"a\", \"b c\"]\n";
        assert_eq!(of_toml(text), ["%(here)s/m", "a", "b c"]);
        assert!(of_toml("[tool.other]\nscript_location = \"m\"\n").is_empty() && of_toml("[").is_empty());
    }
}
