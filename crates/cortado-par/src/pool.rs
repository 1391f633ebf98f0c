//! The pool: what a runtime has for fork-join. Its members are threads that run jobs at the moment.

use std::sync::Arc;

use cortado_core::Handle;
use cortado_core::work::{self, Parker, WeakHandle};

use crate::crew::Crew;
use crate::deque::Deque;
use crate::job::JobRef;
use crate::shim::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::thief::{Sender, Thief};
use crate::tuning::MEMBERS_PER_SEAT;

/// See the module.
pub(crate) struct Pool {
    pub(crate) crew: Crew,
    members: Box<[Member]>,
    /// How many places were ever taken; thieves look no further.
    used: AtomicUsize,
    runtime: WeakHandle,
}

/// A place for one thread. Aligned so that two of them never share a cache line.
#[repr(align(128))]
pub(crate) struct Member {
    pub(crate) deque: Deque,
    pub(crate) parker: Arc<Parker>,
    taken: AtomicBool,
}

impl Member {
    fn new() -> Member {
        let (deque, parker) = (Deque::new(), Arc::new(Parker::new()));
        Member { deque, parker, taken: AtomicBool::new(false) }
    }

    /// The thread goes, with nothing on offer.
    pub(crate) fn give_back(&self) {
        self.taken.store(false, Ordering::Release);
    }
}

impl Pool {
    /// The pool of a runtime; nothing for an event loop.
    pub(crate) fn of(handle: &Handle) -> Option<Arc<Pool>> {
        let (seats, runtime) = (work::seats(handle)?, WeakHandle::new(handle)?);
        work::attached(handle, || Arc::new(Pool::new(seats, runtime)))
    }

    fn new(seats: usize, runtime: WeakHandle) -> Pool {
        let members = (0..seats * MEMBERS_PER_SEAT).map(|_| Member::new()).collect();
        Pool { crew: Crew::new(seats), members, used: AtomicUsize::new(0), runtime }
    }

    /// The runtime, unless its last handle is gone.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        self.runtime.upgrade()
    }

    pub(crate) fn member(&self, index: usize) -> &Member {
        &self.members[index]
    }

    /// Takes a place, if one is free.
    pub(crate) fn take_place(&self) -> Option<usize> {
        let is_free = |member: &Member| {
            !member.taken.load(Ordering::Relaxed) && !member.taken.swap(true, Ordering::Acquire)
        };
        let index = self.members.iter().position(is_free)?;
        if index >= self.used.load(Ordering::Relaxed) {
            self.used.fetch_max(index + 1, Ordering::AcqRel);
        }
        Some(index)
    }

    /// The oldest job of some other member. Each thief begins behind itself.
    pub(crate) fn steal(&self, thief: usize) -> Option<JobRef> {
        self.others(thief).find_map(|member| member.deque.steal(thief))
    }

    /// A job that descends from `origin`, of any other member.
    pub(crate) fn steal_descendant(&self, origin: usize, thief: usize) -> Option<JobRef> {
        self.others(thief).find_map(|member| member.deque.steal_descendant(origin, thief))
    }

    fn others(&self, index: usize) -> impl Iterator<Item = &Member> {
        let used = self.used.load(Ordering::Acquire).max(1);
        (1..used).map(move |offset| &self.members[(index + offset) % used])
    }

    /// Some member has a job on offer.
    pub(crate) fn has_job(&self) -> bool {
        let used = self.used.load(Ordering::Acquire);
        self.members[..used].iter().any(|member| member.deque.has_job())
    }

    /// A job was made visible: sends for a thief, where one is needed.
    pub(crate) fn send_for_thief(self: &Arc<Self>, sender: Sender) {
        if self.crew.needs_thief() {
            Thief::send(self, sender);
        }
    }

    /// A thread has left the crew, or searches no more: whoever offered a job meanwhile may have counted
    /// on it.
    pub(crate) fn look_again(self: &Arc<Self>, sender: Sender) {
        if self.has_job() {
            self.send_for_thief(sender);
        }
    }
}
