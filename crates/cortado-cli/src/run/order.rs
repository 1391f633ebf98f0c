//! The order of output under `--keep-order`: results leave in the order in which their jobs were
//! started, whenever they come in. It holds what has finished too early, and nothing else.

use std::collections::VecDeque;

/// The results that wait for their turn.
#[derive(Debug)]
pub(crate) struct Order<T> {
    /// The jobs that have not been emitted, by rising number, with their results.
    waiting: VecDeque<(u64, Option<T>)>,
}

impl<T> Order<T> {
    /// Nothing started, nothing waiting.
    pub(crate) fn new() -> Order<T> {
        Order { waiting: VecDeque::new() }
    }

    /// A job is started. Numbers rise from call to call; some may be missing.
    pub(crate) fn start(&mut self, seq: u64) {
        debug_assert!(self.waiting.back().is_none_or(|(last, _)| *last < seq));
        self.waiting.push_back((seq, None));
    }

    /// A job that was started has its result.
    pub(crate) fn finish(&mut self, seq: u64, result: T) {
        if let Ok(index) = self.waiting.binary_search_by_key(&seq, |(seq, _)| *seq) {
            self.waiting[index].1 = Some(result);
        }
    }

    /// The next result whose turn it is. To be called until there is none.
    pub(crate) fn next_ready(&mut self) -> Option<(u64, T)> {
        self.waiting.front()?.1.as_ref()?;
        let (seq, result) = self.waiting.pop_front()?;
        Some((seq, result?))
    }

    /// The job whose turn it is, finished or not: it may write as it goes.
    pub(crate) fn head(&self) -> Option<u64> {
        self.waiting.front().map(|(seq, _)| *seq)
    }

    /// How many jobs have been started and not emitted.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_leave_in_the_order_of_their_start() {
        let mut order = Order::new();
        for seq in [2, 3, 7] {
            order.start(seq);
        }
        assert_eq!(order.head(), Some(2));
        order.finish(7, "c");
        order.finish(3, "b");
        assert_eq!(order.next_ready(), None);
        order.finish(2, "a");
        assert_eq!(order.next_ready(), Some((2, "a")));
        assert_eq!(order.next_ready(), Some((3, "b")));
        assert_eq!(order.len(), 1);
        assert_eq!(order.next_ready(), Some((7, "c")));
        assert_eq!(order.next_ready(), None);
        assert_eq!(order.head(), None);
    }

    #[test]
    fn a_result_that_was_never_started_is_not_kept() {
        let mut order = Order::new();
        order.start(1);
        order.finish(9, "x");
        assert_eq!((order.next_ready(), order.len()), (None, 1));
    }
}
