//! Delay queue: items that come out when their deadlines come, over one timer.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use cortado_probe::Wait;
use futures_core::Stream;

use super::instant::Instant;
use super::sleep::{Sleep, later};
use super::stash;

/// Items with a deadline each, which [`next`](Self::next) returns when it comes: entries of a cache
/// that go stale, requests that are tried again, sessions that end when nobody speaks.
///
/// It is a [`Stream`] too. Adding, moving and removing an item takes time in proportion to the
/// logarithm of their number; all of them share one timer. A deadline is never early, and items
/// with the same one come in the order in which they were added or last moved to it.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use cortado_core::{Builder, time::DelayQueue};
///
/// Builder::new().start_paused(true).build_single()?.block_on(async {
///     let mut sessions = DelayQueue::new();
///     let anna = sessions.insert("Anna", Duration::from_secs(10));
///     let bert = sessions.insert("Bert", Duration::from_secs(20));
///     sessions.reset(anna, Duration::from_secs(60));
///     assert_eq!(sessions.next().await.map(|session| session.into_inner()), Some("Bert"));
///     assert_eq!(sessions.remove(bert), None);
///     assert_eq!(sessions.remove(anna), Some("Anna"));
///     assert!(sessions.next().await.is_none());
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct DelayQueue<T> {
    items: HashMap<DelayKey, (Place, T)>,
    order: BTreeMap<Place, DelayKey>,
    /// Counts additions and moves.
    changes: u64,
    /// Ends at the first deadline; of an empty queue, at any time.
    sleep: Sleep,
}

/// An item's deadline, and the number of the change that gave it to it.
type Place = (Instant, u64);

// Items are only kept here, never pinned.
impl<T> Unpin for DelayQueue<T> {}

/// Which item of a [`DelayQueue`]; no other one of the same queue ever has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DelayKey(u64);

