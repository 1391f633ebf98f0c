//! `scope`: any number of closures that may borrow what outlives the scope.
//!
//! - C1: a scope does not go before everything that was spawned into it has run: its owner waits until
//!   nothing is outstanding. So a job finds its scope, and what it borrows, there.
//! - C2: what is still outstanding when its owner has run all that it found is a thief's, or came from what a
//!   thief ran. So the scope was open, and its owner is aboard.

use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{self, NonNull};
use std::sync::Arc;

use crate::install::within;
use crate::job::{Header, JobRef, Payload};
use crate::outstanding::Outstanding;
use crate::pool::Pool;
use crate::queue::Queue;
use crate::shim::Mutex;
use crate::thief::Sender;
use crate::visit::{self, Visit};

/// Where closures are spawned that end before [`scope`] returns.
pub struct Scope<'scope> {
    pool: Arc<Pool>,
    /// Where the visit is of the thread that opened it.
    owner: usize,
    queue: Queue,
    outstanding: Outstanding,
    /// The first panic.
    panic: Mutex<Option<Payload>>,
    /// What is spawned may borrow for `'scope`, and no longer or shorter.
    _borrows: PhantomData<fn(&'scope ()) -> &'scope ()>,
}

/// Calls `body` with a scope, waits for all that was spawned into it, and returns the result.
///
/// # Panics
/// Where `body` or something that was spawned panics: with the first panic, after all have ended.
///
/// # Examples
/// ```
/// let mut squares = vec![0; 10];
/// cortado_par::scope(|scope| {
///     for (n, square) in squares.iter_mut().enumerate() {
///         scope.spawn(move |_| *square = n * n);
///     }
/// });
/// assert_eq!(squares[9], 81);
/// ```
#[track_caller]
pub fn scope<'scope, F, R>(body: F) -> R
where
    F: FnOnce(&Scope<'scope>) -> R + Send,
    R: Send,
{
    within(|visit| {
        let scope = Scope::new(visit);
        let opened = scope.open(visit);
        let result = catch_unwind(AssertUnwindSafe(|| body(&scope)));
        scope.wait(visit, opened);
        scope.end(result)
    })
}

impl<'scope> Scope<'scope> {
    fn new(visit: &Visit) -> Scope<'scope> {
        Scope {
            pool: visit.pool().clone(),
            owner: visit.address(),
            queue: Queue::new(),
            // SAFETY: L2 (the scope goes before the visit).
            outstanding: unsafe { Outstanding::new(visit.parker()) },
            panic: Mutex::new(None),
            _borrows: PhantomData,
        }
    }

    /// Spawns a closure, which runs at some time before [`scope`] returns, perhaps on another thread. It
    /// gets the scope, to spawn more.
    ///
    /// There is no bound on how many closures can wait in a scope.
    pub fn spawn<F>(&self, body: F)
    where
        F: FnOnce(&Scope<'scope>) + Send + 'scope,
    {
        self.outstanding.add();
        let header = Header::new(Spawned::<'scope, F>::run, ptr::from_ref(self).cast());
        let job = Box::new(Spawned { header, body, _scope: PhantomData });
        let job = NonNull::from(Box::leak(job)).cast::<Header>();
        // SAFETY: C1 (the scope waits for the job, which frees itself when it runs).
        let job = unsafe { JobRef::new(job) };
        let is_own = visit::is_current(self.owner);
        if is_own {
            self.queue.push_own(job);
        } else {
            self.queue.push(job);
            self.outstanding.latch().nudge();
        }
        // Before its owner is aboard the scope is not open, and a thief would come in vain.
        if !is_own || visit::is_aboard() {
            self.pool.send_for_thief(Sender::Computes);
        }
    }

    /// What its jobs descend from.
    fn origin(&self) -> usize {
        ptr::from_ref(self) as usize
    }

    /// Shows the jobs to thieves, once the thread is aboard.
    fn open(&self, visit: &Visit) -> bool {
        visit.aboard().map(|aboard| aboard.member().deque.open(&self.queue)).is_some()
    }

    /// The same after jobs were spawned, for which nobody has sent.
    fn open_late(&self, visit: &Visit) -> bool {
        let opened = self.open(visit);
        if opened {
            self.pool.look_again(Sender::Computes);
        }
        opened
    }

    /// Waits for all that was spawned.
    fn wait(&self, visit: &Visit, mut opened: bool) {
        while let Some(job) = self.queue.pop_back() {
            opened = opened || self.open_late(visit);
            job.run();
        }
        if !self.outstanding.end_own() {
            let Some(aboard) = visit.aboard() else {
                cortado_probe::stop("C2", "a scope waits for a job that no thief can have seen");
            };
            aboard.wait_for_scope(self.outstanding.latch(), self.origin(), &self.queue);
        }
        self.close(visit, opened);
    }

    fn close(&self, visit: &Visit, opened: bool) {
        if opened && let Some(aboard) = visit.aboard() {
            aboard.member().deque.close(&self.queue);
        }
    }

    fn end<R>(self, result: Result<R, Payload>) -> R {
        let first = self.panic.lock().take();
        match (result, first) {
            (Err(payload), _) | (_, Some(payload)) => resume_unwind(payload),
            (Ok(result), None) => result,
        }
    }

    /// Keeps the first panic.
    fn panicked(&self, payload: Payload) {
        let second = {
            let mut first = self.panic.lock();
            match &mut *first {
                Some(_) => Some(payload),
                none => {
                    *none = Some(payload);
                    None
                }
            }
        };
        drop_quietly(second);
    }
}

/// The drop of what a panic carried may panic; that one is let go.
fn drop_quietly(payload: Option<Payload>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(move || drop(payload))) {
        std::mem::forget(again);
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("outstanding", &self.outstanding.count())
            .finish_non_exhaustive()
    }
}

/// A closure that was spawned, in a box of its own.
#[repr(C)]
struct Spawned<'scope, F> {
    header: Header,
    body: F,
    _scope: PhantomData<*const Scope<'scope>>,
}

impl<'scope, F> Spawned<'scope, F>
where
    F: FnOnce(&Scope<'scope>) + Send + 'scope,
{
    /// # Safety
    /// C1: the job was spawned and has not run.
    unsafe fn run(header: NonNull<Header>, _: bool) {
        // SAFETY: C1 (the box was leaked by `spawn`).
        let job = unsafe { Box::from_raw(header.cast::<Spawned<'scope, F>>().as_ptr()) };
        let Spawned { header, body, .. } = *job;
        // SAFETY: C1 (this job is outstanding, and its header has the scope).
        let scope = unsafe { &*header.scope().cast::<Scope<'scope>>() };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| body(scope))) {
            scope.panicked(payload);
        }
        // SAFETY: C1 (this job was added when it was spawned, and ends here).
        unsafe { Outstanding::end(&raw const scope.outstanding) };
    }
}
