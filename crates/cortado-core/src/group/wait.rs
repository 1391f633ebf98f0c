//! The futures by which a group is waited for. Each takes a result only in the poll that returns
//! it, or keeps what it has taken until it is done.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::{Location, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cortado_probe::TaskId;

use super::TaskGroup;
use crate::task::JoinError;

/// The future of [`TaskGroup::next`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct GroupNext<'a, T> {
    group: &'a mut TaskGroup<T>,
    location: &'static Location<'static>,
}

impl<'a, T> GroupNext<'a, T> {
    pub(super) fn new(
        group: &'a mut TaskGroup<T>,
        location: &'static Location<'static>,
    ) -> GroupNext<'a, T> {
        GroupNext { group, location }
    }
}

impl<T> Future for GroupNext<'_, T> {
    type Output = Option<Result<T, JoinError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let location = self.location;
        let polled = self.group.poll_and_tell(cx, location);
        polled.map(|ended| ended.map(|(_, result)| result))
    }
}

/// The future of [`TaskGroup::next_with_id`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct GroupNextWithId<'a, T> {
    group: &'a mut TaskGroup<T>,
    location: &'static Location<'static>,
}

impl<'a, T> GroupNextWithId<'a, T> {
    pub(super) fn new(
        group: &'a mut TaskGroup<T>,
        location: &'static Location<'static>,
    ) -> GroupNextWithId<'a, T> {
        GroupNextWithId { group, location }
    }
}

impl<T> Future for GroupNextWithId<'_, T> {
    type Output = Option<(TaskId, Result<T, JoinError>)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let location = self.location;
        self.group.poll_and_tell(cx, location)
    }
}

/// The future of [`TaskGroup::shutdown`].
#[derive(Debug)]
#[must_use = "the tasks are cancelled already; await this to wait for their ends"]
pub struct Shutdown<'a, T> {
    group: &'a mut TaskGroup<T>,
    location: &'static Location<'static>,
}

impl<'a, T> Shutdown<'a, T> {
    pub(super) fn new(
        group: &'a mut TaskGroup<T>,
        location: &'static Location<'static>,
    ) -> Shutdown<'a, T> {
        Shutdown { group, location }
    }
}

impl<T> Future for Shutdown<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let location = self.location;
        while ready!(self.group.poll_and_tell(cx, location)).is_some() {}
        Poll::Ready(())
    }
}

/// The future of [`TaskGroup::join_all`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited; dropping this one cancels the tasks"]
pub struct JoinAll<T> {
    group: TaskGroup<T>,
    outputs: Vec<T>,
    location: &'static Location<'static>,
}

// The outputs are only kept here, never pinned.
impl<T> Unpin for JoinAll<T> {}

impl<T> JoinAll<T> {
    pub(super) fn new(group: TaskGroup<T>, location: &'static Location<'static>) -> JoinAll<T> {
        JoinAll { outputs: Vec::with_capacity(group.len()), group, location }
    }
}

impl<T> Future for JoinAll<T> {
    type Output = Vec<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<T>> {
        let this = self.get_mut();
        while let Some((_, result)) = ready!(this.group.poll_and_tell(cx, this.location)) {
            match result.map_err(JoinError::try_into_panic) {
                Ok(output) => this.outputs.push(output),
                Err(failed) => {
                    this.group.abort_all();
                    match failed {
                        Ok(panic) => resume_unwind(panic),
                        Err(cancelled) => panic!("`join_all` of a group whose {cancelled}"),
                    }
                }
            }
        }
        Poll::Ready(std::mem::take(&mut this.outputs))
    }
}

/// Why a task of a group has no value: it returned an error, or it did not return.
#[derive(Debug)]
pub enum GroupError<E> {
    /// The task returned this error.
    Failed(E),
    /// The task panicked, or was aborted.
    Join(JoinError),
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GroupError::Failed(error) => write!(f, "a task of the group failed: {error}"),
            GroupError::Join(error) => write!(f, "a task of the group did not return: {error}"),
        }
    }
}

impl<E: Error + 'static> Error for GroupError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            GroupError::Failed(error) => Some(error),
            GroupError::Join(error) => Some(error),
        }
    }
}

fn flatten<T, E>(result: Result<Result<T, E>, JoinError>) -> Result<T, GroupError<E>> {
    match result {
        Ok(returned) => returned.map_err(GroupError::Failed),
        Err(error) => Err(GroupError::Join(error)),
    }
}

/// The future of [`TaskGroup::try_next`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct TryNext<'a, T, E> {
    group: &'a mut TaskGroup<Result<T, E>>,
    location: &'static Location<'static>,
}

impl<'a, T, E> TryNext<'a, T, E> {
    pub(super) fn new(
        group: &'a mut TaskGroup<Result<T, E>>,
        location: &'static Location<'static>,
    ) -> TryNext<'a, T, E> {
        TryNext { group, location }
    }
}

impl<T, E> Future for TryNext<'_, T, E> {
    type Output = Result<Option<T>, GroupError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let location = self.location;
        let Some((_, result)) = ready!(self.group.poll_and_tell(cx, location)) else {
            return Poll::Ready(Ok(None));
        };
        let result = flatten(result);
        if result.is_err() {
            self.group.abort_all();
        }
        Poll::Ready(result.map(Some))
    }
}

/// The future of [`TaskGroup::try_join_all`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited; dropping this one cancels the tasks"]
pub struct TryJoinAll<T, E> {
    group: TaskGroup<Result<T, E>>,
    outputs: Vec<T>,
    failed: Option<GroupError<E>>,
    location: &'static Location<'static>,
}

// Outputs and errors are only kept here, never pinned.
impl<T, E> Unpin for TryJoinAll<T, E> {}

impl<T, E> TryJoinAll<T, E> {
    pub(super) fn new(
        group: TaskGroup<Result<T, E>>,
        location: &'static Location<'static>,
    ) -> TryJoinAll<T, E> {
        TryJoinAll { outputs: Vec::with_capacity(group.len()), group, failed: None, location }
    }

    fn note(&mut self, result: Result<T, GroupError<E>>) {
        match result {
            Ok(output) => self.outputs.push(output),
            // The rest are cancelled; what they say after that is not the reason.
            Err(_) if self.failed.is_some() => {}
            Err(error) => {
                self.failed = Some(error);
                self.group.abort_all();
            }
        }
    }
}

impl<T, E> Future for TryJoinAll<T, E> {
    type Output = Result<Vec<T>, GroupError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        while let Some((_, result)) = ready!(this.group.poll_and_tell(cx, this.location)) {
            this.note(flatten(result));
        }
        Poll::Ready(match this.failed.take() {
            Some(error) => Err(error),
            None => Ok(std::mem::take(&mut this.outputs)),
        })
    }
}
