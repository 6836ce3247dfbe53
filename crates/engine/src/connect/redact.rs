//! Keeps passwords out of texts: messages, reports, the ledger.

/// The text with the password of every URL and `password=` in it replaced by `***`.
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(&key_values(before));
        let end = after.find(|c: char| c.is_whitespace() || "/?#'\"`".contains(c)).unwrap_or(after.len());
        let authority = &after[..end];
        match authority.rfind('@') {
            Some(sign) => {
                let user = authority[..sign].split(':').next().unwrap_or_default();
                let hidden = if authority[..sign].contains(':') { ":***" } else { "" };
                out.push_str(&format!("{user}{hidden}{}", &authority[sign..]));
            }
            None => out.push_str(authority),
        }
        rest = &after[end..];
    }
    out.push_str(&key_values(rest));
    out
}

/// Hides the values of `password=` and `sslpassword=`, quoted or not.
fn key_values(text: &str) -> String {
    const KEY: &str = "password=";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(KEY) {
        let (before, value) = rest.split_at(at + KEY.len());
        out.push_str(before);
        out.push_str("***");
        let end = match value.strip_prefix('\'') {
            Some(inner) => closing_quote(inner).map_or(value.len(), |n| n + 2),
            None => value.find(|c: char| c.is_whitespace() || c == '&').unwrap_or(value.len()),
        };
        rest = &value[end..];
    }
    out.push_str(rest);
    out
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let closes = c == '\'' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_survives() {
        assert_eq!(
            redact("at postgresql://me:s3cret@db:5432/app?sslmode=require!"),
            "at postgresql://me:***@db:5432/app?sslmode=require!"
        );
        assert_eq!(redact("postgres://me@db/x?password=abc&a=b"), "postgres://me@db/x?password=***&a=b");
        assert_eq!(redact("host=db password='a \\' b' user=me"), "host=db password=*** user=me");
        assert_eq!(redact("postgresql://u:p@ss@h/d"), "postgresql://u:***@h/d");
    }
}
