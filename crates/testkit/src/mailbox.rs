//! The mailbox of the development environment.

use std::time::{Duration, Instant};

use fakes::Browser;
use serde::Deserialize;
use url::Url;

/// How long a mail may take: it is sent in the background.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The mails that the environment has sent.
#[derive(Clone, Debug)]
pub struct Mailbox {
    browser: Browser,
    messages: Url,
}

/// A mail, as `GET {MAILBOX_URL}/messages` lists it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Mail {
    /// Its id.
    pub id: String,
    /// The address it went to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// When it was written.
    pub created_at: String,
}

impl Mail {
    /// The code in it: the one line that is nothing else.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn code(&self) -> String {
        let is_letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let is_code = |line: &&str| line.len() == 8 && line.bytes().all(is_letter);
        match self.text.lines().map(str::trim).find(is_code) {
            Some(code) => code.to_owned(),
            None => panic!("no code in: {}", self.text),
        }
    }
}

impl Mailbox {
    pub(crate) fn new(browser: Browser, mailbox_url: &str) -> Self {
        let messages = Url::parse(&format!("{mailbox_url}/messages"));
        Self {
            browser,
            messages: messages.expect("the mailbox has an address"),
        }
    }

    /// The mails to an address, newest first.
    pub async fn to(&self, address: &str) -> Vec<Mail> {
        let mut url = self.messages.clone();
        url.query_pairs_mut().append_pair("to", address);
        self.browser.open(url).await.expect(200).json()
    }

    /// The newest mail to an address, once there are `count` of them.
    ///
    /// # Panics
    ///
    /// When they do not arrive.
    pub async fn newest(&self, address: &str, count: usize) -> Mail {
        let begun = Instant::now();
        loop {
            let mails = self.to(address).await;
            if mails.len() >= count
                && let Some(mail) = mails.first()
            {
                return mail.clone();
            }
            let arrived = mails.len();
            assert!(
                begun.elapsed() < TIMEOUT,
                "{arrived} of {count} mails to {address} arrived"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
