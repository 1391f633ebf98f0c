//! Groups whose futures are dropped at any poll, and ends that race with the group's own.

use std::future::{Future, pending};

use cortado_core::{LocalRuntime, Runtime, TaskGroup, spawn, spawn_local, yield_now};

use crate::dropping::{Moment, dropping};
use crate::groups::{Dropped, single};

/// Three tasks that end one after the other, and their sum.
fn three(group: &mut TaskGroup<Result<u32, ()>>) {
    for turns in 1..=3 {
        group.spawn(async move {
            for _ in 0..turns * 2 {
                yield_now().await;
            }
            Ok(turns)
        });
    }
}

/// Runs `future` as a task among the others: what `block_on` itself runs is polled less often.
fn in_a_task<F: Future<Output = T> + 'static, T: 'static>(runtime: &LocalRuntime, future: F) -> T {
    runtime.block_on(async { spawn_local(future).await.unwrap() })
}

#[test]
fn next_loses_nothing_at_whatever_poll_it_is_dropped() {
    for polls in 0..12 {
        let sum = in_a_task(&single(), async move {
            let mut group = TaskGroup::new();
            three(&mut group);
            let mut sum = 0;
            let mut add = |result: Option<Result<u32, ()>>| {
                sum += result.map_or(0, |result| result.unwrap());
            };
            while !group.is_empty() {
                let cut = dropping(Moment::AfterPoll(polls), group.next()).await.flatten();
                add(cut.map(Result::unwrap));
                let cut = dropping(Moment::AfterPoll(polls), group.next_with_id()).await.flatten();
                add(cut.map(|(_, result)| result.unwrap()));
                add(dropping(Moment::AfterPoll(polls), group.try_next())
                    .await
                    .and_then(|got| got.unwrap().map(Ok)));
                add(group.next().await.map(Result::unwrap));
            }
            sum
        });
        assert_eq!(sum, 6, "dropped at poll {polls}");
    }
}

#[test]
fn what_consumes_the_group_cancels_it_at_whatever_poll_it_is_dropped() {
    // One poll at the start, and one for each of the three that end.
    for polls in 0..=4 {
        for form in 0..3 {
            let dropped = Dropped::new();
            let runtime = single();
            in_a_task(&runtime, async move {
                let mut group: TaskGroup<Result<u32, ()>> = TaskGroup::new();
                three(&mut group);
                let own = dropped.clone();
                group.spawn(async move {
                    pending::<()>().await;
                    drop(own);
                    Ok(0)
                });
                match form {
                    0 => assert!(
                        dropping(Moment::AfterPoll(polls), group.join_all()).await.is_none()
                    ),
                    1 => assert!(
                        dropping(Moment::AfterPoll(polls), group.try_join_all()).await.is_none()
                    ),
                    _ => {
                        // Cut or not, the tasks are cancelled and can be waited for again.
                        dropping(Moment::AfterPoll(polls), group.shutdown()).await;
                        group.shutdown().await;
                        assert!(group.is_empty());
                    }
                }
                while dropped.count() < 1 {
                    yield_now().await;
                }
            });
            let handle = runtime.handle();
            runtime.block_on(async {
                while handle.metrics().live_tasks > 0 {
                    yield_now().await;
                }
            });
        }
    }
}

#[test]
fn ends_race_with_a_group_that_is_dropped_or_shut_down() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    runtime.block_on(async {
        for round in 0..200 {
            let mut group = TaskGroup::new();
            for n in 0..20 {
                group.spawn(async move {
                    if n % 3 == 0 {
                        yield_now().await;
                    }
                    vec![n; 3]
                });
            }
            match round % 3 {
                0 => drop(group),
                1 => group.shutdown().await,
                _ => {
                    spawn(async move { group.next().await }).await.unwrap().unwrap().unwrap();
                }
            }
        }
        while handle.metrics().live_tasks > 0 {
            yield_now().await;
        }
    });
}
