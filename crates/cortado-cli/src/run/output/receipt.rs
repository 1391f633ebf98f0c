//! Who waits for something to have left: a receipt for a parcel, and the wait for room.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::OutputError;

/// What the writer keeps to say that everything up to here has left.
#[derive(Clone, Debug, Default)]
pub(super) struct Receipt(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    result: Option<Result<(), OutputError>>,
    waker: Option<Waker>,
}

impl Receipt {
    /// Says how it went; the first word counts.
    pub(super) fn settle(&self, result: Result<(), OutputError>) {
        let mut state = self.0.borrow_mut();
        state.result.get_or_insert(result);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    /// The future of whoever waits for it.
    pub(super) fn written(&self) -> Written {
        Written(Waiting::For(self.clone()))
    }
}

/// Resolves when the output has been handed to the kernel, or is lost.
#[derive(Debug)]
#[must_use = "what was not awaited may be lost"]
pub(crate) struct Written(Waiting);

#[derive(Debug)]
enum Waiting {
    For(Receipt),
    Settled(Result<(), OutputError>),
}

impl Written {
    /// It has been decided already.
    pub(super) fn settled(result: Result<(), OutputError>) -> Written {
        Written(Waiting::Settled(result))
    }
}

impl Future for Written {
    type Output = Result<(), OutputError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.0 {
            Waiting::Settled(result) => Poll::Ready(result.clone()),
            Waiting::For(receipt) => {
                let mut state = receipt.0.borrow_mut();
                if let Some(result) = &state.result {
                    return Poll::Ready(result.clone());
                }
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Those who wait until there is room again.
#[derive(Debug, Default)]
pub(super) struct Waiters(RefCell<Vec<Waker>>);

impl Waiters {
    /// Waits for the next `wake`.
    pub(super) fn add(&self, cx: &Context<'_>) {
        let mut waiters = self.0.borrow_mut();
        if !waiters.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiters.push(cx.waker().clone());
        }
    }

    /// Wakes all of them.
    pub(super) fn wake(&self) {
        let waiters = self.0.take();
        waiters.into_iter().for_each(Waker::wake);
    }
}
