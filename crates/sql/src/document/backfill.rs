//! The arguments of a backfill: `TABLE by KEY[, KEY] [with batch = 1000, time = 250ms, ...]`.

use std::fmt::Write as _;
use std::time::Duration;

use super::BlockKind;
use super::error::DocumentError;
use super::header::bad;
use crate::directive::Directive;
use crate::duration;
use crate::ident::split_qualified;

/// How a backfill goes; what is not said is the runner's to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackfillOptions {
    /// Rows of the first batch.
    pub batch: Option<u64>,
    /// How long a batch should take.
    pub time: Option<Duration>,
    /// How many ranges are worked on at the same time.
    pub workers: Option<u32>,
    /// Bytes of WAL that a batch may write.
    pub wal: Option<u64>,
    /// Whether the table is vacuumed as it goes.
    pub vacuum: bool,
}

impl BackfillOptions {
    /// As the directive says them, with the `with`; empty when there are none.
    pub fn print(&self) -> String {
        let mut items: Vec<String> = Vec::new();
        items.extend(self.batch.map(|rows| format!("batch = {rows}")));
        items.extend(self.time.map(|time| format!("time = {}", duration::print(time))));
        items.extend(self.workers.map(|count| format!("workers = {count}")));
        items.extend(self.wal.map(|wal| format!("wal = {}", bytes(wal))));
        items.extend(self.vacuum.then(|| "vacuum".to_owned()));
        let mut out = String::new();
        if !items.is_empty() {
            let _ = write!(out, " with {}", items.join(", "));
        }
        out
    }
}

/// Reads the arguments.
pub(super) fn read(directive: &Directive) -> Result<BlockKind, DocumentError> {
    let missing = || bad(directive, "needs a table, \"by\" and the columns of its key");
    let (table, rest) = split_word(&directive.args, "by").ok_or_else(missing)?;
    let (key, with) = split_word(rest, "with").map_or((rest, None), |(key, with)| (key, Some(with)));
    let key: Vec<String> = if key.trim() == "ctid" {
        Vec::new()
    } else {
        split_outside(key, ',').into_iter().map(|name| name.trim().to_owned()).collect()
    };
    if split_qualified(table).is_none_or(|parts| parts.len() > 2)
        || key.iter().any(|name| split_qualified(name).is_none_or(|parts| parts.len() != 1))
    {
        return Err(missing());
    }
    let mut options = BackfillOptions::default();
    for item in with.into_iter().flat_map(|with| with.split(',')) {
        option(&mut options, item.trim()).map_err(|what| bad(directive, what))?;
    }
    Ok(BlockKind::Backfill { table: table.trim().to_owned(), key, options })
}

fn option(options: &mut BackfillOptions, item: &str) -> Result<(), &'static str> {
    let (name, value) = item.split_once('=').map_or((item, ""), |(name, value)| (name.trim(), value.trim()));
    match name {
        "batch" => options.batch = Some(positive(value).ok_or("needs a number of rows: batch = 1000")?),
        "time" => {
            let time = duration::parse(value).filter(|time| !time.is_zero());
            options.time = Some(time.ok_or("needs a time of a batch: time = 250ms")?);
        }
        "workers" => {
            let count = positive(value).and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 64);
            options.workers = Some(count.ok_or("needs a number of workers from 1 to 64: workers = 2")?);
        }
        "wal" => options.wal = Some(read_bytes(value).ok_or("needs a size: wal = 64MB")?),
        "vacuum" if value.is_empty() => options.vacuum = true,
        _ => return Err("knows after \"with\" only batch, time, workers, wal and vacuum"),
    }
    Ok(())
}

fn positive(text: &str) -> Option<u64> {
    text.parse().ok().filter(|n| *n > 0)
}

const UNITS: [(&str, u64); 3] = [("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)];

/// A size as directives and the configuration have it, `64MB`, in bytes; at least one.
pub fn read_bytes(text: &str) -> Option<u64> {
    UNITS
        .into_iter()
        .find_map(|(unit, size)| positive(text.strip_suffix(unit)?.trim_end())?.checked_mul(size))
}

fn bytes(count: u64) -> String {
    let (unit, size) =
        UNITS.into_iter().find(|(_, size)| count.is_multiple_of(*size)).unwrap_or(("kB", 1 << 10));
    format!("{}{unit}", (count / size).max(1))
}

/// Splits at a word that stands outside quotes with blanks around it.
fn split_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => {
                let rest = &text[at + 1..];
                let after = rest.strip_prefix(word);
                if let Some(after) = after.filter(|a| a.is_empty() || a.starts_with([' ', '\t'])) {
                    return Some((&text[..at], after));
                }
            }
            _ => {}
        }
    }
    None
}

/// Splits at a sign that stands outside quotes.
fn split_outside(text: &str, sign: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == sign && !quoted
    })
    .collect()
}
