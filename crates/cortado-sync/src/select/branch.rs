//! A branch of a select: a receive or a send on one channel, in the steps that a select takes.

use std::sync::Arc;
use std::task::Waker;

use super::Claim;
use crate::channel::{
    Branch as Entry, Effects, Granted, Passed, RecvError, SendError, Sent, Shared, State, Taken,
    leave_receivers, wake_all,
};

/// What a select does with each of its branches.
pub(super) trait Branch<O> {
    /// Tries it without waiting. True: it has its result.
    fn attempt(&mut self) -> bool;

    /// Tries it once more, or joins the queue if it is not there yet. True: it has its result.
    fn register(&mut self, claim: &Arc<Claim>, index: usize, waker: &Waker) -> bool;

    /// It has been claimed, or it is waiting and the waker may be another: true where it has its
    /// result.
    fn pick_up(&mut self, waker: &Waker) -> bool;

    /// Leaves the queue, if it is there.
    fn withdraw(&mut self);

    /// Says to the probe that it waits.
    fn waits(&self, location: &'static std::panic::Location<'static>);

    /// Calls its function with the result; none where it has none.
    fn finish(self: Box<Self>) -> Option<O>;
}

/// A receive.
pub(super) struct RecvBranch<'a, T, F> {
    shared: &'a Shared<T>,
    key: Option<usize>,
    result: Option<Result<T, RecvError>>,
    then: F,
}

impl<'a, T, F> RecvBranch<'a, T, F> {
    pub(super) fn new(shared: &'a Shared<T>, then: F) -> Self {
        RecvBranch { shared, key: None, result: None, then }
    }

    fn settle(&mut self, taken: Taken<T>) -> bool {
        self.result = match taken {
            Taken::Message(message) => Some(Ok(message)),
            Taken::Empty => None,
            Taken::Closed => Some(Err(RecvError)),
        };
        self.result.is_some()
    }
}

impl<T, F: FnOnce(Result<T, RecvError>) -> O, O> Branch<O> for RecvBranch<'_, T, F> {
    fn attempt(&mut self) -> bool {
        let taken = self.shared.with(|state, effects| state.take(None, effects));
        self.settle(taken)
    }

    fn register(&mut self, claim: &Arc<Claim>, index: usize, waker: &Waker) -> bool {
        let taken = self.shared.with(|state, effects| {
            let taken = state.take(Some(claim), effects);
            if matches!(taken, Taken::Empty) && self.key.is_none() {
                let entry = Entry { claim: claim.clone(), index };
                self.key = Some(state.join_receivers(waker.clone(), Some(entry)));
            }
            taken
        });
        self.settle(taken)
    }

    fn pick_up(&mut self, waker: &Waker) -> bool {
        let Some(key) = self.key else { return false };
        let granted = self.shared.with(|state, _| state.poll_receiver(key, waker));
        let result = match granted {
            Granted::Waiting(replaced) => {
                drop(replaced);
                return false;
            }
            Granted::Message(message) => Ok(message),
            Granted::Last(message, wakers) => {
                wake_all(wakers);
                Ok(message)
            }
            Granted::Closed => Err(RecvError),
        };
        self.key = None;
        self.result = Some(result);
        true
    }

    fn withdraw(&mut self) {
        if let Some(key) = self.key.take() {
            leave_receivers(self.shared, key);
        }
    }

    fn waits(&self, location: &'static std::panic::Location<'static>) {
        self.shared.waits(cortado_probe::Wait::Select, location);
    }

    fn finish(mut self: Box<Self>) -> Option<O> {
        let result = self.result.take()?;
        Some((self.then)(result))
    }
}

/// Where a send's message comes from and returns to.
pub(super) enum Message<'a, T> {
    Own(Option<T>),
    Lent(&'a mut Option<T>),
}

impl<T> Message<'_, T> {
    fn slot(&mut self) -> &mut Option<T> {
        match self {
            Message::Own(slot) => slot,
            Message::Lent(slot) => slot,
        }
    }
}

/// A send.
pub(super) struct SendBranch<'a, T, F> {
    shared: &'a Shared<T>,
    key: Option<usize>,
    message: Message<'a, T>,
    result: Option<Result<(), SendError<T>>>,
    then: F,
}

impl<'a, T, F> SendBranch<'a, T, F> {
    pub(super) fn new(shared: &'a Shared<T>, message: Message<'a, T>, then: F) -> Self {
        SendBranch { shared, key: None, message, result: None, then }
    }

    fn settle(&mut self, sent: Sent<T>) -> bool {
        match sent {
            Sent::Done => self.result = Some(Ok(())),
            Sent::Full(message) => *self.message.slot() = Some(message),
            Sent::Closed(message) => self.result = Some(Err(SendError(message))),
        }
        self.result.is_some()
    }

    fn withdraw_message(&mut self) {
        if let Some(key) = self.key.take() {
            let leave =
                |state: &mut State<T>, effects: &mut Effects<'_>| state.leave_senders(key, effects);
            let (message, _waker) = self.shared.with(leave);
            *self.message.slot() = message;
        }
    }
}

impl<T, F: FnOnce(Result<(), SendError<T>>) -> O, O> Branch<O> for SendBranch<'_, T, F> {
    fn attempt(&mut self) -> bool {
        let Some(message) = self.message.slot().take() else { return false };
        let sent = self.shared.with(|state, effects| state.send(message, None, effects));
        self.settle(sent)
    }

    fn register(&mut self, claim: &Arc<Claim>, index: usize, waker: &Waker) -> bool {
        let shared = self.shared;
        if let Some(key) = self.key {
            let (sent, _own) =
                shared.with(|state, effects| state.send_again(key, Some(claim), effects));
            if sent.is_some() {
                self.key = None;
            }
            return sent.is_some_and(|sent| self.settle(sent));
        }
        let slot = self.message.slot();
        let Some(message) = slot.take() else { return false };
        let entry = Entry { claim: claim.clone(), index };
        let sent = shared.with(|state, effects| match state.send(message, Some(claim), effects) {
            Sent::Full(message) => {
                // The clone may panic: the message is not to be dropped under the lock then.
                *slot = Some(message);
                let waker = waker.clone();
                let message = slot.take();
                let by = Some(entry);
                self.key = message.map(|message| state.join_senders(message, waker, by, effects));
                None
            }
            sent => Some(sent),
        });
        sent.is_some_and(|sent| self.settle(sent))
    }

    fn pick_up(&mut self, waker: &Waker) -> bool {
        let Some(key) = self.key else { return false };
        self.result =
            match self.shared.with(|state, effects| state.poll_sender(key, waker, effects)) {
                Passed::Waiting(replaced) => {
                    drop(replaced);
                    return false;
                }
                Passed::Done => Some(Ok(())),
                Passed::Closed(message) => Some(Err(SendError(message))),
            };
        self.key = None;
        true
    }

    fn withdraw(&mut self) {
        self.withdraw_message();
    }

    fn waits(&self, location: &'static std::panic::Location<'static>) {
        self.shared.waits(cortado_probe::Wait::Select, location);
    }

    fn finish(mut self: Box<Self>) -> Option<O> {
        let result = self.result.take()?;
        Some((self.then)(result))
    }
}
