//! A panic arrives where the join, scope or installation was called, after all that borrows has ended.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cortado_core::work::Parker;
use cortado_core::{Builder, Runtime};
use cortado_par::{install, join, scope};

fn runtime() -> Runtime {
    Builder::new().worker_threads(2).build().expect("threads and descriptors")
}

/// Panics without the hook's text.
fn quietly(what: &'static str) -> ! {
    resume_unwind(Box::new(what))
}

fn caught(body: impl FnOnce()) -> Option<&'static str> {
    let payload = catch_unwind(AssertUnwindSafe(body)).err()?;
    Some(*payload.downcast::<&'static str>().expect("one of ours"))
}

#[test]
fn panics_of_each_half_and_of_both_arrive() {
    let runtime = runtime();
    let _entered = runtime.handle().enter();
    for round in 0..200 {
        let slow = |what: &'static str| {
            if round % 3 == 0 {
                std::thread::sleep(Duration::from_micros(50));
            }
            what
        };
        let borrowed = String::from("still there");
        let uses = || assert_eq!(borrowed.len(), 11);
        assert_eq!(
            caught(|| {
                let _ = join(|| quietly(slow("a")), uses);
            }),
            Some("a")
        );
        assert_eq!(
            caught(|| {
                let _ = join(uses, || quietly(slow("b")));
            }),
            Some("b")
        );
        let both = caught(|| {
            let _ = join(|| quietly(slow("a")), || quietly(slow("b")));
        });
        assert_eq!(both, Some("a"));
        assert_eq!(caught(|| install(|| quietly("installed"))), Some("installed"));
    }
}

/// The first half panics while the second, which borrows, runs elsewhere.
#[test]
fn a_panic_waits_for_the_stolen_half() {
    let runtime = runtime();
    let _entered = runtime.handle().enter();
    let ended = AtomicUsize::new(0);
    for _ in 0..50 {
        let before = ended.load(Ordering::SeqCst);
        let other = Parker::new();
        let result = caught(|| {
            join(
                || {
                    other.park();
                    quietly("a")
                },
                || {
                    other.unpark();
                    std::thread::sleep(Duration::from_millis(1));
                    ended.fetch_add(1, Ordering::SeqCst);
                },
            );
        });
        assert_eq!(result, Some("a"));
        assert_eq!(ended.load(Ordering::SeqCst), before + 1);
    }
}

#[test]
fn a_scope_ends_after_all_and_goes_on_with_a_panic() {
    let runtime = runtime();
    let _entered = runtime.handle().enter();
    let ended = AtomicUsize::new(0);
    let result = caught(|| {
        scope(|scope| {
            for n in 0..100 {
                let ended = &ended;
                scope.spawn(move |_| {
                    ended.fetch_add(1, Ordering::Relaxed);
                    if n % 10 == 3 {
                        quietly("spawned");
                    }
                });
            }
        });
    });
    assert_eq!(result, Some("spawned"));
    assert_eq!(ended.load(Ordering::Relaxed), 100);
    let result = caught(|| {
        scope(|scope| {
            scope.spawn(|_| {
                ended.fetch_add(1, Ordering::Relaxed);
            });
            quietly("body")
        })
    });
    assert_eq!(result, Some("body"));
    assert_eq!(ended.load(Ordering::Relaxed), 101);
}

/// Of two panics one is kept; that the drop of what the other carried panics as well is of no account.
#[test]
fn of_several_panics_in_a_scope_one_goes_on() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            resume_unwind(Box::new(()));
        }
    }
    let runtime = runtime();
    let _entered = runtime.handle().enter();
    let payload = catch_unwind(|| {
        scope(|scope| (0..3).for_each(|_| scope.spawn(|_| resume_unwind(Box::new(Bomb)))));
    });
    let bomb = payload.expect_err("it panics").downcast::<Bomb>().expect("one of ours");
    std::mem::forget(bomb);
    assert_eq!(join(|| 1, || 2), (1, 2));
}

/// What is short runs on the thread outside itself. After a panic there, what begins on it is as parallel as
/// before.
#[test]
fn a_panic_in_a_short_one_leaves_nothing_behind_outside() {
    let runtime = runtime();
    let _entered = runtime.handle().enter();
    let installs = |panics: bool| caught(|| install(move || assert_quietly(!panics)));
    let joins = |panics: bool| {
        caught(|| {
            join(move || assert_quietly(!panics), || ());
        })
    };
    for _ in 0..10 {
        assert_eq!((installs(false), joins(false)), (None, None));
    }
    for _ in 0..3 {
        assert_eq!((installs(true), joins(true)), (Some("asserted"), Some("asserted")));
    }
    let other = Parker::new();
    let limit = Duration::from_secs(100);
    let (came, ()) = join(|| other.park_timeout(limit), || other.unpark());
    assert!(came, "both ran on one thread");
}

fn assert_quietly(holds: bool) {
    if !holds {
        quietly("asserted");
    }
}
