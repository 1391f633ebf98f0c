//! The rule that essays stay true. An essay is ARCHITECTURE.md, or a file header with a heading line that begins with
//! `# Essay`. Every file it puts in back quotes must exist, and every symbol must appear as an identifier in some source
//! of the workspace. What is neither (commands, flags, values, types of other projects with spaces or dots) is passed
//! over.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Finding;
use super::outside_words::OUTSIDE_WORDS;
use super::safety::invariants_in;
use super::source::Source;
use crate::unsafe_map;
use crate::workspace::Listing;

/// Endings by which a word without a slash is known to be a file.
const FILE_ENDINGS: &[&str] = &[".rs", ".md", ".toml", ".txt", ".sh"];

/// One text whose names are checked.
pub(super) struct Essay {
    pub(super) path: PathBuf,
    /// Directory of the package whose header it is; none for a document at the root.
    pub(super) package: Option<PathBuf>,
    /// Line of the file at which `lines` begin.
    pub(super) start: usize,
    pub(super) lines: Vec<String>,
}

/// The names that exist.
pub(super) struct Known<'a> {
    identifiers: BTreeSet<&'a str>,
    packages: BTreeSet<String>,
    listing: &'a Listing,
}

impl<'a> Known<'a> {
    /// Collects the names of the workspace at `root`.
    pub(super) fn new(root: &Path, sources: &'a [Source], listing: &'a Listing) -> Result<Self> {
        let lock = fs::read_to_string(root.join("Cargo.lock"))
            .context("cannot read Cargo.lock, which names the packages that essays may mention")?;
        let names =
            lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        let identifiers = sources.iter().flat_map(|source| &source.tokens.identifiers);
        Ok(Self {
            identifiers: identifiers.map(String::as_str).collect(),
            packages: names.map(str::to_owned).collect(),
            listing,
        })
    }
}

/// All essays of the workspace at `root`.
pub(super) fn collect(root: &Path, sources: &[Source]) -> Result<Vec<Essay>> {
    let path = PathBuf::from(unsafe_map::DOCUMENT);
    let text =
        fs::read_to_string(root.join(&path)).with_context(|| format!("cannot read {path:?}"))?;
    let lines = text.lines().map(str::to_owned).collect();
    let mut essays = vec![Essay { path, package: None, start: 1, lines }];
    essays.extend(sources.iter().filter_map(essay_in_header));
    Ok(essays)
}

fn essay_in_header(source: &Source) -> Option<Essay> {
    source.header.iter().any(|line| is_essay_heading(line)).then(|| Essay {
        path: source.path.clone(),
        package: Some(source.package.clone()),
        start: source.header_start,
        lines: source.header.clone(),
    })
}

fn is_essay_heading(line: &str) -> bool {
    line.strip_prefix("# Essay").is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// Checks every name that the essays mention.
pub(super) fn check(essays: &[Essay], known: &Known<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for essay in essays {
        for (index, word) in quoted_words(&essay.lines) {
            if let Some(sentence) = problem_with(&word, known) {
                findings.push(Finding::new(&essay.path, essay.start + index, sentence));
            }
        }
    }
    findings
}

fn problem_with(word: &str, known: &Known<'_>) -> Option<String> {
    match mention(word) {
        Mention::Passed => None,
        Mention::File(path) => (!known.listing.has(path))
            .then(|| format!("The essay names the file `{path}`, which does not exist.")),
        Mention::Package(name) => (!known.packages.contains(name)).then(|| {
            format!("The essay names the crate `{name}`, which Cargo.lock does not have.")
        }),
        Mention::Symbol(segments) => {
            if OUTSIDE_WORDS.contains(&segments[0]) {
                return None;
            }
            let exists =
                |name: &str| known.identifiers.contains(name) || known.packages.contains(name);
            let missing = segments.into_iter().find(|segment| !exists(segment))?;
            Some(format!(
                "The essay names `{word}`, but no source has the identifier {missing}; correct it, or add a word from \
                 outside to xtask/src/tidy/outside_words.rs."
            ))
        }
    }
}

/// What a word in back quotes refers to.
#[derive(Debug, PartialEq, Eq)]
enum Mention<'a> {
    File(&'a str),
    Package(&'a str),
    /// The segments of a path of identifiers.
    Symbol(Vec<&'a str>),
    /// Nothing that can be looked up.
    Passed,
}

fn mention(word: &str) -> Mention<'_> {
    if word.contains(char::is_whitespace) || word.starts_with(['-', '/', '~', '.', '$', '\'']) {
        return dotted_path(word);
    }
    if word.contains("://") || word.contains(['*', '{', '=', '"']) {
        return Mention::Passed;
    }
    if word.contains('/') || FILE_ENDINGS.iter().any(|ending| word.ends_with(ending)) {
        return Mention::File(word);
    }
    if word.starts_with("cortado-") {
        return Mention::Package(word);
    }
    let segments: Vec<&str> = bare_path(word).split("::").collect();
    let is_symbol = segments.iter().all(|segment| is_identifier(segment));
    let is_invariant = !invariants_in(word).is_empty();
    if is_symbol && !is_invariant { Mention::Symbol(segments) } else { Mention::Passed }
}

/// Directories of the workspace such as `.ci/run` begin with a dot, like method calls without a receiver.
fn dotted_path(word: &str) -> Mention<'_> {
    let is_path = word.starts_with('.') && word.contains('/') && !word.starts_with("..");
    if is_path && !word.contains(' ') { Mention::File(word) } else { Mention::Passed }
}

/// Takes from a symbol what surrounds its path: `#[a]`, `a!`, `a::<T>()`, `a<T>`, `&a`.
fn bare_path(word: &str) -> &str {
    let word = word.trim_start_matches("#!").trim_start_matches('#');
    let word = word.trim_start_matches(['[', '&']).trim_end_matches(']');
    let word = word.split(['(', '<', '!', '[']).next().unwrap_or(word);
    word.trim_end_matches("::")
}

fn is_identifier(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The spans between back quotes with the index of the line on which they begin. Fenced code is passed over; a span ends
/// at the end of its paragraph at the latest.
fn quoted_words(lines: &[String]) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    let mut fenced = false;
    let mut open: Option<(usize, String)> = None;
    for (index, line) in lines.iter().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if line.trim().is_empty() {
            open = None;
        } else if !fenced {
            if let Some((_, text)) = &mut open {
                text.push(' ');
            }
            quoted_words_of_line(index, line, &mut open, &mut words);
        }
    }
    words
}

