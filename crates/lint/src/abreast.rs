//! Work on all cores whose results are taken one after the other: the next texts are read while the first are judged.
//!
//! Knows nothing of what is made.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Deep expressions are deep trees, and those who make them here have no less room than the main thread.
const STACK: usize = 16 * 1024 * 1024;

/// Makes `count` things with `make` on all cores and gives each to `take`, here and in the order of their numbers. Who
/// takes makes some as well when the next one is not ready.
pub fn in_order<T: Send>(count: usize, make: impl Fn(usize) -> T + Sync, mut take: impl FnMut(usize, T)) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, 8);
    // few at a time, so that nobody waits for long, and enough to make the passing on cheap
    let size = (count / (threads * 16)).clamp(1, 16);
    let portions = count.div_ceil(size);
    if threads == 1 || portions < 2 {
        (0..count).for_each(|at| take(at, make(at)));
        return;
    }
    let work = Work { count, size, next: AtomicUsize::new(0), ready: Mutex::default(), more: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(portions) {
            let helper = std::thread::Builder::new().stack_size(STACK);
            // with fewer threads it takes longer and is the same
            let _ = helper.spawn_scoped(scope, || work.help(&make));
        }
        for portion in 0..portions {
            let made = work.portion(portion, &make);
            made.into_iter().enumerate().for_each(|(at, it)| take(portion * size + at, it));
        }
    });
}

/// What is to be made, and what is made and not yet taken.
struct Work<T> {
    count: usize,
    size: usize,
    /// The first portion that nobody has begun.
    next: AtomicUsize,
    /// Nothing for a portion whose maker panicked.
    ready: Mutex<BTreeMap<usize, Option<Vec<T>>>>,
    more: Condvar,
}

/// Says of a portion that it is lost, unless it is made.
struct Promise<'w, T> {
    work: &'w Work<T>,
    portion: usize,
    made: Option<Vec<T>>,
}

impl<T> Drop for Promise<'_, T> {
    fn drop(&mut self) {
        self.work.lock().insert(self.portion, self.made.take());
        self.work.more.notify_all();
    }
}

impl<T> Work<T> {
    /// Makes portions until there are no more.
    fn help(&self, make: &impl Fn(usize) -> T) {
        while self.make_next(make) {}
    }

    /// Makes the first portion that nobody has begun, if there is one.
    fn make_next(&self, make: &impl Fn(usize) -> T) -> bool {
        let portion = self.next.fetch_add(1, Ordering::Relaxed);
        let start = portion * self.size;
        if start >= self.count {
            return false;
        }
        let mut promise = Promise { work: self, portion, made: None };
        promise.made = Some((start..self.count.min(start + self.size)).map(make).collect());
        true
    }

    /// A portion, when it is made.
    fn portion(&self, portion: usize, make: &impl Fn(usize) -> T) -> Vec<T> {
        loop {
            let found = self.lock().remove(&portion);
            match found {
                Some(Some(made)) => return made,
                // the scope passes the panic on
                Some(None) => return Vec::new(),
                None if self.make_next(make) => {}
                None => return self.wait_for(portion),
            }
        }
    }

    /// A portion that somebody has begun.
    fn wait_for(&self, portion: usize) -> Vec<T> {
        let mut ready = self.lock();
        loop {
            match ready.remove(&portion) {
                Some(made) => return made.unwrap_or_default(),
                None => ready = self.more.wait(ready).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Option<Vec<T>>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn all_are_made_and_taken_in_their_order() {
        for count in [0, 1, 2, 31, 32, 1000, 1001] {
            let mut taken = Vec::new();
            let make = |at: usize| {
                // the first are the slowest
                let work = if at < 3 { 200_000 } else { 10 };
                (0..work).fold(at, |sum, n| std::hint::black_box(sum ^ n ^ n))
            };
            in_order(count, make, |at, made| taken.push((at, made)));
            assert_eq!(taken, (0..count).map(|at| (at, at)).collect::<Vec<_>>());
        }
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_of_a_helper_is_not_swallowed() {
        let here = std::thread::current().id();
        in_order(
            64,
            |at| {
                if std::thread::current().id() != here {
                    std::panic::panic_any("no");
                }
                std::thread::sleep(std::time::Duration::from_millis(2));
                at
            },
            |_, _| {},
        );
    }
}
