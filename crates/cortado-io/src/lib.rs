//! Sockets, processes, pipes, signals and files for cortado.
//!
//! What the kernel can report as ready (sockets, pipes, terminals, processes, signals) waits in
//! the reactor and occupies no thread. What it cannot (regular files) goes to the blocking pool. The
//! names are Tokio's where the meaning is the same; the traits are those of `futures-io`.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use cortado_io::process::Command;
//!
//! let output = Command::new("uname").arg("-s").output().await?;
//! assert!(output.status.success());
//! # Ok(())
//! # }
//! ```

#![deny(unsafe_code)]

mod caller;
mod copy;
mod ext;
pub mod fs;
pub mod net;
pub mod pipe;
pub mod process;
pub mod signal;
mod stdio;
mod stream;
#[allow(unsafe_code)]
mod sys;

pub use copy::{Copy, copy};
pub use ext::{
    AsyncReadExt, AsyncWriteExt, Close, Flush, Read, ReadExact, ReadToEnd, ReadToString, Write,
    WriteAll,
};
pub use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, SeekFrom};
pub use stdio::{Stderr, Stdin, Stdout, stderr, stdin, stdout};
