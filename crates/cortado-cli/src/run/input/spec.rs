//! What the command line says about sources: the words up to the first `:::` are the command, the
//! rest names the sources.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::PathBuf;

/// A place that inputs come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// `::: a b c`.
    Values(Vec<OsString>),
    /// `-a FILE` or `:::: FILE`.
    File(PathBuf),
    /// `-a -`, `:::: -`, or no source at all.
    Stdin,
}

/// All sources of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceSpec {
    /// The sources to be combined; each is a list of sources that are linked.
    pub(crate) groups: Vec<Vec<Source>>,
    /// The byte that ends an input in a file or on standard input.
    pub(crate) delimiter: u8,
}

/// The words of the command line, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// The command and its arguments.
    pub(crate) command: Vec<OsString>,
    /// The sources that follow it.
    pub(crate) groups: Vec<Vec<Source>>,
}

/// Sources that cannot be used.
#[derive(Debug)]
pub(crate) enum SourceError {
    /// `:::+` without a source before it.
    NothingToLink(&'static str),
    /// Standard input is named more than once.
    StdinTwice,
    /// A file cannot be opened.
    Open(PathBuf, io::Error),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::NothingToLink(mark) => {
                write!(f, "{mark} links its inputs to a source before it, and there is none")
            }
            SourceError::StdinTwice => f.write_str(
                "standard input is named twice as a source of inputs; it can be read once",
            ),
            SourceError::Open(path, error) => {
                write!(f, "the inputs in {} cannot be read: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for SourceError {}

/// A word that starts a list of sources.
#[derive(Clone, Copy)]
struct Mark {
    text: &'static str,
    names_files: bool,
    links: bool,
}

const MARKS: [Mark; 4] = [
    Mark { text: ":::", names_files: false, links: false },
    Mark { text: ":::+", names_files: false, links: true },
    Mark { text: "::::", names_files: true, links: false },
    Mark { text: "::::+", names_files: true, links: true },
];

impl Words {
    /// Takes the words of a command line apart.
    pub(crate) fn parse(words: Vec<OsString>) -> Result<Words, SourceError> {
        let mut parsed = Words::default();
        let mut current: Option<(Mark, Vec<OsString>)> = None;
        for word in words {
            if let Some(mark) = MARKS.iter().find(|mark| word == mark.text) {
                if let Some((mark, list)) = current.replace((*mark, Vec::new())) {
                    parsed.add(mark, list)?;
                }
            } else if let Some((_, list)) = &mut current {
                list.push(word);
            } else {
                parsed.command.push(word);
            }
        }
        if let Some((mark, list)) = current {
            parsed.add(mark, list)?;
        }
        Ok(parsed)
    }

    /// Adds the sources that a mark introduces.
    fn add(&mut self, mark: Mark, list: Vec<OsString>) -> Result<(), SourceError> {
        let sources: Vec<Source> = if mark.names_files {
            list.iter().map(|name| Source::named(name)).collect()
        } else {
            vec![Source::Values(list)]
        };
        for source in sources {
            if mark.links {
                let group = self.groups.last_mut().ok_or(SourceError::NothingToLink(mark.text))?;
                group.push(source);
            } else {
                self.groups.push(vec![source]);
            }
        }
        Ok(())
    }
}

impl Source {
    /// The source that `-a` names.
    pub(crate) fn named(name: &OsStr) -> Source {
        if name == "-" { Source::Stdin } else { Source::File(name.into()) }
    }
}

impl SourceSpec {
    /// How many inputs a row has.
    pub(crate) fn columns(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// Whether standard input is read, and how often.
    pub(crate) fn stdin_readers(&self) -> usize {
        self.groups.iter().flatten().filter(|source| **source == Source::Stdin).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Words, SourceError> {
        Words::parse(text.split_whitespace().map(OsString::from).collect())
    }

    fn values(text: &str) -> Source {
        Source::Values(text.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn the_command_ends_at_the_first_mark() {
        let words = parse("echo -- {} ::: a b ::: c :::+ d :::: f - ::::+ g").unwrap();
        assert_eq!(words.command, ["echo", "--", "{}"]);
        assert_eq!(
            words.groups,
            [
                vec![values("a b")],
                vec![values("c"), values("d")],
                vec![Source::File("f".into())],
                vec![Source::Stdin, Source::File("g".into())],
            ]
        );
    }

    #[test]
    fn a_link_needs_something_before_it() {
        assert!(matches!(parse("echo :::+ a"), Err(SourceError::NothingToLink(":::+"))));
        assert_eq!(parse("echo").unwrap().groups, Vec::<Vec<Source>>::new());
    }
}
