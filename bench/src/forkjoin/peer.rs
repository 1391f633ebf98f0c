//! Who takes part: whatever can run two closures, perhaps at the same time. The pieces of work are
//! written once, over this trait, and compiled for each peer, so that no contender pays for the
//! comparison.

use std::num::NonZero;

/// A pool of threads for fork-join, or what stands for one.
pub(super) trait Peer: Sized + Sync {
    /// What a piece of work hands on from join to join.
    type Place<'p>;

    fn start(threads: usize) -> Self;

    /// Runs work from a thread outside, where joins are parallel.
    fn run<R: Send>(&self, work: impl FnOnce(&mut Self::Place<'_>) -> R + Send) -> R;

    /// Both closures; without a thief, the left one first.
    fn join<A, B, RA, RB>(place: &mut Self::Place<'_>, left: A, right: B) -> (RA, RB)
    where
        A: FnOnce(&mut Self::Place<'_>) -> RA + Send,
        B: FnOnce(&mut Self::Place<'_>) -> RB + Send,
        RA: Send,
        RB: Send;
}

/// Ours, as it is by default but for the number of workers.
pub(super) struct Cortado(pub(super) cortado::Runtime);

impl Peer for Cortado {
    type Place<'p> = ();

    fn start(threads: usize) -> Self {
        let builder = cortado::Builder::new().worker_threads(threads);
        Cortado(builder.build().expect("cortado starts"))
    }

    fn run<R: Send>(&self, work: impl FnOnce(&mut ()) -> R + Send) -> R {
        let _entered = self.0.handle().enter();
        cortado::install(|| work(&mut ()))
    }

    #[inline]
    fn join<A, B, RA, RB>(_: &mut (), left: A, right: B) -> (RA, RB)
    where
        A: FnOnce(&mut ()) -> RA + Send,
        B: FnOnce(&mut ()) -> RB + Send,
        RA: Send,
        RB: Send,
    {
        cortado::join(|| left(&mut ()), || right(&mut ()))
    }
}

pub(super) struct Rayon(pub(super) rayon::ThreadPool);

impl Peer for Rayon {
    type Place<'p> = ();

    fn start(threads: usize) -> Self {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
        Rayon(builder.build().expect("Rayon starts"))
    }

    fn run<R: Send>(&self, work: impl FnOnce(&mut ()) -> R + Send) -> R {
        self.0.install(|| work(&mut ()))
    }

    #[inline]
    fn join<A, B, RA, RB>(_: &mut (), left: A, right: B) -> (RA, RB)
    where
        A: FnOnce(&mut ()) -> RA + Send,
        B: FnOnce(&mut ()) -> RB + Send,
        RA: Send,
        RB: Send,
    {
        rayon::join(|| left(&mut ()), || right(&mut ()))
    }
}

/// The calling thread is one of chili's.
pub(super) struct Chili(chili::ThreadPool);

impl Peer for Chili {
    type Place<'p> = chili::Scope<'p>;

    fn start(threads: usize) -> Self {
        let thread_count = NonZero::new(threads);
        Chili(chili::ThreadPool::with_config(chili::Config {
            thread_count,
            ..chili::Config::default()
        }))
    }

    fn run<R: Send>(&self, work: impl FnOnce(&mut chili::Scope<'_>) -> R + Send) -> R {
        work(&mut self.0.scope())
    }

    /// chili calls the second closure first.
    #[inline]
    fn join<A, B, RA, RB>(place: &mut chili::Scope<'_>, left: A, right: B) -> (RA, RB)
    where
        A: FnOnce(&mut chili::Scope<'_>) -> RA + Send,
        B: FnOnce(&mut chili::Scope<'_>) -> RB + Send,
        RA: Send,
        RB: Send,
    {
        let (right, left) = place.join(right, left);
        (left, right)
    }
}

/// The control: plain calls.
pub(super) struct Sequential;

impl Peer for Sequential {
    type Place<'p> = ();

    fn start(_: usize) -> Self {
        Sequential
    }

    fn run<R: Send>(&self, work: impl FnOnce(&mut ()) -> R + Send) -> R {
        work(&mut ())
    }

    #[inline]
    fn join<A, B, RA, RB>(_: &mut (), left: A, right: B) -> (RA, RB)
    where
        A: FnOnce(&mut ()) -> RA + Send,
        B: FnOnce(&mut ()) -> RB + Send,
        RA: Send,
        RB: Send,
    {
        let left = left(&mut ());
        (left, right(&mut ()))
    }
}
