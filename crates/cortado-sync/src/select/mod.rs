//! Waiting for the first of several sends and receives.
//!
//! A [`Select`] is a list of branches, made at run time: each is a send or a receive on a channel
//! with a function for its result. Exactly one branch takes place. Where several can, one of them
//! is chosen at random, each with the same chance, or with [`biased`](Select::biased) the first in
//! the order in which they were added. A closed channel's branch can take place, with an error.
//!
//! Nothing of a branch that does not win happens: its channel holds what it held, in the same
//! order, and a message that was to be sent by [`send_from`](Select::send_from) is where it came
//! from.
//!
//! # Essay: select
//!
//! **Protocol.** (1) Visit every branch and try it; the first that can take place wins, and no
//! memory shared with others is made. (2) Otherwise make a `Claim`, and visit every branch again:
//! under one lock of its channel it is tried once more or joins the queue there, so that nothing
//! comes between the two. (3) `begin_waiting`; over a visit of a peer it fails, and (2) is repeated
//! with the branches that have joined staying where they are. (4) A peer that wants to complete one
//! of them claims the select first. (5) The winner picks up its result, the others leave their
//! queues, and only then the winner's function is called, without any lock.
//!
//! **Invariants.**
//! - S1: a peer hands something to a branch, or takes something from it, only after its `Claim` said
//!   `Yes`, with the branch's channel locked. So at most one branch takes place.
//! - S2: a select completes a branch itself only while it is registering, when nobody can claim it.
//! - S3: a select does not meet itself: a send and a receive on one channel do not make a pair.
//! - S4: a select that is dropped leaves every queue. A message that was granted to it goes where
//!   that of a dropped receive goes; one that it had sent stays sent, and its slot is empty.
//!
//! **The race.** Two selects that register at the same time in each other's channels turn each
//! other away, and both visit again. Neither waits for the other, so one of them comes through as
//! soon as their visits do not overlap; the order of visits is random, so that they do not stay in
//! step.

mod branch;
mod claim;
mod future;
#[cfg(all(test, loom))]
mod models;

use std::fmt;
use std::future::IntoFuture;
use std::panic::Location;

pub(crate) use claim::{Claim, Claimed};
pub use future::SelectFuture;

use crate::channel::{Receiver, RecvError, SendError, Sender};
use branch::{Branch, Message, RecvBranch, SendBranch};

/// Several sends and receives, of which one is to take place. See the module.
///
/// ```
/// use cortado_sync::{channel, select::Select};
///
/// # pollster::block_on(async {
/// let (numbers, number) = channel::bounded(1);
/// let (_words, word) = channel::bounded::<&str>(1);
/// numbers.try_send(7).unwrap();
/// let text = Select::new()
///     .recv(&number, |number| format!("{}", number.unwrap()))
///     .recv(&word, |word| word.unwrap().to_owned())
///     .await;
/// assert_eq!(text, "7");
/// # });
/// ```
///
/// `select.await` waits in a task; on a plain thread [`Blocking`](crate::Blocking) has the forms
/// that block, with and without a deadline:
///
/// ```
/// use std::time::Duration;
/// use cortado_sync::{Blocking, channel, select::Select};
///
/// let (sender, receiver) = channel::bounded(0);
/// let mut slot = Some(7);
/// let select = Select::new().send_from(&sender, &mut slot, |sent| sent.is_ok());
/// assert!(select.wait_timeout(Duration::from_millis(1)).is_err());
/// assert_eq!(slot, Some(7));
/// let thread = std::thread::spawn(move || receiver.recv_blocking());
/// assert!(Select::new().send_from(&sender, &mut slot, |sent| sent.is_ok()).wait());
/// assert_eq!(thread.join().unwrap(), Ok(7));
/// ```
///
/// It is `Send`, so that any task may wait in it; its messages and functions have to be, too.
///
/// **Cancel safety:** a select that is dropped before it returned has received nothing, and has sent
/// nothing that is still in its slot.
#[must_use = "a select does nothing unless it is awaited or one of its blocking forms is called"]
pub struct Select<'a, O> {
    branches: Vec<Box<dyn Branch<O> + Send + 'a>>,
    biased: bool,
}

