//! `cutover reconcile`: privileges and owners, other names, and rows of live databases that stand against it.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::sync::atomic::{AtomicU32, Ordering};

use cutover_engine::server::ScratchDatabase;
use cutover_testkit::{Project, database, psql, server};
use serde_json::Value;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A project with databases at its head.
fn project(names: &[&str], up: &str, down: &str) -> (Project, Vec<ScratchDatabase>) {
    let databases: Vec<ScratchDatabase> = names.iter().map(|_| database()).collect();
    let project = Project::new(CUTOVER, None);
    let each = names.iter().zip(&databases);
    let config: String = each.map(|(name, it)| format!("[env.{name}]\nurl = \"{}\"\n", it.url())).collect();
    project.write("cutover.toml", &config);
    project.revision("0001", "base", up, down);
    names.iter().for_each(|name| drop(project.ok(&["upgrade", "--env", name])));
    (project, databases)
}

fn sql(database: &ScratchDatabase, sql: &str) -> String {
    psql(server(), &database.url(), sql).trim().to_owned()
}

/// Names of roles that no other test has: they belong to the whole server.
fn roles<const N: usize>(database: &ScratchDatabase) -> [String; N] {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let of = |_| {
        let name = format!("re {}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        sql(database, &format!("CREATE ROLE \"{name}\""));
        name
    };
    std::array::from_fn(of)
}

fn conclusions(data: &Value, id: &str) -> Vec<Value> {
    let all = data["conclusions"].as_array().unwrap_or_else(|| panic!("{data:#}"));
    all.iter().filter(|it| it["id"] == id).cloned().collect()
}

fn text_of(project: &Project, id: &str) -> String {
    let mut entries = std::fs::read_dir(project.migrations()).unwrap().flatten().map(|it| it.path());
    let path = entries.find(|it| it.file_name().unwrap().to_string_lossy().starts_with(id));
    std::fs::read_to_string(path.unwrap()).unwrap()
}

#[test]
fn what_is_missing_is_granted_and_what_is_too_much_only_revoked_when_told() {
    let first = database();
    let [app, intruder] = roles(&first);
    let up = format!(
        "CREATE TABLE t (id int, mail text); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n\
         REVOKE ALL ON FUNCTION f() FROM PUBLIC; GRANT SELECT ON t TO \"{app}\"; GRANT UPDATE (mail) ON t TO \"{app}\" WITH GRANT OPTION;"
    );
    let (project, databases) = project(&["prod", "staging"], &up, "DROP FUNCTION f(); DROP TABLE t;");
    sql(
        &databases[0],
        &format!(
            "REVOKE SELECT ON t FROM \"{app}\"; GRANT DELETE ON t TO \"{intruder}\"; GRANT ALL ON FUNCTION f() TO PUBLIC"
        ),
    );
    sql(&databases[1], &format!("REVOKE GRANT OPTION FOR UPDATE (mail) ON t FROM \"{app}\""));
    let args = ["reconcile", "--against", "prod", "--against", "staging"];
    let (data, code) = project.json(&args);
    assert_eq!(code, 0, "{data:#}");
    let kept = conclusions(&data, "more-privileges");
    assert_eq!(kept.len(), 1, "{data:#}");
    assert!(kept[0]["evidence"].to_string().contains("REVOKE EXECUTE ON FUNCTION public.f() FROM PUBLIC"));
    let text = text_of(&project, "0002");
    assert!(!text.contains("REVOKE") && text.contains("privileges"), "{text}");
    let may = |database: &ScratchDatabase, role: &str, what: &str| {
        sql(database, &format!("SELECT has_table_privilege('{role}', 't', '{what}')")) == "t"
    };
    for name in ["prod", "staging"] {
        project.ok(&["upgrade", "--env", name]);
    }
    let option = "SELECT privilege_type, is_grantable FROM information_schema.column_privileges WHERE column_name = 'mail' AND privilege_type = 'UPDATE' AND grantee LIKE 're %'";
    for database in &databases {
        assert!(may(database, &app, "SELECT"));
        assert_eq!(sql(database, option), "UPDATE|YES");
    }
    assert!(may(&databases[0], &intruder, "DELETE"));
    // told so, it goes; and where the role is not there, there is nothing to do
    let (data, code) = project.json(&[&args[..], &["--privileges", "exact"]].concat());
    assert_eq!(code, 0, "{data:#}");
    let text = text_of(&project, "0003");
    assert!(text.contains("to_regrole"), "{text}");
    for name in ["prod", "staging"] {
        project.ok(&["upgrade", "--env", name]);
    }
    assert!(!may(&databases[0], &intruder, "DELETE") && may(&databases[0], &app, "SELECT"));
    let same = project.ok(&[&args[..], &["--privileges", "exact"]].concat());
    assert!(same.contains("nothing to do"), "{same}");
    // not compared, there is nothing to do either
    sql(&databases[0], &format!("REVOKE SELECT ON t FROM \"{app}\""));
    assert!(project.ok(&[&args[..], &["--privileges", "ignore"]].concat()).contains("nothing to do"));
}

