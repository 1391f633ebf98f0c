//! What is started for a job: a program with its arguments, or a line for the shell.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::quote::push_quoted;

/// A command, ready to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Invocation {
    /// A program that is executed without a shell.
    Direct {
        /// The program, as the user named it.
        program: OsString,
        /// Its arguments, byte for byte.
        args: Vec<OsString>,
    },
    /// A line that a shell reads.
    Shell {
        /// The line, with all values quoted.
        line: OsString,
        /// Whether the line is one simple command, for which the shell need not stay.
        exec: bool,
    },
}

impl Invocation {
    /// The words to execute, the program first. `shell` is the shell for a line.
    pub(crate) fn into_argv(self, shell: &OsStr) -> Vec<OsString> {
        match self {
            Invocation::Direct { program, mut args } => {
                args.insert(0, program);
                args
            }
            Invocation::Shell { line, exec } => {
                let mut script = if exec { b"exec ".to_vec() } else { Vec::new() };
                script.extend_from_slice(line.as_bytes());
                vec![shell.to_owned(), OsString::from("-c"), OsString::from_vec(script)]
            }
        }
    }

    /// The command as one would type it into a shell.
    pub(crate) fn display(&self) -> Vec<u8> {
        let (program, args) = match self {
            Invocation::Shell { line, .. } => return line.as_bytes().to_vec(),
            Invocation::Direct { program, args } => (program, args),
        };
        let mut out = Vec::new();
        push_quoted(&mut out, program.as_bytes());
        for arg in args {
            out.push(b' ');
            push_quoted(&mut out, arg.as_bytes());
        }
        out
    }
}
