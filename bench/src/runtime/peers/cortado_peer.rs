//! cortado as a contender: as it is by default, but for the number of workers; and without its monitor,
//! to see what that costs where nothing computes.

use std::future::Future;
use std::time::Duration;

use cortado::MonitorMode;

use crate::runtime::meeting::Ours;
use crate::runtime::peer::{Peer, WORKERS};

/// Workers in both lanes.
pub(in crate::runtime) struct Cortado<const MONITORED: bool>(cortado::Runtime);

impl<const MONITORED: bool> Peer for Cortado<MONITORED> {
    type Handle = cortado::JoinHandle<()>;
    type Meeting = Ours;

    fn start() -> Self {
        let mode = if MONITORED { MonitorMode::Act } else { MonitorMode::Off };
        let builder = cortado::Builder::new().worker_threads(WORKERS).monitor(mode);
        Cortado(builder.build().expect("cortado starts"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn spawn_remote<F: Future<Output = ()> + Send + 'static>(&self, future: F) -> Self::Handle {
        self.0.spawn(future)
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        cortado::spawn(future)
    }

    fn detach(handle: Self::Handle) {
        drop(handle);
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        cortado::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        cortado::time::sleep(time)
    }
}

/// The event loop.
pub(in crate::runtime) struct CortadoSingle(cortado::LocalRuntime);

impl Peer for CortadoSingle {
    type Handle = cortado::JoinHandle<()>;
    type Meeting = Ours;

    fn start() -> Self {
        CortadoSingle(cortado::Runtime::single().expect("cortado starts"))
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn spawn_remote<F: Future<Output = ()> + Send + 'static>(&self, future: F) -> Self::Handle {
        self.0.handle().spawn(future)
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        cortado::spawn(future)
    }

    fn detach(handle: Self::Handle) {
        drop(handle);
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        cortado::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send + 'static {
        cortado::time::sleep(time)
    }
}
