//! A TLS echo: rustls by futures-rustls, directly on cortado's sockets, without Tokio.
//!
//! `cargo run -p examples --bin tls_echo -- cert.pem 127.0.0.1:8443` makes a certificate for
//! `localhost`, signs it itself, and writes it to the file, for clients to trust: `openssl s_client
//! -CAfile cert.pem -connect localhost:8443 -quiet`. What comes over a connection goes back over it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::net::{TcpListener, TcpStream};
use cortado::time::timeout;
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::ServerConfig;
use futures_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A client that does not finish its handshake in this time is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let certificate_path = arguments.next().context("give a file for the certificate")?;
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let acceptor = TlsAcceptor::from(Arc::new(self_signed(&certificate_path)?));
    cortado::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on {}", listener.local_addr()?);
        loop {
            let (stream, peer) = listener.accept().await?;
            let acceptor = acceptor.clone();
            drop(cortado::spawn(async move {
                match echo(stream, acceptor).await {
                    Ok(bytes) => println!("{peer}: {bytes} bytes echoed"),
                    Err(error) => println!("{peer}: failed: {error}"),
                }
            }));
        }
    })
}

/// Writes the certificate to a file, and keeps the key.
fn self_signed(certificate_path: &str) -> Result<ServerConfig> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    std::fs::write(certificate_path, made.cert.pem())
        .with_context(|| format!("cannot write {certificate_path}"))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    Ok(ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?)
}

async fn echo(stream: TcpStream, acceptor: TlsAcceptor) -> io::Result<u64> {
    let mut tls = timeout(HANDSHAKE, acceptor.accept(stream))
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "no handshake in time"))??;
    let mut buffer = vec![0; 16 * 1024];
    let mut echoed = 0;
    loop {
        let count = tls.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        tls.write_all(&buffer[..count]).await?;
        tls.flush().await?;
        echoed += count as u64;
    }
    // Says in TLS that this was all, so that the client can tell it from a cut connection.
    tls.close().await?;
    Ok(echoed)
}
