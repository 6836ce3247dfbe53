//! Where a project's Alembic is: its configuration, its Python. Nothing of it is run here.

use std::path::{Path, PathBuf};

use super::locations;

/// A project that uses Alembic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The folder that its Python is run in: the configuration's.
    pub root: PathBuf,
    /// `alembic.ini`, if there is one.
    pub ini: Option<PathBuf>,
    /// `pyproject.toml`, where it has `[tool.alembic]`.
    pub toml: Option<PathBuf>,
    /// The interpreter.
    pub python: String,
}

/// Why there is no project.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// No configuration.
    #[error("there is no alembic.ini and no pyproject.toml with [tool.alembic] in {} or above it", folder.display())]
    None {
        /// The folder that was asked for.
        folder: PathBuf,
    },
    /// No such folder.
    #[error("{} is not there", folder.display())]
    Missing {
        /// The folder that was asked for.
        folder: PathBuf,
    },
}

impl Project {
    /// Finds the configuration in a folder or one of the three above it, or takes the file itself; and the Python of its
    /// virtual environment, if none is given.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(folder: &Path, python: Option<&str>, active: Option<&Path>) -> Result<Self, ProjectError> {
        if !folder.exists() {
            return Err(ProjectError::Missing { folder: folder.to_owned() });
        }
        let file = folder.is_file();
        let start = if file { folder.parent().unwrap_or(folder) } else { folder };
        for root in start.ancestors().take(4) {
            let named =
                file.then(|| folder.to_owned()).filter(|it| it.extension().is_some_and(|e| e == "ini"));
            let ini = named.or_else(|| Some(root.join("alembic.ini")).filter(|it| it.is_file()));
            let toml = Some(root.join("pyproject.toml")).filter(|it| has_alembic(it));
            if ini.is_some() || toml.is_some() {
                let python = python.map_or_else(|| usual_python(root, active), str::to_owned);
                return Ok(Self { root: root.to_owned(), ini, toml, python });
            }
        }
        Err(ProjectError::None { folder: folder.to_owned() })
    }

    /// What the project is called: its configuration.
    pub fn name(&self) -> String {
        let file = self.ini.clone().or_else(|| self.toml.clone()).unwrap_or_else(|| self.root.clone());
        file.display().to_string()
    }

    /// The database that `alembic.ini` names, if it does: in a section, or in the first that does.
    pub fn database(&self, section: Option<&str>) -> Option<String> {
        let text = std::fs::read_to_string(self.ini.as_ref()?).ok()?;
        let from = section.and_then(|name| text.find(&format!("\n[{name}]"))).unwrap_or(0);
        let line = text[from..]
            .lines()
            .find_map(|line| line.strip_prefix("sqlalchemy.url")?.trim_start().strip_prefix('='))?;
        let (_, path) = line.split_once("://")?.1.split_once('/')?;
        let name = path.split('?').next().unwrap_or_default().trim();
        // one that a variable is filled into, or a file of SQLite
        let is_name = !name.is_empty() && !name.contains(['%', '/', '{', '$', '\\']);
        is_name.then(|| name.to_owned())
    }

    /// The folders that its scripts are in, as `alembic.ini` and `pyproject.toml` say; the project's own where they do not, and
    /// besides where one of them is not a folder, but in a package.
    pub fn scripts(&self) -> Vec<PathBuf> {
        let ini = self.ini.as_ref().and_then(|ini| std::fs::read_to_string(ini).ok()).unwrap_or_default();
        let toml = self.toml.as_ref().and_then(|toml| std::fs::read_to_string(toml).ok()).unwrap_or_default();
        let mut names = locations::of_ini(&ini);
        names.extend(locations::of_toml(&toml));
        let mut found: Vec<PathBuf> = Vec::new();
        for name in names {
            let name = name.replace("%(here)s", &self.root.to_string_lossy());
            let folders = self.root.ancestors().take(4).map(|root| root.join(&name));
            found.push(folders.into_iter().find(|it| it.is_dir()).unwrap_or_else(|| self.root.clone()));
        }
        if found.is_empty() {
            found.push(self.root.clone());
        }
        found.sort();
        found.dedup();
        found
    }

    /// A path as it is best read: from the project's folder.
    pub fn shown(&self, path: &str) -> String {
        Path::new(path)
            .strip_prefix(&self.root)
            .map_or_else(|_| path.to_owned(), |it| it.display().to_string())
    }
}

fn has_alembic(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| locations::of_alembic(&text).is_some())
}

/// The project's own Python: the active environment's, or that of a folder `.venv` or `venv` in it or above it.
fn usual_python(root: &Path, active: Option<&Path>) -> String {
    let near = root.ancestors().take(3).flat_map(|it| [it.join(".venv"), it.join("venv")]);
    let folders = active.map(Path::to_owned).into_iter().chain(near);
    let found = folders.map(|folder| folder.join("bin/python")).find(|python| python.is_file());
    found.map_or_else(|| "python3".into(), |python| python.display().to_string())
}
