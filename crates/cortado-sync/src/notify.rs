//! `Notify`: waking tasks, without a value.
//!
//! One word holds a state and the number of calls of `notify_waiters`. The states: nothing; a
//! stored notification; somebody waits. While somebody waits, the word changes only under the lock
//! of the line. A future remembers the number of calls from its creation on, so a
//! `notify_waiters` that comes before its first poll is not missed.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use cortado_probe::{Wait, turn};

use crate::report::{Identity, waits};
use crate::shim::atomic::{AtomicUsize, Ordering};
use crate::shim::const_constructors;
use crate::wait_list::{End, Holder, House, Join, Line, WaitQueue, Waited, Waiting, Wakes};

/// Wakes one task, or all that wait, without passing a value.
///
/// `notify_one` without anybody waiting stores one notification, which the next who waits takes.
/// Whoever waits longest is notified first.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use cortado_sync::{Blocking, Notify};
///
/// let notify = Arc::new(Notify::new());
/// let other = notify.clone();
/// let thread = std::thread::spawn(move || other.notified().wait());
/// notify.notify_one();
/// thread.join().unwrap();
/// ```
pub struct Notify {
    word: AtomicUsize,
    queue: WaitQueue<Notify>,
    identity: Identity,
}

/// The word's value.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Word(usize);

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Nothing,
    Stored,
    WaitedFor,
}

impl Word {
    const STORED: usize = 1;
    const WAITED_FOR: usize = 2;
    const CALL: usize = 4;

    fn state(self) -> State {
        match self.0 % Word::CALL {
            Word::STORED => State::Stored,
            Word::WAITED_FOR => State::WaitedFor,
            _ => State::Nothing,
        }
    }

    fn calls(self) -> usize {
        self.0 / Word::CALL
    }

    fn with(self, state: State) -> Word {
        let calls = self.0 - self.0 % Word::CALL;
        Word(match state {
            State::Nothing => calls,
            State::Stored => calls + Word::STORED,
            State::WaitedFor => calls + Word::WAITED_FOR,
        })
    }

    fn called(self) -> Word {
        Word(self.0.wrapping_add(Word::CALL))
    }
}

/// How a waiter was notified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notified {
    /// Alone, from this end of the line.
    One(End),
    /// With all others.
    All,
}

impl Waited for Notify {
    type State = ();
    type Need = usize;
    type Grant = Notified;

    fn queue(&self) -> &WaitQueue<Notify> {
        &self.queue
    }

    fn left(&self, line: &mut Line<'_, Notify>, _need: usize, _wakes: &mut Wakes) {
        self.settle(line);
    }

    fn give_back(&self, _need: usize, grant: Notified) {
        if let Notified::One(end) = grant {
            self.notify(end);
        }
    }
}

impl House for Notify {
    type Object = Notify;

    fn object(&self) -> &Notify {
        self
    }
}

impl Notify {
    const_constructors! {
        /// Without a notification.
        pub const fn new() -> Notify {
            Notify {
                word: AtomicUsize::new(0),
                queue: WaitQueue::new(()),
                identity: Identity::new(),
            }
        }
    }

    fn load(&self) -> Word {
        Word(self.word.load(Ordering::Acquire))
    }

    /// Changes the word until `change` says that there is nothing to change; returns what it was.
    fn change(&self, change: impl Fn(Word) -> Option<Word>) -> Word {
        let mut word = self.load();
        while let Some(next) = change(word) {
            let (acq_rel, acquire) = (Ordering::AcqRel, Ordering::Acquire);
            match self.word.compare_exchange(word.0, next.0, acq_rel, acquire) {
                Ok(_) => return word,
                Err(found) => word = Word(found),
            }
        }
        word
    }

    /// Under the lock: notes that nobody waits any more.
    fn settle(&self, line: &Line<'_, Notify>) {
        if line.is_empty() {
            let is_waited_for = |word: Word| word.state() == State::WaitedFor;
            self.change(|word| is_waited_for(word).then(|| word.with(State::Nothing)));
        }
    }

    fn notify(&self, end: End) {
        let store = |word: Word| match word.state() {
            State::WaitedFor => None,
            // Stored again, so that what happened before this call is seen by who takes it.
            State::Nothing | State::Stored => Some(word.with(State::Stored)),
        };
        if self.change(store).state() != State::WaitedFor {
            return;
        }
        let mut wakes = Wakes::default();
        let mut line = self.queue.lock();
        if line.grant(end, Notified::One(end), &mut wakes) {
            self.settle(&line);
        } else {
            self.change(store);
        }
        drop(line);
        wakes.wake();
    }

    /// Wakes the one that waits longest. Where nobody waits, the next who does is woken at once;
    /// several such calls store one notification.
    pub fn notify_one(&self) {
        self.notify(End::Front);
    }

    /// Wakes the one that came last. Where nobody waits, as [`notify_one`](Notify::notify_one).
    pub fn notify_last(&self) {
        self.notify(End::Back);
    }

    /// Wakes all that wait, and those futures that [`notified`](Notify::notified) has made before
    /// this call. Nothing is stored for later ones.
    pub fn notify_waiters(&self) {
        let mut wakes = Wakes::default();
        let mut line = self.queue.lock();
        self.change(|word| Some(word.called()));
        line.grant_all(Notified::All, &mut wakes);
        self.settle(&line);
        drop(line);
        wakes.wake();
    }

