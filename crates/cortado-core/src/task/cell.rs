//! The cell of a task: one allocation, reached through a thin pointer and a table of functions.
//!
//! All access to the future, the output and the join waker is here. The invariants T1 to T6 that
//! the `SAFETY` comments cite are stated once, in the essay of the parent module.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll, Waker};

use cortado_probe::{Event, Outcome, TaskId, emit};

use super::join::JoinError;
use super::joint::Joint;
use super::memory;
use super::runnable::Runnable;
use super::shield::{discard, shielded};
use super::state::{State, Woken};
use crate::shim::atomic::{AtomicPtr, AtomicU32};

/// What every task has, whatever its future is.
#[repr(C)]
pub(crate) struct Header {
    pub(super) state: State,
    pub(super) table: &'static Table,
    pub(super) link: AtomicPtr<Header>,
    id: TaskId,
    location: &'static Location<'static>,
    /// Where the registry keeps it.
    pub(crate) slot: AtomicU32,
    /// What `Placement` knows of its use of the CPU.
    pub(crate) load: AtomicU32,
}

/// The functions that know the type of the future.
pub(super) struct Table {
    pub(super) poll: unsafe fn(NonNull<Header>, &mut Context<'_>) -> Polled,
    pub(super) cancel: unsafe fn(NonNull<Header>),
    pub(super) complete: unsafe fn(NonNull<Header>, runnable: bool),
    pub(super) admit: unsafe fn(NonNull<Header>, Task) -> bool,
    pub(super) schedule: unsafe fn(NonNull<Header>),
    pub(super) schedule_alone: unsafe fn(NonNull<Header>),
    pub(super) noticed: unsafe fn(NonNull<Header>),
    pub(super) free: unsafe fn(NonNull<Header>),
    pub(super) take_output: unsafe fn(NonNull<Header>, *mut ()),
    pub(super) drop_output: unsafe fn(NonNull<Header>),
    pub(super) join_waker: unsafe fn(NonNull<Header>) -> *mut Option<Waker>,
    pub(super) name: unsafe fn(NonNull<Header>) -> Option<*const str>,
}

pub(super) enum Polled {
    Pending,
    Finished,
}

/// A scheduler, as a task sees it.
pub(crate) trait Schedule: Send + Sync + 'static {
    /// Takes a new task into the registry; false where the runtime ends.
    fn admit(&self, task: Task) -> bool;

    /// Queues a task that was woken.
    fn schedule(&self, task: Runnable);

    /// What `schedule_if_kept` knows the scheduler by; it keeps nothing alive.
    fn identity(&self) -> *const () {
        ptr::null()
    }

    /// Queues a task that was woken, where the current thread keeps its scheduler alive for as long as
    /// that takes; else gives it back. A task that is queued may end at once, and its cell, and what
    /// that keeps, with it.
    fn schedule_if_kept(_identity: *const (), task: Runnable) -> Option<Runnable> {
        Some(task)
    }

    /// Called by the polling thread between the end of a poll and whatever follows from it, if the
    /// notice given to `Runnable::run` is set. The task is still running.
    fn noticed(&self, task: &Header);

    /// Forgets a task that has ended; true where the registry's reference comes back with it.
    fn forget(&self, task: &Header) -> bool;
}

/// A name, or nothing, without a cost for nothing.
pub(crate) trait Name: Send + Sync + 'static {
    fn name(&self) -> Option<&str>;
}

impl Name for () {
    fn name(&self) -> Option<&str> {
        None
    }
}

impl Name for Box<str> {
    fn name(&self) -> Option<&str> {
        Some(self)
    }
}

#[repr(C)]
struct Cell<F: Future, S, N> {
    header: Header,
    scheduler: S,
    name: N,
    join_waker: UnsafeCell<Option<Waker>>,
    stage: UnsafeCell<Stage<F>>,
}

/// What a task is now: by T1 and T2 its state word says which, and a tag here would cost 8 bytes.
union Stage<F: Future> {
    future: ManuallyDrop<F>,
    output: ManuallyDrop<Result<F::Output, JoinError>>,
}