#[test]
fn roles_that_are_not_in_a_database_are_named() {
    let up = "CREATE TABLE t (id int);";
    let (project, databases) = project(&["prod"], up, "DROP TABLE t;");
    project.revision(
        "0002",
        "0001",
        "GRANT SELECT ON t TO role_of_nobody;",
        "REVOKE SELECT ON t FROM role_of_nobody;",
    );
    // it is pending there, and fails on a server without the role; so it is left out
    sql(&databases[0], "ALTER TABLE t ADD COLUMN by_hand int");
    let (data, _) = project.json(&["reconcile", "--against", "prod", "--allow-destructive"]);
    let missing = conclusions(&data, "role-missing");
    assert_eq!(missing.len(), 1, "{data:#}");
    assert!(missing[0]["next"].as_str().unwrap().contains("CREATE ROLE role_of_nobody"));
    assert!(text_of(&project, "0003").contains("roles that have to be there first: role_of_nobody"));
}

#[test]
fn owners_come_along_when_asked_for() {
    let first = database();
    let [boss, other] = roles(&first);
    let up = format!("CREATE TABLE t (id int); ALTER TABLE t OWNER TO \"{boss}\"; CREATE TABLE u (id int);");
    let (project, databases) = project(&["prod", "staging"], &up, "DROP TABLE t, u;");
    sql(&databases[0], &format!("ALTER TABLE t OWNER TO \"{other}\"; ALTER TABLE u OWNER TO \"{other}\""));
    let args = ["reconcile", "--against", "prod", "--against", "staging"];
    assert!(project.ok(&args).contains("nothing to do"));
    project.ok(&[&args[..], &["--owners"]].concat());
    for name in ["prod", "staging"] {
        project.ok(&["upgrade", "--env", name]);
    }
    let owners = "SELECT string_agg(relowner::regrole::text, ',' ORDER BY relname) FROM pg_class WHERE relname IN ('t', 'u')";
    // whose u is, the history does not say
    assert_eq!(sql(&databases[0], owners), format!("\"{boss}\",\"{other}\""));
    assert_eq!(sql(&databases[1], owners), format!("\"{boss}\",postgres"));
}

const USERS: &str =
    "CREATE TABLE users (id int PRIMARY KEY, \"Full name\" text); CREATE INDEX ON users (\"Full name\");";

#[test]
fn what_has_another_name_in_one_database_is_renamed_there() {
    let (project, databases) = project(&["prod", "staging", "dev"], USERS, "DROP TABLE users;");
    sql(&databases[0], "INSERT INTO users VALUES (1, 'a'); ALTER TABLE users RENAME \"Full name\" TO name");
    sql(&databases[1], "INSERT INTO users VALUES (1, 'b'); ALTER TABLE users RENAME TO people");
    let args = ["reconcile", "--against", "prod", "--against", "staging", "--against", "dev"];
    let refused = project.fails(&args, 2);
    assert!(refused.contains("--rename") && refused.contains("in prod"), "{refused}");
    let named = ["--rename", "users.name=Full name", "--rename", "people=users"];
    let refused = project.fails(&[&args[..], &named, &["--rename", "users.nobody=name"]].concat(), 2);
    assert!(refused.contains("no users.nobody"), "{refused}");
    let (data, code) = project.json(&[&args[..], &named].concat());
    assert_eq!(code, 0, "{data:#}");
    assert_eq!(data["databases"][0]["renames"][0]["to"], "\"Full name\"", "{data:#}");
    for (name, value) in [("prod", "a"), ("staging", "b"), ("dev", "")] {
        project.ok(&["upgrade", "--env", name]);
        let at = ["prod", "staging", "dev"].iter().position(|it| *it == name).unwrap();
        assert_eq!(sql(&databases[at], "SELECT \"Full name\" FROM users"), value);
        assert_eq!(project.run(&["check", "--env", name]).code, 0);
    }
}

