//! Descriptors and threads before and after: what was opened must be closed. The end of a thread
//! shows in `/proc` a moment late, and a dropped child is reaped when it ends, so closing the books
//! waits until they are balanced, for as long as that may take.

use std::thread;
use std::time::Duration;

use super::{census, process};

/// How often the books are looked at, every 10 ms, before they are said not to balance.
const LOOKS: u32 = 3000;

/// See the module.
pub(crate) struct Books {
    descriptors: Vec<String>,
    /// Threads whose names begin with one of these must be gone; with none, as many as before
    /// must be left.
    names: Vec<String>,
    threads: usize,
}

impl Books {
    pub(crate) fn open(names: &[String]) -> Books {
        Books {
            descriptors: process::descriptors(),
            names: names.to_vec(),
            threads: process::threads().len(),
        }
    }

    /// Waits until as much is there as before, and tells what is left over if that does not come.
    pub(crate) fn close(&self, when: &str) {
        for _ in 0..LOOKS {
            if process::descriptors().len() <= self.descriptors.len()
                && self.threads_left().is_empty()
            {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let descriptors = process::descriptors();
        let new: Vec<_> = descriptors.iter().filter(|fd| !self.descriptors.contains(fd)).collect();
        if descriptors.len() > self.descriptors.len() {
            census::finding(format!("after {when} these descriptors are left open: {new:?}"));
        }
        let left = self.threads_left();
        if !left.is_empty() {
            census::finding(format!("after {when} these threads are left: {left:?}"));
        }
    }

    fn threads_left(&self) -> Vec<String> {
        let threads = process::threads();
        if self.names.is_empty() {
            return if threads.len() > self.threads { threads } else { Vec::new() };
        }
        let is_ours = |thread: &String| self.names.iter().any(|name| thread.starts_with(name));
        threads.into_iter().filter(is_ours).collect()
    }
}
