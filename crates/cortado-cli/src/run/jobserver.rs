//! GNU make's jobserver, both sides of it, so that a job that runs make or cargo does not start as
//! many processes again as there are jobs at once.
//!
//! A jobserver is a pipe with a byte, a token, for each process that may run beside the first. Who
//! wants to run one more takes a byte and puts it back afterwards; `MAKEFLAGS` tells where the pipe
//! is. Each process that was started has one token for itself without taking any.
//!
//! **As a server** we make the pipe with a token for every job at once (with `-j auto`: for every
//! usable core). A job that runs holds one of them: the one that it has for itself. So what is left
//! in the pipe is for the makes among the jobs; when they hold it, the next job waits. Beyond the
//! number of tokens `-j auto` starts jobs without one, since it has measured that they wait for
//! something else than cores.
//!
//! **As a client**, under a make that has a jobserver, our first job runs on our own token and each
//! further one takes one from the pipe.
//!
//! A job that is killed may take tokens with it. A server that has nothing running fills the pipe
//! up again, and a first job never waits, so that a run does not come to a stand.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::rc::Rc;
use std::task::{Context, Poll};

use cortado::io::{AsyncFd, Direction, Interest};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

/// The byte that stands for a token in our own pipe: the one that make writes.
const TOKEN: u8 = b'+';
/// Most tokens in our own pipe, which holds 65,536 bytes by default (pipe(7)).
const MOST_TOKENS: usize = 4096;

/// The jobserver of the make that we run under, if there is one that can be used.
pub(crate) struct Inherited {
    read: OwnedFd,
    write: OwnedFd,
}

/// `MAKEFLAGS` names a jobserver that is not there: make closes it for whatever it does not take
/// for a make.
#[derive(Debug)]
pub(crate) struct Unreachable;

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "make's jobserver cannot be reached, so that its -j does not count these jobs; in the \
             Makefile, begin the line with +",
        )
    }
}

impl Inherited {
    /// Looks for it in `MAKEFLAGS`. To be called before this process opens pipes of its own, which
    /// could have taken the numbers that make has closed.
    pub(crate) fn find(makeflags: Option<&OsStr>) -> Result<Option<Inherited>, Unreachable> {
        match makeflags.and_then(|flags| address(flags.as_bytes())) {
            Some(address) => Inherited::open(address).map(Some).ok_or(Unreachable),
            None => Ok(None),
        }
    }

    fn open(address: &[u8]) -> Option<Inherited> {
        let (read, write) = match address.strip_prefix(b"fifo:") {
            Some(path) => {
                let path = PathBuf::from(OsString::from_vec(path.to_vec()));
                (path.clone(), path)
            }
            None => {
                let (read, write) = str::from_utf8(address).ok()?.split_once(',')?;
                let path = |fd: &str| {
                    let fd: u32 = fd.parse().ok()?;
                    Some(PathBuf::from(format!("/proc/self/fd/{fd}")))
                };
                (path(read)?, path(write)?)
            }
        };
        // Opened once more, so that our non-blocking mode is ours alone.
        let read = open(read, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty());
        let write = open(write, OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty());
        let (read, write) = (read.ok()?, write.ok()?);
        let is_pipe = |fd: &OwnedFd| {
            fstat(fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
        };
        (is_pipe(&read) && is_pipe(&write)).then_some(Inherited { read, write })
    }
}

/// The value of the last `--jobserver-auth=` (before make 4.2: `--jobserver-fds=`).
fn address(makeflags: &[u8]) -> Option<&[u8]> {
    words(makeflags).rev().find_map(|word| {
        word.strip_prefix(b"--jobserver-auth=").or_else(|| word.strip_prefix(b"--jobserver-fds="))
    })
}

fn words(makeflags: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    makeflags.split(|byte| *byte == b' ').filter(|word| !word.is_empty())
}

/// `MAKEFLAGS` with our pipe instead of any other. Single-letter options come first, without a
/// dash; variables come last, after `--`.
fn with_address(makeflags: &[u8], jobs: usize, read: i32, write: i32) -> OsString {
    let mut out = Vec::new();
    let mut words = words(makeflags).peekable();
    // A first word without a dash is letters, unless it sets a variable.
    if !makeflags.starts_with(b" ")
        && let Some(letters) =
            words.next_if(|word| !word.starts_with(b"-") && !word.contains(&b'='))
    {
        out.extend_from_slice(letters);
    }
    out.extend_from_slice(
        format!(" -j{jobs} --jobserver-fds={read},{write} --jobserver-auth={read},{write}")
            .as_bytes(),
    );
    let mut variables = false;
    for word in words {
        variables |= word == b"--";
        let replaced = word.starts_with(b"-j") || word.starts_with(b"--jobserver-");
        if variables || !replaced {
            out.push(b' ');
            out.extend_from_slice(word);
        }
    }
    OsString::from_vec(out)
}

/// The tokens that jobs run on. Clones are the same ones.
#[derive(Clone)]
pub(crate) struct Tokens(Option<Rc<Pool>>);

struct Pool {
    read: AsyncFd<OwnedFd>,
    write: OwnedFd,
    role: Role,
}

enum Role {
    Server {
        /// How many tokens there are.
        total: usize,
        /// Whether more jobs than tokens may run.
        surplus: bool,
        /// The ends that the jobs inherit.
        ends: (OwnedFd, OwnedFd),
    },
    Client {
        /// Whether a job runs on the token that we have for ourselves.
        own_taken: Cell<bool>,
    },
}

/// The right of one job to run. It goes back when it is dropped.
pub(crate) struct Token {
    pool: Option<Rc<Pool>>,
    kind: Held,
}

#[derive(Clone, Copy)]
enum Held {
    /// A byte of the pipe, which goes back as it was.
    Byte(u8),
    /// The one that we have for ourselves.
    Own,
    /// None was needed.
    Nothing,
}

impl Tokens {
    /// No jobserver: there is always a token.
    pub(crate) fn unlimited() -> Tokens {
        Tokens(None)
    }

