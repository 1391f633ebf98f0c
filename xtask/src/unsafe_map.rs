//! Reads from ARCHITECTURE.md which files may hold unsafe code. The tidy check enforces the list; the sanitizers and Miri
//! take from it what they have to test.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The document that has the list.
pub(crate) const DOCUMENT: &str = "ARCHITECTURE.md";

/// The heading under which the list stands.
const HEADING: &str = "Where unsafe lives";

/// One file of the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Path relative to the workspace root.
    pub(crate) path: String,
    /// Line of the document that names it.
    pub(crate) line: usize,
}

/// Reads the list of the workspace at `root`.
pub(crate) fn read(root: &Path) -> Result<Vec<Entry>> {
    let text = fs::read_to_string(root.join(DOCUMENT)).with_context(|| {
        format!("cannot read {DOCUMENT}, which lists the files with unsafe code")
    })?;
    let entries = parse(&text);
    ensure!(
        !entries.is_empty(),
        "{DOCUMENT} names no file under the heading \"{HEADING}\"; list them there in back quotes"
    );
    Ok(entries)
}

/// The packages that hold the listed files, by the name of their directory, which is the package's own.
pub(crate) fn packages(entries: &[Entry]) -> BTreeSet<&str> {
    entries
        .iter()
        .filter_map(|entry| entry.path.strip_prefix("crates/")?.split('/').next())
        .collect()
}

fn parse(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with('#') {
            inside = line.trim_start_matches('#').trim() == HEADING;
        } else if inside {
            let quoted = line.split('`').skip(1).step_by(2);
            let paths = quoted.filter(|word| word.contains('/') && word.ends_with(".rs"));
            entries.extend(paths.map(|path| Entry { path: path.to_owned(), line: index + 1 }));
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Map\n`crates/a/src/x.rs`\n## Where unsafe lives\n\n- `crates/a/src/y.rs` and `lib.rs`\n\
                        - `crates/b/src/sys/z.rs` (calls `libc`)\n## Next\n`crates/c/src/w.rs`\n";

    #[test]
    fn only_paths_of_the_section_are_read() {
        let entry = |path: &str, line| Entry { path: path.to_owned(), line };
        assert_eq!(
            parse(TEXT),
            vec![entry("crates/a/src/y.rs", 5), entry("crates/b/src/sys/z.rs", 6)]
        );
    }

    #[test]
    fn the_packages_follow_from_the_paths() {
        assert_eq!(packages(&parse(TEXT)).into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}
