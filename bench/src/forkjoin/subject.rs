//! What is measured: the cases with their goals, and which function measures which contender.

use std::time::Duration;

use super::ask::{self, Asked};
use super::peer::{Chili, Cortado, Rayon, Sequential};
use super::{collects, few, halves, iterators, locks, numeric, quiet, searches, sorts, tree};
use crate::goal::Goal;
use crate::measured_child::ROUND_LIMIT;
use crate::report::OURS;
use crate::stopwatch::Stopwatch;

/// Measures one contender in its own process.
pub(super) type Measure = fn(&Stopwatch) -> f64;

/// See the module.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) unit: &'static str,
    pub(super) goals: Vec<Goal>,
    pub(super) contenders: Vec<(&'static str, Measure)>,
    /// Contenders that this binary does not hold.
    pub(super) elsewhere: &'static [&'static str],
    /// Who takes longer is said to hang.
    pub(super) limit: Duration,
    pub(super) note: &'static str,
}

/// Ours may take a twentieth longer than the best of the peers.
const A_TWENTIETH: f64 = 0.952;

/// The contender whose chunks and loops are written out, and what ours may take longer than it: 1.2
/// times as long.
const BY_HAND: &str = "by-hand";
const A_SIXTH: f64 = 0.833;

/// Who runs a piece of work that is written over [`Peer`](super::peer::Peer).
macro_rules! peers {
    ($work:path) => {{
        use $work as work;
        let contenders: Vec<(&'static str, Measure)> = vec![
            (OURS, work::<Cortado>),
            ("rayon", work::<Rayon>),
            ("chili", work::<Chili>),
            ("sequential", work::<Sequential>),
        ];
        contenders
    }};
}

/// All of them.
pub(super) fn all() -> Vec<Subject> {
    let groups = [trees(), kernels(), chains(), small_chains(), questions(), quiet_and_locked()];
    groups.into_iter().flatten().collect()
}

