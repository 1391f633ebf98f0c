//! The event loop: the flavour of a runtime that is one thread, whose tasks need not be `Send`.
//!
//! `Loop` is what wakers and handles on any thread share; `LocalRuntime` is the owner's side. A
//! task that is woken on the loop's own thread goes to the loop's queue; one that is woken
//! elsewhere goes to the inbox and the poller is notified. Only the owner's thread ever takes a
//! task out, polls it, or ends it, as T6 asks.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use cortado_probe::turn;

use crate::block_on;
use crate::context;
use crate::handle::Handle;
use crate::inbox::Inbox;
use crate::poller::Wait;
use crate::registry::Registry;
use crate::resources::Resources;
use crate::seam::Driver;
use crate::shim::atomic::{AtomicBool, Ordering, fence};
use crate::task::{Header, Runnable, Schedule, Task};
use crate::tuning::LOOK_EVERY_POLLS;

thread_local! {
    /// The event loop that runs on this thread, and its queue.
    static CURRENT: RefCell<Option<(Arc<Loop>, Queue)>> = const { RefCell::new(None) };
}

type Queue = Rc<RefCell<VecDeque<Runnable>>>;

/// What every thread may know of an event loop.
pub(crate) struct Loop {
    resources: Arc<Resources>,
    registry: Registry,
    inbox: Inbox<Header>,
    /// The future of `block_on` was woken.
    woken: AtomicBool,
    /// Every task was ended; what still comes into the inbox is thrown away.
    dead: AtomicBool,
}

impl Loop {
    pub(crate) fn resources(&self) -> &Arc<Resources> {
        &self.resources
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    fn notify_from_elsewhere(self: &Arc<Self>) {
        if queue_of(self).is_none() {
            self.resources.poller().notify();
        }
    }
}

/// The event loop whose `block_on` this thread is in.
pub(crate) fn current_loop() -> Option<Arc<Loop>> {
    CURRENT.with(|current| current.borrow().as_ref().map(|(shared, _)| shared.clone()))
}

/// The queue of `shared`, on its own thread.
fn queue_of(shared: &Arc<Loop>) -> Option<Queue> {
    let queue = CURRENT.try_with(|current| {
        let current = current.borrow();
        let (own, queue) = current.as_ref()?;
        Arc::ptr_eq(own, shared).then(|| queue.clone())
    });
    queue.ok().flatten()
}

impl Schedule for Arc<Loop> {
    fn admit(&self, task: Task) -> bool {
        self.registry().insert(task).is_ok()
    }

    fn schedule(&self, task: Runnable) {
        if let Some(queue) = queue_of(self) {
            queue.borrow_mut().push_back(task);
            return;
        }
        self.inbox.push(task);
        self.resources.poller().notify();
        fence(Ordering::SeqCst);
        if self.dead.load(Ordering::Relaxed) {
            // Its future is gone, so the owner's thread is not needed to drop it.
            drop(self.inbox.take_all());
        }
    }

    fn noticed(&self, _: &Header) {}

    fn forget(&self, task: &Header) -> bool {
        self.registry.remove(task)
    }
}

impl Wake for Loop {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // An exchange, so that a poll that sees the mark of one waker sees what all of them did.
        self.woken.swap(true, Ordering::AcqRel);
        self.notify_from_elsewhere();
    }
}

/// A runtime that is one thread: an event loop, made by [`Runtime::single`](crate::Runtime::single).
///
/// Its tasks run while its thread is in [`block_on`](Self::block_on). They need not be `Send`
/// where they come from [`spawn_local`](crate::spawn_local); the runtime itself stays on its
/// thread. Its thread is never lowered and never leaves: a task that computes holds up all others.
///
/// Dropping it drops every task, and waits for closures on the blocking pool that have begun.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Runtime::single()?;
/// let three = runtime.block_on(async { cortado_core::spawn_local(async { 1 + 2 }).await });
/// assert_eq!(three.unwrap(), 3);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct LocalRuntime {
    shared: Arc<Loop>,
    queue: Queue,
    driver: RefCell<Option<Box<dyn Driver>>>,
    ended: bool,
    /// T6: the futures of `spawn_local` belong to this thread.
    stays: PhantomData<*const ()>,
}

impl LocalRuntime {
    pub(crate) fn new(resources: Arc<Resources>, driver: Option<Box<dyn Driver>>) -> LocalRuntime {
        let shared = Arc::new(Loop {
            resources,
            registry: Registry::new(),
            inbox: Inbox::new(),
            woken: AtomicBool::new(false),
            dead: AtomicBool::new(false),
        });
        let queue = Rc::new(RefCell::new(VecDeque::new()));
        LocalRuntime {
            shared,
            queue,
            driver: RefCell::new(driver),
            ended: false,
            stays: PhantomData,
        }
    }

