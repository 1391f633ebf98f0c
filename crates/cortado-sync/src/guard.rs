//! A value behind a gate, and the guards through which it is reached.
//!
//! A `Room` is a gate with the value that it protects: `Mutex` and `RwLock` are rooms whose gates
//! have different numbers of permits. A guard is a pointer into the room's value together with the
//! permits that allow to use it. There are two: `SharedGuard` and `ExclusiveGuard`; the public names
//! are aliases that say which lock they belong to and how they hold it.
//!
//! Invariants:
//! - G1: the gate of a room has `whole` permits in all, in the word or in `Permits`; nothing adds or
//!   forgets any. An `ExclusiveGuard` has all of them, a `SharedGuard` at least one. So an exclusive
//!   guard is the only one.
//! - G2: a guard's pointer leads into the value of the room whose permits it has, and its `Permits`
//!   keep that room alive and in place, by a reference or an `Arc`.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use crate::gate::{Gate, Permits};
use crate::shim::const_constructors;
use crate::wait_list::{Holder, House};

/// See the module. `K` says how many may come in.
pub struct Room<K, T: ?Sized> {
    pub(crate) gate: Gate,
    whole: usize,
    kind: PhantomData<fn() -> K>,
    value: std::cell::UnsafeCell<T>,
}

/// A room for one at a time.
pub struct ForOne(());

/// A room for one who writes or for many who read.
pub struct ForMany(());

// SAFETY: G1 (`whole` is 1, so the threads use the value one after the other).
unsafe impl<T: ?Sized + Send> Sync for Room<ForOne, T> {}

// SAFETY: G1 (readers use the value at the same time, writers one after the other).
unsafe impl<T: ?Sized + Send + Sync> Sync for Room<ForMany, T> {}

impl<T> Room<ForOne, T> {
    const_constructors! {
        /// A value that one guard at a time leads to.
        pub(crate) const fn for_one(value: T) -> Room<ForOne, T> {
            Room::new(value, 1)
        }
    }
}

impl<T> Room<ForMany, T> {
    const_constructors! {
        /// A value that so many shared guards, or an exclusive one, lead to.
        pub(crate) const fn for_many(value: T, most: usize) -> Room<ForMany, T> {
            Room::new(value, most)
        }
    }
}

impl<K, T> Room<K, T> {
    const_constructors! {
        const fn new(value: T, whole: usize) -> Room<K, T> {
            let value = std::cell::UnsafeCell::new(value);
            Room { gate: Gate::new(whole), whole, kind: PhantomData, value }
        }
    }

    pub(crate) fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<K, T: ?Sized> Room<K, T> {
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// How many permits an exclusive guard takes.
    pub(crate) fn whole(&self) -> usize {
        self.whole
    }
}

/// A lock: a house with a room.
pub trait Lock: House<Object = Gate> {
    /// How many may come in.
    type Kind;
    /// What is protected.
    type Value: ?Sized;

    /// The same one each time.
    fn room(&self) -> &Room<Self::Kind, Self::Value>;
}

/// A pointer to a lock.
pub trait LockHolder: Holder<House: Lock> {}

impl<H: Holder<House: Lock>> LockHolder for H {}

/// What is protected by the lock that `H` holds.
pub(crate) type Value<H> = <<H as Holder>::House as Lock>::Value;

/// Reads the value; the permits are given back when it is dropped.
///
/// Names for it: [`RwLockReadGuard`](crate::RwLockReadGuard) and its relatives.
#[must_use = "the lock is released at once if its guard is not kept"]
pub struct SharedGuard<H: Holder<House: House<Object = Gate>>, T: ?Sized> {
    value: *const T,
    permits: Permits<H>,
}

/// Reads and writes the value; the permits are given back when it is dropped.
///
/// Names for it: [`MutexGuard`](crate::MutexGuard), [`RwLockWriteGuard`](crate::RwLockWriteGuard)
/// and their relatives.
#[must_use = "the lock is released at once if its guard is not kept"]
pub struct ExclusiveGuard<H: Holder<House: House<Object = Gate>>, T: ?Sized> {
    value: *mut T,
    permits: Permits<H>,
}

// SAFETY: G1 (it is a shared reference).
unsafe impl<H: Holder<House: House<Object = Gate>> + Send, T: ?Sized + Sync> Send
    for SharedGuard<H, T>
{
}

// SAFETY: G1 (it is a shared reference).
unsafe impl<H: Holder<House: House<Object = Gate>> + Sync, T: ?Sized + Sync> Sync
    for SharedGuard<H, T>
{
}

// SAFETY: G1 (it is an exclusive reference).
unsafe impl<H: Holder<House: House<Object = Gate>> + Send, T: ?Sized + Send> Send
    for ExclusiveGuard<H, T>
{
}

// SAFETY: G1 (by a reference to it the value can only be read).
unsafe impl<H: Holder<House: House<Object = Gate>> + Sync, T: ?Sized + Sync> Sync
    for ExclusiveGuard<H, T>
{
}

impl<H: LockHolder> SharedGuard<H, Value<H>> {
    pub(crate) fn new(permits: Permits<H>) -> Self {
        assert!(permits.count() >= 1, "a shared guard has a permit");
        let value = permits.holder().house().room().value.get();
        SharedGuard { value, permits }
    }
}

impl<H: LockHolder> ExclusiveGuard<H, Value<H>> {
    pub(crate) fn new(permits: Permits<H>) -> Self {
        let room = permits.holder().house().room();
        assert!(permits.count() == room.whole, "an exclusive guard has all permits");
        ExclusiveGuard { value: room.value.get(), permits }
    }
}

impl<H: Holder<House: House<Object = Gate>>, T: ?Sized> SharedGuard<H, T> {
    pub(crate) fn permits(&self) -> &Permits<H> {
        &self.permits
    }

