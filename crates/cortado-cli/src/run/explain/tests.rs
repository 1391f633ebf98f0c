//! One text for each verdict and advice, word for word.

use super::*;

fn facts(wall_ms: u64, split_ms: [u64; 3], chosen: Chosen) -> Facts {
    let ms = Duration::from_millis;
    let [working, queued, waiting] = split_ms.map(ms);
    Facts {
        jobs: 100,
        failed: 0,
        wall: ms(wall_ms),
        cpu: working,
        split: Split { working, queued, waiting },
        longest: ms(200),
        peak: 32,
        cores: 2,
        chosen,
        history: Vec::new(),
    }
}

fn auto(limit: usize, why: Reason) -> Chosen {
    Chosen::Auto { limit, why }
}

#[test]
fn cpu_bound() {
    let mut facts = facts(10_000, [19_500, 300, 100], auto(2, Reason::CpuBusy));
    facts.peak = 2;
    assert_eq!(
        Summary::new(facts).paragraph(),
        "cortado: 100 jobs in 10.0 s, none failed. 2.0 ran at once in the mean, 2 at most; auto ended at 2: the cores \
         were busy. 1.9 of 2 usable cores busy with them at the same instant, in the mean. Job time: 98 % working, 2 % \
         ready but waiting for a core, 1 % waiting for something else. CPU-bound. More cores would make it faster (98 % \
         of them were busy already); more at once would not."
    );
}

#[test]
fn cores_that_others_use_are_missing_too() {
    let mut facts = facts(7_000, [9_800, 17_000, 200], Chosen::Fixed { limit: 4 });
    facts.peak = 4;
    assert_eq!(
        advice_of(facts),
        "More cores would make it faster (jobs stood ready without one for 63 % of their time); more at once would not."
    );
}

#[test]
fn io_bound_at_the_bound() {
    let mut facts = facts(2_000, [100, 0, 60_000], auto(32, Reason::MaxJobs));
    facts.failed = 3;
    assert_eq!(
        Summary::new(facts).paragraph(),
        "cortado: 100 jobs in 2.0 s, 3 failed. 30.1 ran at once in the mean, 32 at most; auto ended at 32: --max-jobs \
         allows no more. 0.1 of 2 usable cores busy with them at the same instant, in the mean. Job time: under 1 % \
         working, 0 % ready but waiting for a core, 100 % waiting for something else. I/O-bound. More at once may make \
         it faster: --max-jobs 32 was reached and the cores were not full."
    );
}

#[test]
fn mixed_with_a_fixed_number() {
    let mut facts = facts(10_000, [8_000, 0, 11_000], Chosen::Fixed { limit: 2 });
    facts.peak = 2;
    assert_eq!(
        Summary::new(facts).paragraph(),
        "cortado: 100 jobs in 10.0 s, none failed. 1.9 ran at once in the mean, 2 at most (-j 2). 0.8 of 2 usable cores \
         busy with them at the same instant, in the mean. Job time: 42 % working, 0 % ready but waiting for a core, 58 % \
         waiting for something else. Mixed: the jobs both work and wait. More at once may make it faster: all 2 slots \
         were in use and the cores were not; try -j auto."
    );
}

fn advice_of(facts: Facts) -> String {
    text::paragraph(&Summary::new(facts)).rsplit_once("-bound. ").expect("a verdict").1.to_owned()
}

#[test]
fn every_other_advice() {
    let waiting = [100, 0, 60_000];
    let of = |why| advice_of(facts(2_000, waiting, auto(32, why)));
    assert_eq!(
        of(Reason::Memory),
        "Limited by memory: no more than 32 jobs fit; the cores were not full."
    );
    assert_eq!(
        of(Reason::Descriptors),
        "More at once may make it faster: the open-file limit holds it at 32 (ulimit -n), and the cores were not full."
    );
    assert_eq!(
        of(Reason::Processes),
        "More at once may make it faster: the process limit holds it at 32 (ulimit -u), and the cores were not full."
    );
    assert_eq!(
        of(Reason::MoreIsNotFaster),
        "Neither more cores nor more at once would make it faster: the cores were not full, and a higher number at once \
         did not finish more jobs per second. The limit is what the jobs wait for."
    );
    assert_eq!(
        of(Reason::Failures),
        "Neither more cores nor more at once would make it faster: the cores were not full, and more jobs failed with \
         more at once."
    );
    assert_eq!(of(Reason::Start), "What would make it faster was not tested in this run.");
    assert_eq!(
        of(Reason::MoreIsFaster),
        "A longer run would have had more at once: auto was still going up when the jobs ran out."
    );
    assert_eq!(
        of(Reason::Starting),
        "More at once would not make it faster: jobs ended as fast as they could be started."
    );
    assert_eq!(of(Reason::NeitherIsFaster), of(Reason::FewerIsAsFast));
    let mut one = facts(210, [10, 0, 6_000], auto(64, Reason::IdleWhileWaiting));
    assert_eq!(
        advice_of(one.clone()),
        "Neither more cores nor more at once would make it much faster: the longest job took 200 ms of the 210 ms."
    );
    one.peak = 100;
    assert_eq!(
        advice_of(one),
        "More at once is not possible: all ran at once; the longest took 200 ms."
    );
}

#[test]
fn nothing_ran() {
    let mut none = facts(0, [0, 0, 0], Chosen::Fixed { limit: 4 });
    none.jobs = 0;
    assert_eq!(Summary::new(none).paragraph(), "cortado: no jobs ran.");
}

#[test]
fn the_history_names_reasons() {
    let mut run = facts(2_000, [100, 0, 60_000], auto(4, Reason::MaxJobs));
    run.history = vec![
        Change { at_s: 0.0, limit: 2, why: Reason::Start },
        Change { at_s: 0.02, limit: 4, why: Reason::IdleWhileWaiting },
    ];
    assert_eq!(
        Summary::new(run.clone()).history_text(),
        "     0.00 s     2 at once: as many as there are usable cores\n     0.02 s     4 at once: the CPU was idle while jobs waited\n"
    );
    let json = serde_json::to_value(Summary::new(run)).expect("it serializes");
    assert_eq!(json["verdict"], "io_bound");
    assert_eq!(json["advice"], "higher_bound");
    assert_eq!(json["chosen"]["by"], "auto");
    assert_eq!(json["history"][1]["why"], "idle_while_waiting");
    assert_eq!(json["jobs"], 100);
}
