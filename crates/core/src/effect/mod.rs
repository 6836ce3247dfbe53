//! Effects: what one statement does before it has run.

mod mode;

pub use mode::Mode;
