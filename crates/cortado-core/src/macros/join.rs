//! `join!` and `try_join!`: several futures at the same time, in one task.

/// Waits for several futures at the same time, in this task, and gives their outputs as a tuple.
///
/// Every poll begins with another future, so that one that uses the task's time does not keep the
/// same others waiting; with `biased;` in front, they are always polled from the first to the last.
/// They run at the same time, but not on several threads: [`spawn`](crate::spawn()) is for that.
///
/// **Cancel safety:** dropping it drops all futures, and with them outputs that were there.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use cortado_core::{Builder, join, time};
///
/// Builder::new().start_paused(true).build_single()?.block_on(async {
///     let start = time::Instant::now();
///     let nap = |ms| time::sleep(Duration::from_millis(ms));
///     let (one, two, ()) = join!(async { 1 }, async { nap(20).await; 2 }, nap(30));
///     assert_eq!((one, two), (1, 2));
///     assert_eq!(start.elapsed(), Duration::from_millis(30));
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! join {
    (biased; $($futures:tt)*) => {
        $crate::__join!(@take join false [] $($futures)*)
    };
    ($($futures:tt)*) => {
        $crate::__join!(@take join true [] $($futures)*)
    };
}

/// Waits for several futures at the same time, in this task, until all have returned `Ok` or one
/// has returned an error.
///
/// All error types are the same. At the first error the other futures are dropped. As
/// [`join!`](crate::join) in everything else.
///
/// **Cancel safety:** as `join!`.
///
/// # Examples
/// ```
/// use cortado_core::{Runtime, try_join};
///
/// Runtime::single()?.block_on(async {
///     let both = try_join!(async { "1".parse::<u8>() }, async { "2".parse::<u8>() });
///     assert_eq!(both, Ok((1, 2)));
///     let one = try_join!(async { "x".parse::<u8>() }, std::future::pending::<Result<(), _>>());
///     assert!(one.is_err());
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[macro_export]
macro_rules! try_join {
    (biased; $($futures:tt)*) => {
        $crate::__join!(@take try_join false [] $($futures)*)
    };
    ($($futures:tt)*) => {
        $crate::__join!(@take try_join true [] $($futures)*)
    };
}

/// The stages of `join!` and `try_join!`. `@take` collects the futures, the rest is the code.
#[doc(hidden)]
#[macro_export]
macro_rules! __join {
    (@take $kind:ident $turns:literal [$($done:tt)*]) => {
        $crate::__join!(@$kind $turns $($done)*)
    };
    (@take $kind:ident $turns:literal [$($done:tt)*] $future:expr $(, $($rest:tt)*)?) => {
        $crate::__join!(@take $kind $turns [$($done)* (future out {$future})] $($($rest)*)?)
    };

    (@join $turns:literal $(($future:ident $out:ident {$make:expr}))*) => {{
        $(
            let $future = ::core::future::IntoFuture::into_future($make);
            let mut $future = ::core::pin::pin!($future);
            let mut $out = ::core::option::Option::None;
        )*
        $crate::__join!(@poll $turns output
            { ::core::option::Option::Some(output) }
            $(($future $out))*);
        ($($out.expect("each future of a `join!` has returned"),)*)
    }};
    (@try_join $turns:literal $(($future:ident $out:ident {$make:expr}))*) => {{
        let mut failed = ::core::option::Option::None;
        $(
            let $future = ::core::future::IntoFuture::into_future($make);
            let mut $future = ::core::pin::pin!($future);
            let mut $out = ::core::option::Option::None;
        )*
        $crate::__join!(@poll $turns output
            {
                match output {
                    ::core::result::Result::Ok(output) => ::core::option::Option::Some(output),
                    ::core::result::Result::Err(error) => {
                        failed = ::core::option::Option::Some(error);
                        return ::core::task::Poll::Ready(());
                    }
                }
            }
            $(($future $out))*);
        match failed {
            ::core::option::Option::Some(error) => ::core::result::Result::Err(error),
            ::core::option::Option::None => ::core::result::Result::Ok((
                $($out.expect("each future of a `try_join!` has returned"),)*
            )),
        }
    }};
    // Polls what has no output yet, from `first` to the end and then from the start.
    (@poll $turns:literal $output:ident $store:block $(($future:ident $out:ident))*) => {{
        const COUNT: usize = 0 $(+ { _ = ::core::stringify!($future); 1 })*;
        #[allow(unused_mut)]
        let mut first = 0;
        ::core::future::poll_fn(|_cx| {
            #[allow(unused_mut)]
            let mut waits = false;
            for _round in 0..2 {
                let mut index = 0;
                $(
                    if $out.is_none() && (index >= first) == (_round == 0) {
                        match ::core::future::Future::poll($future.as_mut(), _cx) {
                            ::core::task::Poll::Pending => waits = true,
                            ::core::task::Poll::Ready($output) => $out = $store,
                        }
                    }
                    index += 1;
                )*
                _ = &mut index;
            }
            if !waits {
                return ::core::task::Poll::Ready(());
            }
            if $turns {
                first = if first + 1 < COUNT { first + 1 } else { 0 };
            }
            ::core::task::Poll::Pending
        })
        .await
    }};
}
