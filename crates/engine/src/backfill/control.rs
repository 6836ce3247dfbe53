//! What another terminal sees of backfills, and says to them.
