//! The trait of all parallel iterators: what can be done to items, and with all of them.

use std::cmp::Ordering;
use std::iter::{Product, Sum};

use super::attempt::Try;
use super::plumbing::Consumer;
use super::step::{
    ClonedStep, CopiedStep, FilterMapStep, FilterStep, FlatMapIterStep, FlattenIterStep, FoldStep,
    FoldWithStep, InspectStep, MapInitStep, MapStep, MapWithStep, Original, PanicFuseStep,
    SkipAnyStep, SkipAnyWhileStep, TakeAnyStep, TakeAnyWhileStep, TryFoldStep, TryFoldWithStep,
    UpdateStep, WhileSomeStep,
};
use super::{
    Chain, Cloned, Copied, Filter, FilterMap, FlatMap, FlatMapIter, Flatten, FlattenIter, Fold,
    FoldWith, FromParallelIterator, Inspect, IntoParallelIterator, Map, MapInit, MapWith,
    PanicFuse, ParallelExtend, SkipAny, SkipAnyWhile, TakeAny, TakeAnyWhile, Through, TryFold,
    TryFoldWith, Update, WhileSome, collect, consume,
};

/// A parallel iterator. See the [module](super).
///
/// Who implements it says how the items reach a [`Consumer`]; see
/// [`plumbing`](super::plumbing).
#[must_use = "a parallel iterator does nothing until it is consumed"]
pub trait ParallelIterator: Sized + Send {
    /// What it gives.
    type Item: Send;

    /// Hands all items to `consumer`, in pieces: the foundation of everything else.
    fn drive<C: Consumer<Self::Item>>(self, consumer: &C, portion: C::Portion) -> C::Output;

    /// How many items there are, where that is known; then it must cut portions
    /// [by index](super::plumbing::Portion::split_at). `None` by default.
    fn opt_len(&self) -> Option<usize> {
        None
    }

    /// Calls `operation` with each item.
    ///
    /// # Examples
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use cortado_par::prelude::*;
    ///
    /// let total = AtomicU32::new(0);
    /// (0..10u32).into_par_iter().for_each(|number| {
    ///     total.fetch_add(number, Ordering::Relaxed);
    /// });
    /// assert_eq!(total.into_inner(), 45);
    /// ```
    fn for_each<F: Fn(Self::Item) + Sync + Send>(self, operation: F) {
        consume::for_each(self, operation);
    }

    /// The same with a clone of `value` for each piece.
    ///
    /// # Examples
    /// ```
    /// use std::sync::mpsc::channel;
    ///
    /// use cortado_par::prelude::*;
    ///
    /// let (sender, receiver) = channel();
    /// (0..5).into_par_iter().for_each_with(sender, |sender, number| {
    ///     sender.send(number).expect("the receiver is there");
    /// });
    /// let mut numbers: Vec<i32> = receiver.iter().collect();
    /// numbers.sort();
    /// assert_eq!(numbers, [0, 1, 2, 3, 4]);
    /// ```
    fn for_each_with<V, F>(self, value: V, operation: F)
    where
        V: Clone + Send,
        F: Fn(&mut V, Self::Item) + Sync + Send,
    {
        self.map_with(value, operation).for_each(|()| ());
    }

    /// The same with a value that `init` makes for each piece.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let mut words = ["b c a".to_owned(), "z y".to_owned()];
    /// words.par_iter_mut().for_each_init(Vec::new, |letters: &mut Vec<char>, word| {
    ///     letters.clear();
    ///     letters.extend(word.chars().filter(|letter| letter.is_alphabetic()));
    ///     letters.sort();
    ///     *word = letters.iter().collect();
    /// });
    /// assert_eq!(words, ["abc", "yz"]);
    /// ```
    fn for_each_init<V, N, F>(self, init: N, operation: F)
    where
        N: Fn() -> V + Sync + Send,
        F: Fn(&mut V, Self::Item) + Sync + Send,
    {
        self.map_init(init, operation).for_each(|()| ());
    }

