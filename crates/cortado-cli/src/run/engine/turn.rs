//! Steering: looks at the machine when that is due, and starts jobs while it may.

use std::cell::RefCell;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use cortado::time::{Sleep, sleep_until};

use super::super::explain::Holdback;
use super::super::input::Job;
use super::super::output::{Capture, OutputError};
use super::super::progress::Progress;
use super::Run;
use super::command::Prepared;
use super::ending::Stage;
use super::feed::Supply;
use super::gate::Pass;
use super::holdback::Pause;
use super::job;
use super::live::Why;
use super::tuning::{GATE_INTERVAL, STAYS};

/// A job on its way: with the attempts that it has behind it, and what it has written.
pub(super) struct Ticket {
    pub(super) job: Rc<Job>,
    /// The command as one would type it, where that is needed.
    pub(super) command: Vec<u8>,
    pub(super) tried: u32,
    pub(super) capture: Capture,
}

/// A maker that is at work, until this is dropped.
pub(super) struct Making(Rc<Run>);

impl Making {
    fn begin(run: &Rc<Run>) -> Making {
        run.making.update(|jobs| jobs + 1);
        Making(run.clone())
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        let makers = self.0.making.replace(self.0.making.get() - 1);
        if makers >= self.0.makers() || self.0.stops.get() {
            self.0.wake();
        }
    }
}

/// Room in the output, being waited for.
type Room = Pin<Box<dyn Future<Output = Result<(), OutputError>>>>;

/// What wakes the steering future without an event: a point in time.
#[derive(Default)]
pub(super) struct Alarm {
    sleep: Option<Sleep>,
    /// When memory is looked at next, under `--memfree`.
    memory: Duration,
    room: RefCell<Option<Room>>,
}

impl Run {
    /// One step: to be called whenever something has changed. It is ready when all is done.
    pub(super) fn turn(self: &Rc<Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.waker.borrow_mut().clone_from(cx.waker());
        loop {
            let now = self.now();
            self.take_up_short(self.surplus(now), cx.waker());
            self.stop_if_told();
            self.look(now);
            let pause = self.start_jobs(cx, now);
            let is_free = self.busy.get() < self.limit(now);
            self.tally.borrow_mut().holdbacks.note(now, pause.holdback.filter(|_| is_free));
            self.prepare_ahead(cx, now);
            self.show_progress();
            if self.is_over() {
                return Poll::Ready(());
            }
            if self.set_alarm(cx, now, pause.until).is_pending() {
                return Poll::Pending;
            }
        }
    }

    fn look(&self, now: Duration) {
        let (running, more) = (self.lives.count(), self.more.get());
        self.pace.borrow_mut().look(now, running, more, &mut self.meter.borrow_mut());
        let mut gate = self.gate.borrow_mut();
        let mut alarm = self.alarm.borrow_mut();
        if gate.watches_memory() && now >= alarm.memory {
            alarm.memory = now + GATE_INTERVAL;
            if gate.evicts() {
                self.lives.tell_youngest(Why::Memory);
            }
        }
    }

    /// Starts jobs while it may; why it stopped.
    fn start_jobs(self: &Rc<Self>, cx: &mut Context<'_>, now: Duration) -> Pause {
        self.more.set(false);
        while self.stage() == Stage::Going && !self.stops.get() {
            let again = !self.again.borrow().is_empty() || self.stock.len() > 0;
            if !again && !self.is_supplied(cx) {
                let is_late = self.feed.borrow().end().is_none();
                return Pause { until: None, holdback: is_late.then_some(Holdback::Input) };
            }
            let pass = self.gate.borrow_mut().ask(now);
            match pass {
                Pass::Open => {}
                Pass::Until(time, why) => {
                    return Pause { until: Some(time), holdback: Some(why) };
                }
                Pass::UntilAndSay(time, why, reason) => {
                    self.say(reason);
                    return Pause { until: Some(time), holdback: Some(why) };
                }
            }
            if self.busy.get() >= self.limit(now) {
                self.more.set(true);
                return Pause { until: self.gate.borrow().ceiling_ends(now), holdback: None };
            }
            if self.making.get() >= self.makers() {
                self.more.set(true);
                return Pause::default();
            }
            if !again && !self.has_room(cx) {
                return Pause::for_want_of(Holdback::Output);
            }
            let Poll::Ready(token) = self.tokens.poll_take(cx, self.busy.get()) else {
                return Pause::for_want_of(Holdback::Make);
            };
            let slot = self.slots.borrow_mut().take();
            let Some(first) = self.stock.take().or_else(|| self.next_prepared(slot)) else {
                self.slots.borrow_mut().release(slot);
                if again {
                    // A maker was quicker with it.
                    continue;
                }
                return Pause::default();
            };
            self.gate.borrow_mut().started(now);
            self.busy.update(|jobs| jobs + 1);
            let making = Making::begin(self);
            let job = job::see_through(self.clone(), first, slot, token, making);
            drop(cortado::spawn_local(job));
        }
        Pause::default()
    }

    /// How many may run at once now.
    fn limit(&self, now: Duration) -> usize {
        self.pace.borrow().limit().min(self.gate.borrow().ceiling(now))
    }

    /// How many more makers are at work than may be.
    fn surplus(&self, now: Duration) -> usize {
        let limit = if self.stops.get() { 0 } else { self.limit(now) };
        self.busy.get().saturating_sub(limit)
    }

    /// For how long a maker may stay with a job that is expected to be short; none where makers are
    /// to do nothing but make.
    pub(super) fn may_stay(&self) -> Option<Duration> {
        let stays = self.plan.timeout.map_or(STAYS, |limit| limit.min(STAYS));
        (self.chains && self.limit(self.now()) <= self.makers()).then_some(stays)
    }

