//! hyper's runtime traits for cortado: tasks, time and streams. Feature `hyper`.
//!
//! | hyper asks for | here |
//! |---|---|
//! | `rt::Executor` | [`Executor`] for futures that are `Send`, [`LocalExecutor`] on the event loop |
//! | `rt::Timer`, `rt::Sleep` | [`Timer`] |
//! | `rt::Read`, `rt::Write` | [`Io`] around any stream with the traits of `futures-io`, as ours |
//!
//! With these, servers and clients of `hyper`, the builders of `hyper-util`, and what is served
//! through them (an `axum::Router` by `hyper_util::service::TowerToHyperService`) run on cortado's
//! own reactor and timers, without Tokio.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use cortado::hyper::{Io, Timer};
//! use cortado::net::{TcpListener, TcpStream};
//! use http_body_util::{BodyExt, Empty, Full};
//! use hyper::body::Bytes;
//! use hyper::service::service_fn;
//! use hyper::{Request, Response};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = cortado::Runtime::new()?.block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let near = TcpStream::connect(listener.local_addr()?).await?;
//!     let (far, _) = listener.accept().await?;
//!     let hello = service_fn(async |_| {
//!         Ok::<_, Infallible>(Response::new(Full::new(Bytes::from("hello"))))
//!     });
//!     let server = hyper::server::conn::http1::Builder::new()
//!         .timer(Timer)
//!         .serve_connection(Io::new(far), hello);
//!     cortado::spawn(server);
//!
//!     let (mut client, connection) = hyper::client::conn::http1::handshake(Io::new(near)).await?;
//!     cortado::spawn(connection);
//!     let answer = client.send_request(Request::new(Empty::<Bytes>::new())).await?;
//!     let bytes = answer.into_body().collect().await?.to_bytes();
//!     Ok::<_, Box<dyn std::error::Error>>(bytes)
//! })?;
//! assert_eq!(text, "hello");
//! # Ok(())
//! # }
//! ```

mod executor;
mod io;
mod timer;

pub use executor::{Executor, LocalExecutor};
pub use io::Io;
pub use timer::{Sleep, Timer};
