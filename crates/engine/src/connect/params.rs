//! Connection parameters: a URL or a DSN, and the environment for what they leave out
//! (<https://www.postgresql.org/docs/current/libpq-connect.html>).

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cutover_sql::nearest::nearest;

use super::passfile::{self, Wanted};

/// The environment, as a function from a name to its value.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the server only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A server to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name or an address.
    Tcp(String),
    /// The folder of a unix socket.
    Unix(PathBuf),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(name) => f.write_str(name),
            Self::Unix(folder) => write!(f, "{}", folder.display()),
        }
    }
}

/// How much encryption is asked for
/// (<https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// None.
    Disable,
    /// Only when the server insists.
    Allow,
    /// When the server can.
    Prefer,
    /// Always; the certificate is checked only when a root certificate is there.
    Require,
    /// Always, with a certificate from a trusted authority.
    VerifyCa,
    /// Always, and the certificate must be this host's.
    VerifyFull,
}

impl SslMode {
    const NAMES: [(&'static str, Self); 6] = [
        ("disable", Self::Disable),
        ("allow", Self::Allow),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];

    /// The name, as libpq has it.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(_, mode)| *mode == self).map_or("prefer", |(name, _)| name)
    }
}

/// Everything that is needed to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnParams {
    /// Servers with their ports, in the order in which they are tried.
    pub hosts: Vec<(Host, u16)>,
    /// The role.
    pub user: String,
    /// Its password, if one was found.
    pub password: Option<Secret>,
    /// The database.
    pub database: String,
    /// How much encryption.
    pub ssl_mode: SslMode,
    /// File of trusted authorities, or `system`.
    pub ssl_root_cert: Option<String>,
    /// The client's certificate and key.
    pub ssl_client: Option<(PathBuf, PathBuf)>,
    /// How long each server may take to answer.
    pub connect_timeout: Duration,
    /// What the session calls itself.
    pub application_name: String,
    /// Command-line options for the server process.
    pub options: Option<String>,
}

/// Why parameters make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// Neither a URL nor a DSN.
    #[error("this is neither a PostgreSQL URL nor a list of key=value: {what}")]
    Syntax {
        /// What is wrong with it.
        what: String,
    },
    /// A parameter that does not exist.
    #[error("there is no connection parameter \"{name}\"{}", nearest.as_ref().map(|n| format!("; did you mean \"{n}\"?")).unwrap_or_default())]
    Unknown {
        /// The parameter.
        name: String,
        /// The one that looks most like it.
        nearest: Option<String>,
    },
    /// A value that makes no sense.
    #[error("the connection parameter {name} cannot be \"{value}\"")]
    Value {
        /// The parameter.
        name: String,
        /// The value.
        value: String,
    },
    /// A service that is in no file.
    #[error("there is no service \"{0}\" in the service files")]
    Service(String),
}

