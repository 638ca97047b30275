//! What is checked while a request is answered, for whoever wants to explain it.
//!
//! Code that decides says what it checks, what it looked at, and what the specification says about
//! it ([`Check`]). Where somebody listens ([`Trail::scope`]) each verdict is kept, in order; where
//! nobody does, it costs a look at a thread's own variable, and nothing is made a text.
//!
//! Nothing secret gets onto a trail: parameters are shown by a list of names that are known
//! ([`known_name`]) and of those whose values are harmless ([`Shown::parameter`]), random values as a
//! [fingerprint](Shown::Fingerprint) that tells two of them apart, everything else as
//! [`Shown::Hidden`]; of a token, what it says and not its signature. And nothing forges a line of
//! what is told: what cannot be seen is [written out](visible()).
//!
//! ```
//! use pingone_protocol::trail::{Check, Step, Trail};
//!
//! static LETTERS: Check = Check::new("The name has letters only", "our manual, 3", "Leave digits out");
//!
//! fn check(name: &str) -> Result<(), &'static str> {
//!     let is_good = name.chars().all(char::is_alphabetic);
//!     LETTERS.require(name, is_good, || "there is something else in it")
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let trail = Trail::default();
//! let verdict = trail.scope(async { check("4da") }).await;
//! assert!(verdict.is_err());
//! let steps = trail.take();
//! assert!(matches!(&steps[0], Step::Checked(checked) if checked.failure.is_some()));
//! # });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod decoded;
mod parameter;
mod shown;
mod visible;

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

pub use self::address::shown_path;
pub use self::decoded::Decoded;
pub use self::parameter::{Parameter, known_name};
pub use self::shown::{Fingerprinted, Hidden, Made, Show, Shown};
pub use self::visible::visible;

/// So many steps of one request are kept; a loop is no reason to fill the memory.
const MOST_STEPS: usize = 96;

/// Longer reasons are cut, in characters.
const LONGEST_REASON: usize = 400;

thread_local! {
    /// The trail of what is being polled on this thread.
    static CURRENT: RefCell<Option<Trail>> = const { RefCell::new(None) };
}

/// The steps of one request, while it is answered. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Trail(Arc<Mutex<Vec<Step>>>);

/// Something that happened on the way to an answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step {
    /// Another server was asked.
    Called(Called),
    /// Something was checked.
    Checked(Checked),
    /// A form came with the request.
    Form(Vec<Parameter>),
    /// What the page says went wrong.
    Said(String),
    /// A token was issued or received.
    Token(Decoded),
}

/// A check that a specification, or good sense, demands.
#[derive(Debug)]
pub struct Check {
    /// What must be true, as a sentence.
    pub what: &'static str,
    /// Where that is written.
    pub section: &'static str,
    /// What to change when it is not.
    pub remedy: &'static str,
    /// Whether it only hears what the other side says, where the reason is.
    pub is_hearsay: bool,
}

/// A check, what it looked at, and its verdict.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The check.
    pub check: &'static Check,
    /// What it looked at.
    pub input: Shown,
    /// Why it failed; absent when it passed.
    pub failure: Option<String>,
}

/// A request to another server.
#[derive(Clone, Debug)]
pub struct Called {
    /// Its method.
    pub method: String,
    /// Its path, ids replaced by dots.
    pub path: String,
    /// The status of the answer; absent when none came.
    pub status: Option<u16>,
    /// The id that the other server gave it.
    pub answered_as: Option<String>,
    /// Why no answer came.
    pub failure: Option<String>,
}

impl Trail {
    /// Lets `work` leave its steps here.
    pub fn scope<F: Future>(&self, work: F) -> Scope<F> {
        Scope {
            trail: self.clone(),
            work: Box::pin(work),
        }
    }

    /// The trail of what runs now, if anybody listens.
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// The steps so far, which are forgotten here.
    pub fn take(&self) -> Vec<Step> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, step: Step) {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.len() < MOST_STEPS {
            steps.push(step.in_sight());
        }
    }
}

impl Step {
    /// The same, with every text on one line, where each character can be seen.
    fn in_sight(mut self) -> Self {
        match &mut self {
            Self::Called(called) => {
                *called = Called {
                    method: cut(&called.method),
                    path: cut(&called.path),
                    answered_as: called.answered_as.as_deref().map(cut),
                    failure: called.failure.as_deref().map(cut),
                    status: called.status,
                };
            }
            Self::Checked(checked) => checked.failure = checked.failure.as_deref().map(cut),
            Self::Said(text) => *text = cut(text),
            // What is shown of values is so when it is written.
            Self::Form(_) | Self::Token(_) => {}
        }
        self
    }
}