#[test]
fn rows_that_stand_against_it_are_seen_before_and_stop_it() {
    let wanted = "CREATE TABLE plan (id int PRIMARY KEY);\n\
        CREATE TABLE users (id int PRIMARY KEY, \"Na me\" text NOT NULL, mail text, code varchar(3), n int CONSTRAINT positive CHECK (n >= 0), plan_id int REFERENCES plan);\n\
        CREATE UNIQUE INDEX users_mail ON users (lower(mail)) WHERE mail <> '';";
    let (project, databases) = project(&["prod", "staging"], wanted, "DROP TABLE users, plan;");
    sql(
        &databases[0],
        "DROP INDEX users_mail; ALTER TABLE users ALTER \"Na me\" DROP NOT NULL, ALTER code TYPE text, DROP CONSTRAINT positive,
           DROP CONSTRAINT users_plan_id_fkey;
         INSERT INTO users VALUES (1, NULL, 'A', 'abcdef', -1, NULL), (2, 'b', 'a', 'x', 1, 7), (3, 'c', '', 'x', 1, NULL), (4, 'd', '', 'x', 1, NULL)",
    );
    let args = ["reconcile", "--against", "prod", "--against", "staging", "--allow-destructive"];
    let (data, code) = project.json(&args);
    assert_eq!(code, 3, "{data:#}");
    let against = conclusions(&data, "rows-against");
    let said: Vec<String> = against
        .iter()
        .map(|it| format!("{} {}", it["text"].as_str().unwrap(), it["evidence"][0].as_str().unwrap()))
        .collect();
    let has = |part: &str, which: &str| {
        assert!(said.iter().any(|it| it.contains(part) && it.ends_with(which)), "{part} in {said:#?}");
    };
    has("no row has NULL in public.users.\"Na me\"", " 1");
    has("no row breaks positive of public.users", " 1");
    has("no row refers to nothing by users_plan_id_fkey", " 2");
    has("the same values for the index users_mail", " a");
    has("all values of public.users.code become character varying(3)", " 1");
    assert_eq!(said.len(), 5, "{said:#?}");
    // it stops in front of each
    let stopped = project.run(&["upgrade", "--env", "prod"]);
    assert!(stopped.code != 0 && stopped.err.contains("rows stand against it"), "{}", stopped.err);
    sql(&databases[0], "DELETE FROM users WHERE id < 3");
    for name in ["prod", "staging"] {
        project.ok(&["upgrade", "--env", name]);
        assert_eq!(project.run(&["check", "--env", name]).code, 0);
    }
}

#[test]
fn a_new_column_without_a_value_is_told_where_there_are_rows() {
    let (project, databases) =
        project(&["prod", "staging"], "CREATE TABLE t (a int, b int NOT NULL);", "DROP TABLE t;");
    sql(&databases[0], "ALTER TABLE t DROP b; INSERT INTO t VALUES (1)");
    sql(&databases[1], "INSERT INTO t VALUES (1, 1)");
    let (data, code) = project.json(&["reconcile", "--against", "prod", "--against", "staging"]);
    let against = conclusions(&data, "rows-against");
    assert_eq!((code, against.len()), (3, 1), "{data:#}");
    assert!(against[0]["text"].as_str().unwrap().contains("public.t has no row"), "{data:#}");
    // the other one has rows, and a value in each
    project.ok(&["upgrade", "--env", "staging"]);
}
