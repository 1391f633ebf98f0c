//! Task-locals: a value that belongs to a future and is seen by everything that it calls.
//!
//! The value lies in the scope's future between its polls, and in a thread-local while it is
//! polled or dropped. A guard swaps the two back, so that it also happens where a poll panics; a
//! scope inside of another one hides the outer value in the same way.

use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use pin_project_lite::pin_project;

/// Declares task-locals: `static NAME: Type;`, each a [`TaskLocal`].
///
/// # Examples
/// ```
/// cortado_core::task_local! {
///     /// Whose request this is.
///     pub static USER: String;
///     static DEPTH: u32;
/// }
///
/// cortado_core::Runtime::new()?.block_on(async {
///     let greeting = USER.scope("Ada".to_owned(), async {
///         cortado_core::yield_now().await;
///         USER.with(|user| format!("Hello, {user}!"))
///     });
///     assert_eq!(greeting.await, "Hello, Ada!");
///     assert_eq!(DEPTH.sync_scope(3, || DEPTH.get()), 3);
///     assert!(USER.try_with(|_| ()).is_err(), "outside of a scope there is no value");
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! task_local {
    ($($(#[$attribute:meta])* $visible:vis static $name:ident: $type:ty);* $(;)?) => {$(
        $(#[$attribute])*
        $visible static $name: $crate::TaskLocal<$type> = {
            ::std::thread_local! {
                static VALUE: ::std::cell::RefCell<::core::option::Option<$type>> =
                    const { ::std::cell::RefCell::new(::core::option::Option::None) };
            }
            $crate::TaskLocal::__new(&VALUE)
        };
    )*};
}

/// A value per task, or rather per [`scope`](Self::scope); declared by
/// [`task_local!`](crate::task_local).
///
/// Tasks that are spawned inside of a scope do not inherit the value: give it to a scope of theirs.
pub struct TaskLocal<T: 'static> {
    value: &'static thread::LocalKey<RefCell<Option<T>>>,
}

impl<T: 'static> TaskLocal<T> {
    #[doc(hidden)]
    pub const fn __new(value: &'static thread::LocalKey<RefCell<Option<T>>>) -> TaskLocal<T> {
        TaskLocal { value }
    }

    /// Runs `future` with `value`, until it is dropped; a value of an outer scope is hidden.
    ///
    /// **Cancel safety:** dropping it drops `future`, which sees the value while it is dropped.
    pub fn scope<F: Future>(&'static self, value: T, future: F) -> TaskLocalScope<T, F> {
        TaskLocalScope { local: self, value: Some(value), future: Some(future) }
    }

    /// Runs `call` with `value`; a value of an outer scope is hidden.
    ///
    /// # Panics
    /// Where `call` does, and inside of a [`with`](Self::with) of the same task-local.
    pub fn sync_scope<R>(&'static self, value: T, call: impl FnOnce() -> R) -> R {
        let mut value = Some(value);
        let _swapped = Swapped::new(self, &mut value);
        call()
    }

    /// Calls `look` with the value. No scope of this task-local can begin or end meanwhile.
    ///
    /// # Panics
    /// Outside of a scope; [`try_with`](Self::try_with) does not.
    #[track_caller]
    pub fn with<R>(&'static self, look: impl FnOnce(&T) -> R) -> R {
        match self.try_with(look) {
            Ok(result) => result,
            Err(error) => panic!("{error}"),
        }
    }

    /// Calls `look` with the value.
    ///
    /// # Errors
    /// Outside of a scope.
    pub fn try_with<R>(&'static self, look: impl FnOnce(&T) -> R) -> Result<R, NoTaskLocal> {
        let found = self.value.try_with(|value| value.borrow().as_ref().map(look));
        found.ok().flatten().ok_or(NoTaskLocal(()))
    }

    /// A clone of the value.
    ///
    /// # Panics
    /// As [`with`](Self::with).
    #[track_caller]
    pub fn get(&'static self) -> T
    where
        T: Clone,
    {
        match self.try_get() {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }

    /// A clone of the value.
    ///
    /// # Errors
    /// Outside of a scope.
    pub fn try_get(&'static self) -> Result<T, NoTaskLocal>
    where
        T: Clone,
    {
        self.try_with(T::clone)
    }

    /// Exchanges the thread's value with `other`.
    ///
    /// # Panics
    /// Where the thread's is borrowed.
    fn swap(&'static self, other: &mut Option<T>) {
        // Without a thread-local any more the thread is ending, and nothing looks there again.
        let _ = self.value.try_with(|value| match value.try_borrow_mut() {
            Ok(mut value) => std::mem::swap(&mut *value, other),
            Err(_) => panic!(
                "a scope of a task-local inside of its own `with`: return from `with` first, or \
                 use a clone (`get`)"
            ),
        });
    }
}

impl<T: 'static> fmt::Debug for TaskLocal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLocal").finish_non_exhaustive()
    }
}

/// While it lives, the thread has the scope's value, and the scope has the thread's.
struct Swapped<'a, T: 'static> {
    local: &'static TaskLocal<T>,
    other: &'a mut Option<T>,
}

impl<'a, T: 'static> Swapped<'a, T> {
    fn new(local: &'static TaskLocal<T>, other: &'a mut Option<T>) -> Swapped<'a, T> {
        local.swap(other);
        Swapped { local, other }
    }
}

impl<T: 'static> Drop for Swapped<'_, T> {
    fn drop(&mut self) {
        // A `with` ends before what it calls returns, so nobody borrows here.
        self.local.swap(self.other);
    }
}

pin_project! {
    /// The future of [`TaskLocal::scope`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct TaskLocalScope<T: 'static, F> {
        local: &'static TaskLocal<T>,
        value: Option<T>,
        #[pin]
        future: Option<F>,
    }

    impl<T: 'static, F> PinnedDrop for TaskLocalScope<T, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.future.is_some() {
                let _swapped = Swapped::new(this.local, this.value);
                this.future.set(None);
            }
        }
    }
}

impl<T: 'static, F> TaskLocalScope<T, F> {
    /// Takes the value out; what runs in the scope finds none after that.
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        self.project().value.take()
    }
}

impl<T: 'static, F: Future> Future for TaskLocalScope<T, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let _swapped = Swapped::new(this.local, this.value);
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            panic!("a task-local's scope was polled after its future had returned");
        };
        let polled = future.poll(cx);
        if polled.is_ready() {
            // While the value is there, which the drop may look at.
            this.future.set(None);
        }
        polled
    }
}

impl<T: 'static, F> fmt::Debug for TaskLocalScope<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLocalScope").finish_non_exhaustive()
    }
}

/// A task-local was looked at outside of a scope of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoTaskLocal(());

impl fmt::Display for NoTaskLocal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a task-local has no value here: call this inside of its `scope`, which spawned tasks \
             do not inherit",
        )
    }
}

impl Error for NoTaskLocal {}
