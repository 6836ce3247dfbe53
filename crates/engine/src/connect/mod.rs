//! From a URL and the environment to a live connection, as libpq would make it.
//!
//! `params` gathers what is known, `passfile` finds passwords, `tls` builds the encryption, `open`
//! connects, `redact` keeps secrets out of every text.

mod error;
mod open;
mod params;
mod passfile;
mod redact;
mod sniff;
mod tls;

pub use error::ConnectError;
pub use open::{Connected, Notice, connect};
pub use params::{ConnParams, Env, Host, ParamsError, Secret, SslMode};
pub use redact::redact;
