//! Spawner: the one thread that makes all the threads of a runtime.
//!
//! On Linux a thread inherits the priority of the thread that makes it, and an unprivileged
//! process cannot raise one again. So no worker makes threads: it asks the spawner, whose own
//! priority is never lowered. Asking is a push to a lock-free inbox and an `unpark`, so a lowered
//! thread that is preempted while it asks holds nobody up.
//!
//! A thread that cannot be made (`EAGAIN`: a limit on threads or memory is reached) is reported to
//! the request's `on_error`, on the spawner's thread. It answers whether the spawner gives up, and
//! drops the body, or tries again a little later; meanwhile other requests are served.
//!
//! A thread counts as alive from the request on until its body has returned, or has panicked, and
//! is dropped, or until it is given up. `wait_all` waits for that count to become 0.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::inbox::{Inbox, Parcel};
use crate::park::Parker;
use crate::shim::atomic::AtomicBool;
use crate::shim::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::sys::futex::Futex;

/// How long the spawner waits before it tries again to make a thread.
const RETRY: Duration = Duration::from_millis(10);

/// What a thread runs.
pub(crate) type Body = Box<dyn FnOnce() + Send>;

/// The body of a thread without which tasks would wait for ever. User code that panics on it is
/// caught where it is called; a panic that gets here is a bug of the runtime, and ends the process.
pub(crate) fn vital(body: impl FnOnce() + Send + 'static) -> Body {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            if thread::panicking() {
                cortado_probe::stop("V1", "a worker or the monitor panicked outside of user code");
            }
        }
    }
    Box::new(move || {
        let _loud = Loud;
        body();
    })
}

/// Hears that a thread could not be made, each time, and says what happens now.
pub(crate) type OnError = Box<dyn FnMut(&io::Error) -> Answer + Send>;

/// What happens after a thread could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Drop the body.
    GiveUp,
    /// Try again a little later.
    Retry,
}

/// See the module. Dropping it ends its own thread; the threads that it made go on.
pub(crate) struct Spawner {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    inbox: Inbox<Parcel<Request>>,
    parker: Parker,
    closed: AtomicBool,
    /// Threads that were asked for and have not ended.
    alive: Futex,
}

struct Request {
    name: String,
    stack_size: Option<usize>,
    body: Body,
    on_error: OnError,
    alive: Alive,
}

/// Counts one thread as alive until it is dropped.
struct Alive(Arc<Shared>);

impl Alive {
    fn new(shared: &Arc<Shared>) -> Alive {
        shared.alive.fetch_add(1, Relaxed);
        Alive(shared.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        if self.0.alive.fetch_sub(1, AcqRel) == 1 {
            self.0.alive.wake_all();
        }
    }
}

impl Spawner {
    /// Starts the thread "cortado-spawner". The caller's priority must not be lowered.
    pub(crate) fn new() -> io::Result<Spawner> {
        let shared = Arc::new(Shared {
            inbox: Inbox::new(),
            parker: Parker::new(),
            closed: AtomicBool::new(false),
            alive: Futex::new(0),
        });
        let own = shared.clone();
        let thread =
            thread::Builder::new().name("cortado-spawner".into()).spawn(move || own.serve())?;
        Ok(Spawner { shared, thread: Some(thread) })
    }

    /// Asks for a thread that runs `body`, and returns at once.
    pub(crate) fn spawn_thread(
        &self,
        name: String,
        stack_size: Option<usize>,
        body: Body,
        on_error: OnError,
    ) {
        let alive = Alive::new(&self.shared);
        self.shared.inbox.push(Parcel::pack(Request { name, stack_size, body, on_error, alive }));
        self.shared.parker.unpark();
    }

    /// How many threads it was asked for that have not ended.
    #[cfg(test)]
    fn alive(&self) -> usize {
        self.shared.alive.load(Acquire) as usize
    }

    /// Waits until every thread that it was asked for has ended; false where that takes longer
    /// than `timeout`.
    pub(crate) fn wait_all(&self, timeout: Option<Duration>) -> bool {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let alive = self.shared.alive.load(Acquire);
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if alive == 0 || left == Some(Duration::ZERO) {
                return alive == 0;
            }
            self.shared.alive.wait(alive, left);
        }
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        self.shared.closed.store(true, Release);
        self.shared.parker.unpark();
        // The last owner may be something that `on_error` held, on the spawner's own thread.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            thread.join().expect("the spawner does not panic");
        }
    }
}

impl Shared {
    /// The life of the spawner's thread.
    fn serve(&self) {
        let mut again: Vec<Request> = Vec::new();
        loop {
            let closed = self.closed.load(Acquire);
            let asked = self.inbox.take_all().map(|parcel| parcel.unpack());
            let requests: Vec<Request> = again.drain(..).chain(asked).collect();
            if closed {
                requests.into_iter().for_each(refuse);
                return;
            }
            again.extend(requests.into_iter().filter_map(make));
            match again.is_empty() {
                true => self.parker.park(),
                false => drop(self.parker.park_timeout(RETRY)),
            }
        }
    }
}

