//! Rules about unsafe code: it stands only in the files that ARCHITECTURE.md lists, and each place that makes a promise
//! cites, by letter and number, an invariant that is written down in the file's header or in an essay of the same crate.

use std::collections::BTreeSet;
use std::path::Path;

use super::Finding;
use super::essay::Essay;
use super::source::Source;
use crate::unsafe_map::{self, Entry};

/// Checks all files.
pub(super) fn check(sources: &[Source], listed: &[Entry], essays: &[Essay]) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        sources.iter().flat_map(|source| source_findings(source, listed, essays)).collect();
    findings.extend(listed.iter().filter_map(|entry| stale_finding(entry, sources)));
    findings
}

/// A listed file that is missing is found by the rule that an essay's files exist.
fn stale_finding(entry: &Entry, sources: &[Source]) -> Option<Finding> {
    let source = sources.iter().find(|source| source.path == Path::new(&entry.path))?;
    source.tokens.unsafe_sites.is_empty().then(|| {
        let sentence = format!("{} has no unsafe code; take it off the list.", entry.path);
        Finding::new(Path::new(unsafe_map::DOCUMENT), entry.line, sentence)
    })
}

fn source_findings(source: &Source, listed: &[Entry], essays: &[Essay]) -> Vec<Finding> {
    let sites = &source.tokens.unsafe_sites;
    if !listed.iter().any(|entry| source.path == Path::new(&entry.path)) {
        let sentence = format!(
            "There is unsafe code here, but {} does not list this file; move the code or list the file.",
            unsafe_map::DOCUMENT
        );
        return sites
            .iter()
            .map(|site| Finding::new(&source.path, site.line, &*sentence))
            .collect();
    }
    let known = invariants_known_to(source, essays);
    let promises = sites.iter().filter(|site| site.promises);
    promises.filter_map(|site| citation_finding(source, site.line, &known)).collect()
}

fn invariants_known_to(source: &Source, essays: &[Essay]) -> BTreeSet<Invariant> {
    let essays = essays.iter().filter(|essay| essay.package.as_deref() == Some(&*source.package));
    let lines = source.header.iter().chain(essays.flat_map(|essay| &essay.lines));
    lines.flat_map(|line| invariants_in(line)).collect()
}

fn citation_finding(source: &Source, line: usize, known: &BTreeSet<Invariant>) -> Option<Finding> {
    let finding = |sentence: String| Some(Finding::new(&source.path, line, sentence));
    let Some(comment) = safety_comment(&source.lines, line) else {
        return finding(
            "There is no `// SAFETY: I<number>` comment above this unsafe code.".into(),
        );
    };
    let cited = invariants_in(&comment);
    if cited.is_empty() {
        return finding(
            "The SAFETY comment cites no invariant such as I1; write which one holds here.".into(),
        );
    }
    let (letter, number) = cited.into_iter().find(|invariant| !known.contains(invariant))?;
    finding(format!(
        "The SAFETY comment cites {letter}{number}, which neither the file's header nor an essay of this crate states."
    ))
}

/// What follows `SAFETY:` in the comment on the line itself or in the nearest one above it within the same statement.
fn safety_comment(lines: &[String], line: usize) -> Option<String> {
    if let Some((_, text)) = lines[line - 1].split_once("// SAFETY:") {
        return Some(text.to_owned());
    }
    let is_comment = |text: &&str| text.starts_with("//");
    let mut above = lines[..line - 1].iter().rev().map(|text| text.trim()).peekable();
    while above.next_if(|text| !is_comment(text) && !ends_statement(text)).is_some() {}
    let mut comment: Vec<&str> = above.take_while(is_comment).collect();
    comment.reverse();
    let comment = comment.join("\n");
    comment.split_once("SAFETY:").map(|(_, text)| text.to_owned())
}

fn ends_statement(text: &str) -> bool {
    text.is_empty() || text.ends_with([';', '{', '}'])
}

/// The name of an invariant: `I1`, or a letter of the essay's own, so that two essays of one crate do not collide.
pub(super) type Invariant = (char, u32);