/// The parameters that are understood, with their environment variables. Those with an empty
/// meaning here are accepted and left to libpq's defaults.
const KNOWN: [(&str, &str); 26] = [
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("dbname", "PGDATABASE"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("application_name", "PGAPPNAME"),
    ("options", "PGOPTIONS"),
    ("passfile", "PGPASSFILE"),
    ("service", "PGSERVICE"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("client_encoding", "PGCLIENTENCODING"),
    ("fallback_application_name", ""),
    ("gssencmode", "PGGSSENCMODE"),
    ("keepalives", ""),
    ("keepalives_idle", ""),
    ("keepalives_interval", ""),
    ("keepalives_count", ""),
    ("sslnegotiation", "PGSSLNEGOTIATION"),
    ("tcp_user_timeout", ""),
];

impl ConnParams {
    /// Reads a URL (`postgresql://…`, also with SQLAlchemy's `+driver`) or a DSN
    /// (`host=… dbname=…`), and fills up from the environment as libpq does.
    ///
    /// # Errors
    /// When the text cannot be understood, or names a parameter or value that does not exist.
    pub fn parse(text: &str, env: Env<'_>) -> Result<Self, ParamsError> {
        let mut given = if text.contains("://") { url(text)? } else { dsn(text)? };
        for name in given.keys() {
            check_known(name)?;
        }
        let service = given.get("service").cloned().or_else(|| env("PGSERVICE"));
        if let Some(service) = service {
            for (name, value) in service_file(&service, env)? {
                given.entry(name).or_insert(value);
            }
        }
        for (name, variable) in KNOWN.iter().filter(|(_, variable)| !variable.is_empty()) {
            if let (false, Some(value)) = (given.contains_key(*name), env(variable)) {
                given.insert((*name).to_owned(), value);
            }
        }
        Self::from_map(&given, env)
    }

    fn from_map(given: &BTreeMap<String, String>, env: Env<'_>) -> Result<Self, ParamsError> {
        let get = |name: &str| given.get(name).filter(|v| !v.is_empty()).cloned();
        let bad = |name: &str, value: &str| ParamsError::Value { name: name.into(), value: value.into() };
        let user = get("user").or_else(os_user).unwrap_or_else(|| "postgres".into());
        let database = get("dbname").unwrap_or_else(|| user.clone());
        let ssl_mode = match get("sslmode") {
            None => SslMode::Prefer,
            Some(text) => SslMode::NAMES
                .iter()
                .find(|(name, _)| *name == text)
                .map(|(_, mode)| *mode)
                .ok_or_else(|| bad("sslmode", &text))?,
        };
        let timeout = match get("connect_timeout") {
            None => 10,
            Some(text) => text.parse().map_err(|_| bad("connect_timeout", &text))?,
        };
        let home = |name: &str| env("HOME").map(|home| Path::new(&home).join(".postgresql").join(name));
        let existing = |path: Option<PathBuf>| path.filter(|p| p.exists());
        let cert = get("sslcert").map(PathBuf::from).or_else(|| existing(home("postgresql.crt")));
        let key = get("sslkey").map(PathBuf::from).or_else(|| existing(home("postgresql.key")));
        let mut params = Self {
            hosts: hosts(get("hostaddr").or_else(|| get("host")), get("port"))?,
            password: get("password").map(Secret),
            ssl_mode,
            ssl_root_cert: get("sslrootcert")
                .or_else(|| existing(home("root.crt")).map(|p| p.to_string_lossy().into_owned())),
            ssl_client: cert.zip(key),
            connect_timeout: Duration::from_secs(if timeout == 0 { 86_400 } else { timeout }),
            application_name: get("application_name").unwrap_or_else(|| "cutover".into()),
            options: get("options"),
            user,
            database,
        };
        if params.password.is_none() {
            let file = get("passfile").map(PathBuf::from);
            let file = file.or_else(|| env("HOME").map(|home| Path::new(&home).join(".pgpass")));
            params.password = file.and_then(|file| params.look_in_passfile(&file));
        }
        Ok(params)
    }

    fn look_in_passfile(&self, file: &Path) -> Option<Secret> {
        let (host, port) = self.hosts.first()?;
        let host = match host {
            Host::Tcp(name) => name.as_str(),
            Host::Unix(_) => "localhost",
        };
        let wanted = Wanted { host, port: *port, database: &self.database, user: &self.user };
        passfile::lookup(file, wanted).map(Secret)
    }

    /// Where it leads, without the password: for people.
    pub fn display(&self) -> String {
        self.text(false)
    }

    /// A URL that psql and other programs take, with the password: for their environment only.
    pub fn url(&self) -> String {
        self.text(true)
    }

    fn text(&self, with_password: bool) -> String {
        let mut url = format!("postgresql://{}", encode(&self.user));
        if let (true, Some(password)) = (with_password, &self.password) {
            url.push_str(&format!(":{}", encode(password.reveal())));
        }
        let host = |h: &(Host, u16)| match h {
            (Host::Tcp(name), port) if name.contains(':') => format!("[{name}]:{port}"),
            (Host::Tcp(name), port) => format!("{name}:{port}"),
            (Host::Unix(folder), port) => format!("{}:{port}", encode(&folder.to_string_lossy())),
        };
        let hosts: Vec<_> = self.hosts.iter().map(host).collect();
        url.push_str(&format!("@{}/{}", hosts.join(","), encode(&self.database)));
        if self.ssl_mode != SslMode::Prefer {
            url.push_str(&format!("?sslmode={}", self.ssl_mode.as_str()));
        }
        url
    }
}

fn check_known(name: &str) -> Result<(), ParamsError> {
    if KNOWN.iter().any(|(known, _)| *known == name) {
        return Ok(());
    }
    Err(ParamsError::Unknown {
        name: name.to_owned(),
        nearest: nearest(name, KNOWN.iter().map(|(known, _)| *known)).map(str::to_owned),
    })
}

/// `postgresql://user:password@host1:1,host2:2/db?key=value`.
fn url(text: &str) -> Result<BTreeMap<String, String>, ParamsError> {
    let syntax = |what: &str| ParamsError::Syntax { what: what.to_owned() };
    let (scheme, rest) = text.split_once("://").ok_or_else(|| syntax("no ://"))?;
    let scheme = scheme.split('+').next().unwrap_or_default();
    if !matches!(scheme, "postgresql" | "postgres") {
        return Err(syntax("its scheme is not postgresql"));
    }
    let mut given = BTreeMap::new();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            given.insert(name.to_owned(), value);
        }
    };
    put("user", decode(user)?);
    put("password", decode(password)?);
    put("dbname", decode(path)?);
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
            Some((name, port)) => (name, port.strip_prefix(':').unwrap_or("")),
            None => host.rsplit_once(':').unwrap_or((host, "")),
        };
        names.push(decode(name)?);
        ports.push(port.to_owned());
    }
    if names.iter().any(|n| !n.is_empty()) {
        put("host", names.join(","));
    }
    if ports.iter().any(|p| !p.is_empty()) {
        put("port", ports.join(","));
    }
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| syntax("a parameter has no value"))?;
        given.insert(decode(name)?, decode(value)?);
    }
    if let Some(ssl) = given.remove("ssl") {
        // JDBC's and asyncpg's way to say it
        given.entry("sslmode".into()).or_insert(if ssl == "true" { "require".into() } else { ssl });
    }
    Ok(given)
}

