//! Collections are filled as by std, and extended behind what is there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use cortado_par::prelude::*;

use crate::iter_pools::{LENGTHS, numbers, on_each_pool};

/// From an iterator whose length is known, and from one whose length is not.
macro_rules! collected {
    ($($name:ident: $collection:ty;)*) => {$(
        #[test]
        fn $name() {
            on_each_pool(|| {
                for &len in LENGTHS {
                    let vec = numbers(len);
                    let ours: $collection = vec.par_iter().copied().collect();
                    assert_eq!(ours, vec.iter().copied().collect::<$collection>());
                    let big = |x: &u32| *x > 300;
                    let ours: $collection = vec.par_iter().copied().filter(big).collect();
                    let theirs = vec.iter().copied().filter(big).collect::<$collection>();
                    assert_eq!(ours, theirs);
                    let mut ours: $collection = vec![1, 2].into_iter().collect();
                    ours.par_extend(vec.par_iter().copied());
                    ours.par_extend(vec.par_iter().filter(|x| **x < 9));
                    let mut theirs: $collection = vec![1, 2].into_iter().collect();
                    theirs.extend(vec.iter().copied());
                    theirs.extend(vec.iter().filter(|x| **x < 9));
                    assert_eq!(ours, theirs);
                }
            });
        }
    )*};
}

collected! {
    vec: Vec<u32>;
    vec_deque: VecDeque<u32>;
    linked_list: LinkedList<u32>;
    b_tree_set: BTreeSet<u32>;
    hash_set: HashSet<u32>;
}

#[test]
fn heaps_and_maps() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let vec = numbers(len);
            let ours: BinaryHeap<u32> = vec.par_iter().copied().collect();
            assert_eq!(ours.into_sorted_vec(), BinaryHeap::from(vec.clone()).into_sorted_vec());
            // Of equal keys, the last one's value stays.
            let pairs = || vec.par_iter().copied().enumerate().map(|(at, key)| (key, at));
            let expected: HashMap<u32, usize> = vec.iter().copied().zip(0..).collect();
            assert_eq!(pairs().collect::<HashMap<_, _>>(), expected);
            let mut tree: BTreeMap<_, _> = pairs().collect();
            assert!(tree.iter().all(|(key, value)| expected[key] == *value));
            tree.par_extend(&expected);
            assert_eq!(tree.len(), expected.len());
            let mut hash = HashMap::new();
            hash.par_extend(&tree);
            assert_eq!(hash, expected);
        }
    });
}

#[test]
fn slices_behind_pointers() {
    on_each_pool(|| {
        let vec = numbers(1000);
        assert_eq!(*vec.par_iter().copied().collect::<Box<[u32]>>(), vec);
        assert_eq!(*vec.par_iter().copied().collect::<Rc<[u32]>>(), vec);
        assert_eq!(*vec.par_iter().copied().collect::<Arc<[u32]>>(), vec);
        assert_eq!(vec.par_iter().copied().collect::<Cow<'_, [u32]>>(), vec);
    });
}

#[test]
fn strings() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let words: Vec<String> = numbers(len).iter().map(u32::to_string).collect();
            let expected: String = words.concat();
            assert_eq!(words.par_iter().map(String::as_str).collect::<String>(), expected);
            assert_eq!(words.par_iter().cloned().collect::<String>(), expected);
            let boxed = words.par_iter().map(|word| word.clone().into_boxed_str());
            assert_eq!(boxed.collect::<String>(), expected);
            assert_eq!(words.par_iter().map(Cow::from).collect::<String>(), expected);
            assert_eq!(expected.par_chars().collect::<String>(), expected);
            assert_eq!(expected.par_chars().collect::<Cow<'_, str>>(), expected);
            let letters: Vec<char> = expected.chars().collect();
            let mut twice: String = letters.par_iter().collect();
            twice.par_extend(letters);
            assert_eq!(twice, expected.repeat(2));
        }
    });
}

#[test]
fn results_and_options_are_all_or_nothing() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let vec = numbers(len);
            let good: Result<Vec<u32>, String> = vec.par_iter().map(|x| Ok(*x)).collect();
            assert_eq!(good.as_ref(), Ok(&vec));
            let good: Option<Vec<u32>> = vec.par_iter().map(|x| Some(*x)).collect();
            assert_eq!(good.as_ref(), Some(&vec));
            let bad: Result<Vec<usize>, usize> = (0..len)
                .into_par_iter()
                .map(|x| if x == len / 2 { Err(x) } else { Ok(x) })
                .collect();
            assert_eq!(bad.err(), (len > 0).then_some(len / 2));
            let bad: Option<HashSet<usize>> =
                (0..len).into_par_iter().map(|x| (x != len / 3).then_some(x)).collect();
            assert_eq!(bad.is_none(), len > 0);
        }
        assert_eq!([Ok(()), Err(3)].par_iter().cloned().collect::<Result<(), i32>>(), Err(3));
    });
}

#[test]
fn pairs_come_apart() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let vec = numbers(len);
            let pairs = || vec.par_iter().map(|x| (*x, x.to_string()));
            let expected: (Vec<u32>, Vec<String>) = vec.iter().map(|x| (*x, x.to_string())).unzip();
            assert_eq!(pairs().unzip::<_, _, Vec<_>, Vec<_>>(), expected);
            assert_eq!(pairs().collect::<(Vec<_>, Vec<_>)>(), expected);
            let (mut left, mut right) = (vec![1; 10], Vec::new());
            pairs().unzip_into_vecs(&mut left, &mut right);
            assert_eq!((left, right), expected);
            let (set, list): (BTreeSet<u32>, LinkedList<String>) =
                pairs().filter(|(x, _)| x % 2 == 0).unzip();
            assert!(set.iter().all(|x| x % 2 == 0) && set.len() <= list.len());
            let even = |x: &&u32| x.is_multiple_of(2);
            let ours: (Vec<&u32>, Vec<&u32>) = vec.par_iter().partition(even);
            assert_eq!(ours, vec.iter().partition(even));
        }
    });
}

#[test]
fn collect_into_vec_uses_the_memory() {
    on_each_pool(|| {
        let mut target = Vec::with_capacity(2000);
        let memory: *const usize = target.as_ptr();
        target.extend([7; 5]);
        (0..2000).into_par_iter().collect_into_vec(&mut target);
        assert_eq!(target, (0..2000).collect::<Vec<_>>());
        assert_eq!(target.as_ptr(), memory);
    });
}

#[test]
fn items_without_size() {
    on_each_pool(|| {
        assert_eq!((0..1000).into_par_iter().map(|_| ()).collect::<Vec<()>>().len(), 1000);
        assert_eq!(vec![(); 1000].into_par_iter().count(), 1000);
        [(); 100_000].par_sort();
        let () = (0..1000).into_par_iter().map(|_| ()).collect();
    });
}
