//! `Semaphore`: a number of permits.

use std::fmt;
use std::sync::Arc;

use cortado_probe::Wait;

use crate::gate::{Acquiring, Closed, Gate, MAX_PERMITS, NotNow, Permits, Purpose};
use crate::shim::const_constructors;
use crate::wait_list::{Holder, House};

/// Hands out a number of permits, so that at most that many do something at the same time.
///
/// It is fair: whoever waits longest gets permits first, also where it wants many and those behind
/// it want few.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use cortado_sync::{Blocking, Semaphore};
///
/// # async fn task() {
/// let connections = Arc::new(Semaphore::new(2));
/// let one = connections.clone().acquire_owned().await.unwrap();
/// let two = connections.acquire().await.unwrap();
/// assert!(connections.try_acquire().is_err());
/// drop(one);
/// assert_eq!(connections.available_permits(), 1);
/// # drop(two);
/// # }
/// # task().wait();
/// ```
#[derive(Debug)]
pub struct Semaphore {
    gate: Gate,
}

/// Permits of a [`Semaphore`], given back when this is dropped.
pub type SemaphorePermit<'a> = Permit<&'a Semaphore>;
/// Permits of a [`Semaphore`] that keep it alive, given back when this is dropped.
pub type OwnedSemaphorePermit = Permit<Arc<Semaphore>>;
/// The future of [`Semaphore::acquire`] and [`Semaphore::acquire_many`].
pub type AcquirePermits<'a> = Acquiring<&'a Semaphore, OfSemaphore>;
/// The future of [`Semaphore::acquire_owned`] and [`Semaphore::acquire_many_owned`].
pub type AcquirePermitsOwned = Acquiring<Arc<Semaphore>, OfSemaphore>;

/// Permits of a semaphore, given back when this is dropped. [`SemaphorePermit`] and
/// [`OwnedSemaphorePermit`] are its two kinds.
#[must_use = "permits are given back at once if they are not kept"]
pub struct Permit<H: Holder<House = Semaphore>>(Permits<H>);

/// Permits are taken to be kept.
pub struct OfSemaphore(());

impl<H: Holder<House = Semaphore>> Purpose<H> for OfSemaphore {
    const WHY: Wait = Wait::Permit;
    type Output = Result<Permit<H>, AcquireError>;

    fn fulfil(permits: Result<Permits<H>, Closed>) -> Self::Output {
        permits.map(Permit).map_err(|Closed| AcquireError(()))
    }
}

/// The semaphore is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AcquireError(());

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the semaphore was closed with `close`: nobody gets a permit any more")
    }
}

impl std::error::Error for AcquireError {}

/// Why no permit can be had at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TryAcquireError {
    /// The semaphore is closed.
    Closed,
    /// There are too few permits, or somebody waits for them.
    NoPermits,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryAcquireError::Closed => AcquireError(()).fmt(f),
            TryAcquireError::NoPermits => f.write_str(
                "there are too few permits now: wait for them with `acquire`, or try again",
            ),
        }
    }
}

impl std::error::Error for TryAcquireError {}

impl From<NotNow> for TryAcquireError {
    fn from(why: NotNow) -> Self {
        match why {
            NotNow::Closed => TryAcquireError::Closed,
            NotNow::Busy => TryAcquireError::NoPermits,
        }
    }
}

impl House for Semaphore {
    type Object = Gate;

    fn object(&self) -> &Gate {
        &self.gate
    }
}

impl Semaphore {
    /// The most permits that a semaphore can hold.
    pub const MAX_PERMITS: usize = MAX_PERMITS;

    const_constructors! {
        /// A semaphore with so many permits.
        ///
        /// # Panics
        /// Where there are more than [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
        pub const fn new(permits: usize) -> Semaphore {
            Semaphore { gate: Gate::new(permits) }
        }
    }

