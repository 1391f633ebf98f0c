//! Waiting in line: the one list of waiters that every lock and every signal of this crate uses.
//!
//! An object that can be waited for (a lock, a barrier) has a `WaitQueue`: a small lock around its
//! slow state and a first-in-first-out list. Whoever waits is a future that contains a `Waiting`.
//! Its `Node` is linked into the list without an allocation, which is why it must stay where it
//! is: `Waiting` is pinned. A `Waiting` is `enter`ed once it cannot have what it wants, then polled
//! until it is *granted*; the granter takes the node out of the list. Dropping a `Waiting` takes
//! constant time: a linked node is unlinked, and a grant that nobody came for goes back to the
//! object by `give_back`, which hands it to the next one. So whoever writes a future on top of this
//! has nothing to do for its cancellation.
//!
//! Wakers are foreign code. They are cloned before the lock is taken, and woken and dropped after it
//! is released, so that a panic or a call back into the same object does no harm.
//!
//! Invariants:
//! - I1: the links of a node in a list are touched only by who holds the lock of that list. The
//!   links of a node in no list are touched only by the owner of the `Waiting`, who has `Pin<&mut>`
//!   or is its drop. A node is in a list from `enter` until it is unlinked or granted.
//! - I2: a node in a list is in its place: `enter` needs a pinned `Waiting`, whose drop takes the
//!   node out. A leaked `Waiting` stays linked for ever, and its memory is never used again.
//! - I3: a list's pointers lead to nodes in that list and no others.
//! - I4: granting takes the node out of the list first; that it sets `granted` (Release) is the last
//!   thing that touches the node. The owner who sees it (Acquire) has the node to itself.
//! - I5: a `Waiting` meets one queue only. Its holder is a reference or an `Arc`, so the object
//!   cannot go or move meanwhile; that it leads to the same queue each time is checked.

use std::cell::Cell;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::shim::atomic::{AtomicBool, Ordering};
use crate::shim::{Mutex, MutexGuard, UnsafeCell, const_constructors};

/// An object with a line of waiters.
pub trait Waited: Sized {
    /// What the lock guards beside the list.
    type State;
    /// What a waiter says that it needs.
    type Need: Copy;
    /// What a waiter is told when it is granted.
    type Grant: Copy;

    /// The line.
    fn queue(&self) -> &WaitQueue<Self>;

    /// A waiter without a grant has just left the line, under the lock.
    fn left(&self, line: &mut Line<'_, Self>, need: Self::Need, wakes: &mut Wakes);

    /// A waiter was granted, and is dropped without having noticed.
    fn give_back(&self, need: Self::Need, grant: Self::Grant);
}

/// Something that contains a `Waited`, or is one.
pub trait House {
    /// What is waited for.
    type Object: Waited;

    /// The same one each time.
    fn object(&self) -> &Self::Object;
}

/// A pointer that keeps a house alive and in its place. Implemented here only (I5).
pub trait Holder {
    /// What it points to.
    type House: House + ?Sized;

    /// The same one each time.
    fn house(&self) -> &Self::House;

    /// What is waited for.
    fn object(&self) -> &Object<Self> {
        self.house().object()
    }
}

/// What is waited for through a holder.
pub(crate) type Object<H> = <<H as Holder>::House as House>::Object;

impl<H: House + ?Sized> Holder for &H {
    type House = H;

    fn house(&self) -> &H {
        self
    }
}

impl<H: House + ?Sized> Holder for Arc<H> {
    type House = H;

    fn house(&self) -> &H {
        self
    }
}

type NodePtr<O> = NonNull<Node<O>>;

/// See the module.
pub struct WaitQueue<O: Waited> {
    lock: Mutex<Guarded<O>>,
}

/// The wakers of those who were granted, to be woken after the lock is released.
#[derive(Default)]
pub struct Wakes {
    /// One is the usual number, and needs no memory.
    first: Option<Waker>,
    others: Vec<Waker>,
}

struct Guarded<O: Waited> {
    state: O::State,
    front: Option<NodePtr<O>>,
    back: Option<NodePtr<O>>,
}

// SAFETY: I1 (nodes are reached under the lock, from whatever thread).
unsafe impl<O: Waited<State: Send, Need: Send, Grant: Send>> Send for Guarded<O> {}

struct Node<O: Waited> {
    need: O::Need,
    granted: AtomicBool,
    links: UnsafeCell<Links<O>>,
}

struct Links<O: Waited> {
    towards_front: Option<NodePtr<O>>,
    towards_back: Option<NodePtr<O>>,
    waker: Option<Waker>,
    grant: Option<O::Grant>,
}

/// Where a waiter joins the line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Join<G> {
    /// There is nothing to wait for.
    No(G),
    /// It is the last one now.
    Back,
}

/// The end of the line that is granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Who waits longest.
    Front,
    /// Who came last.
    Back,
}

/// The queue while its lock is held.
pub struct Line<'q, O: Waited> {
    guarded: MutexGuard<'q, Guarded<O>>,
}

