//! `cargo xtask sanitize`: builds the crates with unsafe code under a sanitizer and runs their tests. The switch is an
//! unstable one, so `RUSTC_BOOTSTRAP` opens it on the stable compiler; std is not rebuilt, which AddressSanitizer does not
//! mind and ThreadSanitizer needs a suppression file for.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::{cargo, unsafe_map};

/// Races that are shown to be std's own, each with its reason.
const SUPPRESSIONS: &str = "xtask/tsan-suppressions.txt";

/// What can be built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sanitizer {
    /// Use after free, overflow, double free, leaks.
    Address,
    /// Data races.
    Thread,
}

impl Sanitizer {
    /// Part of the name of the runtime library.
    fn library(self) -> &'static str {
        match self {
            Self::Address => "asan",
            Self::Thread => "tsan",
        }
    }

    fn target_directory(self) -> &'static str {
        match self {
            Self::Address => "sanitize-address",
            Self::Thread => "sanitize-thread",
        }
    }

    /// The second flag for threads permits linking with the std that is there, built without the sanitizer. The one for
    /// addresses leaves each task's memory to the allocator: recycled memory is never seen as freed.
    fn compiler_flags(self) -> &'static str {
        match self {
            Self::Address => "-Zsanitizer=address --cfg=plain_memory",
            Self::Thread => "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer",
        }
    }

    /// Which tests run. Unit tests of the threads' own makers hand values through std's `Once`, channels and thread
    /// results, which ThreadSanitizer cannot see; the integration tests drive the same code through the runtime.
    fn test_programs(self) -> &'static [&'static str] {
        match self {
            Self::Address => &["--lib", "--tests"],
            Self::Thread => &["--test", "it"],
        }
    }

    /// Tests that cannot pass under the sanitizer, each with the reason.
    fn blind_spots(self) -> &'static [(&'static str, &'static str)] {
        const SHADOW: (&str, &str) = (
            "no_threads::",
            "they limit the address space, of which the sanitizer takes terabytes",
        );
        const SIGNALS: (&str, &str) = (
            "signals::",
            "the sanitizer keeps signals back until the thread makes a libc call, and a thread that waits in the \
             poller makes none",
        );
        const DEEP: (&str, &str) = (
            "ten_thousand_scopes",
            "the sanitizer's own record of a thread's calls has room for 65,536",
        );
        match self {
            Self::Address => &[SHADOW],
            Self::Thread => &[SHADOW, SIGNALS, DEEP],
        }
    }

    /// Variable and value that set the sanitizer's own options. Both stop at the first report, so that it is the last
    /// thing printed.
    fn options(self, root: &Path) -> (&'static str, String) {
        match self {
            Self::Address => ("ASAN_OPTIONS", "detect_stack_use_after_return=1".to_owned()),
            Self::Thread => {
                let path = root.join(SUPPRESSIONS);
                ("TSAN_OPTIONS", format!("halt_on_error=1:suppressions={}", path.display()))
            }
        }
    }
}

/// A cargo command that builds with the sanitizer for `host`.
fn command(root: &Path, sanitizer: Sanitizer, subcommand: &str, host: &str) -> Command {
    let (name, value) = sanitizer.options(root);
    let mut command = cargo::command(root, sanitizer.target_directory());
    command
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", sanitizer.compiler_flags())
        .env(name, value)
        // Printing a backtrace goes through a lock of std's, which ThreadSanitizer cannot see, and tests panic by the hundred.
        .env("RUST_BACKTRACE", "0")
        .args([subcommand, "--locked", "--target", host]);
    command
}

/// Runs the soak for so many seconds.
pub(crate) fn soak(root: &Path, sanitizer: Sanitizer, seconds: u64) -> Result<()> {
    let host = host_triple()?;
    ensure_runtime(sanitizer, &host)?;
    let mut command = command(root, sanitizer, "run", &host);
    command.args(["-p", "bench", "--", "soak", "--no-memory-check", "--seconds"]);
    cargo::run(command.arg(seconds.to_string()))
}

/// Runs the tests; `test_arguments` go to the test programs.
pub(crate) fn run(root: &Path, sanitizer: Sanitizer, test_arguments: &[String]) -> Result<()> {
    let host = host_triple()?;
    ensure_runtime(sanitizer, &host)?;
    let listed = unsafe_map::read(root)?;
    let packages = unsafe_map::packages(&listed);
    let mut command = command(root, sanitizer, "test", &host);
    command.args(sanitizer.test_programs());
    for package in packages {
        command.args(["-p", package]);
    }
    // The harness's buffer for captured output stands behind a std lock, which ThreadSanitizer cannot see.
    command.args(["--", "--nocapture"]).args(test_arguments);
    for (name, reason) in sanitizer.blind_spots() {
        println!("Skipped: tests named {name}: {reason}");
        command.args(["--skip", name]);
    }
    cargo::run(&mut command)
}

fn host_triple() -> Result<String> {
    let version = rustc(&["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

/// Fails with what to do where the compiler comes without the runtime library: the linker's message would not say it.
fn ensure_runtime(sanitizer: Sanitizer, host: &str) -> Result<()> {
    let sysroot = rustc(&["--print", "sysroot"])?;
    let directory = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("lib");
    let ending = format!("_rt.{}.a", sanitizer.library());
    let entries = std::fs::read_dir(&directory)
        .with_context(|| format!("cannot list the compiler's libraries in {directory:?}"))?;
    let is_there =
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().ends_with(&ending));
    ensure!(
        is_there,
        "this compiler has no {sanitizer:?}Sanitizer runtime (*{ending}) for {host} in {directory:?}; use a toolchain \
         from rustup on a target that has one, such as x86_64-unknown-linux-gnu"
    );
    Ok(())
}

fn rustc(arguments: &[&str]) -> Result<String> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    cargo::capture(Command::new(program).args(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_without_the_runtime_is_refused_with_what_to_do() {
        let error = ensure_runtime(Sanitizer::Thread, "no-such-target").unwrap_err();
        assert!(error.to_string().contains("cannot list the compiler's libraries"), "{error}");
    }

    #[test]
    fn the_host_is_a_triple() {
        let host = host_triple().unwrap();
        assert!(host.matches('-').count() >= 2, "{host}");
    }

    #[test]
    fn the_suppression_file_exists() {
        let root = crate::workspace::root().unwrap();
        let (name, value) = Sanitizer::Thread.options(&root);
        assert_eq!(name, "TSAN_OPTIONS");
        let (_, path) = value.split_once("suppressions=").unwrap();
        assert!(Path::new(path).is_file(), "{value}");
    }
}
