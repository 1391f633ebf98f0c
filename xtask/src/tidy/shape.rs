//! Rules about the shape of a file: a header, a telling name, and lengths that fit a reader's head.

use std::path::Path;

use super::Finding;
use super::source::Source;
use crate::exceptions::Exception;

const FILE_LIMIT_LINES: usize = 400;
const FUNCTION_LIMIT_LINES: usize = 60;

/// Names that say nothing about what is inside; each also with an `s` at its end.
const EMPTY_NAMES: &[&str] = &["util", "helper", "misc", "common"];

/// Checks all files.
pub(super) fn check(sources: &[Source], exceptions: &[Exception]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = vec![false; exceptions.len()];
    for source in sources {
        findings.extend(header_finding(source));
        findings.extend(name_finding(&source.path));
        for long in long_parts(source) {
            let permitted = exceptions.iter().position(|exception| long.is_permitted_by(exception));
            match permitted {
                Some(index) => used[index] = true,
                None => findings.push(long.finding()),
            }
        }
    }
    let unused = exceptions.iter().zip(used).filter(|(_, used)| !used);
    findings.extend(unused.map(|(exception, _)| unused_finding(exception)));
    findings
}

/// A file, test module or function above its limit.
struct LongPart<'a> {
    path: &'a Path,
    line: usize,
    function: Option<&'a str>,
    what: String,
    code_lines: usize,
    limit: usize,
}

impl LongPart<'_> {
    fn is_permitted_by(&self, exception: &Exception) -> bool {
        self.path == Path::new(exception.path) && self.function == exception.function
    }

    fn finding(&self) -> Finding {
        let Self { path, line, what, code_lines, limit, .. } = self;
        Finding::new(
            path,
            *line,
            format!(
                "{what} has {code_lines} lines of code and may have {limit}; split it, or name it with a reason in \
                 xtask/src/exceptions.rs."
            ),
        )
    }
}

fn long_parts(source: &Source) -> Vec<LongPart<'_>> {
    let part = |line, function, what: String, code_lines, limit| LongPart {
        path: &source.path,
        line,
        function,
        what,
        code_lines,
        limit,
    };
    let mut parts =
        vec![part(1, None, "The file".into(), source.product_code_lines(), FILE_LIMIT_LINES)];
    for range in &source.test_modules {
        let code_lines = source.code_lines_in(range);
        parts.push(part(
            *range.start(),
            None,
            "The test module".into(),
            code_lines,
            FILE_LIMIT_LINES,
        ));
    }
    for function in &source.functions {
        let what = format!("The function {}", function.name);
        let code_lines = source.code_lines_in(&function.lines);
        let line = *function.lines.start();
        parts.push(part(line, Some(&function.name), what, code_lines, FUNCTION_LIMIT_LINES));
    }
    parts.retain(|part| part.code_lines > part.limit);
    parts
}

fn unused_finding(exception: &Exception) -> Finding {
    let what = exception.function.unwrap_or("the file");
    Finding::new(
        Path::new(exception.path),
        1,
        format!(
            "The exception for {what} (\"{}\") permits nothing that is too long; remove it from \
             xtask/src/exceptions.rs.",
            exception.reason
        ),
    )
}

fn header_finding(source: &Source) -> Option<Finding> {
    let is_missing = source.header.iter().all(|line| line.trim().is_empty());
    is_missing.then(|| {
        let sentence =
            "The file has no `//!` header; say at its top in a few sentences what it is for.";
        Finding::new(&source.path, 1, sentence)
    })
}

fn name_finding(path: &Path) -> Option<Finding> {
    let component = path.iter().map(Path::new).find(|part| {
        let stem = part.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        EMPTY_NAMES.iter().any(|name| stem == *name || stem.strip_suffix('s') == Some(name))
    })?;
    let sentence =
        format!("The name {} says nothing; name it after what it holds.", component.display());
    Some(Finding::new(path, 1, sentence))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn check_text(path: &str, text: &str, exceptions: &[Exception]) -> Vec<String> {
        let source = Source::parse(Path::new(path), PathBuf::new(), text)
            .unwrap_or_else(|finding| panic!("{finding:?}"));
        check(&[source], exceptions).into_iter().map(|finding| finding.sentence).collect()
    }

    fn function_of(code_lines: usize) -> String {
        format!(
            "//! Header.\nfn long() {{\n{}}}\n",
            "    f();\n\n    // why\n".repeat(code_lines - 2)
        )
    }

    #[test]
    fn a_file_needs_a_header_with_words() {
        assert_eq!(check_text("src/a.rs", "//! What it is for.\n", &[]), Vec::<String>::new());
        for text in ["fn f() {}\n", "//!\n//!\n", "// plain\n//! late\n"] {
            let found = check_text("src/a.rs", text, &[]);
            assert!(found[0].contains("no `//!` header"), "{found:?}");
        }
    }

    #[test]
    fn empty_names_are_refused_for_files_and_directories() {
        for path in ["src/util.rs", "src/Helpers.rs", "tests/common/mod.rs", "src/misc.rs"] {
            let found = check_text(path, "//! Header.\n", &[]);
            assert!(found[0].contains("says nothing"), "{path}: {found:?}");
        }
        assert!(check_text("src/utilization.rs", "//! Header.\n", &[]).is_empty());
    }

    #[test]
    fn sixty_lines_fit_a_function_and_one_more_does_not() {
        assert_eq!(check_text("src/a.rs", &function_of(60), &[]), Vec::<String>::new());
        let found = check_text("src/a.rs", &function_of(61), &[]);
        assert!(found[0].starts_with("The function long has 61 lines of code"), "{found:?}");
    }

    #[test]
    fn four_hundred_lines_fit_a_file_and_tests_are_counted_apart() {
        let product = "const A: u8 = 1;\n".repeat(400);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "const B: u8 = 1;\n".repeat(300));
        assert!(check_text("src/a.rs", &format!("//! H.\n{product}{tests}"), &[]).is_empty());
        let found = check_text("src/a.rs", &format!("//! H.\n{product}const C: u8 = 1;\n"), &[]);
        assert!(found[0].starts_with("The file has 401 lines"), "{found:?}");
    }

    #[test]
    fn an_exception_permits_one_long_function_and_must_be_needed() {
        let exception = |function| Exception { path: "src/a.rs", function, reason: "one table" };
        assert!(check_text("src/a.rs", &function_of(61), &[exception(Some("long"))]).is_empty());
        let found = check_text("src/a.rs", &function_of(60), &[exception(Some("long"))]);
        assert!(found[0].contains("permits nothing"), "{found:?}");
        let found = check_text("src/a.rs", &function_of(61), &[exception(None)]);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
