//! The jobs that have a process now, how they are told to end, and how all are signalled.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use cortado::process::ProcessHandle;
use cortado::signal::SignalKind;

/// Why a job is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It ran longer than it may.
    Timeout,
    /// Memory is short; it will be run again.
    Memory,
    /// The run ends.
    RunEnds,
}

/// One job that has a process.
#[derive(Debug, Default)]
pub(super) struct Live {
    told: Cell<Option<Why>>,
    process: RefCell<Option<ProcessHandle>>,
    waker: RefCell<Option<Waker>>,
}

impl Live {
    /// Its process is watched from now on.
    pub(super) fn is_watched(&self, process: ProcessHandle) {
        *self.process.borrow_mut() = Some(process);
    }

    /// Tells the job to end. The first reason stands, unless the run ends.
    pub(super) fn tell(&self, why: Why) {
        if self.told.get().is_none() || why == Why::RunEnds {
            self.told.set(Some(why));
        }
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Waits until the job is told to end.
    pub(super) fn poll_told(&self, cx: &mut Context<'_>) -> Poll<Why> {
        if let Some(why) = self.told.get() {
            return Poll::Ready(why);
        }
        *self.waker.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Why the job was told to end, if it was.
    pub(super) fn told(&self) -> Option<Why> {
        self.told.get()
    }
}

/// All jobs that have a process, in the order of their start.
#[derive(Debug, Default)]
pub(super) struct Lives(RefCell<Vec<Rc<Live>>>);

impl Lives {
    /// A job is started.
    pub(super) fn add(&self) -> Rc<Live> {
        let live = Rc::new(Live::default());
        self.0.borrow_mut().push(live.clone());
        live
    }

    /// Its process has ended.
    pub(super) fn remove(&self, live: &Rc<Live>) {
        let mut all = self.0.borrow_mut();
        if let Some(index) = all.iter().position(|other| Rc::ptr_eq(other, live)) {
            all.remove(index);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// Tells all to end.
    pub(super) fn tell_all(&self, why: Why) {
        self.0.borrow().iter().for_each(|live| live.tell(why));
    }

    /// Sends a signal to the process groups of all that are watched. It fails only where one is gone.
    pub(super) fn signal_all(&self, signal: SignalKind) {
        for live in self.0.borrow().iter() {
            if let Some(process) = &*live.process.borrow() {
                let _ = process.signal_group(signal);
            }
        }
    }

    /// Tells the youngest to end, but not the only one that goes on: somebody must finish.
    pub(super) fn tell_youngest(&self, why: Why) {
        let all = self.0.borrow();
        let mut staying = all.iter().rev().filter(|live| live.told().is_none());
        if let (Some(youngest), Some(_other)) = (staying.next(), staying.next())
            && all.iter().all(|live| live.told().is_none())
        {
            youngest.tell(why);
        }
    }
}
