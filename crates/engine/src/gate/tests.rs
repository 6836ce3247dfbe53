//! A session for the tests of gates.

#![expect(clippy::unwrap_used, reason = "a test may end at once")]

use cutover_testkit::server;

use crate::connect::ConnParams;
use crate::session::Session;

/// A session on the test server.
pub async fn session() -> Session {
    let params = ConnParams::parse(&server().url("postgres"), &|_| None).unwrap();
    Session::open(&params).await.unwrap()
}
