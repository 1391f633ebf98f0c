//! Each adaptor gives what std's gives, in the same order, at every length and on every pool.

use cortado_par::prelude::*;

use crate::iter_pools::{LENGTHS, numbers, on_each_pool};

/// Both chains, each from the same vector, give the same items.
macro_rules! same_as_std {
    ($($name:ident: |$parallel:ident| $ours:expr, |$sequential:ident| $theirs:expr;)*) => {$(
        #[test]
        fn $name() {
            on_each_pool(|| {
                for &len in LENGTHS {
                    let vec = numbers(len);
                    let $parallel = &vec;
                    let ours: Vec<_> = $ours.collect();
                    let $sequential = &vec;
                    let theirs: Vec<_> = $theirs.collect();
                    assert_eq!(ours, theirs, "{len} items");
                }
            });
        }
    )*};
}

same_as_std! {
    map: |v| v.par_iter().map(|x| x * 2), |v| v.iter().map(|x| x * 2);
    filter: |v| v.par_iter().filter(|x| **x % 3 == 0), |v| v.iter().filter(|x| **x % 3 == 0);
    filter_map: |v| v.par_iter().filter_map(|x| x.checked_sub(500)),
        |v| v.iter().filter_map(|x| x.checked_sub(500));
    flat_map: |v| v.par_iter().flat_map(|x| 0..x % 5), |v| v.iter().flat_map(|x| 0..x % 5);
    flat_map_vec: |v| v.par_iter().flat_map(|x| vec![*x; (x % 3) as usize]),
        |v| v.iter().flat_map(|x| vec![*x; (x % 3) as usize]);
    flat_map_iter: |v| v.par_iter().flat_map_iter(|x| 0..x % 5), |v| v.iter().flat_map(|x| 0..x % 5);
    flatten: |v| v.par_iter().map(|x| x.checked_sub(400)).flatten(),
        |v| v.iter().filter_map(|x| x.checked_sub(400));
    flatten_iter: |v| v.par_iter().map(|x| x.checked_sub(400)).flatten_iter(),
        |v| v.iter().filter_map(|x| x.checked_sub(400));
    cloned: |v| v.par_iter().cloned(), |v| v.iter().cloned();
    copied: |v| v.par_iter().copied(), |v| v.iter().copied();
    inspect: |v| v.par_iter().inspect(|_| ()), |v| v.iter();
    update: |v| v.par_iter().copied().update(|x| *x += 1), |v| v.iter().map(|x| x + 1);
    map_with: |v| v.par_iter().map_with(7, |seven, x| x + *seven), |v| v.iter().map(|x| x + 7);
    map_init: |v| v.par_iter().map_init(|| 7, |seven, x| x + *seven), |v| v.iter().map(|x| x + 7);
    panic_fuse: |v| v.par_iter().panic_fuse(), |v| v.iter();
    while_some: |v| v.par_iter().map(Some).while_some(), |v| v.iter();
    owned: |v| v.clone().into_par_iter(), |v| v.clone().into_iter();
    boxed: |v| v.clone().into_boxed_slice().into_par_iter(), |v| v.clone().into_iter();
    zip: |v| v.par_iter().zip(v.par_iter().skip(3)), |v| v.iter().zip(v.iter().skip(3));
    zip_eq: |v| v.par_iter().zip_eq(v), |v| v.iter().zip(v);
    enumerate: |v| v.par_iter().enumerate(), |v| v.iter().enumerate();
    enumerate_rev: |v| v.par_iter().enumerate().rev(), |v| v.iter().enumerate().rev();
    rev: |v| v.par_iter().rev(), |v| v.iter().rev();
    rev_owned: |v| v.clone().into_par_iter().rev(), |v| v.clone().into_iter().rev();
    rev_map: |v| v.par_iter().map(|x| x + 1).rev(), |v| v.iter().map(|x| x + 1).rev();
    chain: |v| v.par_iter().chain(v), |v| v.iter().chain(v);
    chain_unindexed: |v| v.par_iter().filter(|x| **x > 9).chain(v.par_iter().filter(|x| **x < 9)),
        |v| v.iter().filter(|x| **x > 9).chain(v.iter().filter(|x| **x < 9));
    chain_rev: |v| v.par_iter().chain(v).rev().skip(2), |v| v.iter().chain(v).rev().skip(2);
    chain_zip: |v| v.par_iter().chain(v).enumerate(), |v| v.iter().chain(v).enumerate();
    take: |v| v.par_iter().take(70), |v| v.iter().take(70);
    take_owned: |v| v.clone().into_par_iter().take(70), |v| v.iter().copied().take(70);
    skip: |v| v.par_iter().skip(70), |v| v.iter().skip(70);
    skip_owned: |v| v.clone().into_par_iter().skip(70), |v| v.iter().copied().skip(70);
    step_by: |v| v.par_iter().step_by(7), |v| v.iter().step_by(7);
    step_by_rev: |v| v.par_iter().step_by(3).rev(), |v| v.iter().step_by(3).rev();
    step_by_one: |v| v.par_iter().step_by(1), |v| v.iter();
    chunks: |v| v.par_iter().copied().chunks(7), |v| v.chunks(7).map(<[u32]>::to_vec);
    chunks_rev: |v| v.par_iter().copied().chunks(7).rev(), |v| v.chunks(7).rev().map(<[u32]>::to_vec);
    fold_chunks: |v| v.par_iter().fold_chunks(9, || 1, |sum, x| sum + x),
        |v| v.chunks(9).map(|chunk| 1 + chunk.iter().sum::<u32>());
    fold_chunks_with: |v| v.par_iter().fold_chunks_with(9, 1, |sum, x| sum + x),
        |v| v.chunks(9).map(|chunk| 1 + chunk.iter().sum::<u32>());
    with_min_len: |v| v.par_iter().with_min_len(10), |v| v.iter();
    with_max_len: |v| v.par_iter().with_max_len(2), |v| v.iter();
    both_limits: |v| v.par_iter().with_max_len(2).with_min_len(5), |v| v.iter();
    positions: |v| v.par_iter().positions(|x| x % 2 == 0),
        |v| v.iter().enumerate().filter(|(_, x)| **x % 2 == 0).map(|(at, _)| at);
    par_chunks: |v| v.par_chunks(9), |v| v.chunks(9);
    par_chunks_rev: |v| v.par_chunks(9).rev(), |v| v.chunks(9).rev();
    par_chunks_exact: |v| v.par_chunks_exact(9), |v| v.chunks_exact(9);
    par_rchunks: |v| v.par_rchunks(9), |v| v.rchunks(9);
    par_rchunks_exact: |v| v.par_rchunks_exact(9), |v| v.rchunks_exact(9);
    par_windows: |v| v.par_windows(4), |v| v.windows(4);
    par_windows_rev: |v| v.par_windows(4).rev(), |v| v.windows(4).rev();
    par_split: |v| v.par_split(|x| x % 10 == 0), |v| v.split(|x| x % 10 == 0);
    a_long_chain: |v| v.par_iter().enumerate().skip(2).step_by(2).map(|(at, x)| at as u32 + x)
            .zip(v.par_iter().rev()).take(900).filter(|(x, _)| x % 2 == 0),
        |v| v.iter().enumerate().skip(2).step_by(2).map(|(at, x)| at as u32 + x)
            .zip(v.iter().rev()).take(900).filter(|(x, _)| x % 2 == 0);
}