/// Every capital letter followed by a number that stands as a word of its own.
pub(super) fn invariants_in(text: &str) -> Vec<Invariant> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter_map(invariant).collect()
}

fn invariant(word: &str) -> Option<Invariant> {
    let letter = word.chars().next().filter(char::is_ascii_uppercase)?;
    let digits = &word[1..];
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if is_number { Some((letter, digits.parse().ok()?)) } else { None }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn check_text(text: &str, listed: &str, essays: &[Essay]) -> Vec<String> {
        let source = Source::parse(Path::new("c/src/a.rs"), PathBuf::from("c"), text)
            .unwrap_or_else(|finding| panic!("{finding:?}"));
        let listed = [Entry { path: listed.to_owned(), line: 9 }];
        check(&[source], &listed, essays)
            .into_iter()
            .map(|finding| format!("{}: {}", finding.line, finding.sentence))
            .collect()
    }

    fn one(text: &str) -> String {
        let found = check_text(text, "c/src/a.rs", &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn unsafe_code_in_a_file_that_is_not_listed_is_found() {
        let text = "//! H.\nfn f() {\n    unsafe { g() }\n}\nunsafe fn g() {}\n";
        let found = check_text(text, "c/src/b.rs", &[]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("3: There is unsafe code here"), "{found:?}");
        assert!(check_text("//! H.\n#![forbid(unsafe_code)]\n", "c/src/b.rs", &[]).is_empty());
    }

    #[test]
    fn a_listed_file_without_unsafe_code_is_found() {
        assert_eq!(one("//! H.\n"), "9: c/src/a.rs has no unsafe code; take it off the list.");
    }

    #[test]
    fn a_promise_needs_a_comment_with_an_invariant_that_is_written_down() {
        let with = |comment: &str| {
            format!("//! I1: it holds.\nfn f() {{\n    {comment}\n    unsafe {{ g() }}\n}}\n")
        };
        assert_eq!(
            check_text(&with("// SAFETY: I1 (we own it)"), "c/src/a.rs", &[]),
            Vec::<String>::new()
        );
        assert!(one(&with("// It is fine.")).starts_with("4: There is no"));
        assert!(one(&with("// SAFETY: it is fine")).contains("cites no invariant"));
        assert!(one(&with("// SAFETY: I1 and I2")).contains("cites I2"));
        assert!(one(&with("// SAFETY: I1\n    h();")).contains("There is no"));
    }

    #[test]
    fn a_comment_above_the_statement_or_over_several_lines_counts() {
        let text = "//! I4: it holds.\nfn f() {\n    // SAFETY: g is called\n    // once (I4).\n    #[expect(x)]\n    \
                    let a =\n        unsafe { g() };\n}\n";
        assert_eq!(check_text(text, "c/src/a.rs", &[]), Vec::<String>::new());
    }

    #[test]
    fn an_unsafe_impl_promises_and_an_unsafe_fn_does_not() {
        assert!(one("//! I1: x.\nunsafe impl Send for S {}\n").contains("There is no"));
        assert_eq!(
            check_text("//! H.\nunsafe fn g() {}\n", "c/src/a.rs", &[]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn an_essay_of_the_same_crate_may_state_the_invariant() {
        let essay = |package: &str| Essay {
            path: PathBuf::from("c/src/essay.rs"),
            package: Some(PathBuf::from(package)),
            start: 1,
            lines: vec!["# Essay".into(), "I7: one owner.".into()],
        };
        let text = "//! H.\n// SAFETY: I7\nunsafe impl Send for S {}\n";
        assert!(check_text(text, "c/src/a.rs", &[essay("c")]).is_empty());
        assert!(check_text(text, "c/src/a.rs", &[essay("d")])[0].contains("cites I7"));
    }

    #[test]
    fn invariants_are_whole_words() {
        assert_eq!(
            invariants_in("I1, (I12) and T3: not XI4, I5a, i6, I+7 or I"),
            [('I', 1), ('I', 12), ('T', 3)]
        );
    }
}
