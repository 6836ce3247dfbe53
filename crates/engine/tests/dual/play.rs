//! Plays statements in two sessions, interleaved at random, and keeps a model of what they mean.
//!
//! A statement that waits for a lock is seen as waiting (`pg_blocking_pids`) and the other session goes on. The model takes
//! a statement in when the server says it is done, so its order is the server's; it holds what each open transaction wrote by itself,
//! until it commits. Knows no generator: that is a [`World`].

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use cutover_engine::connect::Connected;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio_postgres::SimpleQueryMessage;

use super::stage::{Failed, failed, line, rows, run};

/// What is under test: tables, triggers, what clients do and what that means.
pub trait World {
    /// What the model knows of one key.
    type Value: Clone + Debug + PartialEq;

    /// Tables and triggers.
    fn install(&self) -> String;
    /// Fills the tables anew, without triggers, and says what is there.
    fn fill(&self, random: &mut StdRng) -> (String, Model<Self::Value>);
    /// A statement of an old or a new client.
    fn client(&self, random: &mut StdRng) -> Step<Self::Value>;
    /// A query of both sides, and what the model says it gives.
    fn query(&self) -> String;
    /// What the model says that the query gives.
    fn expected(&self, view: &View<'_, Self::Value>) -> Vec<String>;
    /// Statements that run before the last look, and fail when they find something wrong.
    fn last(&self) -> String {
        String::new()
    }
    /// What becomes of a value when its transaction commits.
    fn committed(&self, value: Self::Value) -> Self::Value {
        value
    }
}

/// What is committed.
pub type Model<V> = BTreeMap<i64, V>;

/// What happens to the model when a statement is done: how many rows it must have returned, or the SQLSTATE that the client
/// must have got.
pub type Effect<V> = Box<dyn Fn(&mut View<'_, V>) -> Result<usize, String>>;

/// A statement of a client.
pub struct Step<V> {
    /// Its SQL.
    pub sql: String,
    /// What it means.
    pub effect: Effect<V>,
}

/// What a transaction sees.
pub struct View<'a, V> {
    base: &'a Model<V>,
    own: &'a mut BTreeMap<i64, Option<V>>,
}

impl<V: Clone + PartialEq> View<'_, V> {
    /// The value of a key.
    pub fn get(&self, key: i64) -> Option<V> {
        self.own.get(&key).cloned().unwrap_or_else(|| self.base.get(&key).cloned())
    }

    /// Writes a key. What is so already is not written: the other session may be about to change it.
    pub fn set(&mut self, key: i64, value: Option<V>) {
        if value == self.get(key) {
            return;
        }
        self.own.insert(key, value);
    }

    /// All that there is.
    pub fn all(&self) -> Model<V> {
        let mut all = self.base.clone();
        for (key, value) in self.own.iter() {
            match value {
                Some(value) => drop(all.insert(*key, value.clone())),
                None => drop(all.remove(key)),
            }
        }
        all
    }
}

/// What was seen in many interleavings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Statements that were done.
    pub statements: usize,
    /// That waited for the other session.
    pub waits: usize,
    /// That PostgreSQL ended to end a deadlock.
    pub deadlocks: usize,
    /// Other errors, all of them expected.
    pub errors: usize,
}

impl std::ops::AddAssign for Seen {
    fn add_assign(&mut self, other: Self) {
        self.statements += other.statements;
        self.waits += other.waits;
        self.deadlocks += other.deadlocks;
        self.errors += other.errors;
    }
}

type Answer = Result<Vec<SimpleQueryMessage>, tokio_postgres::Error>;
type Asked<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// Two sessions and one that looks on.
pub struct Players {
    sessions: [Connected; 2],
    pids: [i32; 2],
    onlooker: Connected,
}

/// What a session waits for.
enum Asking<V> {
    Statement(Step<V>),
    End { commit: bool },
}

/// A session in the middle of an interleaving.
struct Hand<'a, V> {
    session: &'a Connected,
    pid: i32,
    own: BTreeMap<i64, Option<V>>,
    open: bool,
    waiting: Option<(Asking<V>, Asked<'a>)>,
    waited: bool,
}

impl Players {
    /// With three connections. The schema is first in their paths.
    pub async fn new(sessions: [Connected; 2], onlooker: Connected, schema: &str) -> Self {
        let mut pids = [0; 2];
        for (session, pid) in sessions.iter().zip(&mut pids) {
            // A deadlock is found at once, so that there can be many of them.
            run(session, &format!("SET search_path = {schema}; SET deadlock_timeout = '3ms'")).await;
            *pid = rows(session, "SELECT pg_backend_pid()").await.unwrap()[0].parse().unwrap();
        }
        run(&onlooker, &format!("SET search_path = {schema}; SET deadlock_timeout = '3ms'")).await;
        Self { sessions, pids, onlooker }
    }

