//! What the [probe] says, as events of the `tracing` crate. Feature `tracing`.
//!
//! [`listen`] turns it on for the process. Each event becomes one of these:
//!
//! | target | level | event |
//! |---|---|---|
//! | `cortado::task` | TRACE | a task was spawned, waits (why, on what, where), has ended |
//! | `cortado::task` | DEBUG | a task moved to the other lane |
//! | `cortado::worker` | WARN | one poll has lasted for 10 ms; at most one per spawn location and minute, instead of a line on standard error |
//! | `cortado::worker` | DEBUG | one poll has outlasted the stall limit |
//! | `cortado::worker` | DEBUG | a thread began or stopped to serve a lane |
//! | `cortado::worker` | DEBUG | the system refused what a thread is to have: a lower priority, only some of the CPUs, or a time slice of its own |
//!
//! A subscriber that is interested in no target of ours costs a load and a branch for each event.
//! One that is runs inside of the scheduler: it should be quick, and it must not wait for a task.
//! What cortado does on behalf of the subscriber itself is not reported, so that it may use a
//! channel of ours.
//!
//! A span follows a task as it does on any executor, by `tracing::Instrument`:
//! `cortado::spawn(future.instrument(span))`. The events of that task which happen in its polls,
//! such as its waits, are then inside of the span.
//!
//! ```
//! tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(std::io::stderr).init();
//! cortado::tracing::listen().expect("nobody else listens");
//!
//! let runtime = cortado::Runtime::new()?;
//! runtime.block_on(async { cortado::spawn(async { 1 + 1 }).await }).unwrap();
//! # Ok::<(), std::io::Error>(())
//! ```

use std::cell::Cell;

use ::tracing::{debug, trace, warn};

use crate::probe::{self, AlreadyListening, Cause, Event, Lane, Outcome, Refused};

/// Makes every event a `tracing` event from now on, for the life of the process.
///
/// # Errors
/// Where the process has another listener. That one can pass the events on to [`Listener`].
pub fn listen() -> Result<(), AlreadyListening> {
    static LISTENER: Listener = Listener::new();
    probe::listen(&LISTENER)
}

/// The listener that [`listen`] installs, for who wants to pass events on to it, or it to another.
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use cortado::probe::{self, Event};
///
/// struct Count(AtomicUsize);
/// impl probe::Listener for Count {
///     fn on_event(&self, _: &Event<'_>) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
/// static COUNT: Count = Count(AtomicUsize::new(0));
/// static BOTH: cortado::tracing::Listener = cortado::tracing::Listener::passing_on(&COUNT);
///
/// probe::listen(&BOTH).expect("nobody else listens");
/// cortado::Runtime::new()?.block_on(async { cortado::spawn(async {}).await }).unwrap();
/// assert_ne!(COUNT.0.load(Ordering::Relaxed), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Listener {
    next: Option<&'static dyn probe::Listener>,
}

impl Listener {
    /// Makes events of `tracing`.
    #[expect(clippy::new_without_default, reason = "a listener is made in a static")]
    pub const fn new() -> Listener {
        Listener { next: None }
    }

    /// Makes events of `tracing`, and tells `next` as well.
    pub const fn passing_on(next: &'static dyn probe::Listener) -> Listener {
        Listener { next: Some(next) }
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("passes_on", &self.next.is_some()).finish()
    }
}

impl probe::Listener for Listener {
    fn on_event(&self, event: &Event<'_>) {
        outside_of_subscribers(|| trace_event(event));
        if let Some(next) = self.next {
            next.on_event(event);
        }
    }

    fn shows_long_polls(&self) -> bool {
        true
    }
}

/// Does nothing where a subscriber, called from here, has itself caused the event: it would be told
/// of what it does because it was told.
fn outside_of_subscribers(tell: impl FnOnce()) {
    thread_local! {
        static TELLING: Cell<bool> = const { Cell::new(false) };
    }
    struct Done;
    impl Drop for Done {
        fn drop(&mut self) {
            TELLING.set(false);
        }
    }
    // A thread that ends has no locals any more, and nothing of interest left to tell.
    if TELLING.try_with(|telling| telling.replace(true)) == Ok(false) {
        let _done = Done;
        tell();
    }
}

fn trace_event(event: &Event<'_>) {
    match *event {
        Event::TaskSpawned { .. } | Event::TaskWaits { .. } | Event::TaskEnded { .. } => {
            trace_task(event);
        }
        Event::TaskMoved { task, to } => {
            debug!(target: "cortado::task", task = task.get(), to = lane(to), "task moved");
        }
        Event::LongPoll { .. } => trace_long_poll(event),
        Event::WorkerStarted { worker, lane: serves } => {
            debug!(target: "cortado::worker", worker = worker.0, lane = lane(serves), "worker started");
        }
        Event::Refused { worker, what, error } => {
            let what = match what {
                Refused::LowerPriority => "a lower priority",
                Refused::FewerCpus => "only some of the CPUs",
                Refused::TimeSlice => "a time slice of its own",
                _ => "something",
            };
            debug!(
                target: "cortado::worker",
                worker = worker.map(|worker| worker.0),
                what,
                error = %error,
                "the system refused what a thread is to have"
            );
        }
        Event::WorkerEnded { worker } => {
            debug!(target: "cortado::worker", worker = worker.0, "worker ended");
        }
        // A kind of event that this was not written for is no reason to fail.
        _ => {}
    }
}

fn trace_task(event: &Event<'_>) {
    match *event {
        Event::TaskSpawned { task, name, location, lane: starts } => trace!(
            target: "cortado::task",
            task = task.get(),
            name,
            location = %location,
            lane = lane(starts),
            "task spawned"
        ),
        Event::TaskWaits { task, why, object, location } => trace!(
            target: "cortado::task",
            task = task.map(|task| task.get()),
            why = why.text(),
            object = object.map(|object| object.get()),
            location = %location,
            "task waits"
        ),
        Event::TaskEnded { task, outcome } => {
            let outcome = match outcome {
                Outcome::Returned => "returned",
                Outcome::Panicked => "panicked",
                Outcome::Cancelled => "cancelled",
            };
            trace!(target: "cortado::task", task = task.get(), outcome, "task ended");
        }
        _ => {}
    }
}

fn trace_long_poll(event: &Event<'_>) {
    let Event::LongPoll { worker, task, name, location, lasted, cause, seat_freed, notable } =
        *event
    else {
        return;
    };
    let cause = match cause {
        Cause::OnCpu => "computes",
        Cause::Blocked => "is blocked in a call",
    };
    macro_rules! say {
        ($level:ident, $text:literal) => {
            $level!(
                target: "cortado::worker",
                worker = worker.0,
                task = task.map(|task| task.get()),
                name,
                location = location.map(::tracing::field::display),
                lasted_us = lasted.as_micros() as u64,
                cause,
                seat_freed,
                $text
            )
        };
    }
    if notable {
        say!(warn, "one poll lasts long");
    } else {
        say!(debug, "one poll has outlasted the stall limit");
    }
}

fn lane(lane: Lane) -> &'static str {
    match lane {
        Lane::Wait => "wait",
        Lane::Work => "work",
    }
}
