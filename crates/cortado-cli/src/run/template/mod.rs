//! The command as the user wrote it, read once and then filled in for every job.
//!
//! A command is executed directly where that means the same, because a shell between costs more
//! than the start of a small program itself. The rules:
//! - One word with blanks is a command line: `'gzip -k {}'`. It is split at its blanks if it has
//!   nothing else that a shell would act on, and given to the shell otherwise.
//! - Several words are passed on exactly as they are, unless one of them has shell syntax
//!   (`'>'`, `'| sort'`, `'$HOME'`, a quote, a wildcard) or the first is the shell's own (`cd`,
//!   `if`, `A=1`). Then they are joined to a line: those with syntax as they are, the others
//!   quoted where they need it.
//! - `sh -c SCRIPT` is executed directly, and inputs within the script are quoted for a shell.
//! - Without a command the inputs are themselves command lines.
//!
//! A value that is filled in is data in all of these: either it goes through no shell, or it is
//! quoted for the place where it stands.

mod hole;
mod invocation;
mod line;
mod names;
mod quote;
mod reader;
#[cfg(test)]
mod tests;
mod word;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use hole::{Hole, Position, Values};
pub(crate) use invocation::Invocation;
use line::{Line, LineError};
use word::Word;

use super::input::Job;

/// How a command is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Reading<'a> {
    /// The string that stands for a whole input: `{}`, or the one of `-I`.
    pub(crate) replace: &'a [u8],
    /// Whether a shell is used.
    pub(crate) shell: ShellUse,
    /// Whether a command without a replacement string gets the inputs at its end.
    pub(crate) append: bool,
}

/// Whether a command goes through a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShellUse {
    /// If the command has something that only a shell understands.
    WhenNeeded,
    /// Always (`--shell`).
    Always,
    /// Never: every word is passed on as it is (`--quote`).
    Never,
}

/// A command with places for the values of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    form: Form,
    append: bool,
}

/// The form of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// Executed directly.
    Words(Vec<Word>),
    /// Read by a shell. `program` is the program that a simple line starts, if that is certain.
    Line { line: Line, exec: bool, program: Option<OsString> },
    /// Every job's inputs are a command line of their own.
    Inputs(ShellUse),
}

/// A command that cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateError {
    /// A replacement string stands where nothing can be inserted safely.
    Unsafe(LineError),
    /// Inputs cannot be appended to the line.
    NoAppend(&'static str),
    /// A replacement string of GNU parallel's that is a Perl program.
    Perl,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateError::Unsafe(error) => error.fmt(f),
            TemplateError::NoAppend(reason) => write!(
                f,
                "the input cannot be appended to this command: {reason}; say with {{}} where it \
                 belongs"
            ),
            TemplateError::Perl => f.write_str(
                "{= … =} is no replacement string here, since there is no Perl; let the shell change \
                 the input, as in  x={}; … \"${x%.txt}\" …",
            ),
        }
    }
}

impl std::error::Error for TemplateError {}

impl From<LineError> for TemplateError {
    fn from(error: LineError) -> Self {
        TemplateError::Unsafe(error)
    }
}

