//! Where the workspace is and which files it has. The list is taken from the directory tree and not from git, so that the
//! checks also work in an unpacked archive and see files that are not added yet.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Directories that hold no sources of ours, wherever they appear.
const SKIPPED_DIRECTORIES: &[&str] = &[".git", "target"];

/// Everything under the root, by path relative to it, sorted.
pub(crate) struct Listing {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) directories: Vec<PathBuf>,
}

impl Listing {
    /// Says whether `path` names a file or directory, as a whole relative path or as the end of one, so that an essay may
    /// write `task/cell.rs` without the crate in front.
    pub(crate) fn has(&self, path: &str) -> bool {
        let wanted = Path::new(path.trim_end_matches('/'));
        self.files.iter().chain(&self.directories).any(|known| known.ends_with(wanted))
    }
}

/// The workspace root: the parent of this package's directory.
pub(crate) fn root() -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package.parent().context("the xtask package has no parent directory")?;
    Ok(root.to_path_buf())
}

/// Walks the tree below `root`.
pub(crate) fn list(root: &Path) -> Result<Listing> {
    let mut listing = Listing { files: Vec::new(), directories: Vec::new() };
    let mut pending = vec![PathBuf::new()];
    while let Some(directory) = pending.pop() {
        let full = root.join(&directory);
        let entries = fs::read_dir(&full).with_context(|| format!("cannot list {full:?}"))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot list {full:?}"))?;
            let path = directory.join(entry.file_name());
            if !entry.file_type().with_context(|| format!("cannot look at {path:?}"))?.is_dir() {
                listing.files.push(path);
            } else if !SKIPPED_DIRECTORIES.iter().any(|name| entry.file_name() == *name) {
                pending.push(path.clone());
                listing.directories.push(path);
            }
        }
    }
    listing.files.sort();
    listing.directories.sort();
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_has_this_file_but_no_build_output() {
        let listing = list(&root().unwrap()).unwrap();
        assert!(listing.files.contains(&PathBuf::from("xtask/src/workspace.rs")));
        assert!(!listing.files.iter().any(|file| file.starts_with("target")));
    }

    #[test]
    fn a_path_is_found_by_whole_components_at_its_end() {
        let listing = Listing {
            files: vec![PathBuf::from("crates/core/src/task/cell.rs")],
            directories: vec![PathBuf::from("crates/core")],
        };
        assert!(listing.has("task/cell.rs"));
        assert!(listing.has("cell.rs"));
        assert!(listing.has("crates/core/"));
        assert!(!listing.has("ell.rs"));
        assert!(!listing.has("task/waker.rs"));
    }
}
