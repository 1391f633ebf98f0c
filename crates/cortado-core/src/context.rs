//! Which runtime the current thread belongs to, and which worker it is.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use cortado_probe::{Event, Wait, emit, turn};

use crate::handle::Handle;
use crate::lanes::Lanes;
use crate::poller::Poller;
use crate::task::shielded;
use crate::timer::stash;
use crate::worker::{Record, Spare};

thread_local! {
    static HANDLE: RefCell<Option<Handle>> = const { RefCell::new(None) };
    static WORKER: RefCell<Option<Serving>> = const { RefCell::new(None) };
    /// The thread is inside of a `block_on`, or is a worker: it must not block on another one.
    static BLOCKING: Cell<bool> = const { Cell::new(false) };
}

struct Serving {
    lanes: Arc<Lanes>,
    record: Arc<Record>,
    spare: RefCell<Spare>,
}

/// The runtime of the current thread, if it is in one.
pub(crate) fn try_handle() -> Option<Handle> {
    HANDLE.try_with(|handle| handle.borrow().clone()).ok().flatten()
}

/// The runtime of the current thread.
///
/// # Panics
/// Outside of a runtime, with a sentence that says what to do.
#[track_caller]
pub(crate) fn handle() -> Handle {
    try_handle().unwrap_or_else(|| no_runtime())
}

#[cold]
#[track_caller]
fn no_runtime() -> ! {
    panic!(
        "no cortado runtime on this thread: call this from a task, inside `block_on`, or after \
         `Handle::enter`"
    )
}

/// The poller of the runtime that the current thread is in.
///
/// # Panics
/// As `handle`.
#[track_caller]
pub(crate) fn poller() -> Arc<Poller> {
    with_handle(|handle| handle.resources().poller().clone())
}

/// What time it is on the clock of the runtime that the current thread is in.
pub(crate) fn now() -> Option<Instant> {
    let now = |handle: &Handle| handle.resources().poller().timers().now();
    HANDLE.try_with(|handle| handle.borrow().as_ref().map(now)).ok().flatten()
}

/// Restores what the thread belonged to before.
pub(crate) struct Entered {
    before: Option<Handle>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.before.take();
        stash::set_home(before.as_ref().map(|handle| handle.resources().poller()));
        // The handle that goes is dropped after the borrow has ended: its drop may look here.
        let left = HANDLE.try_with(|handle| handle.replace(before));
        drop(left);
    }
}

/// Makes `handle` the thread's runtime until the result is dropped.
pub(crate) fn enter(handle: Handle) -> Entered {
    stash::set_home(Some(handle.resources().poller()));
    Entered { before: HANDLE.with(|current| current.replace(Some(handle))) }
}

/// Restores what the thread was before it became a worker.
pub(crate) struct WorkerEntered {
    _entered: Entered,
    _blocking: BlockingGuard,
}

impl Drop for WorkerEntered {
    fn drop(&mut self) {
        let left = WORKER.try_with(RefCell::take);
        if let Ok(Some(serving)) = &left {
            serving.spare.borrow_mut().clear(serving.lanes.registry());
        }
        drop(left);
    }
}

/// Makes the thread a worker of `lanes`.
pub(crate) fn enter_worker(lanes: &Arc<Lanes>, record: &Arc<Record>) -> WorkerEntered {
    let spare = RefCell::new(Spare::new());
    let serving = Serving { lanes: lanes.clone(), record: record.clone(), spare };
    WORKER.with(|worker| worker.replace(Some(serving)));
    let blocking = begin_blocking().unwrap_or_else(|| {
        cortado_probe::stop("S1", "a thread became a worker while it was one already")
    });
    WorkerEntered { _entered: enter(Handle::of_lanes(lanes.clone())), _blocking: blocking }
}

