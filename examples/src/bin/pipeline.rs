//! A pipeline of stages over channels: find files, read them, count their words, add up.
//!
//! `cargo run --release -p examples --bin pipeline -- crates` prints the commonest words below a
//! directory. Each stage has as many tasks as suits it: reading waits, so there are many; counting
//! computes, so there is one for each core. A channel between two stages has little room, so a
//! quick stage waits for a slow one instead of filling the memory. A stage ends when the channel
//! before it is closed and empty, and closes the one behind it by dropping its senders.

use std::collections::HashMap;
use std::path::PathBuf;
use std::thread::available_parallelism;

use anyhow::{Context, Result};
use cortado::sync::channel::{Receiver, Sender, bounded};

type Counts = HashMap<String, u64>;

const READERS: usize = 16;

/// Messages that may wait between two stages.
const ROOM: usize = 32;

const SHOWN: usize = 5;

fn main() -> Result<()> {
    let root = std::env::args().nth(1).context("give a directory")?;
    cortado::Runtime::new()?.block_on(async {
        let (path_sender, paths) = bounded(ROOM);
        let (text_sender, texts) = bounded(ROOM);
        let (count_sender, counts) = bounded(ROOM);
        let finder = cortado::spawn(find(PathBuf::from(root), path_sender));
        for _ in 0..READERS {
            drop(cortado::spawn(read(paths.clone(), text_sender.clone())));
        }
        for _ in 0..available_parallelism()?.get() {
            drop(cortado::spawn(count(texts.clone(), count_sender.clone())));
        }
        // Only the stages have senders now, so their ends are seen.
        drop((text_sender, count_sender));
        let (files, total) = add_up(counts).await;
        finder.await.context("the finder panicked")??;
        report(files, total);
        Ok(())
    })
}

/// Stage 1: the files below `root`.
async fn find(root: PathBuf, found: Sender<PathBuf>) -> Result<()> {
    let mut directories = vec![root];
    while let Some(directory) = directories.pop() {
        let mut entries = cortado::fs::read_dir(&directory)
            .await
            .with_context(|| format!("cannot list {}", directory.display()))?;
        while let Some(entry) = entries.next_entry().await? {
            let kind = entry.file_type().await?;
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_file() && found.send(entry.path()).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Stage 2: their texts. What is not text, or may not be read, is passed over.
async fn read(paths: Receiver<PathBuf>, texts: Sender<String>) {
    while let Ok(path) = paths.recv().await {
        if let Ok(bytes) = cortado::fs::read(&path).await
            && let Ok(text) = String::from_utf8(bytes)
            && texts.send(text).await.is_err()
        {
            return;
        }
    }
}

/// Stage 3: the words of each text.
async fn count(texts: Receiver<String>, counts: Sender<Counts>) {
    while let Ok(text) = texts.recv().await {
        let mut words = Counts::new();
        for word in text.split(|letter: char| !letter.is_alphabetic()).filter(|word| word.len() > 3)
        {
            *words.entry(word.to_lowercase()).or_default() += 1;
        }
        if counts.send(words).await.is_err() {
            return;
        }
    }
}

/// Stage 4: the sum.
async fn add_up(counts: Receiver<Counts>) -> (usize, Counts) {
    let (mut files, mut total) = (0, Counts::new());
    while let Ok(counts) = counts.recv().await {
        files += 1;
        for (word, count) in counts {
            *total.entry(word).or_default() += count;
        }
    }
    (files, total)
}

fn report(files: usize, total: Counts) {
    println!(
        "{files} files, {} words, {} different ones",
        total.values().sum::<u64>(),
        total.len()
    );
    let mut ranking: Vec<_> = total.into_iter().collect();
    ranking.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for (word, count) in ranking.into_iter().take(SHOWN) {
        println!("{count} {word}");
    }
}
