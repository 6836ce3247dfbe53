//! Bytes of a file as text, or why they are none.
//!
//! Which file they are of is known to who reads it.

/// Bytes that are no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the byte {byte:#04x} on line {line} cannot stand there")]
pub struct NotUtf8 {
    /// The line, from 1.
    pub line: usize,
    /// The first byte that does not fit.
    pub byte: u8,
    /// Whether the text begins as one in UTF-16 does.
    pub is_utf16: bool,
}

impl NotUtf8 {
    /// What to do.
    pub fn help(&self) -> &'static str {
        match self.is_utf16 {
            true => "it looks like UTF-16; save it as UTF-8, for example: iconv -f UTF-16 -t UTF-8",
            false => "save the file as UTF-8, for example: iconv -f LATIN1 -t UTF-8",
        }
    }
}

/// The text.
///
/// # Errors
/// Where the first byte is that is no UTF-8.
pub fn text(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        NotUtf8 {
            line: bytes[..valid].iter().filter(|byte| **byte == b'\n').count() + 1,
            byte: bytes[valid],
            is_utf16: bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_does_not_fit_is_named() {
        let error = text(b"SELECT 1;\n-- caf\xe9\n".to_vec()).expect_err("it is Latin-1");
        assert_eq!((error.line, error.byte, error.is_utf16), (2, 0xe9, false));
        let error = text(b"\xff\xfeS\0".to_vec()).expect_err("it is UTF-16");
        assert!(error.help().contains("UTF-16"));
        assert_eq!(text("é".into()).as_deref(), Ok("é"));
    }
}
