//! A task's share in its lanes: what it holds of the runtime that it belongs to, and how it reaches
//! it when it is made, woken, polled and ended.

use std::iter;
use std::sync::Arc;

use crate::context;
use crate::lanes::Lanes;
use crate::shim::atomic::Ordering;
use crate::task::{Header, Runnable, Schedule, Task};

/// A task's share in its lanes: it keeps them alive, so that whoever has woken the task can queue
/// it, whatever becomes of the runtime meanwhile.
pub(crate) struct Share(Option<Arc<Lanes>>);

impl Share {
    /// What a new task takes: its share, and a slot of the registry.
    pub(crate) fn take(lanes: &Arc<Lanes>) -> (Share, u32) {
        let registry = lanes.registry();
        context::with_spare(lanes, |spare| match spare {
            Some(spare) => (Share(Some(spare.take_share(lanes))), spare.take_slot(registry)),
            None => (Share(Some(lanes.clone())), registry.take_slot()),
        })
    }

    fn lanes(&self) -> &Arc<Lanes> {
        match &self.0 {
            Some(lanes) => lanes,
            None => cortado_probe::stop("T4", "a task's scheduler was asked after its drop"),
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(lanes) = self.0.take() {
            // Where this is the last share, the lanes are dropped here, outside of any borrow.
            drop(context::give_share(lanes));
        }
    }
}

impl Schedule for Share {
    fn admit(&self, task: Task) -> bool {
        let slot = task.header().slot.load(Ordering::Relaxed);
        self.lanes().registry().insert_at(slot, task).is_ok()
    }

    fn schedule(&self, task: Runnable) {
        self.lanes().schedule(task);
    }

    fn identity(&self) -> *const () {
        Arc::as_ptr(self.lanes()).cast()
    }

    fn schedule_if_kept(identity: *const (), task: Runnable) -> Option<Runnable> {
        context::with_record(identity.cast(), task, Lanes::schedule_by)
    }

    fn noticed(&self, task: &Header) {
        let lanes = self.lanes();
        context::with_record(Arc::as_ptr(lanes), task, |lanes, record, task| {
            lanes.placement().poll_ended(record, task);
            None
        });
    }

    fn forget(&self, task: &Header) -> bool {
        let registry = self.lanes().registry();
        let Some(slot) = registry.vacate(task) else { return false };
        context::with_spare(self.lanes(), |spare| match spare {
            Some(spare) => spare.give_slot(registry, slot),
            None => registry.give_slots(iter::once(slot)),
        });
        true
    }
}
