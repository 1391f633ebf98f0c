//! A delay queue hands each item out once, at its deadline and not before, whatever is moved,
//! removed or dropped meanwhile.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cortado_core::time::{self, DelayKey, DelayQueue, Instant};
use cortado_core::{Builder, LocalRuntime, Runtime, spawn, yield_now};
use futures_core::Stream;
use parking_lot::Mutex;

use crate::dropping::{at_every_drop, dropping};

const MS: Duration = Duration::from_millis(1);

fn paused() -> LocalRuntime {
    Builder::new().start_paused(true).build_single().unwrap()
}

#[test]
fn items_come_at_their_deadlines_and_in_their_order() {
    paused().block_on(async {
        let start = Instant::now();
        let mut queue = DelayQueue::new();
        queue.insert("late", 30 * MS);
        queue.insert("first", 10 * MS);
        queue.insert("second", 10 * MS);
        queue.insert_at("past", start);
        assert_eq!(queue.len(), 4);
        for (item, at) in [("past", 0), ("first", 10), ("second", 10), ("late", 30)] {
            let expired = poll_fn(|cx| Pin::new(&mut queue).poll_next(cx)).await.unwrap();
            assert_eq!((*expired.get_ref(), expired.deadline()), (item, start + at * MS));
            assert_eq!(start.elapsed(), at * MS);
        }
        assert!(queue.next().await.is_none());
        queue.insert("again", MS);
        assert_eq!(queue.next().await.unwrap().into_inner(), "again");
    });
}

#[test]
fn items_are_moved_and_removed() {
    paused().block_on(async {
        let start = Instant::now();
        let mut queue = DelayQueue::new();
        let (a, b, c) =
            (queue.insert('a', MS), queue.insert('b', 2 * MS), queue.insert('c', Duration::MAX));
        assert!(queue.reset(a, 5 * MS));
        assert_eq!(queue.peek(), Some(b));
        assert_eq!(queue.remove(b), Some('b'));
        assert_eq!((queue.remove(b), queue.get(b), queue.deadline(b)), (None, None, None));
        assert!(!queue.reset(b, MS));
        *queue.get_mut(a).unwrap() = 'A';
        let expired = queue.next().await.unwrap();
        assert_eq!((expired.key(), start.elapsed()), (a, 5 * MS));
        assert_eq!(expired.into_inner(), 'A');
        assert_eq!(queue.deadline(c), queue.peek().and_then(|key| queue.deadline(key)));
        assert!(time::timeout(Duration::from_secs(1_000_000), queue.next()).await.is_err());
        queue.clear();
        assert!(queue.is_empty() && queue.next().await.is_none());
    });
}

#[test]
fn no_item_is_lost_at_whatever_poll_it_is_dropped() {
    at_every_drop(|moment| {
        paused().block_on(async {
            let mut queue = DelayQueue::new();
            queue.insert(1, MS);
            let next = dropping(moment, queue.next()).await;
            match &next {
                Some(expired) => assert_eq!(expired.as_ref().map(|one| *one.get_ref()), Some(1)),
                None => assert_eq!(queue.next().await.unwrap().into_inner(), 1),
            }
            next
        })
    });
}

/// The task that waits is woken for an earlier item, and where the last one was taken out.
#[test]
fn who_waits_hears_of_changes() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let mut queue = DelayQueue::new();
        let hour = Duration::from_secs(3600);
        let late = queue.insert("late", hour);
        let queue = Arc::new(Mutex::new(queue));
        let next = |queue: Arc<Mutex<DelayQueue<_>>>| {
            spawn(async move { poll_fn(|cx| queue.lock().poll_expired(cx)).await })
        };
        let waiting = next(queue.clone());
        yield_now().await;
        queue.lock().insert("early", MS);
        assert_eq!(waiting.await.unwrap().unwrap().into_inner(), "early");
        let waiting = next(queue.clone());
        yield_now().await;
        assert_eq!(queue.lock().remove(late), Some("late"));
        assert!(waiting.await.unwrap().is_none());
    });
}

/// Twenty thousand random operations, beside a map that says what should be there.
#[test]
fn it_does_what_a_sorted_map_does() {
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut state = seed.as_nanos() as u64 | 1;
    println!("seed {state}");
    // The generator of Marsaglia's "Xorshift RNGs" (2003) with his first triple for 64 bits.
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    paused().block_on(async {
        let mut queue = DelayQueue::new();
        let mut model: BTreeMap<DelayKey, Instant> = BTreeMap::new();
        let mut keys = Vec::new();
        for step in 0..20_000 {
            let after = random(50) as u32 * MS;
            let key = (!keys.is_empty()).then(|| keys[random(keys.len() as u64) as usize]);
            match (random(4), key) {
                (0, _) | (_, None) => {
                    let key = queue.insert(step, after);
                    keys.push(key);
                    model.insert(key, Instant::now() + after);
                }
                (1, Some(key)) => {
                    assert_eq!(queue.remove(key).is_some(), model.remove(&key).is_some())
                }
                (2, Some(key)) => {
                    let is_here = model.contains_key(&key);
                    assert_eq!(queue.reset(key, after), is_here);
                    if is_here {
                        model.insert(key, Instant::now() + after);
                    }
                }
                _ => {
                    let first = model.values().min().copied();
                    let expired = queue.next().await;
                    assert_eq!(expired.as_ref().map(|expired| expired.deadline()), first);
                    if let Some(expired) = expired {
                        assert!(Instant::now() >= expired.deadline());
                        assert_eq!(model.remove(&expired.key()), first);
                    }
                }
            }
            assert_eq!(queue.len(), model.len());
        }
    });
}
