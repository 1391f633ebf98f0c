//! The sorts give what std's give, keep what they promise, and lose nothing to a panic or to a
//! comparison that is no order.

use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use cortado_par::prelude::*;

use crate::iter_pools::on_each_pool;

/// An item that a sanitizer sees dropped twice or not at all.
type Item = Box<u32>;

/// Lengths around the limits from which on sorts and merges are split.
const LENGTHS: &[usize] = &[0, 1, 2, 50, 4095, 4096, 4097, 20_001, 100_003];

/// Random, with few different items, sorted, reversed, and sorted but for the last item.
fn patterns(len: usize) -> [Vec<u32>; 5] {
    let sorted: Vec<u32> = (0..len as u32).collect();
    let mut almost = sorted.clone();
    if let Some(last) = almost.last_mut() {
        *last = 0;
    }
    [
        (0..len).map(|_| fastrand::u32(..)).collect(),
        (0..len).map(|_| fastrand::u32(..5)).collect(),
        sorted.clone(),
        sorted.into_iter().rev().collect(),
        almost,
    ]
}

#[test]
fn sorted_as_by_std() {
    on_each_pool(|| {
        for (vec, expected) in LENGTHS.iter().flat_map(|len| patterns(*len)).map(|vec| {
            let mut expected = vec.clone();
            expected.sort();
            (vec, expected)
        }) {
            let sorted_by = |sort: fn(&mut [u32])| {
                let mut ours = vec.clone();
                sort(&mut ours);
                assert_eq!(ours, expected);
            };
            sorted_by(|vec| vec.par_sort());
            sorted_by(|vec| vec.par_sort_by(Ord::cmp));
            sorted_by(|vec| vec.par_sort_by_key(|item| *item));
            sorted_by(|vec| vec.par_sort_by_cached_key(|item| *item));
            sorted_by(|vec| vec.par_sort_unstable());
            sorted_by(|vec| vec.par_sort_unstable_by(Ord::cmp));
            sorted_by(|vec| vec.par_sort_unstable_by_key(|item| *item));
        }
    });
}

#[test]
fn equal_items_keep_their_order() {
    on_each_pool(|| {
        for vec in LENGTHS.iter().flat_map(|len| patterns(*len)) {
            let vec: Vec<(u32, usize)> = vec.into_iter().map(|x| x % 7).zip(0..).collect();
            let mut expected = vec.clone();
            expected.sort_by_key(|item| item.0);
            let mut ours = vec.clone();
            ours.par_sort_by_key(|item| item.0);
            assert_eq!(ours, expected);
            let mut ours = vec.clone();
            ours.par_sort_by(|left, right| left.0.cmp(&right.0));
            assert_eq!(ours, expected);
            let mut ours = vec;
            ours.par_sort_by_cached_key(|item| item.0);
            assert_eq!(ours, expected);
        }
    });
}

#[test]
fn strings_are_sorted() {
    on_each_pool(|| {
        let mut words: Vec<String> = (0..20_000).map(|_| fastrand::u32(..).to_string()).collect();
        let mut expected = words.clone();
        expected.sort();
        words.par_sort();
        assert_eq!(words, expected);
        fastrand::shuffle(&mut words);
        words.par_sort_unstable();
        assert_eq!(words, expected);
    });
}

/// After the sort with this comparison the slice has the same items, whatever came of it.
fn keeps_all_items(
    sort: impl Fn(&mut [Item], &(dyn Fn(&Item, &Item) -> Ordering + Sync)),
    compare: &(dyn Fn(&Item, &Item) -> Ordering + Sync),
) -> bool {
    const ITEMS: u32 = 60_000;
    let mut items: Vec<Item> = (0..ITEMS).map(Box::new).collect();
    fastrand::shuffle(&mut items);
    let sorted = catch_unwind(AssertUnwindSafe(|| sort(&mut items, compare)));
    items.sort();
    assert!(items.iter().map(|item| **item).eq(0..ITEMS), "the slice lost an item");
    sorted.is_ok()
}

#[test]
fn a_comparison_that_panics_loses_nothing() {
    on_each_pool(|| {
        // About 900,000 comparisons are made: early ones sort pieces, late ones merge.
        for at in [0, 1, 1000, 300_000, 600_000, 700_000, 750_000, 800_000, 850_000] {
            for sort in [
                |items: &mut [Item], compare: &(dyn Fn(&Item, &Item) -> Ordering + Sync)| {
                    items.par_sort_by(compare)
                },
                |items: &mut [Item], compare: &(dyn Fn(&Item, &Item) -> Ordering + Sync)| {
                    items.par_sort_unstable_by(compare)
                },
            ] {
                let comparisons = AtomicUsize::new(0);
                keeps_all_items(sort, &|left, right| {
                    assert_ne!(comparisons.fetch_add(1, Relaxed), at, "this comparison panics");
                    left.cmp(right)
                });
            }
        }
    });
}

#[test]
fn every_late_comparison_may_panic() {
    on_each_pool(|| {
        // The comparison of one particular item panics, which may be in any merge.
        for item in (0..60_000).step_by(7919) {
            let looked_at = AtomicUsize::new(0);
            for nth in [1, 12, 16, 18] {
                keeps_all_items(|items, compare| items.par_sort_by(compare), &|left, right| {
                    if **left == item || **right == item {
                        assert_ne!(looked_at.fetch_add(1, Relaxed), nth, "this comparison panics");
                    }
                    left.cmp(right)
                });
            }
        }
    });
}

#[test]
fn a_comparison_that_is_no_order_loses_nothing() {
    on_each_pool(|| {
        let random = |_: &Item, _: &Item| match fastrand::u8(..3) {
            0 => Ordering::Less,
            1 => Ordering::Equal,
            _ => Ordering::Greater,
        };
        keeps_all_items(|items, compare| items.par_sort_by(compare), &random);
        keeps_all_items(|items, compare| items.par_sort_unstable_by(compare), &random);
        keeps_all_items(|items, compare| items.par_sort_by(compare), &|_, _| Ordering::Less);
        keeps_all_items(|items, compare| items.par_sort_by(compare), &|_, _| Ordering::Greater);
    });
}

#[test]
fn a_comparison_may_change_what_it_compares() {
    use std::cell::RefCell;

    on_each_pool(|| {
        let mut items: Vec<RefCell<Vec<u32>>> =
            (0..30_000).map(|_| RefCell::new(vec![fastrand::u32(..100)])).collect();
        let mut comparisons = 0;
        let compare = |left: &RefCell<Vec<u32>>, right: &RefCell<Vec<u32>>| {
            // Moves both items' memory, which a copy left behind would still point to.
            for item in [left, right] {
                let moved = item.borrow().clone();
                item.replace(moved);
            }
            left.borrow().cmp(&right.borrow())
        };
        items.par_sort_by(compare);
        assert!(items.is_sorted_by(|left, right| {
            comparisons += 1;
            compare(left, right).is_le()
        }));
        let counter = AtomicUsize::new(0);
        fastrand::shuffle(&mut items);
        let sorted = catch_unwind(AssertUnwindSafe(|| {
            items.par_sort_by(|left, right| {
                assert_ne!(counter.fetch_add(1, Relaxed), 380_000, "this comparison panics");
                compare(left, right)
            });
        }));
        drop(sorted);
        assert!(items.iter().all(|item| item.borrow().len() == 1));
        assert!(comparisons > 0);
    });
}
