//! The soak's short form: a few seconds of everything, after which all of it is accounted for.

use std::process::Command;

#[test]
fn everything_is_accounted_for_after_a_few_seconds() {
    let run = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["soak", "--seconds", "4", "--no-memory-check", "--json"])
        .output()
        .expect("the benchmark's own binary can be started");
    let (out, errors) =
        (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{}\n{out}\n{errors}", run.status);
    let line = out.lines().find(|line| line.starts_with('{')).expect("a line of JSON");
    let report: serde_json::Value = serde_json::from_str(line).expect("the line is JSON");
    let count = |name: &str| report["tasks"][name].as_u64().expect("a number of tasks");
    assert_eq!(count("spawned"), count("returned") + count("panicked") + count("cancelled"));
    assert!(report["acts"].as_u64().is_some_and(|acts| acts > 0), "{line}");
    assert_eq!(report["findings"], serde_json::json!([]));
}

#[test]
fn an_act_that_does_not_exist_is_refused_with_those_that_do() {
    let run = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["soak", "--seconds", "1", "--only", "juggling"])
        .output()
        .expect("the benchmark's own binary can be started");
    assert!(!run.status.success());
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(errors.contains("no act begins with juggling"), "{errors}");
    assert!(errors.contains("tasks::tree"), "{errors}");
}
