//! Any descriptor that the kernel can report waits in the reactor: counters, timers, watches.

use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::time::Duration;

use cortado_core::io::{AsyncFd, Direction, Interest};
use cortado_core::spawn;
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::inotify;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use rustix::time::{timerfd_create, timerfd_settime};

use crate::on_both;

fn read(fd: &OwnedFd, buffer: &mut [u8]) -> std::io::Result<usize> {
    Ok(rustix::io::read(fd, buffer)?)
}

#[test]
fn a_counter_of_events() {
    on_both(async || {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let counter = eventfd(0, flags).unwrap();
        let writer = counter.try_clone().unwrap();
        let counter = AsyncFd::with_interest(counter, Interest::READABLE).unwrap();
        let waiting = spawn(async move {
            let mut count = [0; 8];
            for _ in 0..2 {
                counter.async_io(Direction::Read, |fd| read(fd, &mut count)).await.unwrap();
            }
            (counter, u64::from_ne_bytes(count))
        });
        rustix::io::write(&writer, &3u64.to_ne_bytes()).unwrap();
        while rustix::io::write(&writer, &(u64::MAX - 1).to_ne_bytes()).is_err() {
            cortado_core::yield_now().await;
        }
        let (counter, last) = waiting.await.unwrap();
        assert_eq!(last, u64::MAX - 1);
        // Without a report there is nothing to try; asking in any case says the same.
        let nothing = counter.try_anyway(Direction::Read, |fd| read(fd, &mut [0; 8])).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
        counter.expect_ready(Interest::READABLE);
        let vain = counter.try_io(Direction::Read, |fd| read(fd, &mut [0; 8])).unwrap_err();
        assert_eq!(vain.kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn a_timer_of_the_kernel() {
    on_both(async || {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags).unwrap();
        let milli = Timespec::try_from(Duration::from_millis(1)).unwrap();
        let every = Itimerspec { it_interval: milli, it_value: milli };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &every).unwrap();
        let timer = AsyncFd::with_interest(timer, Interest::READABLE).unwrap();
        for _ in 0..5 {
            let mut ticks = [0; 8];
            timer.async_io(Direction::Read, |fd| read(fd, &mut ticks)).await.unwrap();
            assert!(u64::from_ne_bytes(ticks) >= 1);
        }
    });
}

#[test]
fn a_watch_of_a_directory() {
    on_both(async || {
        let directory = tempfile::tempdir().unwrap();
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        let watch = inotify::init(flags).unwrap();
        inotify::add_watch(&watch, directory.path(), inotify::WatchFlags::CREATE).unwrap();
        let watch = AsyncFd::with_interest(watch, Interest::READABLE).unwrap();
        let path = directory.path().join("new");
        let maker = spawn(async move { cortado_io::fs::write(path, "").await });
        let mut event = [0; 512];
        let len = watch.async_io(Direction::Read, |fd| read(fd, &mut event)).await.unwrap();
        assert!(event[..len].windows(3).any(|name| name == b"new"));
        maker.await.unwrap().unwrap();
    });
}
