//! What texts use what, one line a case.

use super::*;

fn name(text: &str) -> Name {
    let (schema, name) = text.split_once('.').unwrap_or(("public", text));
    (schema.to_owned(), name.to_owned())
}

fn watch(wanted: Wanted) -> Watch {
    Watch {
        object: name("task"),
        wanted,
        carriers: [name("open_task")].into(),
        triggers: [name("inbox")].into(),
        functions: [name("tidy_up")].into(),
        same_column: [name("task"), name("person")].into(),
    }
}

fn shown(touch: Touch) -> &'static str {
    match (touch.read, touch.write, touch.by_word) {
        (false, false, false) => "-",
        (true, false, false) => "r",
        (false, true, false) => "w",
        (true, true, _) => "rw",
        (_, _, true) => "word",
    }
}

/// Each text with how it uses the table `task`, and its column `title`, the second.
const CASES: &[(&str, &str, &str)] = &[
    ("SELECT id FROM task", "r", "-"),
    ("SELECT title FROM task", "r", "r"),
    ("SELECT * FROM task", "r", "r"),
    ("SELECT count(*) FROM task", "r", "-"),
    ("SELECT t.* FROM task t", "r", "r"),
    ("SELECT p.* FROM task t JOIN person p ON p.id = t.owner", "r", "-"),
    ("SELECT p.title FROM task t JOIN person p ON p.id = t.owner", "r", "-"),
    ("SELECT t.title FROM task t", "r", "r"),
    ("SELECT task.title FROM task", "r", "r"),
    ("SELECT public.task.title FROM public.task", "r", "r"),
    ("SELECT row_to_json(t) FROM task t", "r", "r"),
    ("SELECT t FROM task t", "r", "r"),
    ("SELECT id FROM task WHERE title = $1", "r", "r"),
    ("SELECT id FROM task ORDER BY title", "r", "r"),
    ("SELECT id FROM other.task", "-", "-"),
    ("SELECT id FROM \"Task\"", "-", "-"),
    ("SELECT title FROM person", "-", "-"),
    ("SELECT id FROM task WHERE EXISTS (SELECT 1 FROM person WHERE title = $1)", "r", "-"),
    ("SELECT id FROM task WHERE EXISTS (SELECT 1 FROM note WHERE title = $1)", "r", "r"),
    ("SELECT id FROM task JOIN person USING (title)", "r", "r"),
    ("SELECT id FROM task NATURAL JOIN person", "r", "r"),
    ("WITH task AS (SELECT 1 AS title) SELECT title FROM task", "-", "-"),
    ("WITH task AS (SELECT id FROM task) SELECT * FROM task", "r", "-"),
    ("WITH gone AS (DELETE FROM task RETURNING *) SELECT id FROM gone", "w", "r"),
    ("SELECT id FROM task UNION SELECT title FROM person", "r", "-"),
    ("SELECT title FROM task UNION ALL SELECT id FROM person", "r", "r"),
    ("SELECT x.id FROM (SELECT * FROM task) x", "r", "r"),
    ("SELECT x.id FROM (SELECT id FROM task) x", "r", "-"),
    ("SELECT id FROM task t, LATERAL (SELECT t.title) x", "r", "r"),
    ("INSERT INTO task VALUES ($1)", "w", "-"),
    ("INSERT INTO task VALUES ($1, $2)", "w", "w"),
    ("INSERT INTO task SELECT * FROM person", "w", "w"),
    ("INSERT INTO task (id) VALUES ($1)", "w", "-"),
    ("INSERT INTO task (id, title) VALUES ($1, $2)", "w", "w"),
    ("INSERT INTO task (id) VALUES ($1) RETURNING *", "w", "r"),
    ("INSERT INTO task (id) VALUES ($1) ON CONFLICT (title) DO NOTHING", "w", "r"),
    ("INSERT INTO task (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET title = $2", "w", "w"),
    ("INSERT INTO task (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET owner = excluded.title", "w", "r"),
    ("INSERT INTO task DEFAULT VALUES", "w", "-"),
    ("UPDATE task SET title = $1", "w", "w"),
    ("UPDATE task SET (owner, title) = ($1, $2)", "w", "w"),
    ("UPDATE task SET owner = $1 WHERE id = $2", "w", "-"),
    ("UPDATE person SET title = $1", "-", "-"),
    ("UPDATE person SET title = t.owner FROM task t WHERE t.id = person.id", "r", "-"),
    ("DELETE FROM task WHERE id = $1", "w", "-"),
    ("DELETE FROM task WHERE title = $1", "w", "r"),
    ("MERGE INTO task t USING person p ON t.id = p.id WHEN MATCHED THEN UPDATE SET title = p.name", "w", "w"),
    (
        "MERGE INTO task t USING person p ON t.id = p.id WHEN NOT MATCHED THEN INSERT VALUES (p.id, p.name)",
        "w",
        "w",
    ),
    ("MERGE INTO task t USING person p ON t.id = p.id WHEN MATCHED THEN DELETE", "w", "-"),
    ("COPY task TO STDOUT", "r", "r"),
    ("COPY task (id) TO STDOUT", "r", "-"),
    ("COPY task FROM STDIN", "w", "w"),
    ("COPY (SELECT title FROM task) TO STDOUT", "r", "r"),
    ("TRUNCATE task", "w", "-"),
    ("LOCK TABLE task", "r", "-"),
    ("SELECT id FROM open_task", "r", "r"),
    ("REFRESH MATERIALIZED VIEW open_task", "r", "r"),
    ("INSERT INTO inbox (id) VALUES ($1)", "w", "w"),
    ("SELECT tidy_up($1)", "r", "r"),
    ("CALL tidy_up()", "r", "r"),
    ("SELECT other.tidy_up($1)", "-", "-"),
    ("EXPLAIN SELECT title FROM task", "r", "r"),
    ("PREPARE it AS SELECT title FROM task WHERE id = $1", "r", "r"),
    ("DECLARE c CURSOR FOR SELECT title FROM task", "r", "r"),
    ("CREATE TABLE copied AS SELECT title FROM task", "r", "r"),
    ("DO $$ BEGIN PERFORM title FROM task; END $$", "word", "word"),
    ("DO $$ BEGIN PERFORM title FROM tasks; END $$", "-", "-"),
    ("SELECT id FROM task WHERE due < now() - interval $1", "r", "-"),
    ("SELECT title FROM task WHERE due < date $1", "r", "r"),
    ("SELECT title FROM task WHERE (", "word", "word"),
    ("ALTER TABLE task ADD COLUMN x int", "-", "-"),
    ("CREATE INDEX ON task (title)", "-", "-"),
    ("VACUUM task", "-", "-"),
    ("SELECT id FROM task FOR UPDATE OF task", "r", "-"),
    ("SELECT sum(x) OVER (PARTITION BY title) FROM task", "r", "r"),
    ("SELECT id FROM task GROUP BY GROUPING SETS ((title), ())", "r", "r"),
    ("SELECT CASE WHEN title IS NULL THEN 1 END FROM task", "r", "r"),
    ("SELECT array(SELECT title FROM task)", "r", "r"),
    ("SELECT id FROM task TABLESAMPLE SYSTEM (1) WHERE title = ''", "r", "r"),
    ("SELECT U&\"\\0074itle\" FROM U&\"\\0074ask\"", "r", "r"),
    ("SELECT id FROM task; SELECT title FROM person", "r", "-"),
    ("SELECT j.* FROM (task t JOIN person p ON p.id = t.owner) AS j", "r", "r"),
    ("SELECT j FROM (task t JOIN person p ON p.id = t.owner) AS j", "r", "r"),
    ("SELECT b FROM task AS t (a, b)", "r", "r"),
    ("COPY task (id) FROM STDIN WHERE title <> ''", "w", "r"),
    ("UPDATE task SET owner = 1 RETURNING new.*", "w", "r"),
    ("UPDATE task SET owner = 1 RETURNING new.owner", "w", "-"),
    ("SELECT TITLE FROM TASK", "r", "r"),
    ("SELECT \"TITLE\" FROM task", "r", "-"),
];