fn quoted_words_of_line(
    index: usize,
    line: &str,
    open: &mut Option<(usize, String)>,
    words: &mut Vec<(usize, String)>,
) {
    for letter in line.chars() {
        match (letter, open.take()) {
            ('`', Some(word)) => words.push(word),
            ('`', None) => *open = Some((index, String::new())),
            (letter, Some((start, mut text))) => {
                text.push(letter);
                *open = Some((start, text));
            }
            (_, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::parse(Path::new("c/src/a.rs"), PathBuf::from("c"), text)
            .unwrap_or_else(|finding| panic!("{finding:?}"))
    }

    fn check_header(text: &str) -> Vec<String> {
        let sources = [source(text)];
        let listing = Listing { files: vec![PathBuf::from("c/src/a.rs")], directories: Vec::new() };
        let known = Known {
            identifiers: sources[0].tokens.identifiers.iter().map(String::as_str).collect(),
            packages: BTreeSet::from(["cortado-core".to_owned(), "slab".to_owned()]),
            listing: &listing,
        };
        let essays: Vec<Essay> = sources.iter().filter_map(essay_in_header).collect();
        check(&essays, &known)
            .into_iter()
            .map(|finding| format!("{}: {}", finding.line, finding.sentence))
            .collect()
    }

    #[test]
    fn a_header_is_an_essay_by_its_heading() {
        for (line, is_essay) in [
            ("# Essay", true),
            ("# Essay: task life", true),
            ("# Essays", false),
            ("An # Essay", false),
        ] {
            let found = check_header(&format!("//! {line}\n//! `nobody`\n"));
            assert_eq!(found.len(), usize::from(is_essay), "{line}: {found:?}");
        }
    }

    #[test]
    fn symbols_that_exist_are_accepted() {
        let text = "//! # Essay\n//! `Cell`, `Cell::poll`, `poll()`, `Cell<T>`, `#[inline]`, `slab`, `std::mem::forget`,\n\
                    //! `a.rs`, `c/src/a.rs`, `cortado-core`, `I3`, `--cfg loom`, `a.b()`, `/proc/stat`, `0.5`\n\
                    struct Cell;\nimpl Cell { #[inline] fn poll() {} }\n";
        assert_eq!(check_header(text), Vec::<String>::new());
    }

    #[test]
    fn names_that_are_gone_are_found_with_their_line() {
        let text = "//! # Essay\n//!\n//! `Gone::poll` and `Cell::gone()`\n//! `b.rs`\n//! `cortado-gone`\n\
                    struct Cell;\nfn poll() {}\n";
        let found = check_header(text);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].starts_with("3: The essay names `Gone::poll`"), "{found:?}");
        assert!(found[0].contains("has the identifier Gone;"), "{found:?}");
        assert!(found[1].starts_with("3: The essay names `Cell::gone()`"), "{found:?}");
        assert!(found[2].starts_with("4: The essay names the file `b.rs`"), "{found:?}");
        assert!(found[3].starts_with("5: The essay names the crate `cortado-gone`"), "{found:?}");
    }

    #[test]
    fn fenced_code_is_passed_over_and_spans_may_wrap() {
        let lines: Vec<String> =
            ["a `b", "c` d", "```", "`e`", "```", "`open", "", "`f`"].map(str::to_owned).into();
        assert_eq!(quoted_words(&lines), [(0, "b c".to_owned()), (7, "f".to_owned())]);
    }

    #[test]
    fn words_are_sorted_into_kinds() {
        assert_eq!(mention(".ci/run"), Mention::File(".ci/run"));
        assert_eq!(mention(".await"), Mention::Passed);
        assert_eq!(mention("task/*.rs"), Mention::Passed);
        assert_eq!(mention("cargo test"), Mention::Passed);
        assert_eq!(mention("collect::<Vec<_>>()"), Mention::Symbol(vec!["collect"]));
        assert_eq!(mention("loom_"), Mention::Symbol(vec!["loom_"]));
    }
}
