//! The checks of this workspace that Cargo itself does not make. Each is one subcommand of `cargo xtask`, prints every
//! problem it finds at once, and exits non-zero when there is one.

#![forbid(unsafe_code)]

mod cargo;
mod exceptions;
mod layers;
mod loom;
mod miri;
mod sanitize;
mod tidy;
mod unsafe_map;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Checks of the cortado workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    check: Check,
}

#[derive(Subcommand)]
enum Check {
    /// Every crate imports only from lower rows of the crate map.
    Layers,
    /// Headers, lengths, names, unsafe code, essays and cfg attributes follow CONTRIBUTING.md.
    Tidy,
    /// Run the loom models.
    Loom {
        /// Explore up to three preemptions instead of two: minutes to hours instead of seconds to minutes.
        #[arg(long)]
        full: bool,
    },
    /// Run the tests of the crates with unsafe code under a sanitizer.
    Sanitize {
        /// The sanitizer to build with.
        sanitizer: sanitize::Sanitizer,
        /// Runs the soak for so many seconds instead of the tests.
        #[arg(long, value_name = "SECONDS", conflicts_with = "test_arguments")]
        soak: Option<u64>,
        /// Arguments for the test programs, such as a name to filter by.
        #[arg(last = true)]
        test_arguments: Vec<String>,
    },
    /// Run the tests of the unsafe modules under Miri, where it is installed.
    Miri,
}

fn main() -> ExitCode {
    match run(Arguments::parse().check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(check: Check) -> anyhow::Result<()> {
    let root = workspace::root()?;
    match check {
        Check::Layers => layers::run(&root),
        Check::Tidy => tidy::run(&root),
        Check::Loom { full } => loom::run(&root, full),
        Check::Sanitize { sanitizer, soak: Some(seconds), .. } => {
            sanitize::soak(&root, sanitizer, seconds)
        }
        Check::Sanitize { sanitizer, soak: None, test_arguments } => {
            sanitize::run(&root, sanitizer, &test_arguments)
        }
        Check::Miri => miri::run(&root),
    }
}