    /// Prepares jobs for the makers that go on from one to the next by themselves.
    fn prepare_ahead(self: &Rc<Self>, cx: &mut Context<'_>, now: Duration) {
        let chains = self.may_stay().is_some() && self.stock.expects_short();
        // Where processes cannot be made, each is a new try, for the gate to decide on.
        let starts = self.stage() == Stage::Going && !self.stops.get();
        if !chains || !starts || self.gate.borrow().ceiling_ends(now).is_some() {
            return;
        }
        while !self.stock.is_full() && self.again.borrow().is_empty() {
            // The end of the input is noted when its last job is started.
            let ready = matches!(self.feed.borrow_mut().supply(cx.waker()), Supply::Ready);
            if !ready || !self.has_room(cx) {
                return;
            }
            // No slot: where the command names it, makers do not go on by themselves.
            let Some(job) = self.next_prepared(0) else { return };
            self.stock.put(job);
        }
    }

    /// Whether the input has another job now. Its end is noted.
    fn is_supplied(&self, cx: &mut Context<'_>) -> bool {
        let mut feed = self.feed.borrow_mut();
        match feed.supply(cx.waker()) {
            Supply::Ready => true,
            Supply::Waiting => false,
            Supply::Over => {
                if let Some(end) = feed.end() {
                    self.halt.borrow_mut().on_total(end.total);
                    if let Some(error) = &end.error {
                        let message = error.to_string();
                        drop(feed);
                        self.input_failed(message);
                    }
                }
                false
            }
        }
    }

    /// Whether our output has room for another job.
    fn has_room(&self, cx: &mut Context<'_>) -> bool {
        let alarm = self.alarm.borrow();
        let mut room = alarm.room.borrow_mut();
        let waiting = room.get_or_insert_with(|| {
            let output = self.output.clone();
            Box::pin(async move { output.room().await })
        });
        let Poll::Ready(result) = waiting.as_mut().poll(cx) else { return false };
        *room = None;
        drop(room);
        drop(alarm);
        match result {
            Ok(()) => true,
            Err(error) => {
                self.output_failed(error);
                false
            }
        }
    }

    /// Prepares the next job; its ticket waits for what its maker has to say.
    fn next_prepared(&self, slot: usize) -> Option<Prepared> {
        let mut ticket = self.next_ticket()?;
        let invocation = self.plan.template.render(&ticket.job, slot);
        if self.wants_commands() {
            ticket.command = invocation.display();
        }
        let prepared = self.recipe.prepare(&ticket.job, invocation);
        self.tickets.borrow_mut().insert(ticket.job.seq, ticket);
        Some(prepared)
    }

    fn next_ticket(&self) -> Option<Ticket> {
        if let Some(ticket) = self.again.borrow_mut().pop_front() {
            return Some(ticket);
        }
        let job = self.feed.borrow_mut().take()?;
        match self.output.begin(&job) {
            Ok(capture) => {
                self.unsettled.update(|jobs| jobs + 1);
                Some(Ticket { job: Rc::new(job), command: Vec::new(), tried: 0, capture })
            }
            Err(error) => {
                self.output_failed(error);
                None
            }
        }
    }

    fn is_over(&self) -> bool {
        let running = self.unsettled.get() - self.again.borrow().len();
        if running > 0 {
            // Whoever ends the run by a signal does not wait for a reader that reads no more.
            return self.is_ended_by_signal() && self.lives.count() == 0;
        }
        self.stage() != Stage::Going
            || (self.again.borrow().is_empty() && self.feed.borrow().end().is_some())
    }

    /// Waits for the next point in time at which something is due; ready if it has come.
    fn set_alarm(&self, cx: &mut Context<'_>, now: Duration, start: Option<Duration>) -> Poll<()> {
        let living = self.lives.count() > 0;
        let mut alarm = self.alarm.borrow_mut();
        let look = self.pace.borrow().next_look().filter(|_| living);
        let memory = self.gate.borrow().watches_memory().then_some(alarm.memory).filter(|_| living);
        let progress = self.progress.is_shown().then(|| now + Progress::TICK);
        let Some(next) = [start, look, memory, progress].into_iter().flatten().min() else {
            alarm.sleep = None;
            return Poll::Pending;
        };
        let deadline = self.began + next;
        let sleep = match &mut alarm.sleep {
            Some(sleep) => {
                if sleep.deadline() != deadline {
                    sleep.reset(deadline);
                }
                sleep
            }
            none => none.insert(sleep_until(deadline)),
        };
        Pin::new(sleep).poll(cx)
    }

    /// Puts a job back, to be tried again before any other.
    pub(super) fn put_back(&self, ticket: Ticket) {
        self.again.borrow_mut().push_front(ticket);
    }

    /// A job gives its slot back.
    pub(super) fn release(&self, slot: usize) {
        self.slots.borrow_mut().release(slot);
        self.busy.update(|jobs| jobs - 1);
    }

    /// Forgets the jobs that were to be tried again, and those that were prepared. Whether there
    /// were any.
    pub(super) fn drop_tickets(&self) -> bool {
        let mut dropped: Vec<Ticket> = mem::take(&mut *self.again.borrow_mut()).into();
        let mut tickets = self.tickets.borrow_mut();
        dropped.extend(self.stock.clear().iter().filter_map(|job| tickets.remove(&job.seq)));
        self.unsettled.update(|jobs| jobs - dropped.len());
        !dropped.is_empty()
    }
}
