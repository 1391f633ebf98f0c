//! What a run will do: the options, checked together and made definite. Whatever can be found
//! wrong before the first job is started is found here.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::exit;
use super::halt::HaltPolicy;
use super::input::{Grouping, Jobs, Source, SourceError, SourceSpec, Words};
use super::joblog::{Joblog, JoblogError, Resume, SeqSet};
use super::options::RunOptions;
use super::pipe::{BlockSize, Blocks};
use super::program::{self, ProgramError};
use super::template::{Reading, ShellUse, Template, TemplateError};

/// The shell that lines are given to.
const SHELL: &str = "/bin/sh";
/// The size of a block of `--pipe`, in bytes: GNU parallel's.
const BLOCK_SIZE: u64 = 1 << 20;
/// The default of `--max-jobs`.
const MAX_JOBS: u32 = 512;

/// How many jobs run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtOnce {
    /// As many as is best, by measuring, and at most so many.
    Auto { max: usize },
    /// So many.
    Fixed(usize),
}

/// How the output of jobs reaches ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// When the job has ended.
    Group,
    /// Line by line.
    Lines,
    /// Not through us.
    Inherit,
}

/// What is reported on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// A progress bar.
    pub(crate) bar: bool,
    /// The estimated time to the end.
    pub(crate) eta: bool,
    /// The summary as JSON.
    pub(crate) json: bool,
    /// The explanation, also without a terminal.
    pub(crate) explain: bool,
    /// Nothing but errors.
    pub(crate) quiet: bool,
}

/// The checked options of a run.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The command.
    pub(crate) template: Template,
    /// The shell for commands that need one.
    pub(crate) shell: OsString,
    /// The file of the program that all jobs start, if they start the same one directly.
    pub(crate) program: Option<PathBuf>,
    /// How many jobs run at once.
    pub(crate) at_once: AtOnce,
    /// How the output is written.
    pub(crate) output: Output,
    /// Whether output is written in the order of the inputs.
    pub(crate) keep_order: bool,
    /// Whether the lines of output are tagged.
    pub(crate) tag: bool,
    /// Whether commands are printed and not run.
    pub(crate) dry_run: bool,
    /// How long a job may run.
    pub(crate) timeout: Option<Duration>,
    /// How often a job is tried; `u32::MAX` for no limit.
    pub(crate) attempts: u32,
    /// The time between two starts.
    pub(crate) delay: Duration,
    /// When the run stops early.
    pub(crate) halt: Option<HaltPolicy>,
    /// Where the output is also written to.
    pub(crate) results: Option<PathBuf>,
    /// How much memory must be available to start a job, in bytes.
    pub(crate) memfree: Option<u64>,
    /// How many processes may run when a job is started.
    pub(crate) load: Option<f64>,
    /// Whether jobs share the cores through a jobserver.
    pub(crate) jobserver: bool,
    /// The niceness of the jobs.
    pub(crate) nice: Option<i32>,
    /// Variables for the jobs.
    pub(crate) env: Vec<(OsString, OsString)>,
    /// The directory of the jobs.
    pub(crate) cwd: Option<PathBuf>,
    /// What is reported.
    pub(crate) report: Report,
    /// Whether inputs are read from standard input.
    pub(crate) reads_stdin: bool,
    /// Whether each job reads a block of it.
    pub(crate) pipes: bool,
}

/// Options that make no run.
#[derive(Debug)]
pub(crate) enum PlanError {
    /// The options contradict each other or the machine; a sentence says how.
    Options(String),
    /// The command cannot be filled in.
    Template(TemplateError),
    /// The sources cannot be used.
    Source(SourceError),
    /// The log cannot be used.
    Joblog(JoblogError),
    /// The program cannot be started.
    Program(ProgramError),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::Options(message) => f.write_str(message),
            PlanError::Template(error) => error.fmt(f),
            PlanError::Source(error) => error.fmt(f),
            PlanError::Joblog(error) => error.fmt(f),
            PlanError::Program(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PlanError {}

impl From<TemplateError> for PlanError {
    fn from(error: TemplateError) -> Self {
        PlanError::Template(error)
    }
}

impl From<SourceError> for PlanError {
    fn from(error: SourceError) -> Self {
        PlanError::Source(error)
    }
}

impl PlanError {
    /// The exit status that tells of this error.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            PlanError::Program(ProgramError::Missing(..)) => exit::NOT_FOUND,
            PlanError::Program(ProgramError::NotExecutable(..) | ProgramError::Directory(..)) => {
                exit::NOT_EXECUTABLE
            }
            _ => exit::ERROR,
        }
    }
}

