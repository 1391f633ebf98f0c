//! `cortado run`: many commands at once. The options become a plan, with everything checked that
//! can be checked before a job starts; the plan and the stream of jobs are then carried out.

mod amount;
mod auto;
mod engine;
mod exit;
mod explain;
mod halt;
mod input;
mod joblog;
mod jobserver;
mod measure;
pub(crate) mod options;
mod order;
mod output;
mod pipe;
mod plan;
mod program;
mod progress;
mod results;
mod template;

use std::io::{self, BufWriter, IsTerminal, Write};

use options::RunOptions;
use plan::{Plan, Prepared};

/// Carries out `cortado run`; the exit status.
pub(crate) fn run(options: RunOptions) -> u8 {
    let prepared = match plan::prepare(options) {
        Ok(prepared) => prepared,
        Err(error) => {
            complain(&error);
            return error.exit_status();
        }
    };
    if prepared.plan.reads_stdin && !prepared.plan.report.quiet && io::stdin().is_terminal() {
        complain("reading the inputs from the terminal; end them with Ctrl-D");
    }
    if prepared.plan.dry_run {
        return dry_run(prepared);
    }
    engine::carry_out(prepared)
}

/// Prints the commands; the exit status. A reader that has seen enough is no error.
fn dry_run(prepared: Prepared) -> u8 {
    let Prepared { plan, jobs, .. } = prepared;
    let mut out = BufWriter::new(io::stdout().lock());
    for job in jobs {
        let job = match job {
            Ok(job) => job,
            Err(error) => {
                // What was printed so far stands; the error that ended it is the one to tell.
                let _ = out.flush();
                complain(&error);
                return exit::ERROR;
            }
        };
        if let Err(error) = print_command(&mut out, &plan, &job) {
            return after_write_error(&error);
        }
    }
    match out.flush() {
        Ok(()) => 0,
        Err(error) => after_write_error(&error),
    }
}

/// Prints the command of one job. No job is running, so that its slot is taken to be the first
/// one free if all jobs before it were running.
fn print_command(out: &mut impl Write, plan: &Plan, job: &input::Job) -> io::Result<()> {
    let slots = match plan.at_once {
        plan::AtOnce::Auto { max } => max,
        plan::AtOnce::Fixed(slots) => slots,
    };
    let slot = ((job.seq - 1) % slots.max(1) as u64) as usize + 1;
    if plan.tag {
        out.write_all(&job.tag())?;
        out.write_all(b"\t")?;
    }
    out.write_all(&plan.template.render(job, slot).display())?;
    out.write_all(b"\n")
}

/// The exit status after our own output could not be written.
fn after_write_error(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return 0;
    }
    complain(format_args!("standard output cannot be written: {error}"));
    exit::ERROR
}

/// Tells the user what is wrong. A standard error that is closed leaves nobody to tell.
pub(crate) fn complain(message: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "cortado: {message}");
}