    /// A handle, by which other threads spawn into this event loop.
    pub fn handle(&self) -> Handle {
        Handle::of_loop(self.shared.clone())
    }

    /// Runs a future, and all tasks, on this thread until the future has finished.
    ///
    /// # Panics
    /// Inside of a task or of another `block_on`, and where the future panics.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.shared.resources.around().run(|| self.run_until(future))
    }

    fn run_until<F: Future>(&self, future: F) -> F::Output {
        let _blocking = block_on::begin();
        let _entered = context::enter(self.handle());
        let _current = Current::enter(self);
        let waker = Waker::from(self.shared.clone());
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        let mut ready = Vec::new();
        self.shared.woken.store(true, Ordering::Relaxed);
        loop {
            if self.shared.woken.swap(false, Ordering::AcqRel)
                && let Poll::Ready(output) = turn::take(None, || future.as_mut().poll(&mut context))
            {
                return output;
            }
            let busy = self.run_some();
            self.look(busy, &mut ready);
            ready.drain(..).for_each(context::wake);
        }
    }

    /// Runs tasks until it is time to look at the descriptors. False: it may wait for them.
    fn run_some(&self) -> bool {
        for _ in 0..LOOK_EVERY_POLLS {
            self.queue.borrow_mut().extend(self.shared.inbox.take_all());
            let Some(task) = self.choose() else { break };
            let again = turn::take(Some(task.header().id()), || task.run_untold());
            self.queue.borrow_mut().extend(again);
        }
        self.has_work()
    }

    fn has_work(&self) -> bool {
        let waits = !self.queue.borrow().is_empty() || !self.shared.inbox.is_empty();
        waits || self.shared.woken.load(Ordering::Acquire)
    }

    /// Looks at descriptors and timers, and waits for them where there is nothing else to do.
    fn look(&self, busy: bool, ready: &mut Vec<Waker>) {
        let poller = self.shared.resources.poller();
        if busy || !poller.timers().is_paused() {
            let wait = if busy { Wait::Not } else { Wait::Linger };
            poller.turn(wait, ready, || true);
            return;
        }
        // What a closure did before it let the clock go is seen by the looks that follow.
        let may_skip = poller.timers().may_skip();
        poller.turn(Wait::Not, ready, || true);
        let nothing_else = ready.is_empty() && !self.has_work();
        if nothing_else && !(may_skip && poller.skip_to_next_timer(ready)) {
            poller.turn(Wait::Linger, ready, || true);
        }
    }

    fn choose(&self) -> Option<Runnable> {
        let waiting = self.queue.borrow().len();
        // The driver is others' code and may wake tasks, so nothing is borrowed that waking needs.
        let choice = match &mut *self.driver.borrow_mut() {
            Some(driver) if waiting > 0 => driver.choose(waiting),
            _ => 0,
        };
        self.queue.borrow_mut().remove(choice)
    }

    /// Ends the runtime: drops every task, and waits at most `timeout` for closures on the blocking
    /// pool that have begun. True where all have ended.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> bool {
        self.ended = true;
        self.end(Some(timeout))
    }

    fn end(&self, timeout: Option<Duration>) -> bool {
        self.end_tasks();
        self.shared.resources.blocking().shutdown(timeout)
    }

    fn end_tasks(&self) {
        let _entered = context::enter(self.handle());
        self.shared.resources.around().run(|| end_all(&self.shared.registry));
        self.shared.dead.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        drop(self.shared.inbox.take_all());
        let queued = self.queue.take();
        drop(queued);
        self.shared.resources.poller().clear_timers();
    }
}

/// Ends every task of a registry that is not being polled, and marks the others.
pub(crate) fn end_all(registry: &Registry) {
    registry.close();
    let mut tasks = Vec::new();
    registry.view(|task| tasks.push(task.clone()));
    tasks.iter().for_each(Task::shut_down);
}

impl Drop for LocalRuntime {
    fn drop(&mut self) {
        if !self.ended {
            self.end(None);
        }
    }
}

impl fmt::Debug for LocalRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRuntime").finish_non_exhaustive()
    }
}

/// The thread is inside of the loop's `block_on`.
struct Current {
    before: Option<(Arc<Loop>, Queue)>,
}

impl Current {
    fn enter(runtime: &LocalRuntime) -> Current {
        let own = (runtime.shared.clone(), runtime.queue.clone());
        Current { before: CURRENT.with(|current| current.replace(Some(own))) }
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        let before = self.before.take();
        let left = CURRENT.try_with(|current| current.replace(before));
        drop(left);
    }
}
