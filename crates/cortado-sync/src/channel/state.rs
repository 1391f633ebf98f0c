//! The state of a channel behind its lock, and the named transitions of it. A transition never
//! calls a waker: it returns whom to wake, for after the lock is released.
//!
//! The essay of the parent module states the invariants C1 to C7.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use super::waiters::{Branch, Stage, Waiters};
use crate::select::Claim;

/// See the module.
pub(crate) struct State<T> {
    /// Messages that were sent and not yet received, oldest first.
    buffer: VecDeque<T>,
    /// How many of them are granted: receivers that waited have been told to take one.
    granted: usize,
    /// How many messages that are not granted it may hold; `usize::MAX` where there is no bound.
    capacity: usize,
    closed: bool,
    senders: Waiters<T>,
    receivers: Waiters<()>,
}

/// What came of an attempt to send.
pub(crate) enum Sent<T> {
    /// The channel has the message; a receiver may be to be woken.
    Done(Option<Waker>),
    /// There is no room, and no receiver waits.
    Full(T),
    /// Nobody can receive any more.
    Closed(T),
}

/// What came of an attempt to receive.
pub(crate) enum Taken<T> {
    /// A message, and a sender to be woken.
    Message(T, Option<Waker>),
    /// There is none that is not granted to another.
    Empty,
    /// There is none, and none will come.
    Closed,
}

/// What has become of a receiver that waited.
pub(crate) enum Granted<T> {
    /// It still waits; the waker that was replaced.
    Waiting(Option<Waker>),
    /// Its message.
    Message(T),
    /// The last message, and whom to wake: receivers that learn that it was the last.
    Last(T, Vec<Waker>),
    /// There is no message, and none will come.
    Closed,
}

/// What has become of a sender that waited.
pub(crate) enum Passed<T> {
    /// It still waits; the waker that was replaced.
    Waiting(Option<Waker>),
    /// A receiver or the buffer has the message.
    Done,
    /// Nobody can receive any more.
    Closed(T),
}

