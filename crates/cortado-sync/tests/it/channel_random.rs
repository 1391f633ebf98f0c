//! A million random operations on channels of every kind beside a reference model that is nothing
//! but queues and rules. `CORTADO_SEED=N` replays one seed; a failure prints its seed.

use std::collections::VecDeque;
use std::task::Poll;

use cortado_sync::channel::{
    Receiver, RecvError, SendError, SendFuture, Sender, TryRecvError, TrySendError,
};

use crate::cancel_driver::Steps;
use crate::channel::{KINDS, make};

/// What ought to be: messages in order, who waits in order, and who has been granted one.
#[derive(Default)]
struct Model {
    capacity: usize,
    messages: VecDeque<u64>,
    grants: usize,
    closed: bool,
    senders: VecDeque<(u64, u64)>,
    receivers: VecDeque<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Waits,
    Served,
    Closed,
}

impl Model {
    fn free(&self) -> usize {
        self.messages.len() - self.grants
    }

    fn send(&mut self, message: u64, fates: &mut Fates) -> Result<(), bool> {
        if self.closed {
            return Err(true);
        }
        if let Some(receiver) = self.receivers.pop_front() {
            self.grants += 1;
            self.messages.push_back(message);
            fates.set(receiver, Fate::Served);
            return Ok(());
        }
        if self.free() >= self.capacity {
            return Err(false);
        }
        self.messages.push_back(message);
        Ok(())
    }

    fn take(&mut self, fates: &mut Fates) -> Result<u64, bool> {
        if self.free() > 0 {
            let message = self.messages.pop_front().unwrap();
            if self.free() < self.capacity
                && let Some((sender, waiting)) = self.senders.pop_front()
            {
                self.messages.push_back(waiting);
                fates.set(sender, Fate::Served);
            }
            return Ok(message);
        }
        if let Some((sender, message)) = self.senders.pop_front() {
            fates.set(sender, Fate::Served);
            return Ok(message);
        }
        Err(self.closed && self.messages.is_empty())
    }

    fn use_grant(&mut self, fates: &mut Fates) -> u64 {
        self.grants -= 1;
        let message = self.messages.pop_front().unwrap();
        self.end_if_drained(fates);
        message
    }

    fn give_back(&mut self, fates: &mut Fates) {
        match self.receivers.pop_front() {
            Some(next) => fates.set(next, Fate::Served),
            None => self.grants -= 1,
        }
    }

    fn close(&mut self, fates: &mut Fates) -> bool {
        if std::mem::replace(&mut self.closed, true) {
            return false;
        }
        self.senders.drain(..).for_each(|(id, _)| fates.set(id, Fate::Closed));
        self.end_if_drained(fates);
        true
    }

    fn end_if_drained(&mut self, fates: &mut Fates) {
        if self.closed && self.messages.is_empty() {
            self.receivers.drain(..).for_each(|id| fates.set(id, Fate::Closed));
        }
    }
}

/// What the model says of each future that waits.
#[derive(Default)]
struct Fates(std::collections::HashMap<u64, Fate>);

impl Fates {
    fn set(&mut self, id: u64, fate: Fate) {
        self.0.insert(id, fate);
    }

    fn get(&self, id: u64) -> Fate {
        self.0[&id]
    }
}

type Receive<'a> = Steps<cortado_sync::channel::RecvFuture<'a, u64>>;

