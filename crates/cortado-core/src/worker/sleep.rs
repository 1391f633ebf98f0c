//! How a worker falls asleep, waits, gives way, and ends.

use cortado_probe::{Event, Lane, emit};

use super::Worker;
use super::record::Place;
use crate::context;
use crate::idle::Grant;
use crate::poller::Wait;
use crate::task::shielded;
use crate::tuning;

/// What came of one wait.
enum Waited {
    /// The worker has a seat again.
    Granted(Grant),
    /// Nothing, or not enough: wait again.
    Again,
    /// Another thread waits in the poller: wait elsewhere.
    Occupied,
    /// Nothing came for so long that the thread is to end.
    Enough,
}

impl Worker {
    /// Sleeps until there is a seat and something to do. False: the thread is to end.
    pub(super) fn sleep(&mut self) -> bool {
        let Some(searching) = self.searching.take() else {
            cortado_probe::stop("S1", "a worker fell asleep that did not search");
        };
        let lane = self.lane;
        let seat_is_lost = !self.record.stand_up();
        if seat_is_lost {
            self.change_lane();
        }
        self.announce();
        self.lanes.lane(lane).idle.give_up_seat(searching, seat_is_lost);
        self.see_to(lane);
        self.rise()
    }

    /// This worker's seat was freed: passes on what is queued, and waits for another seat, or takes
    /// one over; in the work lane from now on where its thread was lowered.
    /// False: the thread is to end.
    pub(super) fn give_way(&mut self) -> bool {
        // What it wakes from here on is not stranded by a poll, and must not wait for a thief.
        self.record.end_poll();
        self.record.stand_up();
        let lane = self.lane;
        self.change_lane();
        self.see_to(lane);
        if self.lane == Lane::Work
            && let Some(grant) = self.lanes.take_over_seat(&self.record)
        {
            self.sit_down(grant);
            return true;
        }
        self.announce();
        self.rise()
    }

    fn change_lane(&mut self) {
        self.lanes.inject_all(self.lane, self.record.queue().drain());
        if self.record.notice().is_lowered() {
            self.lane = Lane::Work;
        }
    }

    /// The worker has left the lane, if it is another one now. Who freed its seat and woke the lane for it
    /// may have taken it for a worker that searches there, and woken nobody.
    fn see_to(&self, left: Lane) {
        if self.lane != left {
            self.lanes.wake(left);
        }
    }

    /// The worker is announced as a sleeper; returns with a seat, or with false to end.
    fn rise(&mut self) -> bool {
        let Some(grant) = self.look_once_more().or_else(|| self.wait()) else { return false };
        self.sit_down(grant);
        true
    }

    /// The worker is a sleeper from here on.
    fn announce(&mut self) {
        if self.lane == Lane::Work {
            // What it will be woken for may be short.
            self.record.forget_used();
            self.learn();
        }
        self.idle().announce(self.record.index());
    }

    /// Having announced itself as a sleeper.
    fn look_once_more(&self) -> Option<Grant> {
        self.lanes.has_work(self.lane).then(|| self.idle().try_rise(self.record.index())).flatten()
    }

    fn sit_down(&mut self, grant: Grant) {
        let before = self.searching.replace(self.record.sit(self.lane, grant));
        if before.is_some() {
            cortado_probe::stop("S1", "a worker that counted as searching was granted a seat");
        }
        self.polls_awake = 0;
        self.pace.forget();
        self.lanes.monitor().rouse();
        self.lanes.wake_ready(&self.record, &mut self.ready);
    }

    fn wait(&mut self) -> Option<Grant> {
        while !self.lanes.is_closing() {
            let waited = match self.wait_in_poller() {
                Waited::Occupied => self.wait_parked(),
                waited => waited,
            };
            match waited {
                Waited::Granted(grant) => return Some(grant),
                Waited::Enough => return None,
                Waited::Again | Waited::Occupied => {}
            }
        }
        None
    }

    /// Says where the worker is about to wait, so that a waker knows how to reach it; then looks
    /// whether one came before that was said.
    fn settle(&mut self, place: Place) -> Option<Grant> {
        self.record.set_place(place);
        self.idle().granted(self.record.index())
    }

    fn wait_in_poller(&mut self) -> Waited {
        if self.lane == Lane::Work {
            return Waited::Occupied;
        }
        if let Some(grant) = self.settle(Place::Poller) {
            return Waited::Granted(grant);
        }
        let index = self.record.index();
        let (lanes, idle) = (&self.lanes, &self.lanes.lane(Lane::Wait).idle);
        let goes_on = || idle.is_sleeping(index) && !lanes.is_closing();
        // It may take a core from another worker, but not where none is awake; and to threads that compute
        // the kernel would give this one's core for a whole time slice, also those without a seat. One that
        // is blocked there counts as well: nobody knows that it is.
        let is_last = idle.active() == 0 && lanes.lane(Lane::Work).awake() == 0;
        let how = if is_last { Wait::Linger } else { Wait::Unlimited };
        if !lanes.poller().turn(how, &mut self.ready, goes_on) {
            return Waited::Occupied;
        }
        if !self.ready.is_empty() {
            match self.idle().try_rise(index) {
                Some(grant) => return Waited::Granted(grant),
                None => self.ready.drain(..).for_each(context::wake),
            }
        }
        self.idle().granted(index).map_or(Waited::Again, Waited::Granted)
    }

    fn wait_parked(&mut self) -> Waited {
        if let Some(grant) = self.settle(Place::Parker) {
            return Waited::Granted(grant);
        }
        let index = self.record.index();
        // Threads that were lowered stay in the work lane. As sleepers they would keep the next one that
        // computes from being lowered.
        let is_too_many = self.lane == Lane::Work && self.lanes.is_overstaffed();
        let parker = self.record.parker();
        if !self.lanes.lane(self.lane).has_spare_threads() {
            parker.park();
        } else if (is_too_many || !parker.park_timeout(tuning::KEEP_ALIVE))
            && self.idle().withdraw(index)
        {
            return self.try_end();
        }
        self.idle().granted(index).map_or(Waited::Again, Waited::Granted)
    }

    /// The worker is no sleeper any more. Its thread is to end if the lane has more of them than seats; else
    /// it sleeps again.
    fn try_end(&mut self) -> Waited {
        if self.lanes.lane(self.lane).remove_spare_thread() {
            self.counted = false;
            return Waited::Enough;
        }
        self.idle().announce(self.record.index());
        self.look_once_more().map_or(Waited::Again, Waited::Granted)
    }

    /// The thread ends: its record is free for another one.
    pub(super) fn leave(mut self) {
        let lane = self.lane;
        let seat_is_lost = !self.record.stand_up();
        self.change_lane();
        if let Some(searching) = self.searching.take() {
            self.lanes.lane(lane).idle.give_up_seat(searching, seat_is_lost);
        }
        self.ready.drain(..).for_each(|waker| shielded(|| drop(waker)));
        emit(|| Event::WorkerEnded { worker: self.record.id() });
        if self.counted {
            self.lanes.lane(self.lane).remove_thread();
        }
        self.record.give_back();
        self.lanes.thread_ended(self.lane);
    }
}
