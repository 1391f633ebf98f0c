//! The futures that run a command to its end: with its output collected, or only its status.

use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::process::{ExitStatus, Output};
use std::task::{Context, Poll, ready};

use crate::caller::on_behalf_of;
use crate::ext::poll_append;
use crate::pipe::Receiver;
use crate::process::child::Child;
use crate::process::command::Spawn;
use crate::process::handle::Process;

/// What a child writes to one of its streams.
#[derive(Debug, Default)]
struct Collected {
    pipe: Option<Receiver>,
    bytes: Vec<u8>,
    ask: usize,
}

impl Collected {
    fn from(pipe: Option<Receiver>) -> Collected {
        Collected { pipe, ..Collected::default() }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(pipe) = &mut self.pipe {
            ready!(poll_append(Pin::new(pipe), cx, &mut self.bytes, &mut self.ask))?;
            self.pipe = None;
        }
        Poll::Ready(Ok(()))
    }
}

/// What `Child::wait_with_output` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct WaitWithOutput {
    child: Child,
    stdout: Collected,
    stderr: Collected,
    location: &'static Location<'static>,
}

impl WaitWithOutput {
    pub(crate) fn new(mut child: Child, location: &'static Location<'static>) -> Self {
        let stdout = Collected::from(child.stdout.take());
        let stderr = Collected::from(child.stderr.take());
        WaitWithOutput { child, stdout, stderr, location }
    }
}

impl Future for WaitWithOutput {
    type Output = io::Result<Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Output>> {
        let WaitWithOutput { child, stdout, stderr, location } = self.get_mut();
        // Both are polled before one may return: a child that fills the other's pipe must go on.
        let (out, err) = on_behalf_of(location, || (stdout.poll(cx), stderr.poll(cx)));
        ready!(out)?;
        ready!(err)?;
        let (status, _) = ready!(child.poll_end(cx, location, Process::try_reap))?;
        let stdout = std::mem::take(&mut stdout.bytes);
        let stderr = std::mem::take(&mut stderr.bytes);
        Poll::Ready(Ok(Output { status, stdout, stderr }))
    }
}

/// What `Command::output` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct RunOutput {
    step: Step,
    location: &'static Location<'static>,
}

#[derive(Debug)]
enum Step {
    Starting(Spawn),
    Running(Box<WaitWithOutput>),
}

impl RunOutput {
    #[track_caller]
    pub(crate) fn new(spawn: Spawn) -> RunOutput {
        RunOutput { step: Step::Starting(spawn), location: Location::caller() }
    }
}

impl Future for RunOutput {
    type Output = io::Result<Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<Output>> {
        loop {
            match &mut self.step {
                Step::Starting(spawn) => {
                    let child = ready!(Pin::new(spawn).poll(cx))?;
                    let running = WaitWithOutput::new(child, self.location);
                    self.step = Step::Running(Box::new(running));
                }
                Step::Running(running) => return Pin::new(running).poll(cx),
            }
        }
    }
}

/// What `Command::status` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct RunStatus(RunOutput);

impl RunStatus {
    #[track_caller]
    pub(crate) fn new(spawn: Spawn) -> RunStatus {
        RunStatus(RunOutput::new(spawn))
    }
}

impl Future for RunStatus {
    type Output = io::Result<ExitStatus>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        Poll::Ready(Ok(ready!(Pin::new(&mut self.0).poll(cx))?.status))
    }
}
