//! Which collections can be made of a parallel iterator.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::rc::Rc;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::iter::{FromParallelIterator, IntoParallelIterator, ParallelExtend, ParallelIterator};

/// An empty collection, extended.
fn extended<C: Default + ParallelExtend<T>, T: Send>(
    items: impl IntoParallelIterator<Item = T>,
) -> C {
    let mut collection = C::default();
    collection.par_extend(items);
    collection
}

macro_rules! from_extended {
    ($([$($generics:tt)*] $collection:ty, $item:ty;)*) => {$(
        impl<$($generics)*> FromParallelIterator<$item> for $collection {
            fn from_par_iter<I: IntoParallelIterator<Item = $item>>(items: I) -> Self {
                extended(items)
            }
        }
    )*};
}

from_extended! {
    [T: Send] Vec<T>, T;
    [T: Send] VecDeque<T>, T;
    [T: Send] LinkedList<T>, T;
    [T: Ord + Send] BinaryHeap<T>, T;
    [T: Ord + Send] BTreeSet<T>, T;
    [K: Ord + Send, V: Send] BTreeMap<K, V>, (K, V);
    [T: Eq + Hash + Send, S: BuildHasher + Default + Send] HashSet<T, S>, T;
    [K: Eq + Hash + Send, V: Send, S: BuildHasher + Default + Send] HashMap<K, V, S>, (K, V);
    [] String, char;
    ['a] String, &'a char;
    ['a] String, &'a str;
    [] String, String;
    [] String, Box<str>;
    ['a] String, Cow<'a, str>;
}

macro_rules! from_vec {
    ($($collection:ident)*) => {$(
        impl<T: Send> FromParallelIterator<T> for $collection<[T]> {
            fn from_par_iter<I: IntoParallelIterator<Item = T>>(items: I) -> Self {
                Vec::from_par_iter(items).into()
            }
        }
    )*};
}

from_vec! { Box Rc Arc }

impl<'a, T: Clone + Send> FromParallelIterator<T> for Cow<'a, [T]> {
    fn from_par_iter<I: IntoParallelIterator<Item = T>>(items: I) -> Self {
        Cow::Owned(Vec::from_par_iter(items))
    }
}

impl<'a, T: Send> FromParallelIterator<T> for Cow<'a, str>
where
    String: FromParallelIterator<T>,
{
    fn from_par_iter<I: IntoParallelIterator<Item = T>>(items: I) -> Self {
        Cow::Owned(String::from_par_iter(items))
    }
}

impl FromParallelIterator<()> for () {
    fn from_par_iter<I: IntoParallelIterator<Item = ()>>(items: I) {
        items.into_par_iter().for_each(|()| ());
    }
}

/// Stops at the first `None`: then nothing is collected.
impl<C: FromParallelIterator<T>, T: Send> FromParallelIterator<Option<T>> for Option<C> {
    fn from_par_iter<I: IntoParallelIterator<Item = Option<T>>>(items: I) -> Option<C> {
        let results = items.into_par_iter().map(|item| item.ok_or(()));
        Result::from_par_iter(results).ok()
    }
}

/// Stops at an error: then nothing is collected. Where there are several errors, it is not
/// specified which one is given.
impl<C: FromParallelIterator<T>, T: Send, E: Send> FromParallelIterator<Result<T, E>>
    for Result<C, E>
{
    fn from_par_iter<I: IntoParallelIterator<Item = Result<T, E>>>(items: I) -> Result<C, E> {
        let error = Mutex::new(None);
        let good = |item: Result<T, E>| {
            item.map_err(|found| {
                let mut error = error.lock();
                let unneeded = if error.is_none() { error.replace(found) } else { Some(found) };
                drop(error);
                drop(unneeded);
            })
            .ok()
        };
        let collection = items.into_par_iter().map(good).while_some().collect();
        match error.into_inner() {
            Some(error) => Err(error),
            None => Ok(collection),
        }
    }
}

/// Both collections, as by [`unzip`](crate::iter::ParallelIterator::unzip).
impl<A, B, FA, FB> FromParallelIterator<(A, B)> for (FA, FB)
where
    A: Send,
    B: Send,
    FA: Default + Send + ParallelExtend<A>,
    FB: Default + Send + ParallelExtend<B>,
{
    fn from_par_iter<I: IntoParallelIterator<Item = (A, B)>>(items: I) -> (FA, FB) {
        items.into_par_iter().unzip()
    }
}
