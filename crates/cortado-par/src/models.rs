//! Loom models of the protocols: the latch and its nudge, the slots, the lending of a stack's job, a scope's
//! queue and its end, and the crew that sends for thieves.
//!
//! N1: what a model sends a pointer to is there until its other thread has used it: the thread that made
//! it waits for the latch, or for the thread.

use std::sync::atomic::{AtomicUsize as Count, Ordering::Relaxed};

use cortado_core::work::Parker;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::crew::Crew;
use crate::deque::Deque;
use crate::job::{FnContext, JobRef, StackJob};
use crate::latch::Latch;
use crate::outstanding::Outstanding;
use crate::queue::Queue;
use crate::slots::Slots;

fn parker() -> std::sync::Arc<Parker> {
    std::sync::Arc::new(Parker::new())
}

fn latch(parker: &std::sync::Arc<Parker>) -> Latch {
    // SAFETY: L2 (each model makes the parker first, and so it goes last).
    unsafe { Latch::new(parker) }
}

/// A pointer that a model hands to its other thread.
struct Sent<T>(*const T);

// SAFETY: N1.
unsafe impl<T> Send for Sent<T> {}

/// The owner frees the latch as soon as it is set, and sees what was written before.
#[test]
fn loom_a_latch_is_set_once_and_then_freed() {
    loom::model(|| {
        let parker = parker();
        let latch = Box::new(self::latch(&parker));
        let written = Arc::new(AtomicUsize::new(0));
        let (sent, writes) = (Sent(&raw const *latch), written.clone());
        let setter = thread::spawn(move || {
            let sent = sent;
            writes.store(1, Ordering::Relaxed);
            // SAFETY: N1.
            unsafe { Latch::set(sent.0) };
        });
        latch.wait();
        drop(latch);
        assert_eq!(written.load(Ordering::Relaxed), 1);
        setter.join().expect("sets");
    });
}

/// Who waits for a latch sees what came into the queue before a nudge.
#[test]
fn loom_a_nudge_is_not_missed() {
    loom::model(|| {
        let parker = parker();
        let shared = Arc::new((latch(&parker), AtomicUsize::new(0)));
        let other = shared.clone();
        let spawner = thread::spawn(move || {
            other.1.store(1, Ordering::Relaxed);
            other.0.nudge();
        });
        let (latch, queued) = &*shared;
        while queued.load(Ordering::Relaxed) == 0 {
            latch.wait_or_nudge(|| queued.load(Ordering::Relaxed) == 1);
        }
        spawner.join().expect("nudges");
    });
}

/// One of the two runs the closure, and the owner gets its result.
#[test]
fn loom_a_job_is_taken_back_or_run_by_the_thief() {
    loom::model(|| {
        let parker = parker();
        let runs = std::sync::Arc::new(Count::new(0));
        let counted = runs.clone();
        let deque = Arc::new(Deque::new());
        let closure = move |context: FnContext| {
            counted.fetch_add(1, Relaxed);
            context.migrated()
        };
        let job = Box::new(StackJob::new(closure, latch(&parker)));
        // SAFETY: J1 (taken back or awaited below).
        assert!(deque.push(unsafe { job.lend() }));
        let victim = deque.clone();
        let thief = thread::spawn(move || {
            if let Some(job) = victim.steal(1) {
                job.run();
            }
        });
        let is_mine = deque.take_back(job.header());
        if !is_mine {
            job.latch().wait();
            assert_eq!(job.taker(), Some(1));
        }
        let migrated = job.end().unwrap_or_else(|closure| closure(FnContext::new(false)));
        assert_eq!((migrated, runs.load(Relaxed)), (!is_mine, 1));
        thief.join().expect("steals or not");
    });
}

/// Of several jobs, one after the other at the same address, each is run once: by its owner or by one of
/// two thieves.
#[test]
fn loom_jobs_in_slots_are_run_once() {
    loom::model(|| {
        let parker = parker();
        let runs = Arc::new([const { Count::new(0) }; 3]);
        let slots = Arc::new(Slots::<2>::new());
        let job = |index: usize| {
            let runs = runs.clone();
            let closure = move |_: FnContext| runs[index].fetch_add(1, Relaxed);
            Box::new(StackJob::new(closure, latch(&parker)))
        };
        let thieves: Vec<_> = (0..2)
            .map(|_| {
                let slots = slots.clone();
                thread::spawn(move || slots.take_oldest(0).map(JobRef::run))
            })
            .collect();
        let old = job(0);
        // SAFETY: J1 (taken back or awaited below).
        assert!(slots.put(unsafe { old.lend() }, 0, || ()).is_ok());
        for index in 1..3 {
            let young = job(index);
            // SAFETY: J1 (as above).
            let put = slots.put(unsafe { young.lend() }, index, || ());
            if put.is_err() || slots.take_back(young.header()) {
                runs[index].fetch_add(1, Relaxed);
            } else {
                young.latch().wait();
            }
        }
        if slots.take_back(old.header()) {
            runs[0].fetch_add(1, Relaxed);
        } else {
            old.latch().wait();
        }
        for thief in thieves {
            thief.join().expect("takes or not");
        }
        assert!(runs.iter().all(|runs| runs.load(Relaxed) == 1));
    });
}

