//! Replacement strings: how `{}`, `{2/.}`, `{#}` and their kin are recognised, and which part of
//! an input each stands for. The names and the rules for paths are GNU parallel's.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// A place in the command that is filled in for each job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hole {
    /// An input, or a part of one.
    Input(Position, Cut),
    /// `{#}`: the number of the job, from 1.
    Sequence,
    /// `{%}`: the slot in which the job runs, from 1.
    Slot,
}

/// Which of a job's inputs a hole names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// `{}`: all of them.
    All,
    /// `{2}`: the second.
    FromStart(usize),
    /// `{-1}`: the last.
    FromEnd(usize),
}

/// Which part of an input a hole names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// `{}`: all of it.
    Whole,
    /// `{.}`: without its extension.
    NoExtension,
    /// `{/}`: what follows the last slash.
    Base,
    /// `{//}`: the directory.
    Directory,
    /// `{/.}`: what follows the last slash, without its extension.
    BaseNoExtension,
}

/// A job's values, as the holes see them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a> {
    /// The inputs of the job.
    pub(crate) inputs: &'a [OsString],
    /// The number of the job, from 1.
    pub(crate) seq: u64,
    /// The slot in which it runs, from 1.
    pub(crate) slot: usize,
}

/// The hole that `text` starts with and its length. `replace` stands for a whole input (`{}`, or
/// what `-I` names instead).
pub(crate) fn hole_at(text: &[u8], replace: &[u8]) -> Option<(Hole, usize)> {
    if !replace.is_empty() && text.starts_with(replace) {
        return Some((Hole::Input(Position::All, Cut::Whole), replace.len()));
    }
    let inner = text.strip_prefix(b"{")?;
    let end = inner.iter().position(|&byte| byte == b'}')?;
    Some((named(&inner[..end])?, end + 2))
}

/// Whether GNU parallel would run a part of `text` as a Perl program: `{= … =}` or `{2= … =}`.
pub(crate) fn has_perl(text: &[u8]) -> bool {
    let begins = |(at, byte): (usize, &u8)| {
        let inner = text[at + 1..].strip_prefix(b"-").unwrap_or(&text[at + 1..]);
        let digits = inner.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let program = inner[digits..].strip_prefix(b"=");
        *byte == b'{' && program.is_some_and(|rest| rest.windows(2).any(|end| end == b"=}"))
    };
    text.iter().enumerate().any(begins)
}

/// The hole whose name stands between the braces.
fn named(name: &[u8]) -> Option<Hole> {
    match name {
        b"" => return None,
        b"#" => return Some(Hole::Sequence),
        b"%" => return Some(Hole::Slot),
        _ => {}
    }
    let (from_end, rest) = match name.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, name),
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let cut = cut(&rest[digits..])?;
    if digits == 0 {
        return (!from_end).then_some(Hole::Input(Position::All, cut));
    }
    let number: usize = str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    let position = match (number, from_end) {
        (0, _) => return None,
        (number, true) => Position::FromEnd(number),
        (number, false) => Position::FromStart(number),
    };
    Some(Hole::Input(position, cut))
}

/// The cut that a suffix names.
fn cut(suffix: &[u8]) -> Option<Cut> {
    Some(match suffix {
        b"" => Cut::Whole,
        b"." => Cut::NoExtension,
        b"/" => Cut::Base,
        b"//" => Cut::Directory,
        b"/." => Cut::BaseNoExtension,
        _ => return None,
    })
}

impl Hole {
    /// Whether an input stands here, as opposed to a number that cortado itself counts.
    pub(crate) fn is_input(self) -> bool {
        matches!(self, Hole::Input(..))
    }

    /// The values that stand here for a job: none for a position beyond its inputs, several for
    /// `{}` when a job takes several.
    pub(crate) fn fill<'a>(self, values: Values<'a>) -> Vec<Cow<'a, [u8]>> {
        let (position, cut) = match self {
            Hole::Sequence => return vec![Cow::Owned(values.seq.to_string().into_bytes())],
            Hole::Slot => return vec![Cow::Owned(values.slot.to_string().into_bytes())],
            Hole::Input(position, cut) => (position, cut),
        };
        let inputs = values.inputs;
        let chosen = match position {
            Position::All => inputs,
            Position::FromStart(number) => at(inputs, number.checked_sub(1)),
            Position::FromEnd(number) => at(inputs, inputs.len().checked_sub(number)),
        };
        chosen.iter().map(|input| Cow::Borrowed(cut.of(input.as_bytes()))).collect()
    }
}

/// The one input at an index, if there is one.
fn at(inputs: &[OsString], index: Option<usize>) -> &[OsString] {
    index.and_then(|index| inputs.get(index..=index)).unwrap_or_default()
}