    /// Calls `operation` with each item, and stops where it says so: at an `Err`, `None` or
    /// `ControlFlow::Break`. Where several do, it is not specified which one is given.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let parsed = ["1", "x", "3"].par_iter().try_for_each(|word| word.parse::<u32>().map(|_| ()));
    /// assert!(parsed.is_err());
    /// ```
    fn try_for_each<F, R>(self, operation: F) -> R
    where
        F: Fn(Self::Item) -> R + Sync + Send,
        R: Try<Output = ()> + Send,
    {
        self.map(operation).try_reduce(|| (), |(), ()| R::from_output(()))
    }

    /// The same with a clone of `value` for each piece.
    ///
    /// # Examples
    /// ```
    /// use std::sync::mpsc::channel;
    ///
    /// use cortado_par::prelude::*;
    ///
    /// let (sender, receiver) = channel();
    /// (0..5).into_par_iter().try_for_each_with(sender, |sender, number| sender.send(number))?;
    /// assert_eq!(receiver.iter().sum::<i32>(), 10);
    /// # Ok::<(), std::sync::mpsc::SendError<i32>>(())
    /// ```
    fn try_for_each_with<V, F, R>(self, value: V, operation: F) -> R
    where
        V: Clone + Send,
        F: Fn(&mut V, Self::Item) -> R + Sync + Send,
        R: Try<Output = ()> + Send,
    {
        self.map_with(value, operation).try_reduce(|| (), |(), ()| R::from_output(()))
    }

    /// The same with a value that `init` makes for each piece.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let short = ["a", "b"].par_iter().try_for_each_init(String::new, |text, word| {
    ///     text.push_str(word);
    ///     (text.len() < 10).then_some(())
    /// });
    /// assert_eq!(short, Some(()));
    /// ```
    fn try_for_each_init<V, N, F, R>(self, init: N, operation: F) -> R
    where
        N: Fn() -> V + Sync + Send,
        F: Fn(&mut V, Self::Item) -> R + Sync + Send,
        R: Try<Output = ()> + Send,
    {
        self.map_init(init, operation).try_reduce(|| (), |(), ()| R::from_output(()))
    }

    /// How many items there are.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((0..100).into_par_iter().filter(|number| number % 7 == 0).count(), 15);
    /// ```
    fn count(self) -> usize {
        self.map(|_| 1).sum()
    }

    /// What `map` makes of each item.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([1, 2, 3].par_iter().map(|number| number * 2).collect::<Vec<_>>(), [2, 4, 6]);
    /// ```
    fn map<R: Send, F: Fn(Self::Item) -> R + Sync + Send>(self, map: F) -> Map<Self, F> {
        Through::new(self, MapStep(map))
    }

    /// The same with a clone of `value` for each piece.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let lines = (1..4usize).into_par_iter().map_with(String::new(), |text, number| {
    ///     text.clear();
    ///     text.extend(std::iter::repeat_n('#', number));
    ///     text.len()
    /// });
    /// assert_eq!(lines.collect::<Vec<_>>(), [1, 2, 3]);
    /// ```
    fn map_with<V, F, R>(self, value: V, map: F) -> MapWith<Self, V, F>
    where
        V: Clone + Send,
        F: Fn(&mut V, Self::Item) -> R + Sync + Send,
        R: Send,
    {
        Through::new(self, MapWithStep { value: Original::new(value), map })
    }

    /// The same with a value that `init` makes for each piece.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let sums = [3, 1].par_iter().map_init(Vec::new, |numbers: &mut Vec<u32>, &count| {
    ///     numbers.clear();
    ///     numbers.extend(0..count);
    ///     numbers.iter().sum::<u32>()
    /// });
    /// assert_eq!(sums.collect::<Vec<_>>(), [3, 0]);
    /// ```
    fn map_init<V, N, F, R>(self, init: N, map: F) -> MapInit<Self, N, F>
    where
        N: Fn() -> V + Sync + Send,
        F: Fn(&mut V, Self::Item) -> R + Sync + Send,
        R: Send,
    {
        Through::new(self, MapInitStep { init, map })
    }

