//! The one who writes to our standard output and error: parcel after parcel, in the order of their
//! coming, by a task that exists while there is something to write.
//!
//! Pipes and terminals are written as the reactor finds them ready, files by the blocking pool;
//! both without changing the mode of the descriptors, which others share. After the first failure
//! nothing is written any more, and everyone who waits is told.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::rc::Rc;
use std::task::{Context, Poll};

use cortado::io::{AsyncWrite, AsyncWriteExt};

use super::super::progress::Progress;
use super::parcel::Parcel;
use super::receipt::{Receipt, Waiters, Written};
use super::{Channel, OutputError};

/// Something that is written to.
pub(super) type Sink = Box<dyn AsyncWrite + Unpin>;

/// Where the two streams go; opened when first written to.
#[derive(Default)]
pub(super) struct Sinks {
    out: Option<Sink>,
    err: Option<Sink>,
    /// Which of them are terminals, on which the progress is shown.
    out_is_terminal: bool,
    err_is_terminal: bool,
}

impl Sinks {
    /// Our standard output and error.
    pub(super) fn standard() -> Sinks {
        Sinks {
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            ..Sinks::default()
        }
    }

    /// Somewhere else.
    #[cfg(test)]
    pub(super) fn of(out: Sink, err: Sink) -> Sinks {
        Sinks { out: Some(out), err: Some(err), ..Sinks::default() }
    }

    fn is_terminal(&self, channel: Channel) -> bool {
        match channel {
            Channel::Out => self.out_is_terminal,
            Channel::Err => self.err_is_terminal,
        }
    }

    async fn write(&mut self, channel: Channel, bytes: &[u8]) -> io::Result<()> {
        let sink = match channel {
            Channel::Out => match &mut self.out {
                Some(sink) => sink,
                none => none.insert(Box::new(cortado::io::stdout()?)),
            },
            Channel::Err => match &mut self.err {
                Some(sink) => sink,
                none => none.insert(Box::new(cortado::io::stderr()?)),
            },
        };
        sink.write_all(bytes).await?;
        // Where the blocking pool writes, only this tells whether it could.
        sink.flush().await
    }
}

/// What waits to be written.
enum Entry {
    Parcel(Parcel),
    /// Everything before it is to be confirmed.
    Receipt(Receipt),
}

/// See the module.
pub(super) struct Writer {
    queue: RefCell<VecDeque<Entry>>,
    queued: Cell<u64>,
    /// The receipts for what has left the queue and is being written.
    pending: RefCell<Vec<Receipt>>,
    /// Absent while the task has them, which is while something is written.
    sinks: RefCell<Option<Sinks>>,
    failed: RefCell<Option<OutputError>>,
    waiters: Waiters,
    progress: Rc<Progress>,
}

impl Writer {
    pub(super) fn new(sinks: Sinks, progress: Rc<Progress>) -> Rc<Writer> {
        Rc::new(Writer {
            queue: RefCell::default(),
            queued: Cell::new(0),
            pending: RefCell::default(),
            sinks: RefCell::new(Some(sinks)),
            failed: RefCell::default(),
            waiters: Waiters::default(),
            progress,
        })
    }

    /// Queues a parcel, unless there is nothing in it.
    pub(super) fn send(self: &Rc<Writer>, parcel: Parcel) {
        if parcel.len() > 0 && self.failed.borrow().is_none() {
            self.queued.set(self.queued.get() + parcel.len());
            self.enqueue(Entry::Parcel(parcel));
        }
    }

    /// Resolves when everything that was sent so far is written.
    pub(super) fn written(self: &Rc<Writer>) -> Written {
        if let Some(settled) = self.settled() {
            return Written::settled(settled);
        }
        let receipt = Receipt::default();
        let written = receipt.written();
        self.confirm(receipt);
        written
    }

    /// Settles a receipt when everything that was sent so far is written.
    pub(super) fn confirm(self: &Rc<Writer>, receipt: Receipt) {
        match self.settled() {
            Some(settled) => receipt.settle(settled),
            None => self.enqueue(Entry::Receipt(receipt)),
        }
    }

