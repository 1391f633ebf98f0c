//! `SetOnce`: a value that is set once, and waited for.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_probe::{Wait, turn};

use crate::Blocking;
use crate::report::{Identity, waits};
use crate::shim::const_constructors;
use crate::slot::WriteOnce;
use crate::wait_list::{House, Join, Line, WaitQueue, Waited, Waiting, Wakes};

/// A value that is set once, while others wait for it.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use cortado_sync::SetOnce;
///
/// let address = Arc::new(SetOnce::new());
/// let other = address.clone();
/// let thread = std::thread::spawn(move || *other.blocking_wait());
/// address.set(8080).unwrap();
/// assert_eq!(thread.join().unwrap(), 8080);
/// ```
pub struct SetOnce<T> {
    /// The state says whether the value is there.
    queue: WaitQueue<SetOnce<T>>,
    value: WriteOnce<T>,
    identity: Identity,
}

/// The value is set already; this gives the other one back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SetOnceError<T>(pub T);

impl<T> fmt::Debug for SetOnceError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetOnceError(..)")
    }
}

impl<T> fmt::Display for SetOnceError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is set already: read it with `get`")
    }
}

impl<T> std::error::Error for SetOnceError<T> {}

impl<T> Waited for SetOnce<T> {
    type State = ();
    type Need = ();
    type Grant = ();

    fn queue(&self) -> &WaitQueue<SetOnce<T>> {
        &self.queue
    }

    fn left(&self, _line: &mut Line<'_, SetOnce<T>>, _need: (), _wakes: &mut Wakes) {}

    fn give_back(&self, _need: (), _grant: ()) {}
}

impl<T> House for SetOnce<T> {
    type Object = SetOnce<T>;

    fn object(&self) -> &SetOnce<T> {
        self
    }
}

impl<T> SetOnce<T> {
    const_constructors! {
        /// Without a value.
        pub const fn new() -> SetOnce<T> {
            SetOnce {
                queue: WaitQueue::new(()),
                value: WriteOnce::new(),
                identity: Identity::new(),
            }
        }
    }

    /// Sets the value and wakes all that wait for it.
    ///
    /// # Errors
    /// Gives it back where there is one already.
    pub fn set(&self, value: T) -> Result<(), SetOnceError<T>> {
        let mut wakes = Wakes::default();
        let mut line = self.queue.lock();
        let put = self.value.put(value);
        line.grant_all((), &mut wakes);
        drop(line);
        wakes.wake();
        put.map_err(SetOnceError)
    }

    /// The value, if it is set.
    pub fn get(&self) -> Option<&T> {
        self.value.get()
    }

    /// It is set.
    pub fn initialized(&self) -> bool {
        self.value.is_full()
    }

    /// The value by itself, if it is set.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Waits for the value.
    ///
    /// **Cancel safety**: nothing is lost.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Blocking, SetOnce};
    /// # async fn task() {
    /// let cell = SetOnce::from(1);
    /// assert_eq!(cell.wait().await, &1);
    /// # }
    /// # task().wait();
    /// ```
    #[track_caller]
    pub fn wait(&self) -> SetOnceWait<'_, T> {
        SetOnceWait { waiting: Waiting::new(self, ()), cell: self, location: Location::caller() }
    }

    /// As [`wait`](SetOnce::wait), blocking the thread. For plain threads; see [`Blocking`].
    #[track_caller]
    pub fn blocking_wait(&self) -> &T {
        Blocking::wait(self.wait())
    }
}

impl<T> Default for SetOnce<T> {
    fn default() -> Self {
        SetOnce::new()
    }
}

impl<T> From<T> for SetOnce<T> {
    fn from(value: T) -> Self {
        let cell = SetOnce::new();
        let set = cell.set(value);
        debug_assert!(set.is_ok(), "nobody else has the cell");
        cell
    }
}

impl<T: fmt::Debug> fmt::Debug for SetOnce<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetOnce").field("value", &self.get()).finish()
    }
}

pin_project_lite::pin_project! {
    /// The future of [`SetOnce::wait`].
    #[must_use = "futures do nothing unless they are awaited, or `Blocking::wait` is called"]
    pub struct SetOnceWait<'a, T> {
        #[pin]
        waiting: Waiting<&'a SetOnce<T>>,
        cell: &'a SetOnce<T>,
        location: &'static Location<'static>,
    }
}

impl<'a, T> Future for SetOnceWait<'a, T> {
    type Output = &'a T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<&'a T> {
        let mut this = self.project();
        let cell: &'a SetOnce<T> = this.cell;
        let progress = ready!(turn::proceed(context, this.location));
        let is_set = |cell: &SetOnce<T>| if cell.initialized() { Join::No(()) } else { Join::Back };
        let waited = match this.waiting.as_mut().is_entered() {
            true => this.waiting.as_mut().poll_granted(context),
            false if cell.initialized() => Poll::Ready(()),
            false => this.waiting.as_mut().enter(context, |cell, _, _| is_set(cell)),
        };
        if waited.is_pending() {
            waits(Wait::Set, &cell.identity, this.location);
            return Poll::Pending;
        }
        progress.made();
        Poll::Ready(cell.value.get().expect("who waits is let through after the value is set"))
    }
}