/// `host=db dbname='my db'`.
fn dsn(text: &str) -> Result<BTreeMap<String, String>, ParamsError> {
    let syntax = |what: &str| ParamsError::Syntax { what: what.to_owned() };
    let mut given = BTreeMap::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or_else(|| syntax("a word without ="))?;
        let mut value = String::new();
        let after = after.trim_start();
        let (quoted, body) = after.strip_prefix('\'').map_or((false, after), |body| (true, body));
        let mut chars = body.char_indices();
        let mut end = None;
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => value.extend(chars.next().map(|(_, c)| c)),
                '\'' if quoted => {
                    end = Some(at + 1);
                    break;
                }
                c if !quoted && c.is_whitespace() => {
                    end = Some(at);
                    break;
                }
                c => value.push(c),
            }
        }
        if quoted && end.is_none() {
            return Err(syntax("a quote is not closed"));
        }
        given.insert(name.trim().to_owned(), value);
        rest = body[end.unwrap_or(body.len())..].trim_start();
    }
    Ok(given)
}

fn hosts(names: Option<String>, ports: Option<String>) -> Result<Vec<(Host, u16)>, ParamsError> {
    let names = names.unwrap_or_else(default_host);
    let names: Vec<&str> = names.split(',').collect();
    let ports = ports.unwrap_or_default();
    let ports: Vec<&str> = ports.split(',').collect();
    let port = |at: usize| {
        let text = if ports.len() == 1 { ports[0] } else { ports.get(at).copied().unwrap_or("") };
        if text.is_empty() {
            return Ok(5432);
        }
        text.parse().map_err(|_| ParamsError::Value { name: "port".into(), value: text.into() })
    };
    names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let name = if name.is_empty() { default_host() } else { (*name).to_owned() };
            let host = if name.starts_with('/') || name.starts_with('@') {
                Host::Unix(PathBuf::from(name))
            } else {
                Host::Tcp(name)
            };
            Ok((host, port(at)?))
        })
        .collect()
}

