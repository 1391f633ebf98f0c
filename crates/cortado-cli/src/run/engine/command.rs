//! How a job's process is made: by `posix_spawn` (no code ever runs between fork and exec, which
//! would force the standard library to fork), as the leader of a process group of its own, so that
//! a signal reaches all that the job starts, and a Ctrl-C of the terminal reaches none of it.
//! Standard input is `/dev/null`, also with one job at once, unless the job has a block to read.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Stdio;

use cortado::process::{Child, Command, SpawnError};
use rustix::io::Errno;

use super::super::plan::Plan;
use super::super::template::Invocation;

/// What all jobs have in common.
pub(super) struct Recipe {
    shell: OsString,
    /// The file of the program that all jobs start, with the name that the user gave it.
    program: Option<PathBuf>,
    env: Vec<(OsString, OsString)>,
    cwd: Option<PathBuf>,
}

impl Recipe {
    /// The recipe of a plan. `makeflags` is what jobs need in the variable of that name.
    pub(super) fn new(plan: &Plan, makeflags: Option<OsString>) -> Recipe {
        let mut env = plan.env.clone();
        // What the user sets wins.
        if let Some(makeflags) = makeflags
            && !env.iter().any(|(key, _)| key == "MAKEFLAGS")
        {
            env.push(("MAKEFLAGS".into(), makeflags));
        }
        Recipe {
            shell: plan.shell.clone(),
            program: plan.program.clone(),
            env,
            cwd: plan.cwd.clone(),
        }
    }

    /// Makes the process of a job. A file that is a script without a first line that names its
    /// interpreter is given to the shell, as every shell does.
    pub(super) async fn start(
        &self,
        invocation: Invocation,
        has_input: bool,
        stdio: impl Fn() -> (Stdio, Stdio),
    ) -> Result<Child, SpawnError> {
        let direct = matches!(invocation, Invocation::Direct { .. });
        let argv = invocation.into_argv(&self.shell);
        let (program, args) = match argv.split_first() {
            Some((program, args)) => (program.as_os_str(), args),
            None => (OsStr::new(""), &[][..]),
        };
        let known =
            self.program.as_deref().filter(|_| direct).map_or(program, |file| file.as_os_str());
        let mut command = self.command(known, has_input, stdio());
        if known != program {
            command.arg0(program);
        }
        match command.args(args).spawn().await {
            Err(error) if is_plain_script(&error) => {
                let mut command = self.command(&self.shell, has_input, stdio());
                command.arg(known).args(args).spawn().await
            }
            made => made,
        }
    }

    fn command(&self, program: &OsStr, has_input: bool, stdio: (Stdio, Stdio)) -> Command {
        let mut command = Command::new(program);
        command
            .process_group(0)
            .stdin(if has_input { Stdio::piped() } else { Stdio::null() })
            .stdout(stdio.0)
            .stderr(stdio.1);
        if !self.env.is_empty() {
            command.envs(self.env.iter().map(|(key, value)| (key, value)));
        }
        if let Some(dir) = &self.cwd {
            command.current_dir(dir);
        }
        command
    }
}

/// Whether the file is executable and no program that the kernel knows.
fn is_plain_script(error: &SpawnError) -> bool {
    Errno::from_io_error(error.io_error()) == Some(Errno::NOEXEC)
}
