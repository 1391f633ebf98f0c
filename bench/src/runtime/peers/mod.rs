//! The contenders that are Rust crates. Each has two workers, or, as a single one, the thread that
//! calls `block_on`.

mod cortado_peer;
mod executor_peer;
mod smol_peer;
mod tokio_peer;

pub(super) use cortado_peer::{Cortado, CortadoSingle};
pub(super) use executor_peer::Executor;
pub(super) use smol_peer::{Smol, THREADS_VARIABLE};
pub(super) use tokio_peer::{Tokio, TokioSingle};