/// std has no `interleave`: in turn, then the rest of the longer one.
fn interleaved(left: &[u32], right: &[u32]) -> Vec<u32> {
    let both = left.len().min(right.len());
    let turns = left.iter().zip(right).flat_map(|(left, right)| [*left, *right]);
    turns.chain(left[both..].iter().copied()).chain(right[both..].iter().copied()).collect()
}

#[test]
fn interleave_takes_turns() {
    on_each_pool(|| {
        for &left in LENGTHS {
            for &right in LENGTHS {
                let (left, right) = (numbers(left), numbers(right));
                let expected = interleaved(&left, &right);
                let turns = left.par_iter().copied().interleave(right.par_iter().copied());
                assert_eq!(turns.clone().collect::<Vec<_>>(), expected);
                let mut backwards: Vec<u32> = turns.rev().collect();
                backwards.reverse();
                assert_eq!(backwards, expected);
            }
        }
    });
}

#[test]
fn interleave_shortest_ends_where_a_turn_cannot_be_taken() {
    on_each_pool(|| {
        for &(left, right) in &[(0, 5), (5, 0), (3, 3), (3, 9), (9, 3), (1000, 400), (400, 1000)] {
            let (left, right) = (numbers(left), numbers(right));
            let of_left = left.len().min(right.len() + 1);
            let of_right = right.len().min(left.len());
            let expected = interleaved(&left[..of_left], &right[..of_right]);
            let ours: Vec<u32> = left.par_iter().copied().interleave_shortest(right).collect();
            assert_eq!(ours, expected);
        }
    });
}

