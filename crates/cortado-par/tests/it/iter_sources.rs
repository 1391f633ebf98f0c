//! Ranges, strings and std's collections give the same items as std's iterators over them.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};

use cortado_par::iter::{empty, once, repeat_n};
use cortado_par::prelude::*;

use crate::iter_pools::{LENGTHS, numbers, on_each_pool};

macro_rules! ranges {
    ($($name:ident: $integer:ty;)*) => {$(
        #[test]
        fn $name() {
            let (least, most) = (<$integer>::MIN, <$integer>::MAX);
            let ends = [
                (least, least), (least, least + 100), (most - 100, most), (5, 3), (0, 1), (0, 100),
            ];
            on_each_pool(|| {
                for (start, end) in ends {
                    let ours: Vec<_> = (start..end).into_par_iter().collect();
                    assert_eq!(ours, (start..end).collect::<Vec<_>>());
                    let ours: Vec<_> = (start..=end).into_par_iter().collect();
                    assert_eq!(ours, (start..=end).collect::<Vec<_>>());
                    let odd = |number: &$integer| number % 2 != 0;
                    let ours: Vec<_> = (start..end).into_par_iter().filter(odd).collect();
                    assert_eq!(ours, (start..end).filter(odd).collect::<Vec<_>>());
                }
            });
        }
    )*};
}

ranges! {
    range_u8: u8;
    range_u16: u16;
    range_u32: u32;
    range_u64: u64;
    range_u128: u128;
    range_usize: usize;
    range_i8: i8;
    range_i16: i16;
    range_i32: i32;
    range_i64: i64;
    range_i128: i128;
    range_isize: isize;
}

#[test]
fn whole_small_ranges() {
    on_each_pool(|| {
        assert_eq!((i8::MIN..i8::MAX).into_par_iter().count(), 255);
        assert_eq!((i8::MIN..=i8::MAX).into_par_iter().count(), 256);
        assert_eq!(
            (u16::MIN..=u16::MAX).into_par_iter().map(u64::from).sum::<u64>(),
            2_147_450_880
        );
        assert_eq!((i8::MIN..i8::MAX).into_par_iter().rev().take(1).collect::<Vec<_>>(), [126]);
    });
}

#[test]
fn ranges_longer_than_a_usize_can_be_searched() {
    on_each_pool(|| {
        let found = (0..u128::MAX).into_par_iter().find_any(|number| number % 1000 == 999);
        assert_eq!(found.map(|number| number % 1000), Some(999));
        assert!((i128::MIN..=i128::MAX).into_par_iter().any(|number| number < 0));
    });
}

#[test]
fn a_range_that_was_used_up_is_empty() {
    let mut range = 0..=3;
    range.by_ref().for_each(drop);
    assert_eq!(range.into_par_iter().count(), 0);
}

#[test]
fn characters() {
    on_each_pool(|| {
        for (start, end) in [('a', 'z'), ('z', 'a'), ('\u{D700}', '\u{E100}'), ('\0', char::MAX)] {
            let ours: Vec<char> = (start..end).into_par_iter().collect();
            assert_eq!(ours, (start..end).collect::<Vec<_>>());
            let ours: Vec<char> = (start..=end).into_par_iter().collect();
            assert_eq!(ours, (start..=end).collect::<Vec<_>>());
        }
    });
}

/// Text of random pieces: white space of all kinds, line ends, characters of all lengths.
fn text(pieces: usize) -> String {
    const PIECES: &[&str] =
        &["a", "ü", "語", "🦀", " ", "\n", "\r\n", "\r", ",", "word", "\u{2003}"];
    (0..pieces).map(|_| PIECES[fastrand::usize(..PIECES.len())]).collect()
}

