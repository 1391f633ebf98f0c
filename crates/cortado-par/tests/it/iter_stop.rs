//! What can end early gives the right item, and ends early.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};

use cortado_par::prelude::*;

use crate::iter_pools::{LENGTHS, numbers, on_each_pool};

#[test]
fn first_and_last_are_those_of_std() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let vec = numbers(len);
            for remainder in [0, 7, 99] {
                let wanted = |x: &&u32| **x % 100 == remainder;
                let value = |x: &u32| (x % 100 == remainder).then_some(x + 1);
                let first = vec.iter().find(wanted);
                assert_eq!(vec.par_iter().find_first(wanted), first);
                assert_eq!(vec.par_iter().find_map_first(value), first.map(|x| x + 1));
                let last = vec.iter().rfind(wanted);
                assert_eq!(vec.par_iter().find_last(wanted), last);
                assert_eq!(vec.par_iter().find_map_last(value), last.map(|x| x + 1));
                let position = vec.iter().position(|x| wanted(&x));
                assert_eq!(vec.par_iter().position_first(|x| wanted(&x)), position);
                let position = vec.iter().rposition(|x| wanted(&x));
                assert_eq!(vec.par_iter().position_last(|x| wanted(&x)), position);
            }
        }
    });
}

#[test]
fn first_and_last_within_nested_iterators() {
    on_each_pool(|| {
        let nested = || {
            (0..300)
                .into_par_iter()
                .flat_map(|outer| (0..100).into_par_iter().map(move |inner| (outer, inner)))
        };
        let wanted = |at: &(i32, i32)| at.0 % 50 == 30 && at.1 % 30 == 20;
        assert_eq!(nested().find_first(wanted), Some((30, 20)));
        assert_eq!(nested().find_last(wanted), Some((280, 80)));
    });
}

#[test]
fn any_and_all_are_those_of_std() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let vec = numbers(len);
            for remainder in [0, 7, 99] {
                let wanted = |x: &u32| x % 100 == remainder;
                let there = vec.iter().any(wanted);
                assert_eq!(vec.par_iter().any(wanted), there);
                assert_eq!(vec.par_iter().all(|x| !wanted(x)), !there);
                let found = vec.par_iter().find_any(|x| wanted(x));
                assert_eq!(found.is_some(), there);
                assert!(found.is_none_or(wanted));
                let at = vec.par_iter().position_any(wanted);
                assert_eq!(at.is_some(), there);
                assert!(at.is_none_or(|at| wanted(&vec[at])));
                let value = |x: &u32| wanted(x).then_some(*x);
                assert_eq!(vec.par_iter().find_map_any(value).is_some(), there);
            }
        }
    });
}

#[test]
fn tries_give_what_stopped_them() {
    on_each_pool(|| {
        for &len in LENGTHS {
            let below = |limit: usize| {
                (0..len).into_par_iter().try_for_each(|x| if x < limit { Ok(()) } else { Err(x) })
            };
            assert_eq!(below(len), Ok(()));
            assert_eq!(below(len / 2).is_err(), len > 0);
            let option = (0..len).into_par_iter().try_for_each(|x| (x < len / 2).then_some(()));
            assert_eq!(option.is_none(), len > 0);
            let flow = (0..len).into_par_iter().try_for_each(|x| match x {
                3 => ControlFlow::Break(x),
                _ => ControlFlow::Continue(()),
            });
            assert_eq!(flow.break_value(), (len > 3).then_some(3));

            let sum = (0..len).into_par_iter().map(Some).try_reduce(|| 0, |l, r| Some(l + r));
            assert_eq!(sum, Some((0..len).sum()));
            let sum = (0..len).into_par_iter().map(Some).try_reduce_with(|l, r| Some(l + r));
            assert_eq!(sum, (len > 0).then(|| Some((0..len).sum())));
            let sum = (0..len)
                .into_par_iter()
                .try_fold(|| 0, |sum, x| if x == 50 { Err(x) } else { Ok(sum + x) })
                .try_reduce(|| 0, |left, right| Ok(left + right));
            assert_eq!(sum, if len > 50 { Err(50) } else { Ok((0..len).sum()) });
            let sum = (0..len)
                .into_par_iter()
                .try_fold_with(0, |sum, x| if x == 50 { None } else { Some(sum + x) })
                .try_reduce_with(|left, right| Some(left + right));
            // Without items there is one piece, which gives the value it began with.
            assert_eq!(sum.flatten().is_some(), len <= 50);
        }
    });
}

