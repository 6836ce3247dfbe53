//! The password file, `~/.pgpass` (<https://www.postgresql.org/docs/current/libpq-pgpass.html>).

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Host name; `localhost` for a unix socket.
    pub host: &'a str,
    /// Port.
    pub port: u16,
    /// Database.
    pub database: &'a str,
    /// User.
    pub user: &'a str,
}

/// The password of the first line that fits. A file that others can read is ignored, as libpq
/// does.
pub fn lookup(path: &Path, wanted: Wanted<'_>) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    if mode & 0o077 != 0 {
        return None;
    }
    find(&std::fs::read_to_string(path).ok()?, wanted)
}

fn find(text: &str, wanted: Wanted<'_>) -> Option<String> {
    let port = wanted.port.to_string();
    let keys = [wanted.host, &port, wanted.database, wanted.user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let [found @ .., password] = &fields[..] else { return None };
        let fits =
            found.len() == 4 && found.iter().zip(keys).all(|((raw, value), key)| raw == "*" || value == key);
        fits.then(|| password.1.clone())
    })
}

/// The fields of a line, raw and with `\:` and `\\` resolved.
fn fields(line: &str) -> Vec<(String, String)> {
    let mut all = vec![(String::new(), String::new())];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        let last = all.len() - 1;
        match c {
            ':' if all.len() < 5 => all.push((String::new(), String::new())),
            '\\' => {
                all[last].0.push('\\');
                all[last].1.extend(chars.next());
            }
            c => {
                all[last].0.push(c);
                all[last].1.push(c);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_wins() {
        let wanted = Wanted { host: "db", port: 5432, database: "a:b", user: "me" };
        let text = "# c\nother:*:*:*:no\n*:5432:a\\:b:me:p\\:w:x\n*:*:*:*:late";
        assert_eq!(find(text, wanted).as_deref(), Some("p:w:x"));
    }
}