/// Makes a task; its three references are the registry's, the runnable's and the join handle's,
/// returned in this order.
pub(crate) fn new_task<F, S, N>(
    future: F,
    scheduler: S,
    name: N,
    location: &'static Location<'static>,
    work: bool,
) -> (Task, Runnable, Joint<F::Output>)
where
    F: Future + 'static,
    S: Schedule,
    N: Name,
{
    let cell = Cell {
        header: Header {
            state: State::new(work),
            table: const { &Cell::<F, S, N>::TABLE },
            link: AtomicPtr::new(ptr::null_mut()),
            id: TaskId::next(),
            location,
            slot: AtomicU32::new(0),
            load: AtomicU32::new(0),
        },
        scheduler,
        name,
        join_waker: UnsafeCell::new(None),
        stage: UnsafeCell::new(Stage { future: ManuallyDrop::new(future) }),
    };
    let place = memory::allocate(Layout::new::<Cell<F, S, N>>()).cast::<Cell<F, S, N>>();
    // SAFETY: T4 (the memory is new, and fit for a cell).
    unsafe { place.write(cell) };
    let header = place.cast::<Header>();
    (Task(header), Runnable(header), Joint::new(Task(header)))
}

impl<F: Future + 'static, S: Schedule, N: Name> Cell<F, S, N> {
    const TABLE: Table = Table {
        poll: Self::poll,
        cancel: Self::cancel,
        complete: Self::complete,
        admit: Self::admit,
        schedule: Self::schedule,
        schedule_alone: Self::schedule_alone,
        noticed: Self::noticed,
        free: Self::free,
        take_output: Self::take_output,
        drop_output: Self::drop_output,
        join_waker: Self::join_waker,
        name: Self::name,
    };

    /// # Safety
    /// `header` is that of a live cell of this type (T4).
    unsafe fn of<'a>(header: NonNull<Header>) -> &'a Self {
        // SAFETY: T4 (the caller has a reference; the header is the first field).
        unsafe { header.cast::<Self>().as_ref() }
    }

    /// # Safety
    /// As `of`, and the caller holds RUNNING.
    unsafe fn poll(header: NonNull<Header>, context: &mut Context<'_>) -> Polled {
        // SAFETY: T4 (the runnable's reference).
        let cell = unsafe { Self::of(header) };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: T1 (RUNNING), and the future is never moved until it is dropped in place.
            let future: &mut F = unsafe { &mut (*cell.stage.get()).future };
            // SAFETY: T1 (the cell is on the heap, and `finish` drops in place).
            unsafe { Pin::new_unchecked(future) }.poll(context)
        }));
        let output = match polled {
            Ok(Poll::Pending) => return Polled::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(JoinError::panicked(cell.header.id, panic)),
        };
        // SAFETY: T1 (RUNNING).
        unsafe { cell.finish(output) };
        Polled::Finished
    }

    /// # Safety
    /// As `poll`.
    unsafe fn cancel(header: NonNull<Header>) {
        // SAFETY: T4, T1 (the caller holds RUNNING).
        unsafe {
            let cell = Self::of(header);
            cell.finish(Err(JoinError::cancelled(cell.header.id)));
        }
    }

    /// Drops the future and stores what the joiner gets. A panic in the future's drop becomes the
    /// result, so that it is not lost.
    ///
    /// # Safety
    /// The caller holds RUNNING.
    unsafe fn finish(&self, output: Result<F::Output, JoinError>) {
        let stage = self.stage.get();
        // SAFETY: T1 (RUNNING, and COMPLETE is not set: the future is there). Where its drop panics, the
        // remains are never dropped again.
        let drop_future = || unsafe { ManuallyDrop::drop(&mut (*stage).future) };
        let output = match catch_unwind(AssertUnwindSafe(drop_future)) {
            Ok(()) => output,
            Err(panic) => {
                shielded(|| drop(output));
                Err(JoinError::panicked(self.header.id, panic))
            }
        };
        let outcome = match &output {
            Ok(_) => Outcome::Returned,
            Err(error) if error.is_cancelled() => Outcome::Cancelled,
            Err(_) => Outcome::Panicked,
        };
        // SAFETY: T1, T2 (RUNNING, COMPLETE is not set yet, and the future is gone).
        unsafe { stage.write(Stage { output: ManuallyDrop::new(output) }) };
        emit(|| Event::TaskEnded { task: self.header.id, outcome });
    }

    /// The output is stored: tells the joiner, and gives back the references that are due.
    ///
    /// # Safety
    /// The caller holds RUNNING; `runnable` says that it also has the runnable's reference.
    unsafe fn complete(header: NonNull<Header>, runnable: bool) {
        // SAFETY: T4 (the runnable's reference, or that of the caller).
        let cell = unsafe { Self::of(header) };
        let state = &cell.header.state;
        let completed = state.complete();
        if !completed.joined {
            // SAFETY: T2 (no handle, so the completer owns the output).
            unsafe { Self::drop_output(header) };
        } else if completed.waker {
            // SAFETY: T3 (JOIN_WAKER is set, so the slot is only read).
            let slot = unsafe { &*cell.join_waker.get() };
            shielded(|| slot.iter().for_each(Waker::wake_by_ref));
            if state.joiner_woken() {
                // SAFETY: T3 (the handle is gone: the slot is the completer's).
                let waker = unsafe { (*cell.join_waker.get()).take() };
                shielded(|| drop(waker));
            }
        }
        let forgotten = cell.scheduler.forget(&cell.header);
        let due = usize::from(runnable) + usize::from(forgotten);
        if due > 0 && state.release(due) {
            // SAFETY: T4 (those were the last references).
            unsafe { Self::free(header) };
        }
    }

    /// # Safety
    /// The caller has a reference.
    unsafe fn admit(header: NonNull<Header>, task: Task) -> bool {
        // SAFETY: T4 (the caller's reference).
        unsafe { Self::of(header) }.scheduler.admit(task)
    }

    /// # Safety
    /// The caller gives the reference of a new runnable, and has another one.
    unsafe fn schedule(header: NonNull<Header>) {
        // SAFETY: T4 (the caller keeps a reference of its own until this returns).
        unsafe { Self::of(header) }.scheduler.schedule(Runnable(header));
    }

    /// # Safety
    /// The caller gives the reference of a new runnable, and need not have another one.
    unsafe fn schedule_alone(header: NonNull<Header>) {
        // SAFETY: T4 (the runnable's reference).
        let identity = unsafe { Self::of(header) }.scheduler.identity();
        if let Some(runnable) = S::schedule_if_kept(identity, Runnable(header)) {
            // While the runnable is handed over, this keeps the cell, and so the scheduler, alive.
            let _kept = runnable.task();
            runnable.schedule();
        }
    }

    /// # Safety
    /// The caller holds RUNNING.
    unsafe fn noticed(header: NonNull<Header>) {
        // SAFETY: T4 (the runnable's reference).
        let cell = unsafe { Self::of(header) };
        cell.scheduler.noticed(&cell.header);
    }

    /// # Safety
    /// The last reference was given back.
    unsafe fn free(header: NonNull<Header>) {
        // SAFETY: T4 (the cell is still whole).
        let cell = unsafe { Self::of(header) };
        if !cell.header.state.is_complete() {
            // SAFETY: T2, T4 (not complete, so the future is there, and nobody can reach it any more).
            shielded(|| unsafe { ManuallyDrop::drop(&mut (*cell.stage.get()).future) });
        }
        // SAFETY: T4 (nobody else can reach the cell any more). After a panic of the drop the rest is
        // leaked, as far as the panic has not dropped it.
        shielded(|| unsafe { header.cast::<Self>().drop_in_place() });
        // SAFETY: T4 (`new_task` has allocated it with this layout, and it was dropped).
        unsafe { memory::free(header.cast(), Layout::new::<Self>()) };
    }

    /// # Safety
    /// By T2 the caller owns the output, which is there, and takes it; `into` points to an `Option<Result<F::Output, JoinError>>`.
    unsafe fn take_output(header: NonNull<Header>, into: *mut ()) {
        // SAFETY: T4, T2 (the caller owns the output, so nobody else touches the stage).
        let output = unsafe { ManuallyDrop::take(&mut (*Self::of(header).stage.get()).output) };
        // SAFETY: T2 (the caller's duty).
        unsafe { *into.cast::<Option<Result<F::Output, JoinError>>>() = Some(output) };
    }

    /// # Safety
    /// As `take_output`.
    unsafe fn drop_output(header: NonNull<Header>) {
        // SAFETY: T4, T2 (as `take_output`).
        let drop_it = || unsafe { ManuallyDrop::drop(&mut (*Self::of(header).stage.get()).output) };
        catch_unwind(AssertUnwindSafe(drop_it)).unwrap_or_else(discard);
    }

    /// # Safety
    /// T3 says what the caller may do with it.
    unsafe fn join_waker(header: NonNull<Header>) -> *mut Option<Waker> {
        // SAFETY: T4.
        unsafe { Self::of(header) }.join_waker.get()
    }

    /// # Safety
    /// The caller has a reference, and uses the name only while it does.
    unsafe fn name(header: NonNull<Header>) -> Option<*const str> {
        // SAFETY: T4.
        unsafe { Self::of(header) }.name.name().map(|name| name as *const str)
    }
}

