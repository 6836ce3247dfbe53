//! One row of an answer, read from left to right as text.

use std::str::FromStr;

use tokio_postgres::SimpleQueryRow;

/// A row and the place where it is read.
pub struct Row<'a> {
    row: &'a SimpleQueryRow,
    at: usize,
    problem: Option<String>,
}

impl<'a> Row<'a> {
    /// Begins with the first column.
    pub fn new(row: &'a SimpleQueryRow) -> Self {
        Self { row, at: 0, problem: None }
    }

    /// What was not as expected, if anything was.
    pub fn problem(&mut self) -> Option<String> {
        self.problem.take()
    }

    /// The next column, or nothing when it is NULL.
    pub fn opt(&mut self) -> Option<&'a str> {
        self.at += 1;
        match self.row.try_get(self.at - 1) {
            Ok(text) => text,
            Err(error) => {
                self.problem = Some(error.to_string());
                None
            }
        }
    }

    /// The next column; empty when it is NULL.
    pub fn text(&mut self) -> &'a str {
        self.opt().unwrap_or_default()
    }

    /// The next column as a number, 0 when it is NULL.
    pub fn number<T: FromStr + Default>(&mut self) -> T {
        self.maybe_number().unwrap_or_default()
    }

    /// The next column as a number, or nothing when it is NULL.
    pub fn maybe_number<T: FromStr>(&mut self) -> Option<T> {
        let text = self.opt()?;
        let number = text.parse().ok();
        if number.is_none() {
            self.problem = Some(format!("column {} is no number but {text:?}", self.at));
        }
        number
    }

    /// The next column as a truth value.
    pub fn is(&mut self) -> bool {
        self.opt() == Some("t")
    }

    /// The next column as JSON, or nothing when it is NULL.
    pub fn json<T: serde::de::DeserializeOwned>(&mut self) -> Option<T> {
        let text = self.opt()?;
        match serde_json::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem = Some(format!("column {}: {error}", self.at));
                None
            }
        }
    }

    /// The next column as a list of texts; empty when it is NULL.
    pub fn list(&mut self) -> Vec<String> {
        self.json().unwrap_or_default()
    }

    /// The next column as numbers with blanks between them.
    pub fn numbers<T: FromStr>(&mut self) -> Vec<T> {
        self.text().split_whitespace().filter_map(|number| number.parse().ok()).collect()
    }
}
