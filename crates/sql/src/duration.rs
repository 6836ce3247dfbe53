//! Durations as people write them in directives and configuration: `500ms`, `2s`, `5m`, `1h`, `0`.

use std::time::Duration;

/// Reads a duration; `0` needs no unit.
pub fn parse(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let millis = match text[digits..].trim() {
        "" if number == 0 => 0,
        "ms" => number,
        "s" => number.checked_mul(1000)?,
        "m" | "min" => number.checked_mul(60_000)?,
        "h" => number.checked_mul(3_600_000)?,
        "d" => number.checked_mul(86_400_000)?,
        _ => return None,
    };
    Some(Duration::from_millis(millis))
}

/// Writes a duration so that [`parse`] reads it back (to the millisecond).
pub fn print(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0 => "0".into(),
        m if m % 3_600_000 == 0 => format!("{}h", m / 3_600_000),
        m if m % 60_000 == 0 => format!("{}m", m / 60_000),
        m if m % 1000 == 0 => format!("{}s", m / 1000),
        m => format!("{m}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for ms in [0, 1, 500, 2000, 90_000, 300_000, 3_600_000] {
            let duration = Duration::from_millis(ms);
            assert_eq!(parse(&print(duration)), Some(duration));
        }
        assert_eq!(parse("5"), None);
        assert_eq!(parse("s"), None);
        assert_eq!(parse("2 s"), Some(Duration::from_secs(2)));
    }
}
