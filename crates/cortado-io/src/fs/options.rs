//! `OpenOptions`: how a file is opened.

use std::fs::OpenOptions as StdOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::fs::{Blocking, File, blocking};

/// How a file is opened: the options of `std::fs::OpenOptions`, with the same meanings.
#[derive(Debug, Clone)]
pub struct OpenOptions(StdOptions);

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions::new()
    }
}

impl From<StdOptions> for OpenOptions {
    fn from(options: StdOptions) -> OpenOptions {
        OpenOptions(options)
    }
}

/// Options with one value each.
macro_rules! options {
    ($($(#[$doc:meta])* $option:ident: $value:ty;)*) => {
        impl OpenOptions {$(
            $(#[$doc])*
            pub fn $option(&mut self, $option: $value) -> &mut OpenOptions {
                self.0.$option($option);
                self
            }
        )*}
    };
}

options! {
    /// To read it.
    read: bool;
    /// To write it, from its beginning on and over what is there.
    write: bool;
    /// To write it, each time at its end.
    append: bool;
    /// Empties it.
    truncate: bool;
    /// Makes it if it is not there.
    create: bool;
    /// Makes it; an error if it is there.
    create_new: bool;
    /// The permissions of a file that is made, such as `0o600`, of which the umask takes some away.
    mode: u32;
    /// Further flags for open(2).
    custom_flags: i32;
}

impl OpenOptions {
    /// None yet.
    pub fn new() -> OpenOptions {
        OpenOptions(StdOptions::new())
    }

    /// Opens a file. The job begins at once; dropped, the file is closed when it is open.
    ///
    /// # Errors
    /// Those of `std::fs::OpenOptions::open`.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn open(&self, path: impl AsRef<Path>) -> Blocking<File> {
        let (options, path) = (self.0.clone(), path.as_ref().to_owned());
        blocking(move || options.open(path).map(File::from_std))
    }
}
