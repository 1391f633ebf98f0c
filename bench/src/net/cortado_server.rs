//! The echo and the HTTP server on cortado, a task per connection.

use std::future::Future;
use std::io;

use anyhow::Result;
use cortado::hyper::{Io, Timer};
use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::net::{TcpListener, TcpStream};
use hyper::server::conn::http1;
use hyper::service::service_fn;

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
    let runtime = cortado::Builder::new().worker_threads(WORKERS).build()?;
    let accepting = runtime.spawn(async move {
        let listener = TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            drop(cortado::spawn(serve(stream)));
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
    let connection =
        http1::Builder::new().timer(Timer).serve_connection(Io::new(stream), service_fn(hello));
    connection.await.map_err(io::Error::other)
}
