//! `cargo xtask tidy`: reads every source file once, applies one rule per submodule, and prints all findings together as
//! `path:line: sentence`.

mod cfg_share;
mod essay;
mod outside_words;
mod safety;
mod shape;
mod source;
mod tokens;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::exceptions::EXCEPTIONS;
use crate::{unsafe_map, workspace};
use source::Source;

/// One thing to put right.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: PathBuf,
    line: usize,
    sentence: String,
}

impl Finding {
    fn new(path: &Path, line: usize, sentence: impl Into<String>) -> Self {
        Self { path: path.to_path_buf(), line, sentence: sentence.into() }
    }
}

/// Checks all sources of the workspace at `root`.
pub(crate) fn run(root: &Path) -> Result<()> {
    let listing = workspace::list(root)?;
    let mut findings = Vec::new();
    let sources = read_sources(root, &listing, &mut findings)?;
    let unsafe_files = unsafe_map::read(root)?;
    let essays = essay::collect(root, &sources)?;

    findings.extend(shape::check(&sources, EXCEPTIONS));
    findings.extend(safety::check(&sources, &unsafe_files, &essays));
    findings.extend(essay::check(&essays, &essay::Known::new(root, &sources, &listing)?));
    findings.extend(cfg_share::check(&sources));
    report(findings, sources.len(), essays.len())
}

fn read_sources(
    root: &Path,
    listing: &workspace::Listing,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in listing.files.iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
        match Source::parse(
            path,
            package_of(path, listing),
            &std::fs::read_to_string(root.join(path))?,
        ) {
            Ok(source) => sources.push(source),
            Err(finding) => findings.push(finding),
        }
    }
    Ok(sources)
}

/// The nearest directory above `path` that has a manifest.
fn package_of(path: &Path, listing: &workspace::Listing) -> PathBuf {
    let has_manifest =
        |directory: &&Path| listing.files.binary_search(&directory.join("Cargo.toml")).is_ok();
    path.ancestors().skip(1).find(has_manifest).unwrap_or(Path::new("")).to_path_buf()
}

fn report(mut findings: Vec<Finding>, files: usize, essays: usize) -> Result<()> {
    findings.sort();
    findings.dedup();
    for Finding { path, line, sentence } in &findings {
        println!("{}:{line}: {sentence}", path.display());
    }
    if !findings.is_empty() {
        bail!("{} finding(s); CONTRIBUTING.md has the rules", findings.len());
    }
    println!("tidy: {files} files and {essays} essays are in order");
    Ok(())
}
