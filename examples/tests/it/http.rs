//! The programs that speak HTTP: the server with hyper, the axum application, the client with
//! reqwest.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use cortado::hyper::{Executor, Io, Timer};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper::{Request, StatusCode, Version};

use crate::program::{Program, read_all};

const HTTP_SERVER: &str = env!("CARGO_BIN_EXE_http_server");
const AXUM_APP: &str = env!("CARGO_BIN_EXE_axum_app");
const FETCH: &str = env!("CARGO_BIN_EXE_fetch");

/// Sends one HTTP/1 request over a connection of its own; returns the status and the body.
fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("the server reads");
    let answer = read_all(&mut stream);
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head and a body");
    let status = head.lines().next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    (status.expect("a status line").to_owned(), body.to_owned())
}

#[test]
fn http_server_speaks_http1() {
    let mut server = Program::start(HTTP_SERVER, &[]);
    let address = server.address();
    assert_eq!(ask(address, "GET", "/", ""), ("200 OK".into(), "hello over HTTP/1.1\n".into()));
    let (status, body) = ask(address, "POST", "/echo", "what goes in");
    assert!(status == "200 OK" && body.contains("what goes in"), "{status}: {body}");
    assert_eq!(ask(address, "GET", "/primes/100", "").1, "25\n");
    assert_eq!(ask(address, "GET", "/primes/many", "").0, "400 Bad Request");
    assert_eq!(ask(address, "GET", "/nothing", "").0, "404 Not Found");
    assert_eq!(ask(address, "DELETE", "/", "").0, "405 Method Not Allowed");
}

#[test]
fn http_server_speaks_http2_with_many_requests_on_one_connection() {
    let mut server = Program::start(HTTP_SERVER, &[]);
    let address = server.address();
    let runtime = cortado::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let stream = cortado::net::TcpStream::connect(address).await.expect("the server listens");
        let mut client = http2::Builder::new(Executor::new());
        let handshake = client.timer(Timer).handshake(Io::new(stream));
        let (client, connection) = handshake.await.expect("the server speaks HTTP/2");
        let connection = cortado::spawn(connection);
        let answers: Vec<_> = (0..20)
            .map(|number| {
                let body = format!("request {number} ").repeat(1000);
                let request = Request::post(format!("http://{address}/echo"));
                let request = request.body(Full::new(Bytes::from(body.clone()))).expect("valid");
                let answer = client.clone().send_request(request);
                cortado::spawn(async move {
                    let answer = answer.await.expect("an answer");
                    assert_eq!(answer.status(), StatusCode::OK);
                    assert_eq!(answer.version(), Version::HTTP_2);
                    let bytes = answer.into_body().collect().await.expect("all of it").to_bytes();
                    assert!(bytes == body, "the echo of request {number}");
                })
            })
            .collect();
        for answer in answers {
            answer.await.expect("no assertion failed");
        }
        drop(client);
        connection.await.expect("no panic").expect("a clean end");
    });
}

#[test]
fn http_server_finishes_open_connections_before_it_ends() {
    let mut server = Program::start(HTTP_SERVER, &[]);
    let mut open = TcpStream::connect(server.address()).expect("the server listens");
    let request = "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\nfirst";
    open.write_all(request.as_bytes()).expect("the server reads");
    // Once the answer has begun, the server has this connection.
    let mut head = [0; 12];
    open.read_exact(&mut head).expect("the head of the answer");
    assert_eq!(&head, b"HTTP/1.1 200");
    server.interrupt();
    open.write_all(b"lasts").expect("the connection is still open");
    assert!(read_all(&mut open).ends_with("firstlasts"));
    let (lines, status) = server.end();
    assert_eq!(lines, ["all connections have finished"]);
    assert!(status.success(), "{status}");
}

#[test]
fn a_client_that_goes_away_does_not_end_the_server() {
    let mut server = Program::start(HTTP_SERVER, &[]);
    let address = server.address();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.write_all(b"GET / HT").expect("it reads");
        stream.shutdown(Shutdown::Both).expect("it was open");
    }
    assert_eq!(ask(address, "GET", "/", "").0, "200 OK");
}

#[test]
fn axum_app_keeps_notes() {
    let mut app = Program::start(AXUM_APP, &[]);
    let address = app.address();
    assert_eq!(ask(address, "GET", "/notes/a", "").0, "404 Not Found");
    assert_eq!(ask(address, "PUT", "/notes/a", "one").0, "201 Created");
    assert_eq!(ask(address, "PUT", "/notes/b", "two").0, "201 Created");
    assert_eq!(ask(address, "PUT", "/notes/b", "three").0, "204 No Content");
    assert_eq!(ask(address, "GET", "/notes/b", ""), ("200 OK".into(), "three".into()));
    assert_eq!(ask(address, "GET", "/notes", "").1, "a\nb\n");
    assert_eq!(ask(address, "DELETE", "/notes/a", "").0, "204 No Content");
    assert_eq!(ask(address, "GET", "/notes", "").1, "b\n");
}

#[test]
fn fetch_brings_every_address_and_says_what_failed() {
    let mut server = Program::start(HTTP_SERVER, &[]);
    let address = server.address();
    let here = |path: &str| format!("http://{address}{path}");
    let lines = Program::run(FETCH, &[&here("/"), &here("/primes/10"), &here("/nothing")]);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    let has = |start: String| lines.iter().any(|line| line.starts_with(&start));
    assert!(has(format!("{}: 200 OK, 20 bytes in ", here("/"))), "{lines:#?}");
    assert!(has(format!("{}: 200 OK, 2 bytes in ", here("/primes/10"))), "{lines:#?}");
    assert!(has(format!("{}: 404 Not Found, ", here("/nothing"))), "{lines:#?}");

    // Nobody listens at this address, and as the socket is kept, nobody else can.
    let socket = cortado::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let dead = format!("http://{}/", socket.local_addr().expect("it is bound"));
    let (lines, status) = Program::start(FETCH, &[&dead]).end();
    assert!(lines[0].contains("failed: "), "{lines:#?}");
    assert_eq!(status.code(), Some(1));
}