/// A plan with the jobs that it is for and the log of those that have ended.
pub(crate) struct Prepared {
    /// The plan.
    pub(crate) plan: Plan,
    /// The jobs.
    pub(crate) jobs: Jobs,
    /// The log.
    pub(crate) joblog: Option<Joblog>,
}

/// Checks the options and opens what they name.
pub(crate) fn prepare(options: RunOptions) -> Result<Prepared, PlanError> {
    let mut words = Words::parse(options.words.clone())?;
    let mut groups: Vec<Vec<Source>> =
        options.arg_files.iter().map(|name| vec![Source::named(name)]).collect();
    groups.append(&mut words.groups);
    if groups.is_empty() {
        groups.push(vec![Source::Stdin]);
    }
    let delimiter = if options.null { 0 } else { b'\n' };
    let spec = SourceSpec { groups, delimiter };
    let reads_stdin = spec.stdin_readers() > 0;
    let template = read_template(&words.command, &options, &spec)?;
    let plan = plan(template, reads_stdin, &options)?;
    let blocks = options.pipe.then(|| open_blocks(&spec, &options)).transpose()?;
    // The log comes last, since opening it writes to it.
    let (joblog, finished) = open_joblog(&options, plan.dry_run)?;
    let grouping =
        Grouping { rows_per_job: options.max_args, skip_empty: options.no_run_if_empty, finished };
    let jobs = match blocks {
        Some(blocks) => Jobs::from_blocks(blocks, grouping),
        None => Jobs::from_sources(spec, grouping)?,
    };
    Ok(Prepared { plan, jobs, joblog })
}

/// Reads the command and checks that its replacement strings can be filled.
fn read_template(
    command: &[OsString],
    options: &RunOptions,
    spec: &SourceSpec,
) -> Result<Template, PlanError> {
    let replace = options.replace.as_deref().unwrap_or(OsStr::new("{}")).as_bytes();
    if replace.is_empty() || replace.contains(&b' ') {
        return wrong("the replacement string of -I must not be empty or contain a blank");
    }
    if command.is_empty() && options.pipe {
        return wrong("--pipe needs a command that reads the blocks: cortado run --pipe wc -l");
    }
    if command.is_empty() && options.quote {
        return wrong("--quote needs a command; without one the inputs are command lines");
    }
    let shell = match (&options.shell, options.quote) {
        (Some(_), _) => ShellUse::Always,
        (None, true) => ShellUse::Never,
        (None, false) => ShellUse::WhenNeeded,
    };
    let reading = Reading { replace, shell, append: !options.pipe };
    let template = Template::read(command, &reading)?;
    if options.pipe && template.names_inputs() {
        return wrong("with --pipe a job reads a block and has no input to put into the command");
    }
    // With -n 0 the replacement strings are known to be filled with nothing.
    let inputs = match options.max_args {
        Some(0) => usize::MAX,
        per_job => spec.columns() * per_job.unwrap_or(1),
    };
    let highest = template.highest_position();
    if highest > inputs {
        return wrong(format!(
            "the command names input {highest} of a job, as in {{{highest}}}, but a job has {inputs}"
        ));
    }
    Ok(template)
}

/// Makes the options definite.
fn plan(template: Template, reads_stdin: bool, options: &RunOptions) -> Result<Plan, PlanError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let max = options.max_jobs.unwrap_or(MAX_JOBS) as usize;
    let fixed = options.jobs.and_then(|jobs| jobs.resolve(cores, max));
    let env = environment(&options.env)?;
    let cwd = options.cwd.clone();
    if let Some(dir) = cwd.as_deref().filter(|dir| !dir.is_dir()) {
        return wrong(format!("the directory {} of --cwd does not exist", dir.display()));
    }
    let program = match template.program() {
        Some(name) => Some(find_program(name, cwd.as_deref(), &env)?),
        None => None,
    };
    let output = match (options.ungroup, options.line_buffer) {
        (true, _) => Output::Inherit,
        (_, true) => Output::Lines,
        _ => Output::Group,
    };
    Ok(Plan {
        template,
        shell: options.shell.clone().unwrap_or_else(|| SHELL.into()),
        program,
        at_once: fixed.map_or(AtOnce::Auto { max }, AtOnce::Fixed),
        output,
        keep_order: options.keep_order,
        tag: options.tag,
        dry_run: options.dry_run,
        timeout: options.timeout,
        attempts: options.retries.map_or(1, |n| if n == 0 { u32::MAX } else { n }),
        delay: options.delay.unwrap_or_default(),
        halt: options.halt,
        results: options.results.as_deref().map(results_folder).transpose()?,
        memfree: options.memfree,
        load: options.load.map(|load| load.resolve(cores)),
        jobserver: !options.no_jobserver,
        nice: options.nice,
        env,
        cwd,
        report: Report {
            bar: options.bar,
            eta: options.eta,
            json: options.json,
            explain: options.explain,
            quiet: options.quiet,
        },
        reads_stdin,
        pipes: options.pipe,
    })
}

