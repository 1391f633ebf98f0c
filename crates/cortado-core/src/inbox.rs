//! Inbox: a list that any thread pushes to without ever waiting for another, and that its owner
//! empties in one step.
//!
//! It is Treiber's stack (R. K. Treiber, "Systems Programming: Coping with Parallelism", IBM
//! RJ 5118, 1986) with take-all as the only removal, so the ABA problem does not arise: no pop
//! compares a pointer that it read earlier. A producer that is preempted in the middle of a push
//! has changed nothing yet, so threads of different OS priority can share an inbox without
//! inversion. The nodes bring their own link; pushing allocates nothing.
//!
//! Invariants:
//! - I1: a handle is turned into a pointer exactly once per push, and back exactly once by the
//!   `Chain` that took it. While the list owns a node, nobody else touches its link.
//! - I2: a node's link is written before the node is published by the compare-exchange on `head`
//!   (Release), and read after the swap that took it (Acquire).
//! - I3: a push is a step of the single order of all SeqCst steps. So who reads by SeqCst what the owner
//!   says before it falls asleep may rely on it, without a fence of its own.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use crate::shim::atomic::{AtomicPtr, Ordering};

/// A node type that lends one link to the list that owns it.
///
/// # Safety
/// `link` must return the same atomic for the same node, and for as long as the list owns the
/// node nobody else may write it. A node may be in one list at a time.
pub(crate) unsafe trait Linked: Sized {
    /// The owning form of a node outside of any list.
    type Handle;

    /// Gives the node to a list.
    fn into_ptr(handle: Self::Handle) -> NonNull<Self>;

    /// Takes the node back from a list.
    ///
    /// # Safety
    /// `ptr` comes from `into_ptr` and was not taken back yet.
    unsafe fn from_ptr(ptr: NonNull<Self>) -> Self::Handle;

    /// The link that the list may use while it owns the node.
    fn link(&self) -> &AtomicPtr<Self>;
}

/// See the module.
pub(crate) struct Inbox<T: Linked> {
    head: AtomicPtr<T>,
    owns: PhantomData<T::Handle>,
}

// SAFETY: I1 (an inbox only passes handles on, each to one thread; nobody reads a node in it).
unsafe impl<T: Linked> Send for Inbox<T> where T::Handle: Send {}
// SAFETY: I1 (as above).
unsafe impl<T: Linked> Sync for Inbox<T> where T::Handle: Send {}

impl<T: Linked> Inbox<T> {
    /// An empty inbox.
    pub(crate) fn new() -> Self {
        Inbox { head: AtomicPtr::new(ptr::null_mut()), owns: PhantomData }
    }

    /// True where nothing was pushed since the last `take_all`.
    pub(crate) fn is_empty(&self) -> bool {
        self.head.load(Ordering::Acquire).is_null()
    }

    /// Adds one node; true where the inbox was empty.
    pub(crate) fn push(&self, handle: T::Handle) -> bool {
        let node = T::into_ptr(handle);
        self.publish(node, node)
    }

    /// Adds all nodes of `chain` in one step; they come out in the chain's order.
    pub(crate) fn push_chain(&self, mut chain: Chain<T>) {
        chain.reverse();
        if let Some((first, last)) = chain.release() {
            self.publish(first, last);
        }
    }

    fn publish(&self, first: NonNull<T>, last: NonNull<T>) -> bool {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: I1 (the list owns `last` from here on, it was just given up).
            unsafe { last.as_ref() }.link().store(head, Ordering::Relaxed);
            match self.head.compare_exchange_weak(
                head,
                first.as_ptr(),
                Ordering::SeqCst,
                Ordering::Relaxed,
            ) {
                Ok(_) => return head.is_null(),
                Err(now) => head = now,
            }
        }
    }

    /// Takes everything that was pushed, oldest first.
    pub(crate) fn take_all(&self) -> Chain<T> {
        if self.is_empty() {
            return Chain::new();
        }
        let newest = self.head.swap(ptr::null_mut(), Ordering::AcqRel);
        let mut chain = Chain::from_newest(newest);
        chain.reverse();
        chain
    }
}

impl<T: Linked> Drop for Inbox<T> {
    fn drop(&mut self) {
        drop(self.take_all());
    }
}

/// Nodes in order, owned by one thread: what an inbox held, or a batch on its way into one.
pub(crate) struct Chain<T: Linked> {
    first: *mut T,
    last: *mut T,
    len: usize,
    owns: PhantomData<T::Handle>,
}

