//! When descriptors run out, the error says so and says what to do.

use cortado_core::Runtime;
use cortado_io::process::Command;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{inner, is_inner};

#[test]
fn too_many_open_files_is_said_and_passes() {
    if !is_inner() {
        let status = inner("descriptors::too_many_open_files_is_said_and_passes").status().unwrap();
        assert!(status.success(), "{status}");
        return;
    }
    Runtime::new().unwrap().block_on(async {
        // The pool's thread is there before descriptors run out.
        assert!(Command::new("true").status().await.unwrap().success());
        let maximum = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: Some(40), maximum }).unwrap();
        let mut held = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            held.push(file);
        }
        let error = Command::new("true").output().await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(24));
        let error = Command::new("true").spawn().await.unwrap_err();
        assert!(error.is_exhausted(), "{error}");
        assert!(error.to_string().contains("ulimit -n"), "{error}");
        let error = cortado_io::signal::ctrl_c().await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(24), "{error}");
        drop(held);
        assert!(Command::new("true").status().await.unwrap().success());
    });
}
