//! The options of `cortado run`, as the user types them. What they mean together, and which do
//! not go together, is decided in `plan`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::amount::{self, JobLimit, LoadLimit};
use super::halt::HaltPolicy;

/// What `--help` says after the options.
const AFTER_HELP: &str = "\
Inputs:
  ::: A B       the values A and B; several groups are combined, the last changing fastest
  :::+ X Y      linked with the group before: A goes with X, B with Y, as far as the shorter goes
  :::: FILE     the lines of FILE (- for standard input); ::::+ FILE links them
  Without any of these or -a, each line of standard input is an input. Without COMMAND, each
  input is a command line.

Replacement strings in COMMAND:
  {}    the input            {.}   without its extension
  {/}   its last component   {//}  its directory       {/.}  last component, no extension
  {2}   the second input of a job; {2.} {2/} {2//} {2/.} likewise, {-1} the last
  {#}   the number of the job, from 1                  {%}   its slot, from 1
  If none is in COMMAND, the inputs are appended to it.

  A command is executed directly if it needs no shell. It is given to /bin/sh if a word has shell
  syntax, as in  'cat {} | wc -l'  or  gzip -c {} '>' {.}.gz ; inputs are quoted there, also within
  quotes. A string that is program text to another program, as in  bash -c \"…{}…\"  within such a
  line, is that program's to quote: pass the input as an argument instead.

Exit status:
  0 all jobs succeeded; 1 to 100 so many failed (with % in --halt: so many of a hundred); 101 more
  than 100 failed; the job's own under --halt …,fail=1; 126 or 127 the program cannot be executed
  or does not exist; 130 interrupted; 255 any other error.

Examples:
  cortado run gzip -k ::: *.log
  find . -name '*.png' -print0 | cortado run -0 convert {} {.}.webp
  cortado run 'curl -s {} > {#}.html' :::: urls.txt
  cortado run -k echo {1}-{2} ::: a b ::: 1 2
  cat big.csv | cortado run --pipe --block 10M wc -l";

/// Run many commands at once
///
/// Runs COMMAND once for each input, many at once. How many is found by measuring, unless -j says
/// so.
#[derive(Args, Clone, Debug, Default)]
#[command(after_long_help = AFTER_HELP, after_help = "See --help for inputs, replacement strings and examples.")]
#[group(skip)]
pub(crate) struct RunOptions {
    /// The command, its arguments, and the inputs after `:::`
    ///
    /// Options end at the first word of the command.
    #[arg(trailing_var_arg = true, value_name = "COMMAND [ARGS…] [::: INPUTS…]")]
    pub(crate) words: Vec<OsString>,

    /// Jobs at once: auto, N, N% of the cores, +N or -N (cores plus or minus N), 0 for as many as --max-jobs allows
    #[arg(
        short = 'j',
        long,
        visible_alias = "max-procs",
        short_alias = 'P',
        value_name = "N|auto",
        default_value = "auto",
        allow_hyphen_values = true,
        help_heading = "How many at once"
    )]
    pub(crate) jobs: Option<JobLimit>,

    /// The most jobs at once that `-j auto` and `-j 0` may choose
    #[arg(long, value_name = "N", default_value = "512", value_parser = clap::value_parser!(u32).range(1..), help_heading = "How many at once")]
    pub(crate) max_jobs: Option<u32>,

    /// Wait so long between the starts of two jobs: seconds, or with units as in 250ms
    #[arg(long, value_name = "DURATION", value_parser = amount::duration, help_heading = "How many at once")]
    pub(crate) delay: Option<Duration>,

    /// Start jobs only while so much memory is available: bytes, or K, M, G
    #[arg(long, value_name = "SIZE", value_parser = amount::size, help_heading = "How many at once")]
    pub(crate) memfree: Option<u64>,

    /// Start jobs only while fewer processes than this are running or ready to run: N, or N% of the cores
    #[arg(long, value_name = "N|N%", help_heading = "How many at once")]
    pub(crate) load: Option<LoadLimit>,

    /// Run the jobs, and cortado itself, at this niceness, from -20 to 19
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(-20..=19), allow_negative_numbers = true, help_heading = "How many at once")]
    pub(crate) nice: Option<i32>,

    /// Do not share the cores with make and cargo among the jobs as a GNU make jobserver does
    ///
    /// Otherwise a job that runs make without -j, or cargo, uses the cores that no other job uses,
    /// and no more. Under a make with -j the jobs count against that make's number.
    #[arg(long, help_heading = "How many at once")]
    pub(crate) no_jobserver: bool,

    /// Read inputs from FILE instead of standard input (- for that); several are combined
    #[arg(short = 'a', long = "arg-file", value_name = "FILE", help_heading = "Inputs")]
    pub(crate) arg_files: Vec<OsString>,

    /// Inputs in files and on standard input end with NUL instead of a line end
    #[arg(short = '0', long, help_heading = "Inputs")]
    pub(crate) null: bool,

    /// Give each job so many inputs; with --pipe, so many lines. With 0 the inputs are only counted
    #[arg(short = 'n', long, visible_short_alias = 'N', value_name = "N", help_heading = "Inputs")]
    pub(crate) max_args: Option<usize>,

    /// Leave out jobs whose inputs are all empty
    #[arg(short = 'r', long, help_heading = "Inputs")]
    pub(crate) no_run_if_empty: bool,

    /// Cut standard input at line ends into blocks and give each job one on its standard input
    #[arg(long, help_heading = "Inputs")]
    pub(crate) pipe: bool,

    /// The size of a block of --pipe in bytes, or with K, M, G [default: 1M]
    #[arg(long, value_name = "SIZE", value_parser = amount::size, requires = "pipe", conflicts_with = "max_args", help_heading = "Inputs")]
    pub(crate) block: Option<u64>,

    /// Use STR instead of {} for the input
    #[arg(short = 'I', value_name = "STR", default_value = "{}", help_heading = "The command")]
    pub(crate) replace: Option<OsString>,

    /// Always use a shell, /bin/sh or the POSIX shell PROGRAM
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true, default_missing_value = "/bin/sh", help_heading = "The command")]
    pub(crate) shell: Option<OsString>,

    /// Never use a shell: pass every word to the program exactly as it is
    #[arg(short = 'q', long, conflicts_with = "shell", help_heading = "The command")]
    pub(crate) quote: bool,

    /// Print the commands instead of running them
    #[arg(long, help_heading = "The command")]
    pub(crate) dry_run: bool,

    /// Set KEY to VALUE for the jobs; KEY alone demands that it is set. Repeatable
    #[arg(long, value_name = "KEY[=VALUE]", help_heading = "The command")]
    pub(crate) env: Vec<OsString>,

    /// Run the jobs in DIR
    #[arg(long, visible_aliases = ["workdir", "wd"], value_name = "DIR", help_heading = "The command")]
    pub(crate) cwd: Option<PathBuf>,

    /// Write output in the order of the inputs
    #[arg(short = 'k', long, conflicts_with = "ungroup", help_heading = "Output")]
    pub(crate) keep_order: bool,

    /// Write a job's output when the job has ended (the default)
    #[arg(long, conflicts_with_all = ["line_buffer", "ungroup"], help_heading = "Output")]
    pub(crate) group: bool,

    /// Write output line by line as it comes
    #[arg(long, visible_alias = "lb", conflicts_with = "ungroup", help_heading = "Output")]
    pub(crate) line_buffer: bool,

    /// Let the jobs write directly to where cortado writes; their output may interleave
    #[arg(short = 'u', long, help_heading = "Output")]
    pub(crate) ungroup: bool,

    /// Put the inputs of the job and a tab before each line of its output
    #[arg(long, conflicts_with = "ungroup", help_heading = "Output")]
    pub(crate) tag: bool,

    /// Also write each job's output to files under DIR
    #[arg(long, value_name = "DIR", conflicts_with = "ungroup", help_heading = "Output")]
    pub(crate) results: Option<PathBuf>,

    /// End a job that runs longer: seconds, or with units as in 1m30s
    #[arg(long, value_name = "DURATION", value_parser = amount::duration, help_heading = "Failures")]
    pub(crate) timeout: Option<Duration>,

    /// Run a job that fails up to N times in all; 0 for until it succeeds
    #[arg(long, value_name = "N", default_value = "1", help_heading = "Failures")]
    pub(crate) retries: Option<u32>,

    /// When to stop: never, or now or soon (ending the running jobs or not), a comma, and fail=, success= or done= with N or N%
    #[arg(
        long,
        visible_alias = "halt-on-error",
        value_name = "WHEN,WHY=N",
        allow_hyphen_values = true,
        help_heading = "Failures"
    )]
    pub(crate) halt: Option<HaltPolicy>,

    /// Log finished jobs to FILE, in GNU parallel's columns
    #[arg(long, visible_alias = "jl", value_name = "FILE", help_heading = "Failures")]
    pub(crate) joblog: Option<PathBuf>,

    /// Do not run jobs again that the joblog lists
    #[arg(long, requires = "joblog", conflicts_with = "resume_failed", help_heading = "Failures")]
    pub(crate) resume: bool,

    /// Do not run jobs again that the joblog lists as successful
    #[arg(long, requires = "joblog", help_heading = "Failures")]
    pub(crate) resume_failed: bool,

    /// Show a progress bar on standard error if that is a terminal
    #[arg(long, help_heading = "Report")]
    pub(crate) bar: bool,

    /// Show progress and the estimated time to the end
    #[arg(long, help_heading = "Report")]
    pub(crate) eta: bool,

    /// At the end, write the summary as one JSON object to standard error
    #[arg(long, help_heading = "Report")]
    pub(crate) json: bool,

    /// At the end, explain the run also where standard error is no terminal
    #[arg(long, conflicts_with = "quiet", help_heading = "Report")]
    pub(crate) explain: bool,

    /// Write nothing to standard error but errors
    #[arg(long, conflicts_with_all = ["bar", "eta"], help_heading = "Report")]
    pub(crate) quiet: bool,
}
