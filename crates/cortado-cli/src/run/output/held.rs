//! Bytes that wait: the older ones in the temporary file, the newer ones in memory.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use super::OutputError;
use super::spill::{Extent, Spill};
use super::tuning::{HELD_IN_ALL, HELD_PER_STREAM, STRAIGHT_TO_FILE};

/// Where all jobs of a run hold their output back.
#[derive(Debug)]
pub(super) struct Store {
    in_memory: Cell<usize>,
    spill: RefCell<Spill>,
}

impl Store {
    /// Nothing is held back.
    pub(super) fn new() -> Rc<Store> {
        Rc::new(Store { in_memory: Cell::new(0), spill: RefCell::new(Spill::new()) })
    }

    /// How many bytes are held back in memory and in the file.
    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, u64) {
        (self.in_memory.get(), self.spill.borrow().live())
    }

    fn write(&self, bytes: &[u8]) -> Result<Extent, OutputError> {
        let mut spill = self.spill.borrow_mut();
        spill.write(bytes).map_err(|error| failed(&spill, error))
    }

    fn take(&self, extent: &mut Extent, buffer: &mut [u8]) -> Result<(), OutputError> {
        let mut spill = self.spill.borrow_mut();
        spill.take(extent, buffer).map_err(|error| failed(&spill, error))
    }
}

fn failed(spill: &Spill, error: std::io::Error) -> OutputError {
    OutputError::Spill(spill.dir().to_owned(), Arc::new(error))
}

/// See the module. It allocates with the first byte.
#[derive(Debug)]
pub(super) struct Held {
    store: Rc<Store>,
    spilled: VecDeque<Extent>,
    memory: Vec<u8>,
}

impl Held {
    /// Nothing yet.
    pub(super) fn new(store: &Rc<Store>) -> Held {
        Held { store: store.clone(), spilled: VecDeque::new(), memory: Vec::new() }
    }

    /// How many bytes wait.
    pub(super) fn len(&self) -> u64 {
        self.in_file() + self.memory.len() as u64
    }

    fn in_file(&self) -> u64 {
        self.spilled.iter().map(|extent| extent.len()).sum()
    }

    /// Appends bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let fits = |held: &Held| {
            held.memory.len() + bytes.len() <= HELD_PER_STREAM
                && held.store.in_memory.get() + bytes.len() <= HELD_IN_ALL
        };
        let straight = bytes.len() >= STRAIGHT_TO_FILE && !self.spilled.is_empty();
        if straight || !fits(self) {
            self.spill()?;
            if straight || !fits(self) {
                return self.spill_too(bytes);
            }
        }
        self.memory.extend_from_slice(bytes);
        self.count(bytes.len() as isize);
        Ok(())
    }

    /// Moves everything into the file.
    fn spill(&mut self) -> Result<(), OutputError> {
        let memory = std::mem::take(&mut self.memory);
        self.count(-(memory.len() as isize));
        if memory.is_empty() { Ok(()) } else { self.spill_too(&memory) }
    }

    fn spill_too(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let extent = self.store.write(bytes)?;
        if !self.spilled.back_mut().is_some_and(|last| last.join(extent)) {
            self.spilled.push_back(extent);
        }
        Ok(())
    }

    fn count(&self, change: isize) {
        self.store.in_memory.set(self.store.in_memory.get().saturating_add_signed(change));
    }

    /// Cuts off the first `len` bytes.
    pub(super) fn split_front(&mut self, mut len: u64) -> Held {
        let mut front = Held::new(&self.store);
        while let Some(extent) = self.spilled.front_mut().filter(|_| len > 0) {
            let cut = extent.split_front(len);
            len -= cut.len();
            front.spilled.push_back(cut);
            if extent.len() == 0 {
                self.spilled.pop_front();
            }
        }
        let rest = self.memory.split_off((len as usize).min(self.memory.len()));
        front.memory = std::mem::replace(&mut self.memory, rest);
        front
    }

    /// Takes out the oldest bytes, about `max` of them; none when nothing waits.
    pub(super) fn take_some(&mut self, max: usize) -> Result<Vec<u8>, OutputError> {
        let Some(extent) = self.spilled.front_mut() else {
            self.count(-(self.memory.len() as isize));
            return Ok(std::mem::take(&mut self.memory));
        };
        let mut bytes = vec![0; max.min(extent.len() as usize)];
        self.store.take(extent, &mut bytes)?;
        if extent.len() == 0 {
            self.spilled.pop_front();
        }
        Ok(bytes)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.count(-(self.memory.len() as isize));
        if !self.spilled.is_empty() {
            let mut spill = self.store.spill.borrow_mut();
            self.spilled.drain(..).for_each(|extent| spill.release(extent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut held: Held) -> Vec<u8> {
        let mut bytes = Vec::new();
        while held.len() > 0 {
            bytes.extend(held.take_some(7_000).unwrap());
        }
        bytes
    }

    /// Bytes of which no two thousands are the same.
    fn pattern(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at % 251) as u8 ^ (at / 251) as u8).collect()
    }

    #[test]
    fn little_stays_in_memory() {
        let store = Store::new();
        let mut held = Held::new(&store);
        held.push(b"abc").unwrap();
        held.push(b"def").unwrap();
        assert_eq!(store.held(), (6, 0));
        assert_eq!(all(held), b"abcdef");
        assert_eq!(store.held(), (0, 0));
    }

    #[test]
    fn much_goes_to_the_file_and_comes_back_in_order() {
        let store = Store::new();
        let bytes = pattern(1_000_000);
        let (mut one, mut two) = (Held::new(&store), Held::new(&store));
        for chunk in bytes.chunks(9_999) {
            one.push(chunk).unwrap();
            two.push(chunk).unwrap();
            assert!(store.held().0 <= 2 * HELD_PER_STREAM);
        }
        assert!(store.held().1 > 1_500_000);
        assert_eq!(one.len(), 1_000_000);
        assert!(all(one) == bytes);
        drop(two);
        assert_eq!(store.held(), (0, 0));
    }

    #[test]
    fn all_streams_together_are_bounded_in_memory() {
        let store = Store::new();
        let chunk = pattern(100_000);
        let held: Vec<Held> = (0..200)
            .map(|_| {
                let mut held = Held::new(&store);
                held.push(&chunk).unwrap();
                held
            })
            .collect();
        assert!(store.held().0 <= HELD_IN_ALL);
        assert!(held.into_iter().all(|held| all(held) == chunk));
        assert_eq!(store.held(), (0, 0));
    }

    #[test]
    fn the_front_is_cut_off_wherever_it_ends() {
        let bytes = pattern(300_000);
        for cut in [0, 1, 131_071, 200_000, 290_000, 300_000] {
            let store = Store::new();
            let mut held = Held::new(&store);
            bytes.chunks(50_000).for_each(|chunk| held.push(chunk).unwrap());
            let front = held.split_front(cut as u64);
            assert_eq!((front.len(), held.len()), (cut as u64, 300_000 - cut as u64));
            assert!(all(front) == bytes[..cut]);
            assert!(all(held) == bytes[cut..]);
            assert_eq!(store.held(), (0, 0));
        }
    }
}
