//! What both flavours of a runtime rest on: the poller, the spawner and the blocking pool.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::around::Around;
use crate::blocking::BlockingPool;
use crate::poller::Poller;
use crate::seam::Clock;
use crate::spawner::Spawner;

/// See the module.
pub(crate) struct Resources {
    poller: Arc<Poller>,
    spawner: Arc<Spawner>,
    blocking: BlockingPool,
    around: Around,
}

impl Resources {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        may_linger: bool,
        max_blocking_threads: usize,
        keep_alive: Duration,
        thread_name: &str,
        around: Around,
    ) -> io::Result<Resources> {
        let poller = Arc::new(Poller::new(clock, may_linger)?);
        let spawner = Arc::new(Spawner::new()?);
        let name = format!("{thread_name}-blocking");
        let blocking = BlockingPool::new(spawner.clone(), max_blocking_threads, keep_alive, &name);
        Ok(Resources { poller, spawner, blocking, around })
    }

    pub(crate) fn poller(&self) -> &Arc<Poller> {
        &self.poller
    }

    pub(crate) fn spawner(&self) -> &Arc<Spawner> {
        &self.spawner
    }

    pub(crate) fn blocking(&self) -> &BlockingPool {
        &self.blocking
    }

    pub(crate) fn around(&self) -> &Around {
        &self.around
    }
}
