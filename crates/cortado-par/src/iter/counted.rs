//! Items whose number is known, though their std iterator cannot say it.

/// The items with their number. The number is right, or lengths are wrong as a consequence.
pub(crate) struct Counted<I> {
    items: I,
    left: usize,
}

impl<I: Iterator> Counted<I> {
    /// The items, of which there are `count`.
    pub(crate) fn new(items: I, count: usize) -> Counted<I> {
        Counted { items, left: count }
    }
}

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let item = self.items.next();
        self.left = self.left.saturating_sub(usize::from(item.is_some()));
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }

    fn fold<B, F: FnMut(B, I::Item) -> B>(self, start: B, fold: F) -> B {
        self.items.fold(start, fold)
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for Counted<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        let item = self.items.next_back();
        self.left = self.left.saturating_sub(usize::from(item.is_some()));
        item
    }

    fn rfold<B, F: FnMut(B, I::Item) -> B>(self, start: B, fold: F) -> B {
        self.items.rfold(start, fold)
    }
}

impl<I: Iterator> ExactSizeIterator for Counted<I> {}