/// How many of a million items the closure of `search` sees.
fn seen_by(search: impl Fn(&(dyn Fn() + Sync))) -> usize {
    let seen = AtomicUsize::new(0);
    search(&|| {
        seen.fetch_add(1, Ordering::Relaxed);
    });
    seen.into_inner()
}

#[test]
fn a_search_ends_soon_after_the_item_is_found() {
    const ITEMS: usize = 1_000_000;
    on_each_pool(|| {
        let all = || (0..ITEMS).into_par_iter();
        // The first item is found at once by the piece that begins with it, and what is filtered out
        // of the others still counts as looked at.
        let seen = seen_by(|see| {
            let seeing = all().inspect(|_| see()).filter(|item| *item == 0);
            assert_eq!(seeing.find_first(|_| true), Some(0));
        });
        assert!(seen < ITEMS, "find_first saw all items");
        let seen = seen_by(|see| assert!(all().inspect(|_| see()).any(|_| true)));
        assert!(seen < ITEMS, "any saw all items");
        let seen = seen_by(|see| {
            let all_small: Option<Vec<usize>> =
                all().inspect(|_| see()).map(|item| (item > 0).then_some(item)).collect();
            assert_eq!(all_small, None);
        });
        assert!(seen < ITEMS, "collecting into an option saw all items");
        let seen = seen_by(|see| {
            assert!(
                all()
                    .try_for_each(|_| {
                        see();
                        None::<()>
                    })
                    .is_none()
            );
        });
        assert!(seen < ITEMS, "try_for_each saw all items");
    });
}

#[test]
fn as_many_as_asked_for() {
    on_each_pool(|| {
        for &len in LENGTHS {
            assert_eq!((0..len).into_par_iter().take_any(50).count(), len.min(50));
            assert_eq!((0..len).into_par_iter().skip_any(50).count(), len.saturating_sub(50));
            let taken: Vec<usize> = (0..len).into_par_iter().take_any_while(|x| *x != 40).collect();
            assert!(taken.iter().all(|x| *x != 40) && taken.is_sorted());
            let rest: Vec<usize> = (0..len).into_par_iter().skip_any_while(|x| *x != 40).collect();
            assert!(len <= 40 || rest.contains(&40));
            let some = (0..len).into_par_iter().map(|x| (x != 40).then_some(x)).while_some();
            assert!(some.collect::<Vec<_>>().iter().all(|x| *x != 40));
        }
    });
}

#[test]
fn values_lent_to_pieces() {
    on_each_pool(|| {
        let (sender, receiver) = std::sync::mpsc::channel();
        (0..1000).into_par_iter().for_each_with(sender, |sender, item| {
            sender.send(item).expect("the receiver is there");
        });
        assert_eq!(receiver.iter().sum::<i32>(), 499_500);
        let made = AtomicUsize::new(0);
        let init = || made.fetch_add(1, Ordering::Relaxed);
        (0..1000).into_par_iter().for_each_init(init, |_, _| ());
        assert!((1..1000).contains(&made.into_inner()));
        let sent = (0..10)
            .into_par_iter()
            .try_for_each_init(|| 5, |limit, item| (item < *limit).then_some(()));
        assert_eq!(sent, None);
        let sent = (0..10)
            .into_par_iter()
            .try_for_each_with(10, |limit, item| (item < *limit).then_some(()));
        assert_eq!(sent, Some(()));
    });
}
