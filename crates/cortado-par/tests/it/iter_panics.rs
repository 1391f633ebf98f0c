//! A panic in any closure at any item arrives at the caller, and every item is dropped once.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use cortado_par::prelude::*;

use crate::iter_pools::on_each_pool;

/// How many items each test has: enough for several pieces.
const ITEMS: usize = 300;

/// How often each item was dropped.
struct Tally(Vec<AtomicU32>);

/// An item that is dropped once.
struct Item<'t> {
    number: usize,
    tally: &'t Tally,
    /// Memory of its own, so that dropping it twice is seen by a sanitizer as well.
    _memory: Box<usize>,
}

impl Tally {
    fn new() -> Tally {
        Tally((0..ITEMS).map(|_| AtomicU32::new(0)).collect())
    }

    fn item(&self, number: usize) -> Item<'_> {
        Item { number, tally: self, _memory: Box::new(number) }
    }

    fn items(&self) -> Vec<Item<'_>> {
        (0..ITEMS).map(|number| self.item(number)).collect()
    }
}

impl Drop for Item<'_> {
    fn drop(&mut self) {
        self.tally.0[self.number].fetch_add(1, Ordering::Relaxed);
    }
}

/// Panics at this item.
fn pass<'t>(item: Item<'t>, at: usize) -> Item<'t> {
    if item.number == at {
        std::panic::panic_any(at);
    }
    item
}

/// For each item: the chain panics there, the panic is that one's, and all are dropped once.
fn drops_each_once(run: impl Fn(Vec<Item<'_>>, usize) + Sync) {
    on_each_pool(|| {
        for at in (0..ITEMS).step_by(13).chain([1, ITEMS - 1]) {
            let tally = Tally::new();
            let items = tally.items();
            let panic = catch_unwind(AssertUnwindSafe(|| run(items, at)));
            let payload = panic.expect_err("the closure panics");
            assert_eq!(payload.downcast_ref(), Some(&at));
            for (number, drops) in tally.0.iter().enumerate() {
                let drops = drops.load(Ordering::Relaxed);
                assert_eq!(drops, 1, "item {number} was dropped {drops} times; panic at {at}");
            }
        }
    });
}

macro_rules! drop_tests {
    ($($name:ident: |$items:ident, $at:ident| $run:expr;)*) => {$(
        #[test]
        fn $name() {
            drops_each_once(|$items, $at| { let _ = $run; });
        }
    )*};
}

drop_tests! {
    for_each: |items, at| items.into_par_iter().for_each(|item| drop(pass(item, at)));
    collect: |items, at| items.into_par_iter().map(|item| pass(item, at)).collect::<Vec<_>>();
    collect_into_vec: |items, at| {
        let mut target = Vec::new();
        items.into_par_iter().map(|item| pass(item, at)).collect_into_vec(&mut target);
    };
    extend: |items, at| {
        let mut target: Vec<Option<Item<'_>>> = vec![None];
        target.par_extend(items.into_par_iter().map(|item| Some(pass(item, at))));
    };
    unzip_into_vecs: |items, at| {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let pairs = items.into_par_iter().map(|item| (Box::new(1), pass(item, at)));
        pairs.unzip_into_vecs(&mut left, &mut right);
    };
    unzip: |items, at| {
        let pairs = items.into_par_iter().map(|item| (pass(item, at), Box::new(1)));
        pairs.unzip::<_, _, Vec<_>, Vec<_>>()
    };
    float_sum: |items, at| {
        items.into_par_iter().map(|item| pass(item, at).number as f64).sum::<f64>()
    };
    float_sum_of_pairs: |items, at| {
        let boxes: Vec<Box<f64>> = (0..ITEMS + 20).map(|number| Box::new(number as f64)).collect();
        let pairs = items.into_par_iter().rev().zip(boxes).enumerate();
        pairs.map(|(_, (item, number))| pass(item, at).number as f64 + *number).sum::<f64>()
    };
    filter_collect: |items, at| {
        let even = |item: &Item<'_>| item.number.is_multiple_of(2);
        items.into_par_iter().map(|item| pass(item, at)).filter(even).collect::<Vec<_>>()
    };
    partition: |items, at| {
        let even = |item: &Item<'_>| item.number.is_multiple_of(2);
        items.into_par_iter().map(|item| pass(item, at)).partition::<Vec<_>, Vec<_>, _>(even)
    };
    result: |items, at| {
        items.into_par_iter().map(|item| Ok::<_, ()>(pass(item, at))).collect::<Result<Vec<_>, _>>()
    };
    reduce: |items, at| items.into_par_iter().map(Some).reduce(
        || None,
        |left, right| left.into_iter().chain(right).map(|item| pass(item, at)).reduce(|_, item| item),
    );
    reversed: |items, at| items.into_par_iter().rev().for_each(|item| drop(pass(item, at)));
    chunks: |items, at| items.into_par_iter().chunks(7).for_each(|chunk| {
        chunk.into_iter().for_each(|item| drop(pass(item, at)));
    });
    zip_with_a_longer_one: |items, at| {
        let numbers = (0..ITEMS + 100).into_par_iter().map(Box::new);
        items.into_par_iter().zip(numbers).for_each(|(item, _)| drop(pass(item, at)));
    };
    chained: |items, at| {
        let mut items = items;
        let rest = items.split_off(ITEMS / 3);
        items.into_par_iter().chain(rest).map(|item| pass(item, at)).collect::<Vec<_>>()
    };
    nested: |items, at| {
        let mut items = items;
        let rest = items.split_off(ITEMS / 3);
        let both = vec![items, rest].into_par_iter().flat_map(|items| items);
        both.map(|item| pass(item, at)).collect::<Vec<_>>()
    };
    bridged: |items, at| items.into_iter().par_bridge().for_each(|item| drop(pass(item, at)));
    fused: |items, at| items.into_par_iter().panic_fuse().for_each(|item| drop(pass(item, at)));
    found: |items, at| items.into_par_iter().find_first(|item| {
        if item.number == at {
            std::panic::panic_any(at);
        }
        false
    });
    mapped_with: |items, at| {
        items.into_par_iter().for_each_with(vec![1], |_, item| drop(pass(item, at)))
    };
}

#[test]
fn items_that_nobody_takes_are_dropped_once() {
    on_each_pool(|| {
        let tally = Tally::new();
        drop(tally.items().into_par_iter());
        let used: [fn(Vec<Item<'_>>); 7] = [
            |items| drop(items.into_par_iter().take(7).collect::<Vec<_>>()),
            |items| drop(items.into_par_iter().skip(7).collect::<Vec<_>>()),
            |items| drop(items.into_par_iter().step_by(7).collect::<Vec<_>>()),
            |items| drop(items.into_par_iter().zip(0..7).collect::<Vec<_>>()),
            |items| drop(items.into_par_iter().find_any(|item| item.number > 9)),
            |items| drop(items.into_par_iter().map(|_| None::<()>).collect::<Option<Vec<_>>>()),
            |items| assert_eq!(items.into_par_iter().interleave_shortest(Vec::new()).count(), 1),
        ];
        for run in used {
            run(tally.items());
        }
        assert!(tally.0.iter().all(|drops| drops.load(Ordering::Relaxed) == 8));
    });
}

#[test]
fn an_extended_vector_is_as_before_the_panic() {
    on_each_pool(|| {
        let mut target = vec![1, 2, 3];
        let panic = catch_unwind(AssertUnwindSafe(|| {
            target.par_extend((0..1000).into_par_iter().inspect(|item| assert_ne!(*item, 700)));
        }));
        assert!(panic.is_err());
        assert_eq!(target, [1, 2, 3]);
    });
}

#[test]
fn a_panic_while_items_are_dropped_keeps_the_others() {
    struct Bomb<'t>(Item<'t>);

    impl Drop for Bomb<'_> {
        fn drop(&mut self) {
            assert!(self.0.number != 150 || std::thread::panicking(), "this one's drop panics");
        }
    }

    on_each_pool(|| {
        let tally = Tally::new();
        let bombs: Vec<Bomb<'_>> = tally.items().into_iter().map(Bomb).collect();
        let panic = catch_unwind(AssertUnwindSafe(|| bombs.into_par_iter().take(3).count()));
        assert!(panic.is_err());
        assert!(tally.0.iter().all(|drops| drops.load(Ordering::Relaxed) == 1));
    });
}

