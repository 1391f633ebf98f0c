//! `--pipe`: the blocks together are the input, and each job gets one on its standard input.

use super::session::Session;

#[test]
fn the_blocks_together_are_the_input() {
    let text: String = (0..200_000).map(|number| format!("line {number}\n")).collect();
    let session = Session::with_stdin(text.clone());
    let ran = session.cortado_run("-k --pipe --block 64K cat");
    assert!(ran.text() == text, "the output is not the input");
    let lines = session.cortado_run("--pipe --block 64K wc -l");
    let counted: u64 = lines.text().lines().map(|line| line.trim().parse::<u64>().unwrap()).sum();
    assert_eq!(counted, 200_000);
    assert!(lines.text().lines().count() > 10);
}

#[test]
fn a_job_need_not_read_its_block() {
    let session = Session::with_stdin("x\n".repeat(1 << 20));
    assert_eq!(session.cortado_run("--pipe --block 1M true").text(), "");
    let ran = session.cortado(&["run", "--pipe", "--block", "1M", "-k", "head -n1; true"]);
    assert_eq!(ran.text(), "x\nx\n");
}

#[test]
fn a_block_is_given_again_when_its_job_is_tried_again() {
    let session = Session::with_stdin("a\nb\n");
    let job = "cat > copy; test -e failed || { touch failed; exit 1; }; cat copy";
    let ran = session.cortado(&["run", "-j1", "--pipe", "-n", "2", "--retries", "2", job]);
    assert_eq!(ran.text(), "a\nb\n");
}
