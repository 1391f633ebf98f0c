//! What the blocking pool promises: every job runs once or is dropped, within the bound.

#[cfg(loom)]
mod models {
    use crate::blocking::Shared;
    use crate::blocking::census::{Census, Needed, Next};
    use crate::sys::futex::Futex;
    use loom::sync::Arc;
    use loom::sync::atomic::Ordering;
    use loom::thread;
    use std::time::Duration;

    /// A thread that goes idle while a job comes: the job runs, and the thread ends at the close.
    #[test]
    fn loom_job_meets_a_thread_going_idle() {
        loom::model(|| {
            let shared = Arc::new(Shared::new(1, Duration::MAX));
            let ran = std::sync::Arc::new(Futex::new(0));
            assert_eq!(shared.census.submit(), Needed::Thread);
            assert_eq!(shared.census.claim_or_rest(), Next::Run);
            let server = shared.clone();
            let thread = thread::spawn(move || server.serve());
            let job = ran.clone();
            let made = shared.submit(Box::new(move || {
                job.store(1, Ordering::SeqCst);
                job.wake_all();
            }));
            assert!(!made, "one thread is the bound");
            while ran.load(Ordering::SeqCst) == 0 {
                ran.wait(0, None);
            }
            shared.close();
            thread.join().expect("serves");
            assert_eq!(shared.census.metrics().threads, 0);
        });
    }

    /// A thread whose time is up while a job comes: it takes the job, or the job asks for another.
    #[test]
    fn loom_job_meets_a_thread_ending() {
        loom::model(|| {
            let census = Arc::new(Census::new(1));
            assert_eq!(census.submit(), Needed::Thread);
            assert_eq!(census.claim_or_rest(), Next::Run);
            assert_eq!(census.claim_or_rest(), Next::Rest);
            let other = census.clone();
            let thread = thread::spawn(move || other.claim_or_end());
            let needed = census.submit();
            match thread.join().expect("decides") {
                Next::Run => assert_eq!(needed, Needed::Permit),
                Next::End => assert_eq!(needed, Needed::Thread),
                Next::Rest => panic!("its time is up"),
            }
        });
    }

    /// A thread that cannot be made while the job that asked for it is closed away, or not.
    #[test]
    fn loom_failed_thread_meets_the_close() {
        loom::model(|| {
            let census = Arc::new(Census::new(1));
            assert_eq!(census.submit(), Needed::Thread);
            let other = census.clone();
            let thread = thread::spawn(move || other.still_needed());
            census.close();
            let again = thread.join().expect("decides");
            assert!(!again || !census.still_needed());
            assert_eq!(census.metrics().threads, 0);
        });
    }
}

#[cfg(not(loom))]
mod promises {
    use std::collections::HashSet;
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;
    use std::time::Duration;

    use parking_lot::Mutex;

    use crate::blocking::census::Needed;
    use crate::blocking::{BlockingPool, Shared};
    use crate::spawner::{Answer, Spawner};

    fn pool(max_threads: usize, keep_alive: Duration) -> BlockingPool {
        let spawner = Arc::new(Spawner::new().expect("one thread"));
        BlockingPool::new(spawner, max_threads, keep_alive, "cortado-blocking")
    }

    fn spawn(pool: &BlockingPool, job: impl FnOnce() + Send + 'static) {
        assert!(pool.spawn(Box::new(job)).is_ok(), "the pool is open");
    }

    /// A job that says that it runs and then waits to be let go.
    fn held_job(pool: &BlockingPool) -> (Receiver<()>, Sender<()>) {
        let (running, runs) = channel();
        let (let_go, held) = channel::<()>();
        spawn(pool, move || {
            running.send(()).expect("the test listens");
            let _ = held.recv();
        });
        (runs, let_go)
    }

    #[test]
    fn every_job_runs_once_within_the_bound() {
        let pool = pool(3, Duration::from_secs(60));
        let (ran, at_once, peak) =
            (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default(), Arc::default());
        let names: Arc<Mutex<HashSet<String>>> = Arc::default();
        let (sender, done) = channel();
        for _ in 0..500 {
            let (ran, at_once, names) = (ran.clone(), at_once.clone(), names.clone());
            let (peak, sender): (Arc<AtomicUsize>, _) = (Arc::clone(&peak), sender.clone());
            spawn(&pool, move || {
                peak.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let name = thread::current().name().expect("it has a name").to_owned();
                names.lock().insert(name);
                ran.fetch_add(1, Ordering::SeqCst);
                at_once.fetch_sub(1, Ordering::SeqCst);
                sender.send(()).expect("the test listens");
            });
        }
        drop(sender);
        assert_eq!(done.iter().count(), 500);
        assert_eq!(ran.load(Ordering::SeqCst), 500);
        assert!(peak.load(Ordering::SeqCst) <= 3);
        let expected = ["cortado-blocking-0", "cortado-blocking-1", "cortado-blocking-2"];
        assert!(names.lock().iter().all(|name| expected.contains(&&**name)));
        assert!(pool.shutdown(None));
        assert_eq!(pool.metrics().threads, 0);
    }

