//! Migrations that are programs: goose's in Go, Flyway's in Java, and their like. They are told, and not run.

use super::entry::{Entry, entry, slug};
use super::plain::numbered;
use super::{Source, flyway};
use crate::report::{Conclusion, Weight};

/// Endings of programs, and what they are written in.
const LANGUAGES: [(&str, &str); 13] = [
    ("go", "Go"),
    ("ts", "TypeScript"),
    ("mts", "TypeScript"),
    ("js", "JavaScript"),
    ("mjs", "JavaScript"),
    ("cjs", "JavaScript"),
    ("py", "Python"),
    ("rb", "Ruby"),
    ("java", "Java"),
    ("kt", "Kotlin"),
    ("groovy", "Groovy"),
    ("php", "PHP"),
    ("cs", "C#"),
];

/// What a migration is written in, by the name of its file; nothing for one that is none by its name.
pub(super) fn language(file: &str) -> Option<&'static str> {
    let (stem, ending) = file.rsplit_once('.')?;
    let is_test = slug(stem).ends_with("_test") || stem.ends_with(".d");
    let is_one = !is_test && (numbered(stem).0.is_some() || flyway::name("", stem).is_some());
    let named = LANGUAGES.iter().find(|it| ending.eq_ignore_ascii_case(it.0));
    named.filter(|_| is_one).map(|it| it.1)
}

/// Their numbers, as entries that are no changes.
pub(super) fn entries(sources: &[Source]) -> Vec<Entry> {
    let one = |source: &Source| {
        let file = source.path.rsplit('/').next()?;
        language(file)?;
        let (stem, _) = source.path.rsplit_once('.')?;
        entry(&Source { path: format!("{stem}.sql"), text: String::new() })
    };
    sources.iter().filter_map(one).collect()
}

/// What is told of one.
pub(super) fn told(source: &Source) -> Option<Conclusion> {
    let language = language(source.path.rsplit('/').next()?)?;
    let text = format!("it is a migration in {language}, and is left out: what it does is not known here");
    let one = Conclusion::new("code-file", Weight::Warning, &source.path, text).at(&source.path, 1);
    Some(
        one.next("write what it does as SQL in a file with its number, or as a revision with a step --@ run"),
    )
}

#[cfg(test)]
mod tests {
    use super::language;

    #[test]
    fn a_program_is_a_migration_by_its_name() {
        assert_eq!(language("00003_fill.go"), Some("Go"));
        assert_eq!(language("V2__Fill.java"), Some("Java"));
        assert_eq!(language("20240101-x.ts"), Some("TypeScript"));
        for name in ["main.go", "00003_fill_test.go", "README.md", "001_x.sql", "1.d.ts"] {
            assert_eq!(language(name), None, "{name}");
        }
    }
}
