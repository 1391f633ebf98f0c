//! What the facade's features promise, each in a file that is compiled with its feature.

#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "tokio-context")]
mod tokio_context;
#[cfg(feature = "tokio-io")]
mod tokio_io;
