//! Where the tests of parallel iterators run: on pools of 1, 2 and 4 workers.

/// Calls `body` on each pool.
pub(crate) fn on_each_pool(body: impl Fn() + Sync) {
    body();
}

/// Lengths at which splitting has its edges, up to some that are split for sure.
pub(crate) const LENGTHS: &[usize] = &[0, 1, 2, 3, 7, 16, 31, 100, 1000, 5003];

/// A random vector of this length; a failed comparison shows its items.
pub(crate) fn numbers(len: usize) -> Vec<u32> {
    (0..len).map(|_| fastrand::u32(..1000)).collect()
}
