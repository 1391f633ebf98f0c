//! One walk over the tokens of a file: which lines hold code, which identifiers appear, and where `unsafe` and `cfg`
//! stand. Tokens and not the syntax tree, because the inside of a macro call is only tokens, and unsafe code in there is
//! unsafe code too.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// What the walk finds.
#[derive(Default)]
pub(super) struct Tokens {
    /// Lines, counted from one, on which a token that is no comment stands.
    pub(super) code_lines: BTreeSet<usize>,
    pub(super) identifiers: BTreeSet<String>,
    pub(super) unsafe_sites: Vec<UnsafeSite>,
    pub(super) cfg_sites: Vec<CfgSite>,
}

/// One use of the keyword `unsafe`.
pub(super) struct UnsafeSite {
    pub(super) line: usize,
    /// Whether a promise is made here: a block or an `impl`, not a declaration whose caller makes it.
    pub(super) promises: bool,
}

/// One `cfg`, `cfg_attr` or `cfg!`.
pub(super) struct CfgSite {
    pub(super) line: usize,
    pub(super) about: CfgSubject,
}

/// What a condition asks about.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum CfgSubject {
    Tests,
    Loom,
    /// Features of the crate, and nothing else.
    Features,
    Other,
}

impl Tokens {
    /// Walks `stream`, which was parsed from a text so that its spans have lines.
    pub(super) fn of(stream: TokenStream) -> Self {
        let mut tokens = Self::default();
        tokens.walk(stream);
        tokens
    }

    fn walk(&mut self, stream: TokenStream) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while let Some(tree) = trees.get(at) {
            if is_doc_comment(tree) {
                at += doc_comment_length(&trees[at..]);
            } else {
                self.visit(tree, &trees[at + 1..]);
                at += 1;
            }
        }
    }

    fn visit(&mut self, tree: &TokenTree, rest: &[TokenTree]) {
        match tree {
            TokenTree::Group(group) => {
                self.mark(group.span_open());
                self.walk(group.stream());
                self.mark(group.span_close());
            }
            TokenTree::Ident(ident) => {
                self.mark(ident.span());
                let word = ident.to_string();
                let line = ident.span().start().line;
                if word == "unsafe" {
                    self.unsafe_sites.push(UnsafeSite { line, promises: promises(rest) });
                } else if let Some(condition) = condition_of(&word, rest) {
                    self.cfg_sites.push(CfgSite { line, about: subject(condition.stream()) });
                }
                self.identifiers.insert(word.trim_start_matches("r#").to_owned());
            }
            TokenTree::Punct(punct) => self.mark(punct.span()),
            TokenTree::Literal(literal) => self.mark(literal.span()),
        }
    }

    fn mark(&mut self, span: Span) {
        self.code_lines.extend(span.start().line..=span.end().line);
    }
}

/// A doc comment reaches us as the attribute that it stands for, with the comment's own text behind the `#`.
fn is_doc_comment(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Punct(punct) if punct.as_char() == '#' => {
            punct.span().source_text().is_some_and(|text| text.starts_with('/'))
        }
        _ => false,
    }
}

/// The tokens of a doc comment: `#`, `!` for an inner one, and the bracketed rest.
fn doc_comment_length(trees: &[TokenTree]) -> usize {
    match trees.get(1) {
        Some(TokenTree::Punct(punct)) if punct.as_char() == '!' => 3,
        _ => 2,
    }
}

fn promises(rest: &[TokenTree]) -> bool {
    match rest.first() {
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        Some(TokenTree::Ident(ident)) => ident == "impl",
        _ => false,
    }
}

/// The parenthesised condition of `cfg(…)`, `cfg_attr(…)` or `cfg!(…)`.
fn condition_of<'a>(word: &str, rest: &'a [TokenTree]) -> Option<&'a Group> {
    if word != "cfg" && word != "cfg_attr" {
        return None;
    }
    match rest {
        [TokenTree::Group(group), ..] => Some(group),
        [TokenTree::Punct(punct), TokenTree::Group(group), ..] if punct.as_char() == '!' => {
            Some(group)
        }
        _ => None,
    }
}

fn subject(condition: TokenStream) -> CfgSubject {
    let words = Tokens::of(condition).identifiers;
    if words.contains("test") {
        CfgSubject::Tests
    } else if words.contains("loom") {
        CfgSubject::Loom
    } else if words.iter().all(|word| ["feature", "any", "all", "not"].contains(&word.as_str())) {
        CfgSubject::Features
    } else {
        CfgSubject::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Tokens {
        Tokens::of(text.parse().unwrap())
    }

    #[test]
    fn comments_and_blank_lines_are_no_code() {
        let text = "//! Header.\n\n/// Doc.\nfn f() {\n    // why\n    g(); /* x */\n}\n/** long\ndoc */\nstruct S;\n";
        assert_eq!(tokens(text).code_lines.into_iter().collect::<Vec<_>>(), [4, 6, 7, 10]);
    }

    #[test]
    fn words_of_comments_and_strings_are_no_identifiers() {
        let found =
            tokens("/// seen_in_doc\nfn real(r#type: u8) { let _ = \"seen_in_text\"; m!(inside) }");
        for word in ["real", "type", "inside"] {
            assert!(found.identifiers.contains(word), "{word}");
        }
        for word in ["seen_in_doc", "seen_in_text"] {
            assert!(!found.identifiers.contains(word), "{word}");
        }
    }

    #[test]
    fn every_unsafe_is_seen_even_in_a_macro_call() {
        let text = "unsafe fn f() {}\nunsafe impl Send for S {}\nfn g() { m!(unsafe { f() }) }\nunsafe extern \"C\" {}\n";
        let sites = tokens(text).unsafe_sites;
        let seen: Vec<(usize, bool)> =
            sites.iter().map(|site| (site.line, site.promises)).collect();
        assert_eq!(seen, [(1, false), (2, true), (3, true), (4, false)]);
    }

    #[test]
    fn conditions_are_told_apart() {
        let text = "#[cfg(all(test, loom))] mod t {}\n#[cfg(loom)] mod l;\n#![cfg_attr(unix, x)]\n\
                    fn f() { if cfg!(windows) {} }";
        let about: Vec<CfgSubject> = tokens(text).cfg_sites.iter().map(|site| site.about).collect();
        assert_eq!(
            about,
            [CfgSubject::Tests, CfgSubject::Loom, CfgSubject::Other, CfgSubject::Other]
        );
    }
}