    /// The client of a jobserver. Within the runtime only.
    pub(crate) fn of(inherited: Inherited) -> io::Result<Tokens> {
        let Inherited { read, write } = inherited;
        let read = AsyncFd::with_interest(read, Interest::READABLE)?;
        let role = Role::Client { own_taken: Cell::new(false) };
        Ok(Tokens(Some(Rc::new(Pool { read, write, role }))))
    }

    /// A jobserver with so many tokens. `surplus`: more jobs than that may run. Within the runtime
    /// only.
    pub(crate) fn serve(total: usize, surplus: bool) -> io::Result<Tokens> {
        let total = total.clamp(1, MOST_TOKENS);
        // Without CLOEXEC: the jobs inherit these.
        let ends = pipe_with(PipeFlags::empty())?;
        let again = |fd: &OwnedFd, access| {
            let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
            open(path, access | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())
        };
        let read = AsyncFd::with_interest(again(&ends.0, OFlags::RDONLY)?, Interest::READABLE)?;
        let write = again(&ends.1, OFlags::WRONLY)?;
        let pool = Pool { read, write, role: Role::Server { total, surplus, ends } };
        pool.put(&vec![TOKEN; total]);
        Ok(Tokens(Some(Rc::new(pool))))
    }

    /// What the jobs need in `MAKEFLAGS`, where that is another value than ours.
    pub(crate) fn makeflags(&self, ours: Option<&OsStr>) -> Option<OsString> {
        let Role::Server { total, ends: (read, write), .. } = &self.0.as_ref()?.role else {
            return None;
        };
        let ours = ours.map_or(&b""[..], OsStr::as_bytes);
        Some(with_address(ours, *total, read.as_raw_fd(), write.as_raw_fd()))
    }

    /// Whether the tokens are those of a make above us, which others wait for.
    pub(crate) fn are_shared(&self) -> bool {
        self.0.as_ref().is_some_and(|pool| matches!(pool.role, Role::Client { .. }))
    }

