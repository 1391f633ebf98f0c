//! Strings from parallel iterators: one string for each piece, put together at the end.

use std::borrow::Cow;

use super::gather;
use crate::iter::{IntoParallelIterator, ParallelExtend, ParallelIterator};

fn append<I: ParallelIterator>(target: &mut String, items: I)
where
    String: FromIterator<I::Item>,
{
    let pieces: Vec<String> = gather(items);
    target.reserve(pieces.iter().map(String::len).sum());
    target.extend(pieces);
}

macro_rules! extend_string {
    ($([$($generics:tt)*] $item:ty;)*) => {$(
        impl<$($generics)*> ParallelExtend<$item> for String {
            fn par_extend<I: IntoParallelIterator<Item = $item>>(&mut self, items: I) {
                append(self, items.into_par_iter());
            }
        }
    )*};
}

extend_string! {
    [] char;
    ['a] &'a char;
    ['a] &'a str;
    [] String;
    [] Box<str>;
    ['a] Cow<'a, str>;
}
