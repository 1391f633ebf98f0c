//! Rayon in the work lane: code that uses Rayon, and crates that use it inside, run unchanged on threads
//! of the work lane's priority, and do not delay tasks that wait.
//!
//! It is Rayon's own scheduler, with its own queues and sleeps: its threads are as many as the lane has
//! seats and share the cores with the lane by the kernel's time slices. A lock held across one of its
//! joins may deadlock there, where it does not in [`cortado::join`](crate::join()).
//!
//! ```
//! use rayon::prelude::*;
//!
//! cortado::rayon::build_global()?;
//! let runtime = cortado::Runtime::new()?;
//! // A long `par_iter` stands in `compute`, so that the task's worker does not wait for it.
//! let sum = runtime.block_on(async {
//!     cortado::compute(|| (1..=1000_u64).into_par_iter().map(|n| n * n).sum::<u64>()).await
//! });
//! assert_eq!(sum, 333_833_500);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use cortado_core::work::spawn_thread;
use cortado_par::default_handle;
use rayon::{ThreadBuilder, ThreadPoolBuildError, ThreadPoolBuilder};

/// Makes Rayon's global pool, of threads in the work lane: as many as there are usable cores.
///
/// Call it once, before anything uses Rayon. The threads belong to the default runtime
/// ([`default_handle`]), which never ends, as Rayon's pool does not.
///
/// # Errors
/// Where Rayon's global pool is there already, and where the system makes no thread.
///
/// # Panics
/// As [`default_handle`].
pub fn build_global() -> Result<(), ThreadPoolBuildError> {
    let handle = default_handle();
    let seats = cortado_core::work::seats(&handle).unwrap_or(1);
    let spawn = move |thread: ThreadBuilder| {
        let name = format!("cortado-rayon-{}", thread.index());
        spawn_thread(&handle, name, thread.stack_size(), || thread.run())
    };
    ThreadPoolBuilder::new().num_threads(seats).spawn_handler(spawn).build_global()
}
