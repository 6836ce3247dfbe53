//! A scenario being played: a database in use, and what was measured in each span of time.

use std::time::Duration;

use cutover_engine::server::ScratchDatabase;

use crate::clock::Clock;
use crate::locks::Watch;
use crate::record::{Sample, Summary, Wait, summary};
use crate::scenario::Scenario;
use crate::stage::Stage;
use crate::traffic::{Options, Seen, Traffic};

/// A database in use.
#[derive(Debug)]
pub struct Play<'a> {
    /// Where.
    pub stage: &'a Stage,
    /// What.
    pub scenario: &'a Scenario,
    /// The database.
    pub database: ScratchDatabase,
    /// The load.
    pub traffic: Traffic,
    clock: Clock,
    spans: Vec<(String, u64, u64)>,
    watch: Watch,
}

/// A database that is no longer in use.
#[derive(Debug)]
pub struct Played {
    /// The database.
    pub database: ScratchDatabase,
    /// What the clients were told.
    pub seen: Seen,
    /// What was measured in each span.
    pub spans: Vec<Summary>,
    /// All of it in one.
    pub whole: Summary,
    /// The clock.
    pub clock: Clock,
}

impl<'a> Play<'a> {
    /// Begins the load on a database.
    pub fn begin(
        stage: &'a Stage,
        scenario: &'a Scenario,
        database: ScratchDatabase,
        options: Options,
        before: Option<(Clock, Seen)>,
    ) -> Self {
        let (clock, seen) = before.unwrap_or_else(|| (Clock::start(), Seen::nothing(scenario)));
        let watch = Watch::start(&database.url(), clock);
        let traffic = Traffic::start(&database.url(), scenario, clock, options, seen);
        Self { stage, scenario, database, traffic, clock, spans: Vec::new(), watch }
    }

    /// Does something and names the time that it takes.
    pub fn span<T>(&mut self, name: &str, what: impl FnOnce(&mut Self) -> T) -> T {
        let from = self.clock.now();
        let given = what(self);
        self.spans.push((name.to_owned(), from, self.clock.now()));
        given
    }

    /// Lets the clients do what they do.
    pub fn rest(&mut self, name: &str, time: Duration) {
        self.span(name, |_| std::thread::sleep(time));
    }

    /// Ends the load, and sums up.
    pub fn end(self) -> Played {
        let Self { database, traffic, clock, spans, watch, .. } = self;
        let seen = traffic.stop();
        let waits = watch.stop();
        let one = |(name, from, to): &(String, u64, u64)| summary(name, &seen.samples, &waits, *from, *to);
        let list = spans.iter().map(one).collect();
        let whole = whole(&spans, &seen.samples, &waits);
        Played { database, seen, spans: list, whole, clock }
    }
}

fn whole(spans: &[(String, u64, u64)], samples: &[Sample], waits: &[Wait]) -> Summary {
    let from = spans.first().map_or(0, |span| span.1);
    let to = spans.last().map_or(0, |span| span.2);
    summary("all of it", samples, waits, from, to)
}

impl Played {
    /// Compares all rows, as the old and as the new clients see them when these can, with what was acknowledged.
    pub fn lost(&self, scenario: &Scenario, is_old: bool) -> Vec<String> {
        let view = if is_old { &scenario.view.old } else { &scenario.view.new };
        self.seen.compare(&self.database.url(), view, scenario, self.clock)
    }
}
