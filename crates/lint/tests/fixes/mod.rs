//! Fixes: what `--fix` writes can be read, and the rule finds nothing in it any more. `CUTOVER_FIXES=1` shows them.

use cutover_lint::{Options, RULES, Source, fix, lint};

use crate::cases::{Case, cases, sources};

/// Applies what a rule would do until it wants nothing more; gives what is left to say, and the texts.
fn mended(case: &Case, rule: &str, options: &Options) -> (Vec<String>, String) {
    let (mut sources, looked_at) = sources(case);
    for _ in 0..10 {
        let found = lint(&sources, &looked_at, options);
        let own: Vec<_> = found.iter().filter(|finding| finding.rule == rule).collect();
        let mut applied = 0;
        for (at, source) in sources.iter_mut().enumerate() {
            let here: Vec<_> = own.iter().copied().filter(|finding| finding.source == at).collect();
            let (text, count) = fix::apply(&source.text, &here, false);
            if count > 0 {
                applied += count;
                *source = Source::read(source.name.clone(), text, false);
            }
        }
        if applied == 0 {
            break;
        }
    }
    let left = lint(&sources, &looked_at, options);
    let left = left.iter().filter(|it| {
        it.fix.as_ref().is_some_and(|fix| fix.safe) && it.rule == rule || it.rule == "syntax-error"
    });
    let texts: Vec<&str> = sources.iter().skip(1).map(|source| source.text.as_str()).collect();
    (left.map(|finding| format!("{}: {}", finding.rule, finding.message)).collect(), texts.join("\n"))
}

#[test]
fn what_a_fix_writes_is_whole_and_says_no_more() {
    let mut wrong = Vec::new();
    let (mut count, mut changed) = (0, 0);
    for case in cases("dangerous") {
        let options = Options { major: case.server, ..Options::default() };
        for rule in RULES.iter().filter(|rule| case.expect.contains(rule.id)) {
            let (left, text) = mended(&case, rule.id, &options);
            count += 1;
            let before: Vec<String> =
                sources(&case).0.into_iter().skip(1).map(|source| source.text).collect();
            changed += usize::from(before.join("\n") != text);
            if std::env::var_os("CUTOVER_FIXES").is_some() {
                wrong.push(format!("{}: {} by {}\n{text}", case.file, case.name, rule.id));
            }
            if !left.is_empty() {
                wrong.push(format!("{}: {} by {}: {left:?}\n{text}", case.file, case.name, rule.id));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} are wrong, {changed} were mended\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
