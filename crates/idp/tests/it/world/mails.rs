//! Mails that people received.

use http::StatusCode;

use super::World;

impl World {
    /// The newest mailed code to an address.
    pub(crate) async fn mailed_code(&self, to: &str) -> Option<String> {
        let answer = self.get(&format!("/mailbox/messages?to={to}")).await;
        let mails = answer.expect(StatusCode::OK).json();
        // Several mails may be of one instant.
        let newest = mails.get(0)?["createdAt"].clone();
        let mails = mails.as_array()?.iter();
        mails
            .filter(|mail| mail["createdAt"] == newest)
            .filter_map(|mail| mail["text"].as_str())
            .flat_map(str::split_whitespace)
            .find(|word| {
                word.len() == 8
                    && word
                        .chars()
                        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            })
            .map(str::to_owned)
    }

    /// Waits until a mail has been written beside the answer.
    pub(crate) async fn awaited_code(&self, to: &str) -> String {
        for _ in 0..2000 {
            if let Some(code) = self.mailed_code(to).await {
                return code;
            }
            tokio::task::yield_now().await;
        }
        panic!("no mail arrived for {to}");
    }
}
