//! The programs that wait for much at once. Their figures are for people; what is tested is that
//! every call and every connection gets its answer.

use crate::program::Program;

const DATABASE_CALLS: &str = env!("CARGO_BIN_EXE_database_calls");
const MANY_CONNECTIONS: &str = env!("CARGO_BIN_EXE_many_connections");

#[test]
fn database_calls_prints_both_ways_with_time_and_memory() {
    let lines = Program::run(DATABASE_CALLS, &["20"]);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert_eq!(lines[0], "20 calls of 50 ms each");
    for (line, way) in lines[1..].iter().zip(["one thread of cortado", "20 threads"]) {
        assert!(line.starts_with(&format!("{way}: 20 answers in ")), "{line}");
        assert!(line.ends_with(" KiB of memory"), "{line}");
    }
}

#[test]
fn many_connections_are_all_answered() {
    let lines = Program::run(MANY_CONNECTIONS, &["300"]);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[0].starts_with("300 connections are open on one thread"), "{lines:#?}");
    assert!(lines[1].ends_with(" bytes of memory for each idle connection"), "{lines:#?}");
    assert!(lines[2].starts_with("300 answers in "), "{lines:#?}");
}
