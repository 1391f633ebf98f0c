//! An axum application, a store of notes, served by cortado.
//!
//! `cargo run -p examples --bin axum_app -- 127.0.0.1:8080`, then `curl -T note.txt
//! localhost:8080/notes/first` and `curl localhost:8080/notes`. The router knows nothing of the
//! runtime under it: what serves it is the function at the end.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cortado::hyper::{Executor, Io, Timer};
use cortado::net::TcpListener;
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;

type Notes = Arc<Mutex<BTreeMap<String, String>>>;

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let app = Router::new()
        .route("/", get(async || "notes, by axum on cortado\n"))
        .route("/notes", get(list))
        .route("/notes/{name}", get(read).put(write).delete(remove))
        .layer(middleware::from_fn(time_limit))
        .with_state(Notes::default());
    cortado::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        println!("listening on {}", listener.local_addr()?);
        match serve(listener, app).await? {}
    })
}

async fn list(State(notes): State<Notes>) -> String {
    lock(&notes).keys().map(|name| format!("{name}\n")).collect()
}

async fn read(State(notes): State<Notes>, Path(name): Path<String>) -> Response {
    match lock(&notes).get(&name) {
        Some(note) => note.clone().into_response(),
        None => (StatusCode::NOT_FOUND, format!("there is no note {name}\n")).into_response(),
    }
}

async fn write(State(notes): State<Notes>, Path(name): Path<String>, note: String) -> StatusCode {
    match lock(&notes).insert(name, note) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::CREATED,
    }
}

async fn remove(State(notes): State<Notes>, Path(name): Path<String>) -> StatusCode {
    match lock(&notes).remove(&name) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}

fn lock(notes: &Notes) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
    notes.lock().expect("nobody panics while holding the notes")
}

/// A middleware by cortado's own timer.
async fn time_limit(request: Request, next: Next) -> Response {
    match cortado::time::timeout(Duration::from_secs(10), next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::GATEWAY_TIMEOUT, "that took too long\n").into_response(),
    }
}

/// Serves a router over HTTP/1 and HTTP/2, with a task for each connection.
async fn serve(listener: TcpListener, app: Router) -> io::Result<Infallible> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(app.clone());
        drop(cortado::spawn(async move {
            let mut server = auto::Builder::new(Executor::new());
            server.http1().timer(Timer);
            server.http2().timer(Timer);
            if let Err(error) = server.serve_connection(Io::new(stream), service).await {
                eprintln!("a connection failed: {error}");
            }
        }));
    }
}
