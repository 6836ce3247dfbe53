//! Opens a connection and keeps its notices.

use std::sync::mpsc;

use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::config::SslMode as DriverSslMode;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

use super::error::ConnectError;
use super::params::{ConnParams, Host, SslMode};
use super::sniff::Sniff;
use super::tls;

/// A message that the server sent besides its results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `NOTICE`, `WARNING`, ...
    pub severity: String,
    /// The text.
    pub message: String,
}

/// A live connection.
#[derive(Debug)]
pub struct Connected {
    /// For queries.
    pub client: Client,
    /// The server process that the handshake named. A pooler names another one than the process
    /// that runs the queries.
    pub backend_pid_from_handshake: Option<i32>,
    notices: mpsc::Receiver<Notice>,
}

impl Connected {
    /// The notices that came since last asked.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.try_iter().collect()
    }
}

/// Connects to the first of the hosts that lets us in. A unix socket costs one connection and one
/// exchange of messages.
///
/// # Errors
/// The error of the last host that was tried.
pub async fn connect(params: &ConnParams) -> Result<Connected, ConnectError> {
    let mut last = None;
    for (host, port) in &params.hosts {
        match one(params, host, *port).await {
            Ok(connected) => return Ok(connected),
            // another host will not know the password or the database any better
            Err(error @ (ConnectError::Password { .. } | ConnectError::NoDatabase { .. })) => {
                return Err(error);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or(ConnectError::Other { at: "nowhere".into(), message: "no host is given".into() }))
}

async fn one(params: &ConnParams, host: &Host, port: u16) -> Result<Connected, ConnectError> {
    let at = match host {
        Host::Tcp(name) => format!("{name}:{port}"),
        Host::Unix(folder) => format!("{}/.s.PGSQL.{port}", folder.display()),
    };
    let seconds = params.connect_timeout.as_secs();
    let attempt = async {
        let first = try_modes(params, host, port, &at).await;
        match (&first, params.ssl_mode) {
            // `allow` asks for encryption only after the server has refused without
            (Err(ConnectError::Rejected { .. }), SslMode::Allow) => {
                establish(params, host, port, DriverSslMode::Require, &at).await
            }
            _ => first,
        }
    };
    match tokio::time::timeout(params.connect_timeout, attempt).await {
        Ok(result) => result,
        Err(_) => Err(ConnectError::Timeout { at, seconds }),
    }
}

async fn try_modes(params: &ConnParams, host: &Host, port: u16, at: &str) -> Result<Connected, ConnectError> {
    match (host, params.ssl_mode) {
        (Host::Unix(_), _) | (_, SslMode::Disable | SslMode::Allow) => {
            establish(params, host, port, DriverSslMode::Disable, at).await
        }
        (_, SslMode::Prefer) => establish(params, host, port, DriverSslMode::Prefer, at).await,
        (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => {
            establish(params, host, port, DriverSslMode::Require, at).await
        }
    }
}

fn config(params: &ConnParams, mode: DriverSslMode) -> Config {
    let mut config = Config::new();
    config
        .user(&params.user)
        .dbname(&params.database)
        .application_name(&params.application_name)
        .ssl_mode(mode);
    if let Some(options) = &params.options {
        config.options(options);
    }
    if let Some(password) = &params.password {
        config.password(password.reveal());
    }
    config
}

async fn establish(
    params: &ConnParams,
    host: &Host,
    port: u16,
    mode: DriverSslMode,
    at: &str,
) -> Result<Connected, ConnectError> {
    let config = config(params, mode);
    let not_there =
        |error: std::io::Error| ConnectError::NotThere { at: at.to_owned(), message: error.to_string() };
    match host {
        Host::Unix(folder) => {
            let socket = folder.join(format!(".s.PGSQL.{port}"));
            let stream = UnixStream::connect(socket).await.map_err(not_there)?;
            start(&config, Sniff::new(stream, false), NoTls, params, at).await
        }
        Host::Tcp(name) => {
            let stream = TcpStream::connect((name.as_str(), port)).await.map_err(not_there)?;
            stream.set_nodelay(true).map_err(not_there)?;
            if mode == DriverSslMode::Disable {
                return start(&config, Sniff::new(stream, false), NoTls, params, at).await;
            }
            let tls = |message| ConnectError::Tls { at: at.to_owned(), message };
            let mut maker = tls::connector(params).map_err(tls)?;
            let connector = MakeTlsConnect::<Sniff<TcpStream>>::make_tls_connect(&mut maker, name)
                .map_err(|e| tls(e.to_string()))?;
            start(&config, Sniff::new(stream, true), connector, params, at).await
        }
    }
}

/// Introduces us to the server over an open stream.
async fn start<S, T>(
    config: &Config,
    stream: Sniff<S>,
    tls: T,
    params: &ConnParams,
    at: &str,
) -> Result<Connected, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: TlsConnect<Sniff<S>>,
    T::Stream: Send + 'static,
{
    let pid = stream.pid();
    let (client, mut connection) = config
        .connect_raw(stream, tls)
        .await
        .map_err(|error| ConnectError::sort(&error, at, &params.user, &params.database))?;
    let (sender, notices) = mpsc::channel();
    tokio::spawn(async move {
        let messages = futures_util::stream::poll_fn(|context| connection.poll_message(context));
        futures_util::pin_mut!(messages);
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notice(notice) = message {
                let severity = notice.severity().to_owned();
                // nobody listens any more: the connection is being closed
                let _ = sender.send(Notice { severity, message: notice.message().to_owned() });
            }
        }
    });
    Ok(Connected { client, backend_pid_from_handshake: pid.get(), notices })
}
