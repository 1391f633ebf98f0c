//! The output of one job, from its beginning until it leaves.

use std::cell::RefCell;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use cortado::io::AsyncRead;
use cortado::process::{ChildStderr, ChildStdout};
use rustix::io::Errno;

use super::super::input::Job;
use super::super::plan::Output as Mode;
use super::super::results::JobFiles;
use super::held::Held;
use super::parcel::Parcel;
use super::receipt::Written;
use super::tuning::{LINES_AHEAD, READS_PER_POLL};
use super::writer::Writer;
use super::{Channel, Output, OutputError};

/// Both streams, in the order in which they leave.
const CHANNELS: [Channel; 2] = [Channel::Out, Channel::Err];

/// What a job has written and has not left.
pub(super) struct Body {
    tag: Option<Rc<[u8]>>,
    streams: [Stream; 2],
    files: Option<JobFiles>,
}

/// What one stream of a job holds back.
struct Stream {
    held: Held,
    /// So many of the bytes are whole lines. Only counted where lines leave.
    whole_lines: u64,
}

impl Stream {
    /// Appends what was read, and notes where its last line ends.
    fn push(&mut self, bytes: &[u8], last_line_end: Option<usize>) -> Result<(), OutputError> {
        if let Some(end) = last_line_end {
            self.whole_lines = self.held.len() + end as u64;
        }
        self.held.push(bytes)
    }
}

impl Body {
    /// Nothing written yet.
    pub(super) fn new(job: &Job, output: &Output) -> Result<Body, OutputError> {
        let settings = &output.shared.settings;
        let stream = || Stream { held: Held::new(&output.shared.store), whole_lines: 0 };
        Ok(Body {
            tag: settings.tag.then(|| Rc::from(job.tag())),
            streams: [stream(), stream()],
            files: match &settings.results {
                Some(root) => Some(JobFiles::create(root, job)?),
                None => None,
            },
        })
    }

    /// Hands everything to the writer.
    pub(super) fn leave(&mut self, writer: &Rc<Writer>) {
        for channel in CHANNELS {
            let stream = &mut self.streams[channel as usize];
            let all = stream.held.len();
            stream.whole_lines = 0;
            let held = stream.held.split_front(all);
            writer.send(Parcel::new(channel, held, self.tag.clone()));
        }
    }

    /// Hands the whole lines to the writer.
    pub(super) fn leave_lines(&mut self, writer: &Rc<Writer>) {
        for channel in CHANNELS {
            let stream = &mut self.streams[channel as usize];
            if stream.whole_lines > 0 {
                let held = stream.held.split_front(stream.whole_lines);
                stream.whole_lines = 0;
                writer.send(Parcel::new(channel, held, self.tag.clone()));
            }
        }
    }
}

/// The output of one job, from `Output::begin` to `Output::finish`. Dropped, it throws away what
/// it holds, and the jobs behind it in order may leave.
pub(crate) struct Capture {
    output: Output,
    seq: u64,
    body: Rc<RefCell<Body>>,
    pipes: [Option<ChildStdout>; 2],
    received: u64,
    finished: bool,
}

impl Capture {
    pub(super) fn new(output: Output, seq: u64, body: Rc<RefCell<Body>>) -> Capture {
        Capture { output, seq, body, pipes: [None, None], received: 0, finished: false }
    }

    /// Takes the child's ends: `child.stdout.take()` and `child.stderr.take()`.
    pub(crate) fn attach(&mut self, stdout: Option<ChildStdout>, stderr: Option<ChildStderr>) {
        self.pipes = [stdout, stderr];
    }