impl Template {
    /// Reads the words of a command.
    pub(crate) fn read(
        words: &[OsString],
        reading: &Reading<'_>,
    ) -> Result<Template, TemplateError> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        if words.iter().any(|word| hole::has_perl(word)) {
            return Err(TemplateError::Perl);
        }
        let form = match words.as_slice() {
            [] => Form::Inputs(reading.shell),
            [word] if *word == reading.replace => Form::Inputs(reading.shell),
            [text] => read_text(text, reading)?,
            words => read_words(words, reading)?,
        };
        let append = reading.append && form.wants_append();
        if let Form::Line { line, .. } = &form
            && let Some(reason) = line.no_append
            && append
        {
            return Err(TemplateError::NoAppend(reason));
        }
        Ok(Template { form, append })
    }

    /// Whether a replacement string stands in `text`.
    pub(crate) fn has_replacement_string(text: &OsStr) -> bool {
        !Word::plain(text.as_bytes(), b"{}").holes().is_empty()
    }

    /// The command for a job that runs in `slot` (from 1).
    pub(crate) fn render(&self, job: &Job, slot: usize) -> Invocation {
        let values = Values { inputs: &job.inputs, seq: job.seq, slot };
        match &self.form {
            Form::Words(words) => self.render_words(words, values),
            Form::Line { line, exec, .. } => {
                let mut text = line.render(values);
                for input in job.inputs.iter().filter(|_| self.append) {
                    text.push(b' ');
                    quote::push_quoted(&mut text, input.as_bytes());
                }
                Invocation::Shell { line: OsString::from_vec(text), exec: *exec }
            }
            Form::Inputs(shell) => render_inputs(&job.inputs, *shell),
        }
    }

    fn render_words(&self, words: &[Word], values: Values<'_>) -> Invocation {
        let mut args = Vec::with_capacity(words.len() + values.inputs.len());
        for word in words {
            word.render_into(&mut args, values);
        }
        if self.append {
            args.extend_from_slice(values.inputs);
        }
        // A program word that is all holes without values leaves nothing to start; the empty name
        // then fails as one that does not exist.
        let program = if args.is_empty() { OsString::new() } else { args.remove(0) };
        Invocation::Direct { program, args }
    }

    /// The program that every job starts, if the command names it and no shell looks it up.
    pub(crate) fn program(&self) -> Option<&OsStr> {
        match &self.form {
            Form::Words(words) => words.first()?.literal().map(OsStr::from_bytes),
            Form::Line { program, .. } => program.as_deref(),
            Form::Inputs(_) => None,
        }
    }

    /// Whether an input stands anywhere in the command.
    pub(crate) fn names_inputs(&self) -> bool {
        self.form.holes().into_iter().any(Hole::is_input)
    }

    /// Whether the slot stands anywhere in the command.
    pub(crate) fn names_slot(&self) -> bool {
        self.form.holes().contains(&Hole::Slot)
    }

    /// The highest position that a replacement string names, as in `{3}` or `{-3}`.
    pub(crate) fn highest_position(&self) -> usize {
        let position = |hole: Hole| match hole {
            Hole::Input(Position::FromStart(number) | Position::FromEnd(number), _) => number,
            _ => 0,
        };
        self.form.holes().into_iter().map(position).max().unwrap_or(0)
    }
}

impl Form {
    fn holes(&self) -> Vec<Hole> {
        match self {
            Form::Words(words) => words.iter().flat_map(Word::holes).collect(),
            Form::Line { line, .. } => line.holes().collect(),
            Form::Inputs(_) => Vec::new(),
        }
    }

    /// Whether the inputs belong at the end: the command says nowhere what changes from job to
    /// job.
    fn wants_append(&self) -> bool {
        !matches!(self, Form::Inputs(_)) && self.holes().is_empty()
    }
}

/// Reads a command that is a single word.
fn read_text(text: &[u8], reading: &Reading<'_>) -> Result<Form, TemplateError> {
    let plain = |word: &&[u8]| Word::plain(word, reading.replace);
    match (reading.shell, direct_words(text)) {
        (ShellUse::Never, _) => Ok(Form::Words(vec![plain(&text)])),
        (ShellUse::WhenNeeded, Some(words)) => Ok(Form::Words(words.iter().map(plain).collect())),
        _ => read_line(text, reading),
    }
}

/// Reads a command of several words.
fn read_words(words: &[&[u8]], reading: &Reading<'_>) -> Result<Form, TemplateError> {
    let script = names::script_index(words);
    let needs_shell = || {
        names::needs_shell(words[0])
            || words.iter().enumerate().any(|(i, word)| Some(i) != script && has_syntax(word))
    };
    let through_shell = match reading.shell {
        ShellUse::Always => true,
        ShellUse::Never => false,
        ShellUse::WhenNeeded => needs_shell(),
    };
    if through_shell {
        return read_line(&join(words, reading.replace), reading);
    }
    let mut read = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        read.push(match Word::plain(word, reading.replace) {
            word if Some(index) != script || word.holes().is_empty() => word,
            _ => Word::Script(Line::read(word, reading.replace)?),
        });
    }
    Ok(Form::Words(read))
}