#[test]
fn texts_use_the_table_and_the_column_or_not() {
    let column = watch(Wanted::Column { name: "title".into(), place: 1 });
    let table = watch(Wanted::Relation);
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|(text, of_table, of_column)| {
            let found = (shown(table.touches(text)), shown(column.touches(text)));
            let wanted = (*of_table, *of_column);
            (found != wanted).then(|| format!("{text}: {found:?} instead of {wanted:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_function_is_used_by_a_call() {
    let watch = Watch { object: name("touch_task"), carriers: BTreeSet::new(), ..watch(Wanted::Function) };
    let cases = [
        ("SELECT touch_task(id) FROM task", "r"),
        ("SELECT public.touch_task(1)", "r"),
        ("SELECT other.touch_task(1)", "-"),
        ("SELECT * FROM touch_task(1)", "r"),
        ("CALL touch_task(1)", "r"),
        ("SELECT touch_task FROM task", "-"),
        ("UPDATE task SET title = touch_task(title)", "r"),
    ];
    for (text, wanted) in cases {
        assert_eq!(shown(watch.touches(text)), wanted, "{text}");
    }
}

#[test]
fn names_with_quotes_and_foreign_letters_are_found() {
    for (object, text) in [
        ("we\"ird", "SELECT 1 FROM \"we\"\"ird\""),
        ("\u{dc}bung", "SELECT 1 FROM \u{dc}BUNG"),
        ("Task list", "SELECT 1 FROM \"Task list\""),
    ] {
        let watch = Watch { object: name(object), carriers: BTreeSet::new(), ..watch(Wanted::Relation) };
        assert_eq!(shown(watch.touches(text)), "r", "{text}");
    }
    assert!(has_word("PERFORM 1 FROM \"we\"\"ird\"", "we\"ird"));
}
