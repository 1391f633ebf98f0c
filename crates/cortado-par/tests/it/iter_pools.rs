//! Where the tests of parallel iterators run: on pools of 1, 2 and 4 workers.

use cortado_core::Builder;
use cortado_par::install;

/// Calls `body` on each pool.
pub(crate) fn on_each_pool(body: impl Fn() + Sync) {
    for workers in [1, 2, 4] {
        let runtime = Builder::new().worker_threads(workers).build();
        let handle = runtime.as_ref().expect("threads and descriptors").handle();
        let _entered = handle.enter();
        install(&body);
    }
}

/// Lengths at which splitting has its edges, up to some that are split for sure.
pub(crate) const LENGTHS: &[usize] = &[0, 1, 2, 3, 7, 16, 31, 100, 1000, 5003];

/// A random vector of this length; a failed comparison shows its items.
pub(crate) fn numbers(len: usize) -> Vec<u32> {
    (0..len).map(|_| fastrand::u32(..1000)).collect()
}
