//! Claim: which branch of a waiting select has won.
//!
//! A select waits in several channels at once, and a peer in any of them may complete it. One word
//! that all its entries share decides who does: a peer claims it, with the channel locked, before
//! it hands anything over, and only the first claim succeeds.
//!
//! **States.** `REGISTERING`: the select is still visiting its channels, so it cannot be claimed,
//! since it may at the same instant find a ready channel itself. `STALE`: as before, and a peer
//! came by and was turned away. `WAITING`: it may be claimed. A smaller number: the branch that won.
//!
//! **Why nobody is missed.** A peer that meets a registering select leaves `STALE` behind and goes
//! on as if the select were not there, which is right, since the select has not begun to wait. The
//! step from `REGISTERING` to `WAITING` is a compare-exchange: over a `STALE` it fails, and the
//! select visits all its channels once more. The peer writes `STALE` while it holds the lock of the
//! channel, so what it leaves there is seen by that second visit.
//!
//! **Rejected.** Locking all channels of a select at once, in the order of their addresses, as Go
//! does (golang/go#20351 says what it costs): the locks of channels of different types cannot be
//! held together without unsafe code, and every select would stop every channel that it names.

use crate::shim::atomic::{AtomicUsize, Ordering};

const REGISTERING: usize = usize::MAX;
const STALE: usize = usize::MAX - 1;
const WAITING: usize = usize::MAX - 2;

/// See the module.
pub(crate) struct Claim(AtomicUsize);

/// What came of an attempt to claim a select.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Claimed {
    /// The caller completes it.
    Yes,
    /// It is visiting its channels, and will come back to this one.
    Later,
    /// Somebody else completes it, or has.
    Never,
}

impl Claim {
    /// The claim of a select that begins to register.
    pub(crate) fn new() -> Claim {
        Claim(AtomicUsize::new(REGISTERING))
    }

    /// Peer, with the channel locked: takes the select for its branch `branch`.
    pub(crate) fn claim(&self, branch: usize) -> Claimed {
        let mut now = self.0.load(Ordering::Acquire);
        loop {
            let (next, result) = match now {
                WAITING => (branch, Claimed::Yes),
                REGISTERING => (STALE, Claimed::Later),
                STALE => return Claimed::Later,
                _ => return Claimed::Never,
            };
            match self.0.compare_exchange(now, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return result,
                Err(changed) => now = changed,
            }
        }
    }

    /// Select: it begins one more visit of all its channels.
    pub(crate) fn begin_again(&self) {
        self.0.store(REGISTERING, Ordering::Release);
    }

    /// Select: it has visited all channels. False: a peer was turned away, so it must visit them
    /// again.
    pub(crate) fn begin_waiting(&self) -> bool {
        let step = (REGISTERING, WAITING);
        self.0.compare_exchange(step.0, step.1, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Select, while it registers: it has completed branch `branch` itself.
    pub(crate) fn decide(&self, branch: usize) {
        self.0.store(branch, Ordering::Release);
    }

    /// Select: the branch that won, if one has.
    pub(crate) fn winner(&self) -> Option<usize> {
        let now = self.0.load(Ordering::Acquire);
        (now < WAITING).then_some(now)
    }
}
