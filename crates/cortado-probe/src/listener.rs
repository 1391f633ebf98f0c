//! Who hears of events. There is one listener per process; it may fan out.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Event;

/// Hears of every event, on the thread that it happens on.
///
/// It must be quick, must not block and must not panic: it runs inside the scheduler.
pub trait Listener: Sync {
    /// Called for each event.
    fn on_event(&self, event: &Event<'_>);

    /// It shows a [notable](Event::LongPoll) long poll to people. The runtime then prints no line of
    /// its own on standard error.
    fn shows_long_polls(&self) -> bool {
        false
    }
}

static LISTENING: AtomicBool = AtomicBool::new(false);
static LISTENER: OnceLock<&'static dyn Listener> = OnceLock::new();

/// There is a listener already; a process has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyListening;

impl fmt::Display for AlreadyListening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this process has a listener already: let that one pass the events on")
    }
}

impl std::error::Error for AlreadyListening {}

/// Makes `listener` hear of every event from now on, for the life of the process.
///
/// # Errors
/// Where there is a listener already.
pub fn listen(listener: &'static dyn Listener) -> Result<(), AlreadyListening> {
    LISTENER.set(listener).map_err(|_| AlreadyListening)?;
    LISTENING.store(true, Ordering::Release);
    Ok(())
}

/// There is a listener. For who has to prepare an event beyond what [`emit`]'s closure can do.
pub fn is_listening() -> bool {
    LISTENING.load(Ordering::Relaxed)
}

/// There is a listener that [shows](Listener::shows_long_polls) long polls to people.
pub fn long_polls_are_shown() -> bool {
    LISTENING.load(Ordering::Acquire) && LISTENER.get().is_some_and(|one| one.shows_long_polls())
}

/// Tells the listener, if there is one. The event is built only then.
#[inline]
pub fn emit<'a>(event: impl FnOnce() -> Event<'a>) {
    if LISTENING.load(Ordering::Relaxed) {
        tell(&event());
    }
}

#[cold]
fn tell(event: &Event<'_>) {
    // What `set` did inside of std is not seen by sanitizers; this load is.
    LISTENING.load(Ordering::Acquire);
    if let Some(listener) = LISTENER.get() {
        listener.on_event(event);
    }
}
