//! What the reactor promises, on real pipes and sockets. Each test has a poller of its own and
//! takes the turns itself, so nothing here depends on the scheduler or on time.

use std::future::Future;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use super::{AsyncFd, Direction, Events, Interest, Reactor};
use crate::poller::{Poller, Wait};
use crate::seam::SystemClock;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Count {
    fn new() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        (count.clone(), Waker::from(count))
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn poller() -> Arc<Poller> {
    Arc::new(Poller::new(Arc::new(SystemClock), true).unwrap())
}

/// Registers for both directions.
fn register<T: AsFd>(poller: &Arc<Poller>, io: T) -> AsyncFd<T> {
    let both = Interest::READABLE | Interest::WRITABLE;
    AsyncFd::on(poller.clone(), io, both).map_err(io::Error::from).unwrap()
}

/// Takes one turn and wakes what became ready; how many that were.
fn turn(poller: &Poller, wait: Wait) -> usize {
    let mut ready = Vec::new();
    assert!(poller.turn(wait, &mut ready, || true));
    let woken = ready.len();
    ready.into_iter().for_each(Waker::wake);
    woken
}

fn run<F: Future>(poller: &Poller, future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        let (count, waker) = Count::new();
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => {
                while count.get() == 0 {
                    turn(poller, Wait::Unlimited);
                }
            }
        }
    }
}

fn poll_once<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

fn pair() -> (UnixStream, UnixStream) {
    let (left, right) = UnixStream::pair().unwrap();
    left.set_nonblocking(true).unwrap();
    right.set_nonblocking(true).unwrap();
    (left, right)
}

fn read_some(stream: &AsyncFd<UnixStream>) -> impl Future<Output = io::Result<usize>> {
    stream.async_io(Direction::Read, |mut stream| stream.read(&mut [0u8; 16]))
}

#[test]
fn a_read_waits_for_the_other_side() {
    let poller = poller();
    let (left, mut right) = pair();
    let left = register(&poller, left);
    let writer = thread::spawn(move || right.write_all(b"hello").map(|()| right));
    assert_eq!(run(&poller, read_some(&left)).unwrap(), 5);
    drop(writer.join().unwrap().unwrap());
    assert_eq!(run(&poller, read_some(&left)).unwrap(), 0);
    // The read above may have come before the report of the end, which is there by now.
    turn(&poller, Wait::Not);
    assert!(run(&poller, left.readable()).is_read_closed());
}

#[test]
fn an_edge_comes_once_and_clearing_waits_for_the_next() {
    let poller = poller();
    let (left, mut right) = pair();
    let left = AsyncFd::on(poller.clone(), left, Interest::READABLE).unwrap();
    right.write_all(b"12").unwrap();
    let first = run(&poller, left.readable());
    // Nothing was read, yet the poller says nothing more by itself.
    left.clear_ready(first);
    let (count, waker) = Count::new();
    let mut readable = left.readable();
    assert!(poll_once(&mut readable, &waker).is_pending());
    assert_eq!(turn(&poller, Wait::Not), 0);
    right.write_all(b"3").unwrap();
    assert_eq!(turn(&poller, Wait::Unlimited), 1);
    assert_eq!(count.get(), 1);
    assert!(poll_once(&mut readable, &waker).is_ready());
}

#[test]
fn try_io_does_not_call_before_the_descriptor_is_ready() {
    let poller = poller();
    let (left, mut right) = pair();
    let left = register(&poller, left);
    let never = left.try_io(Direction::Read, |_| -> io::Result<()> { unreachable!() });
    assert_eq!(never.unwrap_err().kind(), ErrorKind::WouldBlock);
    right.write_all(b"12").unwrap();
    run(&poller, left.readable());
    let mut buffer = [0; 2];
    assert_eq!(left.try_io(Direction::Read, |mut io| io.read(&mut buffer)).unwrap(), 2);
    let drained = left.try_io(Direction::Read, |mut io| io.read(&mut buffer)).unwrap_err();
    assert_eq!(drained.kind(), ErrorKind::WouldBlock);
    let (_, waker) = Count::new();
    assert!(left.poll_readable(&mut Context::from_waker(&waker)).is_pending());
}