    #[test]
    fn a_job_never_waits_behind_one_that_blocks_below_the_bound() {
        let pool = pool(64, Duration::from_secs(60));
        let held: Vec<_> = (0..10).map(|_| held_job(&pool)).collect();
        held.iter().for_each(|(runs, _)| runs.recv().expect("it runs"));
        let metrics = pool.metrics();
        assert_eq!((metrics.threads, metrics.idle, metrics.queued), (10, 0, 0));
        drop(held);
        assert!(pool.shutdown(None));
    }

    #[test]
    fn idle_thread_is_used_again() {
        let pool = pool(64, Duration::from_secs(60));
        for _ in 0..50 {
            let (runs, let_go) = held_job(&pool);
            runs.recv().expect("it runs");
            drop(let_go);
            while pool.metrics().idle == 0 {
                thread::yield_now();
            }
        }
        assert_eq!(pool.metrics().threads, 1);
        assert_eq!(pool.metrics().max_threads, 64);
        assert!(pool.shutdown(None));
    }

    #[test]
    fn idle_threads_end_after_keep_alive_and_come_back_for_a_job() {
        let pool = pool(4, Duration::from_millis(1));
        for _ in 0..20 {
            let (runs, let_go) = held_job(&pool);
            runs.recv().expect("it runs");
            drop(let_go);
            assert!(pool.shared.wait_for_ends(None));
        }
        assert_eq!(pool.metrics().threads, 0);
    }

    #[test]
    fn panics_are_caught_also_in_the_drop_of_a_panic() {
        struct Worse;
        impl Drop for Worse {
            fn drop(&mut self) {
                std::panic::resume_unwind(Box::new("worse"));
            }
        }
        let pool = pool(1, Duration::from_secs(60));
        spawn(&pool, || std::panic::resume_unwind(Box::new("quietly")));
        spawn(&pool, || std::panic::resume_unwind(Box::new(Worse)));
        let (sender, ran) = channel();
        spawn(&pool, move || sender.send(()).expect("the test listens"));
        assert_eq!(ran.recv(), Ok(()));
        assert_eq!(pool.metrics().threads, 1);
        assert!(pool.shutdown(None));
    }

    #[test]
    fn shutdown_drops_the_queue_gives_jobs_back_and_waits_for_the_running() {
        let pool = pool(1, Duration::from_secs(60));
        let (runs, let_go) = held_job(&pool);
        runs.recv().expect("it runs");
        let (in_queue, dropped) = channel::<()>();
        spawn(&pool, move || in_queue.send(()).expect("the test listens"));
        assert_eq!(pool.metrics().queued, 1);
        assert!(!pool.shutdown(Some(Duration::from_millis(1))), "one job still runs");
        assert!(dropped.recv().is_err(), "dropped, not run");
        let (sender, ran) = channel();
        let back = pool.spawn(Box::new(move || sender.send(7).expect("the test listens")));
        back.expect_err("closed")();
        assert_eq!(ran.recv(), Ok(7));
        drop(let_go);
        assert!(pool.shutdown(None));
    }

    #[test]
    fn shutdown_under_load_neither_hangs_nor_loses_a_job() {
        for _ in 0..50 {
            let pool = Arc::new(pool(4, Duration::from_secs(60)));
            let counted = Arc::new(());
            let submitter = {
                let (pool, counted) = (pool.clone(), counted.clone());
                thread::spawn(move || {
                    for _ in 0..1_000 {
                        let counted = counted.clone();
                        if pool.spawn(Box::new(move || drop(counted))).is_err() {
                            break;
                        }
                    }
                })
            };
            assert!(pool.shutdown(None));
            submitter.join().expect("no panic");
            assert!(pool.shutdown(None));
            assert_eq!(Arc::strong_count(&counted), 1, "every job ran or was dropped");
        }
    }

    #[test]
    fn thread_that_cannot_be_made_is_tried_again_while_a_job_needs_it() {
        let shared = Shared::new(2, Duration::ZERO);
        let ran = Arc::new(AtomicUsize::new(0));
        let job = ran.clone();
        let count = move || {
            job.fetch_add(1, Ordering::SeqCst);
        };
        assert!(shared.submit(Box::new(count)));
        let error = io::Error::from(io::ErrorKind::WouldBlock);
        for _ in 0..3 {
            assert_eq!(shared.thread_failed(&error), Answer::Retry);
            assert_eq!(shared.census.metrics().threads, 1);
        }
        shared.serve();
        assert_eq!(ran.load(Ordering::SeqCst), 1);
        assert_eq!(shared.census.metrics().threads, 0);
        assert_eq!(shared.census.submit(), Needed::Thread);
        shared.close();
        assert_eq!(shared.thread_failed(&error), Answer::GiveUp);
        assert!(shared.wait_for_ends(Some(Duration::ZERO)));
    }
}
