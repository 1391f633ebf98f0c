//! Slots: the numbers that `{%}` stands for. A job gets the lowest number that no running job has,
//! so that numbers never exceed the jobs at once and can name a device or a scratch directory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The free numbers.
#[derive(Debug, Default)]
pub(super) struct Slots {
    free: BinaryHeap<Reverse<usize>>,
    used: usize,
}

impl Slots {
    /// Takes the lowest free number, from 1.
    pub(super) fn take(&mut self) -> usize {
        match self.free.pop() {
            Some(Reverse(slot)) => slot,
            None => {
                self.used += 1;
                self.used
            }
        }
    }

    /// Gives a number back.
    pub(super) fn release(&mut self, slot: usize) {
        self.free.push(Reverse(slot));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_number_is_taken() {
        let mut slots = Slots::default();
        assert_eq!([slots.take(), slots.take(), slots.take()], [1, 2, 3]);
        slots.release(2);
        slots.release(1);
        assert_eq!([slots.take(), slots.take(), slots.take()], [1, 2, 4]);
    }
}
