//! What can be in the way of a broadcast.

use std::fmt;

/// Nobody receives; this gives the message back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(pub T);

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the broadcast channel has no receiver now: make one with `subscribe`")
    }
}

impl<T> std::error::Error for SendError<T> {}

/// Why a receiver got no message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecvError {
    /// All senders are gone, and everything that was sent is received.
    Closed,
    /// So many messages were missed. The next one is the oldest that is kept.
    Lagged(u64),
}

/// Why there is no message at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TryRecvError {
    /// None was sent since the last one.
    Empty,
    /// All senders are gone, and everything that was sent is received.
    Closed,
    /// So many messages were missed. The next one is the oldest that is kept.
    Lagged(u64),
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecvError::Closed => f.write_str("all senders of the broadcast channel are gone"),
            RecvError::Lagged(missed) => write!(
                f,
                "the receiver was too slow and missed {missed} messages: receive faster, or give \
                 the channel a larger capacity"
            ),
        }
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            TryRecvError::Empty => f.write_str("there is no new message: wait with `recv`"),
            TryRecvError::Closed => RecvError::Closed.fmt(f),
            TryRecvError::Lagged(missed) => RecvError::Lagged(missed).fmt(f),
        }
    }
}

impl std::error::Error for RecvError {}

impl std::error::Error for TryRecvError {}
