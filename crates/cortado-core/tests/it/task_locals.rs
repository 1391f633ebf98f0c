//! Task-locals: who sees which value, also under panics, in nested scopes and in drops.

use std::cell::RefCell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;

use cortado_core::{Runtime, TaskGroup, spawn, spawn_blocking, spawn_local, task_local, yield_now};

use crate::dropping::{Moment, dropping};

task_local! {
    static NUMBER: u32;
    static TEXT: String;
}

#[test]
fn each_task_sees_its_own() {
    let sum = Runtime::new().unwrap().block_on(async {
        let mut group = TaskGroup::new();
        for n in 0..100 {
            group.spawn(NUMBER.scope(n, async {
                let mut sum = 0;
                for _ in 0..10 {
                    sum += NUMBER.get();
                    yield_now().await;
                }
                sum
            }));
        }
        group.join_all().await.into_iter().sum::<u32>()
    });
    assert_eq!(sum, 10 * 4950);
}

#[test]
fn inner_scopes_hide_outer_ones() {
    Runtime::single().unwrap().block_on(NUMBER.scope(1, async {
        NUMBER
            .scope(2, async {
                yield_now().await;
                assert_eq!(NUMBER.get(), 2);
                assert_eq!(NUMBER.sync_scope(3, || NUMBER.get()), 3);
                assert_eq!(NUMBER.get(), 2);
            })
            .await;
        assert_eq!(NUMBER.get(), 1);
        TEXT.sync_scope("both".to_owned(), || {
            assert_eq!((NUMBER.get(), TEXT.with(String::len)), (1, 4));
        });
        let spawned = spawn(async { NUMBER.try_get() }).await.unwrap();
        assert!(spawned.unwrap_err().to_string().contains("do not inherit"));
        assert!(spawn_blocking(|| NUMBER.try_get()).await.unwrap().is_err());
    }));
    assert!(NUMBER.try_get().is_err());
}

#[test]
fn a_panic_restores_the_outer_value() {
    Runtime::single().unwrap().block_on(NUMBER.scope(1, async {
        let caught = catch_unwind(|| NUMBER.sync_scope(2, || panic!("spilt")));
        assert!(caught.is_err());
        assert_eq!(NUMBER.get(), 1);
        let scope = NUMBER.scope(2, async { panic!("spilt") });
        let joined = spawn_local(scope).await;
        assert!(joined.unwrap_err().is_panic());
        assert_eq!(NUMBER.get(), 1);
    }));
    let runtime = Runtime::single().unwrap();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(NUMBER.scope(1, async { panic!("spilt") }))
    }));
    assert!(caught.is_err());
    assert!(NUMBER.try_get().is_err());
}

#[test]
fn a_future_sees_the_value_while_it_is_dropped() {
    struct Look(Rc<RefCell<Vec<u32>>>);
    impl Drop for Look {
        fn drop(&mut self) {
            self.0.borrow_mut().push(NUMBER.try_get().unwrap_or(0));
        }
    }
    let seen = Rc::new(RefCell::new(Vec::new()));
    for polls in 0..3 {
        let look = Look(seen.clone());
        Runtime::single().unwrap().block_on(async {
            let scope = NUMBER.scope(5, async move {
                yield_now().await;
                if polls < 2 {
                    pending::<()>().await;
                }
                drop(look);
            });
            assert_eq!(dropping(Moment::AfterPoll(polls), scope).await.is_some(), polls == 2);
            assert!(NUMBER.try_get().is_err());
        });
    }
    assert_eq!(seen.take(), [5, 5, 5]);
}

#[test]
fn a_scope_inside_of_with_says_what_to_do() {
    let caught = catch_unwind(|| {
        NUMBER.sync_scope(1, || NUMBER.with(|_| NUMBER.sync_scope(2, || ())));
    });
    let payload = caught.unwrap_err();
    assert!(payload.downcast_ref::<&str>().unwrap().contains("return from `with` first"));
    assert!(NUMBER.try_get().is_err());
}

#[test]
fn the_value_can_be_taken_out() {
    Runtime::single().unwrap().block_on(async {
        let mut scope = Box::pin(TEXT.scope("mine".to_owned(), async {
            while TEXT.try_get().is_ok() {
                yield_now().await;
            }
        }));
        assert!(dropping(Moment::AfterPoll(1), scope.as_mut()).await.is_none());
        assert_eq!(Pin::as_mut(&mut scope).take_value().as_deref(), Some("mine"));
        assert_eq!(Pin::as_mut(&mut scope).take_value(), None);
        scope.await;
    });
}
