//! The attributes `#[cortado::main]` and `#[cortado::test]`: an `async fn` that runs on a runtime
//! of its own.
//!
//! Use them through the facade `cortado`, by its feature `macros`; the code that they make names
//! the crate `cortado`. `arguments` reads what stands in the parentheses, `expand` rewrites the
//! function.

#![forbid(unsafe_code)]

mod arguments;
mod expand;

use proc_macro::TokenStream;

use expand::Kind;

/// Runs an `async fn main` on a runtime.
///
/// Without arguments that is a runtime with several threads, as `cortado::run` makes it. Arguments:
/// - `flavor = "multi"` (the default) or `flavor = "single"`, the event loop of one thread;
/// - `worker_threads = N`, for `"multi"`: how many workers run at the same time in each lane;
/// - `start_paused = true`, for `"single"`: the clock stands from the start.
///
/// ```text
/// #[cortado::main(worker_threads = 2)]
/// async fn main() -> std::io::Result<()> {
///     cortado::time::sleep(std::time::Duration::from_millis(5)).await;
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Kind::Main, arguments.into(), function.into()).into()
}

/// Makes a test of an `async fn`. Arguments as for `main`, but the default is `"single"`.
///
/// ```text
/// #[cortado::test(start_paused = true)]
/// async fn an_hour_passes_at_once() {
///     cortado::time::sleep(std::time::Duration::from_secs(3600)).await;
/// }
/// ```
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Kind::Test, arguments.into(), function.into()).into()
}
