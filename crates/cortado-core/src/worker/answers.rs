//! Answers: whether it pays to stay awake for what the work lane computes.
//!
//! A task that asks for 50 µs of computing has its answer after 100 where its worker falls asleep
//! meanwhile: what wakes it costs as much as what it waits for. So the worker stays awake for about as
//! long as that, while the work lane computes and leaves a core free, as long as answers have lately come
//! within that time. Where they have not, it tries again now and then. What a thread outside queues counts
//! as an answer too.

use crate::tuning::{ANSWER_PATIENCE, ANSWER_TRY_EVERY};

/// See the module.
pub(super) struct Answers {
    /// How many times in a row an answer may still fail to come.
    patience: u32,
    /// Sleeps without a try.
    skipped: u32,
}

impl Answers {
    pub(super) fn new() -> Answers {
        Answers { patience: ANSWER_PATIENCE, skipped: 0 }
    }

    /// The worker is about to fall asleep: whether it is to stay awake.
    pub(super) fn are_near(&mut self) -> bool {
        if self.patience > 0 || self.skipped >= ANSWER_TRY_EVERY {
            self.skipped = 0;
            return true;
        }
        self.skipped += 1;
        false
    }

    /// It has stayed awake, and one has come or not.
    pub(super) fn learn(&mut self, has_come: bool) {
        self.patience = if has_come { ANSWER_PATIENCE } else { self.patience.saturating_sub(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_do_not_come_are_tried_now_and_then() {
        let mut answers = Answers::new();
        for _ in 0..ANSWER_PATIENCE {
            assert!(answers.are_near());
            answers.learn(false);
        }
        for _ in 0..3 {
            let skipped = (0..1000).take_while(|_| !answers.are_near()).count();
            assert_eq!(skipped, ANSWER_TRY_EVERY as usize);
            answers.learn(false);
        }
        assert!((0..1000).any(|_| answers.are_near()));
        answers.learn(true);
        assert!((1..ANSWER_PATIENCE).all(|_| {
            answers.learn(false);
            answers.are_near()
        }));
    }
}
