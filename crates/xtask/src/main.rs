//! `cargo run -p xtask pages`: writes the pages of the rules and recipes.
#![expect(clippy::print_stderr, reason = "a tool for those who work on Cutover")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("pages") => match write() {
            Ok(number) => {
                eprintln!("{number} pages written");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
        _ => {
            eprintln!(
                "cargo run -p xtask pages    writes docs/rules and docs/recipes from what they say themselves"
            );
            ExitCode::from(2)
        }
    }
}

fn write() -> Result<usize, String> {
    let pages = xtask::pages::pages()?;
    let folder = xtask::root().join("docs/rules");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    for (path, text) in &pages {
        std::fs::write(xtask::root().join(path), text).map_err(|e| e.to_string())?;
    }
    let recipes = xtask::recipes::pages();
    std::fs::create_dir_all(xtask::root().join(xtask::recipes::FOLDER)).map_err(|e| e.to_string())?;
    for (path, text) in &recipes {
        std::fs::write(xtask::root().join(path), text).map_err(|e| e.to_string())?;
    }
    Ok(pages.len() + recipes.len())
}
