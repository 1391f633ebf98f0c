//! std's other collections: their items, or references to them, are first put into a vector.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};

use super::vec::VecIter;
use crate::iter::IntoParallelIterator;

macro_rules! through_vec {
    ($([$($generics:tt)*] $collection:ty, $item:ty;)*) => {$(
        impl<$($generics)*> IntoParallelIterator for $collection {
            type Iter = VecIter<$item>;
            type Item = $item;

            fn into_par_iter(self) -> VecIter<$item> {
                Vec::from_iter(self).into_par_iter()
            }
        }
    )*};
}

through_vec! {
    [T: Send] VecDeque<T>, T;
    ['a, T: Sync] &'a VecDeque<T>, &'a T;
    ['a, T: Send] &'a mut VecDeque<T>, &'a mut T;
    [T: Send] LinkedList<T>, T;
    ['a, T: Sync] &'a LinkedList<T>, &'a T;
    ['a, T: Send] &'a mut LinkedList<T>, &'a mut T;
    [T: Ord + Send] BinaryHeap<T>, T;
    ['a, T: Ord + Sync] &'a BinaryHeap<T>, &'a T;
    [T: Ord + Send] BTreeSet<T>, T;
    ['a, T: Ord + Sync] &'a BTreeSet<T>, &'a T;
    [K: Ord + Send, V: Send] BTreeMap<K, V>, (K, V);
    ['a, K: Ord + Sync, V: Sync] &'a BTreeMap<K, V>, (&'a K, &'a V);
    ['a, K: Ord + Sync, V: Send] &'a mut BTreeMap<K, V>, (&'a K, &'a mut V);
    [T: Send, S] HashSet<T, S>, T;
    ['a, T: Sync, S] &'a HashSet<T, S>, &'a T;
    [K: Send, V: Send, S] HashMap<K, V, S>, (K, V);
    ['a, K: Sync, V: Sync, S] &'a HashMap<K, V, S>, (&'a K, &'a V);
    ['a, K: Sync, V: Send, S] &'a mut HashMap<K, V, S>, (&'a K, &'a mut V);
}