impl Header {
    pub(crate) fn id(&self) -> TaskId {
        self.id
    }

    /// Where `spawn` was called.
    pub(crate) fn location(&self) -> &'static Location<'static> {
        self.location
    }

    pub(crate) fn in_work_lane(&self) -> bool {
        self.state.in_work_lane()
    }

    pub(crate) fn was_polled(&self) -> bool {
        self.state.was_polled()
    }

    /// Changes the lane that the task is scheduled in from its next wake on; true where that is a
    /// change.
    pub(crate) fn move_to_work_lane(&self, work: bool) -> bool {
        self.state.move_to(work)
    }
}

/// A counted reference to a task.
pub(crate) struct Task(NonNull<Header>);

// SAFETY: T1, T4, T6 (a reference gives access to the header, which is atomics and constants; the
// future is reached only through RUNNING).
unsafe impl Send for Task {}
// SAFETY: T1, T4 (as above).
unsafe impl Sync for Task {}

impl Task {
    pub(crate) fn name(&self) -> Option<&str> {
        // SAFETY: T4 (this owns a reference, for as long as the name is borrowed at least).
        unsafe { (self.header().table.name)(self.0).map(|name| &*name) }
    }

    pub(crate) fn header(&self) -> &Header {
        // SAFETY: T4 (this owns a reference).
        unsafe { self.0.as_ref() }
    }

