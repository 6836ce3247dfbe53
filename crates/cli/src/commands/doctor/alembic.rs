//! `cutover doctor` on an Alembic project: alone, beside revisions of Cutover's, and in charge of the history.

use std::path::Path;

use cutover_core::report::{Conclusion, Weight};
use cutover_engine::adopt::alembic::VersionTable;
use cutover_engine::config::Config;
use cutover_engine::connect::ConnParams;
use cutover_engine::doctor::alembic::{Files, Recording, applied, joined};
use cutover_engine::doctor::{self, Examined, Options};
use cutover_engine::session::Session;

use super::{Args, add};
use crate::context::Context;
use crate::failure::Failure;
use crate::in_charge::{self, Recorded};

/// An Alembic project without a cutover.toml: its files, and what its table says where a database is named.
pub async fn alone(context: &Context, args: &Args, folder: &Path) -> Result<Examined, Failure> {
    let files = Files::read(folder).await?;
    let mut examined = Examined { conclusions: files.conclude(), left_out: vec![not_run()] };
    match context.params_without_config(args.against.as_deref())? {
        Some(params) => examined.conclusions.extend(table(&files, &VersionTable::default(), &params).await?),
        None => examined.left_out.push(no_database()),
    }
    Ok(examined)
}

/// An Alembic project beside Cutover's revisions. These are looked at without a Python, too.
pub async fn beside(folder: &Path) -> Result<Examined, Failure> {
    match Files::read(folder).await {
        Ok(files) => Ok(Examined { conclusions: files.conclude(), left_out: vec![not_run()] }),
        Err(error) => {
            let left_out = vec![format!("the Alembic project: {error}")];
            Ok(Examined { left_out, ..Examined::default() })
        }
    }
}

/// A project whose history Alembic is in charge of: its files, and its revisions as they were recorded, replayed.
pub async fn in_charge(
    context: &Context,
    mut config: Config,
    args: &Args,
    folder: &Path,
) -> Result<Examined, Failure> {
    let files = Files::read(folder).await?;
    let recorded = match args.fast {
        true => Err("--fast".to_owned()),
        false => in_charge::recorded(context, &mut config).map_err(|failure| failure.message),
    };
    let mut examined = Examined::default();
    let mut version = VersionTable::default();
    match recorded {
        Ok(Some(Recorded::Kept(kept))) => {
            let settings = context.settings(&config, None);
            let options = Options { state: None, replay: Some(&settings) };
            let replayed = doctor::examine(&config, &options).await?;
            let of = Recording { root: &config.root, folder: &config.migrations, names: &kept.names };
            examined.conclusions = joined(&files, replayed.conclusions, of);
            let unread = replayed.left_out.into_iter().filter(|it| it.starts_with("the replay"));
            examined.left_out.extend(unread);
            version = kept.version;
        }
        Ok(Some(Recorded::Broken(broken, found))) => {
            examined.conclusions = files.conclude();
            examined.conclusions.extend(found.into_iter().filter_map(|it| of_its_run(it, &broken)));
            let why =
                "the replay: it needs a history that Alembic can run; the revisions that fail are named";
            examined.left_out.push(why.into());
        }
        Ok(None) => examined.conclusions = files.conclude(),
        Err(why) => {
            examined.conclusions = files.conclude();
            examined.left_out.push(format!("the replay: {why}"));
        }
    }
    add(&mut examined, of_database(context, args, &config, &files, &version).await?);
    Ok(examined)
}

/// What Alembic's own run said and its files do not, under the names that the replay would give it.
fn of_its_run(found: Conclusion, broken: &[String]) -> Option<Conclusion> {
    let id = match found.id {
        "upgrade-fails" => "chain-fails",
        "does-not-restore" => "downgrade-does-not-restore",
        "irreversible" if found.text.contains("its downgrade fails") => "downgrade-fails",
        id if broken.contains(&found.about) => id,
        _ => return None,
    };
    let weight = if id == "downgrade-fails" { Weight::Warning } else { found.weight };
    Some(Conclusion { id, weight, ..found })
}

async fn of_database(
    context: &Context,
    args: &Args,
    config: &Config,
    files: &Files,
    version: &VersionTable,
) -> Result<Examined, Failure> {
    if args.against.is_none() && !context.names_database() {
        return Ok(Examined { left_out: vec![no_database()], ..Examined::default() });
    }
    let database = context.database_at(config, args.against.as_deref()).await?;
    let conclusions = table(files, version, &database.params).await?;
    Ok(Examined { conclusions, ..Examined::default() })
}

async fn table(
    files: &Files,
    version: &VersionTable,
    params: &ConnParams,
) -> Result<Vec<Conclusion>, Failure> {
    let session = Session::open(params).await?;
    Ok(applied(files, version, &session).await?)
}

fn not_run() -> String {
    "the replay: nothing of an Alembic project is run here; migrations = { alembic = \"alembic.ini\" } in cutover.toml has it \
     recorded and replayed, cutover adopt alembic --dry-run says what running it tells"
        .into()
}

fn no_database() -> String {
    "whether what a database is at is in the files: name one, --against".into()
}
