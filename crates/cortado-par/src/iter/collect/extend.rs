//! Which collections can be extended by a parallel iterator.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::hash::{BuildHasher, Hash};

use super::{append, gather};
use crate::iter::{IntoParallelIterator, ParallelExtend, ParallelIterator};

impl<T: Send> ParallelExtend<T> for Vec<T> {
    fn par_extend<I: IntoParallelIterator<Item = T>>(&mut self, items: I) {
        append(self, items.into_par_iter());
    }

    fn par_extended_vec(&mut self) -> Option<&mut Vec<T>> {
        Some(self)
    }
}

impl<T: Send> ParallelExtend<T> for VecDeque<T> {
    fn par_extend<I: IntoParallelIterator<Item = T>>(&mut self, items: I) {
        let mut vec = Vec::new();
        append(&mut vec, items.into_par_iter());
        self.append(&mut VecDeque::from(vec));
    }
}

impl<T: Send> ParallelExtend<T> for LinkedList<T> {
    fn par_extend<I: IntoParallelIterator<Item = T>>(&mut self, items: I) {
        for mut piece in gather::<_, LinkedList<T>>(items.into_par_iter()) {
            self.append(&mut piece);
        }
    }
}

impl<T: Ord + Send> ParallelExtend<T> for BinaryHeap<T> {
    fn par_extend<I: IntoParallelIterator<Item = T>>(&mut self, items: I) {
        let mut vec = Vec::new();
        append(&mut vec, items.into_par_iter());
        self.append(&mut BinaryHeap::from(vec));
    }
}

/// The items are made in parallel, and then put into the collection one after the other.
macro_rules! extend_in_order {
    ($([$($generics:tt)*] $collection:ty, $item:ty;)*) => {$(
        impl<$($generics)*> ParallelExtend<$item> for $collection {
            fn par_extend<I: IntoParallelIterator<Item = $item>>(&mut self, items: I) {
                for piece in gather::<_, Vec<$item>>(items.into_par_iter()) {
                    self.extend(piece);
                }
            }
        }
    )*};
}

extend_in_order! {
    [T: Ord + Send] BTreeSet<T>, T;
    [K: Ord + Send, V: Send] BTreeMap<K, V>, (K, V);
    [T: Eq + Hash + Send, S: BuildHasher + Send] HashSet<T, S>, T;
    [K: Eq + Hash + Send, V: Send, S: BuildHasher + Send] HashMap<K, V, S>, (K, V);
}

/// References to things that are copied.
macro_rules! extend_copied {
    ($([$($generics:tt)*] $collection:ty, $item:ty;)*) => {$(
        impl<'a, $($generics)*> ParallelExtend<&'a $item> for $collection {
            fn par_extend<I: IntoParallelIterator<Item = &'a $item>>(&mut self, items: I) {
                self.par_extend(items.into_par_iter().copied());
            }
        }
    )*};
}

extend_copied! {
    [T: Copy + Send + Sync + 'a] Vec<T>, T;
    [T: Copy + Send + Sync + 'a] VecDeque<T>, T;
    [T: Copy + Send + Sync + 'a] LinkedList<T>, T;
    [T: Copy + Ord + Send + Sync + 'a] BinaryHeap<T>, T;
    [T: Copy + Ord + Send + Sync + 'a] BTreeSet<T>, T;
    [T: Copy + Eq + Hash + Send + Sync + 'a, S: BuildHasher + Send] HashSet<T, S>, T;
}

impl<'a, K, V> ParallelExtend<(&'a K, &'a V)> for BTreeMap<K, V>
where
    K: Copy + Ord + Send + Sync + 'a,
    V: Copy + Send + Sync + 'a,
{
    fn par_extend<I: IntoParallelIterator<Item = (&'a K, &'a V)>>(&mut self, items: I) {
        self.par_extend(items.into_par_iter().map(|(key, value)| (*key, *value)));
    }
}

impl<'a, K, V, S> ParallelExtend<(&'a K, &'a V)> for HashMap<K, V, S>
where
    K: Copy + Eq + Hash + Send + Sync + 'a,
    V: Copy + Send + Sync + 'a,
    S: BuildHasher + Send,
{
    fn par_extend<I: IntoParallelIterator<Item = (&'a K, &'a V)>>(&mut self, items: I) {
        self.par_extend(items.into_par_iter().map(|(key, value)| (*key, *value)));
    }
}

impl ParallelExtend<()> for () {
    fn par_extend<I: IntoParallelIterator<Item = ()>>(&mut self, items: I) {
        items.into_par_iter().for_each(|()| ());
    }
}
