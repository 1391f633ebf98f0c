//! What several kinds of sockets have in common, written once, as macros: the methods appear on
//! each type, where users look for them. Each type is a newtype of a `Stream` over its counterpart
//! in the standard library.

/// For every socket: to and from the standard library, readiness, calls of one's own, errors.
macro_rules! any_socket {
    ($socket:ident over $std:ty, $kind:expr) => {
        impl $socket {
            /// Uses a socket of the standard library, which it puts into non-blocking mode.
            ///
            /// # Errors
            /// Where the reactor cannot wait for it.
            ///
            /// # Panics
            /// Outside of a runtime.
            #[track_caller]
            pub fn from_std(socket: $std) -> std::io::Result<$socket> {
                socket.set_nonblocking(true)?;
                $socket::registered(socket)
            }

            /// Uses a socket that is in non-blocking mode.
            #[track_caller]
            pub(crate) fn registered(socket: $std) -> std::io::Result<$socket> {
                Ok($socket(crate::stream::Stream::new(socket, $kind)?))
            }

            /// The socket of the standard library, which stays in non-blocking mode.
            pub fn into_std(self) -> $std {
                self.0.into_inner()
            }

            /// Waits until a read, a receipt or an accept may find something, or the end. A socket
            /// may turn out not to be ready after all, so follow it by one of the `try_…`
            /// functions and repeat both on `WouldBlock`.
            #[track_caller]
            pub fn readable(&self) -> crate::net::Ready<'_> {
                crate::net::Ready::new(&self.0, cortado_core::io::Direction::Read)
            }

            /// `readable` as a poll function, which wakes the task that called last.
            ///
            /// # Errors
            /// None today.
            #[track_caller]
            pub fn poll_read_ready(
                &self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                let read = cortado_core::io::Direction::Read;
                self.0.poll_ready(read, cx).map(|_event| Ok(()))
            }

            /// Makes a call of your own once, also where nothing is known to be ready. Where it
            /// returns `WouldBlock`, waiting for this direction waits from now on.
            ///
            /// # Errors
            /// What the call returns.
            pub fn try_io<R>(
                &self,
                direction: cortado_core::io::Direction,
                call: impl FnOnce(&$std) -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                self.0.fd().try_anyway(direction, call)
            }

            /// Makes a call of your own, and waits, until it returns something else than
            /// `WouldBlock`. Cancel safe where the call is all or nothing.
            #[track_caller]
            pub fn async_io<R, F>(
                &self,
                direction: cortado_core::io::Direction,
                call: F,
            ) -> cortado_core::io::AsyncIo<'_, $std, F>
            where
                F: FnMut(&$std) -> std::io::Result<R> + Unpin,
            {
                self.0.fd().async_io(direction, call)
            }

            /// Takes an error that the socket has not told yet (`SO_ERROR`).
            ///
            /// # Errors
            /// Those of getsockopt(2).
            pub fn take_error(&self) -> std::io::Result<Option<std::io::Error>> {
                self.0.get_ref().take_error()
            }
        }

        impl std::os::fd::AsFd for $socket {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                std::os::fd::AsFd::as_fd(&self.0)
            }
        }

        impl std::os::fd::AsRawFd for $socket {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                std::os::fd::AsFd::as_fd(self).as_raw_fd()
            }
        }

        impl From<$socket> for std::os::fd::OwnedFd {
            fn from(socket: $socket) -> std::os::fd::OwnedFd {
                socket.into_std().into()
            }
        }
    };
}

/// For sockets that send: what `any_socket` has for the other direction.
macro_rules! sending_socket {
    ($socket:ident) => {
        impl $socket {
            /// Waits until a write or a send may get somewhere; otherwise like `readable`.
            #[track_caller]
            pub fn writable(&self) -> crate::net::Ready<'_> {
                crate::net::Ready::new(&self.0, cortado_core::io::Direction::Write)
            }

            /// `writable` as a poll function, which wakes the task that called last.
            ///
            /// # Errors
            /// None today.
            #[track_caller]
            pub fn poll_write_ready(
                &self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                let write = cortado_core::io::Direction::Write;
                self.0.poll_ready(write, cx).map(|_event| Ok(()))
            }
        }
    };
}

