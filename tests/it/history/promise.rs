//! Sessions interleaved at random, with extra polls and retries; suites in part and in another order; merged branches.

use super::model::{Script, any_steps, record};
use super::tape::{ask, replay, write};
use proptest::prelude::*;
use ramtape::engine::{Engine, Poll};

/// Where a session's replay stands.
struct Player<'a> {
    script: &'a Script,
    step: usize,
    /// How many answers of the step were asked for.
    asked: usize,
    calls: usize,
}

impl<'a> Player<'a> {
    fn new(script: &'a Script) -> Self {
        Self { script, step: 0, asked: 0, calls: 0 }
    }

    fn is_done(&self) -> bool {
        self.step >= self.script.recorded.len()
    }

    /// The next request; `extra` more polls at the end of a waiter, `retries` repetitions of every call.
    async fn play(&mut self, engine: &Engine, run: usize, extra: usize, retries: usize) {
        let recorded = &self.script.recorded[self.step];
        let expected = &recorded.answers[self.asked.min(recorded.answers.len() - 1)];
        let session = self.script.session.as_deref();
        let invocation = format!("{run}-{}-{}", self.script.session.as_deref().unwrap_or("none"), self.calls);
        for _ in 0..=retries {
            let answer = ask(engine, session, &recorded.request, recorded.write, &invocation).await;
            assert_eq!(&answer, expected, "session {session:?}, step {}, poll {}", self.step, self.asked);
        }
        self.calls += 1;
        self.asked += 1;
        let polls = if recorded.write { 1 } else { recorded.answers.len() + extra };
        if self.asked >= polls {
            (self.step, self.asked) = (self.step + 1, 0);
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn named(scripts: Vec<Vec<super::model::Step>>) -> Vec<Script> {
    record(scripts.into_iter().enumerate().map(|(n, steps)| (Some(format!("session-{n}")), steps)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_with_polls_and_retries_replays_each_session(
        scripts in prop::collection::vec(any_steps(), 1..5),
        turns in prop::collection::vec((0_usize..100, 0_usize..3), 0..60),
        extra in 0_usize..3,
    ) {
        let scripts = named(scripts);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &scripts);
        runtime().block_on(async {
            let engine = replay(folder.path(), Poll::Recorded);
            let mut players: Vec<_> = scripts.iter().map(Player::new).collect();
            for (turn, retries) in turns {
                let mut open: Vec<_> = players.iter_mut().filter(|player| !player.is_done()).collect();
                let count = open.len();
                if count > 0 {
                    open[turn % count].play(&engine, 0, extra, retries).await;
                }
            }
            for player in &mut players {
                while !player.is_done() {
                    player.play(&engine, 0, extra, 0).await;
                }
            }
        });
    }

    #[test]
    fn branches_that_were_merged_answer_each_its_own(
        one in prop::collection::vec(any_steps(), 1..3),
        two in prop::collection::vec(any_steps(), 1..3),
    ) {
        // Recorded one after the other into one cassette: what a merge of two recordings holds.
        let mut scripts = named(one);
        let mut others = named(two);
        for script in &mut others {
            script.session = script.session.take().map(|name| format!("other-{name}"));
        }
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &scripts);
        write(folder.path(), &others);
        scripts.extend(others);
        runtime().block_on(async {
            let engine = replay(folder.path(), Poll::Recorded);
            for script in scripts.iter().rev() {
                let mut player = Player::new(script);
                while !player.is_done() {
                    player.play(&engine, 0, 1, 1).await;
                }
            }
        });
    }

    /// Callers that name no session share one: tests that each begin with a write of their own and then read and poll may
    /// run in any order and in part.
    #[test]
    fn unnamed_tests_in_any_order_and_in_part(
        tests in prop::collection::vec(prop::collection::vec((0_u8..2, 0_u8..3), 1..4), 2..5),
        order in prop::collection::vec(0_usize..100, 1..5),
    ) {
        let steps = |(n, polls): (usize, Vec<(u8, u8)>)| {
            let polls = polls.into_iter().map(|(read, changes)| super::model::Step::Poll(read, changes));
            let first = super::model::Step::Write(u8::try_from(n).unwrap());
            (None, std::iter::once(first).chain(polls).collect())
        };
        let scripts = record(tests.into_iter().enumerate().map(steps).collect());
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &scripts);
        let mut left: Vec<&Script> = scripts.iter().collect();
        runtime().block_on(async {
            let engine = replay(folder.path(), Poll::Recorded);
            for (run, pick) in order.into_iter().enumerate() {
                if left.is_empty() {
                    break;
                }
                let mut player = Player::new(left.remove(pick % left.len()));
                while !player.is_done() {
                    player.play(&engine, run, 1, 0).await;
                }
            }
        });
    }

    #[test]
    fn final_ends_every_waiter_at_its_first_poll(scripts in prop::collection::vec(any_steps(), 1..4)) {
        let scripts = named(scripts);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &scripts);
        runtime().block_on(async {
            let engine = replay(folder.path(), Poll::Final);
            for script in &scripts {
                for (step, recorded) in script.recorded.iter().enumerate() {
                    let session = script.session.as_deref();
                    let answer = ask(&engine, session, &recorded.request, recorded.write, &step.to_string()).await;
                    prop_assert_eq!(Some(&answer), recorded.answers.last());
                }
            }
            Ok(())
        })?;
    }
}
