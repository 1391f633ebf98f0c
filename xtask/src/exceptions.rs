//! Files and functions that may be longer than the limits, each with the reason. An entry that is no longer needed is
//! itself a finding of `cargo xtask tidy`, so the list cannot rot.

/// One permission to be long.
pub(crate) struct Exception {
    /// Path relative to the workspace root.
    pub(crate) path: &'static str,
    /// Name of the long function, or `None` for the file as a whole.
    pub(crate) function: Option<&'static str>,
    /// Why splitting it would make it harder to read.
    pub(crate) reason: &'static str,
}

/// All permissions that have been given.
pub(crate) const EXCEPTIONS: &[Exception] = &[];
