//! `cutover downgrade`.

use cutover_core::plan::Direction;

use super::upgrade::{How, go};
use crate::context::Context;

/// Undo revisions down to a target
///
/// The target itself stays applied; "base" undoes everything.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover downgrade -1\n  cutover downgrade 0004\n  cutover downgrade reporting@base\n  cutover downgrade head:0004 --sql > undo.sql"
)]
pub struct Args {
    /// An id or its beginning, base, LABEL@base, -1, ID-2; with --sql also FROM:TO
    #[arg(value_name = "TARGET", allow_hyphen_values = true)]
    target: String,
    /// How to run it
    #[command(flatten)]
    how: How,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    go(context, &args.target, &args.how, Direction::Downgrade).await
}