/// One run: the channel, the model, and the futures that wait in both.
struct Run<'a> {
    sender: &'a Sender<u64>,
    receiver: &'a Receiver<u64>,
    model: Model,
    fates: Fates,
    sends: Vec<(u64, Steps<SendFuture<'a, u64>>)>,
    receives: Vec<(u64, Receive<'a>)>,
    next: u64,
}

impl Run<'_> {
    fn step(&mut self, random: &mut fastrand::Rng) {
        self.next += 1;
        match random.u32(..100) {
            0..15 => self.try_send(),
            15..30 => self.try_recv(),
            30..45 => self.begin_send(),
            45..60 => self.begin_recv(),
            60..72 => self.poll_send(random),
            72..84 => self.poll_recv(random),
            84..90 => self.drop_send(random),
            90..96 => self.drop_recv(random),
            96 if random.u32(..40) == 0 => {
                assert_eq!(self.sender.close(), self.model.close(&mut self.fates));
            }
            _ => self.compare(),
        }
    }

    fn try_send(&mut self) {
        let message = self.next;
        let expected = match self.model.send(message, &mut self.fates) {
            Ok(()) => Ok(()),
            Err(true) => Err(TrySendError::Closed(message)),
            Err(false) => Err(TrySendError::Full(message)),
        };
        assert_eq!(self.sender.try_send(message), expected);
    }

    fn try_recv(&mut self) {
        let end = |closed| if closed { TryRecvError::Closed } else { TryRecvError::Empty };
        let expected = self.model.take(&mut self.fates).map_err(end);
        assert_eq!(self.receiver.try_recv(), expected);
    }

    fn begin_send(&mut self) {
        let id = self.next;
        let mut send = Steps::new(self.sender.send(id));
        let polled = send.poll();
        match self.model.send(id, &mut self.fates) {
            Ok(()) => assert_eq!(polled, Poll::Ready(Ok(()))),
            Err(true) => assert_eq!(polled, Poll::Ready(Err(SendError(id)))),
            Err(false) => {
                assert_eq!(polled, Poll::Pending);
                self.model.senders.push_back((id, id));
                self.fates.set(id, Fate::Waits);
                self.sends.push((id, send));
            }
        }
    }

    fn begin_recv(&mut self) {
        let id = self.next;
        let mut receive = Steps::new(self.receiver.recv());
        let polled = receive.poll();
        match self.model.take(&mut self.fates) {
            Ok(message) => assert_eq!(polled, Poll::Ready(Ok(message))),
            Err(true) => assert_eq!(polled, Poll::Ready(Err(RecvError))),
            Err(false) => {
                assert_eq!(polled, Poll::Pending);
                self.model.receivers.push_back(id);
                self.fates.set(id, Fate::Waits);
                self.receives.push((id, receive));
            }
        }
    }

    fn poll_send(&mut self, random: &mut fastrand::Rng) {
        let Some(index) = any(self.sends.len(), random) else { return };
        let id = self.sends[index].0;
        let fate = self.fates.get(id);
        assert_eq!(self.sends[index].1.is_woken(), fate != Fate::Waits);
        let polled = self.sends[index].1.poll();
        let expected = match fate {
            Fate::Waits => Poll::Pending,
            Fate::Served => Poll::Ready(Ok(())),
            Fate::Closed => Poll::Ready(Err(SendError(id))),
        };
        assert_eq!(polled, expected);
        if polled.is_ready() {
            self.sends.swap_remove(index);
        }
    }

    fn poll_recv(&mut self, random: &mut fastrand::Rng) {
        let Some(index) = any(self.receives.len(), random) else { return };
        let fate = self.fates.get(self.receives[index].0);
        assert_eq!(self.receives[index].1.is_woken(), fate != Fate::Waits);
        let polled = self.receives[index].1.poll();
        let expected = match fate {
            Fate::Waits => Poll::Pending,
            Fate::Served => Poll::Ready(Ok(self.model.use_grant(&mut self.fates))),
            Fate::Closed => Poll::Ready(Err(RecvError)),
        };
        assert_eq!(polled, expected);
        if polled.is_ready() {
            self.receives.swap_remove(index);
        }
    }

    fn drop_send(&mut self, random: &mut fastrand::Rng) {
        let Some(index) = any(self.sends.len(), random) else { return };
        let (id, _) = self.sends.swap_remove(index);
        self.model.senders.retain(|(waiting, _)| *waiting != id);
    }

    fn drop_recv(&mut self, random: &mut fastrand::Rng) {
        let Some(index) = any(self.receives.len(), random) else { return };
        let (id, receive) = self.receives.swap_remove(index);
        drop(receive);
        self.model.receivers.retain(|waiting| *waiting != id);
        if self.fates.get(id) == Fate::Served {
            self.model.give_back(&mut self.fates);
        }
    }

    fn compare(&self) {
        assert_eq!(self.sender.len(), self.model.free());
        assert_eq!(self.receiver.is_full(), self.model.free() >= self.model.capacity);
        assert_eq!(self.receiver.is_closed(), self.model.closed);
    }
}

fn any(len: usize, random: &mut fastrand::Rng) -> Option<usize> {
    (len > 0).then(|| random.usize(..len))
}

fn run(seed: u64, steps: usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let kind = KINDS[random.usize(..KINDS.len())];
    let (sender, receiver) = make(kind);
    let model = Model { capacity: kind.unwrap_or(usize::MAX), ..Model::default() };
    let mut run = Run {
        sender: &sender,
        receiver: &receiver,
        model,
        fates: Fates::default(),
        sends: Vec::new(),
        receives: Vec::new(),
        next: 0,
    };
    (0..steps).for_each(|_| run.step(&mut random));
}

#[test]
fn a_million_random_operations_agree_with_the_model() {
    let replay = std::env::var("CORTADO_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = replay.map_or(0..1_000, |seed: u64| seed..seed + 1);
    for seed in seeds {
        let told = Told(seed);
        run(seed, 1_000);
        std::mem::forget(told);
    }
}

/// Prints its seed where it is dropped by a panic.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        eprintln!("the seed is {0}: replay with CORTADO_SEED={0}", self.0);
    }
}
