//! Builds the `cortado` command in release mode, beside the bench's own executable, the first time
//! that a case asks for it. A build that fails is a printed failure of the contender `cortado`, not
//! the end of the run: the peers are measured all the same.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};

/// The command under test: built on first use, or given on the command line.
pub(crate) struct CortadoBinary {
    given: Option<PathBuf>,
    built: OnceLock<Result<PathBuf, String>>,
}

impl CortadoBinary {
    pub(crate) fn new(given: Option<&Path>) -> Self {
        Self { given: given.map(Path::to_owned), built: OnceLock::new() }
    }

    /// The path of the binary, built if need be; the same answer each time.
    pub(crate) fn path(&self) -> Result<PathBuf> {
        let locate = || self.locate().map_err(|error| format!("{error:#}"));
        self.built.get_or_init(locate).clone().map_err(|text| anyhow!(text))
    }

    fn locate(&self) -> Result<PathBuf> {
        match &self.given {
            Some(path) if path.is_file() => Ok(path.canonicalize()?),
            Some(path) => bail!("{} is not a file; --cortado names the binary", path.display()),
            None => build(),
        }
    }
}

/// Runs cargo with the target directory in which the bench itself lies.
fn build() -> Result<PathBuf> {
    let bench = env::current_exe().context("find the bench's own executable")?;
    let target = bench
        .parent()
        .and_then(Path::parent)
        .context("the bench's own executable lies in no target directory; give --cortado PATH")?;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the bench's manifest lies in no workspace")?;
    eprintln!("… building cortado");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "-p", "cortado-cli", "--target-dir"])
        .arg(target)
        .current_dir(workspace)
        .stdin(Stdio::null())
        .output()
        .context("run cargo to build cortado; give --cortado PATH if there is no cargo")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let first = text.lines().find(|line| line.starts_with("error")).unwrap_or("no message");
        bail!("cargo build --release -p cortado-cli failed: {first}");
    }
    Ok(target.join("release/cortado"))
}
