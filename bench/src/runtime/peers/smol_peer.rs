//! smol as a contender: its global executor. The number of its threads comes from the environment
//! of the process that it runs in.

use std::future::Future;
use std::time::Duration;

use crate::runtime::meeting::Kanal;
use crate::runtime::peer::Peer;

/// smol's own variable for the number of threads.
pub(in crate::runtime) const THREADS_VARIABLE: &str = "SMOL_THREADS";

pub(in crate::runtime) struct Smol;

impl Peer for Smol {
    type Handle = smol::Task<()>;
    type Meeting = Kanal;

    fn start() -> Self {
        Smol
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        smol::block_on(future)
    }

    fn spawn_remote<F: Future<Output = ()> + Send + 'static>(&self, future: F) -> Self::Handle {
        smol::spawn(future)
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        smol::spawn(future)
    }

    fn detach(handle: Self::Handle) {
        handle.detach();
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        smol::future::yield_now()
    }

    async fn sleep(time: Duration) {
        smol::Timer::after(time).await;
    }
}
