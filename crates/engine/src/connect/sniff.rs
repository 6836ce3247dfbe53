//! Listens in on the start of a plain connection for the process id that the server names.
//!
//! The driver keeps BackendKeyData to itself, and it is the one thing that tells a pooler from a
//! server: PgBouncer hands out an id of its own, which `pg_backend_pid()` then does not confirm
//! (<https://www.postgresql.org/docs/current/protocol-message-formats.html>).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The process id, once it has come by.
#[derive(Clone, Debug, Default)]
pub struct Pid(Arc<AtomicI32>);

impl Pid {
    /// The id; `None` when none came by, as on an encrypted connection.
    pub fn get(&self) -> Option<i32> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            pid => Some(pid),
        }
    }
}

/// A stream that is listened in on until the process id has come by.
#[derive(Debug)]
pub struct Sniff<S> {
    inner: S,
    pid: Pid,
    seen: Vec<u8>,
    /// Bytes before the first message: the one-byte answer to a request for encryption.
    answer: bool,
    done: bool,
}

impl<S> Sniff<S> {
    /// Wraps a stream; `asks_for_tls` tells whether encryption is asked for first.
    pub fn new(inner: S, asks_for_tls: bool) -> Self {
        Self { inner, pid: Pid::default(), seen: Vec::new(), answer: asks_for_tls, done: false }
    }

    /// Where the process id will be.
    pub fn pid(&self) -> Pid {
        self.pid.clone()
    }

    fn take(&mut self, bytes: &[u8]) {
        self.seen.extend_from_slice(bytes);
        if self.answer && !self.seen.is_empty() {
            self.answer = false;
            // anything but a plain no is the beginning of an encrypted stream
            self.done = self.seen.remove(0) != b'N';
        }
        while !self.done && self.seen.len() >= 5 {
            let length = u32::from_be_bytes([self.seen[1], self.seen[2], self.seen[3], self.seen[4]]);
            let end = 1 + length as usize;
            if self.seen.len() < end {
                return;
            }
            match (self.seen[0], self.seen.get(5..9)) {
                (b'K', Some(&[a, b, c, d])) => {
                    self.pid.0.store(i32::from_be_bytes([a, b, c, d]), Ordering::Relaxed);
                    self.done = true;
                }
                (b'Z', _) => self.done = true,
                _ => {}
            }
            self.seen.drain(..end);
        }
        if self.done {
            self.seen = Vec::new();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Sniff<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if !self.done {
            let new = buffer.filled()[before..].to_vec();
            self.take(&new);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Sniff<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_id_is_found_in_pieces_and_after_a_refused_encryption() {
        let mut sniff = Sniff::new((), true);
        let pid = sniff.pid();
        let message =
            [b"N".as_slice(), b"R\0\0\0\x08\0\0\0\0", b"K\0\0\0\x0c\0\0\x01\x02\0\0\0\x07"].concat();
        message.chunks(3).for_each(|piece| sniff.take(piece));
        assert_eq!(pid.get(), Some(258));
    }

    #[test]
    fn an_encrypted_stream_is_left_alone() {
        let mut sniff = Sniff::new((), true);
        sniff.take(b"SK\0\0\0\x0c\0\0\x01\x02\0\0\0\x07");
        assert_eq!(sniff.pid().get(), None);
    }
}
