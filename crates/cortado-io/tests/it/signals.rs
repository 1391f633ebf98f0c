//! Every listener hears of every arrival; what cannot be listened for is refused.

use std::io::ErrorKind;

use cortado_core::Runtime;
use cortado_io::signal::{SignalKind, ctrl_c, signal};

use crate::{inner, is_inner, on_both};

fn raise(kind: SignalKind) {
    signal_hook::low_level::raise(kind.as_raw_value()).unwrap();
}

/// Presses of Ctrl-C that the kernel keeps apart: each is raised when the one before was handled,
/// as `raise` returns after the handler has run on this thread.
#[test]
fn ctrl_c_is_counted() {
    if !is_inner() {
        let status = inner("signals::ctrl_c_is_counted").status().unwrap();
        assert!(status.success(), "{status}");
        return;
    }
    Runtime::new().unwrap().block_on(async {
        let mut presses = signal(SignalKind::interrupt()).unwrap();
        let once = ctrl_c();
        raise(SignalKind::interrupt());
        once.await.unwrap();
        raise(SignalKind::interrupt());
        raise(SignalKind::interrupt());
        for _ in 0..3 {
            presses.recv().await.unwrap();
        }
        let mut again = presses.recv();
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(std::pin::Pin::new(&mut again).poll(&mut cx).is_pending());
    });
}

#[test]
fn several_runtimes_all_hear_of_an_arrival() {
    if !is_inner() {
        let status = inner("signals::several_runtimes_all_hear_of_an_arrival").status().unwrap();
        assert!(status.success(), "{status}");
        return;
    }
    let (first, second) = (Runtime::new().unwrap(), Runtime::single().unwrap());
    let mut of_first = first.block_on(async { signal(SignalKind::user_defined1()).unwrap() });
    let mut of_second = second.block_on(async { signal(SignalKind::user_defined1()).unwrap() });
    raise(SignalKind::user_defined1());
    first.block_on(of_first.recv()).unwrap();
    second.block_on(of_second.recv()).unwrap();
}

#[test]
fn a_waiting_task_is_woken_by_a_signal_from_outside() {
    if !is_inner() {
        let name = "signals::a_waiting_task_is_woken_by_a_signal_from_outside";
        let status = inner(name).status().unwrap();
        assert!(status.success(), "{status}");
        return;
    }
    on_both(async || {
        let mut terminate = signal(SignalKind::terminate()).unwrap();
        let waiting = cortado_core::spawn(async move { terminate.recv().await });
        let kill = format!("kill -TERM {}", std::process::id());
        let mut command = cortado_io::process::Command::new("sh");
        assert!(command.arg("-c").arg(kill).status().await.unwrap().success());
        waiting.await.unwrap().unwrap();
    });
}

#[test]
fn what_the_system_handles_itself_is_refused() {
    on_both(async || {
        let refused = signal(SignalKind::kill()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        assert!(refused.to_string().contains("signal 9"), "{refused}");
    });
}
