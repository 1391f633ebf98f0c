//! The tasks in each runtime: those that wait, and those that compute.

use std::any::Any;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use tokio::runtime::Builder;

use super::super::cortado_server::COMPUTE;
use super::super::threads_server::{LOWERED, lower};
use super::super::tokio_server::{DEFAULT, TWO};
use super::scene::{Scene, Taker};
use crate::report::OURS;

/// Starts the tasks; what it returns keeps them running.
type Start = fn(&Arc<Scene>) -> Result<Box<dyn Any>>;

const RUNTIMES: &[(&str, Start)] = &[
    (OURS, cortado_plain),
    (COMPUTE, cortado_compute),
    (DEFAULT, tokio_default),
    (TWO, tokio_two),
    (LOWERED, threads_lowered),
];

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    RUNTIMES.iter().map(|(name, _)| *name)
}

pub(super) fn find(name: &str) -> Result<Start> {
    let found = RUNTIMES.iter().find(|(runtime, _)| *runtime == name);
    found.map(|(_, start)| *start).with_context(|| format!("no tasks lock in {name:?}"))
}

fn cortado_plain(scene: &Arc<Scene>) -> Result<Box<dyn Any>> {
    let runtime = cortado::Builder::new().report_long_polls(false).build()?;
    for taker in scene.waiting().chain(scene.computing()) {
        drop(runtime.spawn(yield_between(taker)));
    }
    Ok(Box::new(runtime))
}

fn cortado_compute(scene: &Arc<Scene>) -> Result<Box<dyn Any>> {
    let runtime = cortado::Builder::new().report_long_polls(false).build()?;
    for taker in scene.waiting() {
        drop(runtime.spawn(yield_between(taker)));
    }
    for taker in scene.computing() {
        drop(runtime.spawn(compute_elsewhere(taker)));
    }
    Ok(Box::new(runtime))
}

async fn yield_between(mut taker: Taker) {
    while taker.turn() {
        cortado::yield_now().await;
    }
}

async fn compute_elsewhere(mut taker: Taker) {
    let mut goes_on = true;
    while goes_on {
        (taker, goes_on) = cortado::compute(move || {
            let goes_on = taker.turn();
            (taker, goes_on)
        })
        .await;
    }
}

fn tokio_default(scene: &Arc<Scene>) -> Result<Box<dyn Any>> {
    let runtime = Builder::new_multi_thread().build()?;
    for taker in scene.waiting().chain(scene.computing()) {
        runtime.spawn(yield_to_tokio(taker));
    }
    Ok(Box::new(runtime))
}

/// What an expert tunes by hand: a worker per core in both runtimes, and priorities.
fn tokio_two(scene: &Arc<Scene>) -> Result<Box<dyn Any>> {
    let first = Builder::new_multi_thread().build()?;
    let second = Builder::new_multi_thread().on_thread_start(lower).build()?;
    for taker in scene.waiting() {
        first.spawn(yield_to_tokio(taker));
    }
    for taker in scene.computing() {
        second.spawn(yield_to_tokio(taker));
    }
    Ok(Box::new((first, second)))
}

async fn yield_to_tokio(mut taker: Taker) {
    while taker.turn() {
        tokio::task::yield_now().await;
    }
}

/// The control: a thread for each, and those that compute lowered by hand.
fn threads_lowered(scene: &Arc<Scene>) -> Result<Box<dyn Any>> {
    for mut taker in scene.waiting() {
        thread::spawn(move || while taker.turn() {});
    }
    for mut taker in scene.computing() {
        thread::spawn(move || {
            lower();
            while taker.turn() {}
        });
    }
    Ok(Box::new(()))
}
