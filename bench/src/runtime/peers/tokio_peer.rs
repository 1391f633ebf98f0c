//! Tokio as a contender: as its builder makes it, but for the number of workers.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::runtime::meeting::Kanal;
use crate::runtime::peer::{Peer, WORKERS};

/// `multi_thread`.
pub(in crate::runtime) struct Tokio(Runtime);

/// `current_thread`.
pub(in crate::runtime) struct TokioSingle(Runtime);

impl Peer for Tokio {
    type Handle = tokio::task::JoinHandle<()>;
    type Meeting = Kanal;

    fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
        Tokio(runtime.expect("Tokio starts"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn spawn_remote<F: Future<Output = ()> + Send + 'static>(&self, future: F) -> Self::Handle {
        self.0.spawn(future)
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        tokio::spawn(future)
    }

    fn detach(handle: Self::Handle) {
        drop(handle);
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        tokio::time::sleep(time)
    }
}

impl Peer for TokioSingle {
    type Handle = tokio::task::JoinHandle<()>;
    type Meeting = Kanal;

    fn start() -> Self {
        TokioSingle(Builder::new_current_thread().enable_all().build().expect("Tokio starts"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn spawn_remote<F: Future<Output = ()> + Send + 'static>(&self, future: F) -> Self::Handle {
        self.0.spawn(future)
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        tokio::spawn(future)
    }

    fn detach(handle: Self::Handle) {
        drop(handle);
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        tokio::time::sleep(time)
    }
}
