//! Known and unknown people get the same answers: status, headers, cookies and bytes, for every
//! form that takes a name or an address, by name and by address, before and after a lockout.
//!
//! That a username is taken is the one thing that registration tells: it has to.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use db::Statement;
use platform::net::RemoteAddress;

use crate::world::{Answer, Browser, World};

const NEW_PASSWORD: &str = "Bright-Meadow-58";

/// No answer about a person comes earlier.
const FLOOR: Duration = Duration::from_millis(150);

/// Somebody who is known here and somebody who is not, by name and by address: as long as each
/// other, so that answers are, too.
const PAIRS: [[&str; 2]; 2] = [["demo", "nobo"], ["demo@example.com", "nobo@example.com"]];

/// What a stranger does with a name or an address.
#[derive(Clone, Copy, Debug)]
enum Story {
    SignOn,
    Recovery,
    Resend,
    RegistrationAndVerification,
}

const STORIES: [Story; 4] = [
    Story::SignOn,
    Story::Recovery,
    Story::Resend,
    Story::RegistrationAndVerification,
];

/// A browser of a stranger, and what is remembered of the answers.
struct Stranger<'a> {
    browser: Browser,
    page: String,
    name: &'a str,
    told: Vec<String>,
}

impl<'a> Stranger<'a> {
    async fn new(world: &World, name: &'a str, address: u8) -> Self {
        let mut browser = world.browser();
        browser.come_from(RemoteAddress(IpAddr::from([192, 0, 2, address])));
        let answer = browser.authorize(world, &world.request()).await;
        let page = Browser::page_of(&answer);
        Self {
            browser,
            page,
            name,
            told: Vec::new(),
        }
    }

    fn path(&self, name: &str) -> String {
        self.page.replace("/signon/?", &format!("/signon/{name}?"))
    }

    async fn look(&mut self) {
        let page = self.page.clone();
        let answer = self.browser.get(&page).await;
        self.keep(&answer);
    }

    /// Posts a form whose answer is about a person.
    async fn post(&mut self, page: &str, form: &[(&str, &str)]) {
        let path = self.path(page);
        let begun = Instant::now();
        let answer = self.browser.post(&path, form).await;
        assert!(
            begun.elapsed() >= FLOOR,
            "{page} answers {} about {} after {:?}",
            answer.status,
            self.name,
            begun.elapsed()
        );
        self.keep(&answer);
    }

    /// Everything of an answer but what differs between any two.
    fn keep(&mut self, answer: &Answer) {
        let flow = self.page.split("flowId=").nth(1).unwrap_or_default();
        let flow = flow.split('&').next().unwrap_or_default();
        let id = answer.header("correlation-id").to_owned();
        let plain = |text: &str| {
            let text = text.replace(flow, "FLOW").replace(self.name, "NAME");
            if id.is_empty() {
                text
            } else {
                text.replace(&id, "ID")
            }
        };
        let headers = answer.headers.iter().map(|(name, value)| {
            let value = value.to_str().unwrap();
            match (name.as_str(), value.split_once('='), value.split_once(';')) {
                ("set-cookie", Some((cookie, _)), Some((_, attributes))) => {
                    format!("{name}: {cookie}={attributes}")
                }
                _ => format!("{name}: {}", plain(value)),
            }
        });
        let headers: Vec<_> = headers.collect();
        self.told.push(format!(
            "{}\n{}\n{}",
            answer.status,
            headers.join("\n"),
            plain(&answer.body)
        ));
    }

