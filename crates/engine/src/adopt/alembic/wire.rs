//! PostgreSQL's messages, as far as a recording needs them
//! (<https://www.postgresql.org/docs/current/protocol-message-formats.html>). Knows nothing of what is recorded.

use std::collections::BTreeMap;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest message that is taken; PostgreSQL's own limit is 1 GB.
const LONGEST: usize = 1 << 30;

/// One message: its type, and what follows the length.
#[derive(Debug)]
pub(super) struct Message {
    /// The type byte.
    pub kind: u8,
    /// All of it as it came, type and length included.
    pub raw: Vec<u8>,
}

impl Message {
    /// What follows the length.
    pub fn body(&self) -> &[u8] {
        &self.raw[5..]
    }

    /// One of ours.
    pub fn bytes(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut raw = vec![kind];
        raw.extend((body.len() as u32 + 4).to_be_bytes());
        raw.extend(body);
        raw
    }
}

/// The next message; none at the end of the stream.
pub(super) async fn next(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Message>> {
    let mut raw = vec![0; 5];
    match from.read_exact(&mut raw).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    };
    let length = u32::from_be_bytes([raw[1], raw[2], raw[3], raw[4]]) as usize;
    if !(4..=LONGEST).contains(&length) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message of an impossible length"));
    }
    raw.resize(length + 1, 0);
    from.read_exact(&mut raw[5..]).await?;
    Ok(Some(Message { kind: raw[0], raw }))
}

/// What a client says first.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Hello {
    /// It asks for encryption.
    Encryption,
    /// It wants to cancel something.
    Cancel,
    /// It wants a session: the protocol, and its parameters.
    Session(u32, BTreeMap<String, String>),
}

/// Reads what a client says first.
pub(super) async fn hello(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Hello> {
    let length = from.read_u32().await? as usize;
    if !(8..=65_536).contains(&length) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a client of PostgreSQL"));
    }
    let code = from.read_u32().await?;
    let mut rest = vec![0; length - 8];
    from.read_exact(&mut rest).await?;
    Ok(match code {
        // SSLRequest and GSSENCRequest
        80_877_103 | 80_877_104 => Hello::Encryption,
        80_877_102 => Hello::Cancel,
        protocol => {
            let mut texts = rest.split(|byte| *byte == 0).map(|it| String::from_utf8_lossy(it).into_owned());
            let mut parameters = BTreeMap::new();
            while let (Some(name), Some(value)) = (texts.next().filter(|it| !it.is_empty()), texts.next()) {
                parameters.insert(name, value);
            }
            Hello::Session(protocol, parameters)
        }
    })
}

/// The first message of a session, to a server.
pub(super) fn startup(protocol: u32, parameters: &BTreeMap<String, String>) -> Vec<u8> {
    let mut body = protocol.to_be_bytes().to_vec();
    for (name, value) in parameters {
        body.extend(name.as_bytes());
        body.push(0);
        body.extend(value.as_bytes());
        body.push(0);
    }
    body.push(0);
    let mut raw = (body.len() as u32 + 4).to_be_bytes().to_vec();
    raw.extend(body);
    raw
}

/// Reads the parts of a message's body one after the other; what is cut off reads as empty.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// A text up to its zero byte.
    pub fn text(&mut self) -> String {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let text = String::from_utf8_lossy(&self.0[..end]).into_owned();
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        text
    }

    /// Some bytes.
    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (these, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        these
    }

    /// A number of two bytes.
    pub fn int16(&mut self) -> i16 {
        self.bytes(2).try_into().map_or(0, i16::from_be_bytes)
    }

    /// A number of four bytes.
    pub fn int32(&mut self) -> i32 {
        self.bytes(4).try_into().map_or(0, i32::from_be_bytes)
    }
}

/// The message text of an ErrorResponse, with its SQLSTATE.
pub(super) fn error_text(body: &[u8]) -> String {
    let mut reader = Reader(body);
    let (mut message, mut code) = (String::new(), String::new());
    while let [field] = *reader.bytes(1) {
        match field {
            0 => break,
            b'M' => message = reader.text(),
            b'C' => code = reader.text(),
            _ => drop(reader.text()),
        }
    }
    format!("{message} ({code})")
}

/// An ErrorResponse of ours.
pub(super) fn refusal(code: &str, message: &str) -> Vec<u8> {
    let body = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
    Message::bytes(b'E', body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_message_reads_as_it_was_written() {
        let parameters =
            BTreeMap::from([("user".to_owned(), "a".to_owned()), ("database".into(), "ü".into())]);
        let raw = startup(196_608, &parameters);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap_or_else(|e| panic!("{e}"));
        let read = runtime.block_on(hello(&mut &raw[..])).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(read, Hello::Session(196_608, parameters));
    }

    #[test]
    fn what_is_cut_off_reads_as_empty() {
        let mut reader = Reader(b"ab\0\0");
        assert_eq!((reader.text(), reader.int32(), reader.text()), ("ab".into(), 0, String::new()));
        assert_eq!(error_text(b"SERROR\0C42P01\0Mno table\0\0"), "no table (42P01)");
    }
}
