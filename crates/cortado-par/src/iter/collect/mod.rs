//! Collections from parallel iterators: in place where the number of items is known, else from one
//! collection per piece.

mod extend;
mod from;
mod gather;
mod slots;
mod string;
mod unzip;

pub(crate) use gather::gather;
pub(crate) use slots::{append_exact, unzip_exact};
pub(crate) use unzip::{partition, unzip};

use super::{ParallelExtend, ParallelIterator};

/// Appends all items to `target`, in their order.
pub(crate) fn append<I: ParallelIterator>(target: &mut Vec<I::Item>, items: I) {
    match items.opt_len() {
        Some(len) => append_exact(target, items, len),
        None => append_pieces(target, gather(items)),
    }
}

/// Appends the items of all pieces to `target`, on this thread: what is copied was written just before, and
/// where several threads take new memory from the system and give old memory back, they wait for each other.
/// A third of 10 million numbers: filtered and collected in 15.8 ms, copied by two threads in 20.6. A single
/// piece is taken as it is where `target` has no memory yet.
fn append_pieces<T>(target: &mut Vec<T>, mut pieces: Vec<Vec<T>>) {
    if target.capacity() == 0 && pieces.len() == 1 {
        *target = pieces.pop().unwrap_or_default();
        return;
    }
    target.reserve(pieces.iter().map(Vec::len).sum());
    pieces.into_iter().for_each(|mut piece| target.append(&mut piece));
}

/// The same for any collection.
fn extend_by_pieces<T: Send>(target: &mut impl ParallelExtend<T>, pieces: Vec<Vec<T>>) {
    if let Some(vec) = target.par_extended_vec() {
        append_pieces(vec, pieces);
    } else {
        let mut items = Vec::new();
        append_pieces(&mut items, pieces);
        target.par_extend(items);
    }
}
