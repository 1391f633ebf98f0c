//! Jobs: closures that one thread offers and perhaps another runs.
//!
//! # Essay: stack jobs
//!
//! **Nouns.** A *job* is a closure of a join or of a scope. A `JobRef` is the right to run it once; it
//! says nothing about where the job lives: a join's on the stack of the thread that offers it, a
//! scope's in a box. A *latch* is set when a stack's job has run. A *member* is a thread's place in the
//! pool, with a deque of what it has on offer. A *thief* is a task in the work lane that steals.
//!
//! **Invariants.**
//! - J1: a job on a stack stays there, unmoved, while a `JobRef` of it exists or its latch is still to
//!   be set: its owner takes it back or waits, also when the closure beside it panics. The guard that
//!   sees to it (`Lent`) is made before the job is lent.
//! - J2: the closure is touched only by whoever holds the job's one `JobRef`, or, where none exists, by
//!   its owner; the outcome is written by the one who ran it before the latch is set, and read by the
//!   owner after.
//! - L1: whoever sets a latch has its own reason why the latch is still there: it was not set, and the
//!   owner waits for that before the latch goes. It touches nothing of the latch afterwards.
//! - L2: the share in the parker that a latch points to is its owner's, which has it for longer than any
//!   latch: the member's, in the pool that the owner is aboard of, or the thread's.
//! - W1: a member that waits for a job runs only what descends from it.
//!
//! **Protocol of a join.** While enough jobs of this thread's joins wait in its deque, both closures are
//! plain calls: one thread-local and one relaxed load decide that. Enough are `OFFERS` in an outermost
//! join and after a steal, one fewer after each job that was taken back, and at least one. Else (1) the
//! second closure is put into a slot, and a thief is sent for where seats are free and nobody searches;
//! (2) the first one runs; (3) the job is taken back by a compare-exchange, and runs here; or a thief has
//! it, and the join waits.
//!
//! So a few of the oldest, which are the biggest, are on offer at any time, and everything below them
//! runs bare. When one is stolen, the next join offers again, as high in the tree as there is one to
//! come. What is lost against offering every join: the second halves of the joins that are under way
//! at that moment. In a tree these are one path, whose parts offer their own halves when they are
//! reached. A join of two long halves that is called while the deque is full does not overlap them,
//! but then older jobs wait that no thread has time for; the next join will be seen.
//! A thief that was sent for comes as a task of the injector, never of the owner's next-task slot: a
//! join of two long halves has no other moment at which it could wake somebody. It finds itself in the
//! owner's place at times, and leaves that CPU (`leave_cpu`).
//!
//! **Waiting (W1).** When a join's job was stolen, the thread's own deque is empty down to the join's
//! frame: what was pushed above it has ended. The thief has noted itself in the job, and has the job as
//! a *frame* in its deque; what it offers above that frame descends from the job. So the one who waits
//! steals from that member alone, only above that frame, and only while the frame is there, all under
//! the deque's lock. A scope's owner first runs the jobs of the scope, then looks for its frame in every
//! deque. Who finds nothing for a while gives its seat up, so that another thread of the lane goes on,
//! and sleeps until the latch is set; then it takes a seat again, or goes on without one where all are
//! taken, as after a blocking call. The lane's bound of threads holds; where no spare can be had, the
//! sleeper sleeps all the same, since a stolen job is always being run by somebody, who is not this
//! thread, and the chain of those who wait for each other is as deep as the tree, so it has an end.
//! Therefore a lock that is held across a join is no deadlock, as long as what is awaited does not
//! need it.
//!
//! **The race** of an offer with a thief that goes is told in `crew.rs`; that of a latch that is freed
//! while it is set, in `latch.rs`.
//!
//! **The end of the runtime.** A poll under way is waited for, and a job that was offered is taken back
//! by its owner or is being run. A thief that is cancelled counts itself out. A closure on its way from a
//! plain thread comes back to it (`let_be`), and runs there.
//!
//! **Figures.** A binary tree with 1-ns leaves, ns per node, two cores, short runs one after the other on a nearly
//! quiet machine: 1,048,575 nodes: sequential 1.16, one thread 1.76, two 0.74 (Rayon 10.3 and 5.1, chili 2.4
//! and 1.5). 1,023 nodes inside of the work lane: sequential 1.06, one thread 2.1, two 1.4 (Rayon 6.7 on
//! two, chili 2.8). A join that is not offered costs 0.6 ns there, and one that is offered and taken back about 35.
//! A join of two halves of 1 ms, after 3 ms in which all threads slept, takes 40 to 55 µs longer than one
//! half; as tasks of the next-task slot, thieves came so late that it took 1,000 longer, as it does with
//! Rayon and chili on this machine.
//!
//! **Rejected.**
//! - A deque behind a lock, at both of its ends: 1,023 nodes took 2.8 ns each on two threads instead of 1.4, and
//!   nested scopes 138 ns instead of 72.
//! - Beginning with `OFFERS` again whenever nothing is on offer: 30 offers in a tree of 1,023 nodes instead
//!   of 12.
//! - Offering every join, as Rayon does: 8 to 9.6 ns for each that is not stolen, on the same tree.
//! - A fixed number on offer: each job that is taken back makes room for another one below it, and with
//!   four, three of four joins of a small tree are offered (17 ns per node instead of 3.4).
//! - A heartbeat that says when to offer, as chili and Forte have: a thread or a clock that is read
//!   (10 ns), a first share that comes a beat late, and joins of two long halves that never overlap
//!   (chili#33).
//! - Stealing any job of the same root while waiting: one root whose jobs hold a lock across a join
//!   then hangs, as in Rayon (rayon#592).
//! - Workers that know jobs beside tasks: the worker's loop, the sleep protocol and the monitor would
//!   each learn of a second kind of work. A thief that is a task needs none of that; it costs one small
//!   task for each thread that comes to help.