/// Reads a line for the shell.
fn read_line(text: &[u8], reading: &Reading<'_>) -> Result<Form, TemplateError> {
    let line = Line::read(text, reading.replace)?;
    let first = split(text).first().copied().unwrap_or_default();
    let names_program = line.simple
        && !first.is_empty()
        && !has_syntax(first)
        && !first.starts_with(b"#")
        && Word::plain(first, reading.replace).holes().is_empty();
    let exec = names_program && !names::is_builtin(first);
    let program = exec.then(|| OsStr::from_bytes(first).to_owned());
    Ok(Form::Line { line, exec, program })
}

/// The command of a job whose inputs are the command line.
fn render_inputs(inputs: &[OsString], shell: ShellUse) -> Invocation {
    let text = inputs.iter().map(|input| input.as_bytes()).collect::<Vec<_>>().join(&b' ');
    let words = direct_words(&text).filter(|_| shell != ShellUse::Always);
    if let Some((program, args)) = words.as_ref().and_then(|words| words.split_first()) {
        let owned = |word: &&[u8]| OsStr::from_bytes(word).to_owned();
        return Invocation::Direct {
            program: owned(program),
            args: args.iter().map(owned).collect(),
        };
    }
    let reading = Reading { replace: b"", shell, append: false };
    let exec = matches!(read_line(&text, &reading), Ok(Form::Line { exec: true, .. }));
    Invocation::Shell { line: OsString::from_vec(text), exec }
}

/// The words of a command line that means the same without a shell.
fn direct_words(text: &[u8]) -> Option<Vec<&[u8]>> {
    let words = split(text);
    let direct = !has_syntax(text)
        && words.first().is_some_and(|word| !names::needs_shell(word))
        && !words.iter().any(|word| word.starts_with(b"#"));
    direct.then_some(words)
}

/// Joins words to a line for the shell: a word with shell syntax is a part of the line as it is,
/// any other stays one word.
fn join(words: &[&[u8]], replace: &[u8]) -> Vec<u8> {
    let mut line = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            line.push(b' ');
        }
        if has_syntax(word) || !needs_quotes(word) {
            line.extend_from_slice(word);
        } else if let Word::Plain(parts) = Word::plain(word, replace) {
            push_parts(&mut line, word, &parts, replace);
        }
    }
    line
}

/// Appends a word whose literal parts are quoted and whose holes stay readable as holes.
fn push_parts(line: &mut Vec<u8>, word: &[u8], parts: &[word::Part], replace: &[u8]) {
    let mut rest = word;
    for part in parts {
        let length = match part {
            word::Part::Literal(text) => {
                quote::push_in_quotes(line, text);
                text.len()
            }
            word::Part::Hole(_) => {
                let length = hole::hole_at(rest, replace).map_or(0, |(_, length)| length);
                line.extend_from_slice(&rest[..length]);
                length
            }
        };
        rest = &rest[length..];
    }
}

/// Whether a word without shell syntax would not stay one word in a line.
fn needs_quotes(word: &[u8]) -> bool {
    word.is_empty() || word.starts_with(b"#") || word.iter().any(|byte| is_blank(*byte))
}

/// Whether the text has something that a shell would act on.
fn has_syntax(text: &[u8]) -> bool {
    let is_syntax = |byte: &u8| b"|&;<>()$`\\\"'*?\n".contains(byte);
    let expands_home = split(text).iter().any(|word| word.starts_with(b"~"));
    let has_class = text != b"[" && text.contains(&b'[') && text.contains(&b']');
    text.iter().any(is_syntax) || expands_home || has_class
}

/// The words between blanks.
fn split(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty()).collect()
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}