/// Calls `then` with the thread's worker, and the lanes that it serves, if those are at `lanes`; gives
/// `value` back otherwise. The worker keeps the lanes alive meanwhile, whoever else lets them go.
pub(crate) fn with_record<V>(
    lanes: *const Lanes,
    value: V,
    then: impl FnOnce(&Arc<Lanes>, &Record, V) -> Option<V>,
) -> Option<V> {
    let mut value = Some(value);
    let mut then = Some(then);
    // Without a thread-local any more the thread is ending: it is nobody's worker then.
    let result = WORKER.try_with(|worker| {
        let worker = worker.borrow();
        let serving = worker.as_ref().filter(|serving| Arc::as_ptr(&serving.lanes) == lanes)?;
        let (value, then) = (value.take()?, then.take()?);
        Some(then(&serving.lanes, &serving.record, value))
    });
    match result {
        Ok(Some(left)) => left,
        _ => value,
    }
}

/// Calls `then` with what the thread's worker keeps at hand, if it serves `lanes`; with nothing
/// otherwise. `then` runs no user code.
pub(crate) fn with_spare<R>(lanes: &Arc<Lanes>, then: impl FnOnce(Option<&mut Spare>) -> R) -> R {
    let mut then = Some(then);
    let mut call = |spare: Option<&mut Spare>| then.take().map(|then| then(spare));
    let result = WORKER.try_with(|worker| {
        let worker = worker.borrow();
        let serving = worker.as_ref().filter(|serving| Arc::ptr_eq(&serving.lanes, lanes));
        match serving {
            Some(serving) => call(Some(&mut serving.spare.borrow_mut())),
            None => call(None),
        }
    });
    let result = result.ok().flatten().or_else(|| call(None));
    result.unwrap_or_else(|| cortado_probe::stop("T4", "a worker's spare parts were asked twice"))
}

/// Leaves a share in lanes to the thread's worker; gives it back where that serves other lanes.
pub(crate) fn give_share(share: Arc<Lanes>) -> Option<Arc<Lanes>> {
    let mut share = Some(share);
    // Where the thread is ending, the share simply comes back.
    let _ = WORKER.try_with(|worker| {
        let worker = worker.borrow();
        let serving = worker.as_ref()?;
        let share = share.take_if(|share| Arc::ptr_eq(share, &serving.lanes))?;
        serving.spare.borrow_mut().give_share(share);
        Some(())
    });
    share
}

/// Calls `then` with the runtime of the current thread. `then` runs no user code.
///
/// # Panics
/// As `handle`.
#[track_caller]
pub(crate) fn with_handle<R>(then: impl FnOnce(&Handle) -> R) -> R {
    let mut then = Some(then);
    let result = HANDLE.try_with(|handle| {
        let handle = handle.borrow();
        handle.as_ref().zip(then.take()).map(|(handle, then)| then(handle))
    });
    match result.ok().flatten() {
        Some(result) => result,
        None => no_runtime(),
    }
}

/// The lanes that the thread serves, and its record there, if it is a worker.
pub(crate) fn serving() -> Option<(Arc<Lanes>, Arc<Record>)> {
    let serving = |serving: &Serving| (serving.lanes.clone(), serving.record.clone());
    WORKER.try_with(|worker| worker.borrow().as_ref().map(serving)).ok().flatten()
}

/// The thread is a worker of some runtime.
pub(crate) fn is_worker() -> bool {
    WORKER.try_with(|worker| worker.borrow().is_some()).unwrap_or(false)
}

/// Ends a stretch in which the thread must not block on a future.
pub(crate) struct BlockingGuard(());

impl Drop for BlockingGuard {
    fn drop(&mut self) {
        let _ = BLOCKING.try_with(|blocking| blocking.set(false));
    }
}

/// Begins such a stretch; nothing where the thread is in one already.
pub(crate) fn begin_blocking() -> Option<BlockingGuard> {
    BLOCKING.with(|blocking| (!blocking.replace(true)).then_some(BlockingGuard(())))
}

/// Tells the listener, if there is one, that a poll returned `Pending` and why.
pub(crate) fn waits(why: Wait, location: &'static Location<'static>) {
    emit(|| Event::TaskWaits { task: turn::task(), why, object: None, location });
}

/// Wakes for the runtime's own sake. A waker is user code: its panic must not end a worker.
pub(crate) fn wake(waker: Waker) {
    shielded(|| waker.wake());
}