    /// Waits for a notification.
    ///
    /// **Cancel safety**: dropping the future gives up the place in line. A notification by
    /// `notify_one` or `notify_last` that it was given goes to the next one.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Blocking, Notify};
    /// # async fn task() {
    /// let notify = Notify::new();
    /// notify.notify_one();
    /// notify.notified().await;
    ///
    /// let later = notify.notified();
    /// notify.notify_waiters();
    /// later.await;
    /// # }
    /// # task().wait();
    /// ```
    #[track_caller]
    pub fn notified(&self) -> NotifyNotified<'_> {
        Notification::new(self, self.load().calls())
    }

    /// As [`notified`](Notify::notified), with a future that keeps the `Notify` alive.
    ///
    /// **Cancel safety**: as `notified`.
    #[track_caller]
    pub fn notified_owned(self: Arc<Self>) -> NotifyNotifiedOwned {
        let calls = self.load().calls();
        Notification::new(self, calls)
    }

    /// Takes what a waiter who knows of so many calls may have at once.
    fn take(&self, calls: usize) -> Option<Notified> {
        let word = self.change(|word| {
            let takes = word.calls() == calls && word.state() == State::Stored;
            takes.then(|| word.with(State::Nothing))
        });
        if word.calls() != calls {
            return Some(Notified::All);
        }
        (word.state() == State::Stored).then_some(Notified::One(End::Front))
    }

    /// Under the lock: takes a notification, or joins the line.
    fn decide(&self, calls: usize) -> Join<Notified> {
        let word = self.change(|word| match word.state() {
            _ if word.calls() != calls => None,
            State::Nothing => Some(word.with(State::WaitedFor)),
            State::Stored => Some(word.with(State::Nothing)),
            State::WaitedFor => None,
        });
        match word.state() {
            _ if word.calls() != calls => Join::No(Notified::All),
            State::Stored => Join::No(Notified::One(End::Front)),
            State::Nothing | State::WaitedFor => Join::Back,
        }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Notify::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.load().state();
        f.debug_struct("Notify")
            .field("has_stored", &(state == State::Stored))
            .field("is_waited_for", &(state == State::WaitedFor))
            .finish()
    }
}

/// The future of [`Notify::notified`].
pub type NotifyNotified<'a> = Notification<&'a Notify>;
/// The future of [`Notify::notified_owned`].
pub type NotifyNotifiedOwned = Notification<Arc<Notify>>;

pin_project_lite::pin_project! {
    /// Waits for a notification of a [`Notify`], in line.
    ///
    /// **Cancel safety**: dropping it gives up the place in line; a notification that it was given
    /// alone goes to the next one.
    #[must_use = "futures do nothing unless they are awaited, or `wait` is called"]
    pub struct Notification<H>
    where
        H: Holder,
        H::House: House<Object = Notify>,
    {
        #[pin]
        waiting: Waiting<H>,
        is_done: bool,
        location: &'static Location<'static>,
    }
}

impl<H: Holder<House: House<Object = Notify>>> Notification<H> {
    #[track_caller]
    fn new(holder: H, calls: usize) -> Notification<H> {
        let waiting = Waiting::new(holder, calls);
        Notification { waiting, is_done: false, location: Location::caller() }
    }

    /// Gets in line now, instead of at the first poll; true where it is notified already.
    ///
    /// # Examples
    /// ```
    /// # use std::pin::pin;
    /// # use cortado_sync::Notify;
    /// let notify = Notify::new();
    /// let mut first = pin!(notify.notified());
    /// assert!(!first.as_mut().enable());
    /// notify.notify_one();
    /// assert!(first.as_mut().enable());
    /// ```
    pub fn enable(self: Pin<&mut Self>) -> bool {
        self.poll_notified(&Context::from_waker(Waker::noop())).is_ready()
    }

    fn poll_notified(self: Pin<&mut Self>, context: &Context<'_>) -> Poll<()> {
        let this = self.project();
        let mut waiting = this.waiting;
        if *this.is_done {
            return Poll::Ready(());
        }
        if waiting.as_mut().is_entered() {
            ready!(waiting.poll_granted(context));
        } else {
            let calls = waiting.need();
            if waiting.object().take(calls).is_none() {
                ready!(waiting.enter(context, |notify, _, _| notify.decide(calls)));
            }
        }
        *this.is_done = true;
        Poll::Ready(())
    }

    /// As `poll`, for a wait of another name.
    pub(crate) fn poll_for(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        why: Wait,
        object: &Identity,
        location: &'static Location<'static>,
    ) -> Poll<()> {
        let progress = ready!(turn::proceed(context, location));
        if self.as_mut().poll_notified(context).is_pending() {
            waits(why, object, location);
            return Poll::Pending;
        }
        progress.made();
        Poll::Ready(())
    }
}

impl<H: Holder<House: House<Object = Notify>>> Future for Notification<H> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let location = self.location;
        let progress = ready!(turn::proceed(context, location));
        if self.as_mut().poll_notified(context).is_pending() {
            waits(Wait::Notified, &self.waiting.object().identity, location);
            return Poll::Pending;
        }
        progress.made();
        Poll::Ready(())
    }
}

impl<H: Holder<House: House<Object = Notify>>> fmt::Debug for Notification<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("is_done", &self.is_done)
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}
