//! What the adapters know of a stream's type: `futures-io` has no way to ask a stream whether it
//! takes many buffers in one write.

use std::any::TypeId;

use crate::net::{OwnedWriteHalf, TcpStream, UnixStream};

/// True for our types whose `poll_write_vectored` is one system call for all buffers.
pub(crate) fn writes_vectored<T: 'static>() -> bool {
    let ours = [
        TypeId::of::<TcpStream>(),
        TypeId::of::<OwnedWriteHalf<TcpStream>>(),
        TypeId::of::<UnixStream>(),
        TypeId::of::<OwnedWriteHalf<UnixStream>>(),
    ];
    ours.contains(&TypeId::of::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::OwnedReadHalf;

    #[test]
    fn sockets_write_many_buffers_at_once_and_readers_do_not() {
        assert!(writes_vectored::<TcpStream>());
        assert!(writes_vectored::<UnixStream>());
        assert!(writes_vectored::<OwnedWriteHalf<TcpStream>>());
        assert!(!writes_vectored::<OwnedReadHalf<TcpStream>>());
        assert!(!writes_vectored::<crate::pipe::Sender>());
    }
}
