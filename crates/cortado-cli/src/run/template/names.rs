//! What the shell means by the first word of a command: which names are its own, so that no
//! program of that name can be started instead, and which are shells themselves.

/// Keywords and builtins of POSIX shells (and the common ones of bash) that are no programs, or
/// that as programs could not do their work because they change the shell itself.
const SHELL_ONLY: &[&str] = &[
    "!",
    ".",
    ":",
    "[[",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "case",
    "cd",
    "command",
    "compgen",
    "complete",
    "continue",
    "coproc",
    "declare",
    "dirs",
    "disown",
    "do",
    "done",
    "elif",
    "else",
    "enable",
    "esac",
    "eval",
    "exec",
    "exit",
    "export",
    "fc",
    "fg",
    "fi",
    "for",
    "function",
    "getopts",
    "hash",
    "help",
    "history",
    "if",
    "in",
    "jobs",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "pushd",
    "read",
    "readarray",
    "readonly",
    "return",
    "select",
    "set",
    "shift",
    "shopt",
    "source",
    "suspend",
    "then",
    "times",
    "trap",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "until",
    "wait",
    "while",
    "{",
    "}",
];

/// Builtins that exist as programs too. Executed directly the program runs; within a shell line
/// the builtin is cheaper than a program would be, so the shell is not replaced by it.
const ALSO_PROGRAMS: &[&str] =
    &["[", "echo", "false", "kill", "printf", "pwd", "test", "time", "true"];

/// Shells that take a script after `-c`.
const SHELLS: &[&str] = &["ash", "bash", "dash", "ksh", "mksh", "sh", "yash", "zsh"];

/// Whether a command that starts with `word` has no meaning outside of a shell.
pub(crate) fn needs_shell(word: &[u8]) -> bool {
    is_one_of(SHELL_ONLY, word) || is_assignment(word)
}

/// Whether the shell would run `word` itself, without starting a program.
pub(crate) fn is_builtin(word: &[u8]) -> bool {
    needs_shell(word) || is_one_of(ALSO_PROGRAMS, word)
}

/// Whether `words` call a shell with a script as an argument; the index of the script.
pub(crate) fn script_index(words: &[&[u8]]) -> Option<usize> {
    let call = words.windows(2).position(|pair| {
        let name = pair[0].rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let takes_script =
            pair[1].starts_with(b"-") && !pair[1].starts_with(b"--") && pair[1].ends_with(b"c");
        is_one_of(SHELLS, name) && takes_script
    })?;
    (call + 2 < words.len()).then_some(call + 2)
}

fn is_one_of(names: &[&str], word: &[u8]) -> bool {
    names.iter().any(|name| name.as_bytes() == word)
}

/// Whether the word is `NAME=value`, which sets a variable for the command that follows.
fn is_assignment(word: &[u8]) -> bool {
    let Some(equals) = word.iter().position(|&byte| byte == b'=') else {
        return false;
    };
    let name = &word[..equals];
    name.first().is_some_and(|byte| !byte.is_ascii_digit())
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_words_are_told_from_programs() {
        for word in ["cd", "exit", "if", "export", "ulimit", "A=1", "_x=", "{"] {
            assert!(needs_shell(word.as_bytes()), "{word}");
        }
        for word in ["gzip", "echo", "./cd", "a/b=c", "1=2", "=", "true"] {
            assert!(!needs_shell(word.as_bytes()), "{word}");
        }
        assert!(is_builtin(b"echo") && !is_builtin(b"gzip"));
    }

    #[test]
    fn a_script_is_found_behind_its_shell() {
        let words = |text: &'static str| text.split(' ').map(str::as_bytes).collect::<Vec<_>>();
        assert_eq!(script_index(&words("sh -c SCRIPT")), Some(2));
        assert_eq!(script_index(&words("timeout 5 /bin/bash -ec SCRIPT x")), Some(4));
        assert_eq!(script_index(&words("sh -c")), None);
        assert_eq!(script_index(&words("gcc -c x.c")), None);
        assert_eq!(script_index(&words("bash --rc x")), None);
    }
}