// SAFETY: I1 (a chain is the only owner of its nodes, as a Vec of handles would be).
unsafe impl<T: Linked> Send for Chain<T> where T::Handle: Send {}

impl<T: Linked> Chain<T> {
    /// A chain of nothing.
    pub(crate) fn new() -> Self {
        Chain { first: ptr::null_mut(), last: ptr::null_mut(), len: 0, owns: PhantomData }
    }

    fn from_newest(newest: *mut T) -> Self {
        let mut chain = Chain { first: newest, last: newest, len: 0, owns: PhantomData };
        let mut node = newest;
        while let Some(at) = NonNull::new(node) {
            chain.last = node;
            chain.len += 1;
            // SAFETY: I1, I2 (the swap took the whole list, and shows its links).
            node = unsafe { at.as_ref() }.link().load(Ordering::Relaxed);
        }
        chain
    }

    /// How many nodes it holds.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// True where it holds none.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// Adds a node behind the last.
    pub(crate) fn push_back(&mut self, handle: T::Handle) {
        let node = T::into_ptr(handle);
        // SAFETY: I1 (the chain owns the node from here on).
        unsafe { node.as_ref() }.link().store(ptr::null_mut(), Ordering::Relaxed);
        self.link_last(node.as_ptr());
        self.last = node.as_ptr();
        self.len += 1;
    }

    fn link_last(&mut self, next: *mut T) {
        match NonNull::new(self.last) {
            // SAFETY: I1 (the chain owns its last node).
            Some(last) => unsafe { last.as_ref() }.link().store(next, Ordering::Relaxed),
            None => self.first = next,
        }
    }

    /// Takes the first node.
    pub(crate) fn pop_front(&mut self) -> Option<T::Handle> {
        let node = NonNull::new(self.first)?;
        // SAFETY: I1 (the chain owns its nodes).
        self.first = unsafe { node.as_ref() }.link().load(Ordering::Relaxed);
        self.len -= 1;
        if self.first.is_null() {
            self.last = ptr::null_mut();
        }
        // SAFETY: I1 (the node was unlinked just now, so it is taken back once).
        Some(unsafe { T::from_ptr(node) })
    }

    fn reverse(&mut self) {
        let mut done: *mut T = ptr::null_mut();
        let mut node = self.first;
        while let Some(at) = NonNull::new(node) {
            // SAFETY: I1 (the chain owns its nodes).
            let link = unsafe { at.as_ref() }.link();
            let next = link.load(Ordering::Relaxed);
            link.store(done, Ordering::Relaxed);
            done = node;
            node = next;
        }
        std::mem::swap(&mut self.first, &mut self.last);
        debug_assert_eq!(done, self.first);
    }

    fn release(&mut self) -> Option<(NonNull<T>, NonNull<T>)> {
        let ends = NonNull::new(self.first).zip(NonNull::new(self.last));
        self.first = ptr::null_mut();
        self.last = ptr::null_mut();
        self.len = 0;
        ends
    }
}

impl<T: Linked> Iterator for Chain<T> {
    type Item = T::Handle;

    fn next(&mut self) -> Option<T::Handle> {
        self.pop_front()
    }
}

impl<T: Linked> Drop for Chain<T> {
    fn drop(&mut self) {
        while self.pop_front().is_some() {}
    }
}

/// A box of anything, with the link that an inbox needs.
pub(crate) struct Parcel<T> {
    link: AtomicPtr<Parcel<T>>,
    content: T,
}

impl<T> Parcel<T> {
    /// Packs `content`.
    pub(crate) fn pack(content: T) -> Box<Parcel<T>> {
        Box::new(Parcel { link: AtomicPtr::new(ptr::null_mut()), content })
    }

    /// Gives the content back.
    pub(crate) fn unpack(self) -> T {
        self.content
    }
}

// SAFETY: I1 (a box owns its node alone, and the link is private to this file).
unsafe impl<T> Linked for Parcel<T> {
    type Handle = Box<Parcel<T>>;

    fn into_ptr(handle: Box<Parcel<T>>) -> NonNull<Self> {
        NonNull::from(Box::leak(handle))
    }

    unsafe fn from_ptr(ptr: NonNull<Self>) -> Box<Parcel<T>> {
        // SAFETY: I1 (this takes back the box that `into_ptr` gave up).
        unsafe { Box::from_raw(ptr.as_ptr()) }
    }

    fn link(&self) -> &AtomicPtr<Self> {
        &self.link
    }
}
