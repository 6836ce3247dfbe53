//! Functions of libpg_query that the crate `pg_query` wraps without what we need: the error's position, or no tree.
//!
//! The declarations are those of `pg_query.h` of libpg_query 18; the library itself is linked by
//! `pg_query`.

use std::ffi::{CStr, CString, c_char, c_int, c_void};

use pg_query::protobuf;
use prost::Message as _;

#[repr(C)]
struct PgQueryError {
    message: *mut c_char,
    funcname: *mut c_char,
    filename: *mut c_char,
    lineno: c_int,
    cursorpos: c_int,
    context: *mut c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct PgQueryProtobuf {
    len: usize,
    data: *mut c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct PgQueryProtobufParseResult {
    parse_tree: PgQueryProtobuf,
    stderr_buffer: *mut c_char,
    error: *mut PgQueryError,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct PgQuerySplitResult {
    stmts: *mut *mut c_void,
    n_stmts: c_int,
    stderr_buffer: *mut c_char,
    error: *mut PgQueryError,
}

unsafe extern "C" {
    fn pg_query_parse_protobuf(input: *const c_char) -> PgQueryProtobufParseResult;
    fn pg_query_free_protobuf_parse_result(result: PgQueryProtobufParseResult);
    fn pg_query_split_with_parser(input: *const c_char) -> PgQuerySplitResult;
    fn pg_query_free_split_result(result: PgQuerySplitResult);
}

/// PostgreSQL's refusal of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its message.
    pub message: String,
    /// 1-based position in characters; 0 when there is none.
    pub position: usize,
}

/// Parses a text with PostgreSQL's grammar. `text` must have no NUL byte.
pub fn parse(text: &str) -> Result<protobuf::ParseResult, Refusal> {
    let refuse = |message: String| Refusal { message, position: 0 };
    let input = CString::new(text).map_err(|e| refuse(e.to_string()))?;
    // SAFETY: `input` is a NUL-terminated string that outlives the call; libpg_query keeps its
    // state in thread-local memory and sets it up itself.
    let result = unsafe { pg_query_parse_protobuf(input.as_ptr()) };
    // SAFETY: `error` is null or points to a struct whose `message` is a NUL-terminated string;
    // `parse_tree` is `len` bytes at `data`. Both live until the result is freed below, and
    // nothing borrowed from them is kept.
    let parsed = unsafe {
        match result.error.as_ref() {
            Some(error) => Err(Refusal {
                message: CStr::from_ptr(error.message).to_string_lossy().into_owned(),
                position: usize::try_from(error.cursorpos).unwrap_or(0),
            }),
            None => {
                let data = result.parse_tree.data.cast::<u8>().cast_const();
                let bytes = match result.parse_tree.len {
                    0 => &[][..],
                    len => std::slice::from_raw_parts(data, len),
                };
                protobuf::ParseResult::decode(bytes).map_err(|e| refuse(e.to_string()))
            }
        }
    };
    // SAFETY: the result is freed once, and not used afterwards.
    unsafe { pg_query_free_protobuf_parse_result(result) };
    parsed
}

/// Whether PostgreSQL's grammar accepts a text.
pub fn check(text: &str) -> bool {
    let Ok(input) = CString::new(text) else { return false };
    // SAFETY: as in `parse`; of the result only whether there is an error is looked at, before it is freed once.
    unsafe {
        let result = pg_query_split_with_parser(input.as_ptr());
        let accepted = result.error.is_null();
        pg_query_free_split_result(result);
        accepted
    }
}
