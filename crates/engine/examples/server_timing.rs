//! Measures how long throw-away servers and their databases take: medians in milliseconds.
//!
//! `cargo run --release -p cutover-engine --example server_timing`
#![expect(clippy::print_stdout, reason = "a program of its own")]

use std::time::Instant;

use cutover_engine::server::{Binaries, Embedded, Lookup, Scratch};

const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut times: Vec<(&str, Vec<f64>)> = Vec::new();
    for _ in 0..ROUNDS {
        let dir = tempfile::tempdir()?;
        let binaries = time(&mut times, "find binaries", || Binaries::find(&Lookup::from_env()))?;
        if times.first().is_some_and(|(_, all)| all.len() <= 5) {
            drop(time(&mut times, "scratch server with initdb", || Scratch::start(&binaries, dir.path()))?);
        } else {
            drop(Scratch::start(&binaries, dir.path())?);
        }
        let server =
            time(&mut times, "scratch server from the template", || Scratch::start(&binaries, dir.path()))?;
        let first = time(&mut times, "first database", || server.create_blocking(None))?;
        let second = time(&mut times, "next database", || server.create_blocking(None))?;
        let third =
            time(&mut times, "next database from a template", || server.create_blocking(Some(first.name())))?;
        time(&mut times, "three drops", || {
            drop((first, second, third));
            // waits for them, and fails
            server.create_blocking(Some("none")).err()
        });
        time(&mut times, "end of the scratch server", || drop(server));
    }
    let dir = tempfile::tempdir_in("/var/tmp")?;
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let embedded = Embedded::open(&dir.path().join(".cutover"), Lookup::from_env());
    drop(time(&mut times, "embedded server, first time", || embedded.attach_for_command())?);
    for _ in 0..ROUNDS {
        let command = time(&mut times, "embedded server, started", || embedded.attach_for_command())?;
        drop(time(&mut times, "embedded server, joined", || embedded.attach_for_command())?);
        time(&mut times, "embedded server, ended", || drop(command));
    }
    for (what, mut all) in times {
        all.sort_by(f64::total_cmp);
        println!("{what:36} {:8.1} (worst {:.1})", all[all.len() / 2], all[all.len() - 1]);
    }
    Ok(())
}

fn time<T>(times: &mut Vec<(&'static str, Vec<f64>)>, what: &'static str, f: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let value = f();
    let millis = begin.elapsed().as_secs_f64() * 1000.0;
    match times.iter_mut().find(|(name, _)| *name == what) {
        Some((_, all)) => all.push(millis),
        None => times.push((what, vec![millis])),
    }
    value
}