    /// The session that looks on.
    pub fn onlooker(&self) -> &Connected {
        &self.onlooker
    }

    /// Plays one interleaving. The error is the story of what went wrong.
    pub async fn play<W: World>(&self, world: &W, seed: u64, length: usize) -> Result<Seen, String> {
        let mut random = StdRng::seed_from_u64(seed);
        let (sql, committed) = world.fill(&mut random);
        let fill = format!("BEGIN; SET LOCAL session_replication_role = replica; {sql}; COMMIT");
        run(&self.onlooker, &fill).await;
        let hands = [0, 1].map(|at| Hand {
            session: &self.sessions[at],
            pid: self.pids[at],
            own: BTreeMap::new(),
            open: false,
            waiting: None,
            waited: false,
        });
        let mut game = Game {
            world,
            onlooker: &self.onlooker,
            committed,
            hands,
            seen: Seen::default(),
            story: vec![sql],
        };
        match game.run(&mut random, length).await {
            Ok(()) => Ok(game.seen),
            Err(wrong) => {
                for hand in &mut game.hands {
                    hand.waiting = None;
                    let _ = hand.session.client.simple_query("ROLLBACK").await;
                }
                Err(format!("seed {seed}: {wrong}\n  {}", game.story.join("\n  ")))
            }
        }
    }
}

struct Game<'a, W: World> {
    world: &'a W,
    onlooker: &'a Connected,
    committed: Model<W::Value>,
    hands: [Hand<'a, W::Value>; 2],
    seen: Seen,
    story: Vec<String>,
}