impl<O: Waited> WaitQueue<O> {
    const_constructors! {
        /// Nobody waits.
        pub(crate) const fn new(state: O::State) -> WaitQueue<O> {
            WaitQueue { lock: Mutex::new(Guarded { state, front: None, back: None }) }
        }
    }

    /// Takes the lock. Foreign code must not run before it is released.
    pub(crate) fn lock(&self) -> Line<'_, O> {
        Line { guarded: self.lock.lock() }
    }
}

impl<O: Waited> Line<'_, O> {
    /// The slow state.
    pub(crate) fn state(&mut self) -> &mut O::State {
        &mut self.guarded.state
    }

    /// Nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.guarded.front.is_none()
    }

    /// What the one at the front needs.
    pub(crate) fn front(&self) -> Option<O::Need> {
        // SAFETY: I2, I3 (it is in the list, whose lock is held).
        self.guarded.front.map(|node| unsafe { node.as_ref() }.need)
    }

    /// Grants the one at this end, if there is one.
    pub(crate) fn grant(&mut self, end: End, grant: O::Grant, wakes: &mut Wakes) -> bool {
        let node = match end {
            End::Front => self.guarded.front,
            End::Back => self.guarded.back,
        };
        let Some(node) = node else { return false };
        self.guarded.unlink(node);
        // SAFETY: I2, I4 (until `granted` is set the owner waits for the lock).
        let node = unsafe { node.as_ref() };
        let waker = node.links.with_mut(|links| {
            // SAFETY: I1 (the lock is held).
            let links = unsafe { &mut *links };
            links.grant = Some(grant);
            links.waker.take()
        });
        node.granted.store(true, Ordering::Release);
        waker.into_iter().for_each(|waker| wakes.push(waker));
        true
    }

    /// Grants everyone, first come first.
    pub(crate) fn grant_all(&mut self, grant: O::Grant, wakes: &mut Wakes) {
        while self.grant(End::Front, grant, wakes) {}
    }
}

impl<O: Waited> Guarded<O> {
    fn link_at_back(&mut self, node: NodePtr<O>) {
        let before = self.back.replace(node);
        with_links(node, |links| {
            links.towards_front = before;
            links.towards_back = None;
        });
        match before {
            Some(before) => with_links(before, |links| links.towards_back = Some(node)),
            None => self.front = Some(node),
        }
    }

    fn unlink(&mut self, node: NodePtr<O>) {
        let (before, after) =
            with_links(node, |links| (links.towards_front.take(), links.towards_back.take()));
        match before {
            Some(before) => with_links(before, |links| links.towards_back = after),
            None => self.front = after,
        }
        match after {
            Some(after) => with_links(after, |links| links.towards_front = before),
            None => self.back = before,
        }
    }
}

/// Changes the links of a node in the list whose lock is held.
fn with_links<O: Waited, R>(node: NodePtr<O>, change: impl FnOnce(&mut Links<O>) -> R) -> R {
    // SAFETY: I2 (it is in the list).
    let node = unsafe { node.as_ref() };
    // SAFETY: I1 (`Guarded`'s methods run under the lock).
    node.links.with_mut(|links| change(unsafe { &mut *links }))
}

/// One place in line, as a part of a future. See the module.
pub(crate) struct Waiting<H: Holder> {
    holder: H,
    /// The queue that the node is or was linked into; null before.
    queue: Cell<*const WaitQueue<Object<H>>>,
    /// From `enter` until the owner has noticed the grant.
    entered: Cell<bool>,
    node: Node<Object<H>>,
    _in_place: PhantomPinned,
}

// SAFETY: I1 (whoever has the `Waiting` touches its node by the rules, on whatever thread).
unsafe impl<H> Send for Waiting<H> where
    H: Holder<House: House<Object: Waited<State: Send, Need: Send, Grant: Send>>> + Send
{
}

// SAFETY: I1 (what a shared reference gives is the holder and the need).
unsafe impl<H: Holder<House: House<Object: Waited<Need: Sync>>> + Sync> Sync for Waiting<H> {}

impl<H: Holder> Waiting<H> {
    /// Not in line yet.
    pub(crate) fn new(holder: H, need: <Object<H> as Waited>::Need) -> Waiting<H> {
        Waiting {
            holder,
            queue: Cell::new(ptr::null()),
            entered: Cell::new(false),
            node: Node {
                need,
                granted: AtomicBool::new(false),
                links: UnsafeCell::new(Links {
                    towards_front: None,
                    towards_back: None,
                    waker: None,
                    grant: None,
                }),
            },
            _in_place: PhantomPinned,
        }
    }

    /// What keeps the object alive.
    pub(crate) fn holder(&self) -> &H {
        &self.holder
    }

    /// What is waited for.
    pub(crate) fn object(&self) -> &Object<H> {
        self.holder.object()
    }

    /// What this waiter needs.
    pub(crate) fn need(&self) -> <Object<H> as Waited>::Need {
        self.node.need
    }

