//! Options of internet sockets under the names that Tokio and the standard library use. The rest
//! of them is reached through `SockRef`.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

use crate::net::tcp_socket::TcpSocket;
use crate::net::tcp_stream::TcpStream;
use crate::net::udp::UdpSocket;

/// Pairs of methods: `get, set: type = their names in socket2, "what the option is"`.
macro_rules! options {
    ($socket:ty { $($get:ident, $set:ident: $type:ty = $inner:ident, $set_inner:ident, $what:expr;)* }) => {
        /// Options.
        impl $socket {$(
            #[doc = concat!("Tells ", $what, ".")]
            ///
            /// # Errors
            /// Those of getsockopt(2).
            pub fn $get(&self) -> io::Result<$type> {
                SockRef::from(self).$inner()
            }

            #[doc = concat!("Sets ", $what, ".")]
            ///
            /// # Errors
            /// Those of setsockopt(2).
            pub fn $set(&self, value: $type) -> io::Result<()> {
                SockRef::from(self).$set_inner(value)
            }
        )*}
    };
}

/// Those that all internet sockets have.
macro_rules! internet_options {
    ($socket:ty) => {
        options!($socket {
            recv_buffer_size, set_recv_buffer_size: usize = recv_buffer_size, set_recv_buffer_size,
                "the size of the receive buffer in bytes (`SO_RCVBUF`). The kernel doubles what is \
                 set, and no longer adapts it then";
            send_buffer_size, set_send_buffer_size: usize = send_buffer_size, set_send_buffer_size,
                "the size of the send buffer in bytes (`SO_SNDBUF`). The kernel doubles what is \
                 set, and no longer adapts it then";
            ttl, set_ttl: u32 = ttl_v4, set_ttl_v4, "how many hops an IPv4 packet may make (`IP_TTL`)";
            tos_v4, set_tos_v4: u32 = tos_v4, set_tos_v4,
                "the type of service of IPv4 packets (`IP_TOS`)";
            tclass_v6, set_tclass_v6: u32 = tclass_v6, set_tclass_v6,
                "the traffic class of IPv6 packets (`IPV6_TCLASS`)";
        });

        impl $socket {
            /// Uses only this network interface, such as `eth0` (`SO_BINDTODEVICE`); with `None`,
            /// any.
            ///
            /// # Errors
            /// Those of setsockopt(2).
            pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
                SockRef::from(self).bind_device(interface)
            }

            /// The network interface that `bind_device` has set.
            ///
            /// # Errors
            /// Those of getsockopt(2).
            pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
                SockRef::from(self).device()
            }
        }
    };
}

/// Those of TCP.
macro_rules! tcp_options {
    ($socket:ty) => {
        options!($socket {
            nodelay, set_nodelay: bool = tcp_nodelay, set_tcp_nodelay,
                "whether small writes are sent at once instead of being gathered (`TCP_NODELAY`)";
            quickack, set_quickack: bool = tcp_quickack, set_tcp_quickack,
                "whether received data is acknowledged at once (`TCP_QUICKACK`). The kernel may \
                 change it by itself later (tcp(7))";
            linger, set_linger: Option<Duration> = linger, set_linger,
                "what closing does with unsent data (`SO_LINGER`): `None`, the default, sends it \
                 in the background; zero discards it and resets the connection. Any other \
                 duration makes the drop of the socket block its thread for up to as long as that";
            keepalive, set_keepalive: bool = keepalive, set_keepalive,
                "whether probes find out that a silent peer is gone (`SO_KEEPALIVE`)";
            user_timeout, set_user_timeout: Option<Duration> = tcp_user_timeout, set_tcp_user_timeout,
                "after how long without an acknowledgement the connection ends \
                 (`TCP_USER_TIMEOUT`); `None` is the system's default";
        });

        impl $socket {
            /// Turns keep-alive probes on: the first one after `idle` without traffic, then one
            /// every `interval`, and after `retries` without an answer the connection is dead.
            ///
            /// # Errors
            /// Those of setsockopt(2).
            pub fn set_keepalive_times(
                &self,
                idle: Duration,
                interval: Duration,
                retries: u32,
            ) -> io::Result<()> {
                let times = TcpKeepalive::new()
                    .with_time(idle)
                    .with_interval(interval)
                    .with_retries(retries);
                SockRef::from(self).set_tcp_keepalive(&times)
            }
        }
    };
}

internet_options!(TcpSocket);
internet_options!(TcpStream);
internet_options!(UdpSocket);
tcp_options!(TcpSocket);
tcp_options!(TcpStream);

options!(TcpSocket {
    reuseaddr, set_reuseaddr: bool = reuse_address, set_reuse_address,
        "whether an address of which old connections linger can be had again (`SO_REUSEADDR`)";
    reuseport, set_reuseport: bool = reuse_port, set_reuse_port,
        "whether several sockets may listen at one address, among which the kernel distributes \
         connections (`SO_REUSEPORT`)";
});

options!(UdpSocket {
    broadcast, set_broadcast: bool = broadcast, set_broadcast,
        "whether it may send to broadcast addresses (`SO_BROADCAST`)";
    multicast_loop_v4, set_multicast_loop_v4: bool = multicast_loop_v4, set_multicast_loop_v4,
        "whether IPv4 multicasts come back to this machine (`IP_MULTICAST_LOOP`)";
    multicast_ttl_v4, set_multicast_ttl_v4: u32 = multicast_ttl_v4, set_multicast_ttl_v4,
        "how many hops an IPv4 multicast may make (`IP_MULTICAST_TTL`)";
    multicast_loop_v6, set_multicast_loop_v6: bool = multicast_loop_v6, set_multicast_loop_v6,
        "whether IPv6 multicasts come back to this machine (`IPV6_MULTICAST_LOOP`)";
    multicast_hops_v6, set_multicast_hops_v6: u32 = multicast_hops_v6, set_multicast_hops_v6,
        "how many hops an IPv6 multicast may make (`IPV6_MULTICAST_HOPS`)";
});
