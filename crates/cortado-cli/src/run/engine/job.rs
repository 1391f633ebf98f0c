//! The life of a job in the run: an attempt in a slot, and what follows from how it came out.

use std::rc::Rc;
use std::task::Waker;

use cortado::process::SpawnError;

use super::super::halt::{Next, Outcome};
use super::super::joblog::Record;
use super::super::jobserver::Token;
use super::Run;
use super::attempt::{Attempt, Ended, not_made, see_to_end, was_short};
use super::command::Prepared;
use super::ending::Stage;
use super::live::Live;
use super::maker::{Made, make};
use super::turn::{Making, Ticket};

/// Sees to it that a job is made, and with it those that its maker goes on to; and sees the last of
/// them, in whose slot and on whose token all of them run, through to its end.
pub(super) async fn see_through(
    run: Rc<Run>,
    first: Prepared,
    slot: usize,
    token: Token,
    making: Making,
) {
    let live = run.lives.add();
    let last = match run.stage() {
        Stage::Going => run.make(first, &live, making).await,
        // The end came between its turn and its start.
        _ => run.tickets.borrow_mut().remove(&first.seq).map(|ticket| (ticket, Attempt::Stopped)),
    };
    run.lives.remove(&live);
    drop(token);
    run.release(slot);
    match last {
        Some((ticket, attempt)) => conclude(run, ticket, attempt).await,
        None => run.wake(),
    }
}

/// What follows from an attempt: the job is settled, or put back.
pub(super) async fn conclude(run: Rc<Run>, ticket: Ticket, attempt: Attempt) {
    let put_back = match attempt {
        Attempt::Ended(ended) => run.ended(ticket, ended).await,
        Attempt::NoRoom(error) => run.no_room(ticket, &error),
        Attempt::Evicted => run.restart(ticket),
        Attempt::Stopped => {
            run.leave_one();
            false
        }
        Attempt::Fault(message) => {
            run.fail(message);
            false
        }
    };
    if !put_back {
        run.unsettled.update(|jobs| jobs - 1);
    }
    run.wake();
}

impl Run {
    /// Has `first` made; the last job that its maker started, with the attempt at it, if that was not
    /// short as well.
    async fn make(
        &self,
        first: Prepared,
        live: &Rc<Live>,
        making: Making,
    ) -> Option<(Ticket, Attempt)> {
        let (stock, began, stays) = (self.stock.clone(), self.began, self.may_stay());
        let seq = first.seq;
        let made = cortado::spawn_blocking(move || make(first, &stock, began, stays)).await;
        drop(making);
        // Its maker may have left results in the stock.
        self.wake();
        let ticket = |seq| self.tickets.borrow_mut().remove(&seq);
        match made {
            Ok(Made::Runs { seq, start, newborn }) => {
                let mut ticket = ticket(seq)?;
                let attempt = see_to_end(self, &mut ticket, start, newborn, live).await;
                Some((ticket, attempt))
            }
            Ok(Made::Failed { seq, start, error }) => Some((ticket(seq)?, not_made(start, error))),
            Ok(Made::Nothing) => None,
            Err(error) => Some((ticket(seq)?, Attempt::Fault(error.to_string()))),
        }
    }

    /// Takes up the jobs that ended while their makers stayed with them.
    pub(super) fn take_up_short(self: &Rc<Self>, surplus: usize, waker: &Waker) {
        for short in self.stock.collect(surplus, waker) {
            let ticket = self.tickets.borrow_mut().remove(&short.seq);
            if let Some(mut ticket) = ticket {
                let attempt = was_short(self, &mut ticket, short);
                drop(cortado::spawn_local(conclude(self.clone(), ticket, attempt)));
            }
        }
    }

    /// An attempt came to its end. Whether the job is to be tried again.
    async fn ended(&self, mut ticket: Ticket, ended: Ended) -> bool {
        let Ended { outcome, used, .. } = &ended;
        let ok = outcome.is_success();
        self.pace.borrow_mut().finished(self.now(), used.wall, used.split.queued, ok);
        // Its slot is free: the next may start while this one's output is on its way.
        self.wake();
        if let Some(message) = &ended.not_started {
            self.say_once(message);
        }
        if ended.timed_out
            && let Some(limit) = self.plan.timeout
        {
            self.say(format_args!(
                "job {} was ended: --timeout {limit:?} was over",
                ticket.job.seq
            ));
        }
        ticket.tried += 1;
        if !ok && ticket.tried < self.plan.attempts && self.stage() == Stage::Going {
            return self.restart(ticket);
        }
        self.tally.borrow_mut().jobs += 1;
        let next = self.halt.borrow_mut().on_finished(*outcome);
        self.follow(next, ticket.job.seq, *outcome);
        self.settle(ticket, ended).await;
        false
    }

    /// Hands the output of a finished job on and logs it: in this order.
    async fn settle(&self, ticket: Ticket, ended: Ended) {
        let Ticket { job, capture, command, .. } = ticket;
        let received = capture.received();
        if let Err(error) = self.output.finish(capture).await {
            return self.output_failed(error);
        }
        let record = Record {
            seq: job.seq,
            start: ended.start,
            runtime: ended.runtime,
            sent: job.stdin.as_ref().map_or(0, |block| block.0.len() as u64),
            received,
            outcome: ended.outcome,
            command: &command,
        };
        let logged = match &mut *self.joblog.borrow_mut() {
            Some(log) => log.append(&record),
            None => Ok(()),
        };
        if let Err(error) = logged {
            self.fail(error.to_string());
        }
    }

    /// Puts a job back that starts from the beginning. False: it cannot be.
    fn restart(&self, mut ticket: Ticket) -> bool {
        if self.stage() != Stage::Going {
            return false;
        }
        match ticket.capture.restart() {
            Ok(()) => {
                self.put_back(ticket);
                true
            }
            Err(error) => {
                self.output_failed(error);
                false
            }
        }
    }

    /// The system had no room for one more process: fewer at once, and this one later.
    fn no_room(&self, ticket: Ticket, error: &SpawnError) -> bool {
        let running = self.lives.count();
        if self.gate.borrow_mut().process_failed(self.now(), running) {
            return self.restart(ticket);
        }
        self.fail(format!("not even one job can be started: {error}"));
        false
    }

    /// Does what the halt policy asks for after the job with this number.
    fn follow(&self, next: Next, seq: u64, outcome: Outcome) {
        let stage = match next {
            Next::Continue => return,
            Next::StopStarting => Stage::Draining,
            Next::KillRunning => Stage::Ending,
        };
        if stage <= self.stage() {
            return;
        }
        let how = match (outcome.is_success(), outcome.signal) {
            (true, _) => "succeeded".to_owned(),
            (false, 0) => format!("failed with status {}", outcome.exit),
            (false, signal) => format!("was ended by signal {signal}"),
        };
        let running = self.lives.count();
        let rest = match (running, stage) {
            (0, _) => String::new(),
            (_, Stage::Draining) => format!("; {running} still running"),
            _ => format!("; ending {running} that run"),
        };
        self.say(format_args!("job {seq} {how}: starting no more jobs (--halt){rest}"));
        self.advance(stage);
    }
}
