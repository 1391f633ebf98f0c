//! The gate: a number of permits and a fair line of those who want some. `Mutex`, `RwLock` and
//! `Semaphore` are gates with different numbers.
//!
//! One word holds the permits that nobody has, whether somebody waits, and whether the gate is
//! closed. While nobody waits, taking and giving are one compare-exchange each. While somebody
//! waits, nobody takes from the word, and all changes of it are made under the lock of the line:
//! whoever gives then hands the permits over, from the front, as far as they go. So nobody
//! overtakes, and a waiter that wants many is not starved by those who want few.
//!
//! The race: a giver looks, sees nobody waiting, and a waiter joins the line before the permits are
//! added. Both change the same word by compare-exchange, so one of the two fails and looks again.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_probe::{Wait, turn};

use crate::report::{Identity, waits};
use crate::shim::atomic::{AtomicUsize, Ordering};
use crate::shim::const_constructors;
use crate::wait_list::{End, Holder, House, Join, Line, WaitQueue, Waited, Waiting, Wakes};

/// The gate is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed;

/// Why nothing was taken at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotNow {
    /// It is closed.
    Closed,
    /// There are too few permits, or somebody waits for them.
    Busy,
}

/// See the module.
pub struct Gate {
    word: AtomicUsize,
    queue: WaitQueue<Gate>,
    pub(crate) identity: Identity,
}

/// The word's value.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Word(usize);

impl Word {
    const CLOSED: usize = 1;
    const WAITED_FOR: usize = 2;
    const PERMIT: usize = 4;

    fn is_closed(self) -> bool {
        self.0 & Word::CLOSED != 0
    }

    fn is_waited_for(self) -> bool {
        self.0 & Word::WAITED_FOR != 0
    }

    fn permits(self) -> usize {
        self.0 / Word::PERMIT
    }

    /// Without so many permits, where nobody has a better right to them.
    fn take(self, count: usize) -> Result<Word, NotNow> {
        if self.is_closed() {
            return Err(NotNow::Closed);
        }
        if self.is_waited_for() || self.permits() < count {
            return Err(NotNow::Busy);
        }
        Ok(Word(self.0 - count * Word::PERMIT))
    }

    /// # Panics
    /// Where the word cannot hold so many.
    fn give(self, count: usize) -> Word {
        let permits = self.permits().checked_add(count).filter(|sum| *sum <= MAX_PERMITS);
        assert!(permits.is_some(), "a semaphore holds at most {MAX_PERMITS} permits");
        Word(self.0 + count * Word::PERMIT)
    }
}

/// More than any use needs, and three bits below the word's end.
pub(crate) const MAX_PERMITS: usize = usize::MAX >> 3;

impl Gate {
    const_constructors! {
        /// An open gate with so many permits.
        pub(crate) const fn new(permits: usize) -> Gate {
            assert!(permits <= MAX_PERMITS, "a semaphore holds at most usize::MAX >> 3 permits");
            Gate {
                word: AtomicUsize::new(permits * Word::PERMIT),
                queue: WaitQueue::new(()),
                identity: Identity::new(),
            }
        }
    }

    fn load(&self) -> Word {
        Word(self.word.load(Ordering::Acquire))
    }

    fn exchange(&self, current: Word, new: Word) -> Result<(), Word> {
        let (acq_rel, acquire) = (Ordering::AcqRel, Ordering::Acquire);
        match self.word.compare_exchange_weak(current.0, new.0, acq_rel, acquire) {
            Ok(_) => Ok(()),
            Err(found) => Err(Word(found)),
        }
    }

    /// The permits that nobody has.
    pub(crate) fn available(&self) -> usize {
        self.load().permits()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.load().is_closed()
    }

    /// Takes permits if they can be had at once.
    #[inline]
    pub(crate) fn try_take(&self, count: usize) -> Result<(), NotNow> {
        // Who is told that the gate is closed sees what was done before it was.
        let mut word = self.load();
        loop {
            let less = word.take(count)?;
            match self.exchange(word, less) {
                Ok(()) => return Ok(()),
                Err(found) => word = found,
            }
        }
    }

