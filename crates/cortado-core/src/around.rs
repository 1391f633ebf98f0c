//! Around: what surrounds everything that a runtime polls and drops, such as the context of another
//! runtime.
//!
//! It is entered once for a whole thread or a whole `block_on`, never for a single poll, so that a
//! runtime without it pays one branch at the start of a thread.

use std::fmt;
use std::sync::Arc;

type Wrap = dyn Fn(&mut dyn FnMut()) + Send + Sync;

/// See the module. Nothing by default.
#[derive(Clone, Default)]
pub(crate) struct Around(Option<Arc<Wrap>>);

impl Around {
    pub(crate) fn new(wrap: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static) -> Around {
        Around(Some(Arc::new(wrap)))
    }

    /// Runs `body` inside of what surrounds it, exactly once whatever that does, unless that
    /// panics before.
    pub(crate) fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        let Some(wrap) = &self.0 else { return body() };
        let mut body = Some(body);
        let mut output = None;
        wrap(&mut || {
            if let Some(body) = body.take() {
                output = Some(body());
            }
        });
        match (output, body) {
            (Some(output), _) => output,
            (None, Some(body)) => body(),
            (None, None) => unreachable!("a body that was taken has returned, or its panic passes"),
        }
    }
}

impl fmt::Debug for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Around").field(&self.0.is_some()).finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Around;

    #[test]
    fn body_runs_once_whatever_surrounds_it() {
        let twice = Around::new(|body| {
            body();
            body();
        });
        let never = Around::new(|_| ());
        for around in [Around::default(), twice, never] {
            let mut runs = 0;
            let output = around.run(|| {
                runs += 1;
                runs
            });
            assert_eq!((output, runs), (1, 1));
        }
    }
}
