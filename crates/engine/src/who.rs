//! Who runs this: a person at a machine, as the ledger records it.

/// `user@host`; the user behind `sudo` where there is one.
pub fn who(variables: &dyn Fn(&str) -> Option<String>) -> String {
    let user = variables("SUDO_USER").or_else(os_user).unwrap_or_else(|| "unknown".into());
    match nix::unistd::gethostname() {
        Ok(host) => format!("{user}@{}", host.to_string_lossy()),
        Err(_) => user,
    }
}

fn os_user() -> Option<String> {
    nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten().map(|user| user.name)
}
