//! async-executor's `StaticExecutor` as a contender, on two threads that also drive smol's timers.

use std::future::Future;
use std::thread;
use std::time::Duration;

use async_executor::StaticExecutor;

use crate::runtime::meeting::Kanal;
use crate::runtime::peer::{Peer, WORKERS};

static EXECUTOR: StaticExecutor = StaticExecutor::new();

pub(in crate::runtime) struct Executor;

impl Peer for Executor {
    type Handle = smol::Task<()>;
    type Meeting = Kanal;

    fn start() -> Self {
        for _ in 0..WORKERS {
            thread::spawn(|| smol::block_on(EXECUTOR.run(smol::future::pending::<()>())));
        }
        Executor
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        smol::block_on(future)
    }

    fn spawn_remote<F: Future<Output = ()> + Send + 'static>(&self, future: F) -> Self::Handle {
        EXECUTOR.spawn(future)
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        EXECUTOR.spawn(future)
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
