//! Scopes wait for all that was spawned into them.

use std::sync::atomic::{AtomicUsize, Ordering};

use cortado_core::{Builder, Runtime};
use cortado_par::{Scope, install, join, scope};

fn runtime(workers: usize) -> Runtime {
    Builder::new().worker_threads(workers).build().expect("threads and descriptors")
}

#[test]
fn spawned_closures_borrow_and_spawn_more() {
    fn tree<'scope>(scope: &Scope<'scope>, depth: usize, leaves: &'scope AtomicUsize) {
        if depth == 0 {
            leaves.fetch_add(1, Ordering::Relaxed);
            return;
        }
        for _ in 0..2 {
            scope.spawn(move |scope| tree(scope, depth - 1, leaves));
        }
    }
    for workers in [1, 2, 8] {
        let runtime = runtime(workers);
        let _entered = runtime.handle().enter();
        for _ in 0..20 {
            let leaves = AtomicUsize::new(0);
            scope(|scope| tree(scope, 10, &leaves));
            assert_eq!(leaves.load(Ordering::Relaxed), 1024);
        }
        let task = runtime.spawn(async {
            let leaves = AtomicUsize::new(0);
            scope(|scope| tree(scope, 10, &leaves));
            leaves.into_inner()
        });
        assert_eq!(runtime.block_on(task).expect("no panic"), 1024);
    }
}

/// So many scopes within each other, of which each has a job of its own.
fn nested(depth: usize) {
    fn nest(depth: usize, ran: &AtomicUsize) {
        if depth == 0 {
            return;
        }
        scope(|scope| {
            scope.spawn(|_| {
                ran.fetch_add(1, Ordering::Relaxed);
            });
            nest(depth - 1, ran);
        });
    }
    let runtime =
        Builder::new().worker_threads(2).thread_stack_size(128 << 20).build().expect("threads");
    let _entered = runtime.handle().enter();
    let ran = AtomicUsize::new(0);
    install(|| nest(depth, &ran));
    assert_eq!(ran.load(Ordering::Relaxed), depth);
}

#[test]
fn ten_thousand_scopes_within_each_other() {
    nested(10_000);
}

/// As many as ThreadSanitizer has room for.
#[test]
fn two_thousand_scopes_within_each_other() {
    nested(2_000);
}

#[test]
fn scopes_and_joins_nest_in_each_other() {
    fn both(depth: usize, ran: &AtomicUsize) {
        if depth == 0 {
            ran.fetch_add(1, Ordering::Relaxed);
            return;
        }
        scope(|scope| {
            scope.spawn(|_| both(depth - 1, ran));
            join(|| both(depth - 1, ran), || scope.spawn(|_| both(depth - 1, ran)));
        });
    }
    for workers in [1, 2, 5] {
        let runtime = runtime(workers);
        let _entered = runtime.handle().enter();
        let ran = AtomicUsize::new(0);
        both(7, &ran);
        assert_eq!(ran.load(Ordering::Relaxed), 3_usize.pow(7));
    }
}
