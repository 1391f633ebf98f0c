//! Tests that need a process of their own: they start themselves again.

use std::process::{Command, Output};

/// Says to the process which test it was started for.
const CHILD: &str = "CORTADO_TEST_CHILD";

/// Runs the test again in a process of its own, where it calls `body`, and gives what that process
/// printed; nothing in that process itself.
pub(crate) fn in_a_process_of_its_own(test: &str, body: impl FnOnce()) -> Option<Output> {
    if std::env::var_os(CHILD).is_some() {
        body();
        return None;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, test)
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let shown = String::from_utf8_lossy(&child.stdout);
    assert!(shown.contains("1 passed"), "{shown}");
    Some(child)
}