    /// Waits for a permit.
    ///
    /// **Cancel safety**: dropping the future gives up the place in line, and nothing else.
    ///
    /// # Errors
    /// The future's: where the semaphore is or becomes closed.
    #[track_caller]
    pub fn acquire(&self) -> AcquirePermits<'_> {
        Acquiring::new(self, 1)
    }

    /// Waits for so many permits, and gets all of them at once.
    ///
    /// **Cancel safety**: as [`acquire`](Semaphore::acquire).
    ///
    /// # Errors
    /// The future's: where the semaphore is or becomes closed.
    #[track_caller]
    pub fn acquire_many(&self, permits: u32) -> AcquirePermits<'_> {
        Acquiring::new(self, permits as usize)
    }

    /// As [`acquire`](Semaphore::acquire), with a permit that keeps the semaphore alive.
    ///
    /// **Cancel safety**: as `acquire`.
    ///
    /// # Errors
    /// The future's: where the semaphore is or becomes closed.
    #[track_caller]
    pub fn acquire_owned(self: Arc<Self>) -> AcquirePermitsOwned {
        Acquiring::new(self, 1)
    }

    /// As [`acquire_many`](Semaphore::acquire_many), with permits that keep the semaphore alive.
    ///
    /// **Cancel safety**: as `acquire`.
    ///
    /// # Errors
    /// The future's: where the semaphore is or becomes closed.
    #[track_caller]
    pub fn acquire_many_owned(self: Arc<Self>, permits: u32) -> AcquirePermitsOwned {
        Acquiring::new(self, permits as usize)
    }

    /// Takes a permit if there is one.
    ///
    /// # Errors
    /// Where there is none, somebody waits for one, or the semaphore is closed.
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes so many permits if there are as many.
    ///
    /// # Errors
    /// Where there are too few, somebody waits for some, or the semaphore is closed.
    pub fn try_acquire_many(&self, permits: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        Ok(Permit(Permits::try_take(self, permits as usize)?))
    }

    /// As [`try_acquire`](Semaphore::try_acquire), with a permit that keeps the semaphore alive.
    ///
    /// # Errors
    /// As `try_acquire`.
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// As [`try_acquire_many`](Semaphore::try_acquire_many), with permits that keep the semaphore
    /// alive.
    ///
    /// # Errors
    /// As `try_acquire_many`.
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        permits: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        Ok(Permit(Permits::try_take(self, permits as usize)?))
    }

    /// How many permits nobody has.
    pub fn available_permits(&self) -> usize {
        self.gate.available()
    }

    /// Adds permits; those who wait get them first.
    ///
    /// # Panics
    /// Where there would be more than [`MAX_PERMITS`](Semaphore::MAX_PERMITS).
    pub fn add_permits(&self, permits: usize) {
        if permits > 0 {
            self.gate.give(permits);
        }
    }

    /// Takes away up to `permits` of those that nobody has; returns how many.
    pub fn forget_permits(&self, permits: usize) -> usize {
        self.gate.forget(permits)
    }

    /// From now on nobody gets a permit, and those who wait are told so. Permits that were handed
    /// out stay what they are.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Blocking, Semaphore};
    /// let semaphore = Semaphore::new(0);
    /// std::thread::scope(|scope| {
    ///     let waiting = scope.spawn(|| semaphore.acquire().wait().is_err());
    ///     semaphore.close();
    ///     assert!(waiting.join().unwrap());
    /// });
    /// ```
    pub fn close(&self) {
        self.gate.close();
    }

    /// It was closed.
    pub fn is_closed(&self) -> bool {
        self.gate.is_closed()
    }
}

impl<H: Holder<House = Semaphore> + Clone> Permit<H> {
    /// How many permits these are.
    pub fn num_permits(&self) -> usize {
        self.0.count()
    }

    /// The permits are gone for good: they do not go back.
    pub fn forget(self) {
        self.0.forget();
    }

    /// Adds the permits of `other` to these.
    ///
    /// # Panics
    /// Where they come from another semaphore.
    pub fn merge(&mut self, other: Permit<H>) {
        self.0.merge(other.0);
    }

    /// Splits off so many; none where there are fewer.
    pub fn split(&mut self, permits: usize) -> Option<Permit<H>> {
        self.0.split(permits).map(Permit)
    }
}

impl Permit<Arc<Semaphore>> {
    /// The semaphore that they come from.
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        self.0.holder()
    }
}

impl<H: Holder<House = Semaphore>> fmt::Debug for Permit<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("count", &self.0.count()).finish_non_exhaustive()
    }
}
