//! Clients of a database: those that read and write all the time, and one that leaves its transaction open.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cutover_engine::connect::ConnParams;
use cutover_engine::session::Session;

/// What a client did: how many requests, and the longest of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    pub requests: usize,
    pub longest: Duration,
}

/// Sends a statement again and again until it is told to stop.
pub fn client(url: &str, statement: &str, stop: &AtomicBool) -> Load {
    connected(url, async |session| {
        let mut load = Load::default();
        while !stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            session.client().batch_execute(statement).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
            load.longest = load.longest.max(began.elapsed());
            load.requests += 1;
            // open enough for two cores
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        load
    })
}

/// A transaction that is left open for a while. It is waited for when this is dropped.
pub struct Open(Option<JoinHandle<()>>);

impl Open {
    /// Opens it with a query, and comes back when that has been answered.
    pub fn start(url: &str, query: &'static str, time: Duration) -> Self {
        let (answered, is_open) = mpsc::channel();
        let url = url.to_owned();
        let thread = std::thread::spawn(move || {
            connected(&url, async |session| {
                let run = async |sql: &str| {
                    session.client().batch_execute(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
                };
                run(&format!("BEGIN; {query}")).await;
                let _ = answered.send(());
                tokio::time::sleep(time).await;
                run("COMMIT").await;
            });
        });
        is_open.recv().unwrap_or_else(|_| panic!("{query}: not answered"));
        Self(Some(thread))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let ended = self.0.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            assert!(!matches!(ended, Some(Err(_))), "the open transaction failed");
        }
    }
}

/// Does something with a session of its own.
fn connected<T>(url: &str, work: impl AsyncFnOnce(&Session) -> T) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap_or_else(|e| panic!("{e}"));
    runtime.block_on(async {
        let params = ConnParams::parse(url, &|_| None).unwrap_or_else(|e| panic!("{e}"));
        let session = Session::open(&params).await.unwrap_or_else(|e| panic!("{e}"));
        work(&session).await
    })
}
