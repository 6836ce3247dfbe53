//! Natural order of revision ids: `2` before `10`, and nothing else known about them.

use std::cmp::Ordering;

/// Compares two ids the way a person sorts them: runs of digits by value, the rest by bytes.
///
/// Total: ids that differ only in leading zeros are told apart by their bytes at the end.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a.as_bytes(), b.as_bytes());
    while let (Some(&p), Some(&q)) = (x.first(), y.first()) {
        if p.is_ascii_digit() && q.is_ascii_digit() {
            let (n, rest_x) = digits(x);
            let (m, rest_y) = digits(y);
            let by_value = n.len().cmp(&m.len()).then_with(|| n.cmp(m));
            if by_value.is_ne() {
                return by_value;
            }
            (x, y) = (rest_x, rest_y);
        } else if p != q {
            return p.cmp(&q);
        } else {
            (x, y) = (&x[1..], &y[1..]);
        }
    }
    x.len().cmp(&y.len()).then_with(|| a.cmp(b))
}

/// The leading run of digits without its zeros, and what follows it.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|c| !c.is_ascii_digit()).unwrap_or(text.len());
    let (run, rest) = text.split_at(end);
    let zeros = run.iter().take_while(|c| **c == b'0').count();
    (&run[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_value_and_text_by_bytes() {
        let mut ids = ["v10", "v2", "0003", "3", "a", "v2a", "20251120T1015"];
        ids.sort_by(|a, b| natural(a, b));
        assert_eq!(ids, ["0003", "3", "20251120T1015", "a", "v2", "v2a", "v10"]);
    }
}
