//! Loom models of a task's life: no wake is lost, polls never overlap, there is exactly one
//! completion, and everything is dropped exactly once, by whomever.
//!
//! The future holds a cell that loom watches: an overlapping poll, or one that does not see the
//! poll before, is reported. So is a leaked `Arc`: the scheduler in the cell holds one.

use std::cell::RefCell;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll, Wake, Waker};

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::cell::{Header, Schedule, Task, new_task};
use super::joint::Joint;
use super::runnable::Runnable;

/// What the threads of a model share.
#[derive(Default)]
struct Stage {
    queue: Mutex<Vec<Runnable>>,
    /// What a waker sets before it wakes; the future ends when it sees all of them.
    news: [AtomicBool; 2],
    polls: AtomicUsize,
    forgotten: AtomicUsize,
    futures_dropped: AtomicUsize,
    outputs_dropped: AtomicUsize,
    waker: Mutex<Option<Waker>>,
}

loom::thread_local! {
    /// The stage that the thread keeps alive, as a worker does its lanes.
    static KEPT: RefCell<Option<Arc<Stage>>> = RefCell::new(None);
}

#[derive(Clone)]
struct OnStage(Arc<Stage>);

impl Schedule for OnStage {
    fn admit(&self, _: Task) -> bool {
        unreachable!("the model has no registry");
    }

    fn schedule(&self, task: Runnable) {
        self.0.queue.lock().unwrap().push(task);
    }

    fn identity(&self) -> *const () {
        ptr::from_ref::<Stage>(&self.0).cast()
    }

    fn schedule_if_kept(identity: *const (), task: Runnable) -> Option<Runnable> {
        KEPT.with(|kept| match &*kept.borrow() {
            Some(stage) if ptr::from_ref::<Stage>(stage).cast() == identity => {
                stage.queue.lock().unwrap().push(task);
                None
            }
            _ => Some(task),
        })
    }

    fn noticed(&self, _: &Header) {}

    fn forget(&self, _: &Header) -> bool {
        assert_eq!(self.0.forgotten.fetch_add(1, Ordering::Relaxed), 0, "a second completion");
        true
    }
}

struct Output(Arc<Stage>);