    /// Clones of the items, which are references.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let words = ["a".to_owned()];
    /// assert_eq!(words.par_iter().cloned().collect::<Vec<String>>(), words);
    /// ```
    fn cloned<'a, T: Clone + Send + 'a>(self) -> Cloned<Self>
    where
        Self: ParallelIterator<Item = &'a T>,
    {
        Through::new(self, ClonedStep)
    }

    /// Copies of the items, which are references.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([1, 2].par_iter().copied().collect::<Vec<i32>>(), [1, 2]);
    /// ```
    fn copied<'a, T: Copy + Send + 'a>(self) -> Copied<Self>
    where
        Self: ParallelIterator<Item = &'a T>,
    {
        Through::new(self, CopiedStep)
    }

    /// The items, of each of which `look` sees a reference.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let sum: i32 = (0..3).into_par_iter().inspect(|number| println!("{number}")).sum();
    /// assert_eq!(sum, 3);
    /// ```
    fn inspect<F: Fn(&Self::Item) + Sync + Send>(self, look: F) -> Inspect<Self, F> {
        Through::new(self, InspectStep(look))
    }

    /// The items as `change` leaves them.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let words = vec!["a".to_owned(), "b".to_owned()];
    /// let words: Vec<String> = words.into_par_iter().update(|word| word.push('!')).collect();
    /// assert_eq!(words, ["a!", "b!"]);
    /// ```
    fn update<F: Fn(&mut Self::Item) + Sync + Send>(self, change: F) -> Update<Self, F> {
        Through::new(self, UpdateStep(change))
    }

    /// The items that `predicate` accepts.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let even: Vec<i32> = (0..7).into_par_iter().filter(|number| number % 2 == 0).collect();
    /// assert_eq!(even, [0, 2, 4, 6]);
    /// ```
    fn filter<P: Fn(&Self::Item) -> bool + Sync + Send>(self, predicate: P) -> Filter<Self, P> {
        Through::new(self, FilterStep(predicate))
    }

    /// What `map` makes of the items, where it makes something of them.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let numbers = ["1", "x", "3"].par_iter().filter_map(|word| word.parse().ok());
    /// assert_eq!(numbers.collect::<Vec<u32>>(), [1, 3]);
    /// ```
    fn filter_map<F, R>(self, map: F) -> FilterMap<Self, F>
    where
        F: Fn(Self::Item) -> Option<R> + Sync + Send,
        R: Send,
    {
        Through::new(self, FilterMapStep(map))
    }

    /// The items of the parallel iterators that `map` makes of the items. Each of them is again
    /// split over the workers; where they are small, [`flat_map_iter`](Self::flat_map_iter) is
    /// faster.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let numbers: Vec<i32> = (0..4).into_par_iter().flat_map(|count| 0..count).collect();
    /// assert_eq!(numbers, [0, 0, 1, 0, 1, 2]);
    /// ```
    fn flat_map<F, R>(self, map: F) -> FlatMap<Self, F>
    where
        F: Fn(Self::Item) -> R + Sync + Send,
        R: IntoParallelIterator,
    {
        FlatMap { base: self, map }
    }

    /// The items of the std iterators that `map` makes of the items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let words: Vec<&str> =
    ///     ["a b", "c"].par_iter().flat_map_iter(|line| line.split(' ')).collect();
    /// assert_eq!(words, ["a", "b", "c"]);
    /// ```
    fn flat_map_iter<F, R>(self, map: F) -> FlatMapIter<Self, F>
    where
        F: Fn(Self::Item) -> R + Sync + Send,
        R: IntoIterator<Item: Send>,
    {
        Through::new(self, FlatMapIterStep(map))
    }

    /// The items of the items, which can become parallel iterators.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let numbers: Vec<i32> = vec![vec![1, 2], vec![3]].into_par_iter().flatten().collect();
    /// assert_eq!(numbers, [1, 2, 3]);
    /// ```
    fn flatten(self) -> Flatten<Self>
    where
        Self::Item: IntoParallelIterator,
    {
        Flatten { base: self }
    }

    /// The items of the items, which can become std iterators.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let numbers: Vec<i32> = vec![vec![1, 2], vec![3]].into_par_iter().flatten_iter().collect();
    /// assert_eq!(numbers, [1, 2, 3]);
    /// ```
    fn flatten_iter(self) -> FlattenIter<Self>
    where
        Self::Item: IntoIterator<Item: Send>,
    {
        Through::new(self, FlattenIterStep)
    }

