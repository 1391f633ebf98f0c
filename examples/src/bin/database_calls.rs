//! A hundred calls to a database that takes 50 ms for each: on one thread, beside a hundred threads.
//!
//! `cargo run --release -p examples --bin database_calls -- 100`. The calls are simulated by waiting:
//! what is compared is what it costs to wait. Each way runs in a process of its own, so that the
//! memory is its alone: what is resident at the peak, less what was resident before the calls.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

const CALL: Duration = Duration::from_millis(50);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.first().map_or(Ok(100), |text| text.parse())?;
    match arguments.get(1).map(String::as_str) {
        None => {
            println!("{count} calls of {} ms each", CALL.as_millis());
            for way in ["one-thread", "threads"] {
                run_in_own_process(count, way)?;
            }
            Ok(())
        }
        Some("one-thread") => measure("one thread of cortado", || on_one_thread(count)),
        Some("threads") => measure(&format!("{count} threads"), || on_threads(count)),
        Some(other) => bail!("{other:?} is no way to call: say one-thread or threads"),
    }
}

fn run_in_own_process(count: usize, way: &str) -> Result<()> {
    let itself = std::env::current_exe()?;
    let status = Command::new(itself).args([&count.to_string(), way]).status()?;
    ensure!(status.success(), "the process for {way} ended with {status}");
    Ok(())
}

fn measure(name: &str, calls: impl FnOnce() -> Result<usize>) -> Result<()> {
    let resident_before = memory_kib("VmRSS:")?;
    let start = Instant::now();
    let answers = calls()?;
    let took = start.elapsed();
    let memory = memory_kib("VmHWM:")?.saturating_sub(resident_before);
    let ms = took.as_secs_f64() * 1e3;
    println!("{name}: {answers} answers in {ms:.1} ms, {memory} KiB of memory");
    Ok(())
}

/// The event loop: each call is a task of a few hundred bytes.
fn on_one_thread(count: usize) -> Result<usize> {
    cortado::Runtime::single()?.block_on(async {
        let calls: Vec<_> = (0..count)
            .map(|number| {
                cortado::spawn_local(async move {
                    cortado::time::sleep(CALL).await;
                    number
                })
            })
            .collect();
        let mut answers = 0;
        for call in calls {
            call.await.context("a call panicked")?;
            answers += 1;
        }
        Ok(answers)
    })
}

fn on_threads(count: usize) -> Result<usize> {
    let calls: Vec<_> = (0..count)
        .map(|number| {
            thread::Builder::new().spawn(move || {
                thread::sleep(CALL);
                number
            })
        })
        .collect::<Result<_, _>>()
        .context("the system gives no more threads")?;
    let answers = calls.into_iter().map(|call| call.join().is_ok());
    Ok(answers.filter(|answered| *answered).count())
}

/// A figure of this process, as the kernel keeps it (proc_pid_status(5)).
fn memory_kib(field: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.with_context(|| format!("/proc/self/status has no {field}"))?.parse()?)
}
