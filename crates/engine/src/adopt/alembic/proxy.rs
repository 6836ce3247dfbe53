//! The only door to the scratch server that a project is let in by: every message goes through here and is written down
//! before it goes on, so nothing that reaches the server is missed: parameters, COPY data, other connections.
//!
//! The server listens on a socket in a folder of its own; the door listens on the local interface, because projects put
//! their URLs together from a host and a port, and it asks for a password that only this run knows.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

use super::journal::{Entry, Journal};
use super::listen::Listener;
use super::wire::{self, Hello, Message};
use crate::server::SUPERUSER;

/// The user that a project connects as; behind the door it is the superuser.
pub(super) const USER: &str = SUPERUSER;

/// How long a lock is waited for.
const PATIENCE: &str = "30s";

/// An open door. It closes with the value.
#[derive(Debug)]
pub(super) struct Door {
    /// The port on the local interface.
    pub port: u16,
    /// What it asks for.
    pub password: String,
    journal: Arc<Mutex<Journal>>,
    accepting: JoinHandle<()>,
}

/// Where it leads to.
#[derive(Debug)]
struct Behind {
    socket: PathBuf,
    database: String,
    password: String,
    journal: Arc<Mutex<Journal>>,
}

impl Door {
    /// Opens one to a database behind a server's socket.
    pub async fn open(socket: PathBuf, database: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let password: String = rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect();
        let journal = Arc::new(Mutex::new(Journal::default()));
        let behind = Arc::new(Behind {
            socket,
            database: database.into(),
            password: password.clone(),
            journal: journal.clone(),
        });
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let behind = behind.clone();
                // one that goes wrong is the project's to tell
                tokio::spawn(async move { drop(serve(client, &behind).await) });
            }
        });
        Ok(Self { port, password, journal, accepting })
    }

    /// What was written down.
    pub fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut client: TcpStream, behind: &Behind) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (protocol, mut parameters) = loop {
        match wire::hello(&mut client).await? {
            Hello::Encryption => client.write_all(b"N").await?,
            Hello::Cancel => return Ok(()),
            Hello::Session(protocol, parameters) => break (protocol, parameters),
        }
    };
    if !knows_password(&mut client, behind).await? {
        return client
            .write_all(&wire::refusal("28P01", "this is not the password of the scratch server"))
            .await;
    }
    let mut server = UnixStream::connect(&behind.socket).await?;
    parameters.insert("user".into(), USER.into());
    parameters.insert("database".into(), behind.database.clone());
    let mut said = parameters.clone();
    // two connections of one thread that wait for each other would wait for ever: the server cannot know
    said.entry("lock_timeout".into()).or_insert_with(|| PATIENCE.into());
    server.write_all(&wire::startup(protocol, &said)).await?;
    relay(client, server, behind, &parameters).await
}

/// Asks for the password in clear: nobody but this machine hears it.
async fn knows_password(client: &mut TcpStream, behind: &Behind) -> io::Result<bool> {
    client.write_all(&Message::bytes(b'R', &3u32.to_be_bytes())).await?;
    let said = wire::next(client).await?;
    Ok(said.is_some_and(|it| {
        it.kind == b'p' && it.body().strip_suffix(b"\0") == Some(behind.password.as_bytes())
    }))
}

async fn relay(
    client: TcpStream,
    server: UnixStream,
    behind: &Behind,
    parameters: &BTreeMap<String, String>,
) -> io::Result<()> {
    let journal = || behind.journal.lock().unwrap_or_else(PoisonError::into_inner);
    let session = journal().session();
    for entry in settings(parameters) {
        journal().add(session, entry);
    }
    let listener = Mutex::new(Listener::default());
    let hear = || listener.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = pass(&mut from_client, &mut to_server, |message| {
        let phase = journal().phase;
        hear().asked(message, phase);
    });
    let back = pass(&mut from_server, &mut to_client, |message| {
        let heard = hear().answered(message);
        let mut journal = journal();
        heard.into_iter().for_each(|entry| journal.add(session, entry));
    });
    let result = tokio::select! {
        done = there => done,
        done = back => done,
    };
    journal().add(session, Entry::Ended);
    result
}

/// Settings that a client asks for when it connects count like statements of the session.
fn settings(parameters: &BTreeMap<String, String>) -> Vec<Entry> {
    use cutover_sql::ident::{qualified, quote_literal};
    let ours = ["user", "database", "application_name", "client_encoding", "options", "replication"];
    let mut pairs: Vec<(String, String)> = parameters
        .iter()
        .filter(|(name, _)| !ours.contains(&name.as_str()) && !name.starts_with("_pq_."))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let options = parameters.get("options").map(String::as_str).unwrap_or_default();
    let words = options.replace("-c ", "-c");
    pairs.extend(words.split_whitespace().filter_map(|word| {
        let (name, value) = word.strip_prefix("-c").or_else(|| word.strip_prefix("--"))?.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    }));
    let mut entries: Vec<Entry> = pairs
        .into_iter()
        .map(|(name, value)| {
            // a list of names stays a list
            let value = if name.eq_ignore_ascii_case("search_path") { value } else { quote_literal(&value) };
            let parts: Vec<&str> = name.split('.').collect();
            Entry::Ran(super::journal::Ran {
                sql: format!("SET {} = {value}", qualified(&parts)),
                tags: vec!["SET".into()],
                ..super::journal::Ran::default()
            })
        })
        .collect();
    if !entries.is_empty() {
        entries.push(Entry::Ready(b'I'));
    }
    entries
}

/// Passes messages on until one side is gone.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut hear: impl FnMut(&Message),
) -> io::Result<()> {
    while let Some(message) = wire::next(from).await? {
        hear(&message);
        to.write_all(&message.raw).await?;
    }
    to.shutdown().await
}
