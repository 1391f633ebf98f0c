//! The rule that tests of the crates with unsafe code do not take std's locks. Those are compiled without the sanitizer,
//! so ThreadSanitizer does not see what they order, and reports a race whenever two threads meet at one: a test that
//! fails once in ten runs.

use super::Finding;
use super::source::Source;
use super::tokens::PathSite;
use crate::unsafe_map::{self, Entry};

/// Names of std::sync that are out of bounds. Its channels hand messages on by atomics, which the sanitizer sees.
const LOCKS: &[&str] = &["Barrier", "Condvar", "LazyLock", "Mutex", "Once", "OnceLock", "RwLock"];

/// Checks the test programs, which are what runs under the sanitizer.
pub(super) fn check(sources: &[Source], unsafe_files: &[Entry]) -> Vec<Finding> {
    let sanitized = unsafe_map::packages(unsafe_files);
    let runs_there = |source: &&Source| {
        let name = source.package.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| sanitized.contains(name))
            && source.path.starts_with(source.package.join("tests"))
    };
    sources.iter().filter(runs_there).flat_map(findings_in).collect()
}

fn findings_in(source: &Source) -> Vec<Finding> {
    let sites = source.tokens.path_sites.iter().filter(|site| is_unseen(&site.segments));
    let finding = |site: &PathSite| {
        let sentence = format!(
            "ThreadSanitizer does not see what {} orders; take parking_lot's or a channel.",
            site.segments.join("::")
        );
        Finding::new(&source.path, site.line, sentence)
    };
    sites.map(finding).collect()
}

/// Says whether the path leads to a lock of std's, from std or from one of its modules.
fn is_unseen(segments: &[String]) -> bool {
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match path.strip_prefix(&["std"]).unwrap_or(&path) {
        ["sync", name, ..] => LOCKS.contains(name),
        ["thread", "scope", ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn count(path: &str, text: &str) -> usize {
        let package = PathBuf::from_iter(Path::new(path).components().take(2));
        let source = Source::parse(Path::new(path), package, text)
            .unwrap_or_else(|finding| panic!("{finding:?}"));
        let listed = [Entry { path: "crates/c/src/a.rs".to_owned(), line: 1 }];
        check(&[source], &listed).len()
    }

    #[test]
    fn locks_of_std_are_found_however_they_are_named() {
        for text in [
            "use std::sync::{Arc, Mutex};",
            "use std::{sync::Barrier, thread};",
            "static A: std::sync::OnceLock<u8> = std::sync::OnceLock::new();",
            "use std::sync;\nfn f(a: &sync::RwLock<u8>) {}",
            "use std::thread;\nfn f() { thread::scope(|_| ()) }",
        ] {
            assert_ne!(count("crates/c/tests/it/t.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn other_locks_and_other_crates_are_not() {
        let free = "use std::sync::{Arc, atomic::AtomicBool, mpsc};\nuse parking_lot::Mutex;\nuse cortado_sync::Once;";
        assert_eq!(count("crates/c/tests/it/t.rs", free), 0);
        let lock = "use std::sync::Mutex;";
        assert_eq!(count("crates/c/src/t.rs", lock), 0, "unit tests do not run there");
        assert_eq!(count("crates/d/tests/it/t.rs", lock), 0, "no unsafe code, no sanitizer");
    }
}
