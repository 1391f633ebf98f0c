//! What was measured on what: the machine, the kernel, the compiler and the version of every peer.
//! It stands above the tables and in every JSON line, because a figure without it says nothing.

use std::fs;
use std::process::Command;
use std::thread;

use serde::{Serialize, Serializer};

use crate::cortado_binary::CortadoBinary;
use crate::mixed;

/// Machine and versions of one run.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Versions {
    #[serde(serialize_with = "as_map")]
    machine: Vec<(&'static str, String)>,
    #[serde(serialize_with = "as_map")]
    tools: Vec<(&'static str, String)>,
}

fn as_map<S: Serializer>(
    pairs: &[(&'static str, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

impl Versions {
    /// A few lines for people.
    pub(crate) fn text(&self) -> String {
        let line = |(name, value): &(&str, String)| format!("{name}: {value}\n");
        self.machine.iter().chain(&self.tools).map(line).collect()
    }
}

/// Asks the machine and each tool; who does not answer is said to be missing.
pub(crate) fn collect(cortado: &CortadoBinary) -> Versions {
    let cortado_version = match cortado.path() {
        Ok(path) => first_line(&path.to_string_lossy(), &["--version"])
            .unwrap_or_else(|| "does not answer --version".to_owned()),
        Err(error) => format!("missing: {error:#}"),
    };
    let missing = |line: Option<String>| line.unwrap_or_else(|| "missing".to_owned());
    Versions {
        machine: vec![
            ("cpu", cpu_model()),
            ("cores", thread::available_parallelism().map_or(0, usize::from).to_string()),
            ("kernel", missing(first_line("uname", &["-sr"]))),
            ("rustc", missing(first_line("rustc", &["--version"]))),
            ("load before", read_trimmed("/proc/loadavg")),
        ],
        tools: vec![
            ("cortado", cortado_version),
            ("xargs", missing(first_line("xargs", &["--version"]))),
            ("parallel", missing(first_line("parallel", &["--version"]))),
            ("tokio", compiled_version("tokio")),
            ("smol", compiled_version("smol")),
            ("rayon", compiled_version("rayon")),
            ("chili", compiled_version("chili")),
            ("async-executor", compiled_version("async-executor")),
            ("go", go_version()),
        ],
    }
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(str::to_owned)
}

fn cpu_model() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    let model = line.map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned());
    model.unwrap_or_else(|| "unknown".to_owned())
}

fn read_trimmed(path: &str) -> String {
    fs::read_to_string(path).map_or("unknown".to_owned(), |text| text.trim().to_owned())
}

fn go_version() -> String {
    mixed::go_version().unwrap_or_else(|_| "missing".to_owned())
}

/// The version in the workspace's lock file, which is the one that was compiled in.
fn compiled_version(package: &str) -> String {
    let lock = include_str!("../../Cargo.lock");
    version_in_lock(lock, package).unwrap_or_else(|| "unknown".to_owned())
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let wanted = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != wanted).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.trim_end_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"tokio-macros\"\nversion = \"2.0.0\"\n\n[[package]]\n\
                    name = \"tokio\"\nversion = \"1.2.3\"\n";
        assert_eq!(version_in_lock(lock, "tokio").as_deref(), Some("1.2.3"));
        assert_eq!(version_in_lock(lock, "smol"), None);
    }
}
