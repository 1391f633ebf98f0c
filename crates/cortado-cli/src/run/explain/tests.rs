//! One text for each verdict and advice, word for word.

use super::*;

fn facts(wall_ms: u64, split_ms: [u64; 3], chosen: Chosen) -> Facts {
    let ms = Duration::from_millis;
    let [working, queued, waiting] = split_ms.map(ms);
    Facts {
        jobs: 100,
        failed: 0,
        wall: ms(wall_ms),
        whole: ms(wall_ms + 10),
        cpu: working,
        split: Split { working, queued, waiting },
        longest: ms(200),
        peak: 32,
        cores: 2.0,
        idle: None,
        holdback: None,
        ended_early: false,
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
        "cortado: 100 jobs in 10.0 s, none failed. 2.0 ran at once on average, 2 at most; auto ended at 2: the \
         machine's cores were busy. On average 1.9 of 2 usable cores were busy with them at the same instant. Job time: \
         98 % working, \
         2 % ready but waiting for a core, 1 % waiting for something else. CPU-bound. More cores would make it faster \
         (the jobs kept 98 % of them busy); more at once would not."
    );
}

#[test]
fn cores_that_others_use_are_missing_too() {
    let mut facts = facts(7_000, [9_800, 17_000, 200], Chosen::Fixed { limit: 4 });
    facts.peak = 4;
    let text = "More cores, or less else running on these, would shorten the jobs: they stood ready without one for \
        63 % of their time.";
    assert_eq!(advice_of(facts.clone()), text);
    // That all ran at once is no comfort then.
    (facts.peak, facts.longest) = (100, facts.wall);
    assert_eq!(advice_of(facts), text);
    let mut idle = self::facts(7_000, [100, 0, 13_800], auto(2, Reason::CpuBusy));
    idle.peak = 2;
    assert_eq!(
        advice_of(idle),
        "More at once was not tried: the machine's cores were busy, though these jobs used only 0.0 of 2."
    );
}

#[test]
fn io_bound_at_the_bound() {
    let mut facts = facts(2_000, [200, 0, 60_000], auto(32, Reason::MaxJobs));
    facts.failed = 3;
    assert_eq!(
        Summary::new(facts).paragraph(),
        "cortado: 100 jobs in 2.0 s, 3 failed. 30.1 ran at once on average, 32 at most; auto ended at 32: --max-jobs \
         allows no more. On average 0.1 of 2 usable cores were busy with them at the same instant. Job time: under 1 % \
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
        "cortado: 100 jobs in 10.0 s, none failed. 1.9 ran at once on average, 2 at most (-j 2). On average 0.8 of 2 \
         usable cores were busy with them at the same instant. Job time: 42 % working, 0 % ready but waiting for a \
         core, 58 % waiting for something else. Mixed: the jobs both work and wait. More at once may make it faster: \
         all 2 slots were in use and not all cores were; try -j auto."
    );
}

#[test]
fn one_job_at_a_time_and_one_job() {
    let mut facts = facts(10_000, [9_000, 900, 0], Chosen::Fixed { limit: 1 });
    facts.peak = 1;
    assert_eq!(
        advice_of(facts.clone()),
        "More at once may make it faster: the only slot was in use and not all cores were; try -j auto."
    );
    (facts.jobs, facts.longest) = (1, facts.wall);
    assert_eq!(
        Summary::new(facts).paragraph(),
        "cortado: 1 job in 10.0 s, it did not fail. On average 0.9 of 2 usable cores were busy with it at the same \
         instant. Job time: 91 % working, 9 % ready but waiting for a core, 0 % waiting for something else. CPU-bound. \
         There was one job, so nothing could run beside it."
    );
}

#[test]
fn failures_and_an_early_end_come_before_advice() {
    let mut all = facts(2_000, [100, 0, 60_000], auto(32, Reason::MoreIsFaster));
    all.failed = 100;
    let text = Summary::new(all).paragraph();
    assert!(text.starts_with("cortado: 100 jobs in 2.0 s, all failed. "), "{text}");
    assert!(text.ends_with(" I/O-bound."), "{text}");
    let mut early = facts(2_000, [100, 0, 60_000], auto(32, Reason::Start));
    (early.ended_early, early.peak, early.longest) = (true, 100, early.wall);
    let text = Summary::new(early).paragraph();
    assert!(text.contains("none failed; the run was ended before all had run."), "{text}");
    assert!(text.ends_with("What would make it faster was not tested in this run."), "{text}");
}

