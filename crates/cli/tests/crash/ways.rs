//! A run with somebody in the middle, and the ways to kill it.

use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use cutover_engine::server::url::socket_url;
use cutover_engine::server::{SOCKET_PORT, SUPERUSER, Stop};

use super::relay::{Held, Point, Relay};
use super::stage::Stage;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// How a run is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// SIGKILL to the process.
    Process,
    /// The connection is cut.
    Connection,
    /// `pg_terminate_backend`.
    Session,
    /// The server stops as in a crash, and starts again.
    Server,
}

/// All of them.
pub const WAYS: [Way; 4] = [Way::Process, Way::Connection, Way::Session, Way::Server];

/// A run that has come to its point, or to its end.
#[derive(Debug)]
pub struct Attempt {
    child: Child,
    relay: Relay,
    held: Option<Held>,
}

impl Attempt {
    /// Starts a command and lets it run up to a point.
    pub fn start(stage: &Stage, args: &[&str], database: &str, stop: Option<Point>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = format!(".s.PGSQL.{SOCKET_PORT}");
        let listener = UnixListener::bind(folder.path().join(&socket)).unwrap();
        let url = socket_url(database, folder.path(), SOCKET_PORT, SUPERUSER);
        let mut command = stage.project.command(args);
        command.args(["--wait", "30s", "--url", &url]).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let client = accept(&listener);
        let server = UnixStream::connect(stage.cluster.options().socket_dir.join(socket)).unwrap();
        for stream in [&client, &server] {
            stream.set_read_timeout(Some(LIMIT)).unwrap();
        }
        let mut relay = Relay::open(client, server, stop).unwrap();
        let held = relay.run();
        Self { child, relay, held }
    }

    /// Whether it stopped at the point.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// The server process.
    pub fn backend(&self) -> i32 {
        self.relay.backend
    }

    /// Gives the server what is held back, and does not wait for its answer.
    pub fn let_go(&mut self) {
        if let Some(rest) = self.held.as_mut().and_then(|held| held.rest.take()) {
            self.relay.leave(&rest);
        }
        self.relay.leave_all();
    }

    /// Waits for the end of a run that was not stopped; gives what passed.
    pub fn finish(mut self) -> Vec<String> {
        let code = wait(&mut self.child);
        assert_eq!(code, Some(0), "an undisturbed run failed");
        self.relay.units
    }

    /// Kills it. With `goes_on` the server has already got the rest of the message, and works on.
    pub fn kill(mut self, way: Way, stage: &mut Stage, goes_on: bool) {
        match way {
            Way::Process => {
                self.child.kill().unwrap();
                self.hang_up(goes_on);
            }
            Way::Connection => self.hang_up(goes_on),
            Way::Session => {
                stage.ask("postgres", &format!("SELECT pg_terminate_backend({})", self.backend()));
                self.last_words();
            }
            Way::Server => {
                stage.cluster.stop(Stop::Immediate).unwrap();
                self.last_words();
                stage.cluster.start_again().unwrap();
            }
        }
    }

    /// Closes the connection on both sides.
    fn hang_up(mut self, goes_on: bool) {
        if goes_on {
            self.let_go();
        }
        let Self { mut child, relay, .. } = self;
        drop(relay);
        wait(&mut child);
    }

    /// Lets the server say why it ends the session.
    fn last_words(self) {
        let Self { mut child, mut relay, held } = self;
        relay.last_words(held.unwrap_or(Held { rest: None }));
        drop(relay);
        wait(&mut child);
    }
}

fn accept(listener: &UnixListener) -> UnixStream {
    listener.set_nonblocking(true).unwrap();
    let until = Instant::now() + LIMIT;
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                return stream;
            }
            Err(_) => assert!(Instant::now() < until, "the run does not connect"),
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits for the end of a run; its exit code, if it was not killed.
fn wait(child: &mut Child) -> Option<i32> {
    let until = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("the run goes on without a connection");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
