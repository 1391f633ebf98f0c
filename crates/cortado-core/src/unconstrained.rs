//! Taking a future out of the budget that each turn of a task has.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use cortado_probe::turn;
use pin_project_lite::pin_project;

/// Polls `future` without the budget of its task's turn.
///
/// A task may finish a bounded number of operations (128) in one turn; then sockets, timers,
/// channels and join handles return `Pending` once although they are ready, so that other tasks
/// get theirs. Inside of `unconstrained` they never do, so a future that always finds something
/// ready keeps all others on its worker waiting, and the monitor reports it.
///
/// **Cancel safety:** that of `future`.
///
/// # Examples
/// ```
/// let runtime = cortado_core::Runtime::single()?;
/// let sum = runtime.block_on(cortado_core::unconstrained(async {
///     let mut sum = 0;
///     for n in 0..1000 {
///         sum += cortado_core::spawn(async move { n }).await.unwrap();
///     }
///     sum
/// }));
/// assert_eq!(sum, 499_500);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn unconstrained<F: Future>(future: F) -> Unconstrained<F> {
    Unconstrained { future }
}

pin_project! {
    /// The future of [`unconstrained`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Unconstrained<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Unconstrained<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        turn::without_limit(|| self.project().future.poll(context))
    }
}
