//! What the acts themselves count: how many there were, and guests, which are values that futures,
//! closures and wakers hold. A guest that is left at the end is a future that was never dropped.
//! What was wrong is also collected here.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// More than this is counted and not kept: one fault may show thousands of times.
const FINDINGS_KEPT: usize = 20;

static ACTS: AtomicU64 = AtomicU64::new(0);
static GUESTS_MADE: AtomicU64 = AtomicU64::new(0);
static GUESTS_GONE: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static FINDINGS: Mutex<(u64, Vec<String>)> = Mutex::new((0, Vec::new()));

/// An act has ended.
pub(crate) fn act_ended() {
    ACTS.fetch_add(1, Ordering::Relaxed);
}

/// How many acts have ended.
pub(crate) fn acts() -> u64 {
    ACTS.load(Ordering::Relaxed)
}

/// Bytes came back from an echo as they were sent.
pub(crate) fn echoed(bytes: usize) {
    BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
}

/// How many bytes came back from echoes.
pub(crate) fn bytes_echoed() -> u64 {
    BYTES.load(Ordering::Relaxed)
}

/// Counted where it is made and where it is dropped.
#[derive(Debug)]
pub(crate) struct Guest(());

impl Guest {
    pub(crate) fn new() -> Guest {
        GUESTS_MADE.fetch_add(1, Ordering::Relaxed);
        Guest(())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        GUESTS_GONE.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many guests were made.
pub(crate) fn guests() -> u64 {
    GUESTS_MADE.load(Ordering::Relaxed)
}

/// How many guests are there now.
pub(crate) fn present() -> u64 {
    guests() - GUESTS_GONE.load(Ordering::Relaxed)
}

/// Every guest must be gone.
pub(crate) fn check(when: &str) {
    let left = present();
    if left != 0 {
        finding(format!("after {when} {left} of {} guests were never dropped", guests()));
    }
}

/// Something was wrong.
pub(crate) fn finding(what: String) {
    let mut findings = FINDINGS.lock();
    findings.0 += 1;
    if findings.1.len() < FINDINGS_KEPT {
        println!("WRONG: {what}");
        findings.1.push(what);
    }
}

/// All that was wrong, and how often something was.
pub(crate) fn findings() -> (u64, Vec<String>) {
    FINDINGS.lock().clone()
}
