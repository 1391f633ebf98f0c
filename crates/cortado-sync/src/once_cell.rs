//! `OnceCell`: a value that is made once, by asynchronous code.
//!
//! A gate with one permit decides who initialises. Who has it runs its future; dropping that, by
//! cancelling or after a panic or an error, gives the permit back, and the next in line tries. When
//! the value is there the gate is closed, which lets everyone through.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_probe::Wait;

use crate::gate::{Acquiring, Closed, Gate, NotNow, Permits, Purpose};
use crate::shim::const_constructors;
use crate::slot::WriteOnce;
use crate::wait_list::House;

/// A value that is made once, by whoever comes first; others wait for it.
///
/// Where the one that makes it is cancelled, panics or fails, the next one tries.
///
/// # Examples
/// ```
/// use cortado_sync::{Blocking, OnceCell};
///
/// static CONFIG: OnceCell<String> = OnceCell::new();
///
/// # async fn task() {
/// async fn load() -> String {
///     "from the disk".to_owned()
/// }
/// assert_eq!(CONFIG.get_or_init(load).await, "from the disk");
/// assert!(CONFIG.initialized());
/// # }
/// # task().wait();
/// ```
pub struct OnceCell<T> {
    gate: Gate,
    value: WriteOnce<T>,
}

/// Why a [`OnceCell`] could not be set; it gives the value back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SetError<T> {
    /// It is set already.
    AlreadyInitialized(T),
    /// Somebody is initialising it.
    Initializing(T),
}

impl<T> fmt::Debug for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SetError::AlreadyInitialized(_) => "AlreadyInitialized",
            SetError::Initializing(_) => "Initializing",
        })
    }
}

impl<T> fmt::Display for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SetError::AlreadyInitialized(_) => "the cell has a value already: read it with `get`",
            SetError::Initializing(_) => {
                "somebody initialises the cell now: wait for it with `get_or_init`"
            }
        })
    }
}

impl<T> std::error::Error for SetError<T> {}

/// The permit is taken to initialise a cell.
pub(crate) struct OfCell(());

impl<'a, T> Purpose<&'a OnceCell<T>> for OfCell {
    const WHY: Wait = Wait::Initialised;
    type Output = Result<Permits<&'a OnceCell<T>>, Closed>;

    fn fulfil(permits: Result<Permits<&'a OnceCell<T>>, Closed>) -> Self::Output {
        permits
    }
}

impl<T> House for OnceCell<T> {
    type Object = Gate;

    fn object(&self) -> &Gate {
        &self.gate
    }
}

impl<T> OnceCell<T> {
    const_constructors! {
        /// A cell without a value.
        pub const fn new() -> OnceCell<T> {
            OnceCell { gate: Gate::new(1), value: WriteOnce::new() }
        }
    }

    /// A cell with a value, or without.
    pub fn new_with(value: Option<T>) -> OnceCell<T> {
        let cell = OnceCell::new();
        if let Some(value) = value {
            let set = cell.set(value);
            debug_assert!(set.is_ok(), "nobody else has the cell");
        }
        cell
    }

    /// The cell has its value.
    pub fn initialized(&self) -> bool {
        self.value.is_full()
    }

    /// The value, if the cell has it.
    pub fn get(&self) -> Option<&T> {
        self.value.get()
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut()
    }

    /// The value by itself, if the cell has it.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Takes the value out, so that it can be made again.
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_inner()
    }

    /// Sets the value.
    ///
    /// # Errors
    /// Gives it back where the cell has one, or somebody makes one now.
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        match Permits::try_take(self, 1) {
            Ok(permit) => {
                self.fill(permit, value);
                Ok(())
            }
            Err(NotNow::Closed) => Err(SetError::AlreadyInitialized(value)),
            Err(NotNow::Busy) => Err(SetError::Initializing(value)),
        }
    }

    /// The holder of the permit has made the value.
    fn fill<'a>(&'a self, permit: Permits<&'a OnceCell<T>>, value: T) -> &'a T {
        if self.value.put(value).is_err() {
            cortado_probe::stop("W1", "who has the permit is the only one who writes the cell");
        }
        self.gate.close();
        permit.forget();
        self.filled()
    }

    fn filled(&self) -> &T {
        self.value.get().expect("the gate of a cell is closed after its value was written")
    }

    /// The value; where there is none, makes it by the future that `make` returns. While somebody
    /// makes it, waits for that.
    ///
    /// **Cancel safety**: dropping the future drops the one that it runs, and the next in line
    /// begins with its own.
    #[track_caller]
    pub fn get_or_init<F, Fut>(&self, make: F) -> GetOrInit<'_, T, F, Fut>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        Initialise::new(self, make)
    }

    /// As [`get_or_init`](OnceCell::get_or_init), with a future that can fail. Where it fails, this
    /// caller gets the error, and the next in line tries.
    ///
    /// **Cancel safety**: as `get_or_init`.
    ///
    /// # Errors
    /// The future's: what the future of `make` failed with.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::{Blocking, OnceCell};
    /// # async fn task() {
    /// let cell = OnceCell::new();
    /// assert_eq!(cell.get_or_try_init(|| async { Err::<i32, _>("busy") }).await, Err("busy"));
    /// assert_eq!(cell.get_or_try_init(|| async { Ok::<_, &str>(1) }).await, Ok(&1));
    /// # }
    /// # task().wait();
    /// ```
    #[track_caller]
    pub fn get_or_try_init<F, Fut, E>(&self, make: F) -> GetOrTryInit<'_, T, F, Fut>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        Initialise::new(self, make)
    }

    /// As [`get_or_init`](OnceCell::get_or_init) with a plain function, blocking the thread while
    /// somebody else makes the value. For plain threads; see [`Blocking`](crate::Blocking).
    #[track_caller]
    pub fn blocking_get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        match self.get() {
            Some(value) => value,
            None => crate::Blocking::wait(self.get_or_init(|| async { make() })),
        }
    }
}