/// For sockets that carry bytes: reading, writing, halves.
macro_rules! byte_socket {
    ($socket:ident) => {
        impl $socket {
            /// Reads what is there; 0 is the end.
            ///
            /// # Errors
            /// `WouldBlock` where nothing is; else those of recv(2).
            pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
                self.try_io(Direction::Read, |mut std| std.read(buffer))
            }

            /// `try_read` into several buffers, one after the other.
            ///
            /// # Errors
            /// As `try_read`.
            pub fn try_read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                self.try_io(Direction::Read, |mut std| std.read_vectored(buffers))
            }

            /// Writes what there is room for.
            ///
            /// # Errors
            /// `WouldBlock` where there is no room; else those of send(2).
            pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
                self.try_io(Direction::Write, |mut std| std.write(bytes))
            }

            /// `try_write` from several buffers, one after the other.
            ///
            /// # Errors
            /// As `try_write`.
            pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
                self.try_io(Direction::Write, |mut std| std.write_vectored(buffers))
            }

            /// Ends reading, writing, or both. After the writing half of a connection is shut down
            /// the other side reads the end; it can still send. What is not connected (any more),
            /// as after a reset, is shut down already.
            ///
            /// # Errors
            /// Those of shutdown(2).
            pub fn shutdown(&self, how: std::net::Shutdown) -> std::io::Result<()> {
                crate::net::methods::unless_gone(self.0.get_ref().shutdown(how))
            }

            /// Halves that borrow the connection, for two futures of one task.
            pub fn split(&mut self) -> (ReadHalf<'_, $socket>, WriteHalf<'_, $socket>) {
                (ReadHalf(self), WriteHalf(self))
            }

            /// Halves that own the connection together, for two tasks. Dropping the writing half
            /// shuts writing down; `reunite` makes one of them again.
            pub fn into_split(self) -> (OwnedReadHalf<$socket>, OwnedWriteHalf<$socket>) {
                crate::net::split::halves(self)
            }
        }

        impl crate::net::split::sealed::Sealed for $socket {}

        impl crate::net::split::Splits for $socket {
            fn end_writing(&self) -> io::Result<()> {
                self.shutdown(std::net::Shutdown::Write)
            }
        }

        impl AsyncRead for &$socket {
            #[track_caller]
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffer: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                let full = buffer.len();
                self.0.poll_bytes(Direction::Read, cx, full, |mut std| std.read(buffer))
            }

            #[track_caller]
            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffers: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                let full = buffers.iter().map(|buffer| buffer.len()).sum();
                self.0.poll_bytes(Direction::Read, cx, full, |mut std| std.read_vectored(buffers))
            }
        }

        impl AsyncWrite for &$socket {
            #[track_caller]
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.0.poll_bytes(Direction::Write, cx, bytes.len(), |mut std| std.write(bytes))
            }

            #[track_caller]
            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffers: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                let full = buffers.iter().map(|buffer| buffer.len()).sum();
                self.0.poll_bytes(Direction::Write, cx, full, |mut std| std.write_vectored(buffers))
            }

            /// Does nothing: the kernel has every byte that a write took.
            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            /// Shuts writing down.
            fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(self.shutdown(std::net::Shutdown::Write))
            }
        }

        crate::net::methods::reads_by_reference!([] $socket, |socket| &*socket);
        crate::net::methods::writes_by_reference!([] $socket, |socket| &*socket);
    };
}

/// Reads through a shared reference to a socket, which `$lead` finds.
macro_rules! reads_by_reference {
    ([$($generics:tt)*] $reader:ty $(where [$($bound:tt)*])?, |$self:ident| $lead:expr) => {
        impl<$($generics)*> AsyncRead for $reader
        $(where $($bound)*)?
        {
            #[track_caller]
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffer: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                let $self = self;
                Pin::new(&mut $lead).poll_read(cx, buffer)
            }

            #[track_caller]
            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffers: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                let $self = self;
                Pin::new(&mut $lead).poll_read_vectored(cx, buffers)
            }
        }
    };
}

/// Writes through a shared reference to a socket, which `$lead` finds.
macro_rules! writes_by_reference {
    ([$($generics:tt)*] $writer:ty $(where [$($bound:tt)*])?, |$self:ident| $lead:expr) => {
        impl<$($generics)*> AsyncWrite for $writer
        $(where $($bound)*)?
        {
            #[track_caller]
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                let $self = self;
                Pin::new(&mut $lead).poll_write(cx, bytes)
            }

            #[track_caller]
            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffers: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                let $self = self;
                Pin::new(&mut $lead).poll_write_vectored(cx, buffers)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $self = self;
                Pin::new(&mut $lead).poll_flush(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $self = self;
                Pin::new(&mut $lead).poll_close(cx)
            }
        }
    };
}

/// For sockets that carry messages: sending to and receiving from the one that it is connected to.
macro_rules! message_socket {
    ($socket:ident over $std:ty) => {
        impl $socket {
            /// Sends a message to the address that it is connected to, and returns its length.
            #[track_caller]
            pub fn send<'a>(&'a self, message: &'a [u8]) -> Call<'a, $std, &'a [u8], usize> {
                Call::new(&self.0, Direction::Write, message, |std, message| std.send(message))
            }

            /// `send`, if there is room now.
            ///
            /// # Errors
            /// `WouldBlock` where there is none; else those of send(2).
            pub fn try_send(&self, message: &[u8]) -> io::Result<usize> {
                self.try_io(Direction::Write, |std| std.send(message))
            }

            /// `send` as a poll function, which wakes the task that called last.
            ///
            /// # Errors
            /// Those of send(2).
            #[track_caller]
            pub fn poll_send(
                &self,
                cx: &mut Context<'_>,
                message: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.0.poll_call(Direction::Write, cx, |std| std.send(message))
            }

            /// Receives one message and returns its length. What the buffer has no room for is
            /// lost.
            #[track_caller]
            pub fn recv<'a>(&'a self, buffer: &'a mut [u8]) -> Call<'a, $std, &'a mut [u8], usize> {
                Call::new(&self.0, Direction::Read, buffer, |std, buffer| std.recv(buffer))
            }

            /// `recv`, if a message is there now.
            ///
            /// # Errors
            /// `WouldBlock` where there is none; else those of recv(2).
            pub fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
                self.try_io(Direction::Read, |std| std.recv(buffer))
            }

            /// `recv` as a poll function, which wakes the task that called last.
            ///
            /// # Errors
            /// Those of recv(2).
            #[track_caller]
            pub fn poll_recv(
                &self,
                cx: &mut Context<'_>,
                buffer: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                self.0.poll_call(Direction::Read, cx, |std| std.recv(buffer))
            }
        }
    };
}

pub(crate) use {
    any_socket, byte_socket, message_socket, reads_by_reference, sending_socket,
    writes_by_reference,
};

/// Shutting down a connection that has ended is no error.
pub(crate) fn unless_gone(shut_down: std::io::Result<()>) -> std::io::Result<()> {
    match shut_down {
        Err(error) if error.kind() == std::io::ErrorKind::NotConnected => Ok(()),
        shut_down => shut_down,
    }
}
