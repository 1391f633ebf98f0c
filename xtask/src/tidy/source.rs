//! One source file, read and taken apart as far as the rules need it.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

use super::Finding;
use super::tokens::Tokens;

/// A parsed file.
pub(super) struct Source {
    /// Path relative to the workspace root.
    pub(super) path: PathBuf,
    /// Directory of the package that it belongs to.
    pub(super) package: PathBuf,
    /// The text by lines; line `n` is at index `n - 1`.
    pub(super) lines: Vec<String>,
    /// The leading `//!` lines without their marker; line `n` is at index `n - header_start`.
    pub(super) header: Vec<String>,
    pub(super) header_start: usize,
    pub(super) tokens: Tokens,
    pub(super) functions: Vec<Function>,
    /// Lines of the inline test modules.
    pub(super) test_modules: Vec<RangeInclusive<usize>>,
}

/// A function with a body.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) lines: RangeInclusive<usize>,
}

impl Source {
    /// Takes `text` apart, or says why it cannot be.
    pub(super) fn parse(path: &Path, package: PathBuf, text: &str) -> Result<Self, Finding> {
        let broken = |span: proc_macro2::Span, error: String| {
            Finding::new(path, span.start().line, format!("This is not Rust: {error}."))
        };
        let stream = text
            .parse()
            .map_err(|error: proc_macro2::LexError| broken(error.span(), error.to_string()))?;
        let tokens = Tokens::of(stream);
        let file =
            syn::parse_file(text).map_err(|error| broken(error.span(), error.to_string()))?;
        let mut parts = Parts::default();
        parts.visit_file(&file);

        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (header_start, header) = header_of(&lines);
        Ok(Self {
            path: path.to_path_buf(),
            package,
            lines,
            header,
            header_start,
            tokens,
            functions: parts.functions,
            test_modules: parts.test_modules,
        })
    }

    /// How many lines of `range` hold code.
    pub(super) fn code_lines_in(&self, range: &RangeInclusive<usize>) -> usize {
        let lines = self.tokens.code_lines.range(range.clone());
        lines.filter(|line| !self.lines[**line - 1].trim().is_empty()).count()
    }

    /// How many lines outside the inline test modules hold code.
    pub(super) fn product_code_lines(&self) -> usize {
        let all = self.code_lines_in(&(1..=self.lines.len()));
        all - self.test_modules.iter().map(|range| self.code_lines_in(range)).sum::<usize>()
    }

    /// Says whether `line` is part of an inline test module.
    pub(super) fn is_test_line(&self, line: usize) -> bool {
        self.test_modules.iter().any(|range| range.contains(&line))
    }
}

/// The header may stand below blank lines only.
fn header_of(lines: &[String]) -> (usize, Vec<String>) {
    let blank = lines.iter().take_while(|line| line.trim().is_empty()).count();
    let header = lines[blank..].iter().map_while(|line| line.strip_prefix("//!"));
    (blank + 1, header.map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()).collect())
}

#[derive(Default)]
struct Parts {
    functions: Vec<Function>,
    test_modules: Vec<RangeInclusive<usize>>,
}

impl Parts {
    fn add(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = body.brace_token.span.close().end().line;
        self.functions.push(Function { name: signature.ident.to_string(), lines: first..=last });
    }
}

impl<'ast> Visit<'ast> for Parts {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.add(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let condition = item.attrs.iter().find(|attribute| is_test_condition(attribute));
        if let (Some(condition), Some((brace, _))) = (condition, &item.content) {
            let first = condition.pound_token.span.start().line;
            self.test_modules.push(first..=brace.span.close().end().line);
            return self.visit_test_module(item);
        }
        visit::visit_item_mod(self, item);
    }
}

impl Parts {
    /// Functions of a test module are functions like any other, but a module in it is part of it already.
    fn visit_test_module(&mut self, item: &syn::ItemMod) {
        let mut inner = Self::default();
        visit::visit_item_mod(&mut inner, item);
        self.functions.append(&mut inner.functions);
    }
}

/// `#[cfg(test)]` or a stricter condition with `test` in it, but not one with `not`.
fn is_test_condition(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    let words = Tokens::of(list.tokens.clone()).identifiers;
    list.path.is_ident("cfg") && words.contains("test") && !words.contains("not")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Source {
        Source::parse(Path::new("src/a.rs"), PathBuf::new(), text)
            .unwrap_or_else(|finding| panic!("{finding:?}"))
    }

    #[test]
    fn the_header_is_what_stands_at_the_top() {
        let source = parse("\n//! One.\n//!\n//! Two.\n\n//! Not this.\n");
        assert_eq!(
            (source.header_start, source.header),
            (2, vec!["One.".into(), String::new(), "Two.".into()])
        );
    }

    #[test]
    fn functions_are_found_in_items_impls_traits_and_bodies() {
        let source = parse(
            "fn a() {\n    fn inner() {}\n}\nimpl S { fn b(&self) {} }\ntrait T { fn c() {} fn declared(); }\n",
        );
        let names: Vec<&str> = source.functions.iter().map(|function| &*function.name).collect();
        assert_eq!(names, ["a", "inner", "b", "c"]);
        assert_eq!(source.functions[0].lines, 1..=3);
    }

    #[test]
    fn test_modules_are_counted_apart() {
        let source = parse(
            "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() {}\n}\n\n#[cfg(not(test))]\nmod other {\n}\n",
        );
        assert_eq!(source.test_modules, [3..=7]);
        assert_eq!(source.product_code_lines(), 4);
        assert!(source.is_test_line(6));
        assert!(!source.is_test_line(1));
    }

    #[test]
    fn blank_lines_in_a_text_literal_are_not_counted() {
        let source = parse("const A: &str = \"x\n\n\ny\";\n");
        assert_eq!(source.product_code_lines(), 2);
    }

    #[test]
    fn a_broken_file_is_a_finding() {
        let finding =
            Source::parse(Path::new("src/a.rs"), PathBuf::new(), "fn a( {}\n").err().unwrap();
        assert!(finding.sentence.starts_with("This is not Rust"), "{finding:?}");
    }
}
