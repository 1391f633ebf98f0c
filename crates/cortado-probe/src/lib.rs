//! The one vocabulary in which every part of cortado says what it does.
//!
//! Tasks, objects and workers have [ids](TaskId); whoever waits says [why](Wait); what happens is
//! an [`Event`]. A listener is optional: where nobody listens, [`emit`] is one relaxed load and a
//! branch, and the event is never built. Counting, histograms, reports and trace files are
//! listeners, so the logic that is observed holds no counters of its own.
//!
//! ```
//! use std::sync::atomic::{AtomicUsize, Ordering};
//! use cortado_probe::{emit, listen, Event, Lane, Listener, TaskId};
//!
//! struct Moves(AtomicUsize);
//! impl Listener for Moves {
//!     fn on_event(&self, event: &Event<'_>) {
//!         if let Event::TaskMoved { .. } = event {
//!             self.0.fetch_add(1, Ordering::Relaxed);
//!         }
//!     }
//! }
//!
//! static MOVES: Moves = Moves(AtomicUsize::new(0));
//! listen(&MOVES).expect("nobody else listens");
//! emit(|| Event::TaskMoved { task: TaskId::next(), to: Lane::Work });
//! assert_eq!(MOVES.0.load(Ordering::Relaxed), 1);
//! ```

#![forbid(unsafe_code)]

mod broken;
mod event;
mod id;
mod listener;
pub mod turn;
mod wait;

pub use broken::stop;
pub use event::{Cause, Event, Lane, Outcome, Refused};
pub use id::{ObjectId, TaskId, WorkerId};
pub use listener::{AlreadyListening, Listener, emit, is_listening, listen, long_polls_are_shown};
pub use wait::Wait;
