//! Connection URLs of our own servers, in the form that psql takes.

use std::path::Path;

/// URL of a database behind a unix socket: `postgresql:///app?host=/tmp/x&port=5432&user=postgres`.
pub fn socket_url(database: &str, socket_dir: &Path, port: u16, user: &str) -> String {
    let host = encode(&socket_dir.to_string_lossy());
    // with the port even when it is the usual one: PGPORT would be used otherwise
    format!("postgresql:///{}?host={host}&port={port}&user={}", encode(database), encode(user))
}

/// Percent-encodes everything but what no URL reads as special. Slashes stay, for the reader.
fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes() {
        let url = socket_url("a b", Path::new("/tmp/ü&x"), 5433, "postgres");
        assert_eq!(url, "postgresql:///a%20b?host=/tmp/%C3%BC%26x&port=5433&user=postgres");
    }
}
