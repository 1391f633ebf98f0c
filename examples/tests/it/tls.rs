//! The TLS echo, with a client that trusts its certificate and one that does not.

use std::fs;
use std::sync::Arc;

use cortado::io::{AsyncReadExt, AsyncWriteExt};
use cortado::net::TcpStream;
use futures_rustls::TlsConnector;
use futures_rustls::rustls::pki_types::pem::PemObject;
use futures_rustls::rustls::pki_types::{CertificateDer, ServerName};
use futures_rustls::rustls::{ClientConfig, RootCertStore};

use crate::program::Program;

const TLS_ECHO: &str = env!("CARGO_BIN_EXE_tls_echo");

const PART: usize = 9000;

fn connector(trusted: RootCertStore) -> TlsConnector {
    let config = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[test]
fn tls_echo_returns_what_a_client_that_trusts_it_sends() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cert.pem");
    let mut server = Program::start(TLS_ECHO, &[path.to_str().expect("text")]);
    let address = server.address();
    let certificate = fs::read(&path).expect("the server wrote it before it listened");
    let mut trusted = RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_slice(&certificate).expect("PEM")).expect("a certificate");
    let name = ServerName::try_from("localhost").expect("a name");

    let runtime = cortado::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let stream = TcpStream::connect(address).await.expect("it listens");
        let mut tls = connector(trusted).connect(name.clone(), stream).await.expect("a handshake");
        let mut back = [0; PART];
        for part in 0..10 {
            let bytes = [b'a' + part; PART];
            tls.write_all(&bytes).await.expect("it reads");
            tls.flush().await.expect("it reads");
            tls.read_exact(&mut back).await.expect("the echo");
            assert!(back == bytes, "part {part}");
        }
        tls.close().await.expect("a clean end");
        assert_eq!(tls.read(&mut back).await.expect("the server's clean end"), 0);
    });
    assert!(server.line().ends_with(": 90000 bytes echoed"));

    runtime.block_on(async {
        let stream = TcpStream::connect(address).await.expect("it listens");
        let refused = connector(RootCertStore::empty()).connect(name, stream).await;
        assert!(refused.expect_err("nobody is trusted").to_string().contains("certificate"));
    });
    assert!(server.line().contains(": failed: "));
}
