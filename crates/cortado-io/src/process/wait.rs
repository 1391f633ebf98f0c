//! The futures that wait for one child's end.

use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::process::ExitStatus;
use std::task::{Context, Poll, ready};

use crate::process::ResourceUsage;
use crate::process::child::Child;
use crate::process::handle::Process;

/// What `Child::wait_exited` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct WaitExited<'a> {
    child: &'a mut Child,
    location: &'static Location<'static>,
}

impl<'a> WaitExited<'a> {
    pub(crate) fn new(child: &'a mut Child, location: &'static Location<'static>) -> Self {
        WaitExited { child, location }
    }
}

impl Future for WaitExited<'_> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let look = |process: &Process| Ok(process.has_exited()?.then_some(()));
        self.child.poll_end(cx, self.location, look)
    }
}

/// What `Child::wait_with_usage` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct WaitWithUsage<'a> {
    child: &'a mut Child,
    location: &'static Location<'static>,
}

impl<'a> WaitWithUsage<'a> {
    pub(crate) fn new(child: &'a mut Child, location: &'static Location<'static>) -> Self {
        WaitWithUsage { child, location }
    }
}

impl Future for WaitWithUsage<'_> {
    type Output = io::Result<(ExitStatus, ResourceUsage)>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.child.poll_end(cx, self.location, Process::try_reap)
    }
}

/// What `Child::wait` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Wait<'a>(WaitWithUsage<'a>);

impl<'a> Wait<'a> {
    pub(crate) fn new(wait: WaitWithUsage<'a>) -> Self {
        Wait(wait)
    }
}

impl Future for Wait<'_> {
    type Output = io::Result<ExitStatus>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        let (status, _) = ready!(Pin::new(&mut self.0).poll(cx))?;
        Poll::Ready(Ok(status))
    }
}

/// What `Child::kill` returns.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Kill<'a> {
    sent: io::Result<()>,
    wait: Wait<'a>,
}

impl<'a> Kill<'a> {
    pub(crate) fn new(sent: io::Result<()>, wait: Wait<'a>) -> Self {
        Kill { sent, wait }
    }
}

impl Future for Kill<'_> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.sent.is_err() {
            return Poll::Ready(std::mem::replace(&mut self.sent, Ok(())));
        }
        ready!(Pin::new(&mut self.wait).poll(cx))?;
        Poll::Ready(Ok(()))
    }
}
