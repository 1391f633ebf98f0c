//! `CancellationToken`: telling many tasks to stop, as a tree.
//!
//! A token is a handle to a node. A node holds its parent alive, so that a cancellation above
//! reaches it also when the tokens between are gone; a parent knows its children by weak pointers,
//! each in a slot that the child gives back when it goes. Cancelling and dropping go through the
//! tree by loops over lists of their own, so neither a deep nor a wide tree needs stack.
//!
//! A node's list of children and its being cancelled change under the lock of its line. So a child
//! that is made while its parent is being cancelled is either in the list that is gone through, or
//! is cancelled from the start.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};

use cortado_probe::{Wait, turn};
use slab::Slab;

use crate::report::{Identity, waits};
use crate::shim::atomic::{AtomicBool, Ordering};
use crate::wait_list::{Holder, House, Join, Line, WaitQueue, Waited, Waiting, Wakes};

/// Tells tasks to stop. Clones are the same token; a [`child_token`](CancellationToken::child_token)
/// is cancelled with its parent, but not the other way round.
///
/// # Examples
/// ```
/// use cortado_sync::CancellationToken;
///
/// # use cortado_sync::Blocking;
/// # async fn task() {
/// let server = CancellationToken::new();
/// let connection = server.child_token();
/// server.cancel();
/// connection.cancelled().await;
/// assert!(connection.is_cancelled());
/// assert_eq!(connection.run_until_cancelled(std::future::pending::<()>()).await, None);
/// # }
/// # task().wait();
/// ```
#[derive(Clone)]
pub struct CancellationToken {
    node: Arc<Node>,
}

/// One place of the tree.
pub struct Node {
    is_cancelled: AtomicBool,
    queue: WaitQueue<Node>,
    parent: Option<Parent>,
    identity: Identity,
}

struct Parent {
    node: Arc<Node>,
    /// This node's place among the children.
    key: usize,
}

impl Waited for Node {
    /// The children.
    type State = Slab<Weak<Node>>;
    type Need = ();
    type Grant = ();

    fn queue(&self) -> &WaitQueue<Node> {
        &self.queue
    }

    fn left(&self, _line: &mut Line<'_, Node>, _need: (), _wakes: &mut Wakes) {}

    fn give_back(&self, _need: (), _grant: ()) {}
}

impl House for Node {
    type Object = Node;

    fn object(&self) -> &Node {
        self
    }
}

impl Node {
    fn new(parent: Option<Parent>, is_cancelled: bool) -> Node {
        Node {
            is_cancelled: AtomicBool::new(is_cancelled),
            queue: WaitQueue::new(Slab::new()),
            parent,
            identity: Identity::new(),
        }
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Acquire)
    }

    /// Cancels this node alone, and adds its children to `next`.
    fn cancel(&self, next: &mut Vec<Arc<Node>>) {
        let mut wakes = Wakes::default();
        let mut line = self.queue.lock();
        self.is_cancelled.store(true, Ordering::Release);
        line.grant_all((), &mut wakes);
        // The slots stay, each until its child gives it back.
        next.extend(line.state().iter().filter_map(|(_, child)| child.upgrade()));
        drop(line);
        wakes.wake();
    }

    /// Takes leave of the parent.
    fn leave(&mut self) -> Option<Arc<Node>> {
        let Parent { node, key } = self.parent.take()?;
        let left = node.queue.lock().state().try_remove(key);
        drop(left);
        Some(node)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let mut parent = self.leave();
        // The last child of a node ends it, and that one may be the last child of the next.
        while let Some(mut node) = parent.and_then(Arc::into_inner) {
            parent = node.leave();
        }
    }
}

impl CancellationToken {
    /// A token that is not cancelled, and has no parent.
    pub fn new() -> CancellationToken {
        CancellationToken { node: Arc::new(Node::new(None, false)) }
    }

    /// A token that is cancelled when this one is, or by itself.
    pub fn child_token(&self) -> CancellationToken {
        let mut line = self.node.queue.lock();
        if self.node.is_cancelled() {
            drop(line);
            return CancellationToken { node: Arc::new(Node::new(None, true)) };
        }
        let children = line.state();
        let place = children.vacant_entry();
        let parent = Parent { node: self.node.clone(), key: place.key() };
        let node = Arc::new(Node::new(Some(parent), false));
        place.insert(Arc::downgrade(&node));
        CancellationToken { node }
    }

    /// Cancels this token and all below it. When it returns, all of them are cancelled, unless
    /// another thread was cancelling the same ones and is not done yet.
    pub fn cancel(&self) {
        let mut next = vec![self.node.clone()];
        while let Some(node) = next.pop() {
            if !node.is_cancelled() {
                node.cancel(&mut next);
            }
        }
    }

