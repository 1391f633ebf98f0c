//! The depot of recycled memory: each bundle is taken once, by a thread that sees what was written
//! to it before.

use std::ptr::{self, NonNull};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::each_once;
use crate::task::Depot;

/// What stands for the memory of the bundles, by their numbers.
type Written = Vec<AtomicUsize>;

/// A bundle that the caller has written to. Nobody follows its pointer.
fn bundle(written: &Written, number: usize) -> *mut u8 {
    written[number].store(number, Ordering::Relaxed);
    ptr::without_provenance_mut(number)
}

fn opened(written: &Written, bundle: *mut u8) -> u64 {
    let number = bundle.addr();
    assert_eq!(written[number].load(Ordering::Relaxed), number, "its writes are seen");
    number as u64
}

/// Puts a bundle, and takes one; returns those that are the caller's in the end.
fn exchange(depot: &Depot<u8>, written: &Written, number: usize) -> Vec<u64> {
    let own = bundle(written, number);
    let refused = if depot.put(own) { None } else { Some(own) };
    let taken = depot.take().map(NonNull::as_ptr);
    refused.into_iter().chain(taken).map(|bundle| opened(written, bundle)).collect()
}

/// Two threads give and take at once; the depot has two places only, so one of three bundles may
/// find none and stay with its giver.
#[test]
fn loom_bundles_change_hands_once() {
    loom::model(|| {
        let written: Written = (0..4).map(|_| AtomicUsize::new(0)).collect();
        let shared = Arc::new((Depot::new(), written));
        assert!(shared.0.put(bundle(&shared.1, 1)));
        let other = shared.clone();
        let giver = thread::spawn(move || exchange(&other.0, &other.1, 2));
        let mut found = exchange(&shared.0, &shared.1, 3);
        found.extend(giver.join().unwrap());
        let left = std::iter::from_fn(|| shared.0.take());
        found.extend(left.map(|bundle| opened(&shared.1, bundle.as_ptr())));
        each_once(found, vec![1, 2, 3]);
    });
}