#[test]
fn every_one_of_several_waiters_is_woken() {
    let poller = poller();
    let (left, mut right) = pair();
    let left = register(&poller, left);
    turn(&poller, Wait::Unlimited);
    let (count, waker) = Count::new();
    let mut waiting: Vec<_> = (0..5).map(|_| left.readable()).collect();
    for readable in &mut waiting {
        assert!(poll_once(readable, &waker).is_pending());
    }
    assert!(left.poll_readable(&mut Context::from_waker(&waker)).is_pending());
    drop(waiting.remove(0));
    drop(waiting.remove(2));
    right.write_all(b"1").unwrap();
    turn(&poller, Wait::Unlimited);
    assert_eq!(count.get(), 4);
}

#[test]
fn a_pipe_whose_reader_is_gone_ends_the_wait_to_write() {
    let poller = poller();
    let (reader, writer) = io::pipe().unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    let writer = AsyncFd::on(poller.clone(), writer, Interest::WRITABLE).unwrap();
    let full = loop {
        match writer.get_ref().write(&[0; 4096]) {
            Ok(written) => assert!(written > 0),
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(full, ErrorKind::WouldBlock);
    while let Poll::Ready(event) = writer.poll_writable(&mut Context::from_waker(Waker::noop())) {
        writer.clear_ready(event);
        turn(&poller, Wait::Not);
    }
    drop(reader);
    assert!(run(&poller, writer.writable()).is_write_closed());
    let write = writer.async_io(Direction::Write, |mut pipe| pipe.write(&[1]));
    assert_eq!(run(&poller, write).unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn a_notify_ends_the_next_wait_and_the_one_under_way() {
    let poller = poller();
    poller.notify();
    poller.notify();
    turn(&poller, Wait::Unlimited);
    let notified = Arc::new(AtomicBool::new(false));
    let notifier = {
        let (poller, notified) = (poller.clone(), notified.clone());
        thread::spawn(move || {
            notified.store(true, Ordering::SeqCst);
            poller.notify();
        })
    };
    while !notified.load(Ordering::SeqCst) {
        turn(&poller, Wait::Unlimited);
    }
    notifier.join().unwrap();
}

#[test]
fn many_notifiers_are_all_heard() {
    let poller = poller();
    let sent = Arc::new(AtomicUsize::new(0));
    let notifiers: Vec<_> = (0..4)
        .map(|_| {
            let (poller, sent) = (poller.clone(), sent.clone());
            thread::spawn(move || {
                for _ in 0..2_000 {
                    sent.fetch_add(1, Ordering::SeqCst);
                    poller.notify();
                }
            })
        })
        .collect();
    while sent.load(Ordering::SeqCst) < 8_000 {
        turn(&poller, Wait::Unlimited);
    }
    notifiers.into_iter().for_each(|notifier| notifier.join().unwrap());
}

#[test]
fn a_short_timeout_ends_a_wait_without_events() {
    let poller = poller();
    assert_eq!(turn(&poller, Wait::AtMost(Duration::from_micros(50))), 0);
    assert_eq!(turn(&poller, Wait::AtMost(Duration::ZERO)), 0);
}

#[test]
fn a_release_frees_the_waker_and_later_the_source() {
    let poller = poller();
    let (left, mut right) = pair();
    let left = register(&poller, left);
    let (count, waker) = Count::new();
    assert!(left.poll_readable(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    right.write_all(b"1").unwrap();
    let left = left.into_inner();
    assert_eq!(Arc::strong_count(&count), 1);
    assert_eq!(turn(&poller, Wait::Not), 0);
    // The same descriptor can be registered anew.
    let left = register(&poller, left);
    assert_eq!(run(&poller, read_some(&left)).unwrap(), 1);
}

#[test]
fn registrations_come_and_go_on_many_threads_while_events_are_in_flight() {
    let poller = poller();
    let left = Arc::new(AtomicUsize::new(4));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (poller, left) = (poller.clone(), left.clone());
            thread::spawn(move || {
                for round in 0..500 {
                    let (one, mut other) = pair();
                    let one = register(&poller, one);
                    let duplicate = (round % 3 == 0).then(|| one.get_ref().try_clone().unwrap());
                    other.write_all(b"x").unwrap();
                    let _ = poll_once(&mut one.readable(), Waker::noop());
                    drop(one);
                    // A duplicate keeps the socket open, but the registration is gone.
                    let _ = other.write_all(b"y");
                    drop(duplicate);
                }
                left.fetch_sub(1, Ordering::SeqCst);
                poller.notify();
            })
        })
        .collect();
    while left.load(Ordering::SeqCst) > 0 {
        turn(&poller, Wait::Unlimited);
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    turn(&poller, Wait::Not);
    assert_eq!(turn(&poller, Wait::Not), 0);
}

#[test]
fn a_regular_file_is_refused_and_given_back() {
    let poller = poller();
    let path = std::env::temp_dir().join(format!("cortado-regular-{}", std::process::id()));
    std::fs::write(&path, b"content").unwrap();
    let file = std::fs::File::open(&path).unwrap();
    let refused = AsyncFd::on(poller, file, Interest::READABLE).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert!(refused.to_string().contains("blocking pool"), "{refused}");
    let (mut file, error) = refused.into_parts();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "content");
}

#[test]
fn a_descriptor_that_fails_while_it_is_dropped_leaves_no_dangling_token() {
    struct Fickle(UnixStream, AtomicBool);

    impl AsFd for Fickle {
        fn as_fd(&self) -> BorrowedFd<'_> {
            assert!(!self.1.load(Ordering::SeqCst), "no descriptor today");
            self.0.as_fd()
        }
    }

    let poller = poller();
    let (left, mut right) = pair();
    let duplicate = left.try_clone().unwrap();
    let fickle = register(&poller, Fickle(left, AtomicBool::new(false)));
    fickle.get_ref().1.store(true, Ordering::SeqCst);
    thread::scope(|scope| assert!(scope.spawn(move || drop(fickle)).join().is_err()));
    // The duplicate keeps the kernel's entry alive, and its events must find a source.
    right.write_all(b"1").unwrap();
    assert_eq!(turn(&poller, Wait::Not), 0);
    drop(duplicate);
}

#[test]
fn two_waits_at_once_are_a_broken_invariant() {
    let reactor = Arc::new(Reactor::new().unwrap());
    let waiter = {
        let reactor = reactor.clone();
        thread::spawn(move || reactor.wait(&mut Events::new(), None, false, &mut Vec::new()))
    };
    while !reactor.waiting.load(Ordering::SeqCst) {
        thread::yield_now();
    }
    let second = {
        let reactor = reactor.clone();
        thread::spawn(move || {
            reactor.wait(&mut Events::new(), Some(Duration::ZERO), false, &mut Vec::new());
        })
    };
    assert!(second.join().is_err());
    reactor.notify();
    waiter.join().unwrap();
}

#[test]
fn a_long_wait_is_ended_when_many_sources_were_released() {
    let poller = poller();
    turn(&poller, Wait::Not);
    for _ in 0..super::RELEASED_MAX {
        let (left, _right) = pair();
        drop(register(&poller, left));
    }
    turn(&poller, Wait::Unlimited);
    turn(&poller, Wait::Not);
    assert_eq!(poller.reactor().released_len.load(Ordering::SeqCst), 0);
}

#[test]
fn who_lingers_hears_of_events_and_of_the_bell() {
    let poller = poller();
    let (left, right) = pair();
    let left = register(&poller, left);
    run(&poller, left.writable());
    let (count, waker) = Count::new();
    for round in 1..200 {
        // Short sleeps first, then lingering: both are served.
        let mut readable = left.readable();
        assert!(poll_once(&mut readable, &waker).is_pending());
        let writes = round % 2 == 1;
        match writes {
            true => (&right).write_all(b"x").unwrap(),
            false => poller.notify(),
        }
        assert_eq!(turn(&poller, Wait::Linger), usize::from(writes), "round {round}");
        if writes {
            let Poll::Ready(event) = poll_once(&mut readable, &waker) else { panic!("not ready") };
            assert_eq!(left.get_ref().read(&mut [0; 4]).unwrap(), 1);
            left.clear_ready(event);
        }
    }
    assert_eq!(count.get(), 100);
}