/// Adds a step to the trail of what runs now; where there is none, it is not even made.
pub fn note(step: impl FnOnce() -> Step) {
    CURRENT.with_borrow(|current| {
        if let Some(trail) = current {
            trail.add(step());
        }
    });
}

/// Notes a token that was issued or received under this name.
pub fn token(name: &'static str, text: &str) {
    note(|| Step::Token(Decoded::read(name, text)));
}

/// Notes the form that came with a request: its harmless parameters.
pub fn form(bytes: &[u8]) {
    note(|| Step::Form(Parameter::all(bytes)));
}

/// Notes what a page says about what went wrong.
pub fn said(text: &dyn fmt::Display) {
    note(|| Step::Said(text.to_string()));
}

/// Why a check failed.
pub trait Reason: fmt::Display {
    /// Whether whoever checks could not find out, as without a database. That says nothing about what
    /// was to be checked, and nobody else can mend it.
    fn is_own_fault(&self) -> bool {
        false
    }
}

impl Reason for &str {}

impl Check {
    /// A check: what must be true, where that is written, and what to change when it is not.
    pub const fn new(what: &'static str, section: &'static str, remedy: &'static str) -> Self {
        Self {
            what,
            section,
            remedy,
            is_hearsay: false,
        }
    }

    /// The same check, which only hears what the other side says.
    #[must_use]
    pub const fn hearsay(self) -> Self {
        Self {
            is_hearsay: true,
            ..self
        }
    }

    /// Notes that it passed.
    pub fn passed(&'static self, input: impl Show) {
        self.found(input, || None);
    }

    /// Notes that it failed, and why.
    pub fn failed(&'static self, input: impl Show, why: impl fmt::Display) {
        self.found(input, || Some(why.to_string()));
    }

    /// Notes a verdict, unless it could not be reached, and gives it back.
    ///
    /// # Errors
    ///
    /// The one that it was given.
    pub fn judged<T, E: Reason>(
        &'static self,
        input: impl Show,
        verdict: Result<T, E>,
    ) -> Result<T, E> {
        if !verdict.as_ref().is_err_and(Reason::is_own_fault) {
            self.found(input, || verdict.as_ref().err().map(ToString::to_string));
        }
        verdict
    }

    /// Demands that something `is_so`, and notes whether it is.
    ///
    /// # Errors
    ///
    /// What `otherwise` makes, if it is not so.
    pub fn require<E: Reason>(
        &'static self,
        input: impl Show,
        is_so: bool,
        otherwise: impl FnOnce() -> E,
    ) -> Result<(), E> {
        let verdict = if is_so { Ok(()) } else { Err(otherwise()) };
        self.judged(input, verdict)
    }

    fn found(&'static self, input: impl Show, failure: impl FnOnce() -> Option<String>) {
        note(|| {
            Step::Checked(Checked {
                check: self,
                input: input.show(),
                failure: failure(),
            })
        });
    }
}

fn cut(text: &str) -> String {
    visible(text).chars().take(LONGEST_REASON).collect()
}

/// Work that leaves its steps on a [`Trail`].
#[must_use = "futures do nothing until they are awaited"]
pub struct Scope<F> {
    trail: Trail,
    work: Pin<Box<F>>,
}

impl<F> fmt::Debug for Scope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _entered = Entered::new(self.trail.clone());
        self.work.as_mut().poll(context)
    }
}

/// The trail is the thread's own until this is dropped, which a panic does as well.
struct Entered(Option<Trail>);

impl Entered {
    fn new(trail: Trail) -> Self {
        Self(CURRENT.replace(Some(trail)))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    static EVEN: Check = Check::new("It is even", "arithmetic, 1", "Add one");

    /// There is no abacus to find out with.
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct NoAbacus;

    impl fmt::Display for NoAbacus {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("no abacus")
        }
    }

    impl Reason for NoAbacus {
        fn is_own_fault(&self) -> bool {
            true
        }
    }