/// The folder of `--results`. What GNU parallel would not take as the name of one is refused, so
/// that nobody looks for results where they are not.
fn results_folder(path: &Path) -> Result<PathBuf, PlanError> {
    if Template::has_replacement_string(path.as_os_str()) {
        return wrong(
            "--results names one folder for all jobs, without replacement strings; the inputs are \
             in the names within it",
        );
    }
    if path.extension().is_some_and(|end| ["csv", "tsv", "json"].iter().any(|table| end == *table))
    {
        return wrong("--results writes no tables; name a folder, and see --joblog for a table");
    }
    Ok(path.to_owned())
}

/// The variables of `--env`.
fn environment(settings: &[OsString]) -> Result<Vec<(OsString, OsString)>, PlanError> {
    let mut pairs = Vec::with_capacity(settings.len());
    for setting in settings {
        let bytes = setting.as_bytes();
        let equals = bytes.iter().position(|byte| *byte == b'=');
        let key = &bytes[..equals.unwrap_or(bytes.len())];
        if key.is_empty() {
            return wrong(format!("--env {} has no name before `=`", setting.display()));
        }
        let key = OsStr::from_bytes(key).to_owned();
        let value = match equals {
            Some(equals) => OsString::from_vec(bytes[equals + 1..].to_vec()),
            None => match env::var_os(&key) {
                Some(value) => value,
                None => {
                    let key = key.display();
                    return wrong(format!("--env {key}: it is not set; write --env {key}=VALUE"));
                }
            },
        };
        pairs.push((key, value));
    }
    Ok(pairs)
}

/// The file of the program, searched as the jobs would search it.
fn find_program(
    name: &OsStr,
    cwd: Option<&Path>,
    env: &[(OsString, OsString)],
) -> Result<PathBuf, PlanError> {
    let set = env.iter().rev().find(|(key, _)| key == "PATH").map(|(_, value)| value.clone());
    let path = set.or_else(|| env::var_os("PATH"));
    program::find(name, cwd, path.as_deref()).map_err(PlanError::Program)
}

/// Opens what `--pipe` reads: standard input, or the files of `-a` one after the other.
fn open_blocks(spec: &SourceSpec, options: &RunOptions) -> Result<Blocks, PlanError> {
    let mut reader: Box<dyn Read + Send> = Box::new(io::empty());
    for source in spec.groups.iter().flatten() {
        let next: Box<dyn Read + Send> = match source {
            Source::Stdin => Box::new(io::stdin()),
            Source::File(path) => {
                let file = File::open(path);
                Box::new(file.map_err(|error| SourceError::Open(path.clone(), error))?)
            }
            Source::Values(_) => {
                return wrong(
                    "--pipe gives jobs parts of standard input (or of -a FILE); it takes no values \
                     after :::",
                );
            }
        };
        reader = Box::new(reader.chain(next));
    }
    let size = match options.max_args {
        Some(0) => {
            return wrong("--pipe with -n 0 would make empty blocks; give a number of lines");
        }
        Some(lines) => BlockSize::Lines(lines),
        None => {
            let bytes = options.block.unwrap_or(BLOCK_SIZE);
            BlockSize::Bytes(usize::try_from(bytes).unwrap_or(usize::MAX))
        }
    };
    Ok(Blocks::new(reader, size, spec.delimiter))
}

/// Opens the log. A dry run leaves it as it is.
fn open_joblog(options: &RunOptions, dry_run: bool) -> Result<(Option<Joblog>, SeqSet), PlanError> {
    let resume = match (options.resume, options.resume_failed) {
        (true, _) => Resume::Finished,
        (_, true) => Resume::Succeeded,
        _ => Resume::No,
    };
    let Some(path) = &options.joblog else { return Ok((None, SeqSet::default())) };
    if dry_run {
        let finished = Joblog::peek(path, resume).map_err(PlanError::Joblog)?;
        return Ok((None, finished));
    }
    let (log, finished) = Joblog::open(path, resume).map_err(PlanError::Joblog)?;
    Ok((Some(log), finished))
}

/// An error in the options.
fn wrong<T>(message: impl Into<String>) -> Result<T, PlanError> {
    Err(PlanError::Options(message.into()))
}
