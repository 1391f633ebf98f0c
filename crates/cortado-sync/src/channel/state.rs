//! The state of a channel behind its lock, and the named transitions of it. A transition never
//! calls a waker: it says whom to wake, for after the lock is released.
//!
//! The essay of the parent module states the invariants C1 to C7.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use super::desk::Desk;
use super::waiters::{Branch, DESK, Stage, Waiters};
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

/// What a transition does beyond the state. Handed in and not returned: a waker that is passed on from
/// result to result is copied each time just after it was written, which costs as much as a lock.
pub(crate) struct Effects<'a> {
    pub(super) desk: &'a Desk,
    /// Whom to wake once the lock is released.
    pub(super) woken: &'a mut Option<Waker>,
}

impl Effects<'_> {
    /// The sender with this key waits no longer: the desk is free, if it was there.
    #[inline]
    fn leave_desk(&self, key: usize) {
        if key == DESK {
            self.desk.leave();
        }
    }
}

/// What came of an attempt to send.
pub(crate) enum Sent<T> {
    /// The channel has the message.
    Done,
    /// There is no room, and no receiver waits.
    Full(T),
    /// Nobody can receive any more.
    Closed(T),
}

/// What came of an attempt to receive.
pub(crate) enum Taken<T> {
    /// A message.
    Message(T),
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

impl<T> State<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        State {
            buffer: VecDeque::new(),
            granted: 0,
            capacity,
            closed: false,
            senders: Waiters::with_desk(),
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
    pub(crate) fn send(
        &mut self,
        message: T,
        own: Option<&Arc<Claim>>,
        effects: &mut Effects<'_>,
    ) -> Sent<T> {
        if self.closed {
            return Sent::Closed(message);
        }
        if !self.serve_receiver(own, effects) && self.is_full() {
            return Sent::Full(message);
        }
        self.buffer.push_back(message);
        Sent::Done
    }

    /// Grants the message that is about to be sent to the first receiver that waits.
    #[inline]
    fn serve_receiver(&mut self, own: Option<&Arc<Claim>>, effects: &mut Effects<'_>) -> bool {
        if self.receivers.is_empty() {
            return false;
        }
        let is_served = self.receivers.serve_first(own, effects.woken).is_some();
        self.granted += usize::from(is_served);
        is_served
    }

    /// Receives now: the oldest message that is not granted, or that of a sender that waits. `own`
    /// is the select that receives.
    pub(crate) fn take(&mut self, own: Option<&Arc<Claim>>, effects: &mut Effects<'_>) -> Taken<T> {
        if self.len() > 0
            && let Some(message) = self.buffer.pop_front()
        {
            self.refill(own, effects);
            return Taken::Message(message);
        }
        match self.serve_sender(own, effects) {
            Some(message) => Taken::Message(message),
            None if self.closed && self.buffer.is_empty() => Taken::Closed,
            None => Taken::Empty,
        }
    }

    /// Lets the first sender that waits have the room that there is.
    #[inline]
    fn refill(&mut self, own: Option<&Arc<Claim>>, effects: &mut Effects<'_>) {
        if !self.senders.is_empty()
            && !self.is_full()
            && let Some(message) = self.serve_sender(own, effects)
        {
            self.buffer.push_back(message);
        }
    }

    #[inline]
    fn serve_sender(&mut self, own: Option<&Arc<Claim>>, effects: &mut Effects<'_>) -> Option<T> {
        if self.senders.is_empty() {
            return None;
        }
        let (key, message) = self.senders.serve_first(own, effects.woken)?;
        if key == DESK {
            effects.desk.serve();
        }
        message
    }

    /// A sender begins to wait, with its message.
    pub(crate) fn join_senders(
        &mut self,
        message: T,
        waker: Waker,
        by: Option<Branch>,
        effects: &mut Effects<'_>,
    ) -> usize {
        if effects.desk.take() {
            self.senders.join_at_desk(waker, by, Some(message))
        } else {
            self.senders.join(waker, by, Some(message))
        }
    }

    /// A sender that waits tries once more, in its place: what came of it, none where it still waits, and
    /// the waker of one that no longer does, to be dropped.
    pub(crate) fn send_again(
        &mut self,
        key: usize,
        own: Option<&Arc<Claim>>,
        effects: &mut Effects<'_>,
    ) -> (Option<Sent<T>>, Option<Waker>) {
        let Some(message) = self.senders.take_message(key) else { return (None, None) };
        match self.send(message, own, effects) {
            Sent::Full(message) => {
                self.senders.put_message(key, message);
                (None, None)
            }
            sent => (Some(sent), self.leave_senders(key, effects).1),
        }
    }

    /// A receiver begins to wait.
    pub(crate) fn join_receivers(&mut self, waker: Waker, by: Option<Branch>) -> usize {
        self.receivers.join(waker, by, None)
    }

    /// What has become of a sender that waits; it has left unless it still waits.
    pub(crate) fn poll_sender(
        &mut self,
        key: usize,
        waker: &Waker,
        effects: &mut Effects<'_>,
    ) -> Passed<T> {
        let Some((_, message)) = self.senders.leave_if_finished(key) else {
            return Passed::Waiting(self.senders.refresh(key, waker));
        };
        effects.leave_desk(key);
        message.map_or(Passed::Done, Passed::Closed)
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
    pub(crate) fn leave_senders(
        &mut self,
        key: usize,
        effects: &mut Effects<'_>,
    ) -> (Option<T>, Option<Waker>) {
        let (_, message, waker) = self.senders.leave(key);
        effects.leave_desk(key);
        (message, waker)
    }

    /// A receiver gives up, and its waker is to be dropped. A grant that it has not used passes to
    /// the next one, or the message is free again for anybody, in its old place.
    pub(crate) fn leave_receivers(
        &mut self,
        key: usize,
        effects: &mut Effects<'_>,
    ) -> Option<Waker> {
        let (stage, _, waker) = self.receivers.leave(key);
        if stage == Stage::Served && self.granted > 0 {
            self.granted -= 1;
            self.serve_receiver(None, effects);
        }
        waker
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