impl Cut {
    /// The part of `path` that this cut leaves.
    fn of(self, path: &[u8]) -> &[u8] {
        match self {
            Cut::Whole => path,
            Cut::NoExtension => without_extension(path),
            Cut::Base => base(path),
            Cut::Directory => directory(path),
            Cut::BaseNoExtension => without_extension(base(path)),
        }
    }
}

/// `path` up to its last dot, if no slash follows that dot.
fn without_extension(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&byte| byte == b'.' || byte == b'/') {
        Some(dot) if path[dot] == b'.' => &path[..dot],
        _ => path,
    }
}

/// What follows the last slash.
fn base(path: &[u8]) -> &[u8] {
    let start = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    &path[start..]
}

/// The directory of `path`, as dirname(1) has it.
fn directory(path: &[u8]) -> &[u8] {
    let is_name = |&byte: &u8| byte != b'/';
    let Some(last) = path.iter().rposition(is_name) else {
        return if path.is_empty() { b"." } else { b"/" };
    };
    let Some(slash) = path[..last].iter().rposition(|&byte| byte == b'/') else {
        return b".";
    };
    match path[..slash].iter().rposition(is_name) {
        Some(end) => &path[..=end],
        None => b"/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_of(cut: Cut, path: &str) -> String {
        String::from_utf8(cut.of(path.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn paths_are_cut_as_gnu_parallel_cuts_them() {
        for (path, no_extension, base, directory, base_no_extension) in [
            ("a b.txt", "a b", "a b.txt", ".", "a b"),
            ("x/y.tar.gz", "x/y.tar", "y.tar.gz", "x", "y.tar"),
            ("/", "/", "", "/", ""),
            ("x/", "x/", "", ".", ""),
            (".bashrc", "", ".bashrc", ".", ""),
            ("d.x/f", "d.x/f", "f", "d.x", "f"),
            ("/a", "/a", "a", "/", "a"),
            ("a.", "a", "a.", ".", "a"),
            ("x//y", "x//y", "y", "x", "y"),
            ("a/b/", "a/b/", "", "a", ""),
        ] {
            assert_eq!(cut_of(Cut::NoExtension, path), no_extension, "{path}");
            assert_eq!(cut_of(Cut::Base, path), base, "{path}");
            assert_eq!(cut_of(Cut::Directory, path), directory, "{path}");
            assert_eq!(cut_of(Cut::BaseNoExtension, path), base_no_extension, "{path}");
        }
    }

    #[test]
    fn only_known_names_are_holes() {
        let hole = |text: &str| hole_at(text.as_bytes(), b"{}");
        assert_eq!(hole("{}x"), Some((Hole::Input(Position::All, Cut::Whole), 2)));
        assert_eq!(
            hole("{12/.}"),
            Some((Hole::Input(Position::FromStart(12), Cut::BaseNoExtension), 6))
        );
        assert_eq!(hole("{-1.}"), Some((Hole::Input(Position::FromEnd(1), Cut::NoExtension), 5)));
        assert_eq!(hole("{#}"), Some((Hole::Sequence, 3)));
        for text in ["{a,b}", "{0}", "{-}", "{1..3}", "{", "{ }", "{print $1}", ""] {
            assert_eq!(hole(text), None, "{text}");
        }
    }

    #[test]
    fn another_replacement_string_leaves_the_braces_alone() {
        assert_eq!(hole_at(b"{}", b",,"), None);
        assert_eq!(hole_at(b",,", b",,"), Some((Hole::Input(Position::All, Cut::Whole), 2)));
    }

    #[test]
    fn perl_is_recognised_where_gnu_parallel_would_run_it() {
        for text in ["{= s/a/b/ =}", "x{2=$_++=}y", "{-1= uc =}", "{==}", "{{=1=}}"] {
            assert!(has_perl(text.as_bytes()), "{text}");
        }
        for text in ["", "{", "{=", "{=}", "=}", "{x= 1 =}", "{} = {}", "a={}"] {
            assert!(!has_perl(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn positions_count_from_both_ends() {
        let inputs: Vec<OsString> = ["a", "b", "c"].map(OsString::from).to_vec();
        let values = Values { inputs: &inputs, seq: 7, slot: 2 };
        let fill = |position| Hole::Input(position, Cut::Whole).fill(values);
        assert_eq!(fill(Position::FromStart(2)), [&b"b"[..]]);
        assert_eq!(fill(Position::FromEnd(1)), [&b"c"[..]]);
        assert_eq!(fill(Position::All).len(), 3);
        assert!(fill(Position::FromStart(4)).is_empty());
        assert!(fill(Position::FromEnd(4)).is_empty());
        assert_eq!(Hole::Sequence.fill(values), [&b"7"[..]]);
    }
}
