//! What the file may say, and what is said of what it may not.

#![expect(clippy::unwrap_used, reason = "a test may end at once")]

use super::reader::Reader;
use super::*;

fn read(text: &str) -> Result<Config, String> {
    let path = Path::new("/p/cutover.toml");
    Reader { path, text }.config().map_err(|e| e.to_string())
}

#[test]
fn an_environment_is_over_the_defaults() {
    let config = read("lock_timeout = '1s'\nwait = '3s'\n[env.prod]\nurl = 'postgresql://${HOST}/x'\nlock_timeout = '200ms'\n").unwrap();
    let settings = config.settings(Some("prod"));
    assert_eq!(settings.lock_timeout, Duration::from_millis(200));
    assert_eq!(settings.wait, Duration::from_secs(3));
    let variables = |name: &str| (name == "HOST").then(|| "db".to_owned());
    let source = config.source(None, Some("prod"), &variables).unwrap();
    assert_eq!(source, Source::Environment { name: "prod".into(), url: "postgresql://db/x".into() });
}

#[test]
fn wrong_keys_and_values_are_named_with_their_line() {
    assert_eq!(
        read("migrations = 'm'\n\nnamng = 'x'\n").unwrap_err(),
        "/p/cutover.toml:3: there is no key \"namng\" at the top of the file"
    );
    assert_eq!(
        read("[env.prod]\nurl = 'x'\nlock_timout = '1s'\n").unwrap_err(),
        "/p/cutover.toml:3: there is no key \"lock_timout\" in [env.prod]"
    );
    assert!(
        read("lock_timeout = '1 parsec'\n")
            .unwrap_err()
            .contains("cutover.toml:1: lock_timeout must be a time")
    );
    assert!(read("a = \n").unwrap_err().starts_with("/p/cutover.toml:1:"));
}

#[test]
fn replicas_have_names_and_urls() {
    let text = "replicas = []\n[env.prod]\nurl = 'postgresql:///x'\nreplica_lag = '3s'\n\
        replicas = ['postgresql://a/x', { name = 'reports', url = 'postgresql://${B}/x' }]\n";
    let config = read(text).unwrap();
    let variables = |name: &str| (name == "B").then(|| "b".to_owned());
    let asking = config.asking(Some("prod"), &variables).unwrap();
    let names: Vec<String> = asking.replicas.unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["replica 1", "reports"]);
    assert_eq!(asking.replica_lag, Duration::from_secs(3));
    assert_eq!(config.asking(None, &variables).unwrap().replicas, Some(Vec::new()));
    assert!(config.asking(Some("prod"), &|_| None).unwrap_err().to_string().contains("${B}"));
    for (text, wanted) in [
        ("replicas = 'x'\n", "/p/cutover.toml:1: replicas is not a list of URLs"),
        (
            "[env.a]\n\nreplicas = [{ nam = 'x' }]\n",
            "/p/cutover.toml:3: replicas has an entry with the key nam",
        ),
        ("replicas = [{ name = 'x' }]\n", "without a url"),
        (
            "replicas = [{ name = 'x', url = 'a' }, { name = 'x', url = 'b' }]\n",
            "two nodes of the name \"x\"",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn without_anything_it_is_the_private_server() {
    let config = read("").unwrap();
    assert_eq!(config.source(None, None, &|_| None).unwrap(), Source::Embedded);
    let database_url = |name: &str| (name == "DATABASE_URL").then(|| "postgresql:///x".to_owned());
    assert_eq!(
        config.source(None, None, &database_url).unwrap(),
        Source::DatabaseUrl("postgresql:///x".into())
    );
}
