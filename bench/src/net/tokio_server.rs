//! The echo and the HTTP server on Tokio's multi-threaded runtime, a task per connection.

use std::future::Future;
use std::io;

use anyhow::Result;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::WORKERS;
use super::http::hello;
use super::server::BUFFER_BYTES;

pub(super) fn serve(listener: std::net::TcpListener) -> Result<()> {
    serve_each(listener, echo)
}

pub(super) fn serve_http(listener: std::net::TcpListener) -> Result<()> {
    serve_each(listener, speak_http)
}

fn serve_each<F>(listener: std::net::TcpListener, serve: fn(TcpStream) -> F) -> Result<()>
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    listener.set_nonblocking(true)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let accepting = runtime.spawn(async move {
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(serve(stream));
        }
    });
    let ended: io::Result<()> = runtime.block_on(accepting)?;
    Ok(ended?)
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count]).await?;
    }
}

async fn speak_http(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service_fn(hello));
    connection.await.map_err(io::Error::other)
}
