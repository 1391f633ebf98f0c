//! Futures of the scheduler and of descriptors that are dropped at any poll: what each of them
//! waits for is still there for the next one.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cortado_core::io::{AsyncFd, Direction};
use cortado_core::{Runtime, join, spawn, spawn_blocking, unconstrained, yield_now};

use crate::dropping::{Moment, at_every_drop, dropping};

/// Runs `scene` with every moment on an event loop, and on a runtime with workers.
fn on_both(scene: impl AsyncFn(Moment) -> bool) {
    let (single, lanes) = (Runtime::single().unwrap(), Runtime::new().unwrap());
    at_every_drop(|moment| single.block_on(scene(moment)).then_some(()));
    at_every_drop(|moment| lanes.block_on(scene(moment)).then_some(()));
}

#[test]
fn a_join_leaves_the_output_to_the_next() {
    on_both(async |moment| {
        let mut task = spawn(async {
            yield_now().await;
            "output"
        });
        let joined = dropping(moment, &mut task).await;
        match joined {
            Some(output) => output.unwrap() == "output",
            None => {
                assert_eq!(task.await.unwrap(), "output");
                false
            }
        }
    });
}

#[test]
fn a_closure_goes_on_and_its_output_stays() {
    on_both(async |moment| {
        let runs = Arc::new(AtomicUsize::new(0));
        let own = runs.clone();
        let mut closure = spawn_blocking(move || own.fetch_add(1, Ordering::SeqCst));
        let joined = dropping(moment, &mut closure).await;
        let finished = joined.is_some();
        if !finished {
            closure.await.unwrap();
        }
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        finished
    });
}

#[test]
fn a_yield_wakes_its_task_once_and_no_other() {
    on_both(async |moment| {
        let yielded = dropping(moment, unconstrained(yield_now())).await;
        yield_now().await;
        yielded.is_some()
    });
}

fn pair() -> (AsyncFd<UnixStream>, UnixStream) {
    let (left, right) = UnixStream::pair().unwrap();
    left.set_nonblocking(true).unwrap();
    (AsyncFd::new(left).unwrap(), right)
}

#[test]
fn readiness_is_there_for_the_next_one() {
    on_both(async |moment| {
        let (fd, mut peer) = pair();
        let waits = async { dropping(moment, fd.readable()).await };
        let (waited, ()) = join!(waits, async {
            yield_now().await;
            peer.write_all(b"x").unwrap();
        });
        fd.readable().await;
        assert_eq!(fd.get_ref().read(&mut [0; 8]).unwrap(), 1);
        waited.is_some()
    });
}

#[test]
fn an_attempt_has_not_happened_or_has_returned() {
    on_both(async |moment| {
        let (fd, mut peer) = pair();
        let read = |mut stream: &UnixStream| stream.read(&mut [0; 1]);
        let attempt = dropping(moment, fd.async_io(Direction::Read, read));
        let (got, ()) = join!(attempt, async {
            yield_now().await;
            peer.write_all(b"x").unwrap();
        });
        drop(peer);
        let rest = fd.async_io(Direction::Read, read).await.unwrap();
        let finished = got.is_some();
        assert_eq!(got.map_or(0, Result::unwrap) + rest, 1);
        finished
    });
}