impl<T> DelayQueue<T> {
    /// A queue without items, on the current runtime's clock.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn new() -> DelayQueue<T> {
        let sleep = Sleep::new(stash::here(), Instant::now(), Location::caller());
        DelayQueue { items: HashMap::new(), order: BTreeMap::new(), changes: 0, sleep }
    }

    /// Adds an item that comes out `after` this time from now.
    pub fn insert(&mut self, item: T, after: Duration) -> DelayKey {
        self.insert_at(item, later(self.sleep.now(), after))
    }

    /// Adds an item that comes out at `deadline`, or at once where that is past.
    pub fn insert_at(&mut self, item: T, deadline: impl Into<Instant>) -> DelayKey {
        let key = DelayKey(self.changes);
        self.put(key, item, deadline.into());
        self.set_timer();
        key
    }

    /// Takes an item out before its time; `None` where it is no longer here.
    pub fn remove(&mut self, key: DelayKey) -> Option<T> {
        let (_, item) = self.take(key)?;
        self.set_timer();
        Some(item)
    }

    /// Moves an item's deadline to `after` this time from now. False where it is no longer here.
    pub fn reset(&mut self, key: DelayKey, after: Duration) -> bool {
        self.reset_at(key, later(self.sleep.now(), after))
    }

    /// Moves an item's deadline. False where it is no longer here.
    pub fn reset_at(&mut self, key: DelayKey, deadline: impl Into<Instant>) -> bool {
        let Some((_, item)) = self.take(key) else { return false };
        self.put(key, item, deadline.into());
        self.set_timer();
        true
    }

    /// Takes all items out.
    pub fn clear(&mut self) {
        self.items.clear();
        self.order.clear();
        self.set_timer();
    }

    /// When an item comes out; `None` where it is no longer here.
    pub fn deadline(&self, key: DelayKey) -> Option<Instant> {
        self.items.get(&key).map(|((deadline, _), _)| *deadline)
    }

    /// An item that is here.
    pub fn get(&self, key: DelayKey) -> Option<&T> {
        self.items.get(&key).map(|(_, item)| item)
    }

    /// An item that is here.
    pub fn get_mut(&mut self, key: DelayKey) -> Option<&mut T> {
        self.items.get_mut(&key).map(|(_, item)| item)
    }

    /// The item that comes out next.
    pub fn peek(&self) -> Option<DelayKey> {
        self.order.first_key_value().map(|(_, key)| *key)
    }

    /// How many items are here.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// No item is here.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Waits for the next deadline, and takes its item out; `None` where no item is here.
    ///
    /// **Cancel safety:** an item is taken only by the poll that returns it, so none is lost where
    /// the future is dropped.
    #[track_caller]
    #[allow(clippy::should_implement_trait)] // It is the name that streams give it, too.
    pub fn next(&mut self) -> NextExpired<'_, T> {
        NextExpired { queue: self, location: Location::caller() }
    }

    /// Polls as [`next`](Self::next) does. The task that polled last is woken, also where another
    /// one changes which item is next, or takes the last one out.
    #[track_caller]
    pub fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<Option<Expired<T>>> {
        self.poll_and_tell(cx, Location::caller())
    }

    fn poll_and_tell(
        &mut self,
        cx: &mut Context<'_>,
        location: &'static Location<'static>,
    ) -> Poll<Option<Expired<T>>> {
        if self.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.sleep.poll_for(cx, Wait::Expiry, location));
        let key = self.peek();
        let taken = key.and_then(|key| Some((key, self.take(key)?)));
        self.set_timer();
        Poll::Ready(taken.map(|(key, (deadline, item))| Expired { item, deadline, key }))
    }

    fn put(&mut self, key: DelayKey, item: T, deadline: Instant) {
        let place = (deadline, self.changes);
        self.changes += 1;
        self.order.insert(place, key);
        self.items.insert(key, (place, item));
    }

    fn take(&mut self, key: DelayKey) -> Option<(Instant, T)> {
        let (place, item) = self.items.remove(&key)?;
        self.order.remove(&place);
        Some((place.0, item))
    }

    /// The timer ends at the first deadline. Where the last item has gone it ends now, so that a
    /// task that waits hears of it.
    fn set_timer(&mut self) {
        let first = self.order.first_key_value().map(|((deadline, _), _)| *deadline);
        let deadline = first.unwrap_or_else(|| self.sleep.now().min(self.sleep.deadline()));
        if deadline != self.sleep.deadline() {
            self.sleep.reset(deadline);
        }
    }
}

impl<T> Default for DelayQueue<T> {
    #[track_caller]
    fn default() -> DelayQueue<T> {
        DelayQueue::new()
    }
}

/// It ends where no item is here, and goes on where one is added after that.
impl<T> Stream for DelayQueue<T> {
    type Item = Expired<T>;

    #[track_caller]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Expired<T>>> {
        self.get_mut().poll_expired(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<T> fmt::Debug for DelayQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = self.peek().and_then(|key| self.deadline(key));
        f.debug_struct("DelayQueue").field("len", &self.len()).field("next", &next).finish()
    }
}

/// An item whose deadline has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired<T> {
    item: T,
    deadline: Instant,
    key: DelayKey,
}

impl<T> Expired<T> {
    /// The item.
    pub fn into_inner(self) -> T {
        self.item
    }

    /// The item.
    pub fn get_ref(&self) -> &T {
        &self.item
    }

    /// When it was to come out.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Which item it was.
    pub fn key(&self) -> DelayKey {
        self.key
    }
}

/// The future of [`DelayQueue::next`]. Cancel safe.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct NextExpired<'a, T> {
    queue: &'a mut DelayQueue<T>,
    location: &'static Location<'static>,
}

impl<T> Future for NextExpired<'_, T> {
    type Output = Option<Expired<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Expired<T>>> {
        let NextExpired { queue, location } = self.get_mut();
        queue.poll_and_tell(cx, location)
    }
}
