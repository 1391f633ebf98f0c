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

use gather::Gathered;

use super::ParallelIterator;

/// Appends all items to `target`, in their order.
pub(crate) fn append<I: ParallelIterator>(target: &mut Vec<I::Item>, items: I) {
    match items.opt_len() {
        Some(len) => append_exact(target, items, len),
        None => append_pieces(target, gather(items)),
    }
}

/// Appends the items of all pieces to `target`. A single piece is taken as it is where `target` has
/// no memory yet.
fn append_pieces<T: Send>(target: &mut Vec<T>, mut pieces: Vec<Vec<T>>) {
    pieces.retain(|piece| !piece.is_empty());
    if target.capacity() == 0 && pieces.len() <= 1 {
        *target = pieces.pop().unwrap_or_default();
        return;
    }
    let gathered = Gathered::new(pieces);
    let len = gathered.len();
    append_exact(target, gathered, len);
}
