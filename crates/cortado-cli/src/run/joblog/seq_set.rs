//! A set of job numbers that is small for millions of them: one bit each, in pages, so that a
//! log with a single huge number does not ask for the memory of all those below it.

use std::collections::BTreeMap;

/// How many words of 64 bits a page has: 4,096 numbers in 512 bytes.
const WORDS_PER_PAGE: usize = 64;

/// A set of job numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeqSet {
    pages: BTreeMap<u64, Box<[u64; WORDS_PER_PAGE]>>,
}

impl SeqSet {
    /// Adds a number.
    pub(crate) fn insert(&mut self, seq: u64) {
        let (page, word, bit) = place(seq);
        self.pages.entry(page).or_insert_with(|| Box::new([0; WORDS_PER_PAGE]))[word] |= bit;
    }

    /// Takes a number out.
    pub(crate) fn remove(&mut self, seq: u64) {
        let (page, word, bit) = place(seq);
        if let Some(page) = self.pages.get_mut(&page) {
            page[word] &= !bit;
        }
    }

    /// Whether a number is in the set.
    pub(crate) fn contains(&self, seq: u64) -> bool {
        let (page, word, bit) = place(seq);
        self.pages.get(&page).is_some_and(|page| page[word] & bit != 0)
    }

    /// How many numbers are in the set.
    #[cfg(test)]
    pub(crate) fn len(&self) -> u64 {
        let bits = self.pages.values().flat_map(|page| page.iter());
        bits.map(|word| u64::from(word.count_ones())).sum()
    }
}

/// Where the bit of a number is: its page, its word there, and the bit in that.
fn place(seq: u64) -> (u64, usize, u64) {
    let word = seq / 64;
    (word / WORDS_PER_PAGE as u64, (word % WORDS_PER_PAGE as u64) as usize, 1 << (seq % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_again() {
        let mut set = SeqSet::default();
        for seq in [0, 1, 63, 64, 4095, 4096, u64::MAX] {
            assert!(!set.contains(seq));
            set.insert(seq);
            set.insert(seq);
            assert!(set.contains(seq), "{seq}");
        }
        assert_eq!(set.len(), 7);
        set.remove(64);
        set.remove(1_000_000);
        assert!(!set.contains(64) && !set.contains(65));
        assert_eq!(set.len(), 6);
        assert_eq!(set.pages.len(), 3);
    }
}