    async fn live(&mut self, story: Story, fresh_name: &str) {
        let long = "x".repeat(1_100);
        match story {
            Story::SignOn => {
                for password in ["Wrong-1"; 7].into_iter().chain(["wro\u{308}ng", &long]) {
                    let form = [("username", self.name), ("password", password)];
                    self.post("", &form).await;
                }
            }
            Story::Recovery => {
                self.post("forgot", &[("username", self.name)]).await;
                self.look().await;
                for new in [NEW_PASSWORD; 6].into_iter().chain([long.as_str()]) {
                    let form = [
                        ("recoveryCode", "AAAAAAAA"),
                        ("newPassword", new),
                        ("confirmPassword", new),
                    ];
                    // Beyond the tries of an interaction nobody is looked at any more.
                    let path = self.path("recover");
                    let answer = self.browser.post(&path, &form).await;
                    self.keep(&answer);
                }
            }
            Story::Resend => {
                self.post("forgot", &[("username", self.name)]).await;
                for _ in 0..3 {
                    self.post("recover/send", &[]).await;
                    self.look().await;
                }
            }
            Story::RegistrationAndVerification => {
                let email = if self.name.contains('@') {
                    self.name.to_owned()
                } else {
                    format!("{}@example.com", self.name)
                };
                let form = [
                    ("username", fresh_name),
                    ("email", email.as_str()),
                    ("password", NEW_PASSWORD),
                    ("confirmPassword", NEW_PASSWORD),
                ];
                self.post("register", &form).await;
                self.look().await;
                for _ in 0..3 {
                    self.post("verify", &[("verificationCode", "AAAAAAAA")])
                        .await;
                }
                self.post("verify/send", &[]).await;
                self.look().await;
            }
        }
    }
}

/// What the account of the known person is like when the stories begin.
#[derive(Clone, Copy, Debug)]
enum Before {
    Nothing,
    /// Locked out by another of its names, which the unknown person's name is tried as often by.
    Lockout,
    /// It has a policy of its own, which locks out sooner than the default one.
    OwnPolicy,
}

async fn prepare(world: &World, before: Before) {
    match before {
        Before::Nothing => {}
        Before::Lockout => {
            for name in PAIRS[0] {
                let mut stranger = Stranger::new(world, name, 1).await;
                for _ in 0..6 {
                    let form = [("username", name), ("password", "Wrong-1")];
                    stranger.post("", &form).await;
                }
            }
        }
        Before::OwnPolicy => {
            let copy = Statement::new(
                "INSERT INTO password_policies (id, environment_id, name_key, is_default, \
                 document, created_at, updated_at) \
                 SELECT '7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1', environment_id, 'own', FALSE, \
                        REPLACE(document, '\"failureCount\":5', '\"failureCount\":2'), \
                        created_at, updated_at \
                   FROM password_policies WHERE is_default",
            );
            world.sql(copy).await;
            let apply = Statement::new(
                "UPDATE populations SET password_policy_id = '7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1' WHERE id IN \
                 (SELECT population_id FROM users WHERE username = 'demo')",
            );
            world.sql(apply).await;
        }
    }
}

#[tokio::test]
async fn known_and_unknown_people_get_the_same_answers() {
    for before in [Before::Nothing, Before::Lockout, Before::OwnPolicy] {
        let world = World::new().await;
        let proven = "UPDATE users SET email_verified = TRUE WHERE username = 'demo'";
        world.sql(Statement::new(proven)).await;
        prepare(&world, before).await;
        let mut number = 10;
        for pair in PAIRS {
            for story in STORIES {
                let mut told = Vec::new();
                for name in pair {
                    number += 1;
                    let mut stranger = Stranger::new(&world, name, number).await;
                    stranger.live(story, &format!("new-{number}")).await;
                    let fresh = format!("new-{number}");
                    let answers = stranger.told.iter();
                    told.push(answers.map(|text| text.replace(&fresh, "NEW")).collect());
                }
                let [known, unknown]: [Vec<String>; 2] = told.try_into().unwrap();
                for (place, (known, unknown)) in known.iter().zip(&unknown).enumerate() {
                    assert_eq!(
                        known, unknown,
                        "{before:?}, {story:?} with {pair:?}, answer {place}"
                    );
                }
                assert_eq!(known.len(), unknown.len());
            }
        }
    }
}