    /// Leads to a part of the value, or to nothing.
    fn project<U: ?Sized>(
        self,
        part: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<(*const U, Permits<H>), Self> {
        match part(&self) {
            Some(part) => Ok((part, self.permits)),
            None => Err(self),
        }
    }
}

impl<H: Holder<House: House<Object = Gate>>, T: ?Sized> ExclusiveGuard<H, T> {
    pub(crate) fn permits(&self) -> &Permits<H> {
        &self.permits
    }

    /// Leads to a part of the value, or to nothing.
    fn project<U: ?Sized>(
        mut self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<(*mut U, Permits<H>), Self> {
        match part(&mut self) {
            Some(part) => {
                let part: *mut U = part;
                Ok((part, self.permits))
            }
            None => Err(self),
        }
    }

    /// Keeps a permit of all, and gives back the others.
    pub(crate) fn into_shared(mut self) -> SharedGuard<H, T> {
        self.permits.keep(1);
        SharedGuard { value: self.value, permits: self.permits }
    }
}

/// `map` and `try_map` of one kind of guard, which differ in the types only.
macro_rules! mapped {
    ($guard:ident, [$($generics:tt)*], $holder:ty, $to:ty, $convert:path, $part:ty, $from:ty) => {
        impl<$($generics)*, T: ?Sized> $guard<$holder, T> {
            /// Leads to a part of the value. The lock stays held until the new guard is dropped. An
            /// associated function, so that it hides no method of the value.
            pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce($from) -> $part) -> $guard<$to, U> {
                let found = guard.project(|value| Some(part(value)));
                let Ok((value, permits)) = found else {
                    unreachable!("the part is always there")
                };
                $guard { value, permits: $convert(permits) }
            }

            /// Leads to a part of the value where there is one.
            ///
            /// # Errors
            /// Gives the guard back where `part` returns `None`.
            pub fn try_map<U: ?Sized>(
                guard: Self,
                part: impl FnOnce($from) -> Option<$part>,
            ) -> Result<$guard<$to, U>, Self> {
                let (value, permits) = guard.project(part)?;
                Ok($guard { value, permits: $convert(permits) })
            }
        }
    };
}

mapped!(SharedGuard, ['a, L: House<Object = Gate> + ?Sized], &'a L, &'a Gate, Permits::of_gate, &U, &T);
mapped!(SharedGuard, [L: House<Object = Gate> + ?Sized], std::sync::Arc<L>, std::sync::Arc<L>, std::convert::identity, &U, &T);
mapped!(ExclusiveGuard, ['a, L: House<Object = Gate> + ?Sized], &'a L, &'a Gate, Permits::of_gate, &mut U, &mut T);
mapped!(ExclusiveGuard, [L: House<Object = Gate> + ?Sized], std::sync::Arc<L>, std::sync::Arc<L>, std::convert::identity, &mut U, &mut T);

impl<H: Holder<House: House<Object = Gate>>, T: ?Sized> Deref for SharedGuard<H, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: G1, G2.
        unsafe { &*self.value }
    }
}

impl<H: Holder<House: House<Object = Gate>>, T: ?Sized> Deref for ExclusiveGuard<H, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: G1, G2.
        unsafe { &*self.value }
    }
}

impl<H: Holder<House: House<Object = Gate>>, T: ?Sized> DerefMut for ExclusiveGuard<H, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: G1, G2.
        unsafe { &mut *self.value }
    }
}

/// Guards print what the value prints.
macro_rules! prints {
    ($guard:ident) => {
        impl<H, T> fmt::Debug for $guard<H, T>
        where
            H: Holder<House: House<Object = Gate>>,
            T: ?Sized + fmt::Debug,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<H, T> fmt::Display for $guard<H, T>
        where
            H: Holder<House: House<Object = Gate>>,
            T: ?Sized + fmt::Display,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

prints!(SharedGuard);
prints!(ExclusiveGuard);