    /// How it went with everything that was sent so far, if that is known.
    fn settled(&self) -> Option<Result<(), OutputError>> {
        match &*self.failed.borrow() {
            Some(error) => Some(Err(error.clone())),
            None => self.sinks.borrow().is_some().then_some(Ok(())),
        }
    }

    /// Ready when less than `ahead` bytes wait to be written; an error when nothing is written any
    /// more.
    pub(super) fn poll_room(
        &self,
        cx: &mut Context<'_>,
        ahead: u64,
    ) -> Poll<Result<(), OutputError>> {
        if let Some(error) = &*self.failed.borrow() {
            return Poll::Ready(Err(error.clone()));
        }
        if self.queued.get() < ahead {
            return Poll::Ready(Ok(()));
        }
        self.waiters.add(cx);
        Poll::Pending
    }

    /// Output was lost: whatever still waits is thrown away, and everyone who waits is told.
    pub(super) fn fail(&self, error: &OutputError) {
        self.failed.borrow_mut().get_or_insert_with(|| error.clone());
        let queue = self.queue.take();
        self.queued.set(0);
        let mut receipts = self.pending.take();
        receipts.extend(queue.into_iter().filter_map(|entry| match entry {
            Entry::Receipt(receipt) => Some(receipt),
            Entry::Parcel(_) => None,
        }));
        receipts.iter().for_each(|receipt| receipt.settle(Err(error.clone())));
        self.waiters.wake();
    }

    /// Wakes whoever waits for room, for a reason of the caller's.
    pub(super) fn wake_waiters(&self) {
        self.waiters.wake();
    }

    /// Waits for the next change of what waits.
    pub(super) fn wait(&self, cx: &Context<'_>) {
        self.waiters.add(cx);
    }

    fn enqueue(self: &Rc<Writer>, entry: Entry) {
        self.queue.borrow_mut().push_back(entry);
        if let Some(sinks) = self.sinks.take() {
            drop(cortado::spawn_local(self.clone().run(sinks)));
        }
    }

    /// The task: it lives until the queue is empty.
    async fn run(self: Rc<Writer>, mut sinks: Sinks) {
        let mut bytes = Vec::new();
        while let Some(next) = self.next_batch(&mut bytes).transpose() {
            let written = match next {
                Ok(channel) => self.write(&mut sinks, channel, &bytes).await,
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                self.fail(&error);
                break;
            }
            self.settle_batch();
        }
        self.settle_batch();
        self.sinks.replace(Some(sinks));
    }

    /// Fills `bytes` from the queue, as far as it is for one stream; which one.
    fn next_batch(&self, bytes: &mut Vec<u8>) -> Result<Option<Channel>, OutputError> {
        bytes.clear();
        let mut channel = None;
        let mut queue = self.queue.borrow_mut();
        while let Some(entry) = queue.front_mut() {
            match entry {
                Entry::Parcel(parcel) => {
                    if *channel.get_or_insert(parcel.channel()) != parcel.channel() {
                        break;
                    }
                    let before = parcel.len();
                    let over = parcel.pour(bytes)?;
                    let poured = before - parcel.len();
                    self.queued.set(self.queued.get().saturating_sub(poured));
                    if !over {
                        break;
                    }
                    queue.pop_front();
                }
                Entry::Receipt(_) => {
                    if let Some(Entry::Receipt(receipt)) = queue.pop_front() {
                        self.pending.borrow_mut().push(receipt);
                    }
                }
            }
        }
        Ok(channel)
    }

    async fn write(
        &self,
        sinks: &mut Sinks,
        channel: Channel,
        bytes: &[u8],
    ) -> Result<(), OutputError> {
        let on_terminal = sinks.is_terminal(channel);
        if on_terminal {
            self.progress.step_aside();
        }
        let written = sinks.write(channel, bytes).await;
        if on_terminal {
            self.progress.come_back(bytes.ends_with(b"\n"));
        }
        written.map_err(|error| OutputError::of_write(channel, error))
    }

    /// What was taken out of the queue is written.
    fn settle_batch(&self) {
        let receipts = self.pending.take();
        receipts.iter().for_each(|receipt| receipt.settle(Ok(())));
        self.waiters.wake();
    }
}
