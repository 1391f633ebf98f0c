//! Addresses of Unix sockets: from the standard library's type to that of the system calls,
//! the identity of who is at the other side, and how long to wait for an address that is busy.

use std::io;
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::time::Duration;

use rustix::net::SocketAddrUnix;
use rustix::net::sockopt::socket_peercred;

use crate::net::pause::Pause;

/// For a call of the system.
pub(crate) fn to_system(addr: &SocketAddr) -> io::Result<SocketAddrUnix> {
    if let Some(path) = addr.as_pathname() {
        return Ok(SocketAddrUnix::new(path)?);
    }
    match addr.as_abstract_name() {
        Some(name) => Ok(SocketAddrUnix::new_abstract_name(name)?),
        None => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "this Unix socket has no name, so it cannot be connected to",
        )),
    }
}

/// The wait for room in the queue of a receiver or a listener, of which the kernel does not tell
/// those that are not connected to it: 1 ms at first, 100 ms at most.
pub(crate) fn unreported() -> Pause {
    Pause::new(Duration::from_millis(1), Duration::from_millis(100))
}

/// Who is at the other side of a Unix socket: as they were when they called `connect`, `listen` or
/// `pair`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UCred {
    pid: i32,
    uid: u32,
    gid: u32,
}

impl UCred {
    pub(crate) fn of_peer(socket: impl AsFd) -> io::Result<UCred> {
        let peer = socket_peercred(socket)?;
        let pid = peer.pid.as_raw_nonzero().get();
        Ok(UCred { pid, uid: peer.uid.as_raw(), gid: peer.gid.as_raw() })
    }

    /// The number of its process.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// The number of its effective user.
    pub fn uid(&self) -> u32 {
        self.uid
    }

    /// The number of its effective group.
    pub fn gid(&self) -> u32 {
        self.gid
    }
}