use std::any::Any;
use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{self, NonNull};

use crate::latch::Latch;
use crate::member::Aboard;
use crate::shim::atomic::{AtomicUsize, Ordering};

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// What a closure of [`join_context`](crate::join_context) learns about its run.
#[derive(Debug)]
pub struct FnContext {
    migrated: bool,
    /// It belongs to its thread.
    _local: PhantomData<*mut ()>,
}

impl FnContext {
    pub(crate) fn new(migrated: bool) -> FnContext {
        FnContext { migrated, _local: PhantomData }
    }

    /// The closure runs on another thread than the one that called for it.
    pub fn migrated(&self) -> bool {
        self.migrated
    }
}

/// No member.
const NOBODY: usize = usize::MAX;

/// What every job begins with.
#[repr(C)]
pub(crate) struct Header {
    /// Runs the job, or with false lets it be: it never runs.
    run: unsafe fn(NonNull<Header>, bool),
    /// The scope that it was spawned into; null in the job of a join.
    scope: *const (),
    /// The index of the member that took it.
    taker: AtomicUsize,
}

impl Header {
    pub(crate) fn new(run: unsafe fn(NonNull<Header>, bool), scope: *const ()) -> Header {
        Header { run, scope, taker: AtomicUsize::new(NOBODY) }
    }

    pub(crate) fn scope(&self) -> *const () {
        self.scope
    }
}

/// The right to run a job once.
pub(crate) struct JobRef {
    job: NonNull<Header>,
}

// SAFETY: J2 (a job's closure and result are `Send`; whoever makes a `JobRef` sees to it).
unsafe impl Send for JobRef {}

impl JobRef {
    /// # Safety
    /// The job stays valid until it has run, `run` of its header may be called on any thread, and no
    /// other `JobRef` of it exists.
    pub(crate) unsafe fn new(job: NonNull<Header>) -> JobRef {
        JobRef { job }
    }

    pub(crate) fn into_raw(self) -> *mut Header {
        self.job.as_ptr()
    }

    /// # Safety
    /// `job` came from `into_raw`, and is made a `JobRef` again once.
    pub(crate) unsafe fn from_raw(job: *mut Header) -> JobRef {
        // SAFETY: J2 (the caller; what `into_raw` gives is not null).
        JobRef { job: unsafe { NonNull::new_unchecked(job) } }
    }

    /// By this address, whoever waits for the job knows what descends from it.
    pub(crate) fn origin(&self) -> usize {
        // SAFETY: J1.
        let scope = unsafe { self.job.as_ref() }.scope;
        if scope.is_null() { self.job.as_ptr() as usize } else { scope as usize }
    }

    /// Runs the job. Its panic is kept in the job.
    pub(crate) fn run(self) {
        // SAFETY: J1, J2 (the maker of this `JobRef` has promised that the job is there).
        unsafe { (self.job.as_ref().run)(self.job, true) }
    }

    /// Lets the job be, for its owner to run.
    pub(crate) fn let_be(self) {
        // SAFETY: J1, J2 (as above).
        unsafe { (self.job.as_ref().run)(self.job, false) }
    }

