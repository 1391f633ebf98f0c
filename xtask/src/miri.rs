//! `cargo xtask miri`: interprets the unit tests of the modules with unsafe code, where Miri is installed. The `sys` files
//! are left out: they are system calls, which Miri does not interpret.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::unsafe_map::Entry;
use crate::{cargo, unsafe_map};

/// Runs Miri, or says that it is not there.
pub(crate) fn run(root: &Path) -> Result<()> {
    if !is_installed() {
        println!("Skipped: Miri is not installed (`cargo miri --version` fails).");
        return Ok(());
    }
    let listed = unsafe_map::read(root)?;
    for package in unsafe_map::packages(&listed) {
        let modules = modules_of(package, &listed);
        if modules.is_empty() {
            println!("{package}: all its unsafe code is system calls, nothing for Miri");
            continue;
        }
        let mut command = cargo::command(root, "miri");
        command.args(["miri", "test", "--locked", "-p", package, "--lib", "--"]).args(modules);
        cargo::run(&mut command)?;
    }
    Ok(())
}

fn is_installed() -> bool {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["miri", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The module paths of the listed files of `package`, by which the test runner filters.
fn modules_of(package: &str, listed: &[Entry]) -> Vec<String> {
    let source = format!("crates/{package}/src/");
    listed
        .iter()
        .filter_map(|entry| entry.path.strip_prefix(&source)?.strip_suffix(".rs"))
        .filter(|path| !path.starts_with("sys/"))
        .map(|path| format!("{}::", path.trim_end_matches("/mod").replace('/', "::")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_follow_from_paths_and_system_calls_are_left_out() {
        let listed: Vec<Entry> =
            ["crates/a/src/task/cell.rs", "crates/a/src/sys/linux.rs", "crates/b/src/x.rs"]
                .map(|path| Entry { path: path.to_owned(), line: 1 })
                .into();
        assert_eq!(modules_of("a", &listed), ["task::cell::"]);
    }
}
