//! HTTP/1 and HTTP/2 on one port, by hyper on cortado's own tasks, timers and sockets.
//!
//! `cargo run -p examples --bin http_server -- 127.0.0.1:8080`, then `curl -d hello
//! localhost:8080/echo`. A request for `/primes/N` computes: its task moves aside, and the others are
//! answered as before. Ctrl-C stops accepting and lets the open connections finish.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use cortado::hyper::{Executor, Io, Timer};
use cortado::net::TcpListener;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;

type Body = BoxBody<Bytes, hyper::Error>;

/// How long open connections may take to finish after Ctrl-C.
const GRACE: Duration = Duration::from_secs(5);

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    cortado::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        // Listens from here on: a Ctrl-C that comes as soon as the address is printed is not lost.
        let interrupted = cortado::signal::ctrl_c();
        println!("listening on {}", listener.local_addr()?);
        let open = Arc::new(GracefulShutdown::new());
        let accepting = cortado::spawn(accept(listener, open.clone()));
        interrupted.await?;
        accepting.abort();
        drop(accepting.await);
        let open = Arc::into_inner(open).context("a task that has ended has dropped its share")?;
        match cortado::time::timeout(GRACE, open.shutdown()).await {
            Ok(()) => println!("all connections have finished"),
            Err(_) => println!("some connections were cut off"),
        }
        Ok(())
    })
}

/// A task for each connection.
async fn accept(listener: TcpListener, open: Arc<GracefulShutdown>) -> io::Result<Infallible> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let watcher = open.watcher();
        drop(cortado::spawn(async move {
            let server = {
                let mut server = auto::Builder::new(Executor::new());
                server.http1().timer(Timer).header_read_timeout(Duration::from_secs(10));
                server.http2().timer(Timer);
                server
            };
            let connection = server.serve_connection(Io::new(stream), service_fn(answer));
            if let Err(error) = watcher.watch(connection.into_owned()).await {
                eprintln!("a connection failed: {error}");
            }
        }));
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let version = request.version();
    let path = request.uri().path().to_owned();
    let answer = match (request.method(), path.as_str()) {
        (&Method::GET, "/") => Response::new(text(format!("hello over {version:?}\n"))),
        // The body streams through: it is never in memory as a whole.
        (&Method::POST, "/echo") => Response::new(request.into_body().boxed()),
        (&Method::GET, path) => match path.strip_prefix("/primes/").map(str::parse) {
            Some(Ok(below)) => Response::new(text(format!("{}\n", primes_below(below)))),
            Some(Err(error)) => plain(StatusCode::BAD_REQUEST, format!("{error}\n")),
            None => plain(StatusCode::NOT_FOUND, format!("there is nothing at {path}\n")),
        },
        (method, _) => plain(StatusCode::METHOD_NOT_ALLOWED, format!("no {method} here\n")),
    };
    Ok(answer)
}

fn plain(status: StatusCode, message: String) -> Response<Body> {
    let mut answer = Response::new(text(message));
    *answer.status_mut() = status;
    answer
}

fn text(text: String) -> Body {
    Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed()
}

/// By trial division: this is here to take a while.
fn primes_below(limit: u32) -> usize {
    (2..limit).filter(|n| (2..).take_while(|d| d * d <= *n).all(|d| n % d != 0)).count()
}
