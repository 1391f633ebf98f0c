//! `select!`: the first of several futures.

/// Waits for the first of several branches, and runs its handler; the others are dropped before.
///
/// ```text
/// select! {
///     biased;                                      // optional
///     PATTERN = FUTURE => HANDLER,
///     PATTERN = FUTURE, if CONDITION => HANDLER,
///     else => HANDLER,                             // optional
/// }
/// ```
///
/// The branches are polled beginning with one chosen at random, so that none that is always ready
/// starves another; with `biased;` always from the first to the last. A branch whose condition is
/// false is left out; its future is still made. Where a branch's output does not match its pattern,
/// that branch is left out from then on. Where no branch is left, `else` runs.
///
/// The handlers may use `?`, `return`, `break`, `.await`, and what the futures have borrowed. All of
/// them have the same type. They are separated by commas, which may be left out after a block. There
/// may be about a hundred branches; more need `#![recursion_limit]`.
///
/// **Cancel safety:** the futures of branches that lose are dropped. What that loses is up to each
/// of them; those of cortado say it in this place. A future that is to go on in a loop is made
/// outside of it, pinned, and passed by `&mut`.
///
/// All branches run in one task. One that computes holds the others up.
///
/// # Panics
/// Where no branch is left and there is no `else`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use cortado_core::{Builder, select, time};
///
/// Builder::new().start_paused(true).build_single()?.block_on(async {
///     let mut seen = Vec::new();
///     let mut beat = time::interval(Duration::from_millis(1));
///     let mut end = std::pin::pin!(time::sleep(Duration::from_millis(20)));
///     loop {
///         select! {
///             tick = beat.tick(), if seen.len() < 3 => seen.push(tick),
///             () = &mut end => break,
///         }
///     }
///     assert_eq!(seen.len(), 3);
///
///     let text = select! {
///         Some(n) = async { None::<u32> } => n.to_string(),
///         else => "nothing".to_owned(),
///     };
///     assert_eq!(text, "nothing");
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A branch needs a handler:
/// ```compile_fail
/// # async fn fails() {
/// cortado_core::select! { x = async { 1 } }
/// # }
/// ```
#[macro_export]
macro_rules! select {
    (biased; $($branches:tt)+) => {
        $crate::__select!(@take (|_| 0) [] $($branches)+)
    };
    () => {
        ::core::compile_error!("`select!` needs a branch: `pattern = future => handler`")
    };
    ($($branches:tt)+) => {
        $crate::__select!(@take ($crate::__first_of) [] $($branches)+)
    };
}

/// The stages of `select!`. `@take` collects the branches, `@go` is the code.
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    (@take $first:tt $done:tt) => {
        $crate::__select!(@go $first $done {
            ::core::panic!(
                "every branch of a `select!` is left out and there is no `else`: add `else => …`"
            )
        })
    };
    (@take $first:tt $done:tt else => $else:expr $(,)?) => {
        $crate::__select!(@go $first $done { $else })
    };
    (@take $first:tt [$($done:tt)*]
     $pattern:pat = $future:expr, if $if:expr => $then:block, $($rest:tt)*) => {
        $crate::__select!(@take $first
            [$($done)* (future out on {$pattern} {$future} {$if} {$then})] $($rest)*)
    };
    (@take $first:tt [$($done:tt)*]
     $pattern:pat = $future:expr => $then:block, $($rest:tt)*) => {
        $crate::__select!(@take $first
            [$($done)* (future out on {$pattern} {$future} {true} {$then})] $($rest)*)
    };
    (@take $first:tt [$($done:tt)*]
     $pattern:pat = $future:expr, if $if:expr => $then:block $($rest:tt)*) => {
        $crate::__select!(@take $first
            [$($done)* (future out on {$pattern} {$future} {$if} {$then})] $($rest)*)
    };
    (@take $first:tt [$($done:tt)*]
     $pattern:pat = $future:expr => $then:block $($rest:tt)*) => {
        $crate::__select!(@take $first
            [$($done)* (future out on {$pattern} {$future} {true} {$then})] $($rest)*)
    };
    (@take $first:tt [$($done:tt)*]
     $pattern:pat = $future:expr, if $if:expr => $then:expr) => {
        $crate::__select!(@take $first
            [$($done)* (future out on {$pattern} {$future} {$if} {$then})])
    };
    (@take $first:tt [$($done:tt)*]
     $pattern:pat = $future:expr => $then:expr) => {
        $crate::__select!(@take $first
            [$($done)* (future out on {$pattern} {$future} {true} {$then})])
    };
    (@take $first:tt [$($done:tt)*]
     $pattern:pat = $future:expr, if $if:expr => $then:expr, $($rest:tt)*) => {
        $crate::__select!(@take $first
            [$($done)* (future out on {$pattern} {$future} {$if} {$then})] $($rest)*)
    };
    (@take $first:tt [$($done:tt)*]
     $pattern:pat = $future:expr => $then:expr, $($rest:tt)*) => {
        $crate::__select!(@take $first
            [$($done)* (future out on {$pattern} {$future} {true} {$then})] $($rest)*)
    };

    // Outputs leave the inner block by a variable each, so that the futures, and what they borrow,
    // are gone when the handler runs. Whether an output matches its pattern is asked by a guard that
    // is never true: what a pattern binds is moved only after its guard, so the output stays whole.
    (@go ($first:expr) [$(($future:ident $out:ident $on:ident
        {$pattern:pat} {$make:expr} {$if:expr} {$then:expr}))*] $else:block) => {{
        $(let mut $out = ::core::option::Option::None;)*
        {
            $(let mut $on: bool = $if;)*
            $(
                let $future = ::core::future::IntoFuture::into_future($make);
                let mut $future = ::core::pin::pin!($future);
            )*
            const COUNT: usize = 0 $(+ { _ = ::core::stringify!($future); 1 })*;
            ::core::future::poll_fn(|cx| {
                let first: usize = ($first)(COUNT);
                let mut waits = false;
                for round in 0..2 {
                    let mut index = 0;
                    $(
                        if $on && (index >= first) == (round == 0) {
                            match ::core::future::Future::poll($future.as_mut(), cx) {
                                ::core::task::Poll::Pending => waits = true,
                                ::core::task::Poll::Ready(output) => {
                                    $on = false;
                                    let mut matches = false;
                                    #[allow(unused_variables, unused_mut, unreachable_code)]
                                    #[allow(clippy::all, clippy::pedantic)]
                                    match output {
                                        $pattern if { matches = true; false } => {
                                            ::core::unreachable!()
                                        }
                                        _ => {}
                                    }
                                    if matches {
                                        $out = ::core::option::Option::Some(output);
                                        return ::core::task::Poll::Ready(());
                                    }
                                }
                            }
                        }
                        index += 1;
                    )*
                    _ = index;
                }
                if waits { ::core::task::Poll::Pending } else { ::core::task::Poll::Ready(()) }
            })
            .await;
        }
        $(if let ::core::option::Option::Some($pattern) = $out { $then } else)* $else
    }};
}
