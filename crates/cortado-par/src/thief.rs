//! A thief: a task in the work lane that takes jobs and runs them until there are none.
//!
//! It is sent for where jobs are on offer and seats are free. Being a task, it waits for a seat like
//! any other, wakes a thread like any other, and is seen by the monitor. Between two jobs it makes way
//! for tasks that wait.

use std::future::Future;
use std::hint;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cortado_core::work;

use crate::member::Aboard;
use crate::pool::Pool;
use crate::tuning::{LOOKS, PAUSES};
use crate::visit;

/// See the module. The crew counts it as searching from before it is made.
pub(crate) struct Thief {
    /// None once it has come aboard.
    pool: Option<Arc<Pool>>,
    /// Where the thread is that sent for it and goes on: elsewhere there is time for two.
    occupied_cpu: Option<usize>,
}

/// What the thread goes on to do that sends for a thief.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Sender {
    Computes,
    Leaves,
}

impl Thief {
    /// Sends for a thief that was counted already.
    pub(crate) fn send(pool: &Arc<Pool>, sender: Sender) {
        let occupied_cpu = (sender == Sender::Computes).then(work::current_cpu);
        let thief = Thief { pool: Some(pool.clone()), occupied_cpu };
        // Without a runtime the thief is dropped, and with a runtime that ends it is cancelled.
        if let Some(runtime) = pool.runtime() {
            drop(work::spawn_to_others(&runtime, thief, Location::caller()));
        }
    }
}

impl Future for Thief {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if let Some(pool) = self.pool.take() {
            if self.occupied_cpu == Some(work::current_cpu()) {
                work::leave_cpu();
            }
            match Aboard::sent(&pool) {
                Some(aboard) => visit::with_aboard(pool, aboard, serve),
                // No second look: those who have all places look again when they go.
                None => pool.crew.give_up(),
            }
        }
        Poll::Ready(())
    }
}

impl Drop for Thief {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            // Nor here: the runtime ends, and who offered a job takes it back.
            pool.crew.give_up();
        }
    }
}

/// Runs jobs until there are none, or tasks wait for this worker. Begins as a searcher and ends as
/// none.
fn serve(aboard: &Aboard) {
    let pool = aboard.pool();
    while let Some(job) = search(aboard) {
        if pool.crew.found() {
            pool.look_again(Sender::Computes);
        }
        aboard.run(job);
        if work::is_wanted() {
            return;
        }
        pool.crew.search();
    }
    pool.crew.found();
}

fn search(aboard: &Aboard) -> Option<crate::job::JobRef> {
    for _ in 0..LOOKS {
        if let Some(job) = aboard.steal() {
            return Some(job);
        }
        (0..PAUSES).for_each(|_| hint::spin_loop());
    }
    None
}