impl<W: World> Game<'_, W> {
    async fn run(&mut self, random: &mut StdRng, length: usize) -> Result<(), String> {
        for _ in 0..length {
            let free: Vec<usize> = (0..2).filter(|at| self.hands[*at].waiting.is_none()).collect();
            let at = free[random.random_range(0..free.len())];
            match random.random_range(0..10) {
                0 | 1 if self.hands[at].open => self.end(at, true),
                2 if self.hands[at].open => self.end(at, random.random_bool(0.3)),
                3 => self.look(at).await?,
                _ => {
                    // Half of the statements are transactions of their own.
                    if !self.hands[at].open && random.random_bool(0.5) {
                        self.tell(at, "BEGIN").await;
                        self.hands[at].open = true;
                    }
                    let step = self.world.client(random);
                    let sql = step.sql.clone();
                    self.ask(at, sql, Asking::Statement(step));
                }
            }
            self.settle().await?;
        }
        // A session that waits is let go on by the end of the other one.
        while self.hands.iter().any(|hand| hand.open || hand.waiting.is_some()) {
            let at = usize::from(self.hands[0].waiting.is_some() || !self.hands[0].open);
            self.end(at, true);
            self.settle().await?;
        }
        rows(self.onlooker, &self.world.last()).await.map_err(|failed| failed.message)?;
        let found = rows(self.onlooker, &self.world.query()).await.unwrap();
        let mut own = BTreeMap::new();
        let view = View { base: &self.committed, own: &mut own };
        compare("at the end", &found, &self.world.expected(&view))
    }

    async fn tell(&mut self, at: usize, sql: &str) {
        self.story.push(format!("{at}: {sql}"));
        run(self.hands[at].session, sql).await;
    }

    fn end(&mut self, at: usize, commit: bool) {
        let sql = if commit { "COMMIT" } else { "ROLLBACK" };
        self.ask(at, sql.to_owned(), Asking::End { commit });
    }

    /// A transaction is over.
    fn close(&mut self, at: usize, commit: bool) {
        let own = std::mem::take(&mut self.hands[at].own);
        self.hands[at].open = false;
        for (key, value) in own.into_iter().filter(|_| commit) {
            match value {
                Some(value) => drop(self.committed.insert(key, self.world.committed(value))),
                None => drop(self.committed.remove(&key)),
            }
        }
    }

    /// A session reads both sides: it sees what is committed and what it wrote itself.
    async fn look(&mut self, at: usize) -> Result<(), String> {
        self.story.push(format!("{at}: looks"));
        let found = rows(self.hands[at].session, &self.world.query()).await.unwrap();
        let hand = &mut self.hands[at];
        let view = View { base: &self.committed, own: &mut hand.own };
        compare("in a transaction", &found, &self.world.expected(&view))
    }

    fn ask(&mut self, at: usize, sql: String, asking: Asking<W::Value>) {
        self.story.push(format!("{at}: {sql}"));
        let client = &self.hands[at].session.client;
        let asked: Asked<'_> = Box::pin(async move { client.simple_query(&sql).await });
        self.hands[at].waiting = Some((asking, asked));
        self.hands[at].waited = false;
    }

    /// Until every session is done or waits for the other one. The session that was asked last goes first: when its end lets
    /// the other one go on, the model must hear of it in that order.
    async fn settle(&mut self) -> Result<(), String> {
        loop {
            let mut busy: Vec<usize> = (0..2).filter(|at| self.hands[*at].waiting.is_some()).collect();
            busy.sort_by_key(|at| self.hands[*at].waited);
            let mut blocked = 0;
            let mut moved = false;
            for at in &busy {
                if self.advance(*at).await? {
                    moved = true;
                } else if self.is_blocked(*at).await {
                    blocked += 1;
                    if !std::mem::replace(&mut self.hands[*at].waited, true) {
                        self.seen.waits += 1;
                        self.story.push(format!("{at}: waits"));
                    }
                    continue;
                }
                // What it does next may be what the other one waits for.
                break;
            }
            // Two that wait for each other are a deadlock, which PostgreSQL ends.
            if !moved && blocked == busy.len() && blocked < 2 {
                return Ok(());
            }
        }
    }

    /// Takes the answer, if it is there.
    async fn advance(&mut self, at: usize) -> Result<bool, String> {
        let Some((_, asked)) = &mut self.hands[at].waiting else { return Ok(false) };
        let Some(answer) = soon(asked).await else { return Ok(false) };
        self.done(at, answer).await?;
        Ok(true)
    }

    async fn is_blocked(&self, at: usize) -> bool {
        let sql = format!("SELECT cardinality(pg_blocking_pids({})) > 0", self.hands[at].pid);
        rows(self.onlooker, &sql).await.unwrap()[0] == "t"
    }

    async fn done(&mut self, at: usize, answer: Answer) -> Result<(), String> {
        let (asking, _) = self.hands[at].waiting.take().unwrap();
        let told = answer.map(|messages| messages.iter().filter_map(line).count()).map_err(|e| failed(&e));
        self.story.push(format!("{at}: done {told:?}"));
        match (asking, told) {
            (Asking::End { commit }, Ok(_)) => self.close(at, commit),
            (Asking::End { .. }, Err(failed)) => return Err(format!("{failed:?}")),
            (Asking::Statement(step), Ok(told)) => {
                self.seen.statements += 1;
                self.took(at, &step, told)?;
                if !self.hands[at].open {
                    self.close(at, true);
                }
            }
            (Asking::Statement(step), Err(failed)) => self.refused(at, &step, &failed).await?,
        }
        Ok(())
    }

    /// A statement that waited for a lock may find that its row is gone: then nothing happened.
    fn took(&mut self, at: usize, step: &Step<W::Value>, told: usize) -> Result<(), String> {
        let hand = &mut self.hands[at];
        if hand.waited && told == 0 {
            return Ok(());
        }
        let expected = (step.effect)(&mut View { base: &self.committed, own: &mut hand.own });
        if expected == Ok(told) {
            Ok(())
        } else {
            Err(format!("{}: {told} rows, expected {expected:?}", step.sql))
        }
    }

    /// The transaction is over; the error is one that had to come.
    async fn refused(&mut self, at: usize, step: &Step<W::Value>, failed: &Failed) -> Result<(), String> {
        let hand = &mut self.hands[at];
        // PostgreSQL's own answer to two sessions that move one row to another partition.
        let moved = failed.message.contains("moved to another partition");
        if failed.code == "40P01" {
            self.seen.deadlocks += 1;
        } else if !moved {
            self.seen.errors += 1;
            let expected = (step.effect)(&mut View { base: &self.committed, own: &mut hand.own });
            if expected.as_ref().err() != Some(&failed.code) {
                return Err(format!("{}: {failed:?}, expected {expected:?}", step.sql));
            }
        }
        // An error is told before the locks are gone; after this they are.
        run(hand.session, "ROLLBACK").await;
        self.close(at, false);
        Ok(())
    }
}

/// What came within a moment.
async fn soon(asked: &mut Asked<'_>) -> Option<Answer> {
    tokio::time::timeout(
        Duration::from_millis(1),
        std::future::poll_fn(|context| match asked.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(answer),
            Poll::Pending => Poll::Pending,
        }),
    )
    .await
    .ok()
}

fn compare(when: &str, found: &[String], expected: &[String]) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{when}\n  found    {found:?}\n  expected {expected:?}"))
    }
}