// The larger transitions carry no `#[inline]`: with it, two threads that send and receive without a bound
// moved 33 instead of 58 million messages a second.
impl<T> State<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        State {
            buffer: VecDeque::new(),
            granted: 0,
            capacity,
            closed: false,
            senders: Waiters::new(),
            receivers: Waiters::new(),
        }
    }

    /// Messages that anybody may take.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.buffer.len() - self.granted
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.capacity
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Sends now: to a receiver that waits, or into the buffer. `own` is the select that sends.
    pub(crate) fn send(&mut self, message: T, own: Option<&Arc<Claim>>) -> Sent<T> {
        if self.closed {
            return Sent::Closed(message);
        }
        let waker = match self.serve_receiver(own) {
            Some(waker) => waker,
            None if self.is_full() => return Sent::Full(message),
            None => None,
        };
        self.buffer.push_back(message);
        Sent::Done(waker)
    }

    /// Grants the message that is about to be sent to the first receiver that waits.
    fn serve_receiver(&mut self, own: Option<&Arc<Claim>>) -> Option<Option<Waker>> {
        if self.receivers.is_empty() {
            return None;
        }
        let (_, waker) = self.receivers.serve_first(own)?;
        self.granted += 1;
        Some(waker)
    }

    /// Receives now: the oldest message that is not granted, or that of a sender that waits. `own`
    /// is the select that receives.
    pub(crate) fn take(&mut self, own: Option<&Arc<Claim>>) -> Taken<T> {
        if self.len() > 0
            && let Some(message) = self.buffer.pop_front()
        {
            let waker = self.refill(own);
            return Taken::Message(message, waker);
        }
        match self.serve_sender(own) {
            Some((message, waker)) => Taken::Message(message, waker),
            None if self.closed && self.buffer.is_empty() => Taken::Closed,
            None => Taken::Empty,
        }
    }

    /// Lets the first sender that waits have the room that there is.
    fn refill(&mut self, own: Option<&Arc<Claim>>) -> Option<Waker> {
        if self.senders.is_empty() || self.is_full() {
            return None;
        }
        let (message, waker) = self.serve_sender(own)?;
        self.buffer.push_back(message);
        waker
    }

    fn serve_sender(&mut self, own: Option<&Arc<Claim>>) -> Option<(T, Option<Waker>)> {
        if self.senders.is_empty() {
            return None;
        }
        self.serve_first_sender(own)
    }

    #[inline(never)]
    fn serve_first_sender(&mut self, own: Option<&Arc<Claim>>) -> Option<(T, Option<Waker>)> {
        let (message, waker) = self.senders.serve_first(own)?;
        Some((message?, waker))
    }

    /// A sender begins to wait, with its message.
    pub(crate) fn join_senders(&mut self, message: T, waker: Waker, by: Option<Branch>) -> usize {
        self.senders.join(waker, by, Some(message))
    }

    /// A sender that waits tries once more, in its place. Its message where that was refused for
    /// good; none where it still waits.
    pub(crate) fn send_again(&mut self, key: usize, own: Option<&Arc<Claim>>) -> Option<Sent<T>> {
        let message = self.senders.take_message(key)?;
        match self.send(message, own) {
            Sent::Full(message) => {
                self.senders.put_message(key, message);
                None
            }
            sent => {
                self.senders.leave(key);
                Some(sent)
            }
        }
    }

    /// A receiver begins to wait.
    pub(crate) fn join_receivers(&mut self, waker: Waker, by: Option<Branch>) -> usize {
        self.receivers.join(waker, by, None)
    }

    /// What has become of a sender that waits; it has left unless it still waits.
    pub(crate) fn poll_sender(&mut self, key: usize, waker: &Waker) -> Passed<T> {
        match self.senders.leave_if_finished(key) {
            None => Passed::Waiting(self.senders.refresh(key, waker)),
            Some((_, None)) => Passed::Done,
            Some((_, Some(message))) => Passed::Closed(message),
        }
    }

    /// What has become of a receiver that waits; it has left unless it still waits.
    pub(crate) fn poll_receiver(&mut self, key: usize, waker: &Waker) -> Granted<T> {
        match self.receivers.leave_if_finished(key) {
            None => Granted::Waiting(self.receivers.refresh(key, waker)),
            Some((Stage::Served, _)) => self.take_granted().unwrap_or(Granted::Closed),
            Some(_) => Granted::Closed,
        }
    }

    /// A grant becomes a message. There is one for each grant (C2), unless the last receiver was
    /// dropped, which takes all messages away.
    fn take_granted(&mut self) -> Option<Granted<T>> {
        self.granted = self.granted.checked_sub(1)?;
        let message = self.buffer.pop_front()?;
        Some(if self.closed {
            Granted::Last(message, self.end_if_drained())
        } else {
            Granted::Message(message)
        })
    }

    fn end_if_drained(&mut self) -> Vec<Waker> {
        if self.closed && self.buffer.is_empty() { self.receivers.close() } else { Vec::new() }
    }

    /// A sender gives up. Its message, unless that was taken; and the waker, to be dropped.
    pub(crate) fn leave_senders(&mut self, key: usize) -> (Option<T>, Option<Waker>) {
        let (_, message, waker) = self.senders.leave(key);
        (message, waker)
    }

    /// A receiver gives up. A grant that it has not used passes to the next one, who is to be woken,
    /// or the message is free again for anybody, in its old place. And the waker, to be dropped.
    pub(crate) fn leave_receivers(&mut self, key: usize) -> (Option<Waker>, Option<Waker>) {
        let (stage, _, waker) = self.receivers.leave(key);
        if stage != Stage::Served || self.granted == 0 {
            return (None, waker);
        }
        let next = self.receivers.serve_first(None);
        if next.is_none() {
            self.granted -= 1;
        }
        (next.and_then(|(_, waker)| waker), waker)
    }

    /// No message will be sent any more; returns whom to wake, and whether it was open.
    pub(crate) fn close(&mut self) -> (bool, Vec<Waker>) {
        if mem::replace(&mut self.closed, true) {
            return (false, Vec::new());
        }
        let mut wakers = self.senders.close();
        wakers.extend(self.end_if_drained());
        (true, wakers)
    }

    /// Nobody will receive any more: closes, and gives away the messages, to be dropped.
    pub(crate) fn abandon(&mut self) -> (VecDeque<T>, Vec<Waker>) {
        let (_, wakers) = self.close();
        self.granted = 0;
        (mem::take(&mut self.buffer), wakers)
    }
}
