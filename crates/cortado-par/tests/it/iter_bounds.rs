//! What must be `Send` is, and what need not be `Sync` may be without.

use std::cell::Cell;

use cortado_par::iter::{Filter, Map, VecIter};
use cortado_par::prelude::*;

fn send<T: Send>(value: T) -> T {
    value
}

#[test]
fn parallel_iterators_can_be_sent() {
    let chain = vec![1, 2, 3].into_par_iter().map(|x| x + 1).filter(|x| *x > 2);
    assert_eq!(send(chain).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(send((0..3).into_par_iter().enumerate().rev()).count(), 3);
    assert_eq!(send("a b".par_split_whitespace()).count(), 2);
}

#[test]
fn items_need_not_be_sync() {
    let cells: Vec<Cell<u32>> = (0..1000).map(Cell::new).collect();
    let doubled: Vec<Cell<u32>> = cells
        .into_par_iter()
        .map(|cell| {
            cell.set(cell.get() * 2);
            cell
        })
        .collect();
    assert_eq!(doubled.iter().map(Cell::get).sum::<u32>(), 999_000);
    let mut cells: Vec<Cell<u32>> = (0..10_000).rev().map(Cell::new).collect();
    cells.par_iter_mut().for_each(|cell| cell.set(cell.get() + 1));
    cells.par_sort_by_key(Cell::get);
    assert!(cells.iter().map(Cell::get).eq(1..=10_000));
    cells.par_sort_unstable_by(|left, right| right.get().cmp(&left.get()));
    assert!(cells.iter().map(Cell::get).eq((1..=10_000).rev()));
    cells.par_sort_by_cached_key(Cell::get);
    assert!(cells.iter().map(Cell::get).eq(1..=10_000));
}

#[test]
fn lent_values_need_not_be_sync() {
    let sum = (0..100u64).into_par_iter().map_with(Cell::new(0), |last, item| {
        last.set(item);
        last.get()
    });
    assert_eq!(sum.sum::<u64>(), 4950);
    let sum = (0..100u64).into_par_iter().fold_with(Cell::new(0), |sum, item| {
        sum.set(sum.get() + item);
        sum
    });
    assert_eq!(sum.map(Cell::into_inner).sum::<u64>(), 4950);
}

type Twice = Map<VecIter<u32>, fn(u32) -> u32>;

/// The types of adaptors can be named, as in Rayon.
fn named(items: Vec<u32>) -> Filter<Twice, fn(&u32) -> bool> {
    fn twice(item: u32) -> u32 {
        item * 2
    }

    fn big(item: &u32) -> bool {
        *item > 2
    }

    let twice: fn(u32) -> u32 = twice;
    let big: fn(&u32) -> bool = big;
    items.into_par_iter().map(twice).filter(big)
}

#[test]
fn adaptors_can_be_named() {
    assert_eq!(named(vec![1, 2, 3]).collect::<Vec<_>>(), [4, 6]);
}
