//! The reaper: ends the children that were dropped before they were reaped.
//!
//! It is a thread of its own, because a dropped child may outlive its runtime. It is made when
//! the first such child comes that has not ended yet, sleeps in one `poll` over their
//! descriptors and its bell, and costs nothing in a program that waits for its children.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};

use crate::process::handle::Process;

struct Reaper {
    bell: OwnedFd,
    dropped: Mutex<Vec<Arc<Process>>>,
}

static REAPER: Mutex<Option<Arc<Reaper>>> = Mutex::new(None);

/// Reaps `process` now, or when it ends.
///
/// Where there is neither a descriptor nor a thread to be had for the reaper, the child stays a
/// zombie until this process ends; there is nobody to tell.
pub(crate) fn adopt(process: Arc<Process>) {
    if !matches!(process.try_reap(), Ok(None)) {
        return;
    }
    if let Ok(reaper) = reaper() {
        reaper.dropped.lock().push(process);
        // The bell has no room only where it is ringing already.
        let _ = rustix::io::write(&reaper.bell, &1u64.to_ne_bytes());
    }
}

fn reaper() -> io::Result<Arc<Reaper>> {
    let mut reaper = REAPER.lock();
    if let Some(reaper) = &*reaper {
        return Ok(reaper.clone());
    }
    let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let made = Arc::new(Reaper { bell, dropped: Mutex::default() });
    let serving = made.clone();
    thread::Builder::new().name("cortado-reaper".to_owned()).spawn(move || serving.serve())?;
    Ok(reaper.insert(made).clone())
}

impl Reaper {
    fn serve(&self) -> ! {
        let mut children: Vec<Arc<Process>> = Vec::new();
        loop {
            children.append(&mut self.dropped.lock());
            children.retain(|child| matches!(child.try_reap(), Ok(None)));
            self.sleep(&children);
        }
    }

    fn sleep(&self, children: &[Arc<Process>]) {
        let mut waited = vec![PollFd::new(&self.bell, PollFlags::IN)];
        waited.extend(children.iter().map(|child| PollFd::new(&**child, PollFlags::IN)));
        // Interrupted or not, the caller looks at every child again.
        let _ = poll(&mut waited, None);
        let _ = rustix::io::read(&self.bell, &mut [0u8; 8]);
    }
}
