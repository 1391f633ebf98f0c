//! The event loop of one thread.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cortado_core::seam::Driver;
use cortado_core::{
    Builder, Runtime, TaskBuilder, spawn, spawn_blocking, spawn_local, time, yield_now,
};

#[test]
fn local_tasks_share_without_locks() {
    let runtime = Runtime::single().unwrap();
    let sum = Rc::new(Cell::new(0));
    let own = sum.clone();
    runtime.block_on(async move {
        let tasks: Vec<_> = (0..100)
            .map(|n| {
                let sum = own.clone();
                spawn_local(async move {
                    yield_now().await;
                    sum.set(sum.get() + n);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(sum.get(), 4950);
}

#[test]
fn named_tasks_need_not_be_send_either() {
    let runtime = Runtime::single().unwrap();
    let handle = runtime.handle();
    runtime.block_on(async {
        let shared = Rc::new(4);
        let local = TaskBuilder::new().name("local").spawn_local(async move { *shared });
        let sent = TaskBuilder::new().name("sent").spawn_on(async { 5 }, &handle);
        assert_eq!((local.await.unwrap(), sent.await.unwrap()), (4, 5));
    });
}

#[test]
fn other_threads_spawn_into_it() {
    let runtime = Runtime::single().unwrap();
    let handle = runtime.handle();
    let thread = std::thread::spawn(move || {
        (0..100).map(|n| handle.spawn(async move { n })).collect::<Vec<_>>()
    });
    let sum: u32 = runtime.block_on(async {
        let tasks = spawn_blocking(move || thread.join().unwrap()).await.unwrap();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 4950);
}

#[test]
fn its_drop_drops_local_tasks_on_its_thread() {
    struct OnThread(
        std::thread::ThreadId,
        Arc<AtomicUsize>,
        #[allow(dead_code, reason = "makes it not Send")] Rc<()>,
    );
    impl Drop for OnThread {
        fn drop(&mut self) {
            assert_eq!(std::thread::current().id(), self.0);
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let runtime = Runtime::single().unwrap();
    runtime.block_on(async {
        for _ in 0..10 {
            let guard = OnThread(std::thread::current().id(), dropped.clone(), Rc::new(()));
            drop(spawn_local(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            }));
        }
        yield_now().await;
    });
    drop(runtime);
    assert_eq!(dropped.load(Ordering::SeqCst), 10);
}

#[test]
fn timers_overlap_on_one_thread() {
    let runtime = Builder::new().start_paused(true).build_single().unwrap();
    let order = Rc::new(std::cell::RefCell::new(Vec::new()));
    let own = order.clone();
    runtime.block_on(async move {
        let start = time::Instant::now();
        let tasks: Vec<_> = [30u64, 10, 20]
            .into_iter()
            .map(|ms| {
                let order = own.clone();
                spawn_local(async move {
                    time::sleep(Duration::from_millis(ms)).await;
                    order.borrow_mut().push(ms);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(start.elapsed(), Duration::from_millis(30));
    });
    assert_eq!(*order.borrow(), [10, 20, 30]);
}

#[test]
fn a_driver_chooses_the_order() {
    struct Newest;
    impl Driver for Newest {
        fn choose(&mut self, candidates: usize) -> usize {
            candidates - 1
        }
    }
    let runtime = Builder::new().driver(Box::new(Newest)).build_single().unwrap();
    let order = Rc::new(std::cell::RefCell::new(Vec::new()));
    let own = order.clone();
    runtime.block_on(async move {
        let tasks: Vec<_> = (0..5)
            .map(|n| {
                let order = own.clone();
                spawn_local(async move { order.borrow_mut().push(n) })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(*order.borrow(), [4, 3, 2, 1, 0]);
}

#[test]
fn its_send_tasks_run_on_it() {
    let runtime = Runtime::single().unwrap();
    let here = std::thread::current().id();
    let there = runtime.block_on(async { spawn(async { std::thread::current().id() }).await });
    assert_eq!(there.unwrap(), here);
}
