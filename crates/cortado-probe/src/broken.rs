//! What happens when the runtime itself is wrong: it stops, loudly.

use std::io::Write;

/// Prints the sentence of a broken invariant and ends the process.
///
/// This is for a bug in the runtime, never for a user's mistake: after it, what the runtime
/// promises about memory or about lost wake-ups does not hold, so nothing may go on.
#[cold]
pub fn stop(invariant: &str, sentence: &str) -> ! {
    let text = format!(
        "cortado: invariant {invariant} is broken: {sentence}. This is a bug in cortado; the process ends here.\n"
    );
    let _ = std::io::stderr().write_all(text.as_bytes());
    std::process::abort()
}
