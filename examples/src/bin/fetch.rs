//! A client with reqwest: fetches many addresses at once and prints a line for each as it comes.
//!
//! `cargo run -p examples --bin fetch -- http://localhost:8080/ http://localhost:8080/notes`. reqwest
//! needs Tokio; here it runs unchanged in cortado's tasks, in a Tokio context, which is a second
//! reactor on a thread of its own.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use cortado::tokio_context::{BuilderExt, TokioContext};
use reqwest::Client;

/// What one address gave.
struct Fetched {
    status: reqwest::StatusCode,
    bytes: usize,
    took: Duration,
}

fn main() -> Result<ExitCode> {
    let urls: Vec<String> = std::env::args().skip(1).collect();
    ensure!(!urls.is_empty(), "give the addresses to fetch: fetch URL…");
    let runtime = cortado::Builder::new().tokio_context(TokioContext::new()?).build()?;
    runtime.block_on(async {
        let client = Client::builder().timeout(Duration::from_secs(10)).build()?;
        let fetches: Vec<_> = urls
            .into_iter()
            .map(|url| {
                let client = client.clone();
                cortado::spawn(async move {
                    let fetched = fetch(&client, &url).await;
                    report(&url, &fetched);
                    fetched.is_ok()
                })
            })
            .collect();
        let mut failed = 0;
        for fetch in fetches {
            failed += u32::from(!fetch.await.context("a fetch panicked")?);
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

async fn fetch(client: &Client, url: &str) -> Result<Fetched> {
    let start = Instant::now();
    let answer = client.get(url).send().await?;
    let status = answer.status();
    let bytes = answer.bytes().await?.len();
    Ok(Fetched { status, bytes, took: start.elapsed() })
}

fn report(url: &str, fetched: &Result<Fetched>) {
    match fetched {
        Ok(Fetched { status, bytes, took }) => {
            println!("{url}: {status}, {bytes} bytes in {} ms", took.as_millis());
        }
        Err(error) => println!("{url}: failed: {error:#}"),
    }
}