    /// Notes who is about to run it.
    pub(crate) fn taken_by(&self, member: usize) {
        // SAFETY: J1.
        unsafe { self.job.as_ref() }.taker.store(member, Ordering::Relaxed);
    }
}

/// A closure on a stack, and what came of it.
#[repr(C)]
pub(crate) struct StackJob<F, R> {
    header: Header,
    closure: UnsafeCell<Option<F>>,
    outcome: UnsafeCell<Option<Result<R, Payload>>>,
    latch: Latch,
}

impl<F, R> StackJob<F, R>
where
    F: FnOnce(FnContext) -> R + Send,
    R: Send,
{
    pub(crate) fn new(closure: F, latch: Latch) -> StackJob<F, R> {
        StackJob {
            header: Header::new(Self::run_lent, ptr::null()),
            closure: UnsafeCell::new(Some(closure)),
            outcome: UnsafeCell::new(None),
            latch,
        }
    }

    /// The job of a join that this member calls, which ends before the member goes.
    pub(crate) fn of_member(closure: F, aboard: &Aboard) -> StackJob<F, R> {
        // SAFETY: L2.
        let latch = unsafe { Latch::new(&raw const aboard.member().parker) };
        StackJob::new(closure, latch)
    }

    pub(crate) fn header(&self) -> *const Header {
        &raw const self.header
    }

    pub(crate) fn latch(&self) -> &Latch {
        &self.latch
    }

    pub(crate) fn taker(&self) -> Option<usize> {
        Some(self.header.taker.load(Ordering::Relaxed)).filter(|taker| *taker != NOBODY)
    }

    /// The right to run it, for somebody else.
    ///
    /// # Safety
    /// J1: the caller keeps the job where it is until it has the `JobRef` back or the latch is set. It
    /// makes one only.
    pub(crate) unsafe fn lend(&self) -> JobRef {
        // The pointer is made from the whole job, which its runner writes to.
        let job = NonNull::from(self).cast::<Header>();
        // SAFETY: J1 (the caller), J2 (closure and result are `Send`).
        unsafe { JobRef::new(job) }
    }

    /// # Safety
    /// J2: by the holder of the `JobRef`, once.
    unsafe fn run_lent(header: NonNull<Header>, run: bool) {
        let job = header.cast::<StackJob<F, R>>().as_ptr();
        // SAFETY: J1 (it is there until the latch is set), J2, L1 (the latch is set here alone).
        unsafe {
            let closure = if run { (*(*job).closure.get()).take() } else { None };
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                closure.map(|closure| closure(FnContext::new(true)))
            }));
            *(*job).outcome.get() = outcome.transpose();
            Latch::set(&raw const (*job).latch);
        }
    }

    /// The closure of a job that nobody has run, or the result of one that was run, whose panic goes on.
    pub(crate) fn end(self) -> Result<R, F> {
        if let Some(closure) = self.closure.into_inner() {
            return Err(closure);
        }
        match self.outcome.into_inner() {
            Some(Ok(result)) => Ok(result),
            Some(Err(payload)) => resume_unwind(payload),
            None => cortado_probe::stop("J2", "a job has neither closure nor outcome"),
        }
    }
}

/// A job on the stack that is on offer to other threads, or was taken by one. Dropped before
/// [`settle`](Self::settle), because the closure beside it panicked, it takes the job back, or waits
/// until it has run.
pub(crate) struct Lent<'a, F, R>
where
    F: FnOnce(FnContext) -> R + Send,
    R: Send,
{
    aboard: &'a Aboard,
    job: &'a StackJob<F, R>,
    is_offered: bool,
}

impl<'a, F, R> Lent<'a, F, R>
where
    F: FnOnce(FnContext) -> R + Send,
    R: Send,
{
    /// Offers the job, where there is room.
    pub(crate) fn new(aboard: &'a Aboard, job: &'a StackJob<F, R>) -> Lent<'a, F, R> {
        // SAFETY: J1 (the drop of the result sees to it, and it is never forgotten).
        let lent = unsafe { job.lend() };
        let mut guard = Lent { aboard, job, is_offered: false };
        guard.is_offered = aboard.offer(lent);
        guard
    }

    /// The job is the caller's again: it was not taken, or has run.
    pub(crate) fn settle(self) {}
}

impl<F, R> Drop for Lent<'_, F, R>
where
    F: FnOnce(FnContext) -> R + Send,
    R: Send,
{
    fn drop(&mut self) {
        if self.is_offered && !self.aboard.take_back(self.job.header()) {
            let origin = self.job.header() as usize;
            self.aboard.wait(self.job.latch(), origin, || self.job.taker());
        }
    }
}
