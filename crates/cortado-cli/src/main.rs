//! The command `cortado`: reads the command line, hands over to the subcommand, and turns its
//! result into the exit status. A command line that cannot be read exits with 255, since 1 to 101
//! count the jobs that failed.
#![forbid(unsafe_code)]

mod run;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use run::options::RunOptions;

/// Concurrency and parallelism, measured and decided for you
#[derive(Parser)]
#[command(name = "cortado", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(Box<RunOptions>),
    /// Print the completions for a shell
    ///
    /// For bash, for example: cortado completions bash > ~/.local/share/bash-completion/completions/cortado
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual pages of all commands, for man(1)
    ///
    /// To read them: cortado man | man -l -
    Man,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, too, but not to the user.
            let status = if error.use_stderr() { 255 } else { 0 };
            let _ = error.print();
            if let Some(hint) = parallels(&error) {
                run::complain(hint);
            }
            return ExitCode::from(status);
        }
    };
    ExitCode::from(match cli.command {
        Command::Run(options) => run::run(*options),
        Command::Completions { shell } => print(&completions(shell)),
        Command::Man => match manual() {
            Ok(pages) => print(&pages),
            Err(error) => failed(&error),
        },
    })
}

/// What to say of an option that GNU parallel or xargs has and we have not.
fn parallels(error: &clap::Error) -> Option<&'static str> {
    let option = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(option))) => option.as_str(),
        _ => return None,
    };
    Some(match option {
        "-X" | "-m" | "--xargs" | "-s" => "several inputs for each job: -n N",
        "-L" | "-l" => "several lines for each job: -n N",
        "-t" | "-v" | "--verbose" => "the commands are shown by --dry-run and kept by --joblog",
        "--tagstring" => "lines are tagged with the inputs: --tag",
        "--recend" | "--recstart" | "--regexp" => {
            "blocks of --pipe are cut at line ends, or at NUL under -0"
        }
        "--tmpdir" => "output is held back in the directory that the variable TMPDIR names",
        "--progress" => "the progress is shown by --bar or --eta",
        "-d" | "--delimiter" | "--colsep" | "-C" => {
            "inputs end with a line end, or with NUL under -0; to split them, use tr or cut before, or \
             a shell line"
        }
        "-S" | "--sshlogin" => "jobs run on this machine only",
        "--will-cite" | "--citation" | "--bibtex" => {
            "this is not GNU parallel: nothing to agree to"
        }
        _ => return None,
    })
}

/// The completions for a shell.
fn completions(shell: Shell) -> Vec<u8> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cortado", &mut out);
    out
}

/// The manual pages, one after the other: the command, then its subcommands.
fn manual() -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut cli = Cli::command();
    cli.build();
    clap_mangen::Man::new(cli.clone()).render(&mut out)?;
    for command in cli.get_subcommands() {
        clap_mangen::Man::new(command.clone()).render(&mut out)?;
    }
    Ok(out)
}

/// Writes to standard output; the exit status. A reader that has seen enough is no error.
fn print(text: &[u8]) -> u8 {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => 0,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(error) => failed(&error),
    }
}

/// Tells of an error; the exit status.
fn failed(error: &io::Error) -> u8 {
    run::complain(error);
    255
}