    /// The items of both, one after the other.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((0..2).into_par_iter().chain(7..9).collect::<Vec<_>>(), [0, 1, 7, 8]);
    /// ```
    fn chain<C>(self, second: C) -> Chain<Self, C::Iter>
    where
        C: IntoParallelIterator<Item = Self::Item>,
    {
        Chain { first: self, second: second.into_par_iter() }
    }

    /// Combines all items by `operation`, which must be associative; `identity` makes its neutral
    /// value, as often as there are pieces.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let words = ["a", "b", "c"].par_iter().map(|word| word.to_string());
    /// assert_eq!(words.reduce(String::new, |left, right| left + &right), "abc");
    /// ```
    fn reduce<N, F>(self, identity: N, operation: F) -> Self::Item
    where
        N: Fn() -> Self::Item + Sync + Send,
        F: Fn(Self::Item, Self::Item) -> Self::Item + Sync + Send,
    {
        consume::reduce(self, identity, operation)
    }

    /// Combines all items by `operation`, which must be associative. `None` if there are none.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((1..5).into_par_iter().reduce_with(|left, right| left * right), Some(24));
    /// ```
    fn reduce_with<F>(self, operation: F) -> Option<Self::Item>
    where
        F: Fn(Self::Item, Self::Item) -> Self::Item + Sync + Send,
    {
        consume::reduce_with(self, operation)
    }

    /// Combines what is in the items by `operation`, which must be associative, and stops where an
    /// item or it says so: at an `Err`, `None` or `ControlFlow::Break`. Where several do, it is not
    /// specified which one is given.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let numbers = [200u8, 50, 10];
    /// let sum = numbers.par_iter().copied().map(Some).try_reduce(|| 0, u8::checked_add);
    /// assert_eq!(sum, None);
    /// ```
    fn try_reduce<V, N, F>(self, identity: N, operation: F) -> Self::Item
    where
        Self::Item: Try<Output = V>,
        N: Fn() -> V + Sync + Send,
        F: Fn(V, V) -> Self::Item + Sync + Send,
    {
        consume::try_reduce(self, identity, operation)
    }

    /// The same without a neutral value. `None` if there are no items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let numbers = [20u8, 50, 10];
    /// let sum = numbers.par_iter().copied().map(Some).try_reduce_with(u8::checked_add);
    /// assert_eq!(sum, Some(Some(80)));
    /// ```
    fn try_reduce_with<V, F>(self, operation: F) -> Option<Self::Item>
    where
        Self::Item: Try<Output = V>,
        F: Fn(V, V) -> Self::Item + Sync + Send,
    {
        consume::try_reduce_with(self, operation)
    }

    /// Folds the items of each piece into one item. How many pieces there are is not specified, so
    /// a `reduce` or `sum` mostly follows.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let bytes = "parallel".as_bytes();
    /// let counts = bytes.par_iter().fold(
    ///     || [0; 26],
    ///     |mut counts, byte| {
    ///         counts[usize::from(byte - b'a')] += 1;
    ///         counts
    ///     },
    /// );
    /// let add = |left: [u32; 26], right: [u32; 26]| std::array::from_fn(|at| left[at] + right[at]);
    /// assert_eq!(counts.reduce(|| [0; 26], add)[usize::from(b'l' - b'a')], 3);
    /// ```
    fn fold<V, N, F>(self, identity: N, fold: F) -> Fold<Self, N, F>
    where
        V: Send,
        N: Fn() -> V + Sync + Send,
        F: Fn(V, Self::Item) -> V + Sync + Send,
    {
        Through::new(self, FoldStep { identity, fold })
    }

    /// The same from a clone of `value` on.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let sums = (0..100u64).into_par_iter().fold_with(0, |sum, number| sum + number);
    /// assert_eq!(sums.sum::<u64>(), 4950);
    /// ```
    fn fold_with<V, F>(self, value: V, fold: F) -> FoldWith<Self, V, F>
    where
        V: Clone + Send,
        F: Fn(V, Self::Item) -> V + Sync + Send,
    {
        Through::new(self, FoldWithStep { value: Original::new(value), fold })
    }