#[test]
fn a_few_milliseconds_say_nothing() {
    let mut facts = facts(6, [5, 4, 1], Chosen::Fixed { limit: 4 });
    (facts.jobs, facts.failed) = (3, 1);
    assert_eq!(
        Summary::new(facts).paragraph(),
        "cortado: 3 jobs in 6 ms, 1 failed. Too short to say more."
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
        "More at once may make it faster: auto was still going up when the run ended."
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
fn what_held_jobs_back_comes_before_the_number_at_once() {
    let mut held = facts(2_000, [100, 0, 60_000], auto(32, Reason::IdleWhileWaiting));
    let mut of = |holdback, ms| {
        held.holdback = Some((holdback, Duration::from_millis(ms)));
        advice_of(held.clone())
    };
    let rising = "More at once may make it faster: auto was still going up when the run ended.";
    assert_eq!(of(Holdback::Delay, 900), rising);
    for (holdback, name) in [
        (Holdback::Input, "the next input"),
        (Holdback::Delay, "--delay to pass"),
        (Holdback::Load, "the load to fall (--load)"),
        (Holdback::Memory, "memory to become free (--memfree)"),
        (Holdback::Processes, "a process that could not be made (ulimit -u, ulimit -n)"),
        (Holdback::Output, "the reader of the output"),
        (Holdback::Make, "a token of make's jobserver"),
    ] {
        let text = "A higher number at once would not make it faster: for 90 % of the time a free slot waited for";
        assert_eq!(of(holdback, 1_809), format!("{text} {name}."));
    }
}

#[test]
fn cores_that_starts_and_others_use_are_not_free() {
    // The jobs themselves used 1.6 of 2, and did not wait.
    let mut run = facts(1_000, [1_600, 200, 200], auto(2, Reason::MoreIsNotFaster));
    run.peak = 4;
    assert_eq!(
        advice_of(run.clone()),
        "More at once would not make it faster: a higher number at once did not finish more jobs per second."
    );
    run.idle = Some(0.03);
    let text = "More cores would make it faster, more at once would not: 97 % of the time of the cores was used, though \
        not all by the jobs; the rest went into starting them and into whatever else ran.";
    assert_eq!(advice_of(run.clone()), text);
    run.chosen = Chosen::Fixed { limit: 2 };
    assert_eq!(advice_of(run), text);
    let mut waiting = facts(2_000, [100, 0, 3_800], Chosen::Fixed { limit: 2 });
    waiting.idle = Some(0.0);
    assert_eq!(advice_of(waiting), "What would make it faster was not tested in this run.");
    let mut overloaded = facts(2_000, [100, 0, 60_000], auto(32, Reason::JobsSlower));
    overloaded.idle = Some(0.0);
    assert_eq!(advice_of(overloaded), "What would make it faster was not tested in this run.");
}

#[test]
fn a_quota_is_what_the_jobs_may_use() {
    let mut run = facts(2_400, [1_200, 13_600, 250], auto(1, Reason::CpuBusy));
    run.cores = 0.5;
    let text = Summary::new(run).paragraph();
    assert!(text.contains("On average 0.5 of 0.5 usable cores were busy"), "{text}");
    assert!(
        text.ends_with("(the jobs kept 100 % of them busy); more at once would not."),
        "{text}"
    );
}

#[test]
fn nothing_ran() {
    let mut none = facts(0, [0, 0, 0], Chosen::Fixed { limit: 4 });
    none.jobs = 0;
    assert_eq!(Summary::new(none.clone()).paragraph(), "cortado: no jobs ran.");
    none.ended_early = true;
    assert_eq!(
        Summary::new(none).paragraph(),
        "cortado: no job came to its end before the run was ended."
    );
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
