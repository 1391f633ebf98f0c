//! The crate map as data, and the check that the manifests follow it. A crate of ours imports only from lower rows, also
//! in its tests and build script: a test that needs a higher row belongs to a higher crate.

use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand};

/// The rows from the bottom up. The last one is the rim: what people start, and nothing imports.
const ROWS: &[&[&str]] = &[
    &["cortado-probe", "cortado-macros"],
    &["cortado-sync", "cortado-observe"],
    &["cortado-core"],
    &["cortado-par", "cortado-io", "cortado-green", "cortado-check"],
    &["cortado", "cortado-fleet"],
    &["cortado-cli", "cortado-web"],
];

/// The row of the facade, the lowest one whose crates may have Cargo features.
const FACADE_ROW: usize = 4;

/// Outside the rows: it may import every crate of ours, and none imports it.
const BENCH: &str = "bench";

/// Outside the rows: it imports no crate of ours, and none imports it.
const XTASK: &str = "xtask";

/// The crates that may turn things into text for other programs.
const MAY_USE_SERDE: &[&str] =
    &["cortado-observe", "cortado-web", "cortado-fleet", "cortado-cli", BENCH, XTASK];

/// What the check needs to know of one package.
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
    features: Vec<String>,
}

struct Dependency {
    name: String,
    kind: &'static str,
}

/// Checks the manifests of the workspace at `root`.
pub(crate) fn run(root: &Path) -> Result<()> {
    let packages = read_packages(root)?;
    let problems: Vec<String> = packages.iter().flat_map(problems_of).collect();
    for problem in &problems {
        println!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} problem(s) with the layers; the rows are in xtask/src/layers.rs", problems.len());
    }
    println!("layers: {} packages import only from lower rows", packages.len());
    Ok(())
}

fn read_packages(root: &Path) -> Result<Vec<Package>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata cannot read the workspace")?;
    Ok(metadata.packages.into_iter().map(package_from).collect())
}

fn package_from(package: cargo_metadata::Package) -> Package {
    let dependency_from = |dependency: cargo_metadata::Dependency| Dependency {
        name: dependency.name,
        kind: match dependency.kind {
            DependencyKind::Development => "dev-dependency",
            DependencyKind::Build => "build-dependency",
            _ => "dependency",
        },
    };
    Package {
        name: package.name.to_string(),
        dependencies: package.dependencies.into_iter().map(dependency_from).collect(),
        features: package.features.into_keys().collect(),
    }
}

fn problems_of(package: &Package) -> Vec<String> {
    let name = &package.name;
    let row = row_of(name);
    if row.is_none() && name != BENCH && name != XTASK {
        return vec![format!(
            "{name}: no row of the crate map has this crate; give it one in xtask/src/layers.rs and ARCHITECTURE.md."
        )];
    }
    let mut problems: Vec<String> = package
        .dependencies
        .iter()
        .filter_map(|dependency| edge_problem(name, dependency))
        .collect();
    if row.is_some_and(|row| row < FACADE_ROW) && !package.features.is_empty() {
        problems.push(format!(
            "{name}: it has Cargo features ({}), but only the facade and what is above it may; make the choice a crate, \
             a value, or a feature of `cortado`.",
            package.features.join(", ")
        ));
    }
    problems
}

fn edge_problem(from: &str, dependency: &Dependency) -> Option<String> {
    let Dependency { name: to, kind } = dependency;
    if to.starts_with("serde") && !MAY_USE_SERDE.contains(&from) {
        return Some(format!(
            "{from}: it has the {kind} {to}, but only {} may know serde.",
            MAY_USE_SERDE.join(", ")
        ));
    }
    if to == BENCH || to == XTASK {
        return Some(format!("{from}: it has the {kind} {to}, which nothing may import."));
    }
    let to_row = row_of(to)?;
    match row_of(from) {
        None if from == BENCH => None,
        None => {
            Some(format!("{from}: it has the {kind} {to}, but it may import no crate of ours."))
        }
        Some(from_row) if to_row < from_row => None,
        Some(from_row) => Some(format!(
            "{from} ({}): it has the {kind} {to} ({}), but a crate imports only from lower rows.",
            row_name(from_row),
            row_name(to_row)
        )),
    }
}

fn row_of(name: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&name))
}

fn row_name(row: usize) -> String {
    if row + 1 == ROWS.len() { "the rim".to_owned() } else { format!("row {row}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, &'static str)], features: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            dependencies: dependencies
                .iter()
                .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind })
                .collect(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
        }
    }

    fn one_problem(package: &Package) -> String {
        let problems = problems_of(package);
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.into_iter().next().unwrap()
    }

    #[test]
    fn lower_rows_and_other_peoples_crates_may_be_imported() {
        let core = package(
            "cortado-core",
            &[
                ("cortado-probe", "dependency"),
                ("cortado-sync", "dependency"),
                ("slab", "dependency"),
            ],
            &[],
        );
        assert_eq!(problems_of(&core), Vec::<String>::new());
    }

    #[test]
    fn a_higher_row_is_refused_and_both_rows_are_named() {
        let problem = one_problem(&package("cortado-core", &[("cortado-io", "dependency")], &[]));
        assert_eq!(
            problem,
            "cortado-core (row 2): it has the dependency cortado-io (row 3), but a crate imports only from lower rows."
        );
    }

    #[test]
    fn the_same_row_is_refused() {
        let problem = one_problem(&package("cortado-par", &[("cortado-io", "dependency")], &[]));
        assert!(problem.contains("row 3"), "{problem}");
        let problem = one_problem(&package("cortado-cli", &[("cortado-web", "dependency")], &[]));
        assert!(problem.contains("the rim"), "{problem}");
    }

    #[test]
    fn dev_and_build_dependencies_count_as_well() {
        for kind in ["dev-dependency", "build-dependency"] {
            let problem = one_problem(&package("cortado-sync", &[("cortado-core", kind)], &[]));
            assert!(problem.contains(kind), "{problem}");
        }
    }

    #[test]
    fn bench_imports_anything_and_xtask_nothing_of_ours() {
        let bench =
            package("bench", &[("cortado-core", "dependency"), ("cortado", "dependency")], &[]);
        assert_eq!(problems_of(&bench), Vec::<String>::new());
        let problem = one_problem(&package("xtask", &[("cortado-probe", "dependency")], &[]));
        assert!(problem.contains("no crate of ours"), "{problem}");
        let problem = one_problem(&package("cortado-cli", &[("bench", "dev-dependency")], &[]));
        assert!(problem.contains("nothing may import"), "{problem}");
    }

    #[test]
    fn serde_is_for_the_crates_that_write_for_other_programs() {
        let cli = package("cortado-cli", &[("serde_json", "dependency")], &[]);
        assert_eq!(problems_of(&cli), Vec::<String>::new());
        let problem = one_problem(&package("cortado", &[("serde", "dependency")], &[]));
        assert!(problem.contains("may know serde"), "{problem}");
    }

    #[test]
    fn features_are_for_the_facade() {
        assert_eq!(problems_of(&package("cortado", &[], &["tokio"])), Vec::<String>::new());
        let problem = one_problem(&package("cortado-io", &[], &["fast"]));
        assert!(problem.contains("(fast)"), "{problem}");
    }

    #[test]
    fn a_crate_that_the_map_does_not_know_is_refused() {
        let problem = one_problem(&package("cortado-extra", &[], &[]));
        assert!(problem.starts_with("cortado-extra: no row"), "{problem}");
    }
}
