//! How a waiting operation tells the probe that it waits. Numbers of objects are made only when
//! somebody listens, so that an object costs one word and its constructor nothing.

use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};

use cortado_probe::{Event, ObjectId, Wait, emit, turn};

/// The number of an object, once it has one.
pub(crate) struct Identity(AtomicU64);

impl Identity {
    /// Without a number yet.
    pub(crate) const fn new() -> Identity {
        Identity(AtomicU64::new(0))
    }

    /// The object's number.
    pub(crate) fn number(&self) -> Option<ObjectId> {
        if self.0.load(Ordering::Relaxed) == 0 {
            let fresh = ObjectId::next().get();
            // Where another thread was faster, its number holds.
            let _ = self.0.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed);
        }
        ObjectId::from_number(self.0.load(Ordering::Relaxed))
    }
}

/// A poll returns `Pending`: says why.
#[inline]
pub(crate) fn waits(why: Wait, object: &Identity, location: &'static Location<'static>) {
    emit(|| Event::TaskWaits { task: turn::task(), why, object: object.number(), location });
}
