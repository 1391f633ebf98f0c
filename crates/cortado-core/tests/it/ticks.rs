//! Intervals and instants, on a clock that stands, so that every time is exact.

use std::pin::Pin;
use std::time::Duration;

use cortado_core::time::{self, Instant, Interval, MissedTickBehavior};
use cortado_core::{Builder, LocalRuntime, Runtime, yield_now};
use futures_core::Stream;

use crate::dropping::{Moment, dropping};

const MS: Duration = Duration::from_millis(1);

fn paused() -> LocalRuntime {
    Builder::new().start_paused(true).build_single().unwrap()
}

/// The times of five ticks in ms, with 120 ms of work after the first: when each was due, and when
/// it came.
async fn five_ticks(behavior: MissedTickBehavior) -> Vec<(u128, u128)> {
    let start = Instant::now();
    let mut interval = time::interval(50 * MS);
    interval.set_missed_tick_behavior(behavior);
    assert_eq!(interval.missed_tick_behavior(), behavior);
    let mut ticks = Vec::new();
    for number in 0..5 {
        let due = interval.tick().await;
        ticks.push(((due - start).as_millis(), start.elapsed().as_millis()));
        if number == 0 {
            time::sleep(120 * MS).await;
        }
    }
    ticks
}

#[test]
fn missed_ticks_as_the_table_says() {
    paused().block_on(async {
        let burst = five_ticks(MissedTickBehavior::Burst).await;
        assert_eq!(burst, [(0, 0), (50, 120), (100, 120), (150, 150), (200, 200)]);
        let delay = five_ticks(MissedTickBehavior::Delay).await;
        assert_eq!(delay, [(0, 0), (50, 120), (170, 170), (220, 220), (270, 270)]);
        let skip = five_ticks(MissedTickBehavior::Skip).await;
        assert_eq!(skip, [(0, 0), (50, 120), (150, 150), (200, 200), (250, 250)]);
    });
}

#[test]
fn a_little_lateness_does_not_add_up() {
    paused().block_on(async {
        for behavior in [MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
            let start = Instant::now();
            let mut interval = time::interval(50 * MS);
            interval.set_missed_tick_behavior(behavior);
            for number in 0..10 {
                assert_eq!(interval.tick().await, start + number * 50 * MS);
                // The next tick is awaited 2 ms after it was due.
                time::sleep(52 * MS).await;
                interval.reset_at(start + (number + 1) * 50 * MS);
            }
        }
    });
}

#[test]
fn the_first_tick_comes_at_the_start() {
    paused().block_on(async {
        let start = Instant::now() + 70 * MS;
        let mut interval = time::interval_at(start, 10 * MS);
        assert_eq!(interval.tick().await, start);
        assert_eq!(Instant::now(), start);
        assert_eq!(interval.tick().await, start + 10 * MS);
        assert_eq!(interval.period(), 10 * MS);
    });
}

#[test]
fn resets_move_the_next_tick() {
    paused().block_on(async {
        let start = Instant::now();
        let mut interval = time::interval(100 * MS);
        interval.tick().await;
        time::sleep(30 * MS).await;
        interval.reset();
        assert_eq!(interval.tick().await, start + 130 * MS);
        interval.reset_after(5 * MS);
        assert_eq!(interval.tick().await, start + 135 * MS);
        interval.reset_immediately();
        assert_eq!(interval.tick().await, start + 135 * MS);
        interval.reset_at(start + 500 * MS);
        assert_eq!(interval.tick().await, start + 500 * MS);
        assert_eq!(interval.tick().await, start + 600 * MS);
    });
}

#[test]
fn no_tick_is_lost_at_whatever_poll_it_is_dropped() {
    for polls in 0..4 {
        paused().block_on(async {
            let start = Instant::now();
            let mut interval = time::interval(10 * MS);
            let mut ticks = Vec::new();
            while ticks.len() < 6 {
                ticks.extend(dropping(Moment::AfterPoll(polls), interval.tick()).await);
                ticks.push(interval.tick().await);
            }
            for (number, tick) in ticks.into_iter().enumerate() {
                assert_eq!(tick, start + 10 * number as u32 * MS);
            }
        });
    }
}

#[test]
fn it_is_a_stream_without_end() {
    paused().block_on(async {
        let start = Instant::now();
        let mut interval = time::interval(MS);
        assert_eq!(interval.size_hint().0, usize::MAX);
        for number in 0..3 {
            let tick = std::future::poll_fn(|cx| Pin::new(&mut interval).poll_next(cx)).await;
            assert_eq!(tick, Some(start + number * MS));
        }
    });
}

#[test]
#[should_panic = "longer than zero"]
fn a_period_of_zero_is_refused() {
    paused().block_on(async { drop(time::interval(Duration::ZERO)) });
}

#[test]
fn the_longest_period_ticks_once() {
    paused().block_on(async {
        for behavior in
            [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip]
        {
            let mut interval: Interval = time::interval(Duration::MAX);
            interval.set_missed_tick_behavior(behavior);
            time::sleep(7 * MS).await;
            interval.tick().await;
            assert!(time::timeout(1_000_000 * MS, interval.tick()).await.is_err());
        }
    });
}

#[test]
fn sleep_and_timeout_lose_nothing_at_whatever_poll_they_are_dropped() {
    for polls in 0..3 {
        let runtime = paused();
        runtime.block_on(async {
            let start = Instant::now();
            dropping(Moment::AfterPoll(polls), time::sleep(100 * MS)).await;
            dropping(Moment::AfterPoll(polls), time::timeout(100 * MS, time::sleep(200 * MS)))
                .await;
            dropping(Moment::AfterPoll(polls), time::sleep_until(start + 50 * MS)).await;
            // A future that is passed by reference goes on after its timeout was dropped.
            let mut steps = 0;
            let mut counts = std::pin::pin!(async {
                for _ in 0..5 {
                    steps += 1;
                    yield_now().await;
                }
            });
            dropping(Moment::AfterPoll(polls), time::timeout(100 * MS, counts.as_mut())).await;
            counts.await;
            assert_eq!(steps, 5);
            let now = Instant::now();
            time::sleep(MS).await;
            assert_eq!(now.elapsed(), MS, "a timer that was dropped does not come");
        });
    }
}

#[test]
fn instants_turn_into_those_of_std_and_back() {
    let std = std::time::Instant::now();
    let own = Instant::from(std);
    assert_eq!(own, std);
    assert_eq!(own.into_std(), std);
    assert_eq!(own + 3 * MS - own, 3 * MS);
    assert_eq!(own.duration_since(own + MS), Duration::ZERO);
    assert_eq!(own.checked_duration_since(own + MS), None);
    assert_eq!(own.checked_add(Duration::MAX), None);
    assert_eq!((own + MS).checked_sub(MS), Some(own));
    Runtime::new().unwrap().block_on(async move {
        assert!(Instant::now() >= own);
        time::sleep_until(std).await;
    });
}
