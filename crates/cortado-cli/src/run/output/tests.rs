//! What leaves, where and in which order, with real children.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use cortado::Runtime;
use cortado::io::AsyncWrite;
use cortado::process::Command;

use super::tuning::{FINISHED_AHEAD, HELD_IN_ALL};
use super::*;

/// A stream that a test looks into: it can be held shut, and it can fail.
#[derive(Clone, Default)]
struct Tap(Rc<RefCell<TapState>>);

#[derive(Default)]
struct TapState {
    bytes: Vec<u8>,
    shut: bool,
    error: Option<io::ErrorKind>,
    waker: Option<Waker>,
}

impl Tap {
    fn shut(&self) {
        self.0.borrow_mut().shut = true;
    }

    fn open(&self) {
        let mut state = self.0.borrow_mut();
        state.shut = false;
        state.waker.take().into_iter().for_each(Waker::wake);
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow().bytes).into_owned()
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.borrow_mut();
        if let Some(error) = state.error {
            return Poll::Ready(Err(error.into()));
        }
        if state.shut {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.bytes.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// An output with both ends in the hand.
struct Bench {
    output: Output,
    out: Tap,
    err: Tap,
}

const GROUP: OutputSettings =
    OutputSettings { mode: Mode::Group, keep_order: false, tag: false, results: None };

fn bench(settings: OutputSettings) -> Bench {
    let (out, err) = (Tap::default(), Tap::default());
    let sinks = Sinks::of(Box::new(out.clone()), Box::new(err.clone()));
    let output = Output::to(settings, sinks, Rc::new(Progress::none()));
    Bench { output, out, err }
}

fn run<F: Future>(future: F) -> F::Output {
    Runtime::single().expect("a runtime").block_on(future)
}

fn job(seq: u64) -> Job {
    Job { seq, inputs: vec![format!("in{seq}").into()], stdin: None }
}

impl Bench {
    /// Begins a job and starts a shell line for it; the child's end is not waited for.
    async fn start(&self, seq: u64, line: &str) -> Capture {
        let mut capture = self.output.begin(&job(seq)).unwrap();
        attach(&mut capture, line).await;
        capture
    }

    /// Carries out a job whose output may leave.
    async fn carry_out(&self, seq: u64, line: &str) -> Written {
        let mut capture = self.start(seq, line).await;
        capture.drain().await.unwrap();
        self.output.finish(capture)
    }

    fn held(&self) -> (usize, u64) {
        self.output.shared.store.held()
    }
}

async fn attach(capture: &mut Capture, line: &str) {
    let (stdout, stderr) = (Stdio::piped(), Stdio::piped());
    let mut command = Command::new("sh");
    let mut child =
        command.arg("-c").arg(line).stdout(stdout).stderr(stderr).spawn().await.unwrap();
    capture.attach(child.stdout.take(), child.stderr.take());
}

/// Lets other tasks run until nothing more happens.
async fn settle() {
    for _ in 0..20 {
        cortado::yield_now().await;
    }
}

#[test]
fn a_group_leaves_as_a_whole_and_each_stream_to_its_own() {
    run(async {
        let bench = bench(GROUP);
        let mut first = bench.start(1, "echo a; echo e >&2; printf b").await;
        let mut second = bench.start(2, "echo c").await;
        first.drain().await.unwrap();
        second.drain().await.unwrap();
        settle().await;
        assert_eq!(bench.out.text(), "");
        bench.output.finish(second).await.unwrap();
        bench.output.finish(first).await.unwrap();
        assert_eq!((bench.out.text().as_str(), bench.err.text().as_str()), ("c\na\nb", "e\n"));
        assert_eq!(bench.held(), (0, 0));
    });
}

#[test]
fn order_is_kept_and_the_log_waits_for_it() {
    run(async {
        let bench = bench(OutputSettings { keep_order: true, ..GROUP });
        let first = bench.start(1, "echo 1").await;
        let mut second = bench.carry_out(2, "echo 2").await;
        let skipped = bench.start(5, "echo lost").await;
        let third = bench.carry_out(7, "echo 7").await;
        settle().await;
        assert_eq!(bench.out.text(), "");
        let poll = std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut second).poll(cx)));
        assert!(poll.await.is_pending());
        let mut first = first;
        first.drain().await.unwrap();
        bench.output.finish(first).await.unwrap();
        second.await.unwrap();
        assert_eq!(bench.out.text(), "1\n2\n");
        drop(skipped);
        third.await.unwrap();
        assert_eq!(bench.out.text(), "1\n2\n7\n");
    });
}

