//! The end of a runtime while other threads and other runtimes still use it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Poll, Waker};

use cortado_core::{Builder, Runtime, spawn, spawn_blocking, spawn_local, yield_now};

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A task that never ends by itself and gives its waker away.
fn waker_of(runtime: &Runtime, alive: &Arc<AtomicUsize>) -> Waker {
    alive.fetch_add(1, Ordering::SeqCst);
    let (kept, (send, receive)) = (Counted(alive.clone()), std::sync::mpsc::channel());
    drop(runtime.spawn(async move {
        let _kept = kept;
        std::future::poll_fn(|cx| {
            let _ = send.send(cx.waker().clone());
            Poll::<()>::Pending
        })
        .await;
    }));
    receive.recv().unwrap()
}

#[test]
fn under_load_with_foreign_wakers() {
    for round in 0..15 {
        let runtime = Builder::new().worker_threads(1 + round % 3).build().unwrap();
        let alive = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let wakers: Vec<_> = (0..20).map(|_| waker_of(&runtime, &alive)).collect();
                let (stop, handle) = (stop.clone(), runtime.handle());
                std::thread::spawn(move || {
                    let spawned = Arc::new(AtomicUsize::new(0));
                    while !stop.load(Ordering::Relaxed) {
                        wakers.iter().for_each(Waker::wake_by_ref);
                        // Bounded: a thread that only spawns is faster than one that also runs.
                        if spawned.load(Ordering::Relaxed) < 500 {
                            spawned.fetch_add(1, Ordering::SeqCst);
                            let counted = Counted(spawned.clone());
                            drop(handle.spawn(async move {
                                yield_now().await;
                                drop(counted);
                            }));
                        }
                    }
                    wakers.into_iter().for_each(Waker::wake);
                })
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(round as u64 % 4));
        drop(runtime);
        assert_eq!(alive.load(Ordering::SeqCst), 0);
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

/// Local tasks are woken by foreign threads while their event loop ends: they are dropped on their
/// own thread all the same.
#[test]
fn of_an_event_loop_with_foreign_wakers() {
    struct OnThread(std::thread::ThreadId, Arc<AtomicUsize>);
    impl Drop for OnThread {
        fn drop(&mut self) {
            if std::thread::current().id() == self.0 {
                self.1.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    for _ in 0..30 {
        let runtime = Runtime::single().unwrap();
        let dropped = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (send, receive) = std::sync::mpsc::channel::<Waker>();
        runtime.block_on(async {
            for _ in 0..20 {
                let guard = OnThread(std::thread::current().id(), dropped.clone());
                let (send, not_send) = (send.clone(), std::rc::Rc::new(()));
                drop(spawn_local(async move {
                    let _kept = (guard, not_send);
                    std::future::poll_fn(|cx| {
                        let _ = send.send(cx.waker().clone());
                        Poll::<()>::Pending
                    })
                    .await;
                }));
            }
            yield_now().await;
        });
        let wakers: Vec<_> = receive.try_iter().collect();
        assert_eq!(wakers.len(), 20);
        let own = stop.clone();
        let thread = std::thread::spawn(move || {
            while !own.load(Ordering::Relaxed) {
                wakers.iter().for_each(Waker::wake_by_ref);
            }
            wakers.into_iter().for_each(Waker::wake);
        });
        runtime.block_on(yield_now());
        drop(runtime);
        assert_eq!(dropped.load(Ordering::SeqCst), 20);
        stop.store(true, Ordering::Relaxed);
        thread.join().unwrap();
    }
}

#[test]
fn of_a_runtime_inside_of_another_ones_task() {
    let outer = Builder::new().worker_threads(2).build().unwrap();
    let sum = outer.block_on(async {
        let mut sum = 0;
        for n in 0..20 {
            sum += spawn(async move {
                let inner = Builder::new().worker_threads(1).build().unwrap();
                let answer =
                    inner.spawn(async move { spawn(async move { n }).await.unwrap() }).await;
                drop(inner);
                answer.unwrap()
            })
            .await
            .unwrap();
        }
        sum
    });
    assert_eq!(sum, 190);
}

#[test]
fn tasks_of_two_runtimes_join_each_other() {
    let (one, two) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let (first, second) = (one.handle(), two.handle());
    let sum = one.block_on(async move {
        let mut sum = 0;
        for n in 0..200 {
            let back = first.clone();
            sum += second
                .spawn(async move { back.spawn(async move { n }).await.unwrap() })
                .await
                .unwrap();
        }
        sum
    });
    assert_eq!(sum, 19_900);
}

#[test]
fn an_event_loop_on_a_thread_of_the_blocking_pool() {
    let runtime = Runtime::new().unwrap();
    let sum = runtime.block_on(async {
        let closures: Vec<_> = (0..8)
            .map(|n| {
                spawn_blocking(move || {
                    let inner = Runtime::single().unwrap();
                    inner.block_on(async move { spawn_local(async move { n }).await.unwrap() })
                })
            })
            .collect();
        let mut sum = 0;
        for closure in closures {
            sum += closure.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 28);
}