/// Who waits for a job takes what descends from it, and nothing that was there before.
#[test]
fn loom_only_descendants_are_taken_while_the_job_runs() {
    loom::model(|| {
        let parker = parker();
        let deque = Arc::new(Deque::new());
        let older = Box::new(StackJob::new(|_: FnContext| (), latch(&parker)));
        let younger = Box::new(StackJob::new(|_: FnContext| (), latch(&parker)));
        // SAFETY: J1 (taken back below).
        assert!(deque.push(unsafe { older.lend() }));
        let waiter = {
            let deque = deque.clone();
            let younger = younger.header() as usize;
            thread::spawn(move || {
                if let Some(job) = deque.steal_descendant(77, 1) {
                    assert_eq!(job.origin(), younger);
                    job.run();
                }
            })
        };
        deque.begin_frame(77);
        // SAFETY: J1 (taken back or awaited below).
        assert!(deque.push(unsafe { younger.lend() }));
        if !deque.take_back(younger.header()) {
            younger.latch().wait();
        }
        deque.end_frame();
        assert!(deque.take_back(older.header()));
        waiter.join().expect("takes the younger or nothing");
    });
}

/// The owner frees what is outstanding as soon as nothing is, and sees what the jobs wrote.
#[test]
fn loom_a_scope_ends_after_its_jobs() {
    loom::model(|| {
        let parker = parker();
        // SAFETY: L2 (the parker goes last).
        let outstanding = Box::new(unsafe { Outstanding::new(&raw const parker) });
        let written = Arc::new(AtomicUsize::new(0));
        let jobs: Vec<_> = (0..2)
            .map(|_| {
                outstanding.add();
                let (sent, writes) = (Sent(&raw const *outstanding), written.clone());
                thread::spawn(move || {
                    let sent = sent;
                    writes.fetch_add(1, Ordering::Relaxed);
                    // SAFETY: N1 (and each of the two that were added ends once).
                    unsafe { Outstanding::end(sent.0) };
                })
            })
            .collect();
        if !outstanding.end_own() {
            outstanding.latch().wait();
        }
        drop(outstanding);
        assert_eq!(written.load(Ordering::Relaxed), 2);
        jobs.into_iter().for_each(|job| job.join().expect("ends"));
    });
}

/// What the owner and another thread spawn into a scope is run once, by the owner or by a thief, who looks
/// into the scope's queue only while the scope is open.
#[test]
fn loom_jobs_of_an_open_scope_are_run_once() {
    loom::model(|| {
        let parker = parker();
        let runs = Arc::new([const { Count::new(0) }; 2]);
        let jobs = [0, 1].map(|index| {
            let runs = runs.clone();
            let closure = move |_: FnContext| runs[index].fetch_add(1, Relaxed);
            Box::new(StackJob::new(closure, latch(&parker)))
        });
        let deque = Arc::new(Deque::new());
        let victim = deque.clone();
        let thief = thread::spawn(move || victim.steal(1).map(JobRef::run));
        let queue = Box::new(Queue::new());
        deque.open(&queue);
        // SAFETY: J1 (run below, or awaited).
        queue.push_own(unsafe { jobs[0].lend() });
        // SAFETY: J1 (as above).
        queue.push(unsafe { jobs[1].lend() });
        while let Some(job) = queue.pop_back() {
            job.run();
        }
        deque.close(&queue);
        drop(queue);
        jobs.iter().for_each(|job| job.latch().wait());
        thief.join().expect("takes one or none");
        assert!(runs.iter().all(|runs| runs.load(Relaxed) == 1));
    });
}

/// A pool of counts: as `Pool`, but jobs are a number, and a thief that is sent for is counted.
struct Counted {
    crew: Crew,
    jobs: AtomicUsize,
    sent: AtomicUsize,
}

impl Counted {
    fn new(seats: usize) -> Arc<Counted> {
        let [jobs, sent] = [0; 2].map(AtomicUsize::new);
        Arc::new(Counted { crew: Crew::new(seats), jobs, sent })
    }

    fn offer(&self) {
        self.jobs.fetch_add(1, Ordering::Relaxed);
        self.send_for_thief();
    }

    fn send_for_thief(&self) {
        if self.crew.needs_thief() {
            self.sent.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn look_again(&self) {
        if self.jobs.load(Ordering::Relaxed) > 0 {
            self.send_for_thief();
        }
    }

    fn take(&self) -> bool {
        let less = |jobs: usize| jobs.checked_sub(1);
        self.jobs.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// As the thief's life, for one that was counted.
    fn serve(&self) {
        while self.take() {
            if self.crew.found() {
                self.look_again();
            }
            self.crew.search();
        }
        self.crew.found();
        self.crew.go();
        self.look_again();
    }
}

fn no_job_is_left(offers: usize, seats: usize) {
    loom::model(move || {
        let pool = Counted::new(seats);
        let thief = {
            let pool = pool.clone();
            assert!(pool.crew.needs_thief());
            thread::spawn(move || pool.serve())
        };
        (0..offers).for_each(|_| pool.offer());
        thief.join().expect("serves");
        // Whoever was sent for meanwhile comes now, one after the other.
        while pool
            .sent
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |sent| sent.checked_sub(1))
            .is_ok()
        {
            pool.serve();
        }
        assert_eq!(pool.jobs.load(Ordering::Relaxed), 0);
        assert!(pool.crew.needs_thief(), "nobody is counted any more");
    });
}

#[test]
fn loom_a_thief_that_goes_leaves_no_job() {
    no_job_is_left(1, 1);
}

#[test]
fn loom_two_offers_and_two_thieves() {
    no_job_is_left(2, 2);
}
