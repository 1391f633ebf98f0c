//! A tiny HTTP server on the loopback that answers after a delay: a thread per connection, one
//! request per connection. It stands for a service elsewhere, so its delay may depend on how many
//! requests it has at once.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// Small stacks let hundreds of connections wait at once.
const STACK_BYTES: usize = 64 * 1024;

/// How long a request takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Delay {
    /// Always as long.
    Constant(Duration),
    /// `base` up to `knee` requests at once; beyond, it grows with the square of the excess, so
    /// that more at once makes the whole slower.
    GrowsBeyond { knee: usize, base: Duration },
}

impl Delay {
    fn with(self, at_once: usize) -> Duration {
        match self {
            Self::Constant(delay) => delay,
            Self::GrowsBeyond { knee, base } => {
                let excess = (at_once as f64 / knee as f64).max(1.0);
                base.mul_f64(excess * excess)
            }
        }
    }
}

/// A running service; it ends when dropped.
pub(crate) struct Service {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Service {
    /// Listens on a free port of the loopback.
    pub(crate) fn start(delay: Delay) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("listen on the loopback")?;
        let address = listener.local_addr()?;
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        thread::Builder::new()
            .name("service".to_owned())
            .spawn(move || accept_until_over(&listener, delay, &over))?;
        Ok(Self { address, is_over })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // The connection wakes the accepting thread; if it fails, the thread has ended already.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept_until_over(listener: &TcpListener, delay: Delay, is_over: &AtomicBool) {
    let at_once = Arc::new(AtomicUsize::new(0));
    for connection in listener.incoming() {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        // A failed accept or thread leaves the client with a closed connection, which the job
        // reports as its failure.
        let Ok(connection) = connection else { continue };
        let at_once = Arc::clone(&at_once);
        let answer = move || {
            let count = at_once.fetch_add(1, Ordering::Relaxed) + 1;
            let _ = answer_one(connection, delay.with(count));
            at_once.fetch_sub(1, Ordering::Relaxed);
        };
        let _ = thread::Builder::new().stack_size(STACK_BYTES).spawn(answer);
    }
}

fn answer_one(mut connection: TcpStream, delay: Duration) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection.try_clone()?);
    let mut line = String::new();
    while lines.read_line(&mut line)? > 2 {
        line.clear();
    }
    thread::sleep(delay);
    connection.write_all(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::fetch;

    #[test]
    fn a_fetch_is_answered() {
        let service = Service::start(Delay::Constant(Duration::from_millis(1))).unwrap();
        fetch(&service.url()).unwrap();
    }

    #[test]
    fn a_slow_service_peaks_at_its_knee() {
        let delay = Delay::GrowsBeyond { knee: 16, base: Duration::from_millis(100) };
        let throughput = |at_once: usize| at_once as f64 / delay.with(at_once).as_secs_f64();
        assert!((throughput(16) - 160.0).abs() < 1e-6);
        assert!(throughput(8) < throughput(16));
        assert!(throughput(32) < throughput(16));
        assert!(throughput(64) < throughput(32));
    }
}
