//! What cannot be brought about from outside: a want of memory.

use std::fs;
use std::rc::Rc;

use clap::Parser;
use cortado::Runtime;

use super::super::jobserver::Tokens;
use super::super::options::RunOptions;
use super::super::plan;
use super::Run;

/// The command line of a run.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    run: RunOptions,
}

/// Carries out a run whose memory is what `memory` says of it; its exit status.
fn with_memory(
    line: &[&str],
    memory: impl FnOnce(Rc<Run>) -> Box<dyn FnMut() -> Option<u64>>,
) -> u8 {
    let line = Line::try_parse_from([&["run"], line].concat()).expect("a command line");
    let prepared = plan::prepare(line.run).expect("a plan");
    let runtime = Runtime::single().expect("an event loop");
    runtime.block_on(async {
        let run = Run::new(prepared.plan, prepared.jobs, prepared.joblog, Tokens::unlimited());
        run.gate.borrow_mut().ask_for_memory(memory(run.clone()));
        let status = run.to_its_end().await;
        // What it asks holds the run.
        run.gate.borrow_mut().ask_for_memory(Box::new(|| None));
        status
    })
}

#[test]
fn a_want_of_memory_ends_the_youngest_which_runs_again_when_there_is_some() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().to_owned();
    let begun =
        move |job: &str| fs::read_to_string(path.join(job)).unwrap_or_default().lines().count();
    let at = dir.path().display();
    // Each waits until the second one has begun twice.
    let job = format!("echo + >> {at}/{{}}; while ! test -e {at}/go; do sleep 0.02; done");
    let go = dir.path().join("go");
    let counted = begun.clone();
    let log = dir.path().join("log").display().to_string();
    let line = ["-j2", "--memfree", "1000", "--joblog", &log, &job, ":::", "first", "second"];
    let status = with_memory(&line, move |run| {
        let mut evicted = false;
        Box::new(move || {
            match (counted("second"), run.lives.count()) {
                // Below half of what is to be free, while both run.
                (1, 2) if !evicted => return Some(499),
                (1, 1) => evicted = true,
                (2.., _) => fs::write(&go, "").expect("a mark"),
                _ => {}
            }
            Some(1000)
        })
    });
    assert_eq!(status, 0);
    assert_eq!((begun("first"), begun("second")), (1, 2));
    let log = fs::read_to_string(dir.path().join("log")).expect("the log");
    assert_eq!(log.lines().count(), 3, "each job is logged once: {log}");
}