impl Drop for Output {
    fn drop(&mut self) {
        self.0.outputs_dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// Waits until as many news are there as it was made for.
struct Watched {
    stage: Arc<Stage>,
    waits_for: usize,
    touched: UnsafeCell<()>,
}

impl Future for Watched {
    type Output = Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Output> {
        self.touched.with_mut(|_| ());
        self.stage.polls.fetch_add(1, Ordering::Relaxed);
        let mut waker = self.stage.waker.lock().unwrap();
        if waker.is_none() {
            *waker = Some(context.waker().clone());
        }
        drop(waker);
        let news = &self.stage.news[..self.waits_for];
        if news.iter().all(|one| one.load(Ordering::Relaxed)) {
            return Poll::Ready(Output(self.stage.clone()));
        }
        Poll::Pending
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.touched.with_mut(|_| ());
        self.stage.futures_dropped.fetch_add(1, Ordering::Relaxed);
    }
}

fn new(waits_for: usize) -> (Arc<Stage>, Runnable, Joint<Output>, Task) {
    let stage = Arc::new(Stage::default());
    let future = Watched { stage: stage.clone(), waits_for, touched: UnsafeCell::new(()) };
    let scheduler = OnStage(stage.clone());
    let (task, runnable, joint) = new_task(future, scheduler, (), Location::caller(), false);
    let own = task.clone();
    // What the registry holds comes back by `forget`.
    let _ = task.into_ptr();
    (stage, runnable, joint, own)
}

/// A task that was polled once and waits, with its waker.
fn waiting(waits_for: usize) -> (Arc<Stage>, Waker, Joint<Output>, Task) {
    let (stage, runnable, joint, task) = new(waits_for);
    assert!(runnable.run_untold().is_none());
    let waker = stage.waker.lock().unwrap().clone().expect("left by the poll");
    (stage, waker, joint, task)
}

impl Stage {
    fn run_queued(&self) {
        loop {
            let next = self.queue.lock().unwrap().pop();
            let Some(task) = next else { return };
            if let Some(again) = task.run_untold() {
                self.queue.lock().unwrap().push(again);
            }
        }
    }

    /// The task has ended; nothing of it is left but what the caller still holds.
    fn assert_ended(&self) {
        assert!(self.queue.lock().unwrap().is_empty());
        assert_eq!(self.forgotten.load(Ordering::Relaxed), 1, "completions");
        assert_eq!(self.futures_dropped.load(Ordering::Relaxed), 1, "drops of the future");
        drop(self.waker.lock().unwrap().take());
    }
}

/// Two wakers, each with news of its own, and a thread that polls: the last poll sees both.
#[test]
fn loom_no_wake_is_lost() {
    loom::model(|| {
        let (stage, waker, joint, task) = waiting(2);
        drop(joint);
        let (other, by_ref) = (stage.clone(), waker.clone());
        let waking = thread::spawn(move || {
            other.news[0].store(true, Ordering::Relaxed);
            by_ref.wake_by_ref();
        });
        stage.news[1].store(true, Ordering::Relaxed);
        waker.wake();
        stage.run_queued();
        waking.join().unwrap();
        stage.run_queued();
        assert!(task.is_complete(), "a wake was lost");
        stage.assert_ended();
        assert_eq!(stage.outputs_dropped.load(Ordering::Relaxed), 1);
    });
}

/// Two threads poll what two wakes make ready: the polls follow each other.
#[test]
fn loom_polls_do_not_overlap() {
    loom::model(|| {
        let (stage, waker, joint, task) = waiting(2);
        drop(joint);
        let other = stage.clone();
        let second = thread::spawn(move || {
            other.news[0].store(true, Ordering::Relaxed);
            waker.wake();
            other.run_queued();
        });
        let waker = stage.waker.lock().unwrap().clone().expect("left by the poll");
        stage.news[1].store(true, Ordering::Relaxed);
        waker.wake_by_ref();
        drop(waker);
        stage.run_queued();
        second.join().unwrap();
        stage.run_queued();
        assert!(task.is_complete());
        stage.assert_ended();
    });
}

/// The waker has the last reference but the registry's, and its thread keeps the scheduler: another
/// thread may end the task, and free its cell, as soon as it is queued.
#[test]
fn loom_the_last_waker_passes_its_reference_on() {
    loom::model(|| {
        let (stage, waker, joint, task) = waiting(1);
        drop(stage.waker.lock().unwrap().take());
        drop((joint, task));
        let worker = stage.clone();
        let waking = thread::spawn(move || {
            KEPT.with(|kept| kept.replace(Some(worker.clone())));
            worker.news[0].store(true, Ordering::Relaxed);
            waker.wake();
            worker.run_queued();
            KEPT.with(RefCell::take);
        });
        stage.run_queued();
        waking.join().unwrap();
        stage.assert_ended();
        assert_eq!(stage.outputs_dropped.load(Ordering::Relaxed), 1);
    });
}

/// An abort against a wake that lets the task return: it ends once, in one of the two ways.
#[test]
fn loom_abort_against_completion() {
    loom::model(|| {
        let (stage, waker, mut joint, task) = waiting(1);
        let aborting = {
            let task = task.clone();
            thread::spawn(move || task.abort())
        };
        stage.news[0].store(true, Ordering::Relaxed);
        waker.wake();
        stage.run_queued();
        aborting.join().unwrap();
        stage.run_queued();
        let Poll::Ready(result) = joint.join(Waker::noop()) else { panic!("it has not ended") };
        let returned = result.is_ok();
        assert!(result.map_or_else(|error| error.is_cancelled(), |_output| true));
        stage.assert_ended();
        assert_eq!(stage.outputs_dropped.load(Ordering::Relaxed), usize::from(returned));
    });
}

/// Shutdown against a wake, while the task may be queued or polled.
#[test]
fn loom_shutdown_against_wake_and_poll() {
    loom::model(|| {
        let (stage, waker, joint, task) = waiting(2);
        drop(joint);
        let ending = {
            let task = task.clone();
            thread::spawn(move || task.shut_down())
        };
        waker.wake();
        stage.run_queued();
        ending.join().unwrap();
        stage.run_queued();
        assert!(task.is_complete());
        stage.assert_ended();
        assert_eq!(stage.outputs_dropped.load(Ordering::Relaxed), 0);
    });
}

/// A runnable is dropped instead of run while the task is woken, aborted or shut down.
#[test]
fn loom_a_dropped_runnable_against_shutdown() {
    loom::model(|| {
        let (stage, runnable, joint, task) = new(1);
        drop(joint);
        let ending = thread::spawn(move || task.shut_down());
        drop(runnable);
        ending.join().unwrap();
        stage.assert_ended();
    });
}

/// Tells whether it was woken, and that it was dropped.
struct Joiner {
    woken: AtomicBool,
    alive: Arc<AtomicUsize>,
}

impl Wake for Joiner {
    fn wake(self: std::sync::Arc<Self>) {
        self.woken.store(true, Ordering::Relaxed);
    }
}

impl Drop for Joiner {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

fn joiner(alive: &Arc<AtomicUsize>) -> (std::sync::Arc<Joiner>, Waker) {
    alive.fetch_add(1, Ordering::Relaxed);
    let woken = AtomicBool::new(false);
    let joiner = std::sync::Arc::new(Joiner { woken, alive: alive.clone() });
    (joiner.clone(), Waker::from(joiner))
}

/// A joiner that polls with one waker, then with another: it gets the output, or the waker that it
/// left last is woken.
#[test]
fn loom_join_against_completion() {
    loom::model(|| {
        let (stage, runnable, mut joint, task) = new(0);
        let alive = Arc::new(AtomicUsize::new(0));
        let completing = thread::spawn(move || assert!(runnable.run_untold().is_none()));
        let ((first, first_waker), (second, second_waker)) = (joiner(&alive), joiner(&alive));
        let mut output = joint.join(&first_waker);
        if output.is_pending() {
            output = joint.join(&second_waker);
        }
        completing.join().unwrap();
        drop((first_waker, second_waker));
        if output.is_pending() {
            assert!(second.woken.load(Ordering::Relaxed), "the joiner was not woken");
            output = joint.join(Waker::noop());
        }
        assert!(output.is_ready_and(|result| result.is_ok()));
        drop((joint, task, first, second));
        stage.assert_ended();
        assert_eq!(stage.outputs_dropped.load(Ordering::Relaxed), 1);
        assert_eq!(alive.load(Ordering::Relaxed), 0, "a join waker was not dropped");
    });
}

trait IsReadyAnd<T> {
    fn is_ready_and(self, check: impl FnOnce(T) -> bool) -> bool;
}

impl<T> IsReadyAnd<T> for Poll<T> {
    fn is_ready_and(self, check: impl FnOnce(T) -> bool) -> bool {
        match self {
            Poll::Ready(value) => check(value),
            Poll::Pending => false,
        }
    }
}

/// The handle, with a waker left in it, is dropped while the task returns: the output and the
/// waker are dropped once, by one of the two.
#[test]
fn loom_detach_against_completion() {
    loom::model(|| {
        let (stage, runnable, mut joint, task) = new(0);
        drop(task);
        let alive = Arc::new(AtomicUsize::new(0));
        let (joiner, waker) = joiner(&alive);
        assert!(joint.join(&waker).is_pending());
        drop((joiner, waker));
        let completing = thread::spawn(move || assert!(runnable.run_untold().is_none()));
        drop(joint);
        completing.join().unwrap();
        stage.assert_ended();
        assert_eq!(stage.outputs_dropped.load(Ordering::Relaxed), 1);
        assert_eq!(alive.load(Ordering::Relaxed), 0, "the join waker was not dropped");
    });
}

/// The last references go at once: the completer's, a waker's and the handle's.
#[test]
fn loom_the_cell_is_freed_once() {
    loom::model(|| {
        let (stage, waker, joint, task) = waiting(1);
        drop(task);
        let kept = stage.waker.lock().unwrap().take().expect("left by the poll");
        let late = thread::spawn(move || kept.wake());
        let detaching = thread::spawn(move || drop(joint));
        stage.news[0].store(true, Ordering::Relaxed);
        waker.wake();
        stage.run_queued();
        late.join().unwrap();
        detaching.join().unwrap();
        stage.run_queued();
        stage.assert_ended();
        assert_eq!(stage.outputs_dropped.load(Ordering::Relaxed), 1);
    });
}
