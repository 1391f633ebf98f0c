//! The stock: between the event loop, which prepares jobs, and the makers that go on from one short
//! job to the next by themselves. The one puts commands in and takes results out, the others the
//! other way round. Both hold its lock for a few instructions.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::command::Prepared;
use super::maker::Short;
use super::tuning::{DELIVERY, SHORT_ENOUGH, STAYS, STOCK, STOCK_BYTES};

/// See the module. Clones are the same one.
#[derive(Clone, Default)]
pub(super) struct Stock(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    prepared: VecDeque<Prepared>,
    /// The memory of all of them, in bytes.
    bytes: usize,
    /// More are wanted when so few are left.
    few: usize,
    short: Vec<Short>,
    /// When the oldest of `short` ended.
    oldest: Option<Duration>,
    /// So many makers end instead of starting another job.
    surplus: usize,
    /// How many jobs in a row were short.
    in_a_row: u32,
    waker: Option<Waker>,
}

impl Inner {
    fn pop(&mut self) -> Option<Prepared> {
        let job = self.prepared.pop_front()?;
        self.bytes -= job.memory();
        Some(job)
    }
}

impl Stock {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The loop: puts a job in.
    pub(super) fn put(&self, job: Prepared) {
        let mut inner = self.inner();
        inner.bytes += job.memory();
        inner.prepared.push_back(job);
        inner.few = inner.prepared.len() / 2;
    }

    /// The loop: takes a job out, to give it to a new maker.
    pub(super) fn take(&self) -> Option<Prepared> {
        self.inner().pop()
    }

    /// The loop: takes all jobs out; nothing is started any more.
    pub(super) fn clear(&self) -> VecDeque<Prepared> {
        let mut inner = self.inner();
        inner.bytes = 0;
        std::mem::take(&mut inner.prepared)
    }

    /// How many jobs wait for a maker.
    pub(super) fn len(&self) -> usize {
        self.inner().prepared.len()
    }

    /// Whether as many wait as may.
    pub(super) fn is_full(&self) -> bool {
        let inner = self.inner();
        inner.prepared.len() >= STOCK || inner.bytes >= STOCK_BYTES
    }

    /// The loop: takes the results. So many makers are `surplus`, and `waker` is to be woken for
    /// what comes next.
    pub(super) fn collect(&self, surplus: usize, waker: &Waker) -> Vec<Short> {
        let mut inner = self.inner();
        inner.surplus = surplus;
        inner.oldest = None;
        if !inner.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            inner.waker = Some(waker.clone());
        }
        std::mem::take(&mut inner.short)
    }

    /// Whether the next job may be expected to end while its maker stays with it.
    pub(super) fn expects_short(&self) -> bool {
        self.inner().in_a_row >= SHORT_ENOUGH
    }

    /// A job has ended that the loop waited for.
    pub(super) fn saw(&self, wall: Duration) {
        let mut inner = self.inner();
        inner.in_a_row = if wall < STAYS { inner.in_a_row.saturating_add(1) } else { 0 };
    }

    /// A job was not short.
    pub(super) fn saw_long(&self) {
        self.inner().in_a_row = 0;
    }

    /// A maker: hands in a job that has ended; the next one, unless the maker is to end. The loop
    /// is woken when results are old enough or jobs run out. It need not be for a maker that ends:
    /// it hears of that in any case.
    pub(super) fn hand_in(&self, short: Short) -> Option<Prepared> {
        let mut inner = self.inner();
        inner.in_a_row = inner.in_a_row.saturating_add(1);
        let end = short.end;
        let oldest = *inner.oldest.get_or_insert(end);
        inner.short.push(short);
        if inner.surplus > 0 {
            inner.surplus -= 1;
            return None;
        }
        let next = inner.pop();
        let due = end >= oldest + DELIVERY || inner.prepared.len() == inner.few;
        let waker = inner.waker.clone().filter(|_| due);
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
        next
    }
}
