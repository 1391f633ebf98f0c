//! Signals from the operating system, as something that tasks await.
//!
//! Each `Signal` has a pipe of its own: the handler writes a byte for each arrival, the reactor
//! reports the pipe. So every listener of every runtime in the process hears of every arrival. The
//! kernel keeps one pending signal of a kind at most (signal(7)), so several that arrive before
//! the handler ran count as one.
//!
//! Once a kind was listened for, its default effect does not come back, also when the listener is
//! dropped: a program that has handled Ctrl-C once is no longer ended by it.

use std::fmt;
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_core::io::{AsyncFd, Direction, Interest};
use cortado_probe::Wait;
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use signal_hook::SigId;
use signal_hook::consts;

/// Which signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignalKind(i32);

impl SignalKind {
    /// The signal with this number.
    pub const fn from_raw(number: i32) -> SignalKind {
        SignalKind(number)
    }

    /// Its number.
    pub const fn as_raw_value(self) -> i32 {
        self.0
    }

    /// `SIGHUP`: the terminal is gone.
    pub const fn hangup() -> SignalKind {
        SignalKind(consts::SIGHUP)
    }

    /// `SIGINT`: Ctrl-C.
    pub const fn interrupt() -> SignalKind {
        SignalKind(consts::SIGINT)
    }

    /// `SIGQUIT`: Ctrl-\.
    pub const fn quit() -> SignalKind {
        SignalKind(consts::SIGQUIT)
    }

    /// `SIGTERM`: a polite request to end.
    pub const fn terminate() -> SignalKind {
        SignalKind(consts::SIGTERM)
    }

    /// `SIGKILL`: the end. It can be sent and not listened for.
    pub const fn kill() -> SignalKind {
        SignalKind(consts::SIGKILL)
    }

    /// `SIGSTOP`: a stop. It can be sent and not listened for.
    pub const fn stop() -> SignalKind {
        SignalKind(consts::SIGSTOP)
    }

    /// `SIGTSTP`: Ctrl-Z.
    pub const fn terminal_stop() -> SignalKind {
        SignalKind(consts::SIGTSTP)
    }

    /// `SIGCONT`: goes on after a stop.
    pub const fn continued() -> SignalKind {
        SignalKind(consts::SIGCONT)
    }

    /// `SIGCHLD`: a child has changed its state.
    pub const fn child() -> SignalKind {
        SignalKind(consts::SIGCHLD)
    }

    /// `SIGALRM`: a timer of the kernel.
    pub const fn alarm() -> SignalKind {
        SignalKind(consts::SIGALRM)
    }

    /// `SIGPIPE`: a write that nobody reads.
    pub const fn pipe() -> SignalKind {
        SignalKind(consts::SIGPIPE)
    }

    /// `SIGUSR1`: for the program's own use.
    pub const fn user_defined1() -> SignalKind {
        SignalKind(consts::SIGUSR1)
    }

    /// `SIGUSR2`: for the program's own use.
    pub const fn user_defined2() -> SignalKind {
        SignalKind(consts::SIGUSR2)
    }

    /// `SIGIO`: a descriptor is ready, for who asked to be told so.
    pub const fn io() -> SignalKind {
        SignalKind(consts::SIGIO)
    }

    /// `SIGWINCH`: the terminal has another size.
    pub const fn window_change() -> SignalKind {
        SignalKind(consts::SIGWINCH)
    }
}

/// Listens for a signal, from this call on.
///
/// # Errors
/// `InvalidInput` for a signal that cannot be listened for; else where this process has too many
/// open files.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub fn signal(kind: SignalKind) -> io::Result<Signal> {
    if consts::FORBIDDEN.contains(&kind.0) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("signal {} cannot be listened for: the system handles it itself", kind.0),
        ));
    }
    let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let arrivals = AsyncFd::with_interest(read, Interest::READABLE)?;
    let registered = signal_hook::low_level::pipe::register(kind.0, write)?;
    Ok(Signal { arrivals, registered, kind })
}

/// A listener for one kind of signal.
pub struct Signal {
    arrivals: AsyncFd<OwnedFd>,
    registered: SigId,
    kind: SignalKind,
}

impl Signal {
    /// Waits for the next arrival, or takes one that came since the last call. Cancel safe.
    #[track_caller]
    pub fn recv(&mut self) -> Recv<'_> {
        Recv { signal: self, location: Location::caller() }
    }

    /// `recv` as a poll function, which wakes the task that called last.
    ///
    /// # Errors
    /// Those of read(2), which are not expected.
    #[track_caller]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_recv_for(cx, crate::caller::current())
    }

    fn poll_recv_for(
        &self,
        cx: &mut Context<'_>,
        location: &'static Location<'static>,
    ) -> Poll<io::Result<()>> {
        loop {
            let read = Direction::Read;
            let event = ready!(self.arrivals.poll_ready_for(read, cx, Wait::Signal, location));
            match rustix::io::read(&self.arrivals, &mut [0u8; 1]) {
                Ok(_) => return Poll::Ready(Ok(())),
                Err(Errno::AGAIN) => self.arrivals.clear_ready(event),
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        signal_hook::low_level::unregister(self.registered);
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signal").field(&self.kind).finish()
    }
}

/// What `Signal::recv` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Recv<'a> {
    signal: &'a mut Signal,
    location: &'static Location<'static>,
}

impl Future for Recv<'_> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.signal.poll_recv_for(cx, self.location)
    }
}

/// Waits for Ctrl-C, listening from this call on.
///
/// Presses between two such futures are lost: to count them, keep one
/// `signal(SignalKind::interrupt())`. Dropped, it takes no press from any other listener.
///
/// # Panics
/// Outside of a runtime.
#[track_caller]
pub fn ctrl_c() -> CtrlC {
    CtrlC { signal: signal(SignalKind::interrupt()), location: Location::caller() }
}

/// What `ctrl_c` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct CtrlC {
    signal: io::Result<Signal>,
    location: &'static Location<'static>,
}

impl Future for CtrlC {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.signal {
            Ok(signal) => signal.poll_recv_for(cx, self.location),
            // The error stays, for who asks again; it is the system's, with a number.
            Err(error) => Poll::Ready(Err(match error.raw_os_error() {
                Some(number) => io::Error::from_raw_os_error(number),
                None => error.kind().into(),
            })),
        }
    }
}
