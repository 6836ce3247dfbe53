//! Messages of PostgreSQL's protocol, as far as somebody in the middle has to know them
//! (<https://www.postgresql.org/docs/current/protocol-message-formats.html>).

use std::io::{Read, Result, Write};

/// A message: its type, and what follows the length.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The type, a letter.
    pub kind: u8,
    body: Vec<u8>,
}

impl Frame {
    /// The next message; nothing when the other side has closed or broken the connection.
    pub fn read(from: &mut impl Read) -> Option<Self> {
        let mut kind = [0];
        from.read_exact(&mut kind).ok()?;
        Some(Self { kind: kind[0], body: sized(from)? })
    }

    /// A query in the simple protocol.
    pub fn query(sql: &str) -> Self {
        Self { kind: b'Q', body: [sql.as_bytes(), b"\0"].concat() }
    }

    /// Sends it.
    pub fn write(&self, to: &mut impl Write) -> Result<()> {
        let length = u32::try_from(self.body.len() + 4).unwrap_or(u32::MAX).to_be_bytes();
        to.write_all(&[&[self.kind], &length[..], &self.body].concat())
    }

    /// The SQL of a query or of a statement that is to be prepared.
    pub fn sql(&self) -> Option<&str> {
        let mut texts = self.body.split(|byte| *byte == 0).map(std::str::from_utf8);
        match self.kind {
            b'Q' => texts.next()?.ok(),
            b'P' => texts.nth(1)?.ok(),
            _ => None,
        }
    }

    /// Whether it says that the session is now in a transaction.
    pub fn is_in_transaction(&self) -> bool {
        self.kind == b'Z' && self.body == b"T"
    }

    /// The server process that it names.
    pub fn backend(&self) -> Option<i32> {
        let pid = self.body.first_chunk().filter(|_| self.kind == b'K')?;
        Some(i32::from_be_bytes(*pid))
    }
}

/// The first packet of a connection, which has no type, as it has to be passed on.
pub fn startup(from: &mut impl Read) -> Option<Vec<u8>> {
    let body = sized(from)?;
    let length = u32::try_from(body.len() + 4).ok()?.to_be_bytes();
    Some([&length[..], &body].concat())
}

fn sized(from: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length).ok()?;
    let mut body = vec![0; (u32::from_be_bytes(length) as usize).checked_sub(4)?];
    from.read_exact(&mut body).ok()?;
    Some(body)
}
