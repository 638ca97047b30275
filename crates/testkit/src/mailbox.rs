//! The mailbox of the development environment.

use std::time::{Duration, Instant};

use fakes::Browser;
use latchkey_testkit::Mail;
use url::Url;

/// How long a mail may take: it is sent in the background.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The mails that the environment has sent.
#[derive(Clone, Debug)]
pub struct Mailbox {
    browser: Browser,
    messages: Url,
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