    /// Folds the items of each piece into one item, and ends the piece where `fold` says so.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let sum = [100u8, 100, 100]
    ///     .par_iter()
    ///     .try_fold(|| 0u8, |sum, &number| sum.checked_add(number))
    ///     .try_reduce(|| 0, u8::checked_add);
    /// assert_eq!(sum, None);
    /// ```
    fn try_fold<V, R, N, F>(self, identity: N, fold: F) -> TryFold<Self, R, N, F>
    where
        R: Try<Output = V> + Send,
        N: Fn() -> V + Sync + Send,
        F: Fn(V, Self::Item) -> R + Sync + Send,
    {
        Through::new(self, TryFoldStep::new(identity, fold))
    }

    /// The same from a clone of `value` on.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let sum = [1u8, 2, 3]
    ///     .par_iter()
    ///     .try_fold_with(0u8, |sum, &number| sum.checked_add(number))
    ///     .try_reduce(|| 0, u8::checked_add);
    /// assert_eq!(sum, Some(6));
    /// ```
    fn try_fold_with<V, R, F>(self, value: V, fold: F) -> TryFoldWith<Self, R, F>
    where
        V: Clone + Send,
        R: Try<Output = V> + Send,
        F: Fn(V, Self::Item) -> R + Sync + Send,
    {
        Through::new(self, TryFoldWithStep { value: Original::new(value), fold })
    }

    /// The sum of all items. See the [module](super) for floating-point numbers.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((1..=100u64).into_par_iter().sum::<u64>(), 5050);
    /// ```
    fn sum<S: Send + Sum<Self::Item> + Sum<S>>(self) -> S {
        consume::sum(self)
    }

    /// The product of all items. See the [module](super) for floating-point numbers.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((1..=10u64).into_par_iter().product::<u64>(), 3_628_800);
    /// ```
    fn product<P: Send + Product<Self::Item> + Product<P>>(self) -> P {
        consume::product(self)
    }

    /// The least item, the first one of several. `None` if there are no items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([3, 1, 2].par_iter().min(), Some(&1));
    /// ```
    fn min(self) -> Option<Self::Item>
    where
        Self::Item: Ord,
    {
        self.reduce_with(|left, right| consume::preferred(left <= right, left, right))
    }

    /// The least item by `compare`, the first one of several. `None` if there are no items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([2.5_f64, 0.5].par_iter().min_by(|left, right| left.total_cmp(right)), Some(&0.5));
    /// ```
    fn min_by<F>(self, compare: F) -> Option<Self::Item>
    where
        F: Fn(&Self::Item, &Self::Item) -> Ordering + Sync + Send,
    {
        self.reduce_with(|left, right| {
            consume::preferred(compare(&left, &right).is_le(), left, right)
        })
    }

    /// The item with the least key, the first one of several. `None` if there are no items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!(["aaa", "b"].par_iter().min_by_key(|word| word.len()), Some(&"b"));
    /// ```
    fn min_by_key<K, F>(self, key: F) -> Option<Self::Item>
    where
        K: Ord + Send,
        F: Fn(&Self::Item) -> K + Sync + Send,
    {
        let least = self.map(|item| (key(&item), item)).min_by(|left, right| left.0.cmp(&right.0));
        least.map(|(_, item)| item)
    }

    /// The greatest item, the last one of several. `None` if there are no items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([3, 1, 2].par_iter().max(), Some(&3));
    /// ```
    fn max(self) -> Option<Self::Item>
    where
        Self::Item: Ord,
    {
        self.reduce_with(|left, right| consume::preferred(left > right, left, right))
    }

    /// The greatest item by `compare`, the last one of several. `None` if there are no items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!([2.5_f64, 0.5].par_iter().max_by(|left, right| left.total_cmp(right)), Some(&2.5));
    /// ```
    fn max_by<F>(self, compare: F) -> Option<Self::Item>
    where
        F: Fn(&Self::Item, &Self::Item) -> Ordering + Sync + Send,
    {
        self.reduce_with(|left, right| {
            consume::preferred(compare(&left, &right).is_gt(), left, right)
        })
    }

