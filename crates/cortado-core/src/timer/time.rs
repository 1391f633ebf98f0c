//! Waiting for a point in time, and giving up at one.
//!
//! [`sleep`] and [`sleep_until`] wait; [`interval`] ticks; [`timeout`] and [`timeout_at`] run a
//! future and give up on it; a [`DelayQueue`] hands items out at their deadlines; [`pause`] makes time
//! stand for tests. They never finish early; where nothing holds the runtime up they finish as
//! exactly as the operating system wakes. A timer costs memory only from its first poll that has to wait, and
//! gives it back when it is dropped.
//!
//! All of them belong to the runtime that they are made in and panic outside of one. At the end of
//! that runtime, those that still wait will wait for ever.
//!
//! ```
//! use std::time::Duration;
//! use cortado_core::{Runtime, time};
//!
//! # fn main() -> std::io::Result<()> {
//! let late = Runtime::new()?.block_on(async {
//!     time::sleep(Duration::from_millis(1)).await;
//!     let never = std::future::pending::<()>();
//!     time::timeout(Duration::from_millis(1), never).await
//! });
//! assert!(late.is_err());
//! # Ok(())
//! # }
//! ```

pub use super::delay_queue::{DelayKey, DelayQueue, Expired, NextExpired};
pub use super::instant::Instant;
pub use super::interval::{Interval, MissedTickBehavior, Tick, interval, interval_at};
pub use super::pause::{Advance, advance, pause, resume};
pub use super::sleep::{Sleep, sleep, sleep_until};
pub use super::timeout::{Elapsed, Timeout, timeout, timeout_at};
