//! Reading into memory that may be uninitialised, without unsafe code and without zeroing it.
//!
//! The readers of `futures-io` want initialised memory; hyper and Tokio hand out buffers that are
//! not. So a reader reads into a buffer that the thread keeps for this, and what it read is copied
//! out. Of that buffer only the bytes that were used are cleared again, so that a reader which
//! claims more than it wrote finds zeros, and not what another connection received.
//!
//! Nanoseconds for one read from a Unix socket pair, the system call included, best of 7, 2 cores
//! (*zeroed*: the whole buffer is initialised first; *direct*: the system call writes into it,
//! which needs unsafe code):
//!
//! | bytes | buffer | zeroed | this, before clearing | direct |
//! |--:|--:|--:|--:|--:|
//! | 100 | 8 KiB | 381 | 339 | 334 |
//! | 100 | 400 KiB | 7,457 | 342 | 336 |
//! | 16 KiB | 64 KiB | 1,901 | 915 | 632 |
//! | 64 KiB | 64 KiB | 3,684 | 4,012 | 2,612 |
//!
//! A request is small, so unsafe code would save it 2 %; it is not worth it.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::io::AsyncRead;

/// The most that one read brings, in bytes: what a pipe holds, and hyper's largest reads but few.
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    /// Taken out while it is in use, since a reader may itself read through another one.
    static SCRATCH: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// Reads at most `limit` bytes and hands them to `put`; nothing at the end of the stream, or where
/// `limit` is 0.
///
/// # Panics
/// Where the reader claims to have read more than there was room for.
pub(crate) fn poll_read<R: AsyncRead + ?Sized>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    limit: usize,
    put: impl FnOnce(&[u8]),
) -> Poll<io::Result<()>> {
    if limit == 0 {
        return Poll::Ready(Ok(()));
    }
    let mut scratch = SCRATCH.take().unwrap_or_else(|| vec![0; SCRATCH_BYTES].into_boxed_slice());
    let limit = limit.min(scratch.len());
    let polled = reader.poll_read(cx, &mut scratch[..limit]);
    if let Poll::Ready(Ok(count)) = polled {
        let bytes = &mut scratch[..limit][..count];
        put(bytes);
        bytes.fill(0);
    }
    SCRATCH.set(Some(scratch));
    ready!(polled)?;
    Poll::Ready(Ok(()))
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Reads `0` bytes of a kind, through another reader of the same sort where it is nested.
    struct Filler {
        byte: u8,
        count: usize,
        claims: usize,
        inner: Option<Box<Filler>>,
    }

    impl Filler {
        fn new(byte: u8, count: usize) -> Filler {
            Filler { byte, count, claims: count, inner: None }
        }
    }

    impl AsyncRead for Filler {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            buffer: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            if let Some(inner) = &mut self.inner {
                let mut done = 0;
                ready!(poll_read(Pin::new(&mut **inner), cx, buffer.len(), |bytes| {
                    done = bytes.len();
                    buffer[..done].copy_from_slice(bytes);
                }))?;
                return Poll::Ready(Ok(done));
            }
            let count = self.count.min(buffer.len());
            buffer[..count].fill(self.byte);
            Poll::Ready(Ok(self.claims.min(buffer.len())))
        }
    }

    fn read(reader: &mut Filler, limit: usize) -> Vec<u8> {
        let mut read = Vec::new();
        let mut cx = Context::from_waker(Waker::noop());
        let polled =
            poll_read(Pin::new(reader), &mut cx, limit, |bytes| read.extend_from_slice(bytes));
        assert!(matches!(polled, Poll::Ready(Ok(()))), "{polled:?}");
        read
    }

    #[test]
    fn reads_at_most_the_limit_and_at_most_the_buffer() {
        assert_eq!(read(&mut Filler::new(7, 100), 3), [7; 3]);
        assert_eq!(read(&mut Filler::new(7, 100), 0), []);
        assert_eq!(read(&mut Filler::new(7, usize::MAX), usize::MAX).len(), SCRATCH_BYTES);
    }

    #[test]
    fn a_reader_that_claims_too_much_finds_zeros() {
        assert_eq!(read(&mut Filler::new(7, 50), 50), [7; 50]);
        let mut liar = Filler { claims: 50, ..Filler::new(8, 0) };
        assert_eq!(read(&mut liar, 50), [0; 50]);
    }

    #[test]
    fn a_reader_inside_of_a_reader_has_a_buffer_of_its_own() {
        let inner = Some(Box::new(Filler::new(9, 20)));
        assert_eq!(read(&mut Filler { inner, ..Filler::new(0, 0) }, 30), [9; 20]);
    }

    #[test]
    fn a_reader_that_fails_loses_only_its_read() {
        struct Fails;
        impl AsyncRead for Fails {
            fn poll_read(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
                _: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
        }
        let mut cx = Context::from_waker(Waker::noop());
        let polled = poll_read(Pin::new(&mut Fails), &mut cx, 10, |_| panic!("nothing was read"));
        assert!(matches!(polled, Poll::Ready(Err(_))));
        assert_eq!(read(&mut Filler::new(7, 5), 10), [7; 5]);
    }
}