    /// Adds permits, or gives them back.
    #[inline]
    pub(crate) fn give(&self, count: usize) {
        let mut word = Word(self.word.load(Ordering::Relaxed));
        while !word.is_waited_for() {
            match self.exchange(word, word.give(count)) {
                Ok(()) => return,
                Err(found) => word = found,
            }
        }
        self.give_in_line(count);
    }

    #[cold]
    fn give_in_line(&self, count: usize) {
        let mut wakes = Wakes::default();
        let mut line = self.queue.lock();
        let mut word = self.load();
        while let Err(found) = self.exchange(word, word.give(count)) {
            word = found;
        }
        self.hand_over(&mut line, &mut wakes);
        drop(line);
        wakes.wake();
    }

    /// Grants from the front as far as the permits go. Nobody else changes the word as long as
    /// somebody waits.
    fn hand_over(&self, line: &mut Line<'_, Gate>, wakes: &mut Wakes) {
        while let Some(need) = line.front() {
            if self.load().permits() < need {
                return;
            }
            self.word.fetch_sub(need * Word::PERMIT, Ordering::AcqRel);
            line.grant(End::Front, Ok(()), wakes);
        }
        self.word.fetch_and(!Word::WAITED_FOR, Ordering::AcqRel);
    }

    /// Under the lock: takes the permits or joins the line.
    fn decide(&self, count: usize) -> Join<Result<(), Closed>> {
        let mut word = self.load();
        loop {
            let (next, joins) = match word.take(count) {
                Ok(less) => (less, Join::No(Ok(()))),
                Err(NotNow::Closed) => return Join::No(Err(Closed)),
                Err(NotNow::Busy) => (Word(word.0 | Word::WAITED_FOR), Join::Back),
            };
            match self.exchange(word, next) {
                Ok(()) => return joins,
                Err(found) => word = found,
            }
        }
    }

    /// Takes away up to `count` of the permits that nobody has; returns how many.
    pub(crate) fn forget(&self, count: usize) -> usize {
        // While somebody waits, the word is changed under the lock only.
        let _line = self.queue.lock();
        let mut word = self.load();
        loop {
            let forgotten = word.permits().min(count);
            match self.exchange(word, Word(word.0 - forgotten * Word::PERMIT)) {
                Ok(()) => return forgotten,
                Err(found) => word = found,
            }
        }
    }

    /// From now on nobody gets a permit; who waits is told so.
    pub(crate) fn close(&self) {
        let mut wakes = Wakes::default();
        let mut line = self.queue.lock();
        self.word.fetch_or(Word::CLOSED, Ordering::AcqRel);
        line.grant_all(Err(Closed), &mut wakes);
        self.word.fetch_and(!Word::WAITED_FOR, Ordering::AcqRel);
        drop(line);
        wakes.wake();
    }
}

impl Waited for Gate {
    type State = ();
    type Need = usize;
    type Grant = Result<(), Closed>;

    fn queue(&self) -> &WaitQueue<Gate> {
        &self.queue
    }

    /// Those behind it may want less.
    fn left(&self, line: &mut Line<'_, Gate>, _need: usize, wakes: &mut Wakes) {
        self.hand_over(line, wakes);
    }

    fn give_back(&self, need: usize, grant: Result<(), Closed>) {
        if grant.is_ok() {
            self.give(need);
        }
    }
}

impl House for Gate {
    type Object = Gate;

    fn object(&self) -> &Gate {
        self
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.load();
        f.debug_struct("Gate")
            .field("permits", &word.permits())
            .field("is_waited_for", &word.is_waited_for())
            .field("is_closed", &word.is_closed())
            .finish()
    }
}

/// Permits of a gate, given back when this is dropped.
pub struct Permits<H: Holder<House: House<Object = Gate>>> {
    holder: H,
    count: usize,
}

impl<H: Holder<House: House<Object = Gate>>> Permits<H> {
    /// Takes them if they can be had at once.
    #[inline]
    pub(crate) fn try_take(holder: H, count: usize) -> Result<Permits<H>, NotNow> {
        holder.object().try_take(count)?;
        Ok(Permits { holder, count })
    }