#[test]
fn mutable_items_are_all_reached_once() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let before = numbers(len);
            let mut vec = before.clone();
            vec.par_iter_mut().enumerate().for_each(|(at, x)| *x += at as u32);
            vec.par_chunks_mut(7).for_each(|chunk| chunk.iter_mut().for_each(|x| *x *= 2));
            vec.par_rchunks_mut(5).for_each(|chunk| chunk.iter_mut().for_each(|x| *x += 1));
            let of_chunks = vec.len() - vec.len() % 3;
            vec.par_chunks_exact_mut(3).for_each(|chunk| chunk.iter_mut().for_each(|x| *x += 1));
            let before_chunks = vec.len() % 4;
            vec.par_rchunks_exact_mut(4).for_each(|chunk| chunk.iter_mut().for_each(|x| *x += 1));
            vec.par_split_mut(|x| x % 16 == 0)
                .for_each(|part| part.iter_mut().for_each(|x| *x += 0));
            let expected = before.iter().enumerate().map(|(at, x)| {
                let in_chunk = u32::from(at < of_chunks) + u32::from(at >= before_chunks);
                (x + at as u32) * 2 + 1 + in_chunk
            });
            assert_eq!(vec, expected.collect::<Vec<_>>());
        }
    });
}

#[test]
fn remainders_are_what_fills_no_chunk() {
    let mut numbers = [1, 2, 3, 4, 5];
    assert_eq!(numbers.par_chunks_exact(2).remainder(), [5]);
    assert_eq!(numbers.par_rchunks_exact(2).remainder(), [1]);
    assert_eq!(numbers.par_chunks_exact_mut(2).remainder(), [5]);
    assert_eq!(numbers.par_rchunks_exact_mut(2).into_remainder(), [1]);
    assert_eq!(numbers.par_chunks_exact_mut(3).into_remainder(), [4, 5]);
    assert_eq!(numbers.par_rchunks_exact_mut(3).remainder(), [1, 2]);
}

#[test]
fn reductions_are_those_of_std() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let vec = numbers(len);
            assert_eq!(vec.par_iter().sum::<u32>(), vec.iter().sum());
            let ones = |x: &u32| (*x).min(1);
            assert_eq!(vec.par_iter().map(ones).product::<u32>(), vec.iter().map(ones).product());
            assert_eq!(vec.par_iter().count(), vec.len());
            assert_eq!(vec.par_iter().min(), vec.iter().min());
            assert_eq!(vec.par_iter().max(), vec.iter().max());
            let reduced = vec.par_iter().map(u32::to_string).reduce(String::new, |l, r| l + &r);
            assert_eq!(reduced, vec.iter().map(u32::to_string).collect::<String>());
            let reduced = vec.par_iter().map(u32::to_string).reduce_with(|l, r| l + &r);
            assert_eq!(reduced, vec.iter().map(u32::to_string).reduce(|l, r| l + &r));
            let folded = vec.par_iter().fold(|| 0, |sum, x| sum + x).sum::<u32>();
            assert_eq!(folded, vec.iter().sum());
            let folded = vec.par_iter().fold_with(0, |sum, x| sum + x).sum::<u32>();
            assert_eq!(folded, vec.iter().sum());
        }
    });
}

#[test]
fn of_equal_items_min_gives_the_first_and_max_the_last() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let vec: Vec<(u32, usize)> = numbers(len).into_iter().map(|x| x % 4).zip(0..).collect();
            let by_first = |left: &&(u32, usize), right: &&(u32, usize)| left.0.cmp(&right.0);
            assert_eq!(vec.par_iter().min_by(by_first), vec.iter().min_by(by_first));
            assert_eq!(vec.par_iter().max_by(by_first), vec.iter().max_by(by_first));
            assert_eq!(vec.par_iter().min_by_key(|x| x.0), vec.iter().min_by_key(|x| x.0));
            assert_eq!(vec.par_iter().max_by_key(|x| x.0), vec.iter().max_by_key(|x| x.0));
        }
    });
}