    /// It was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.node.is_cancelled()
    }

    /// Waits until the token is cancelled.
    ///
    /// **Cancel safety**: nothing is lost.
    #[track_caller]
    pub fn cancelled(&self) -> Cancelled<'_> {
        WaitForCancellation::new(&self.node)
    }

    /// As [`cancelled`](CancellationToken::cancelled), with a future that owns the token.
    ///
    /// **Cancel safety**: nothing is lost.
    #[track_caller]
    pub fn cancelled_owned(self) -> CancelledOwned {
        WaitForCancellation::new(self.node)
    }

    /// Runs `future` until the token is cancelled: `None` then, and `future` is dropped with this
    /// one. A future that is ready in the same poll wins.
    ///
    /// **Cancel safety**: that of `future`.
    #[track_caller]
    pub fn run_until_cancelled<F: Future>(&self, future: F) -> RunUntilCancelled<F, Cancelled<'_>> {
        RunUntilCancelled { future, cancelled: self.cancelled() }
    }

    /// As [`run_until_cancelled`](CancellationToken::run_until_cancelled), with a future that owns
    /// the token.
    ///
    /// **Cancel safety**: that of `future`.
    #[track_caller]
    pub fn run_until_cancelled_owned<F: Future>(
        self,
        future: F,
    ) -> RunUntilCancelled<F, CancelledOwned> {
        RunUntilCancelled { future, cancelled: self.cancelled_owned() }
    }

    /// Cancels the token when the guard is dropped.
    ///
    /// # Examples
    /// ```
    /// # use cortado_sync::CancellationToken;
    /// let token = CancellationToken::new();
    /// let guard = token.clone().drop_guard();
    /// drop(guard);
    /// assert!(token.is_cancelled());
    /// ```
    pub fn drop_guard(self) -> DropGuard {
        DropGuard { token: Some(self) }
    }

    /// As [`drop_guard`](CancellationToken::drop_guard), with a guard that borrows the token.
    pub fn drop_guard_ref(&self) -> DropGuardRef<'_> {
        DropGuardRef { token: Some(self) }
    }
}

impl Default for CancellationToken {
    fn default() -> Self {
        CancellationToken::new()
    }
}

/// The same token, not an equal state.
impl PartialEq for CancellationToken {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.node, &other.node)
    }
}

impl Eq for CancellationToken {}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken").field("is_cancelled", &self.is_cancelled()).finish()
    }
}

/// Cancels a token when it is dropped.
#[derive(Debug)]
#[must_use = "the token is cancelled at once if the guard is not kept"]
pub struct DropGuard {
    token: Option<CancellationToken>,
}

impl DropGuard {
    /// Gives the token back without cancelling it.
    pub fn disarm(mut self) -> CancellationToken {
        self.token.take().expect("a guard has its token until it is dropped")
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = self.token.take() {
            token.cancel();
        }
    }
}

/// Cancels a borrowed token when it is dropped.
#[derive(Debug)]
#[must_use = "the token is cancelled at once if the guard is not kept"]
pub struct DropGuardRef<'a> {
    token: Option<&'a CancellationToken>,
}

impl<'a> DropGuardRef<'a> {
    /// Gives the token back without cancelling it.
    pub fn disarm(mut self) -> &'a CancellationToken {
        self.token.take().expect("a guard has its token until it is dropped")
    }
}

impl Drop for DropGuardRef<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.token.take() {
            token.cancel();
        }
    }
}

/// The future of [`CancellationToken::cancelled`].
pub type Cancelled<'a> = WaitForCancellation<&'a Node>;
/// The future of [`CancellationToken::cancelled_owned`].
pub type CancelledOwned = WaitForCancellation<Arc<Node>>;

pin_project_lite::pin_project! {
    /// Waits until a token is cancelled.
    #[must_use = "futures do nothing unless they are awaited, or `wait` is called"]
    pub struct WaitForCancellation<H>
    where
        H: Holder,
        H::House: House<Object = Node>,
    {
        #[pin]
        waiting: Waiting<H>,
        location: &'static Location<'static>,
    }
}

impl<H: Holder<House: House<Object = Node>>> WaitForCancellation<H> {
    #[track_caller]
    fn new(holder: H) -> Self {
        WaitForCancellation { waiting: Waiting::new(holder, ()), location: Location::caller() }
    }
}

impl<H: Holder<House: House<Object = Node>>> Future for WaitForCancellation<H> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let progress = ready!(turn::proceed(context, this.location));
        let join = |node: &Node| if node.is_cancelled() { Join::No(()) } else { Join::Back };
        let waited = match this.waiting.as_mut().is_entered() {
            true => this.waiting.as_mut().poll_granted(context),
            false if this.waiting.object().is_cancelled() => Poll::Ready(()),
            false => this.waiting.as_mut().enter(context, |node, _, _| join(node)),
        };
        match waited.is_pending() {
            true => waits(Wait::Cancelled, &this.waiting.object().identity, this.location),
            false => progress.made(),
        }
        waited
    }
}

pin_project_lite::pin_project! {
    /// The future of [`CancellationToken::run_until_cancelled`].
    #[must_use = "futures do nothing unless they are awaited, or `wait` is called"]
    pub struct RunUntilCancelled<F, C> {
        #[pin]
        future: F,
        #[pin]
        cancelled: C,
    }
}

impl<F: Future, C: Future<Output = ()>> Future for RunUntilCancelled<F, C> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let this = self.project();
        if let Poll::Ready(output) = this.future.poll(context) {
            return Poll::Ready(Some(output));
        }
        this.cancelled.poll(context).map(|()| None)
    }
}