    /// What keeps the gate alive.
    pub(crate) fn holder(&self) -> &H {
        &self.holder
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Splits off so many; none where there are fewer.
    pub(crate) fn split(&mut self, count: usize) -> Option<Permits<H>>
    where
        H: Clone,
    {
        self.count = self.count.checked_sub(count)?;
        Some(Permits { holder: self.holder.clone(), count })
    }

    /// Adds those of another one of the same gate.
    ///
    /// # Panics
    /// Where the gates differ.
    pub(crate) fn merge(&mut self, mut other: Permits<H>) {
        assert!(
            std::ptr::eq(self.holder.object(), other.holder.object()),
            "merged permits must come from the same semaphore"
        );
        self.count += std::mem::take(&mut other.count);
    }

    /// They are gone for good.
    pub(crate) fn forget(mut self) {
        self.count = 0;
    }

    /// Gives back all but so many.
    pub(crate) fn keep(&mut self, count: usize) {
        let rest = self.count.checked_sub(count).expect("it keeps at most what it has");
        self.count = count;
        self.holder.object().give(rest);
    }
}

impl<'a, H: House<Object = Gate> + ?Sized> Permits<&'a H> {
    /// Knows the gate only.
    pub(crate) fn of_gate(mut self) -> Permits<&'a Gate> {
        let house: &'a H = self.holder;
        Permits { holder: house.object(), count: std::mem::take(&mut self.count) }
    }
}

impl<H: Holder<House: House<Object = Gate>>> Drop for Permits<H> {
    #[inline]
    fn drop(&mut self) {
        if self.count > 0 {
            self.holder.object().give(self.count);
        }
    }
}

/// What somebody gets who has taken permits.
pub trait Purpose<H: Holder<House: House<Object = Gate>>> {
    /// Why one waits for it.
    const WHY: Wait;
    /// What one gets.
    type Output;

    /// Turns the permits into it.
    fn fulfil(permits: Result<Permits<H>, Closed>) -> Self::Output;
}

pin_project_lite::pin_project! {
    /// Waits for permits, in line. The future of all locks and of the semaphore.
    ///
    /// **Cancel safety**: dropping it gives up the place in line; permits that it was granted
    /// go to the next one.
    #[must_use = "futures do nothing unless they are awaited, or `wait` is called"]
    pub struct Acquiring<H, P>
    where
        H: Holder,
        H::House: House<Object = Gate>,
    {
        #[pin]
        waiting: Waiting<H>,
        is_done: bool,
        location: &'static Location<'static>,
        purpose: std::marker::PhantomData<fn() -> P>,
    }
}

impl<H: Holder<House: House<Object = Gate>>, P> Acquiring<H, P> {
    #[track_caller]
    pub(crate) fn new(holder: H, count: usize) -> Self {
        Acquiring {
            waiting: Waiting::new(holder, count),
            is_done: false,
            location: Location::caller(),
            purpose: std::marker::PhantomData,
        }
    }

    fn poll_take(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        let this = self.project();
        let mut waiting = this.waiting;
        if waiting.as_mut().is_entered() {
            return waiting.poll_granted(context);
        }
        let (gate, count) = (waiting.object(), waiting.need());
        match gate.try_take(count) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(NotNow::Closed) => Poll::Ready(Err(Closed)),
            Err(NotNow::Busy) => waiting.enter(context, |gate, _, _| gate.decide(count)),
        }
    }
}

impl<H, P> Future for Acquiring<H, P>
where
    H: Holder<House: House<Object = Gate>> + Clone,
    P: Purpose<H>,
{
    type Output = P::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<P::Output> {
        let location = self.location;
        assert!(!self.is_done, "the future of {location} is polled after it was ready");
        let progress = ready!(turn::proceed(context, location));
        let taken = match self.as_mut().poll_take(context) {
            Poll::Ready(taken) => taken,
            Poll::Pending => {
                waits(P::WHY, &self.waiting.object().identity, location);
                return Poll::Pending;
            }
        };
        progress.made();
        *self.as_mut().project().is_done = true;
        let (holder, count) = (self.waiting.holder().clone(), self.waiting.need());
        Poll::Ready(P::fulfil(taken.map(|()| Permits { holder, count })))
    }
}

impl<H: Holder<House: House<Object = Gate>>, P> fmt::Debug for Acquiring<H, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acquiring").field("location", &self.location).finish_non_exhaustive()
    }
}