/// Makes the thread; gives the request back where it is to be tried again.
fn make(request: Request) -> Option<Request> {
    let Request { name, stack_size, body, mut on_error, alive } = request;
    // std drops the closure of a thread that it could not make, so the body stays outside of it.
    let outside = Arc::new(Mutex::new(Some((body, alive))));
    let inside = outside.clone();
    let made = build(&name, stack_size, move || {
        let taken = inside.lock().take();
        drop(inside);
        if let Some((body, alive)) = taken {
            // Declared before the body runs, so it is dropped after it, in a panic as well.
            let _alive = alive;
            body();
        }
    });
    let error = made.err()?;
    let (body, alive) = outside.lock().take()?;
    match on_error(&error) {
        Answer::Retry => Some(Request { name, stack_size, body, on_error, alive }),
        Answer::GiveUp => {
            drop(body);
            drop(alive);
            None
        }
    }
}

fn build(
    name: &str,
    stack_size: Option<usize>,
    run: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    if name.contains('\0') {
        let text = format!("a thread's name cannot hold a NUL byte: {name:?}; leave it out");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let mut builder = thread::Builder::new().name(name.to_owned());
    if let Some(stack_size) = stack_size {
        builder = builder.stack_size(stack_size);
    }
    builder.spawn(run).map(drop)
}

/// Tells a request that comes after the end, whatever it answers.
fn refuse(mut request: Request) {
    let _ = (request.on_error)(&io::Error::other("the runtime has ended: no thread is made"));
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Answer, OnError, Spawner};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    fn unexpected() -> OnError {
        Box::new(|error| panic!("a thread can be made: {error}"))
    }

    #[test]
    fn makes_named_threads_and_waits_for_their_end() {
        let spawner = Spawner::new().expect("one thread");
        let ended = Arc::new(AtomicUsize::new(0));
        let (sender, names) = channel();
        for number in 0..20 {
            let (ended, sender) = (ended.clone(), sender.clone());
            let body = Box::new(move || {
                let name = thread::current().name().map(str::to_owned);
                sender.send(name).expect("the test listens");
                thread::sleep(Duration::from_millis(2));
                ended.fetch_add(1, Ordering::SeqCst);
            });
            spawner.spawn_thread(format!("made-{number}"), Some(256 << 10), body, unexpected());
        }
        assert!(spawner.wait_all(None));
        assert_eq!(ended.load(Ordering::SeqCst), 20);
        assert_eq!(spawner.alive(), 0);
        let mut seen: Vec<_> = names.try_iter().flatten().collect();
        seen.sort_by_key(|name| name["made-".len()..].parse::<usize>().expect("a number"));
        let all: Vec<_> = (0..20).map(|number| format!("made-{number}")).collect();
        assert_eq!(seen, all);
    }

    #[test]
    fn panic_ends_only_its_thread() {
        let spawner = Spawner::new().expect("one thread");
        let body = Box::new(|| std::panic::resume_unwind(Box::new("quietly")));
        spawner.spawn_thread("panics".into(), None, body, unexpected());
        assert!(spawner.wait_all(None));
        let (sender, ran) = channel();
        let body = Box::new(move || sender.send(()).expect("the test listens"));
        spawner.spawn_thread("next".into(), None, body, unexpected());
        assert_eq!(ran.recv(), Ok(()));
        assert!(spawner.wait_all(None));
    }

    #[test]
    fn wait_all_gives_up_at_its_timeout() {
        let spawner = Spawner::new().expect("one thread");
        let (end, told) = channel::<()>();
        let body = Box::new(move || {
            let _ = told.recv();
        });
        spawner.spawn_thread("waits".into(), None, body, unexpected());
        assert!(!spawner.wait_all(Some(Duration::ZERO)));
        assert!(!spawner.wait_all(Some(Duration::from_millis(2))));
        drop(end);
        assert!(spawner.wait_all(Some(Duration::MAX)));
    }

    /// A stack larger than the address space cannot be had, as under a limit on threads.
    #[test]
    fn failure_is_reported_tried_again_and_given_up() {
        let spawner = Spawner::new().expect("one thread");
        let (sender, errors) = channel();
        let (kept, body_dropped) = channel::<()>();
        let mut left = 3;
        let on_error: OnError = Box::new(move |error| {
            sender.send(error.to_string()).expect("the test listens");
            left -= 1;
            if left > 0 { Answer::Retry } else { Answer::GiveUp }
        });
        let body = Box::new(move || drop(kept));
        spawner.spawn_thread("impossible".into(), Some(1 << 60), body, on_error);
        assert!(spawner.wait_all(None));
        assert_eq!(errors.try_iter().count(), 3);
        assert!(body_dropped.try_recv().is_err_and(|error| error.to_string().contains("closed")));
    }

    #[test]
    fn name_with_nul_is_refused_with_a_sentence() {
        let spawner = Spawner::new().expect("one thread");
        let (sender, errors) = channel();
        let on_error: OnError = Box::new(move |error| {
            sender.send(error.to_string()).expect("the test listens");
            Answer::GiveUp
        });
        spawner.spawn_thread("a\0b".into(), None, Box::new(|| ()), on_error);
        assert!(spawner.wait_all(None));
        assert!(errors.recv().expect("reported").contains("NUL"));
    }

    #[test]
    fn drop_refuses_what_is_still_to_be_tried_again() {
        let spawner = Spawner::new().expect("one thread");
        let (sender, errors) = channel();
        let on_error: OnError = Box::new(move |error| {
            sender.send(error.to_string()).expect("the test listens");
            Answer::Retry
        });
        spawner.spawn_thread("impossible".into(), Some(1 << 60), Box::new(|| ()), on_error);
        assert!(errors.recv().is_ok());
        drop(spawner);
        assert!(errors.try_iter().last().expect("refused").contains("has ended"));
    }
}
