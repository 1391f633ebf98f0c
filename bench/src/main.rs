//! Benchmarks of cortado beside its peers: `bench GROUP [CASE…]` runs the contenders of each case
//! round by round in one run and prints median, minimum and whether the goals are met. The same
//! binary also is the work that the contenders are given (`bench workload …`), the servers that
//! are measured (`bench serve …`), the client that measures them (`bench client …`) and the contenders
//! of one runtime each (`bench contend …`), so that a run needs nothing but this binary, `cortado` and whatever peers are installed.
#![forbid(unsafe_code)]

mod channels;
mod cortado_binary;
mod forkjoin;
mod goal;
mod jobs;
mod latency;
mod measured_child;
mod mixed;
mod net;
mod registry;
mod report;
mod round;
mod runtime;
mod server_process;
mod service;
mod soak;
mod stopwatch;
mod sync;
mod versions;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use registry::{Case, GROUPS, Group, Settings};

/// Benchmarks of cortado beside its peers, in one run.
#[derive(Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    /// The group of cases to run; without one, the groups and their cases are listed.
    group: Option<String>,
    /// Run only the cases whose names begin with one of these words.
    cases: Vec<String>,
    /// Print one JSON object per result instead of tables.
    #[arg(long)]
    json: bool,
    /// A smoke run: few rounds of little work. Its figures decide nothing.
    #[arg(long)]
    quick: bool,
    /// Rounds per case (default: 5, and fewer with --quick).
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Only these contenders take part, by their names and separated by commas.
    #[arg(long, value_delimiter = ',')]
    contenders: Vec<String>,
    /// The `cortado` binary to measure, instead of building it.
    #[arg(long)]
    cortado: Option<PathBuf>,
}

/// What is no group: the parts that the benchmarks themselves start as processes of their own, and
/// the soak.
#[derive(Subcommand)]
enum Part {
    /// A piece of work for a job of the `jobs` group.
    Workload {
        #[command(subcommand)]
        work: workload::Work,
    },
    /// A server of the `mixed` group: echo, timer and computing tasks in one runtime.
    Serve(mixed::ServeArgs),
    /// The open-loop echo client of the `mixed` group.
    Client(mixed::ClientArgs),
    /// One contender of the case `held-lock` of the `mixed` group.
    Lock(mixed::ProcessArgs),
    /// One contender of the case `asked` of the `mixed` group.
    Ask(mixed::ProcessArgs),
    /// The runtime of the case `false-positives` of the `mixed` group.
    Starved(mixed::StarvedArgs),
    /// A random mixture of everything, and whether all of it is accounted for at the end.
    Soak(soak::SoakArgs),
    /// A server of the `net` group: an echo or HTTP, and nothing else.
    NetServer(net::ServerArgs),
    /// The closed-loop client of the `net` group.
    EchoClient(net::ClientArgs),
    /// One contender of the `runtime` group in one case.
    Contend(runtime::ContendArgs),
    /// One contender of the `forkjoin` group in one case.
    Fork(forkjoin::ForkArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.part {
        Some(Part::Workload { work }) => workload::run(&work),
        Some(Part::Serve(args)) => mixed::serve(&args),
        Some(Part::Client(args)) => mixed::client(&args),
        Some(Part::Lock(args)) => mixed::lock(&args),
        Some(Part::Ask(args)) => mixed::ask(&args),
        Some(Part::Starved(args)) => mixed::starved(&args),
        Some(Part::Soak(args)) => soak::run(&args),
        Some(Part::NetServer(args)) => net::server(&args),
        Some(Part::EchoClient(args)) => net::client(&args),
        Some(Part::Contend(args)) => runtime::contend(&args),
        Some(Part::Fork(args)) => forkjoin::fork(&args),
        None => run_group(&cli),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_group(cli: &Cli) -> Result<()> {
    let Some(name) = &cli.group else {
        list_groups();
        return Ok(());
    };
    let Some(group) = GROUPS.iter().find(|group| group.name == name) else {
        let known: Vec<_> = GROUPS.iter().map(|group| group.name).collect();
        bail!("there is no group {name:?}; the groups are {}", known.join(", "));
    };
    let mut cases = chosen_cases(group, &cli.cases)?;
    if cli.quick && cli.cases.is_empty() {
        cases.retain(|case| case.is_for_smoke());
    }
    round::take_part(cli.contenders.clone());
    let settings = Settings::new(cli.quick, cli.rounds, cli.cortado.as_deref());
    let versions = versions::collect(&settings.cortado);
    if cli.json {
        eprint!("{}", versions.text());
    } else {
        print!("{}", versions.text());
    }
    for case in cases {
        eprintln!("… {}/{}", group.name, case.name());
        let report = case.run(&settings)?;
        if cli.json {
            print!("{}", report.json_lines(group.name, case.name(), &versions)?);
        } else {
            print!("{}", report.table(group.name, case.name(), case.about()));
        }
    }
    Ok(())
}

fn list_groups() {
    for group in GROUPS {
        println!("{}: {}", group.name, group.about);
        for case in (group.cases)() {
            println!("  {:<22} {}", case.name(), case.about());
        }
    }
}

fn chosen_cases(group: &Group, wanted: &[String]) -> Result<Vec<Box<dyn Case>>> {
    let all = (group.cases)();
    for word in wanted {
        if !all.iter().any(|case| case.name().starts_with(word.as_str())) {
            let names: Vec<_> = all.iter().map(|case| case.name()).collect();
            bail!("no case of {} begins with {word:?}; it has {}", group.name, names.join(", "));
        }
    }
    let is_chosen = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.starts_with(w));
    Ok(all.into_iter().filter(|case| is_chosen(case.name())).collect())
}