    /// Reads until both pipes have ended. To be polled together with the wait for the child's end,
    /// since a child whose pipe is full does not end. A process that the job leaves behind keeps
    /// the pipes open, so this may go on when the child has ended: do not wait for it then, but
    /// call `sweep`. Not polled any more, it has lost nothing.
    ///
    /// # Errors
    /// Where output would be lost. The run cannot go on.
    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), OutputError>> {
        let polled = self.poll_pipes(cx);
        if let Poll::Ready(Err(error)) = &polled {
            self.output.shared.writer.fail(error);
        }
        polled
    }

    /// `poll_drain`, to be awaited alone.
    #[cfg(test)]
    pub(super) async fn drain(&mut self) -> Result<(), OutputError> {
        std::future::poll_fn(|cx| self.poll_drain(cx)).await
    }

    fn poll_pipes(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), OutputError>> {
        for _ in 0..READS_PER_POLL {
            let mut got_some = false;
            for channel in CHANNELS {
                got_some |= self.poll_pipe(channel, cx)?.is_ready();
            }
            if self.pipes.iter().all(Option::is_none) {
                return Poll::Ready(Ok(()));
            }
            if !got_some {
                return Poll::Pending;
            }
        }
        // Others get their turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads once from a pipe; pending also where there is none.
    fn poll_pipe(
        &mut self,
        channel: Channel,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), OutputError>> {
        let leaves_at_once = self.leaves_at_once();
        let Some(pipe) = &mut self.pipes[channel as usize] else { return Poll::Pending };
        let shared = self.output.shared.clone();
        if leaves_at_once {
            ready!(shared.writer.poll_room(cx, LINES_AHEAD))?;
        }
        let mut scratch = shared.scratch.borrow_mut();
        let read = ready!(Pin::new(pipe).poll_read(cx, &mut scratch))
            .map_err(|error| OutputError::Read(channel, Arc::new(error)))?;
        match read {
            0 => self.pipes[channel as usize] = None,
            _ => self.accept(channel, &scratch[..read])?,
        }
        Poll::Ready(Ok(()))
    }

    /// To be called once the child has exited: takes what is in the pipes and closes them, without
    /// waiting. A process that the job left behind is not waited for, as with GNU parallel; it
    /// finds its output closed.
    ///
    /// # Errors
    /// As `poll_drain`.
    pub(crate) fn sweep(&mut self) -> Result<(), OutputError> {
        let swept = CHANNELS.into_iter().try_for_each(|channel| self.sweep_pipe(channel));
        if let Err(error) = &swept {
            self.output.shared.writer.fail(error);
        }
        swept
    }

    fn sweep_pipe(&mut self, channel: Channel) -> Result<(), OutputError> {
        let Some(pipe) = self.pipes[channel as usize].take() else { return Ok(()) };
        self.take(channel, read_waiting(pipe.as_fd()))
    }

    /// Takes what somebody else has read for it, where that could be read.
    ///
    /// # Errors
    /// As `poll_drain`.
    pub(crate) fn take(
        &mut self,
        channel: Channel,
        read: Result<Vec<u8>, Errno>,
    ) -> Result<(), OutputError> {
        let bytes = read.map_err(|error| OutputError::Read(channel, Arc::new(error.into())))?;
        if bytes.is_empty() { Ok(()) } else { self.accept(channel, &bytes) }
    }

    /// The job is tried again: what it has written so far is thrown away, except for lines that
    /// have left already.
    ///
    /// # Errors
    /// Where the files of `--results` cannot be emptied. The run cannot go on.
    pub(crate) fn restart(&mut self) -> Result<(), OutputError> {
        self.pipes = [None, None];
        self.received = 0;
        let mut body = self.body.borrow_mut();
        for stream in &mut body.streams {
            *stream = Stream { held: Held::new(&self.output.shared.store), whole_lines: 0 };
        }
        match &mut body.files {
            Some(files) => files.empty(),
            None => Ok(()),
        }
    }

    /// How many bytes the job has written, in this attempt.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Whether whole lines of this job leave as they come.
    fn leaves_at_once(&self) -> bool {
        self.output.shared.settings.mode == Mode::Lines && self.output.shared.is_first(self.seq)
    }

    /// Takes what was read.
    pub(super) fn accept(&mut self, channel: Channel, bytes: &[u8]) -> Result<(), OutputError> {
        self.received += bytes.len() as u64;
        let body = &mut *self.body.borrow_mut();
        if let Some(files) = &mut body.files {
            files.write(channel, bytes)?;
        }
        let stream = &mut body.streams[channel as usize];
        if self.output.shared.settings.mode != Mode::Lines {
            return stream.push(bytes, None);
        }
        let line_end = bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        stream.push(bytes, line_end)?;
        if line_end.is_some() && self.leaves_at_once() {
            body.leave_lines(&self.output.shared.writer);
        }
        Ok(())
    }

    /// The end of the job; see `Output::finish`.
    pub(super) fn finish(mut self) -> Written {
        self.finished = true;
        self.pipes = [None, None];
        self.body.borrow_mut().files = None;
        self.output.shared.finish(self.seq, &self.body)
    }
}

/// Reads what is in a pipe, and no more than is there now: what a job left behind may write without
/// end. It does not wait, in whichever mode the pipe is, unless others read from it, too.
pub(crate) fn read_waiting(pipe: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    let waiting = usize::try_from(rustix::io::ioctl_fionread(pipe)?).unwrap_or(usize::MAX);
    let mut bytes = vec![0; waiting];
    let mut filled = 0;
    while filled < waiting {
        match rustix::io::read(pipe, &mut bytes[filled..]) {
            Ok(0) | Err(Errno::AGAIN) => break,
            Ok(read) => filled += read,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

impl Drop for Capture {
    fn drop(&mut self) {
        if !self.finished {
            self.output.shared.give_up(self.seq);
        }
    }
}
