//! What a log looks like, and what survives accidents.

use std::fs;

use super::*;

fn record(seq: u64, exit: i32, command: &[u8]) -> Record<'_> {
    Record {
        seq,
        start: UNIX_EPOCH + Duration::from_millis(1_795_201_701_524),
        runtime: Duration::from_millis(2),
        sent: 0,
        received: 7,
        outcome: Outcome { exit, signal: 0 },
        command,
    }
}

struct Dir(tempfile::TempDir);

impl Dir {
    fn new() -> Dir {
        Dir(tempfile::tempdir().unwrap())
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }

    /// A log with the given whole text.
    fn with(text: &str) -> Dir {
        let dir = Dir::new();
        fs::write(dir.log(), text).unwrap();
        dir
    }

    fn text(&self) -> String {
        fs::read_to_string(self.log()).unwrap()
    }
}

const HEAD: &str = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";

fn line(seq: u64, exit: i32, signal: i32) -> String {
    format!("{seq}\t:\t1.000\t     0.001\t0\t0\t{exit}\t{signal}\tx\n")
}

#[test]
fn lines_are_gnu_parallels_byte_for_byte() {
    let dir = Dir::new();
    let (mut log, finished) = Joblog::open(&dir.log(), Resume::No).unwrap();
    assert_eq!(finished.len(), 0);
    log.append(&record(1, 0, b"echo 'a\nb'\tc")).unwrap();
    let expected = format!("{HEAD}1\t:\t1795201701.524\t     0.002\t0\t7\t0\t0\techo 'a\0b'\tc\n");
    assert_eq!(dir.text(), expected);
}

#[test]
fn a_new_log_takes_the_place_of_an_old_one() {
    let dir = Dir::with(&format!("{HEAD}{}", line(1, 0, 0)));
    drop(Joblog::open(&dir.log(), Resume::No).unwrap());
    assert_eq!(dir.text(), HEAD);
}

#[test]
fn resuming_skips_what_the_log_lists() {
    let text = [HEAD, &line(3, 0, 0), &line(1, 1, 0), &line(2, 0, 9), &line(5, -1, 15)].concat();
    let dir = Dir::with(&text);
    let (mut log, finished) = Joblog::open(&dir.log(), Resume::Finished).unwrap();
    assert_eq!([1, 2, 3, 4, 5].map(|seq| finished.contains(seq)), [true, true, true, false, true]);
    log.append(&record(4, 0, b"x")).unwrap();
    drop(log);
    assert!(dir.text().starts_with(&text) && dir.text().lines().count() == 6);
    let (_log, finished) = Joblog::open(&dir.log(), Resume::Succeeded).unwrap();
    assert_eq!(
        [1, 2, 3, 4, 5].map(|seq| finished.contains(seq)),
        [false, false, true, true, false]
    );
}

#[test]
fn the_last_line_of_a_job_decides() {
    let text = [HEAD, &line(1, 1, 0), &line(1, 0, 0), &line(2, 0, 0), &line(2, 1, 0)].concat();
    let dir = Dir::with(&text);
    let (_log, finished) = Joblog::open(&dir.log(), Resume::Succeeded).unwrap();
    assert!(finished.contains(1) && !finished.contains(2));
}

#[test]
fn a_torn_end_is_dropped_wherever_it_is_torn() {
    let whole = [HEAD, &line(1, 0, 0), &line(2, 0, 0)].concat();
    for cut in 0..whole.len() {
        let dir = Dir::with(&whole[..cut]);
        let (mut log, finished) = Joblog::open(&dir.log(), Resume::Finished).unwrap();
        let complete = whole[..cut].matches('\n').count().saturating_sub(1);
        assert_eq!(finished.len() as usize, complete, "cut at {cut}");
        log.append(&record(9, 0, b"x")).unwrap();
        drop(log);
        let (_log, finished) = Joblog::open(&dir.log(), Resume::Finished).unwrap();
        assert_eq!(finished.len() as usize, complete + 1, "cut at {cut}");
        assert!(finished.contains(9));
    }
}

#[test]
fn a_file_that_is_no_log_is_refused_and_left_alone() {
    for text in ["precious data\n", "precious", "Seq\tHost\n1\n"] {
        let dir = Dir::with(text);
        let error = Joblog::open(&dir.log(), Resume::Finished).unwrap_err();
        assert!(error.to_string().contains("is not a joblog"), "{error}");
        assert_eq!(dir.text(), text);
    }
    let dir = Dir::with(&format!("{HEAD}{}garbage\n", line(1, 0, 0)));
    let error = Joblog::open(&dir.log(), Resume::Finished).unwrap_err();
    assert!(error.to_string().starts_with("line 3 of the joblog"), "{error}");
}

#[test]
fn two_runs_do_not_share_a_log() {
    let dir = Dir::new();
    let first = Joblog::open(&dir.log(), Resume::No).unwrap();
    let second = Joblog::open(&dir.log(), Resume::Finished);
    assert!(matches!(second, Err(JoblogError::Busy(_))));
    drop(first);
    Joblog::open(&dir.log(), Resume::Finished).unwrap();
}

#[test]
fn a_full_disk_is_an_error() {
    let (mut log, _) = match Joblog::open(Path::new("/dev/full"), Resume::No) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(error.to_string().contains("/dev/full"), "{error}");
            return;
        }
    };
    let error = log.append(&record(1, 0, b"x")).unwrap_err();
    assert!(error.to_string().contains("/dev/full"), "{error}");
}
