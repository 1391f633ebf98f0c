//! The lanes without the privilege to raise a priority again: tasks move, threads are lowered for
//! good, and what serves waits, or is made later, is not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cortado_core::{Builder, Runtime, task_id, time, yield_now};
use cortado_probe::{Event, Lane, Listener, TaskId};
use parking_lot::Mutex;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CapabilitySet, capabilities, gettid, set_capabilities};

use crate::until::{StopsOnDrop, until};

/// Takes the privilege from the calling thread, and so from all threads that come from it.
fn drop_privilege() -> rustix::io::Result<()> {
    let mut sets = capabilities(None)?;
    for set in [&mut sets.effective, &mut sets.permitted, &mut sets.inheritable] {
        set.remove(CapabilitySet::SYS_NICE);
    }
    set_capabilities(None, sets)?;
    let maximum = getrlimit(Resource::Nice).maximum;
    setrlimit(Resource::Nice, Rlimit { current: Some(0), maximum })
}

/// The nice value of a thread of this process; nothing where it has ended.
fn nice(thread: &str) -> Option<i32> {
    let text = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat")).ok()?;
    // The name, in parentheses, may hold anything; after it, `nice` is the 17th field.
    text.rsplit_once(") ")?.1.split(' ').nth(16)?.parse().ok()
}

fn own_thread() -> String {
    gettid().as_raw_nonzero().to_string()
}

/// The threads of the runtime by its thread name, each with its nice value.
fn threads(name: &str) -> Vec<(String, String, i32)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let thread = entry.file_name().into_string().unwrap();
        let path = format!("/proc/self/task/{thread}/comm");
        let Ok(called) = std::fs::read_to_string(path) else { continue };
        let called = called.trim_end().to_owned();
        if let Some(nice) = nice(&thread).filter(|_| called.starts_with(name)) {
            found.push((thread, called, nice));
        }
    }
    found
}

/// Runs `test` on a thread without the privilege, and gives it that thread's nice value.
fn without_privilege(test: impl FnOnce(i32) + Send + 'static) {
    let unprivileged = std::thread::spawn(|| {
        if let Err(error) = drop_privilege() {
            println!("skipped: CAP_SYS_NICE cannot be dropped here: {error}");
            return;
        }
        let own = nice(&own_thread()).unwrap();
        if own == 19 {
            println!("skipped: the test itself has the lowest priority");
            return;
        }
        let cannot_raise = std::thread::spawn(move || {
            rustix::process::setpriority_process(None, own + 1).unwrap();
            rustix::process::setpriority_process(None, own).is_err()
        });
        assert!(cannot_raise.join().unwrap(), "the privilege is still there");
        test(own);
    });
    unprivileged.join().unwrap();
}

/// Tasks that compute for 2 ms per poll until the mark is set.
fn hogs(runtime: &Runtime, stop: &Arc<AtomicBool>, count: usize) {
    for _ in 0..count {
        let stop = stop.clone();
        drop(runtime.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let began = Instant::now();
                while began.elapsed() < Duration::from_millis(2) {
                    std::hint::spin_loop();
                }
                yield_now().await;
            }
        }));
    }
}

/// The tasks that are in the work lane. On a machine that is slow enough also a short poll is
/// taken for a long one, and the task behind it moves for three polls.
static AWAY: Mutex<BTreeSet<TaskId>> = Mutex::new(BTreeSet::new());

struct Moves;

impl Listener for Moves {
    fn on_event(&self, event: &Event<'_>) {
        match event {
            Event::TaskMoved { task, to: Lane::Work } => drop(AWAY.lock().insert(*task)),
            Event::TaskMoved { task, to: Lane::Wait } => drop(AWAY.lock().remove(task)),
            _ => {}
        }
    }
}