#[test]
fn tags_stand_before_each_line() {
    run(async {
        let bench = bench(OutputSettings { tag: true, ..GROUP });
        bench.carry_out(1, r"printf 'a\n\nb'; echo e >&2").await.await.unwrap();
        assert_eq!(bench.out.text(), "in1\ta\nin1\t\nin1\tb");
        assert_eq!(bench.err.text(), "in1\te\n");
    });
}

#[test]
fn lines_leave_whole_while_the_job_runs() {
    run(async {
        let bench = bench(OutputSettings { mode: Mode::Lines, ..GROUP });
        let mut first = bench.start(1, "").await;
        let mut second = bench.start(2, "").await;
        first.accept(Channel::Out, b"one\ntw").unwrap();
        second.accept(Channel::Out, b"zwe").unwrap();
        settle().await;
        assert_eq!(bench.out.text(), "one\n");
        second.accept(Channel::Out, b"i\n").unwrap();
        first.accept(Channel::Out, b"o\nrest").unwrap();
        settle().await;
        assert_eq!(bench.out.text(), "one\nzwei\ntwo\n");
        bench.output.finish(first).await.unwrap();
        bench.output.finish(second).await.unwrap();
        assert_eq!(bench.out.text(), "one\nzwei\ntwo\nrest");
    });
}

#[test]
fn in_order_the_first_unfinished_job_writes_its_lines() {
    run(async {
        let bench = bench(OutputSettings { mode: Mode::Lines, keep_order: true, ..GROUP });
        let mut first = bench.start(1, "").await;
        let mut second = bench.start(2, "").await;
        first.accept(Channel::Out, b"1a\n").unwrap();
        second.accept(Channel::Out, b"2a\n2").unwrap();
        first.accept(Channel::Out, b"1b\n").unwrap();
        settle().await;
        assert_eq!(bench.out.text(), "1a\n1b\n");
        bench.output.finish(first).await.unwrap();
        settle().await;
        assert_eq!(bench.out.text(), "1a\n1b\n2a\n");
        second.accept(Channel::Out, b"b\n").unwrap();
        bench.output.finish(second).await.unwrap();
        assert_eq!(bench.out.text(), "1a\n1b\n2a\n2b\n");
    });
}

#[test]
fn much_output_is_held_back_in_the_file_and_leaves_unchanged() {
    run(async {
        let bench = bench(GROUP);
        let mut capture = bench.start(1, "seq 1 1000000").await;
        let mut most = 0;
        let pump = std::future::poll_fn(|cx| {
            let polled = capture.poll_drain(cx);
            most = most.max(bench.held().0);
            polled
        });
        pump.await.unwrap();
        assert!(bench.held().1 > 6_000_000, "{:?}", bench.held());
        assert!(most < 200_000, "{most} bytes in memory");
        bench.output.finish(capture).await.unwrap();
        let expected: String = (1..=1_000_000).map(|number| format!("{number}\n")).collect();
        assert!(bench.out.text() == expected);
        assert_eq!(bench.held(), (0, 0));
    });
}

#[test]
fn what_waits_for_the_first_job_is_bounded_in_memory() {
    run(async {
        let bench = bench(OutputSettings { keep_order: true, ..GROUP });
        let first = bench.output.begin(&job(1)).unwrap();
        let bytes = vec![b'x'; 100_000];
        for seq in 2..=300 {
            let mut capture = bench.output.begin(&job(seq)).unwrap();
            capture.accept(Channel::Out, &bytes).unwrap();
            drop(bench.output.finish(capture));
        }
        let (in_memory, in_file) = bench.held();
        assert!(in_memory <= HELD_IN_ALL && in_file > 20_000_000, "{in_memory} {in_file}");
        bench.output.finish(first).await.unwrap();
        bench.output.flush().await.unwrap();
        assert_eq!(bench.out.text().len(), 299 * 100_000);
        assert_eq!(bench.held(), (0, 0));
    });
}

/// Whether a future is ready at once.
async fn is_ready<T>(future: impl Future<Output = T>) -> bool {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}

#[test]
fn a_slow_reader_holds_the_run_back() {
    run(async {
        let bench = bench(OutputSettings { mode: Mode::Lines, ..GROUP });
        bench.out.shut();
        let mut capture = bench.start(1, "yes | head -c 20000000").await;
        for _ in 0..1000 {
            assert!(!is_ready(capture.drain()).await);
            cortado::yield_now().await;
        }
        let (in_memory, in_file) = bench.held();
        assert!(in_memory < 2_000_000 && in_file == 0, "{in_memory} {in_file}");
        bench.out.open();
        capture.drain().await.unwrap();
        bench.output.finish(capture).await.unwrap();
        assert_eq!(bench.out.text().len(), 20_000_000);
    });
}

