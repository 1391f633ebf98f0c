//! Events of the probe as events of `tracing`, in one test of a process of its own: a process has
//! one listener.

use std::fmt::Debug;
use std::sync::Mutex;

use ::tracing::field::{Field, Visit};
use ::tracing::span::{Attributes, Id, Record};
use ::tracing::{Event, Level, Metadata, Subscriber};
use cortado::Runtime;

/// Keeps what it is told, and uses cortado while it is told.
struct Keeps;

static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl Subscriber for Keeps {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cortado::")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut text = Text(format!("{} {}", metadata.level(), metadata.target()));
        event.record(&mut text);
        // Spawning causes an event, which must not come back here without end.
        if let Some(handle) = cortado::Handle::try_current() {
            drop(handle.spawn(async {}));
        }
        KEPT.lock().expect("nobody panics while holding it").push(text.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn what_tasks_do_is_told_with_place_and_reason() {
    ::tracing::subscriber::set_global_default(Keeps).expect("the first one");
    cortado::tracing::listen().expect("the first one");
    assert!(cortado::tracing::listen().is_err());
    let runtime = Runtime::new().expect("a runtime");
    let task = runtime.block_on(async {
        let task = cortado::spawn(async { cortado::yield_now().await });
        let id = task.id();
        task.await.expect("no panic");
        id
    });
    drop(runtime);
    let kept = KEPT.lock().expect("nobody panics while holding it");
    let of_task: Vec<&String> =
        kept.iter().filter(|line| line.contains(&format!(" task={task} "))).collect();
    let has = |level: Level, parts: &[&str]| {
        let start = format!("{level} cortado::task ");
        let fits = |line: &&&String| {
            line.starts_with(&start) && parts.iter().all(|part| line.contains(part))
        };
        assert!(of_task.iter().find(fits).is_some(), "{parts:?} in {of_task:#?}");
    };
    has(Level::TRACE, &["message=task spawned", "tests/tracing.rs", "lane=\"wait\""]);
    has(Level::TRACE, &["message=task waits", "why=\"its next turn\"", "tests/tracing.rs"]);
    has(Level::TRACE, &["message=task ended", "outcome=\"returned\""]);
    assert!(
        kept.iter().any(|line| line.starts_with("DEBUG cortado::worker message=worker started"))
    );
}
