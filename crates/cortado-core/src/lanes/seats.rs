//! Seats that change hands without the monitor.

use std::sync::Arc;

use cortado_probe::Lane;

use super::Lanes;
use crate::idle::Grant;
use crate::monitor::count;
use crate::worker::Record;

impl Lanes {
    /// The calling worker, in the middle of a poll, frees its own seat as the monitor would. False:
    /// the monitor was quicker.
    pub(crate) fn give_seat_up(self: &Arc<Self>, record: &Record) -> bool {
        if !record.is_polling() || !record.notice().free(record.lane(), false) {
            return false;
        }
        let lane = record.lane();
        self.lane(lane).idle.free_seat();
        // Whoever made work visible before that saw all seats taken, and woke nobody.
        self.stand_in(lane);
        true
    }

    /// Worker of the work lane, whose poll has ended and had lost its seat: a seat, where somebody waits for
    /// one. In place of a free one that of a poll that computes for long, or is likely to: the monitor would
    /// free it soon, for a thread that slept until then; see `lowering` for why none should.
    pub(crate) fn take_over_seat(&self, own: &Record) -> Option<Grant> {
        if !self.has_work(Lane::Work) {
            return None;
        }
        let idle = &self.work.idle;
        idle.take_free_seat().or_else(|| {
            if self.acts_on_long_polls() && self.free_seat_of_long_poll(own) {
                idle.free_seat();
                count(&self.monitor.counts.seats_freed);
            }
            idle.take_free_seat()
        })
    }

    fn free_seat_of_long_poll(&self, own: &Record) -> bool {
        let frees = |record: &Arc<Record>| record.notice().free(Lane::Work, false);
        let mut found = self.others(own).filter(|record| record.computes_for_long());
        let mut likely = self.others(own).filter(|record| record.is_likely_long());
        found.any(frees) || likely.any(frees)
    }

    /// After `give_seat_up`, in the same poll: the worker sits down again if there is a seat. Else the
    /// poll goes on without one, and the worker gives way when it ends.
    pub(crate) fn take_seat_again(self: &Arc<Self>, record: &Record) {
        let lane = record.lane();
        let idle = &self.lane(lane).idle;
        if let Some(grant) = idle.take_free_seat()
            && idle.stop_searching(record.sit(lane, grant))
            && self.has_work(lane)
        {
            self.wake(lane);
        }
    }
}