    /// The item with the greatest key, the last one of several. `None` if there are no items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!(["aaa", "b"].par_iter().max_by_key(|word| word.len()), Some(&"aaa"));
    /// ```
    fn max_by_key<K, F>(self, key: F) -> Option<Self::Item>
    where
        K: Ord + Send,
        F: Fn(&Self::Item) -> K + Sync + Send,
    {
        let most = self.map(|item| (key(&item), item)).max_by(|left, right| left.0.cmp(&right.0));
        most.map(|(_, item)| item)
    }

    /// Some item that `predicate` accepts: whichever is found first in time.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let found = (0..100).into_par_iter().find_any(|number| number % 30 == 29);
    /// assert!(matches!(found, Some(29 | 59 | 89)));
    /// ```
    fn find_any<P: Fn(&Self::Item) -> bool + Sync + Send>(
        self,
        predicate: P,
    ) -> Option<Self::Item> {
        consume::find_any(self, predicate)
    }

    /// The first item in order that `predicate` accepts.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((0..100).into_par_iter().find_first(|number| number % 30 == 29), Some(29));
    /// ```
    fn find_first<P>(self, predicate: P) -> Option<Self::Item>
    where
        P: Fn(&Self::Item) -> bool + Sync + Send,
    {
        consume::find_first(self, predicate)
    }

    /// The last item in order that `predicate` accepts.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((0..100).into_par_iter().find_last(|number| number % 30 == 29), Some(89));
    /// ```
    fn find_last<P>(self, predicate: P) -> Option<Self::Item>
    where
        P: Fn(&Self::Item) -> bool + Sync + Send,
    {
        consume::find_last(self, predicate)
    }

    /// Something that `map` makes of an item: whichever is found first in time.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let number = ["a", "7", "b"].par_iter().find_map_any(|word| word.parse::<u32>().ok());
    /// assert_eq!(number, Some(7));
    /// ```
    fn find_map_any<R, F>(self, map: F) -> Option<R>
    where
        R: Send,
        F: Fn(Self::Item) -> Option<R> + Sync + Send,
    {
        self.filter_map(map).find_any(|_| true)
    }

    /// What `map` makes of the first item in order of which it makes something.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let number = ["a", "7", "8"].par_iter().find_map_first(|word| word.parse::<u32>().ok());
    /// assert_eq!(number, Some(7));
    /// ```
    fn find_map_first<R, F>(self, map: F) -> Option<R>
    where
        R: Send,
        F: Fn(Self::Item) -> Option<R> + Sync + Send,
    {
        self.filter_map(map).find_first(|_| true)
    }

    /// What `map` makes of the last item in order of which it makes something.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let number = ["7", "8", "a"].par_iter().find_map_last(|word| word.parse::<u32>().ok());
    /// assert_eq!(number, Some(8));
    /// ```
    fn find_map_last<R, F>(self, map: F) -> Option<R>
    where
        R: Send,
        F: Fn(Self::Item) -> Option<R> + Sync + Send,
    {
        self.filter_map(map).find_last(|_| true)
    }

    /// Whether `predicate` accepts some item.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert!([1, 2, 3].par_iter().any(|&number| number == 2));
    /// ```
    fn any<P: Fn(Self::Item) -> bool + Sync + Send>(self, predicate: P) -> bool {
        self.map(predicate).find_any(|accepted| *accepted).is_some()
    }

    /// Whether `predicate` accepts all items.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert!([1, 2, 3].par_iter().all(|&number| number > 0));
    /// ```
    fn all<P: Fn(Self::Item) -> bool + Sync + Send>(self, predicate: P) -> bool {
        self.map(predicate).find_any(|accepted| !accepted).is_none()
    }

    /// What is in the items until one is found to be `None`. Which of those behind it are still
    /// given is not specified.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let all: Vec<u32> = [Some(1), Some(2)].into_par_iter().while_some().collect();
    /// assert_eq!(all, [1, 2]);
    /// ```
    fn while_some<T: Send>(self) -> WhileSome<Self>
    where
        Self: ParallelIterator<Item = Option<T>>,
    {
        Through::new(self, WhileSomeStep::default())
    }

