//! `window Mon-Thu 02:00-05:00 Europe/Berlin`: open at those times there. The server's clock counts, and its time zones.

use cutover_core::rollout::gate::Window;
use cutover_sql::ident::quote_literal;

use super::Verdict;
use crate::session::{Session, SessionError, message, rows};

/// The next openings and closings, as PostgreSQL works them out. A time that a zone's clocks skip is moved on by
/// as much, and of one that comes twice the second counts: <https://www.postgresql.org/docs/current/datetime-invalid-input.html>.
const SQL: &str = include_str!("sql/window.sql");

/// Asks the server what time it is there.
///
/// # Errors
/// [`SessionError::Gate`] when it does not know the time zone.
pub async fn evaluate(session: &Session, window: &Window) -> Result<Verdict, SessionError> {
    at(session, window, "now()").await
}

/// The same for another time, an expression.
async fn at(session: &Session, window: &Window, now: &str) -> Result<Verdict, SessionError> {
    let days: Vec<String> =
        (1..=7).zip(window.days).filter(|(_, open)| *open).map(|(day, _)| day.to_string()).collect();
    let sql = SQL
        .replace(":now", now)
        .replace(":zone", &quote_literal(&window.zone))
        .replace(":days", &format!("ARRAY[{}]::int[]", days.join(", ")))
        .replace(":from", &window.from.to_string())
        .replace(":until", &window.until.to_string());
    let found = match rows(session.client(), &sql, "asking for the time").await {
        Ok(found) => found,
        Err(SessionError::Query { source, .. }) if source.as_db_error().is_some() => {
            return Err(SessionError::Gate { gate: format!("window {window}"), message: message(&source) });
        }
        Err(error) => return Err(error),
    };
    let get = |at: usize| found.first().and_then(|row| row.get(at)).unwrap_or_default().to_owned();
    let (there, open, opens, opens_utc, closes) = (get(0), get(1) == "t", get(2), get(3), get(4));
    let evidence = vec![format!("it is {there} in {}", window.zone)];
    Ok(if open {
        Verdict { open, summary: format!("it is open until {closes}"), evidence, until: None }
    } else {
        Verdict { open, summary: format!("it opens at {opens}"), evidence, until: Some(opens_utc) }
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may end at once")]
mod tests {
    use cutover_core::rollout::gate::Gate;

    use super::*;
    use crate::gate::tests::session;

    /// Whether it is open, and until when it is not.
    async fn seen(session: &Session, gate: &str, now: &str) -> String {
        let Gate::Window(window) = Gate::parse(gate).unwrap() else { panic!() };
        let verdict = at(session, &window, &format!("timestamptz '{now}'")).await.unwrap();
        verdict.until.unwrap_or_else(|| verdict.summary.clone())
    }

    #[tokio::test]
    async fn a_window_is_open_at_its_times() {
        let session = session().await;
        // 2026-11-21 is a Saturday
        for (gate, now, wanted) in [
            ("window Mon-Thu 02:00-05:00 Europe/Berlin", "2026-11-21 12:00+00", "2026-11-23T01:00:00Z"),
            (
                "window Mon-Thu 02:00-05:00 Europe/Berlin",
                "2026-11-23 01:00+00",
                "it is open until Mon 2026-11-23 05:00",
            ),
            ("window Mon-Thu 02:00-05:00 Europe/Berlin", "2026-11-23 00:59+00", "2026-11-23T01:00:00Z"),
            // the end is no longer in it
            ("window Mon-Thu 02:00-05:00 Europe/Berlin", "2026-11-23 04:00+00", "2026-11-24T01:00:00Z"),
            ("window Mon,Wed 02:00-05:00 UTC", "2026-11-23 06:00+00", "2026-11-25T02:00:00Z"),
            // over midnight it is the day that it opens on
            ("window Sat 22:00-04:30 UTC", "2026-11-21 23:00+00", "it is open until Sun 2026-11-22 04:30"),
            ("window Sat 22:00-04:30 UTC", "2026-11-22 04:29+00", "it is open until Sun 2026-11-22 04:30"),
            ("window Sun 22:00-04:30 UTC", "2026-11-22 01:00+00", "2026-11-22T22:00:00Z"),
            ("window daily 00:00-24:00 UTC", "2026-11-22 01:00+00", "it is open until Mon 2026-11-23 00:00"),
            // clocks go forward: 02:30 is 03:30 on that day
            ("window Sun 02:30-05:00 Europe/Berlin", "2026-03-29 00:30+00", "2026-03-29T01:30:00Z"),
            (
                "window Sun 03:00-04:00 Europe/Berlin",
                "2026-03-29 01:10+00",
                "it is open until Sun 2026-03-29 04:00",
            ),
            // and back: the night is an hour longer
            (
                "window Sun 00:00-04:00 Europe/Berlin",
                "2026-10-25 02:30+00",
                "it is open until Sun 2026-10-25 04:00",
            ),
            ("window Mon 02:00-03:00 Asia/Kolkata", "2026-11-22 20:29+00", "2026-11-22T20:30:00Z"),
        ] {
            assert_eq!(seen(&session, gate, now).await, wanted, "{gate} at {now}");
        }
    }

    #[tokio::test]
    async fn a_zone_that_the_server_does_not_know_is_an_error() {
        let session = session().await;
        let Gate::Window(window) = Gate::parse("window daily 02:00-03:00 Europe/Berln").unwrap() else {
            panic!()
        };
        let error = evaluate(&session, &window).await.unwrap_err().to_string();
        assert!(error.contains("Europe/Berln"), "{error}");
    }
}
