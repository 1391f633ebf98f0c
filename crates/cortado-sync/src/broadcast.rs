//! A channel in which every receiver gets every message.
//!
//! It keeps the last messages, as many as its capacity. A receiver that is slower than that misses
//! the oldest ones and is told how many: [`RecvError::Lagged`]. Sending never waits.
//!
//! A message is kept until every receiver that was there when it was sent has received it, or is
//! gone. The last of these gets the message itself, the others get clones. Clones are made and
//! messages are dropped outside of the channel's lock, so they may use the channel.
//!
//! # Examples
//! ```
//! use cortado_sync::broadcast::{self, RecvError};
//! # use cortado_sync::Blocking;
//! # async fn task() {
//! let (tx, mut one) = broadcast::channel(2);
//! let mut two = tx.subscribe();
//! tx.send('a').unwrap();
//! assert_eq!(one.recv().await, Ok('a'));
//! tx.send('b').unwrap();
//! tx.send('c').unwrap();
//! assert_eq!(two.recv().await, Err(RecvError::Lagged(1)));
//! assert_eq!(two.recv().await, Ok('b'));
//! # }
//! # task().wait();
//! ```

mod error;
mod receiver;
mod ring;
mod sender;

pub use error::{RecvError, SendError, TryRecvError};
pub use receiver::{Receiver, Recv};
pub use sender::{Closed, Sender, WeakSender};

use std::sync::Arc;

use crate::Notify;
use crate::report::Identity;
use crate::shim::atomic::{AtomicUsize, Ordering};
use crate::wait_list::{House, Line, WaitQueue, Waited, Wakes};
use ring::Ring;

/// What all ends share.
pub struct Shared<T> {
    queue: WaitQueue<Shared<T>>,
    senders: AtomicUsize,
    weak_senders: AtomicUsize,
    no_receivers: Notify,
    identity: Identity,
}

impl<T> Waited for Shared<T> {
    type State = Ring<T>;
    type Need = ();
    type Grant = ();

    fn queue(&self) -> &WaitQueue<Shared<T>> {
        &self.queue
    }

    fn left(&self, _line: &mut Line<'_, Shared<T>>, _need: (), _wakes: &mut Wakes) {}

    /// Nothing was taken for it: the message is in the ring.
    fn give_back(&self, _need: (), _grant: ()) {}
}

impl<T> House for Shared<T> {
    type Object = Shared<T>;

    fn object(&self) -> &Shared<T> {
        self
    }
}

/// Makes a channel that keeps up to `capacity` messages, with its first sender and receiver.
///
/// # Panics
/// Where `capacity` is 0.
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let sender = Sender::new(capacity);
    let receiver = sender.subscribe();
    (sender, receiver)
}

impl<T> Shared<T> {
    fn new(capacity: usize) -> Arc<Shared<T>> {
        assert!(capacity > 0, "a broadcast channel keeps at least one message");
        Arc::new(Shared {
            queue: WaitQueue::new(Ring::new(capacity)),
            senders: AtomicUsize::new(1),
            weak_senders: AtomicUsize::new(0),
            no_receivers: Notify::new(),
            identity: Identity::new(),
        })
    }

    fn is_closed(&self) -> bool {
        self.senders.load(Ordering::Acquire) == 0
    }
}
