//! Quoting bytes for a POSIX shell. A value that passes through here is one word to the shell and
//! reaches the program byte for byte, whatever it holds: blanks, quotes, newlines, invalid UTF-8.

/// The words that a shell takes for syntax where a command may start, so that a value that reads
/// the same is quoted even though it has no special byte.
const RESERVED: &[&[u8]] = &[
    b"case",
    b"coproc",
    b"do",
    b"done",
    b"elif",
    b"else",
    b"esac",
    b"fi",
    b"for",
    b"function",
    b"if",
    b"in",
    b"select",
    b"then",
    b"time",
    b"until",
    b"while",
];

/// Appends `value` to `out` as one shell word, in quotes only if it needs them.
pub(crate) fn push_quoted(out: &mut Vec<u8>, value: &[u8]) {
    if is_plain(value) {
        out.extend_from_slice(value);
    } else {
        push_in_quotes(out, value);
    }
}

/// Appends `value` to `out` in single quotes, also where it would not need them. It is used where
/// the text beside the value would change the meaning of a bare one: `$HOME{}`, `{}>file`.
pub(crate) fn push_in_quotes(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'\'');
    for &byte in value {
        if byte == b'\'' {
            out.extend_from_slice(b"'\\''");
        } else {
            out.push(byte);
        }
    }
    out.push(b'\'');
}

/// Whether the bytes are one word to every shell without quotes.
fn is_plain(value: &[u8]) -> bool {
    !value.is_empty()
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_./:,+@%-".contains(byte))
        && !RESERVED.contains(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(value: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        push_quoted(&mut out, value);
        out
    }

    #[test]
    fn plain_words_stay_as_they_are() {
        assert_eq!(quoted(b"src/a-b_c.tar.gz"), b"src/a-b_c.tar.gz");
    }

    #[test]
    fn everything_else_is_put_in_single_quotes() {
        assert_eq!(quoted(b""), b"''");
        assert_eq!(quoted(b"a b"), b"'a b'");
        assert_eq!(quoted(b"it's"), b"'it'\\''s'");
        assert_eq!(quoted(b"A=1"), b"'A=1'");
        assert_eq!(quoted(b"done"), b"'done'");
        assert_eq!(quoted(b"\xff\n"), b"'\xff\n'");
    }
}
