//! Iterators of one's own that are wrong about their length: results may be wrong and calls may
//! panic, but every item that was made is dropped once, and a vector has no item that nobody made.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicIsize, Ordering};

use cortado_par::iter::plumbing::{Consumer, Source, drive_source};
use cortado_par::prelude::*;

use crate::iter_pools::on_each_pool;

/// What is said and what is so.
#[derive(Clone, Copy, Debug)]
struct Lengths {
    /// What the iterator says.
    iterator: usize,
    /// What its source says.
    source: usize,
    /// How many items a piece has in truth: so many more or fewer than it says.
    off_by: isize,
}

/// Counts the items that are there.
struct Living(AtomicIsize);

struct Item<'l> {
    number: usize,
    living: &'l Living,
    /// Memory of its own, so that what was never made or is dropped twice is seen by a sanitizer.
    memory: Box<usize>,
}

impl Living {
    fn item(&self, number: usize) -> Item<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Item { number, living: self, memory: Box::new(number) }
    }
}

impl Drop for Item<'_> {
    fn drop(&mut self) {
        assert_eq!(self.number, *self.memory);
        self.living.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// See the module.
#[derive(Clone, Copy)]
struct Liar<'l> {
    lengths: Lengths,
    living: &'l Living,
}

struct Piece<'l> {
    first: usize,
    len: usize,
    off_by: isize,
    living: &'l Living,
}

impl<'l> Source for Piece<'l> {
    type Item = Item<'l>;

    fn len(&self) -> usize {
        self.len
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let left = Piece { len: index, ..self };
        let (first, len) = (self.first + index, self.len.saturating_sub(index));
        (left, Piece { first, len, ..self })
    }

    fn into_items(self) -> impl DoubleEndedIterator<Item = Item<'l>> + ExactSizeIterator {
        let items = self.len.saturating_add_signed(self.off_by);
        (0..items).map(move |index| self.living.item(self.first + index))
    }
}

impl<'l> ParallelIterator for Liar<'l> {
    type Item = Item<'l>;

    fn drive<C: Consumer<Item<'l>>>(mut self, consumer: &C, portion: C::Portion) -> C::Output {
        drive_source(self.source(), consumer, portion)
    }

    fn opt_len(&self) -> Option<usize> {
        Some(self.lengths.iterator)
    }
}

impl<'l> IndexedParallelIterator for Liar<'l> {
    type Source<'a>
        = Piece<'l>
    where
        Self: 'a;

    fn len(&self) -> usize {
        self.lengths.iterator
    }

    fn source(&mut self) -> Piece<'l> {
        let Lengths { source, off_by, .. } = self.lengths;
        Piece { first: 0, len: source, off_by, living: self.living }
    }
}

const SAID: [usize; 5] = [0, 1, 3, 100, 301];
const OFF_BY: [isize; 5] = [0, -1, 1, -50, 50];

/// Calls `run` with each lie, and with what is true. It returns whether it got as many items as
/// were said: a failed assertion of its own would pass for the panic that a lie may end in.
fn tells_lies(run: impl Fn(Liar<'_>) -> bool + Sync) {
    on_each_pool(|| {
        for (iterator, source, off_by) in all_lies() {
            let living = Living(AtomicIsize::new(0));
            let lengths = Lengths { iterator, source, off_by };
            let liar = Liar { lengths, living: &living };
            let ran = catch_unwind(AssertUnwindSafe(|| run(liar)));
            assert_eq!(living.0.load(Ordering::Relaxed), 0, "{lengths:?}");
            assert!(*ran.as_ref().unwrap_or(&true), "a vector of another length: {lengths:?}");
            if iterator == source && off_by == 0 {
                assert!(ran.is_ok(), "no lie: {lengths:?}");
            }
        }
    });
}

fn all_lies() -> impl Iterator<Item = (usize, usize, isize)> {
    let lengths = SAID.into_iter().flat_map(|iterator| SAID.map(|source| (iterator, source)));
    lengths.flat_map(|(iterator, source)| OFF_BY.map(|off_by| (iterator, source, off_by)))
}

macro_rules! lies {
    ($($name:ident: |$liar:ident| $run:expr;)*) => {$(
        #[test]
        fn $name() {
            tells_lies(|$liar| { let _ = $run; true });
        }
    )*};
}

lies! {
    collect: |liar| liar.collect::<Vec<_>>();
    boxed_slice: |liar| liar.collect::<Box<[_]>>();
    filtered: |liar| liar.filter(|item| item.number % 3 > 0).collect::<Vec<_>>();
    reversed: |liar| liar.rev().collect::<Vec<_>>();
    enumerated: |liar| liar.enumerate().collect::<Vec<_>>();
    zipped: |liar| liar.zip(liar).collect::<Vec<_>>();
    zipped_with_the_truth: |liar| (0..100).into_par_iter().zip(liar).collect::<Vec<_>>();
    chained: |liar| liar.chain(liar).collect::<Vec<_>>();
    interleaved: |liar| liar.interleave(liar).collect::<Vec<_>>();
    interleaved_to_the_end_of_one: |liar| liar.interleave_shortest(liar).collect::<Vec<_>>();
    chunks: |liar| liar.chunks(7).collect::<Vec<_>>();
    chunks_reversed: |liar| liar.chunks(7).rev().collect::<Vec<_>>();
    every_third: |liar| liar.step_by(3).collect::<Vec<_>>();
    every_third_reversed: |liar| liar.step_by(3).rev().collect::<Vec<_>>();
    skipped: |liar| liar.skip(60).collect::<Vec<_>>();
    taken: |liar| liar.take(60).rev().collect::<Vec<_>>();
    stopped: |liar| liar.find_first(|item| item.number == 77);
    while_few: |liar| liar.map(|item| (item.number < 60).then_some(item)).while_some().collect::<Vec<_>>();
    float_sum: |liar| liar.map(|item| item.number as f64).sum::<f64>();
    folded: |liar| liar.fold(Vec::new, |mut all, item| { all.push(item); all }).collect::<Vec<_>>();
}

#[test]
fn collect_into_vec() {
    tells_lies(|liar| {
        let mut target = vec![liar.living.item(7)];
        liar.collect_into_vec(&mut target);
        target.len() == liar.lengths.iterator
    });
}

#[test]
fn extend() {
    tells_lies(|liar| {
        let mut target = vec![liar.living.item(7)];
        target.par_extend(liar);
        target.len() == 1 + liar.lengths.iterator
    });
}

#[test]
fn unzip_into_vecs() {
    tells_lies(|liar| {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        liar.map(|item| (Box::new(1), item)).unzip_into_vecs(&mut left, &mut right);
        [left.len(), right.len()] == [liar.lengths.iterator; 2]
    });
}
