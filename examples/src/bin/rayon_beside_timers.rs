//! Rayon beside tasks that wait: its global pool computes on threads of the work lane.
//!
//! `cargo run --release -p examples --bin rayon_beside_timers -- 8000000` sorts so many numbers with
//! Rayon, in code that knows nothing of cortado, while a task of the same program ticks every
//! millisecond; and prints how late the ticks were, and what priority the threads that sorted had.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cortado::time::{Instant, sleep};
use rayon::prelude::*;

fn main() -> Result<()> {
    let length = std::env::args().nth(1).context("give a length")?.parse()?;
    cortado::rayon::build_global()?;
    cortado::Runtime::new()?.block_on(async move {
        let sorting = cortado::spawn(async move { cortado::compute(move || sort(length)).await });
        let mut late = Vec::new();
        while !sorting.is_finished() {
            let began = Instant::now();
            sleep(Duration::from_millis(1)).await;
            late.push(began.elapsed().saturating_sub(Duration::from_millis(1)));
        }
        let sorted = sorting.await.context("the sort panicked")?;
        ensure!(sorted.is_sorted(), "the numbers are not in order");
        println!("{} numbers are in order", sorted.len());
        late.sort_unstable();
        let median = late.get(late.len() / 2).copied().unwrap_or_default();
        println!("{} ticks meanwhile, half of them later than {median:?}", late.len());
        println!("priorities of the threads that sorted: {:?}", priorities());
        Ok(())
    })
}

/// What any program does with Rayon.
fn sort(length: u64) -> Vec<u64> {
    let scattered = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    let mut numbers: Vec<u64> = (0..length).into_par_iter().map(scattered).collect();
    numbers.par_sort_unstable();
    numbers
}

/// The nice values of Rayon's threads, of which the command `nice` speaks: 10 is below the normal 0.
fn priorities() -> BTreeSet<i32> {
    rayon::broadcast(|_| rustix::process::getpriority_process(None).unwrap_or(i32::MAX))
        .into_iter()
        .collect()
}