#[test]
fn parts_of_strings() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let text = text(len);
            let ours: Vec<char> = text.par_chars().collect();
            assert_eq!(ours, text.chars().collect::<Vec<_>>());
            let ours: Vec<(usize, char)> = text.par_char_indices().collect();
            assert_eq!(ours, text.char_indices().collect::<Vec<_>>());
            let ours: Vec<u8> = text.par_bytes().collect();
            assert_eq!(ours, text.as_bytes());
            let ours: Vec<&str> = text.par_lines().collect();
            assert_eq!(ours, text.lines().collect::<Vec<_>>(), "{text:?}");
            let ours: Vec<&str> = text.par_split_whitespace().collect();
            assert_eq!(ours, text.split_whitespace().collect::<Vec<_>>(), "{text:?}");
            let ours: Vec<&str> = text.par_split_ascii_whitespace().collect();
            assert_eq!(ours, text.split_ascii_whitespace().collect::<Vec<_>>(), "{text:?}");
            let ours: Vec<&str> = text.par_split(',').collect();
            assert_eq!(ours, text.split(',').collect::<Vec<_>>(), "{text:?}");
            let ours: Vec<&str> = text.par_split(['語', '\n']).collect();
            assert_eq!(ours, text.split(['語', '\n']).collect::<Vec<_>>(), "{text:?}");
            let ours: Vec<&str> = text.par_split(&['a', '🦀'][..]).collect();
            assert_eq!(ours, text.split(&['a', '🦀'][..]).collect::<Vec<_>>(), "{text:?}");
            let ours: Vec<&str> = text.par_split(char::is_alphabetic).collect();
            assert_eq!(ours, text.split(char::is_alphabetic).collect::<Vec<_>>(), "{text:?}");
        }
    });
}

macro_rules! collections {
    ($($name:ident: $collection:ty;)*) => {$(
        #[test]
        fn $name() {
            on_each_pool(|| {
                for &len in LENGTHS {
                    let collection: $collection = numbers(len).into_iter().collect();
                    let ours: Vec<&u32> = collection.par_iter().collect();
                    assert_eq!(ours, collection.iter().collect::<Vec<_>>());
                    let theirs: Vec<u32> = collection.iter().copied().collect();
                    assert_eq!(collection.into_par_iter().collect::<Vec<u32>>(), theirs);
                }
            });
        }
    )*};
}

collections! {
    vec: Vec<u32>;
    vec_deque: VecDeque<u32>;
    linked_list: LinkedList<u32>;
    binary_heap: BinaryHeap<u32>;
    b_tree_set: BTreeSet<u32>;
    hash_set: HashSet<u32>;
}

#[test]
fn maps() {
    on_each_pool(|| {
        let mut tree: BTreeMap<u32, u32> = (0..100).map(|number| (number, number)).collect();
        tree.par_iter_mut().for_each(|(key, value)| *value += key);
        assert_eq!(tree.par_iter().map(|(key, value)| value - key).sum::<u32>(), 4950);
        assert_eq!(tree.into_par_iter().map(|(_, value)| value).sum::<u32>(), 9900);
        let mut hash: HashMap<u32, u32> = (0..100).map(|number| (number, number)).collect();
        hash.par_iter_mut().for_each(|(key, value)| *value += key);
        assert_eq!(hash.par_iter().map(|(key, value)| value - key).sum::<u32>(), 4950);
        assert_eq!(hash.into_par_iter().map(|(_, value)| value).sum::<u32>(), 9900);
    });
}

#[test]
fn small_sources() {
    on_each_pool(|| {
        assert_eq!(Some(1).into_par_iter().collect::<Vec<_>>(), [1]);
        assert_eq!(None::<u32>.into_par_iter().count(), 0);
        assert_eq!(Some(1).par_iter().rev().collect::<Vec<_>>(), [&1]);
        assert_eq!(Ok::<_, ()>(1).into_par_iter().collect::<Vec<_>>(), [1]);
        assert_eq!(Err::<u32, _>(()).par_iter().count(), 0);
        let mut option = Some(1);
        option.par_iter_mut().for_each(|number| *number += 1);
        assert_eq!(option, Some(2));
        assert_eq!([1, 2, 3].into_par_iter().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(empty::<u32>().count(), 0);
        assert_eq!(once(3).chain(repeat_n(7, 3)).collect::<Vec<_>>(), [3, 7, 7, 7]);
        assert_eq!(repeat_n(String::from("a"), 1000).collect::<String>().len(), 1000);
    });
}

#[test]
fn a_bridge_hands_out_each_item_once() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let mut ours: Vec<usize> = (0..len).par_bridge().collect();
            ours.sort();
            assert_eq!(ours, (0..len).collect::<Vec<_>>());
        }
        assert!((0..).par_bridge().any(|number| number == 1000));
    });
}

#[test]
fn a_bridge_stops_where_its_iterator_first_ends() {
    on_each_pool(|| {
        let mut calls = 0;
        let flickering = std::iter::from_fn(|| {
            calls += 1;
            (calls % 10 != 0).then_some(calls)
        });
        assert_eq!(flickering.par_bridge().count(), 9);
    });
}