impl<'a, O> Select<'a, O> {
    /// A select without branches. Waiting for it would never end.
    pub fn new() -> Self {
        Select { branches: Vec::new(), biased: false }
    }

    /// Prefers branches in the order in which they are added, instead of choosing at random.
    pub fn biased(mut self) -> Self {
        self.biased = true;
        self
    }

    /// Adds a branch that receives.
    pub fn recv<T: Send>(
        self,
        receiver: &'a Receiver<T>,
        then: impl FnOnce(Result<T, RecvError>) -> O + Send + 'a,
    ) -> Self {
        self.with(RecvBranch::new(receiver.shared(), then))
    }

    /// Adds a branch that sends `message`, which is dropped where another branch wins.
    pub fn send<T: Send + 'a>(
        self,
        sender: &'a Sender<T>,
        message: T,
        then: impl FnOnce(Result<(), SendError<T>>) -> O + Send + 'a,
    ) -> Self {
        self.with(SendBranch::new(sender.shared(), Message::Own(Some(message)), then))
    }

    /// Adds a branch that sends the message in `slot`, where it still is if another branch wins or
    /// the select is dropped. If the channel is closed, the error has it.
    ///
    /// # Panics
    /// Where the slot is empty.
    ///
    /// ```
    /// use cortado_sync::{channel, select::Select};
    ///
    /// let (full, _keep) = channel::bounded(0);
    /// let (_sender, other) = channel::unbounded::<u8>();
    /// let mut slot = Some("tea");
    /// let select = Select::new().send_from(&full, &mut slot, |_| ()).recv(&other, |_| ());
    /// assert!(select.try_now().is_none());
    /// assert_eq!(slot, Some("tea"));
    /// ```
    pub fn send_from<T: Send>(
        self,
        sender: &'a Sender<T>,
        slot: &'a mut Option<T>,
        then: impl FnOnce(Result<(), SendError<T>>) -> O + Send + 'a,
    ) -> Self {
        assert!(slot.is_some(), "the slot of a send holds no message: put one there first");
        self.with(SendBranch::new(sender.shared(), Message::Lent(slot), then))
    }

    fn with(mut self, branch: impl Branch<O> + Send + 'a) -> Self {
        self.branches.push(Box::new(branch));
        self
    }

    /// A branch that can take place now; none where all would have to wait. With
    /// `unwrap_or_else` it is a select with a default branch.
    ///
    /// It looks at its branches one after the other. While others change their channels, each may be
    /// found to have to wait although at no time all had to.
    ///
    /// ```
    /// use cortado_sync::{channel, select::Select};
    ///
    /// let (_sender, receiver) = channel::bounded::<u8>(1);
    /// let now = Select::new().recv(&receiver, Result::ok).try_now().unwrap_or_else(|| Some(0));
    /// assert_eq!(now, Some(0));
    /// ```
    #[track_caller]
    pub fn try_now(self) -> Option<O> {
        self.into_future().try_now()
    }
}

impl<O> Default for Select<'_, O> {
    fn default() -> Self {
        Select::new()
    }
}

impl<'a, O> IntoFuture for Select<'a, O> {
    type Output = O;
    type IntoFuture = SelectFuture<'a, O>;

    #[track_caller]
    fn into_future(mut self) -> SelectFuture<'a, O> {
        if !self.biased {
            fastrand::shuffle(&mut self.branches);
        }
        SelectFuture::new(self.branches, Location::caller())
    }
}

impl<O> fmt::Debug for Select<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select").field("branches", &self.branches.len()).finish_non_exhaustive()
    }
}
