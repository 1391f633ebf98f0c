//! Channels between threads that block.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use cortado::sync::channel as ours;

use super::{Flow, Load, Run, ahead_of, rate};
use crate::goal::Better;

const NOTE: &str = "a thread for each sender and each receiver; crossfire rounds capacity 0 up to 1 and \
                    is left out there";

/// Moves the load through the ends that `$make` gives, by their blocking calls.
macro_rules! flow {
    ($load:ident, $make:expr, $send:ident, $recv:ident) => {{
        let (sender, receiver) = $make;
        let share = $load.messages / $load.pairs;
        let start = Instant::now();
        thread::scope(|scope| {
            for _ in 0..$load.pairs {
                let (sender, receiver) = (sender.clone(), receiver.clone());
                scope.spawn(move || {
                    for message in 0..share {
                        let _ = sender.$send(message);
                    }
                });
                scope.spawn(move || {
                    for _ in 0..share {
                        let _ = black_box(receiver.$recv());
                    }
                });
            }
        });
        rate(share * $load.pairs, start.elapsed())
    }};
}

fn cortado(load: Load) -> f64 {
    let make = || load.capacity.map_or_else(ours::unbounded, ours::bounded);
    flow!(load, make(), send_blocking, recv_blocking)
}

fn crossbeam(load: Load) -> f64 {
    let make =
        || load.capacity.map_or_else(crossbeam_channel::unbounded, crossbeam_channel::bounded);
    flow!(load, make(), send, recv)
}

fn kanal(load: Load) -> f64 {
    let make = || load.capacity.map_or_else(kanal::unbounded, kanal::bounded);
    flow!(load, make(), send, recv)
}

fn flume(load: Load) -> f64 {
    let make = || load.capacity.map_or_else(flume::unbounded, flume::bounded);
    flow!(load, make(), send, recv)
}

fn crossfire(load: Load) -> f64 {
    match load.capacity {
        Some(capacity) => {
            flow!(load, crossfire::mpmc::bounded_blocking(capacity), send, recv)
        }
        None => flow!(load, crossfire::mpmc::unbounded_blocking(), send, recv),
    }
}

/// All cases.
pub(super) fn cases() -> Vec<Flow> {
    let cells = [
        ("threads-1p1c-0", Some(0), 1, 100_000),
        ("threads-1p1c-1", Some(1), 1, 100_000),
        ("threads-1p1c-100", Some(100), 1, 1_000_000),
        ("threads-1p1c-unbounded", None, 1, 1_000_000),
        ("threads-2p2c-0", Some(0), 2, 100_000),
        ("threads-2p2c-1", Some(1), 2, 100_000),
        ("threads-2p2c-100", Some(100), 2, 1_000_000),
        ("threads-2p2c-unbounded", None, 2, 1_000_000),
    ];
    cells.into_iter().map(|(name, capacity, pairs, n)| cell(name, capacity, pairs, n)).collect()
}

fn cell(name: &'static str, capacity: Option<usize>, pairs: usize, messages: usize) -> Flow {
    let mut contenders: Vec<(&str, Run)> =
        vec![("cortado", cortado), ("crossbeam", crossbeam), ("flume", flume)];
    if capacity != Some(0) {
        contenders.push(("crossfire", crossfire));
    }
    contenders.push(("kanal", kanal));
    Flow {
        name,
        about: "messages between threads, by senders and receivers and capacity",
        unit: "M/s",
        better: Better::Higher,
        load: Load { capacity, pairs, messages },
        goals: ahead_of(&["crossbeam"]),
        contenders,
        note: NOTE,
    }
}
