//! Following one connection's messages: which answer belongs to which statement, with its parameters and COPY data
//! (<https://www.postgresql.org/docs/current/protocol-flow.html>).

use std::collections::{HashMap, VecDeque};

use super::journal::{Entry, Param, Phase, Ran};
use super::wire::{Message, Reader, error_text};

/// What is known of a connection.
#[derive(Debug, Default)]
pub(super) struct Listener {
    prepared: HashMap<String, Prepared>,
    portals: HashMap<String, Ran>,
    pending: VecDeque<Asked>,
}

#[derive(Clone, Debug, Default)]
struct Prepared {
    sql: String,
    oids: Vec<u32>,
}

/// What the server has still to answer.
#[derive(Debug)]
enum Asked {
    Query(Ran),
    Execute(Ran),
    /// A statement is described: its parameters' types come back.
    Describe(String),
    /// A statement is prepared.
    Parse(String),
    /// Something else that can fail: a bind, a close.
    Other,
    Sync,
}

impl Listener {
    /// A message of the client.
    pub fn asked(&mut self, message: &Message, phase: Phase) {
        let mut body = Reader(message.body());
        match message.kind {
            b'Q' => self.pending.push_back(Asked::Query(Ran { sql: body.text(), phase, ..Ran::default() })),
            b'P' => {
                let (name, sql) = (body.text(), body.text());
                let count = body.int16();
                let oids = (0..count).map(|_| body.int32() as u32).collect();
                self.pending.push_back(Asked::Parse(sql.clone()));
                self.prepared.insert(name, Prepared { sql, oids });
            }
            b'B' => {
                let (portal, bound) = self.bind(body);
                self.portals.insert(portal, bound);
                self.pending.push_back(Asked::Other);
            }
            b'D' => {
                let is_statement = body.bytes(1) == b"S";
                let name = body.text();
                self.pending.push_back(if is_statement { Asked::Describe(name) } else { Asked::Other });
            }
            b'E' => {
                let portal = self.portals.get(&body.text()).cloned().unwrap_or_default();
                self.pending.push_back(Asked::Execute(Ran { phase, ..portal }));
            }
            b'C' => self.pending.push_back(Asked::Other),
            b'S' => self.pending.push_back(Asked::Sync),
            b'd' => {
                if let Some(ran) = self.pending.iter_mut().find_map(Asked::ran) {
                    ran.copy.get_or_insert_default().extend(message.body());
                }
            }
            _ => {}
        }
    }

    fn bind(&self, mut body: Reader<'_>) -> (String, Ran) {
        let (portal, name) = (body.text(), body.text());
        let prepared = self.prepared.get(&name).cloned().unwrap_or_default();
        let count = body.int16();
        let formats: Vec<bool> = (0..count).map(|_| body.int16() == 1).collect();
        let count = usize::try_from(body.int16()).unwrap_or(0);
        let params = (0..count).map(|at| {
            // one format speaks for all
            let is_binary = formats.get(at).or(if formats.len() == 1 { formats.first() } else { None });
            let value = usize::try_from(body.int32()).ok().map(|length| body.bytes(length).to_vec());
            let oid = prepared.oids.get(at).copied().unwrap_or(0);
            Param { oid, is_binary: is_binary.copied().unwrap_or(false), value }
        });
        let params = params.collect();
        (portal, Ran { sql: prepared.sql, params, ..Ran::default() })
    }

    /// A message of the server; gives what is known by now.
    pub fn answered(&mut self, message: &Message) -> Vec<Entry> {
        match message.kind {
            b'1' | b'2' | b'3' => self.other(),
            b'n' | b'T' => {
                // the end of a description; a query's own rows are described, too
                if matches!(self.pending.front(), Some(Asked::Describe(_) | Asked::Other)) {
                    self.pending.pop_front();
                }
            }
            b't' => self.types(Reader(message.body())),
            b'C' | b'I' | b's' => return self.complete(message),
            b'E' => return self.failed(&error_text(message.body())),
            b'Z' => return self.ready(message.body().first().copied().unwrap_or(b'I')),
            _ => {}
        }
        Vec::new()
    }

    fn other(&mut self) {
        if matches!(self.pending.front(), Some(Asked::Other | Asked::Parse(_))) {
            self.pending.pop_front();
        }
    }

    /// What the server made of the parameters of a statement.
    fn types(&mut self, mut body: Reader<'_>) {
        let Some(Asked::Describe(name)) = self.pending.front() else { return };
        let count = usize::try_from(body.int16()).unwrap_or(0);
        if let Some(prepared) = self.prepared.get_mut(name) {
            prepared.oids.resize(count, 0);
            prepared.oids.iter_mut().for_each(|oid| *oid = body.int32() as u32);
        }
    }

    fn complete(&mut self, message: &Message) -> Vec<Entry> {
        let tag = if message.kind == b'C' { Reader(message.body()).text() } else { String::new() };
        match self.pending.front_mut() {
            Some(Asked::Query(ran)) => {
                if message.kind == b'C' {
                    ran.tags.push(tag);
                }
                Vec::new()
            }
            Some(Asked::Execute(_)) => {
                let Some(Asked::Execute(mut ran)) = self.pending.pop_front() else { return Vec::new() };
                if message.kind != b'C' {
                    // a cursor that is read on, or an empty text
                    return Vec::new();
                }
                ran.tags.push(tag);
                vec![Entry::Ran(ran)]
            }
            _ => Vec::new(),
        }
    }

    /// An error ends everything up to the next Sync, or the query.
    fn failed(&mut self, message: &str) -> Vec<Entry> {
        let mut what = None;
        while let Some(asked) = self.pending.front() {
            match asked {
                Asked::Sync => break,
                Asked::Query(ran) => {
                    what = Some(ran.clone());
                    // it stays until the server is ready, and is not told of again
                    self.pending[0] = Asked::Sync;
                    break;
                }
                Asked::Execute(ran) => what = what.or_else(|| Some(ran.clone())),
                Asked::Parse(sql) => what = what.or_else(|| Some(Ran { sql: sql.clone(), ..Ran::default() })),
                Asked::Other | Asked::Describe(_) => {}
            }
            self.pending.pop_front();
        }
        vec![Entry::Failed(what.unwrap_or_default(), message.to_owned())]
    }

    fn ready(&mut self, status: u8) -> Vec<Entry> {
        let mut entries = Vec::new();
        while let Some(asked) = self.pending.pop_front() {
            match asked {
                Asked::Query(ran) => {
                    entries.push(Entry::Ran(ran));
                    break;
                }
                Asked::Sync => break,
                Asked::Execute(_) | Asked::Describe(_) | Asked::Parse(_) | Asked::Other => {}
            }
        }
        entries.push(Entry::Ready(status));
        entries
    }
}

impl Asked {
    fn ran(&mut self) -> Option<&mut Ran> {
        match self {
            Self::Query(ran) | Self::Execute(ran) => Some(ran),
            Self::Describe(_) | Self::Parse(_) | Self::Other | Self::Sync => None,
        }
    }
}
