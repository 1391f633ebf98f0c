//! The attributes on real functions. What is wrong with their arguments is tested where they are.

use std::io;
use std::time::Duration;

use cortado::time::{Instant, sleep};

#[cortado::test]
async fn a_test_is_an_event_loop() {
    let local = std::rc::Rc::new(3);
    assert_eq!(*cortado::spawn_local(async move { local }).await.unwrap(), 3);
}

#[cortado::test(worker_threads = 2)]
async fn or_has_several_threads() {
    let handle = cortado::Handle::current();
    assert_eq!(cortado::spawn(async { 4 }).await.unwrap(), 4);
    assert!(handle.metrics().wait_threads > 0);
}

#[cortado::test(start_paused = true)]
async fn or_a_clock_that_stands() -> io::Result<()> {
    let start = Instant::now();
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(start.elapsed(), Duration::from_secs(3600));
    Ok(())
}

#[cortado::test]
#[should_panic = "as it should"]
async fn panics_reach_the_test() {
    panic!("as it should");
}

mod program {
    #[cortado::main(flavor = "single")]
    pub(crate) async fn main() -> Result<u32, String> {
        let number: u32 = "12".parse().map_err(|_| "no number".to_owned())?;
        Ok(number)
    }
}

#[test]
fn main_returns_what_its_body_does() {
    assert_eq!(program::main(), Ok(12));
}
