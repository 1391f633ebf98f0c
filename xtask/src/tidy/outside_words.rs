//! Words that essays may put in back quotes although no source of ours has them as an identifier: names of the operating
//! system, of other programs and of crates that are only compared with. A path that begins with one is not looked up.

/// The words, sorted.
pub(super) const OUTSIDE_WORDS: &[&str] = &[
    "SCHED_IDLE",
    "SIGKILL",
    "SIGTERM",
    "cargo",
    "clippy",
    "core",
    "epoll",
    "eventfd",
    "fork",
    "futex",
    "git",
    "kqueue",
    "nice",
    "parallel",
    "perf",
    "pidfd",
    "posix_spawn",
    "rustfmt",
    "std",
    "strace",
    "xargs",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_no_word_twice() {
        assert!(OUTSIDE_WORDS.is_sorted_by(|a, b| a < b));
    }
}