#[test]
fn nothing_is_begun_while_much_waits() {
    run(async {
        let bench = bench(GROUP);
        bench.out.shut();
        assert!(is_ready(bench.output.room()).await);
        let written = bench.carry_out(1, "head -c 20000000 /dev/zero").await;
        assert!(!is_ready(bench.output.room()).await);
        bench.out.open();
        bench.output.room().await.unwrap();
        written.await.unwrap();
    });
}

#[test]
fn nothing_is_begun_while_too_many_wait_for_the_first() {
    run(async {
        let bench = bench(OutputSettings { keep_order: true, ..GROUP });
        let first = bench.output.begin(&job(1)).unwrap();
        for seq in 2..=FINISHED_AHEAD as u64 {
            let capture = bench.output.begin(&job(seq)).unwrap();
            drop(bench.output.finish(capture));
        }
        let output = bench.output.clone();
        let waits = cortado::spawn_local(async move { output.room().await });
        settle().await;
        assert!(!waits.is_finished());
        bench.output.finish(first).await.unwrap();
        waits.await.unwrap().unwrap();
    });
}

#[test]
fn a_reader_that_went_away_is_told_to_everyone() {
    run(async {
        let bench = bench(OutputSettings { keep_order: true, ..GROUP });
        bench.out.0.borrow_mut().error = Some(io::ErrorKind::BrokenPipe);
        let first = bench.start(1, "echo 1").await;
        let second = bench.carry_out(2, "echo 2").await;
        let mut first = first;
        first.drain().await.unwrap();
        let error = bench.output.finish(first).await.unwrap_err();
        assert!(matches!(error, OutputError::BrokenPipe(Channel::Out)), "{error}");
        assert_eq!(error.exit_status(), 141);
        assert!(second.await.is_err());
        assert!(bench.output.room().await.is_err());
        assert!(bench.output.flush().await.is_err());
        assert_eq!(bench.held(), (0, 0));
    });
}

#[test]
fn a_full_disk_is_told() {
    run(async {
        let bench = bench(GROUP);
        bench.err.0.borrow_mut().error = Some(io::ErrorKind::StorageFull);
        let written = bench.carry_out(1, "echo a; echo b >&2").await;
        let error = written.await.unwrap_err();
        assert_eq!(error.to_string(), "standard error cannot be written: no storage space");
        assert_eq!(error.exit_status(), 255);
    });
}

#[test]
fn an_attempt_that_failed_leaves_nothing() {
    run(async {
        let root = tempfile::tempdir().unwrap();
        let results = Some(root.path().to_owned());
        let bench = bench(OutputSettings { results, ..GROUP });
        let mut capture = bench.start(1, "echo lost").await;
        capture.drain().await.unwrap();
        capture.restart().unwrap();
        attach(&mut capture, "echo found").await;
        capture.drain().await.unwrap();
        bench.output.finish(capture).await.unwrap();
        assert_eq!(bench.out.text(), "found\n");
        assert_eq!(std::fs::read(root.path().join("1/in1/stdout")).unwrap(), b"found\n");
    });
}

#[test]
fn a_process_left_behind_is_not_waited_for() {
    run(async {
        let bench = bench(GROUP);
        let mut capture = bench.output.begin(&job(1)).unwrap();
        let (stdout, stderr) = (Stdio::piped(), Stdio::piped());
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 20 & echo $!"]).stdout(stdout).stderr(stderr);
        let mut child = command.spawn().await.unwrap();
        capture.attach(child.stdout.take(), child.stderr.take());
        child.wait().await.unwrap();
        capture.sweep().unwrap();
        bench.output.finish(capture).await.unwrap();
        let left_behind = bench.out.text();
        assert!(left_behind.trim().parse::<u32>().is_ok(), "{left_behind}");
        let mut kill = Command::new("kill");
        assert!(kill.arg(left_behind.trim()).status().await.unwrap().success());
    });
}

#[test]
fn a_run_can_end_though_nobody_reads() {
    run(async {
        let bench = bench(GROUP);
        bench.out.shut();
        let written = bench.carry_out(1, "echo a").await;
        settle().await;
        bench.output.abandon();
        assert!(matches!(written.await, Err(OutputError::Abandoned)));
        assert!(matches!(bench.output.flush().await, Err(OutputError::Abandoned)));
        assert_eq!(bench.held(), (0, 0));
    });
}