    /// The items, of which no more are given once a closure behind this one has panicked. Without
    /// it, the pieces that are under way are finished.
    ///
    /// # Examples
    /// ```should_panic
    /// use cortado_par::prelude::*;
    ///
    /// (0..1_000_000).into_par_iter().panic_fuse().for_each(|number| assert_ne!(number, 3));
    /// ```
    fn panic_fuse(self) -> PanicFuse<Self> {
        Through::new(self, PanicFuseStep::default())
    }

    /// At most `count` items: whichever come first in time.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let few = (0..1000).into_par_iter().filter(|number| number % 2 == 0).take_any(5);
    /// assert_eq!(few.count(), 5);
    /// ```
    fn take_any(self, count: usize) -> TakeAny<Self> {
        Through::new(self, TakeAnyStep::new(count))
    }

    /// All items but `count`: whichever come first in time.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// assert_eq!((0..10).into_par_iter().skip_any(3).count(), 7);
    /// ```
    fn skip_any(self, count: usize) -> SkipAny<Self> {
        Through::new(self, SkipAnyStep::new(count))
    }

    /// The items until `predicate` refuses one, in time.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let small = (0..1000).into_par_iter().take_any_while(|&number| number < 500);
    /// assert!(small.count() <= 500);
    /// ```
    fn take_any_while<P>(self, predicate: P) -> TakeAnyWhile<Self, P>
    where
        P: Fn(&Self::Item) -> bool + Sync + Send,
    {
        Through::new(self, TakeAnyWhileStep::new(predicate))
    }

    /// The items from the one on that `predicate` refuses, in time.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let rest = (0..1000).into_par_iter().skip_any_while(|&number| number < 500);
    /// assert!(rest.count() >= 500);
    /// ```
    fn skip_any_while<P>(self, predicate: P) -> SkipAnyWhile<Self, P>
    where
        P: Fn(&Self::Item) -> bool + Sync + Send,
    {
        Through::new(self, SkipAnyWhileStep::new(predicate))
    }

    /// Collects all items, in their order. Into a `Vec`, items whose number is known are written
    /// to their places at once. Into `Result` or `Option`, an `Err` or `None` stops.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let numbers: Vec<i32> = (0..3).into_par_iter().collect();
    /// assert_eq!(numbers, [0, 1, 2]);
    /// let parsed: Result<Vec<i32>, _> = ["1", "x"].par_iter().map(|word| word.parse()).collect();
    /// assert!(parsed.is_err());
    /// ```
    fn collect<C: FromParallelIterator<Self::Item>>(self) -> C {
        C::from_par_iter(self)
    }

    /// The first components of all pairs, and the second ones.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let (numbers, squares): (Vec<_>, Vec<_>) =
    ///     (1..4).into_par_iter().map(|number| (number, number * number)).unzip();
    /// assert_eq!((numbers, squares), (vec![1, 2, 3], vec![1, 4, 9]));
    /// ```
    fn unzip<A, B, FA, FB>(self) -> (FA, FB)
    where
        Self: ParallelIterator<Item = (A, B)>,
        A: Send,
        B: Send,
        FA: Default + Send + ParallelExtend<A>,
        FB: Default + Send + ParallelExtend<B>,
    {
        collect::unzip(self)
    }

    /// The items that `predicate` accepts, and the others.
    ///
    /// # Examples
    /// ```
    /// use cortado_par::prelude::*;
    ///
    /// let (even, odd): (Vec<_>, Vec<_>) = (0..5).into_par_iter().partition(|n| n % 2 == 0);
    /// assert_eq!((even, odd), (vec![0, 2, 4], vec![1, 3]));
    /// ```
    fn partition<A, B, P>(self, predicate: P) -> (A, B)
    where
        A: Default + Send + ParallelExtend<Self::Item>,
        B: Default + Send + ParallelExtend<Self::Item>,
        P: Fn(&Self::Item) -> bool + Sync + Send,
    {
        collect::partition(self, predicate)
    }
}