    /// Moves the output out, unless that was done before.
    ///
    /// # Safety
    /// The task is complete, the caller is its join handle, and `T` is its output type.
    pub(super) unsafe fn take_output<T>(&self) -> Option<Result<T, JoinError>> {
        if !self.header().state.take_output() {
            return None;
        }
        let mut output: Option<Result<T, JoinError>> = None;
        // SAFETY: T2 (the caller's duty).
        unsafe { (self.header().table.take_output)(self.0, (&raw mut output).cast()) };
        output
    }

    /// Drops the output.
    ///
    /// # Safety
    /// The task is complete, the caller is its join handle, and has not taken the output.
    pub(super) unsafe fn drop_output(&self) {
        // SAFETY: T2 (the caller's duty).
        unsafe { (self.header().table.drop_output)(self.0) };
    }

    /// The slot of the join waker; T3 says what the caller may do with it.
    pub(super) fn join_waker(&self) -> *mut Option<Waker> {
        // SAFETY: T4 (this owns a reference).
        unsafe { (self.header().table.join_waker)(self.0) }
    }

    /// Gives the reference away as a pointer.
    pub(crate) fn into_ptr(self) -> NonNull<Header> {
        ManuallyDrop::new(self).0
    }

    /// # Safety
    /// `ptr` comes with a reference that nobody else gives back.
    pub(crate) unsafe fn from_ptr(ptr: NonNull<Header>) -> Task {
        Task(ptr)
    }

    /// Asks the task to end; it does so where its scheduler runs it next.
    pub(crate) fn abort(&self) {
        let woken = self.header().state.abort();
        self.act_on(woken);
    }

    /// Ends the task now, unless it is being polled: then its poller ends it.
    pub(crate) fn shut_down(&self) {
        if self.header().state.shut_down() {
            let table = self.header().table;
            // SAFETY: T1 (`shut_down` gave us RUNNING), T4 (this owns a reference of its own).
            unsafe {
                (table.cancel)(self.0);
                (table.complete)(self.0, false);
            }
        }
    }

    pub(super) fn wake_by_ref(&self) {
        let woken = self.header().state.wake_by_ref();
        self.act_on(woken);
    }

    /// Uses this reference up.
    pub(super) fn wake(self) {
        let task = ManuallyDrop::new(self);
        match task.header().state.wake_by_value() {
            // SAFETY: T4 (this reference has become the runnable's).
            Woken::Schedule => unsafe { (task.header().table.schedule_alone)(task.0) },
            woken => task.act_on(woken),
        }
    }

    /// With `Nothing`, the reference may be given back already, and the cell gone.
    fn act_on(&self, woken: Woken) {
        match woken {
            Woken::Nothing => {}
            // SAFETY: T4 (the transition made the reference that the runnable owns).
            Woken::Schedule => unsafe { (self.header().table.schedule)(self.0) },
            // SAFETY: T4 (the transition gave the last reference back).
            Woken::Free => unsafe { (self.header().table.free)(self.0) },
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.header().state.is_complete()
    }
}

impl Clone for Task {
    fn clone(&self) -> Task {
        self.header().state.retain();
        Task(self.0)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.header().state.release(1) {
            let table = self.header().table;
            // SAFETY: T4 (that was the last reference).
            unsafe { (table.free)(self.0) };
        }
    }
}