#[test]
fn lengths_that_cannot_be_are_refused() {
    for (run, message) in [
        ((|| drop([1].par_iter().chunks(0))) as fn(), "size of at least 1"),
        (|| drop([1].par_chunks(0)), "size of at least 1"),
        (|| drop([1].par_windows(0)), "size of at least 1"),
        (|| drop([1].par_iter().step_by(0)), "step of at least 1"),
        (|| drop([1].par_iter().zip_eq(&[1, 2])), "same length"),
    ] {
        let panic = catch_unwind(run).expect_err("a length that cannot be");
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        assert!(text.is_some_and(|text| text.contains(message)), "{text:?}");
    }
}

/// Of the code that makes what pieces need, and of an iterator that is shared by all.
#[test]
fn panics_of_what_makes_values_arrive() {
    struct Cloned;
    impl Clone for Cloned {
        fn clone(&self) -> Cloned {
            made()
        }
    }
    fn made<T>() -> T {
        resume_unwind(Box::new("made"))
    }
    fn numbers() -> impl IndexedParallelIterator<Item = u32> {
        (0..1000).into_par_iter()
    }
    let runs: [fn(); 8] = [
        || _ = numbers().map_with(Cloned, |_, n| n).count(),
        || numbers().for_each_with(Cloned, |_, _| ()),
        || _ = numbers().map_init(made::<u32>, |_, n| n).count(),
        || _ = numbers().fold(made::<u32>, |sum, n| sum + n).count(),
        || _ = numbers().reduce(made::<u32>, |sum, n| sum + n),
        || [2, 1, 0].par_sort_by_cached_key(|_| made::<u32>()),
        || _ = "a b".par_split(|_: char| made::<bool>()).count(),
        || _ = (0..100).map(|n| if n < 10 { n } else { made() }).par_bridge().count(),
    ];
    for (number, run) in runs.into_iter().enumerate() {
        let payload = catch_unwind(run).expect_err("it panics");
        assert_eq!(payload.downcast_ref(), Some(&"made"), "{number}");
    }
}

#[test]
fn an_iterator_that_has_panicked_is_not_called_again() {
    let calls = AtomicU32::new(0);
    let items = std::iter::from_fn(|| match calls.fetch_add(1, Ordering::Relaxed) {
        9 => resume_unwind(Box::new("the tenth")),
        call => Some(call),
    });
    assert!(catch_unwind(AssertUnwindSafe(|| items.par_bridge().for_each(drop))).is_err());
    assert_eq!(calls.load(Ordering::Relaxed), 10);
}