    /// Takes a token for one more job beside `running`; where there is none, the task of `cx` is
    /// woken when one comes.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>, running: usize) -> Poll<Token> {
        let Some(pool) = &self.0 else {
            return Poll::Ready(Token { pool: None, kind: Held::Nothing });
        };
        let token = |kind| Poll::Ready(Token { pool: Some(pool.clone()), kind });
        match &pool.role {
            Role::Client { own_taken } if !own_taken.replace(true) => return token(Held::Own),
            Role::Server { total, surplus: true, .. } if running >= *total => {
                return token(Held::Nothing);
            }
            Role::Server { total, .. } if running == 0 => pool.refill(*total),
            _ => {}
        }
        match pool.poll_byte(cx) {
            Poll::Ready(Ok(byte)) => token(Held::Byte(byte)),
            // A first job, and any where the pipe is broken, runs without.
            Poll::Ready(Err(_)) => token(Held::Nothing),
            Poll::Pending if running == 0 => token(Held::Nothing),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Pool {
    fn poll_byte(&self, cx: &mut Context<'_>) -> Poll<io::Result<u8>> {
        let read = |fd: &OwnedFd| {
            let mut byte = [0];
            match rustix::io::read(fd, &mut byte) {
                Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => Ok(byte[0]),
                Err(error) => Err(io::Error::from(error)),
            }
        };
        // The reactor reports what is there only with its next turn, so the pipe is asked first.
        match read(self.read.get_ref()) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.read.poll_io(Direction::Read, cx, read)
            }
            byte => Poll::Ready(byte),
        }
    }

    /// Puts tokens into the pipe. It has room for all that were ever taken from it; where it is
    /// closed nobody wants them.
    fn put(&self, mut tokens: &[u8]) {
        while !tokens.is_empty() {
            match rustix::io::write(&self.write, tokens) {
                Ok(written) => tokens = &tokens[written..],
                Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }

    /// Makes the number of tokens right again when no job holds any.
    fn refill(&self, total: usize) {
        let there = rustix::io::ioctl_fionread(self.read.as_fd()).unwrap_or(total as u64);
        let missing = total.saturating_sub(usize::try_from(there).unwrap_or(total));
        self.put(&vec![TOKEN; missing]);
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let Some(pool) = &self.pool else { return };
        match (self.kind, &pool.role) {
            (Held::Byte(byte), _) => pool.put(&[byte]),
            (Held::Own, Role::Client { own_taken }) => own_taken.set(false),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_all_its_spellings() {
        assert_eq!(address(b" -j4 --jobserver-auth=3,4"), Some(&b"3,4"[..]));
        assert_eq!(
            address(b"k -j4 --jobserver-auth=fifo:/tmp/f -- A=b"),
            Some(&b"fifo:/tmp/f"[..])
        );
        assert_eq!(address(b"--jobserver-fds=3,4 -j"), Some(&b"3,4"[..]));
        assert_eq!(address(b"--jobserver-auth=3,4 --jobserver-auth=5,6"), Some(&b"5,6"[..]));
        assert_eq!(address(b"ks"), None);
    }

    #[test]
    fn other_flags_stay_what_they_are() {
        let merged = |flags: &[u8]| with_address(flags, 2, 7, 8).into_string().unwrap();
        let ours = "-j2 --jobserver-fds=7,8 --jobserver-auth=7,8";
        assert_eq!(merged(b""), format!(" {ours}"));
        assert_eq!(merged(b"ks"), format!("ks {ours}"));
        assert_eq!(merged(b" -j9 --jobserver-auth=3,4 -- A=-j9"), format!(" {ours} -- A=-j9"));
        assert_eq!(merged(b"A=b"), format!(" {ours} A=b"));
    }

    #[test]
    fn what_is_no_pipe_is_not_used() {
        let flags = |text: &str| OsString::from(text);
        assert!(matches!(Inherited::find(None), Ok(None)));
        assert!(matches!(Inherited::find(Some(&flags("ks -j4"))), Ok(None)));
        for address in ["9998,9999", "-2,-2", "fifo:/dev/null", "fifo:/no/such/pipe", "x"] {
            let found = Inherited::find(Some(&flags(&format!("--jobserver-auth={address}"))));
            assert!(found.is_err(), "{address}");
        }
    }

    #[test]
    fn tokens_are_given_back() {
        let runtime = cortado::Runtime::single().unwrap();
        runtime.block_on(async {
            let tokens = Tokens::serve(2, false).unwrap();
            let mut held = Vec::new();
            std::future::poll_fn(|cx| {
                for running in 0..2 {
                    let Poll::Ready(token) = tokens.poll_take(cx, running) else { panic!() };
                    held.push(token);
                }
                assert!(tokens.poll_take(cx, 2).is_pending());
                held.pop();
                assert!(tokens.poll_take(cx, 1).is_ready());
                Poll::Ready(())
            })
            .await;
        });
    }
}
