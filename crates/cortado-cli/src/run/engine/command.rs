//! How a job's process is made: by `posix_spawn` (no code ever runs between fork and exec, which
//! would force the standard library to fork), as the leader of a process group of its own, so that
//! a signal reaches all that the job starts, and a Ctrl-C of the terminal reaches none of it.
//! Standard input is `/dev/null`, also with one job at once, unless the job has a block to read.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use cortado::process::{Command, Newborn, SpawnError};
use rustix::io::Errno;

use super::super::input::{Job, memory_of};
use super::super::plan::{Output as Mode, Plan};
use super::super::template::Invocation;

/// What all jobs have in common.
pub(super) struct Recipe {
    shell: OsString,
    /// The file of the program that all jobs start, with the name that the user gave it.
    program: Option<PathBuf>,
    env: Vec<(OsString, OsString)>,
    cwd: Option<PathBuf>,
    /// Whether the jobs' output comes through us.
    captures: bool,
}

/// A job whose command is filled in: all that it takes to make its process, on any thread.
pub(super) struct Prepared {
    /// The number of the job.
    pub(super) seq: u64,
    recipe: Arc<Recipe>,
    argv: Vec<OsString>,
    /// Whether it is executed without a shell.
    direct: bool,
    has_input: bool,
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
            captures: plan.output != Mode::Inherit,
        }
    }

    /// Prepares a job.
    pub(super) fn prepare(self: &Arc<Self>, job: &Job, invocation: Invocation) -> Prepared {
        Prepared {
            seq: job.seq,
            recipe: self.clone(),
            direct: matches!(invocation, Invocation::Direct { .. }),
            argv: invocation.into_argv(&self.shell),
            has_input: job.stdin.is_some(),
        }
    }

    fn command(&self, program: &OsStr, has_input: bool) -> Command {
        let output = || if self.captures { Stdio::piped() } else { Stdio::inherit() };
        let mut command = Command::new(program);
        command
            .process_group(0)
            .stdin(if has_input { Stdio::piped() } else { Stdio::null() })
            .stdout(output())
            .stderr(output());
        if !self.env.is_empty() {
            command.envs(self.env.iter().map(|(key, value)| (key, value)));
        }
        if let Some(dir) = &self.cwd {
            command.current_dir(dir);
        }
        command
    }
}

impl Prepared {
    /// About how much memory its command takes, in bytes.
    pub(super) fn memory(&self) -> usize {
        memory_of(&self.argv)
    }

    /// Makes the process of the job. A file that is a script without a first line that names its
    /// interpreter is given to the shell, as every shell does.
    pub(super) fn start(&self) -> Result<Newborn, SpawnError> {
        let Prepared { recipe, argv, direct, has_input, .. } = self;
        let (program, args) = match argv.split_first() {
            Some((program, args)) => (program.as_os_str(), args),
            None => (OsStr::new(""), &[][..]),
        };
        let known = recipe.program.as_deref().filter(|_| *direct);
        let known = known.map_or(program, |file| file.as_os_str());
        let mut command = recipe.command(known, *has_input);
        if known != program {
            command.arg0(program);
        }
        match command.args(args).spawn_newborn() {
            Err(error) if is_plain_script(&error) => {
                let mut command = recipe.command(&recipe.shell, *has_input);
                command.arg(known).args(args).spawn_newborn()
            }
            made => made,
        }
    }
}

/// Whether the file is executable and no program that the kernel knows.
fn is_plain_script(error: &SpawnError) -> bool {
    Errno::from_io_error(error.io_error()) == Some(Errno::NOEXEC)
}