    fn poll_once<F: Future>(work: Pin<&mut F>) -> Poll<F::Output> {
        work.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn nobody_listens_outside_of_a_scope_and_nothing_is_made() {
        note(|| unreachable!("nobody asked for it"));
        let made = Made(|| unreachable!("nobody asked for it"));
        assert_eq!(EVEN.require(made, true, || "odd"), Ok(()));
        assert!(Trail::current().is_none());
    }

    #[test]
    fn two_that_run_in_turns_have_a_trail_each() {
        let (one, other) = (Trail::default(), Trail::default());
        let work = |name: &'static str| async move {
            EVEN.passed(name);
            let mut is_first = true;
            std::future::poll_fn(|_| {
                if std::mem::take(&mut is_first) {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            })
            .await;
            EVEN.failed(name, "odd");
        };
        let mut first = pin!(one.scope(work("first")));
        let mut second = pin!(other.scope(work("second")));
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(poll_once(second.as_mut()).is_pending());
        assert!(poll_once(first.as_mut()).is_ready());
        assert!(poll_once(second.as_mut()).is_ready());
        for (trail, name) in [(one, "first"), (other, "second")] {
            let steps = trail.take();
            assert_eq!(steps.len(), 2);
            let names = steps.iter().map(|step| match step {
                Step::Checked(checked) => checked.input.to_string(),
                other => panic!("{other:?}"),
            });
            assert!(names.into_iter().all(|shown| shown == name));
        }
    }

    #[test]
    fn what_could_not_be_found_out_is_no_failed_check() {
        let trail = Trail::default();
        let mut work = pin!(trail.scope(async {
            assert_eq!(EVEN.judged("1", Err::<(), _>(NoAbacus)), Err(NoAbacus));
            assert_eq!(EVEN.judged("3", Err::<(), _>("odd")), Err("odd"));
        }));
        assert!(poll_once(work.as_mut()).is_ready());
        let steps = trail.take();
        let [Step::Checked(checked)] = &*steps else {
            panic!("{steps:?}");
        };
        assert_eq!(checked.failure.as_deref(), Some("odd"));
    }

    #[test]
    fn what_cannot_be_seen_is_written_out_wherever_it_stands() {
        for character in "\0\t\n\r\u{1b}\u{7f}\u{85}\u{ad}\u{200b}\u{200e}\u{202e}\u{2028}\u{2029}\
                          \u{2066}\u{feff}\u{e0041}"
            .chars()
        {
            let text = format!("a{character}Failed: b");
            let written = character.escape_unicode().to_string();
            let shown = Shown::text(&text).to_string();
            assert_eq!(shown, format!("a{written}Failed: b"));
            let path = shown_path(&format!("/{text}"));
            assert_eq!(path, format!("/a{written}Failed: b"));
            let address = Shown::address(&format!("/{text}")).to_string();
            assert!(!address.contains(character), "{address}");
            let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            for one in Parameter::all(format!("{query}={query}&scope={query}").as_bytes()) {
                let told = format!("{}={}", one.name, one.value);
                assert!(!told.contains(character), "{told}");
            }
            let claims = serde_json::json!({&text: &text, "list": [{"deep": &text}]});
            let claims = claims.as_object().unwrap();
            let (line, lines) = (Decoded::in_a_line(claims), Decoded::in_lines(claims));
            assert!(!line.contains(character), "{line}");
            assert!(character == '\n' || !lines.contains(character), "{lines}");
            for text in [line, lines] {
                let read: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(read.as_object(), Some(claims), "it says the same");
            }

            let trail = Trail::default();
            let mut work = pin!(trail.scope(async {
                EVEN.failed(text.as_str(), &text);
                said(&text);
                note(|| {
                    Step::Called(Called {
                        method: text.clone(),
                        path: text.clone(),
                        status: None,
                        answered_as: Some(text.clone()),
                        failure: Some(text.clone()),
                    })
                });
            }));
            assert!(poll_once(work.as_mut()).is_ready());
            for step in trail.take() {
                let texts = match step {
                    Step::Called(one) => {
                        let told = [one.answered_as, one.failure].map(Option::unwrap);
                        [vec![one.method, one.path], told.to_vec()].concat()
                    }
                    Step::Checked(one) => vec![one.input.to_string(), one.failure.unwrap()],
                    Step::Said(text) => vec![text],
                    other => panic!("{other:?}"),
                };
                let expected = format!("a{written}Failed: b");
                assert!(texts.iter().all(|text| *text == expected), "{texts:?}");
            }
        }
    }

    #[test]
    fn a_trail_has_an_end() {
        let trail = Trail::default();
        let mut work = pin!(trail.scope(async {
            for _ in 0..10 * MOST_STEPS {
                EVEN.failed("1", "x".repeat(10 * LONGEST_REASON));
            }
        }));
        assert!(poll_once(work.as_mut()).is_ready());
        let steps = trail.take();
        assert_eq!(steps.len(), MOST_STEPS);
        let Some(Step::Checked(checked)) = steps.first() else {
            panic!("{steps:?}");
        };
        assert_eq!(checked.failure.as_ref().unwrap().len(), LONGEST_REASON);
        assert!(trail.take().is_empty());
    }
}
