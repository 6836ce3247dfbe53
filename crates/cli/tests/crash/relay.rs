//! Stands between a run and its server, statement by statement, and stops at a given point.
//!
//! A revision's transaction travels as one message. It is taken apart here and its statements are
//! sent one at a time, so that there is a point before and after each of them; the run sees one
//! answer, as without us. Nothing in the program or in the database knows of this.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use cutover_sql::span::Span;
use cutover_sql::statement;

use super::wire::{self, Frame};

/// Before or after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The server has not got it.
    Before,
    /// The server has done it, and the run does not know.
    After,
}

/// Where a run is stopped: at one of its statements or messages, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Which statement or message.
    pub unit: usize,
    /// Before or after it.
    pub when: When,
}

/// Both ends of a run's connection.
#[derive(Debug)]
pub struct Relay {
    client: UnixStream,
    server: UnixStream,
    stop: Option<Point>,
    /// The server process.
    pub backend: i32,
    /// What has passed: SQL, or the letter of the message.
    pub units: Vec<String>,
    /// Units whose answer is still to come.
    unanswered: Vec<usize>,
    in_transaction: bool,
}

/// A run that was stopped at the point: what the run has sent and the server has not got.
#[derive(Debug)]
pub struct Held {
    /// The rest of the message.
    pub rest: Option<Frame>,
}

/// Whether the connection goes on; stopped otherwise.
type Step = Result<(), Option<Held>>;

impl Relay {
    /// Passes the connection's beginning on.
    pub fn open(mut client: UnixStream, mut server: UnixStream, stop: Option<Point>) -> Option<Self> {
        server.write_all(&wire::startup(&mut client)?).ok()?;
        let (units, unanswered) = (Vec::new(), Vec::new());
        let mut relay = Self { client, server, stop, backend: 0, units, unanswered, in_transaction: false };
        for frame in relay.answer().ok()? {
            relay.backend = frame.backend().unwrap_or(relay.backend);
            frame.write(&mut relay.client).ok()?;
        }
        Some(relay)
    }

    /// Passes messages on until the point, or until one side has closed the connection.
    pub fn run(&mut self) -> Option<Held> {
        while let Some(frame) = Frame::read(&mut self.client) {
            let step = match frame.kind {
                b'Q' => self.query(frame),
                b'P' | b'B' | b'E' | b'd' | b'c' => self.part(frame),
                b'S' => self.sync(&frame),
                _ => self.send(&frame),
            };
            if let Err(end) = step {
                return end;
            }
        }
        None
    }

    /// Passes on what the run had sent, to a server that no longer hears it, and the server's last
    /// words. What it had answered before is lost.
    pub fn last_words(&mut self, held: Held) {
        if let Some(rest) = held.rest {
            self.leave(&rest);
        }
        while let Some(frame) = Frame::read(&mut self.server) {
            if frame.kind == b'E' && frame.write(&mut self.client).is_err() {
                return;
            }
        }
    }

    /// Sends to the server, which may be gone.
    pub fn leave(&mut self, frame: &Frame) {
        let _ = frame.write(&mut self.server);
    }

    /// Passes on what the run has sent ahead, without waiting for an answer.
    pub fn leave_all(&mut self) {
        let mut ahead = Vec::new();
        // until there is nothing more, which is an error or the end
        let _ = self.client.set_nonblocking(true).and_then(|()| self.client.read_to_end(&mut ahead));
        let _ = self.client.set_nonblocking(false);
        let _ = self.server.write_all(&ahead);
    }

    /// A query, in pieces.
    fn query(&mut self, frame: Frame) -> Step {
        let pieces = self.pieces(frame.sql().unwrap_or_default());
        for (at, piece) in pieces.iter().enumerate() {
            let from = |at: usize| {
                let rest = pieces.get(at..).filter(|rest| !rest.is_empty());
                Some(Held { rest: rest.map(|rest| Frame::query(&rest.join("\n;\n"))) })
            };
            self.begin(piece);
            self.stop_if(When::Before, || from(at))?;
            self.send(&Frame::query(piece))?;
            let answer = self.answer()?;
            self.stop_if(When::After, || from(at + 1))?;
            let failed = answer.iter().any(|frame| frame.kind == b'E');
            let is_last = failed || at + 1 == pieces.len();
            self.pass(answer.iter().filter(|frame| is_last || frame.kind != b'Z'))?;
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// The statements of a message, where each is a statement of its own on the server, too: in a
    /// transaction that was begun by name. Everything else stays in one piece.
    fn pieces(&self, sql: &str) -> Vec<String> {
        let whole = || vec![sql.to_owned()];
        if !self.in_transaction && !sql.starts_with("BEGIN") {
            return whole();
        }
        match statement::split(sql, Span { start: 0, end: sql.len() }) {
            Ok(list) if !list.is_empty() => list.iter().map(|s| s.span.text(sql).to_owned()).collect(),
            _ => whole(),
        }
    }

    /// A message that is answered later.
    fn part(&mut self, frame: Frame) -> Step {
        self.begin(frame.sql().map_or_else(|| char::from(frame.kind).to_string(), str::to_owned).as_str());
        self.stop_if(When::Before, || Some(Held { rest: Some(frame.clone()) }))?;
        self.send(&frame)
    }

    fn sync(&mut self, frame: &Frame) -> Step {
        self.send(frame)?;
        let answer = self.answer()?;
        self.stop_if(When::After, || Some(Held { rest: None }))?;
        self.pass(answer.iter())
    }

    fn begin(&mut self, unit: &str) {
        self.unanswered.push(self.units.len());
        self.units.push(unit.to_owned());
    }

    fn stop_if(&mut self, when: When, held: impl FnOnce() -> Option<Held>) -> Step {
        let here = match when {
            When::Before => self.unanswered.last().copied().into_iter().collect(),
            When::After => std::mem::take(&mut self.unanswered),
        };
        let stop = self.stop.is_some_and(|p| p.when == when && here.contains(&p.unit));
        if stop { Err(held()) } else { Ok(()) }
    }

    fn send(&mut self, frame: &Frame) -> Step {
        frame.write(&mut self.server).map_err(|_| None)
    }

    fn pass<'a>(&mut self, frames: impl Iterator<Item = &'a Frame>) -> Step {
        for frame in frames {
            frame.write(&mut self.client).map_err(|_| None)?;
        }
        Ok(())
    }

    /// What the server says until it is ready, for the next query or for the data of a COPY.
    fn answer(&mut self) -> Result<Vec<Frame>, Option<Held>> {
        let mut frames = Vec::new();
        while let Some(frame) = Frame::read(&mut self.server) {
            let kind = frame.kind;
            if kind == b'Z' {
                self.in_transaction = frame.is_in_transaction();
            }
            frames.push(frame);
            if matches!(kind, b'Z' | b'G') {
                return Ok(frames);
            }
        }
        // the server has closed the connection: its last words
        self.pass(frames.iter())?;
        Err(None)
    }
}
