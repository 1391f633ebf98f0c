//! A Tokio runtime beside ours, so that libraries which need one run inside of cortado tasks
//! unchanged: reqwest, sqlx, tonic, async-nats and others. Feature `tokio-context`.
//!
//! Such a library asks the thread for "the current Tokio runtime" when it opens a socket, starts a
//! timer or spawns. Here a thread has one: a Tokio runtime with a single thread of its own, entered
//! for all tasks of a runtime ([`BuilderExt::tokio_context`]) or for one future ([`in_tokio`]).
//!
//! **It is a second reactor.** What the library opens is watched by Tokio's thread and not by ours:
//! - Readiness and timers of the library arrive on that thread, which wakes the cortado task. That
//!   costs a hand-over between threads for each, and the thread itself.
//! - The library's futures are polled by the cortado task that awaits them, in the task's lane, and
//!   the monitor sees them as it sees all others.
//! - **`tokio::spawn` goes to Tokio's thread**, not to our lanes: a Tokio task cannot be told from
//!   outside to run elsewhere. reqwest drives its connections that way. Such a task is not in our
//!   reports, does not move to the work lane when it computes, and delays every other use of this
//!   context while it does. Spawn your own tasks by [`cortado::spawn`](crate::spawn).
//! - `tokio::task::spawn_blocking`, and DNS by `tokio::net`, take threads of Tokio's blocking pool.
//!
//! Where a library can do without (hyper and axum by the feature `hyper`, TLS by `futures-rustls`),
//! one reactor is better than two.
//!
//! ```
//! use std::time::Duration;
//! use cortado::tokio_context::{BuilderExt, TokioContext};
//!
//! # fn main() -> std::io::Result<()> {
//! let runtime = cortado::Builder::new().tokio_context(TokioContext::new()?).build()?;
//! runtime.block_on(async {
//!     let task = cortado::spawn(async {
//!         // Tokio's own timer, in a task of ours.
//!         tokio::time::sleep(Duration::from_millis(1)).await;
//!         std::thread::current().name().map(str::to_owned)
//!     });
//!     assert_eq!(task.await.unwrap().as_deref(), Some("cortado-0"));
//! });
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::runtime::{Builder as TokioBuilder, Handle, Runtime};

use crate::Builder;

/// The name of Tokio's thread, as debuggers and `top` show it.
const THREAD_NAME: &str = "cortado-tokio";

/// A Tokio runtime of one thread to enter. Cheap to clone; with the last clone it ends, and so do
/// the tasks that were spawned into it, without being waited for.
///
/// # Priority
/// Tokio's thread has the priority of the thread that makes it. Make it before there are tasks, or
/// in tasks that do not compute: a thread in the work lane would pass its low priority on.
#[derive(Clone)]
pub struct TokioContext(Arc<Inner>);

enum Inner {
    /// Ours; there until it is dropped.
    Own(Option<Runtime>),
    /// Somebody else's.
    Others(Handle),
}

impl TokioContext {
    /// Starts a Tokio runtime with one thread, with its timers and sockets.
    ///
    /// # Errors
    /// Where the system gives no descriptor or no thread.
    pub fn new() -> io::Result<TokioContext> {
        let runtime = TokioBuilder::new_multi_thread()
            .worker_threads(1)
            .thread_name(THREAD_NAME)
            .enable_all()
            .build()?;
        Ok(TokioContext(Arc::new(Inner::Own(Some(runtime)))))
    }

    /// Enters a Tokio runtime that is there already, for programs that have one.
    pub fn of(handle: Handle) -> TokioContext {
        TokioContext(Arc::new(Inner::Others(handle)))
    }

    /// The context that all of the process shares, started at the first call. It is never ended.
    ///
    /// # Errors
    /// As [`new`](Self::new); a later call tries again.
    pub fn shared() -> io::Result<&'static TokioContext> {
        static SHARED: OnceLock<TokioContext> = OnceLock::new();
        if let Some(context) = SHARED.get() {
            return Ok(context);
        }
        let new = TokioContext::new()?;
        Ok(SHARED.get_or_init(|| new))
    }

    /// Tokio's handle: to spawn there on purpose, or to enter it on a thread of one's own.
    pub fn handle(&self) -> &Handle {
        match &*self.0 {
            Inner::Own(Some(runtime)) => runtime.handle(),
            Inner::Own(None) => unreachable!("the runtime leaves when its last owner does"),
            Inner::Others(handle) => handle,
        }
    }

    /// Wraps a future so that it is polled, and dropped, in this context.
    ///
    /// Cancel safe where the future is.
    pub fn wrap<F: Future>(&self, future: F) -> InTokio<F> {
        InTokio { future: Some(future), context: self.clone() }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Inner::Own(runtime) = self
            && let Some(runtime) = runtime.take()
        {
            // The last owner may be a task on Tokio's own thread, which cannot wait for itself.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for TokioContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokioContext").field(&self.handle().id()).finish()
    }
}

/// Runs a future in the process-wide [`TokioContext::shared`], in whatever runtime it is awaited.
///
/// Cancel safe where the future is.
///
/// # Panics
/// Where that context cannot be started, for lack of a thread or a descriptor; ask for it before
/// by [`TokioContext::shared`] to get an error instead.
///
/// # Examples
/// ```
/// use cortado::tokio_context::in_tokio;
///
/// # fn main() -> std::io::Result<()> {
/// let port = cortado::Runtime::new()?.block_on(in_tokio(async {
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
///     Ok::<_, std::io::Error>(listener.local_addr()?.port())
/// }))?;
/// assert_ne!(port, 0);
/// # Ok(())
/// # }
/// ```
pub fn in_tokio<F: Future>(future: F) -> InTokio<F> {
    match TokioContext::shared() {
        Ok(context) => context.wrap(future),
        Err(error) => panic!(
            "the Tokio context cannot be started: {error}. It needs one thread and a few \
             descriptors; raise the limits (ulimit -u, ulimit -n)"
        ),
    }
}

pin_project_lite::pin_project! {
    /// The future of [`in_tokio`] and [`TokioContext::wrap`].
    #[must_use = "futures do nothing unless polled"]
    pub struct InTokio<F> {
        #[pin]
        future: Option<F>,
        context: TokioContext,
    }

    impl<F> PinnedDrop for InTokio<F> {
        fn drop(this: Pin<&mut Self>) {
            // What a future drops may ask for Tokio too: sqlx spawns when a connection goes back.
            let mut this = this.project();
            let _entered = this.context.handle().enter();
            this.future.set(None);
        }
    }
}

impl<F: Future> Future for InTokio<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.context.handle().enter();
        match this.future.as_pin_mut() {
            Some(future) => future.poll(cx),
            None => unreachable!("the future is taken out in the drop alone"),
        }
    }
}

impl<F> fmt::Debug for InTokio<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InTokio").field("context", &self.context).finish_non_exhaustive()
    }
}

/// A runtime in whose tasks Tokio's context is always there.
pub trait BuilderExt {
    /// Enters `context` once on each thread of the runtime, in each `block_on`, in each closure on
    /// the blocking pool, and where tasks are dropped. A single poll pays nothing for it.
    ///
    /// Threads that the runtime did not make, and which only entered it by
    /// [`Handle::enter`](crate::Handle::enter), are not in Tokio's context.
    ///
    /// It takes the place of an earlier [`Builder::around_threads`].
    fn tokio_context(self, context: TokioContext) -> Self;
}

impl BuilderExt for Builder {
    fn tokio_context(self, context: TokioContext) -> Builder {
        self.around_threads(move |body| {
            let _entered = context.handle().enter();
            body();
        })
    }
}
