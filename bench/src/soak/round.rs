//! A round: an echo server, and players who do one random act after the other, on one runtime.
//! A drained round lets everything end; an abrupt one drops the runtime in the middle of it all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use cortado::time::{sleep, timeout};
use cortado::{Handle, JoinHandle, LocalRuntime, Runtime, spawn, spawn_local};
use fastrand::Rng;

use super::acts::{Act, Scene, local};
use super::books::Books;
use super::ledger::Ledger;
use super::server::Server;
use super::{census, staged, watchdog};

/// How a round ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// All acts come to their end.
    Drained,
    /// The runtime ends while they are in the middle.
    Abrupt,
}

/// Where a round is played.
pub(super) enum Host<'a> {
    /// The runtime that all drained rounds share.
    Shared(&'a Runtime),
    /// A runtime of its own, with several threads.
    Lanes(Runtime),
    /// An event loop of its own.
    Single(LocalRuntime),
}

impl Host<'_> {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self {
            Host::Shared(runtime) => runtime.block_on(future),
            Host::Lanes(runtime) => runtime.block_on(future),
            Host::Single(runtime) => runtime.block_on(future),
        }
    }

    /// Ends a runtime of the round's own, in one of the ways that there are.
    fn end(self, rng: &mut Rng) {
        let limit = Duration::from_millis(rng.u64(0..20));
        match self {
            Host::Shared(_) => {}
            Host::Lanes(runtime) => match rng.u8(0..4) {
                0 => {
                    runtime.shutdown_timeout(limit);
                }
                1 => runtime.shutdown_background(),
                _ => drop(runtime),
            },
            Host::Single(runtime) if rng.bool() => {
                runtime.shutdown_timeout(limit);
            }
            Host::Single(runtime) => drop(runtime),
        }
    }
}

/// See the module.
pub(super) struct Round<'a> {
    pub(super) ledger: &'static Ledger,
    pub(super) acts: &'a [&'static Act],
    pub(super) length: Duration,
    /// The name of the runtime's threads, if it is the round's own.
    pub(super) name: String,
    pub(super) ending: Ending,
}

impl Round<'_> {
    /// Plays it, and checks afterwards that nothing is left of it.
    pub(super) fn run(&self, host: Host<'_>, mut rng: Rng) -> Result<()> {
        let own = !matches!(host, Host::Shared(_));
        let local = matches!(host, Host::Single(_));
        let when = format!("round {} ({})", self.name, if local { "event loop" } else { "lanes" });
        watchdog::doing(&when);
        let names = if own { vec![format!("{}-", self.name)] } else { Vec::new() };
        let books = own.then(|| Books::open(&names));
        let ending = Arc::new(AtomicBool::new(false));
        match self.ending {
            Ending::Drained => host.block_on(self.play(local, &mut rng, &ending))?,
            Ending::Abrupt => {
                let until = Duration::from_millis(rng.u64(1..=300)).min(self.length);
                // The error is that time was up, which is what is wanted.
                let playing = async { timeout(until, self.play(local, &mut rng, &ending)).await };
                if let Ok(failed) = host.block_on(playing) {
                    failed?;
                }
            }
        }
        ending.store(true, Ordering::SeqCst);
        host.end(&mut rng);
        match books {
            // The books of the shared runtime are closed at the very end; of the rest, here.
            Some(books) => {
                books.close(&when);
                self.ledger.check(&when);
                census::check(&when);
            }
            None => self.ledger.check(&when),
        }
        Ok(())
    }

    async fn play(&self, local: bool, rng: &mut Rng, ending: &Arc<AtomicBool>) -> Result<()> {
        let until = Instant::now() + self.length;
        let server = Server::start(rng.usize(1..=3)).await?;
        let acts: Arc<[&'static Act]> = self.acts.into();
        let abrupt = self.ending == Ending::Abrupt;
        let scene = |rng: &mut Rng| Scene {
            rng: Rng::with_seed(rng.u64(..)),
            server: server.address(),
            abrupt,
        };
        let mut players: Vec<_> = (0..rng.u32(8..=48))
            .map(|_| spawn(play_on(scene(rng), acts.clone(), until, ending.clone())))
            .collect();
        if local {
            let locals =
                (0..4).map(|_| spawn_local(local::play_on(scene(rng), until, ending.clone())));
            players.extend(locals);
        }
        for player in players {
            if let Err(error) = player.await {
                census::finding(format!("a player came to an end of its own: {error}"));
            }
        }
        server.stop().await;
        drained().await;
        Ok(())
    }
}

/// Waits until nothing but the caller lives: detached tasks end by themselves.
pub(super) async fn drained() {
    let handle = Handle::current();
    loop {
        let metrics = handle.metrics();
        let closures = metrics.queued_closures + metrics.blocking_threads;
        let begun = closures > metrics.idle_blocking_threads;
        // The last references of a task may outlive its end by a moment.
        if metrics.live_tasks == 0 && !begun && census::present() == 0 {
            return;
        }
        sleep(Duration::from_millis(1)).await;
    }
}

/// Does one act after the other, mostly each as a task of its own.
async fn play_on(
    mut scene: Scene,
    acts: Arc<[&'static Act]>,
    until: Instant,
    ending: Arc<AtomicBool>,
) {
    while Instant::now() < until {
        let act = pick(&acts, &mut scene.rng);
        let own = scene.fork();
        let outcome = if scene.rng.u8(..) < 32 {
            (act.begin)(own).await
        } else {
            joined(spawn((act.begin)(own))).await
        };
        // The poll that is under way when the runtime ends may see others cancelled already.
        if let Err(error) = outcome
            && !ending.load(Ordering::SeqCst)
        {
            census::finding(format!("{}: {error:#}", act.name));
        }
        census::act_ended();
    }
}

/// What an act that runs as a task has come to: only what it stages itself may panic in it.
async fn joined(act: JoinHandle<Result<()>>) -> Result<()> {
    match act.await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => {
            let what = error.to_string();
            let staged = if staged::was_staged(error) { " (staged, and let out)" } else { "" };
            anyhow::bail!("{what}{staged}")
        }
        Err(error) => anyhow::bail!("was cancelled by nobody: {error}"),
    }
}

fn pick(acts: &[&'static Act], rng: &mut Rng) -> &'static Act {
    let mut ticket = rng.u32(0..acts.iter().map(|act| act.weight).sum());
    let chosen = acts.iter().find(|act| {
        let mine = ticket < act.weight;
        ticket = ticket.saturating_sub(act.weight);
        mine
    });
    chosen.expect("the ticket is below the sum of all weights")
}
