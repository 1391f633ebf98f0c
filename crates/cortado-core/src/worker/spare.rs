//! What a worker keeps at hand for the tasks that it makes and ends: slots of the registry, and
//! shares in the lanes.
//!
//! Each task takes one of each and gives it back. Taken one by one they would cost every spawn two
//! changes of words that all workers share; a worker takes and gives back many at once instead.

use std::sync::Arc;

use crate::lanes::Lanes;
use crate::registry::Registry;
use crate::tuning::SPARE_MOST;

/// See the module.
pub(crate) struct Spare {
    shares: Vec<Arc<Lanes>>,
    slots: Vec<u32>,
}

impl Spare {
    pub(crate) fn new() -> Spare {
        Spare { shares: Vec::new(), slots: Vec::new() }
    }

    /// A share in `lanes`, for a new task.
    pub(crate) fn take_share(&mut self, lanes: &Arc<Lanes>) -> Arc<Lanes> {
        self.shares.pop().unwrap_or_else(|| {
            self.shares.extend((0..SPARE_MOST / 4).map(|_| lanes.clone()));
            lanes.clone()
        })
    }

    /// The share of a task whose memory is freed.
    pub(crate) fn give_share(&mut self, share: Arc<Lanes>) {
        if self.shares.len() >= SPARE_MOST {
            self.shares.truncate(SPARE_MOST / 2);
        }
        self.shares.push(share);
    }

    /// A slot for a new task.
    pub(crate) fn take_slot(&mut self, registry: &Registry) -> u32 {
        self.slots.pop().unwrap_or_else(|| registry.take_slots(&mut self.slots, SPARE_MOST / 4))
    }

    /// The slot of a task that has ended.
    pub(crate) fn give_slot(&mut self, registry: &Registry, slot: u32) {
        if self.slots.len() >= SPARE_MOST {
            registry.give_slots(self.slots.drain(SPARE_MOST / 2..));
        }
        self.slots.push(slot);
    }

    /// Gives everything back: the worker ends.
    pub(crate) fn clear(&mut self, registry: &Registry) {
        registry.give_slots(self.slots.drain(..));
        self.shares.clear();
    }
}