#[test]
fn float_sums_and_products_are_right_but_for_rounding() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let vec: Vec<f64> = (0..len).map(|_| fastrand::f64()).collect();
            let (ours, theirs) = (vec.par_iter().sum::<f64>(), vec.iter().sum::<f64>());
            assert!((ours - theirs).abs() <= 1e-12 * theirs.max(1.0), "{ours} and {theirs}");
            let ours: f32 = vec.par_iter().map(|x| *x as f32).sum();
            assert!((f64::from(ours) - theirs).abs() <= 1e-3 * theirs.max(1.0));
            let ours: f64 = vec.par_iter().map(|x| x * 0.01 + 1.0).product();
            let theirs: f64 = vec.iter().map(|x| x * 0.01 + 1.0).product();
            assert!((ours / theirs - 1.0).abs() < 1e-9, "{ours} and {theirs}");
        }
    });
    assert_eq!(Vec::<f64>::new().par_iter().sum::<f64>(), 0.0);
    assert_eq!(vec![f64::INFINITY; 100].par_iter().sum::<f64>(), f64::INFINITY);
    assert!(vec![f64::NAN; 100].par_iter().sum::<f64>().is_nan());
}

/// Whole numbers, whose sum is exact in any order: each item is in it once, in blocks or not.
#[test]
fn float_sums_have_each_item_once_behind_any_adaptor() {
    on_each_pool(|| {
        for len in (0..70).chain([1000]) {
            let vec: Vec<f64> = (0..len).map(f64::from).collect();
            let sum: f64 = vec.iter().sum();
            assert_eq!(vec.clone().into_par_iter().sum::<f64>(), sum);
            assert_eq!((0..len).into_par_iter().map(f64::from).sum::<f64>(), sum);
            assert_eq!(vec.par_iter().copied().rev().with_max_len(20).sum::<f64>(), sum);
            assert_eq!(vec.par_iter().cloned().zip(0..len).map(|pair| pair.0).sum::<f64>(), sum);
            let enumerated = vec.par_iter().enumerate().map(|(index, x)| x - index as f64);
            assert_eq!(enumerated.sum::<f64>(), 0.0);
            let updated = vec.par_iter().copied().inspect(|_| ()).update(|x| *x += 1.0);
            assert_eq!(updated.sum::<f64>(), sum + vec.len() as f64);
            assert_eq!(vec.par_iter().chain(&vec).sum::<f64>(), sum * 2.0);
            assert_eq!(vec.par_iter().filter(|x| **x > 9.0).sum::<f64>(), (sum - 45.0).max(0.0));
            assert_eq!(
                vec.par_iter().take(40).skip(3).sum::<f64>(),
                vec.iter().take(40).skip(3).sum()
            );
        }
    });
}

#[test]
fn a_product_that_does_not_commute_keeps_its_order() {
    /// Words, multiplied by writing one behind the other.
    #[derive(Debug, PartialEq)]
    struct Word(String);

    impl std::iter::Product for Word {
        fn product<I: Iterator<Item = Word>>(words: I) -> Word {
            Word(words.map(|word| word.0).collect())
        }
    }

    on_each_pool(|| {
        let expected = Word((0..1000).map(|number| number.to_string()).collect());
        let words = (0..1000).into_par_iter().map(|number: u32| Word(number.to_string()));
        assert_eq!(words.product::<Word>(), expected);
    });
}

#[test]
fn comparisons_are_those_of_std() {
    on_each_pool(|| {
        for _ in 0..100 {
            let (left, right) = (numbers(fastrand::usize(..4)), numbers(fastrand::usize(..4)));
            let small = |vec: Vec<u32>| vec.into_iter().map(|x| x % 2).collect::<Vec<_>>();
            let (left, right) = (small(left), small(right));
            assert_eq!(left.par_iter().cmp(&right), left.iter().cmp(&right));
            assert_eq!(left.par_iter().partial_cmp(&right), left.iter().partial_cmp(&right));
            assert_eq!(left.par_iter().eq(&right), left.iter().eq(&right));
            assert_eq!(left.par_iter().ne(&right), left.iter().ne(&right));
            assert_eq!(left.par_iter().lt(&right), left.iter().lt(&right));
            assert_eq!(left.par_iter().le(&right), left.iter().le(&right));
            assert_eq!(left.par_iter().gt(&right), left.iter().gt(&right));
            assert_eq!(left.par_iter().ge(&right), left.iter().ge(&right));
        }
    });
}

#[test]
fn pieces_keep_their_limits() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let pieces = |least: usize, most: usize| -> Vec<usize> {
                let limited = (0..len).into_par_iter().with_min_len(least).with_max_len(most);
                limited.fold(|| 0, |count, _| count + 1).collect()
            };
            assert!(pieces(1, 3).iter().all(|piece| *piece <= 3));
            let enough = |piece: &usize| *piece >= 10.min(len);
            assert!(pieces(10, usize::MAX).iter().all(enough));
            assert!(pieces(10, 1).iter().all(enough));
        }
    });
}
