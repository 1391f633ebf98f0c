//! The rule that conditional compilation stays rare: at most five conditions per thousand lines of code of a crate.
//! Conditions on tests are free. So are those on loom in one file of a crate, the shim that swaps the atomics; in any
//! further file they count, since there they would make the model differ from the product. Conditions on features are free
//! in a crate's root, where they choose modules; below it they would be logic that differs.

use std::collections::BTreeMap;
use std::path::Path;

use super::Finding;
use super::source::Source;
use super::tokens::CfgSubject;

const LIMIT_PER_THOUSAND_LINES: usize = 5;

/// Checks the `src` directory of every package.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut packages: BTreeMap<&Path, Vec<&Source>> = BTreeMap::new();
    for source in
        sources.iter().filter(|source| source.path.starts_with(source.package.join("src")))
    {
        packages.entry(&source.package).or_default().push(source);
    }
    packages.values().filter_map(|sources| package_finding(sources)).collect()
}

fn package_finding(sources: &[&Source]) -> Option<Finding> {
    let shim = sources.iter().max_by_key(|source| count(source, CfgSubject::Loom))?;
    let loom_in_shim = count(shim, CfgSubject::Loom);
    let counted = |source: &&&Source| {
        let is_root = source.path == source.package.join("src/lib.rs");
        let features = if is_root { 0 } else { count(source, CfgSubject::Features) };
        count(source, CfgSubject::Loom) + count(source, CfgSubject::Other) + features
    };
    let conditions = sources.iter().map(|source| counted(&source)).sum::<usize>() - loom_in_shim;
    let code_lines: usize = sources.iter().map(|source| source.product_code_lines()).sum();
    let limit = (code_lines * LIMIT_PER_THOUSAND_LINES).div_ceil(1000);
    if conditions <= limit {
        return None;
    }
    let worst = sources.iter().max_by_key(counted)?;
    let sentence = format!(
        "The crate {} has {conditions} cfg conditions in {code_lines} lines of code and may have {limit}; this file has \
         the most. Move what differs by platform into one sys directory.",
        worst.package.display()
    );
    Some(Finding::new(&worst.path, 1, sentence))
}

fn count(source: &Source, about: CfgSubject) -> usize {
    let sites = source.tokens.cfg_sites.iter();
    sites.filter(|site| site.about == about && !source.is_test_line(site.line)).count()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::parse(Path::new(path), PathBuf::from("c"), text)
            .unwrap_or_else(|finding| panic!("{finding:?}"))
    }

    #[test]
    fn one_condition_fits_a_small_crate_and_two_do_not() {
        let one = source("c/src/a.rs", "#[cfg(unix)]\nfn f() {}\n");
        let two = source("c/src/b.rs", "#[cfg(windows)]\nfn f() {}\n");
        assert!(check(&[one]).is_empty());
        let one = source("c/src/a.rs", "#[cfg(unix)]\nfn f() {}\n");
        let found = check(&[one, two]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].sentence.contains("2 cfg conditions"), "{found:?}");
    }

    #[test]
    fn features_are_free_where_they_choose_modules_and_not_below() {
        let text = "#[cfg(feature = \"a\")]\nmod a;\n#[cfg(any(feature = \"b\", feature = \"c\"))]\nmod b;\n";
        assert!(check(&[source("c/src/lib.rs", text)]).is_empty());
        assert_eq!(check(&[source("c/src/a.rs", text)]).len(), 1);
        let also_platform = text.replace("any(feature", "any(unix, feature").repeat(2);
        assert_eq!(check(&[source("c/src/lib.rs", &also_platform)]).len(), 1);
    }

    #[test]
    fn tests_and_the_loom_shim_are_free_and_a_second_loom_file_is_not() {
        let shim = "#[cfg(loom)]\nuse a;\n#[cfg(not(loom))]\nuse b;\n#[cfg(test)]\nmod t {\n#[cfg(unix)]\nfn f() {}\n}\n";
        let outside = source("c/tests/t.rs", &"#[cfg(unix)]\nfn f() {}\n".repeat(5));
        assert!(check(&[source("c/src/shim.rs", shim), outside]).is_empty());
        let second = source("c/src/b.rs", "#[cfg(loom)]\nuse a;\n#[cfg(unix)]\nuse b;\n");
        assert_eq!(check(&[source("c/src/shim.rs", shim), second]).len(), 1);
    }
}