impl<T> Default for OnceCell<T> {
    fn default() -> Self {
        OnceCell::new()
    }
}

impl<T> From<T> for OnceCell<T> {
    fn from(value: T) -> Self {
        OnceCell::new_with(Some(value))
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceCell").field("value", &self.get()).finish()
    }
}

/// How the output of an initialising future is read.
pub trait Outcome<'a, T: 'a, O> {
    /// What can be in the way.
    type Error;
    /// What the caller gets.
    type Output;

    /// The value of the cell, or what was in the way.
    fn read(output: O) -> Result<T, Self::Error>;

    /// Says it to the caller.
    fn tell(value: Result<&'a T, Self::Error>) -> Self::Output;
}

/// The output is the value.
pub struct Plain(());

/// The output is a `Result`.
pub struct Fallible(());

impl<'a, T: 'a> Outcome<'a, T, T> for Plain {
    type Error = Infallible;
    type Output = &'a T;

    fn read(output: T) -> Result<T, Infallible> {
        Ok(output)
    }

    fn tell(value: Result<&'a T, Infallible>) -> &'a T {
        let Ok(value) = value;
        value
    }
}

impl<'a, T: 'a, E> Outcome<'a, T, Result<T, E>> for Fallible {
    type Error = E;
    type Output = Result<&'a T, E>;

    fn read(output: Result<T, E>) -> Result<T, E> {
        output
    }

    fn tell(value: Result<&'a T, E>) -> Result<&'a T, E> {
        value
    }
}

/// The future of [`OnceCell::get_or_init`].
pub type GetOrInit<'a, T, F, Fut> = Initialise<'a, T, F, Fut, Plain>;
/// The future of [`OnceCell::get_or_try_init`].
pub type GetOrTryInit<'a, T, F, Fut> = Initialise<'a, T, F, Fut, Fallible>;

pin_project_lite::pin_project! {
    /// Waits for the value of a cell, or makes it.
    #[must_use = "futures do nothing unless they are awaited, or `wait` is called"]
    pub struct Initialise<'a, T, F, Fut, R> {
        cell: &'a OnceCell<T>,
        make: Option<F>,
        // Before the permit: what it holds may be needed by the next one.
        #[pin]
        making: Option<Fut>,
        permit: Option<Permits<&'a OnceCell<T>>>,
        #[pin]
        turn: Acquiring<&'a OnceCell<T>, OfCell>,
        how: PhantomData<fn() -> R>,
    }
}

impl<'a, T, F, Fut, R> Initialise<'a, T, F, Fut, R> {
    #[track_caller]
    fn new(cell: &'a OnceCell<T>, make: F) -> Self {
        Initialise {
            cell,
            make: Some(make),
            making: None,
            permit: None,
            turn: Acquiring::new(cell, 1),
            how: PhantomData,
        }
    }
}

impl<'a, T, F, Fut, R> Future for Initialise<'a, T, F, Fut, R>
where
    F: FnOnce() -> Fut,
    Fut: Future,
    R: Outcome<'a, T, Fut::Output>,
{
    type Output = R::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R::Output> {
        let mut this = self.project();
        let cell: &'a OnceCell<T> = this.cell;
        if this.permit.is_none() {
            if let Some(value) = cell.get() {
                return Poll::Ready(R::tell(Ok(value)));
            }
            match ready!(this.turn.poll(context)) {
                Err(Closed) => return Poll::Ready(R::tell(Ok(cell.filled()))),
                Ok(permit) => *this.permit = Some(permit),
            }
            let make = this.make.take().expect("who has no permit has not begun");
            this.making.set(Some(make()));
        }
        let making = this.making.as_mut().as_pin_mut().expect("who has the permit has begun");
        let output = ready!(making.poll(context));
        this.making.set(None);
        let permit = this.permit.take().expect("it was there at the begin of this poll");
        Poll::Ready(R::tell(R::read(output).map(|value| cell.fill(permit, value))))
    }
}
