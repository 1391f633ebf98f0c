//! `cargo xtask loom`: runs the loom models of every crate that has some. A model is a unit test whose name or module
//! begins with `loom_`; it stands beside the code that it models.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{cargo, workspace};

/// By this prefix the models are told from other unit tests.
const MODEL_PREFIX: &str = "loom_";

/// Two preemptions find most races in seconds; three take up to hours (loom's own documentation advises two or three).
const PREEMPTIONS: &str = "2";
const PREEMPTIONS_FULL: &str = "3";

/// Runs all models.
pub(crate) fn run(root: &Path, full: bool) -> Result<()> {
    let packages = packages_with_models(root)?;
    if packages.is_empty() {
        bail!("no loom models: no file in crates/*/src has a function or module `{MODEL_PREFIX}…`");
    }
    let preemptions = if full { PREEMPTIONS_FULL } else { PREEMPTIONS };
    for package in packages {
        let listed =
            cargo::capture(test_command(root, &package, preemptions).args(["--", "--list"]))?;
        let models = listed.lines().filter(|line| line.ends_with(": test")).count();
        if models == 0 {
            bail!(
                "{package}: its sources mention `{MODEL_PREFIX}`, but its library has no such test under `--cfg loom`; \
                 is the module behind `cfg(all(test, loom))` and part of the crate?"
            );
        }
        println!("{package}: {models} models, at most {preemptions} preemptions each");
        cargo::run(&mut test_command(root, &package, preemptions))?;
    }
    Ok(())
}

/// The models run optimised, since exploring is all computing, but with debug assertions, and built without the slow
/// link-time optimisation of the release profile.
fn test_command(root: &Path, package: &str, preemptions: &str) -> Command {
    let mut command = cargo::command(root, "loom");
    command
        .env("RUSTFLAGS", "--cfg loom")
        .env("LOOM_MAX_PREEMPTIONS", preemptions)
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")
        .args(["test", "--release", "--locked", "-p", package, "--lib", MODEL_PREFIX]);
    command
}

fn packages_with_models(root: &Path) -> Result<Vec<String>> {
    let mut packages = Vec::new();
    for path in workspace::list(root)?.files {
        let Some(package) = library_package(&path) else { continue };
        let full = root.join(&path);
        let text =
            std::fs::read_to_string(&full).with_context(|| format!("cannot read {full:?}"))?;
        if has_model(&text) && !packages.contains(&package) {
            packages.push(package);
        }
    }
    Ok(packages)
}

/// The package of a path of the form `crates/<package>/src/….rs`.
fn library_package(path: &Path) -> Option<String> {
    let mut parts = path.iter().map(|part| part.to_string_lossy());
    let is_source = path.extension().is_some_and(|ending| ending == "rs");
    let in_crates = parts.next()? == "crates";
    let package = parts.next()?.into_owned();
    (is_source && in_crates && parts.next()? == "src").then_some(package)
}

fn has_model(text: &str) -> bool {
    ["fn ", "mod "].iter().any(|keyword| {
        text.lines().any(|line| line.trim_start().starts_with(&format!("{keyword}{MODEL_PREFIX}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_functions_or_modules_with_the_prefix() {
        assert!(has_model("    fn loom_push_and_steal() {"));
        assert!(has_model("mod loom_models {"));
        assert!(!has_model("// fn loom_x\nfn bloom_() {}"));
    }

    #[test]
    fn only_sources_of_crates_belong_to_a_package() {
        let package = |path: &str| library_package(Path::new(path));
        assert_eq!(package("crates/cortado-core/src/task/mod.rs").as_deref(), Some("cortado-core"));
        assert_eq!(package("crates/cortado-core/tests/a.rs"), None);
        assert_eq!(package("xtask/src/loom.rs"), None);
        assert_eq!(package("crates/cortado-core/src/notes.md"), None);
    }
}