/// libpq's compiled-in socket folder differs between packagers; the first that is there is it.
fn default_host() -> String {
    ["/var/run/postgresql", "/run/postgresql", "/tmp"]
        .into_iter()
        .find(|folder| Path::new(folder).join(".s.PGSQL.5432").exists())
        .unwrap_or("localhost")
        .to_owned()
}

fn os_user() -> Option<String> {
    nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten().map(|user| user.name)
}

/// A section of `pg_service.conf`
/// (<https://www.postgresql.org/docs/current/libpq-pgservice.html>).
fn service_file(name: &str, env: Env<'_>) -> Result<Vec<(String, String)>, ParamsError> {
    let own = env("PGSERVICEFILE").map(PathBuf::from);
    let own = own.or_else(|| env("HOME").map(|home| Path::new(&home).join(".pg_service.conf")));
    let system = env("PGSYSCONFDIR").map(|folder| Path::new(&folder).join("pg_service.conf"));
    let files = own.into_iter().chain(system);
    for text in files.filter_map(|file| std::fs::read_to_string(file).ok()) {
        let mut lines = text.lines().map(str::trim);
        if lines.any(|line| line == format!("[{name}]")) {
            return Ok(lines
                .take_while(|line| !line.starts_with('['))
                .filter(|line| !line.starts_with('#'))
                .filter_map(|line| line.split_once('='))
                .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
                .collect());
        }
    }
    Err(ParamsError::Service(name.to_owned()))
}

fn decode(text: &str) -> Result<String, ParamsError> {
    let bad = || ParamsError::Syntax { what: "a % is not followed by two hexadecimal digits".into() };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|d| char::from(d).to_digit(16)).ok_or_else(bad);
        let (high, low) = (digit()?, digit()?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> String {
        let env = |name: &str| match name {
            "PGUSER" => Some("envuser".to_owned()),
            "PGPORT" => Some("6000".to_owned()),
            _ => None,
        };
        match ConnParams::parse(text, &env) {
            Ok(p) => format!("{} pw={:?}", p.display(), p.password.map(|p| p.reveal().to_owned())),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn urls_as_libpq_reads_them() {
        assert_eq!(
            parse("postgresql://me:p%40ss@db:5433/app"),
            "postgresql://me@db:5433/app pw=Some(\"p@ss\")"
        );
        assert_eq!(parse("postgresql+psycopg2://db/app"), "postgresql://envuser@db:6000/app pw=None");
        assert_eq!(
            parse("postgresql:///app?host=/run/x&port=1"),
            "postgresql://envuser@%2Frun%2Fx:1/app pw=None"
        );
        assert_eq!(
            parse("postgres://u@a:1,[::1]:2/d?sslmode=verify-full"),
            "postgresql://u@a:1,[::1]:2/d?sslmode=verify-full pw=None"
        );
    }

    #[test]
    fn dsns_as_libpq_reads_them() {
        assert_eq!(
            parse("host=db port=7 dbname='my db' user=u password=it\\'s"),
            "postgresql://u@db:7/my%20db pw=Some(\"it's\")"
        );
    }

    #[test]
    fn wrong_parameters_are_named() {
        assert_eq!(
            parse("postgresql://db/app?sslmod=require"),
            "there is no connection parameter \"sslmod\"; did you mean \"sslmode\"?"
        );
        assert_eq!(
            parse("postgresql://db/app?sslmode=always"),
            "the connection parameter sslmode cannot be \"always\""
        );
        assert!(parse("mysql://db/app").contains("scheme is not postgresql"));
        assert!(parse("nonsense").contains("neither a PostgreSQL URL"));
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret::new("x")), "***");
    }
}