/// A task with short polls, which says on which threads it is polled in the wait lane.
fn ticks(runtime: &Runtime, stop: &Arc<AtomicBool>) -> Arc<Mutex<Vec<i32>>> {
    // The other test of this file may have begun to listen already.
    let _ = cortado_probe::listen(&Moves);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (own, stop) = (seen.clone(), stop.clone());
    drop(runtime.spawn(async move {
        while !stop.load(Ordering::Relaxed) {
            if !AWAY.lock().contains(&task_id()) {
                own.lock().push(gettid().as_raw_nonzero().get());
            }
            time::sleep(Duration::from_millis(1)).await;
        }
    }));
    until("the first tick", || !seen.lock().is_empty());
    seen
}

#[test]
fn lowered_threads_stay_in_the_work_lane() {
    without_privilege(|own| {
        let runtime = Builder::new().worker_threads(2).thread_name("lowered").build().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let seen = ticks(&runtime, &stop);
        hogs(&runtime, &stop, 6);
        until("a lowered thread", || runtime.handle().metrics().threads_lowered > 0);
        for _ in 0..10 {
            let lowered: BTreeSet<i32> = threads("lowered-")
                .iter()
                .filter(|(_, _, nice)| *nice > own)
                .map(|(thread, _, _)| thread.parse().unwrap())
                .collect();
            let before = seen.lock().len();
            // The first of these ticks may have begun before the threads were read.
            until("further ticks", || seen.lock().len() > before + 5);
            let later = seen.lock()[before + 1..].to_vec();
            assert!(later.iter().all(|thread| !lowered.contains(thread)), "{later:?} {lowered:?}");
        }
        until("a lowered thread by its nice value", || {
            threads("lowered-").iter().any(|(_, _, nice)| *nice > own)
        });
        // One that takes over may have begun only now, and has no name yet.
        until("a thread that is not lowered", || {
            threads("lowered-").iter().any(|(_, _, nice)| *nice == own)
        });
        stop.store(true, Ordering::SeqCst);
    });
}

#[test]
fn threads_that_a_lowered_one_asks_for_are_not_lowered() {
    without_privilege(|own| {
        let runtime = Builder::new().worker_threads(2).thread_name("asked").build().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let niceness = Arc::new(Mutex::new(None));
        let (answer, end) = (niceness.clone(), stop.clone());
        let asks = runtime.spawn(async move {
            // Computes until its own thread is a lowered one, and then asks for a new thread.
            while nice(&own_thread()).unwrap() == own && !end.load(Ordering::Relaxed) {
                let began = Instant::now();
                while began.elapsed() < Duration::from_millis(3) {
                    std::hint::spin_loop();
                }
                yield_now().await;
            }
            let closure = cortado_core::spawn_blocking(|| nice(&own_thread()));
            *answer.lock() = closure.await.unwrap();
        });
        let _seen = ticks(&runtime, &stop);
        hogs(&runtime, &stop, 4);
        until("the answer", || asks.is_finished());
        assert_eq!(*niceness.lock(), Some(own));
        assert_eq!(nice(&own_thread()), Some(own), "the caller of `block_on` is never lowered");
        stop.store(true, Ordering::SeqCst);
    });
}

/// None at all, a few steps, and more than there are.
#[test]
fn threads_of_the_work_lane_have_the_priority_that_was_asked_for() {
    let own = nice(&own_thread()).unwrap();
    for steps in [0, 3, 19] {
        let name = format!("nice{steps}");
        let builder = Builder::new().worker_threads(2).thread_name(&name).work_nice(steps);
        let runtime = builder.report_long_polls(false).build().unwrap();
        let stop = StopsOnDrop(Arc::default());
        hogs(&runtime, &stop.0, 6);
        until("a thread in the work lane", || runtime.handle().metrics().work_threads > 0);
        let expected = (own + steps).min(19);
        let workers = || threads(&format!("{name}-"));
        until("its priority", || workers().iter().any(|(_, _, nice)| *nice == expected));
        assert!(workers().iter().all(|(_, _, nice)| [own, expected].contains(nice)));
    }
}