    /// It is in line, or has a grant that it has not noticed.
    pub(crate) fn is_entered(self: Pin<&mut Self>) -> bool {
        self.entered.get()
    }

    /// Joins the line where `decide` says so; it is asked under the lock.
    pub(crate) fn enter<D>(
        self: Pin<&mut Self>,
        context: &Context<'_>,
        decide: D,
    ) -> Poll<<Object<H> as Waited>::Grant>
    where
        D: FnOnce(
            &Object<H>,
            &mut Line<'_, Object<H>>,
            &mut Wakes,
        ) -> Join<<Object<H> as Waited>::Grant>,
    {
        assert!(!self.entered.get(), "a waiter enters the line once at a time");
        let this = self.into_ref().get_ref();
        let waker = context.waker().clone();
        let mut wakes = Wakes::default();
        let mut line = this.queue().lock();
        let joins = decide(this.object(), &mut line, &mut wakes);
        if let Join::Back = joins {
            this.node.granted.store(false, Ordering::Relaxed);
            this.node.links.with_mut(|links| {
                // SAFETY: I1 (the node is in no list, and this is its owner).
                unsafe { &mut *links }.waker = Some(waker);
            });
            this.entered.set(true);
            line.guarded.link_at_back(NonNull::from(&this.node));
        }
        drop(line);
        wakes.wake();
        match joins {
            Join::No(grant) => Poll::Ready(grant),
            Join::Back => Poll::Pending,
        }
    }

    /// Looks whether there is a grant; `Pending`, to be woken, while there is none.
    pub(crate) fn poll_granted(
        self: Pin<&mut Self>,
        context: &Context<'_>,
    ) -> Poll<<Object<H> as Waited>::Grant> {
        let this = self.into_ref().get_ref();
        assert!(this.entered.get(), "only who is in line is granted");
        if !this.is_granted() && !this.keep_waker(context.waker()) {
            return Poll::Pending;
        }
        Poll::Ready(this.take_grant())
    }

    fn is_granted(&self) -> bool {
        self.node.granted.load(Ordering::Acquire)
    }

    /// Keeps the waker of this poll; true where a grant came first.
    fn keep_waker(&self, waker: &Waker) -> bool {
        let is_kept = |links: *mut Links<Object<H>>| {
            // SAFETY: I1 (not granted, so it is in the list, whose lock the callers hold).
            unsafe { &*links }.waker.as_ref().is_some_and(|kept| kept.will_wake(waker))
        };
        let line = self.queue().lock();
        if self.is_granted() || self.node.links.with_mut(is_kept) {
            return self.is_granted();
        }
        drop(line);
        let mut waker = Some(waker.clone());
        let line = self.queue().lock();
        if !self.is_granted() {
            // SAFETY: I1 (as above).
            self.node
                .links
                .with_mut(|links| std::mem::swap(&mut unsafe { &mut *links }.waker, &mut waker));
        }
        let granted = self.is_granted();
        drop(line);
        granted
    }

    fn take_grant(&self) -> <Object<H> as Waited>::Grant {
        self.entered.set(false);
        // SAFETY: I4 (granted: the owner has the node to itself).
        let grant = self.node.links.with_mut(|links| unsafe { &mut *links }.grant.take());
        grant.unwrap_or_else(|| cortado_probe::stop("I4", "a granted waiter has its grant"))
    }

    /// The object's queue, which is the same one each time.
    fn queue(&self) -> &WaitQueue<Object<H>> {
        let queue = self.holder.object().queue();
        if self.queue.get().is_null() {
            self.queue.set(queue);
        }
        if !ptr::eq(self.queue.get(), queue) {
            cortado_probe::stop("I5", "a waiter meets one queue only");
        }
        queue
    }
}

impl<H: Holder> Drop for Waiting<H> {
    fn drop(&mut self) {
        if !self.entered.get() {
            return;
        }
        let (object, need) = (self.holder.object(), self.node.need);
        if !self.is_granted() {
            let mut wakes = Wakes::default();
            let mut line = self.queue().lock();
            if !self.is_granted() {
                line.guarded.unlink(NonNull::from(&self.node));
                object.left(&mut line, need, &mut wakes);
                drop(line);
                return wakes.wake();
            }
        }
        object.give_back(need, self.take_grant());
    }
}

impl Wakes {
    /// Adds one.
    pub(crate) fn push(&mut self, waker: Waker) {
        match self.first {
            None => self.first = Some(waker),
            Some(_) => self.others.push(waker),
        }
    }

    /// Wakes all, in the order in which they were added. If one panics, the others are woken first.
    pub(crate) fn wake(mut self) {
        self.wake_all();
    }

    fn wake_all(&mut self) {
        if let Some(first) = self.first.take() {
            first.wake();
        }
        // An iterator that a panic drops would drop the wakers, not wake them.
        self.others.reverse();
        while let Some(waker) = self.others.pop() {
            waker.wake();
        }
    }
}

impl Drop for Wakes {
    fn drop(&mut self) {
        self.wake_all();
    }
}
