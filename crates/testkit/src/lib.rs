//! Everything that integration tests share: a running system, people, their mails, a clock to move.
//!
//! Stories stand in the tests, their vocabulary stands here. A step that cannot be taken fails the
//! test at once and says what the page showed instead.
#![expect(
    clippy::panic,
    reason = "an expectation that is not met fails the test"
)]

mod mailbox;
mod people;
mod sign_on;
mod system;

pub use fakes::{Browser, Form, Method, Page, Request, StatusCode, install_cryptography};
pub use latchkey_testkit::Mail;
pub use mailbox::Mailbox;
pub use people::Person;
pub use sign_on::{Authorization, SignedOn, claims, give_credentials};
pub use system::{Preparation, System};