fn against_all(peers: &[&'static str]) -> Vec<Goal> {
    peers.iter().map(|peer| Goal::Times { peer, factor: A_TWENTIETH }).collect()
}

fn subject(
    (name, unit, about): (&'static str, &'static str, &'static str),
    goals: Vec<Goal>,
    contenders: Vec<(&'static str, Measure)>,
) -> Subject {
    let note = "two threads, each contender in its own process";
    Subject { name, about, unit, goals, contenders, elsewhere: &[], limit: ROUND_LIMIT, note }
}

fn with_forte(mut subject: Subject) -> Subject {
    subject.elsewhere = &["forte"];
    subject
}

fn trees() -> Vec<Subject> {
    const NODES: &str = "ns/node";
    let small = ("tree-1023", NODES, "sum of a binary tree in the cache, no cut-off by hand");
    let large = ("tree-1048575", NODES, "the same with a million nodes");
    let plain = ("plain-join", NODES, "the large tree on one thread: joins without a thief");
    let without_thief = Goal::AtMostAbove { peer: "sequential", extra: 1.0 };
    let mut plain = subject(plain, vec![without_thief], peers!(tree::without_thief));
    plain.note = "one thread, so a figure above the sequential one is what a join costs";
    vec![
        subject(small, vec![Goal::Below(2.6)], peers!(tree::small)),
        subject(large, vec![Goal::Below(1.3)], peers!(tree::large)),
        plain,
    ]
    .into_iter()
    .map(with_forte)
    .chain([halves()])
    .collect()
}

/// Who waits for a thread to wake, which is asleep at first.
fn halves() -> Subject {
    let named = ("long-halves", "us", "a join of two halves of 1 ms: what it takes beyond one");
    let mut halves = subject(named, vec![Goal::Below(50.0)], peers!(halves::beyond_one));
    halves.note = "the pool is at rest before each join; 1,000 where nobody comes to help";
    with_forte(halves)
}

fn kernels() -> Vec<Subject> {
    let of = |name, about, contenders| {
        let goals = against_all(&["rayon", "chili"]);
        with_forte(subject((name, "ms", about), goals, contenders))
    };
    let scopes: Vec<(&'static str, Measure)> =
        vec![(OURS, tree::cortado_scopes), ("rayon", tree::rayon_scopes)];
    let nested =
        ("nested-scopes", "ns/scope", "4,095 scopes, of which each spawns the two below it");
    vec![
        of("fib", "fib(32), a join for each step down", peers!(tree::fib)),
        of("quicksort", "1,000,000 numbers, plain below 5,120", peers!(sorts::quicksort)),
        of("mergesort", "1,000,000 numbers, plain below 4,096", peers!(sorts::mergesort)),
        of("n-body", "forces among 1,000 bodies", peers!(numeric::n_body)),
        of("matmul", "matrices of 256 x 256", peers!(numeric::matmul)),
        of("word-count", "500,000 words into maps that are merged", peers!(numeric::word_count)),
        subject(nested, against_all(&["rayon"]), scopes),
    ]
}

/// Who has parallel iterators.
macro_rules! iterators {
    ($work:path) => {{
        use $work as work;
        let contenders: Vec<(&'static str, Measure)> = vec![
            (OURS, work::<Cortado>),
            ("rayon", work::<Rayon>),
            ("sequential", work::<Sequential>),
        ];
        contenders
    }};
}

fn chains() -> Vec<Subject> {
    let of =
        |name, about, contenders| subject((name, "ms", about), against_all(&["rayon"]), contenders);
    let mut squares = of(
        "sum-of-squares",
        "10,000,000 numbers, map and sum",
        iterators!(iterators::sum_of_squares),
    );
    squares.contenders.insert(2, (BY_HAND, iterators::sum_in_chunks_by_hand));
    squares.goals.push(Goal::Times { peer: BY_HAND, factor: A_SIXTH });
    squares.note = "by-hand: Rayon's threads take chunks of 65,536, each a loop over 32 sums";
    vec![
        squares,
        of("map-collect", "10,000,000 numbers", iterators!(collects::map)),
        of("map-owned", "10,000,000 numbers out of a vector", iterators!(collects::map_owned)),
        of("map-range", "10,000,000 numbers of a range", iterators!(collects::map_range)),
        of("filter-collect", "a third of 10,000,000", iterators!(collects::filter)),
        of("unzip", "10,000,000 pairs", iterators!(collects::unzip)),
        of("max", "the greatest of 10,000,000", iterators!(searches::max)),
        of("find-none", "10,000,000, none of them the right one", iterators!(searches::find_none)),
        of("sort-numbers", "10,000,000, unstably", iterators!(iterators::sort_numbers)),
        of("sort-strings", "500,000, stably", iterators!(iterators::sort_strings)),
        of("sort-words", "500,000 strings, unstably", iterators!(iterators::sort_strings_unstably)),
    ]
}

fn small_chains() -> Vec<Subject> {
    let of =
        |name, about, contenders| subject((name, "us", about), against_all(&["rayon"]), contenders);
    let mapped = "1,000 numbers, mapped and collected in the pool";
    let filtered = "1,000 numbers, a third of them collected in the pool";
    let outside = "1,000 numbers, mapped and collected by a plain thread";
    let heavy = "1,000 numbers, computed from for 100 us by a plain thread";
    vec![
        of("few-mapped", mapped, iterators!(few::mapped)),
        of("few-filtered", filtered, iterators!(few::filtered)),
        of("few-outside", outside, iterators!(few::mapped_from_outside)),
        of("few-heavy", heavy, iterators!(few::heavy_from_outside)),
    ]
}

fn questions() -> Vec<Subject> {
    const TRIP: &str = "ns/round trip";
    macro_rules! contenders {
        ($asked:expr) => {{
            let contenders: Vec<(&'static str, Measure)> = vec![
                (OURS, |watch| ask::over_compute(watch, $asked)),
                ("tokio-rayon", |watch| ask::over_rayon(watch, $asked)),
                ("spawn-blocking", |watch| ask::over_spawn_blocking(watch, $asked)),
            ];
            contenders
        }};
    }
    let short = ("ask-short", TRIP, "a task asks for next to nothing and awaits it");
    let long = ("ask-long", TRIP, "a task asks for 50 us of computing; what is beyond them");
    let mut both = vec![
        subject(short, vec![Goal::Below(1e3)], contenders!(Asked::Trifle)),
        subject(long, vec![Goal::Below(20e3)], contenders!(Asked::Computation)),
    ];
    for subject in &mut both {
        subject.elsewhere = &["go"];
    }
    both
}

fn quiet_and_locked() -> Vec<Subject> {
    let tiny =
        ("tiny-jobs", "% of a core", "1,000 joins of nothing a second from a thread outside");
    let mut contenders = peers!(quiet::tiny_jobs);
    contenders.insert(2, ("rayon-spawn", quiet::spawned_by_rayon));
    let mut tiny = subject(tiny, vec![Goal::Below(2.0)], contenders);
    tiny.note = "sequential is the thread alone, which sleeps and calls";
    let locked = |name, about, contenders| {
        let mut locked = subject((name, "us/section", about), vec![Goal::Ends], contenders);
        locked.limit = Duration::from_secs(10);
        locked.note = "eight threads, two seconds at most of sections that hold the lock and join";
        locked
    };
    let one = "a lock held across a join, all in one computation";
    let many = "the same in the computations of eight threads outside";
    vec![
        with_forte(tiny),
        with_forte(locked("lock-one-root", one, peers!(locks::one_root))),
        with_forte(locked("lock-many-roots", many, peers!(locks::many_roots))),
    ]
}
